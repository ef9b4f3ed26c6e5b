//! Loading into a collection.
//!
//! What concerns the source as a whole is kept in one document without a node: which load it was, and
//! as its faults why there may be more nodes, the first being that the load has not come to its end.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;
use mongodb::bson::{Document, doc};

use super::record::Recorder;
use crate::source::{About, Entry, FactsDocument, Load, Loaded, Registration};

/// Documents are put into one request up to so many bytes, of the 48 MB that a server takes.
const REQUEST: usize = 16 << 20;

/// A load of one kind of documents.
pub(super) struct Loading<D> {
    recorder: Recorder,
    about: Option<About>,
    kind: PhantomData<fn(D)>,
}

/// A document that can be kept.
pub(super) trait Kept {
    fn document(&self, recorder: &Recorder, node: &NodeName) -> Answer<Document>;
}

impl Kept for FactsDocument {
    fn document(&self, recorder: &Recorder, node: &NodeName) -> Answer<Document> {
        recorder.facts(node, self)
    }
}

impl Kept for Registration {
    fn document(&self, recorder: &Recorder, node: &NodeName) -> Answer<Document> {
        recorder.registration(node, self)
    }
}

impl<D> Loading<D> {
    pub fn of(recorder: Recorder) -> Self {
        Self { recorder, about: None, kind: PhantomData }
    }

    async fn delete(&self, filter: Document) -> Answer<()> {
        let delete = self.recorder.collection.delete_many(filter).into_future();
        self.recorder.place.within(delete).await.map(|_| ())
    }

    async fn insert(&self, documents: Vec<Document>) -> Answer<()> {
        if documents.is_empty() {
            return Ok(());
        }
        let insert = self.recorder.collection.insert_many(documents).into_future();
        self.recorder.place.within(insert).await.map(|_| ())
    }

    /// Puts documents in place of those of these nodes. They are not there for a moment, which the
    /// mark of the load tells to whoever asks meanwhile.
    async fn swap(&self, nodes: Vec<String>, documents: Vec<Document>) -> Answer<()> {
        if nodes.is_empty() {
            return Ok(());
        }
        self.delete(doc! { "fqdn": { "$in": nodes } }).await?;
        self.insert(documents).await
    }

    /// The nodes in the collection that are not among these.
    async fn others(&self, nodes: &BTreeSet<NodeName>) -> Answer<Vec<String>> {
        let here: BTreeSet<&str> = nodes.iter().map(NodeName::as_str).collect();
        let find = self.recorder.collection.find(doc! { "fqdn": { "$exists": true } });
        let find = find.projection(doc! { "fqdn": 1, "_id": 0 });
        let known = async { find.await?.try_collect().await };
        let known: Vec<Document> = self.recorder.place.within(known).await?;
        let names = known.iter().filter_map(|document| document.get_str("fqdn").ok());
        Ok(names.filter(|name| !here.contains(name)).map(str::to_owned).collect())
    }
}

/// The name of the document about the load.
pub(super) const LOAD: &str = "groundrule load";

#[async_trait]
impl<D: Kept + Send + Sync + 'static> Load<D> for Loading<D> {
    async fn begin(&mut self, about: &About) -> Answer<()> {
        let (from, at, run) = (&about.from, about.at, &about.run);
        let fault = format!("the load from {from} that began at {at} has not come to its end");
        let mark = doc! { "_id": LOAD, "load": run, "faults": [fault] };
        let replace = self.recorder.collection.replace_one(doc! { "_id": LOAD }, mark).upsert(true);
        self.recorder.place.within(replace.into_future()).await?;
        self.about = Some(about.clone());
        Ok(())
    }

    async fn put(&mut self, entries: Vec<Entry<D>>) -> Answer<()> {
        let (mut nodes, mut documents, mut size) = (Vec::new(), Vec::new(), 0);
        for entry in entries {
            let node = &entry.node;
            let mut document = match &entry.document {
                Ok(document) => document.document(&self.recorder, node)?,
                Err(why) => doc! { "fqdn": node.as_str(), "fault": &**why },
            };
            // It has the same identity after each load, so that who asks meanwhile finds it again.
            document.insert("_id", node.as_str());
            size += mongodb::bson::serialize_to_vec(&document).map_or(0, |bytes| bytes.len());
            nodes.push(node.to_string());
            documents.push(document);
            if size > REQUEST {
                self.swap(std::mem::take(&mut nodes), std::mem::take(&mut documents)).await?;
                size = 0;
            }
        }
        self.swap(nodes, documents).await
    }

    async fn finish(&mut self, nodes: &BTreeSet<NodeName>, prune: bool) -> Answer<Loaded> {
        let Some(about) = self.about.take() else { return Ok(Loaded::default()) };
        let others = self.others(nodes).await?;
        let loaded = Loaded { kept: 0, others: others.len(), pruned: prune && !others.is_empty() };
        if loaded.pruned {
            self.delete(doc! { "fqdn": { "$in": others } }).await?;
        }
        let ours = doc! { "_id": LOAD, "load": &about.run };
        let nodes = &self.recorder.collection;
        let within = &self.recorder.place;
        // It stays, so that who began to ask before this load sees that it is another one.
        let gaps: Vec<&str> = about.gaps.iter().map(|gap| &**gap).collect();
        let whole = nodes.update_one(ours, doc! { "$set": { "faults": gaps } });
        let still = within.within(whole.into_future()).await?.matched_count;
        if still == 0 {
            return Err(within.failed("another load has begun since: that one counts"));
        }
        Ok(loaded)
    }
}
