//! Which documents a collection has, and what each of them tells.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::TryStreamExt as _;
use groundrule_core::Text;
use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;
use groundrule_core::source::Listing;
use jiff::Timestamp;
use mongodb::bson::{Bson, Document, doc};
use serde_json::Value;

use super::load::LOAD;
use super::{BATCH, Nodes, convert};
use crate::documents::registrations::{self, RegistrationDocument};
use crate::documents::time;

/// What was listed.
#[derive(Default)]
pub(super) struct Listed {
    /// A row a node, in the order of the names.
    pub rows: Vec<Row>,
    /// The row of a document.
    pub by_id: HashMap<String, usize>,
    pub unreadable: Vec<(NodeName, Text)>,
    pub gaps: Vec<Text>,
    /// How many documents there were, whether or not they are relied on.
    pub documents: u64,
    /// One of them.
    pub sample: Option<Bson>,
    /// The load that it was.
    pub load: Option<String>,
}

/// A document that can be read.
pub(super) struct Row {
    pub node: NodeName,
    pub seen: Option<Timestamp>,
    pub facts: bool,
    pub classes: bool,
    pub agents: bool,
    /// The whole document, where it is not as the agent writes it: the server's answers about it
    /// are not relied on.
    pub own: Option<RegistrationDocument>,
}

/// A document of which it is not decided whether it is the one to rely on.
struct Candidate {
    id: String,
    row: Result<Row, Text>,
}

/// The name of a document, as text.
pub(super) fn key(id: Option<&Bson>) -> String {
    id.map_or_else(String::new, |id| format!("{id:?}"))
}

impl Nodes {
    /// The documents, as they were when this was first asked.
    pub async fn listed(&self, single: bool) -> Answer<Arc<Listed>> {
        self.listed.get_or_try_init(|| self.list(single)).await.cloned()
    }

    async fn list(&self, single: bool) -> Answer<Arc<Listed>> {
        self.exists().await?;
        let mut listed = Listed::default();
        let mut by_node: BTreeMap<NodeName, Vec<Candidate>> = BTreeMap::new();
        let types = doc! { "$project": {
            "fqdn": 1, "lastseen": 1, "fault": 1, "faults": 1, "load": 1,
            "facts": { "$type": "$facts" },
            "classes": { "$type": "$classes" },
            "agents": { "$type": "$agentlist" },
        } };
        let documents = self.aggregate(vec![types]).await?;
        // Asked afterwards: of none that is listed may it be missed.
        let mut odd = self.odd().await?;
        listed.documents = documents.len() as u64;
        for document in documents {
            let id = key(document.get("_id"));
            if let Ok(faults) = document.get_array("faults") {
                listed.load = document.get_str("load").ok().map(str::to_owned);
                listed.gaps.extend(faults.iter().filter_map(|why| Some(why.as_str()?.into())));
                continue;
            }
            listed.sample = listed.sample.take().or_else(|| document.get("_id").cloned());
            let whole = odd.remove(&id);
            match named(&document, whole.as_ref()) {
                Err(why) => listed.gaps.push(why),
                Ok(node) => {
                    let row = row(&node, &document, whole);
                    by_node.entry(node).or_default().push(Candidate { id, row });
                }
            }
        }
        listed.gaps.sort_unstable();
        if self.reading.skip_unreadable {
            listed.gaps.clear();
        }
        for (node, candidates) in by_node {
            match chosen(candidates, &node, single) {
                Err(_) if self.reading.skip_unreadable => {}
                Err(why) => listed.unreadable.push((node, why)),
                Ok((id, row)) => {
                    listed.by_id.insert(id, listed.rows.len());
                    listed.rows.push(row);
                }
            }
        }
        Ok(Arc::new(listed))
    }

    /// A collection that is not there is no empty one: its name may be misspelt.
    async fn exists(&self) -> Answer<()> {
        let database = self.collection.client().database(&self.collection.namespace().db);
        let names = database.list_collection_names().filter(doc! { "name": &self.place.name });
        let names = self.within(names.into_future()).await?;
        if names.contains(&self.place.name) {
            return Ok(());
        }
        let why = "there is no such collection: correct the address, or load it first";
        Err(self.place.failed(why))
    }

    /// The documents that are not as the agent writes them, by name, whole.
    async fn odd(&self) -> Answer<HashMap<String, Document>> {
        let other = |field: &str, right: &str| {
            doc! { field: { "$exists": true, "$not": { "$type": [right, "null"] } } }
        };
        let no_text =
            |list: &str| doc! { list: { "$elemMatch": { "$not": { "$type": "string" } } } };
        // Puppet writes the names of classes in lower case. Each is looked at once, not in each document.
        let classes = self.values("classes").await?;
        let is_odd = |class: &Bson| class.as_str().is_some_and(|class| !is_class(class));
        let classes: Vec<_> = classes.into_iter().filter(is_odd).collect();
        let odd = doc! { "$or": [
            doc! { "body": { "$exists": true } },
            doc! { "senderid": { "$exists": true } },
            other("facts", "object"),
            // A list of objects is of both types.
            doc! { "facts": { "$type": "array" } },
            other("classes", "array"),
            other("agentlist", "array"),
            no_text("classes"),
            no_text("agentlist"),
            doc! { "classes": { "$in": classes } },
        ] };
        let found = self.collection.find(odd).batch_size(BATCH).max_time(self.limit);
        let found: Vec<Document> = self.within(async { found.await?.try_collect().await }).await?;
        Ok(found.into_iter().map(|document| (key(document.get("_id")), document)).collect())
    }

    /// A field of the documents that a filter matches.
    pub async fn find(&self, filter: Document, field: &str) -> Answer<Vec<Document>> {
        let find = self.collection.find(filter).projection(doc! { field: 1 });
        let find = find.batch_size(BATCH).max_time(self.limit);
        self.within(async { find.await?.try_collect().await }).await
    }

    /// The values that a field has, or those in its lists.
    pub async fn values(&self, field: &str) -> Answer<Vec<Bson>> {
        let values = self.collection.distinct(field, doc! {}).max_time(self.limit);
        self.within(values.into_future()).await
    }

    /// What a pipeline makes of the documents.
    pub async fn aggregate(&self, pipeline: Vec<Document>) -> Answer<Vec<Document>> {
        let found = self.collection.aggregate(pipeline).batch_size(BATCH).max_time(self.limit);
        self.within(async { found.await?.try_collect().await }).await
    }

    /// Whether a document that was there still is. After another load nothing is answered: half of
    /// the answers would be of the old one.
    async fn lasts(&self, listed: &Listed) -> Answer<bool> {
        let sought = [Some(Bson::from(LOAD)), listed.sample.clone()];
        let sought: Vec<_> = sought.into_iter().flatten().collect();
        let found = self.find(doc! { "_id": { "$in": sought } }, "load").await?;
        let is = |document: &&Document, id: &Bson| document.get("_id") == Some(id);
        let load = found.iter().find(|document| is(document, &LOAD.into()));
        let load = load.and_then(|document| document.get_str("load").ok());
        if load != listed.load.as_deref() {
            return Err(self
                .place
                .failed("it was loaded anew while it was being judged: run again"));
        }
        let sample = listed.sample.as_ref();
        Ok(sample.is_none_or(|id| found.iter().any(|document| is(&document, id))))
    }

    /// Which rows are of documents that have gone since they were listed: what the server does not
    /// say of them is not known. Whether any has gone is told by their number, which it has at hand,
    /// and whether all were replaced by one of them.
    pub async fn gone(&self, listed: &Listed) -> Answer<Vec<bool>> {
        let mut gone = vec![false; listed.rows.len()];
        let count = self.collection.estimated_document_count().max_time(self.limit);
        let count = self.within(count.into_future());
        let (lasts, count) = tokio::try_join!(self.lasts(listed), count)?;
        if lasts && count == listed.documents {
            return Ok(gone);
        }
        gone.fill(true);
        for document in self.find(doc! {}, "fqdn").await? {
            if let Some(row) = listed.by_id.get(&key(document.get("_id"))) {
                gone[*row] = false;
            }
        }
        Ok(gone)
    }
}

/// Whether Puppet writes the name of a class like this.
fn is_class(name: &str) -> bool {
    let is_plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | ':' | '.' | '-');
    !name.starts_with(':') && name.chars().all(is_plain)
}

/// The node that a document is about.
fn named(document: &Document, whole: Option<&Document>) -> Result<NodeName, Text> {
    let sender = whole.and_then(|whole| whole.get_str("senderid").ok());
    let name = sender.or_else(|| document.get_str("fqdn").ok());
    let id = || document.get("_id").map(ToString::to_string).unwrap_or_default();
    match (name, document.get_str("fault")) {
        (Some(name), _) => {
            NodeName::new(name).map_err(|error| format!("the document {}: {error}", id()).into())
        }
        (None, Ok(fault)) => Err(fault.into()),
        (None, Err(_)) => {
            Err(format!("the document {} names no node: it has no fqdn", id()).into())
        }
    }
}

fn row(node: &NodeName, document: &Document, whole: Option<Document>) -> Result<Row, Text> {
    if let Ok(fault) = document.get_str("fault") {
        return Err(fault.into());
    }
    if let Some(whole) = whole {
        let text = Value::Object(convert::object(whole)).to_string();
        let own = registrations::read(&text)
            .map_err(|fault| Text::from(format!("the document of {node}: {}", fault.what)))?;
        return Ok(Row {
            node: node.clone(),
            seen: own.seen,
            facts: own.facts.is_some(),
            classes: own.classes.is_some(),
            agents: own.agents.is_some(),
            own: Some(own),
        });
    }
    let is = |field: &str, right: &str| document.get_str(field).is_ok_and(|found| found == right);
    Ok(Row {
        node: node.clone(),
        seen: document.get("lastseen").cloned().and_then(|seen| time(&convert::json(seen))),
        facts: is("facts", "object"),
        classes: is("classes", "array"),
        agents: is("agents", "array"),
        own: None,
    })
}

/// Which document of a node is relied on: of registrations the newest, and one that cannot be read
/// might be that; of facts there is to be one only.
fn chosen(
    mut candidates: Vec<Candidate>,
    node: &NodeName,
    single: bool,
) -> Result<(String, Row), Text> {
    if single && candidates.len() > 1 {
        let count = candidates.len();
        return Err(format!("{count} documents are about {node}: keep the right one").into());
    }
    let rank = |candidate: &Candidate| match &candidate.row {
        Err(_) => (1, None),
        Ok(row) => (0, row.seen),
    };
    candidates.sort_by_key(rank);
    match candidates.pop() {
        Some(Candidate { id, row }) => row.map(|row| (id, row)),
        None => Err("no document".into()),
    }
}

impl Listed {
    /// The answer to which nodes there are, among the rows that count.
    pub fn listing(&self, counts: impl Fn(&Row) -> bool) -> Listing {
        let rows = self.rows.iter().filter(|row| counts(row));
        Listing {
            absent: false,
            readable: rows.map(|row| (row.node.clone(), row.seen)).collect(),
            unreadable: self.unreadable.clone(),
            gaps: self.gaps.clone(),
        }
    }
}
