//! Facts by name.

use std::collections::BTreeSet;

use async_trait::async_trait;
use groundrule_core::fact::FactName;
use groundrule_core::ports::{Answer, FactStore, Rows};
use groundrule_core::source::Listing;
use mongodb::bson::{Bson, Document, doc};
use serde_json::{Map, Value};

use super::listing::{Listed, key};
use super::{Facts, Nodes, convert};

#[async_trait]
impl FactStore for Facts {
    async fn nodes(&self) -> Answer<Listing> {
        Ok(self.0.listed(true).await?.listing(|row| row.facts))
    }

    async fn names(&self) -> Answer<Vec<FactName>> {
        let listed = self.0.listed(true).await?;
        self.0.names(&listed).await
    }

    async fn values(&self, fact: &FactName) -> Answer<Rows<Value>> {
        let listed = self.0.listed(true).await?;
        let column = self.0.column(&listed, fact).await?;
        if self.0.gone(&listed).await?.contains(&true) {
            let why = "facts went away while they were being judged: run again";
            return Err(self.0.place.failed(why));
        }
        let rows = listed.rows.iter().zip(column);
        Ok(rows.filter_map(|(row, value)| Some((row.node.clone(), value?))).collect())
    }
}

impl Nodes {
    /// The names of all facts, which the server gathers.
    pub async fn names(&self, listed: &Listed) -> Answer<Vec<FactName>> {
        let own = listed.rows.iter().filter_map(|row| row.own.as_ref()?.facts.as_ref());
        let mut names: BTreeSet<String> = own.flat_map(Map::keys).cloned().collect();
        let gather = vec![
            doc! { "$project": { "name": { "$map": { "input": pairs(), "in": "$$this.k" } } } },
            doc! { "$unwind": "$name" },
            doc! { "$group": { "_id": "$name" } },
        ];
        let found = self.aggregate(gather).await?;
        names.extend(found.iter().filter_map(|name| name.get_str("_id").ok().map(str::to_owned)));
        names.retain(|name| !self.reading.redaction.covers(name));
        Ok(names.iter().map(|name| FactName::new(name)).collect())
    }

    /// The values of a fact, by row. Names are compared in any case, which no index can do: the
    /// server looks at the names of each document and sends those that may be meant.
    pub async fn column(&self, listed: &Listed, fact: &FactName) -> Answer<Vec<Option<Value>>> {
        let mut column: Vec<_> = listed
            .rows
            .iter()
            .map(|row| self.value(row.own.as_ref()?.facts.clone()?, fact))
            .collect();
        let pipeline = vec![
            doc! { "$project": { "found": wanted(pairs(), fact) } },
            doc! { "$match": { "found": { "$ne": [] } } },
        ];
        for mut document in self.aggregate(pipeline).await? {
            let Some(row) = listed.by_id.get(&key(document.get("_id"))) else { continue };
            if let Some(Bson::Array(found)) = document.remove("found")
                && listed.rows[*row].own.is_none()
            {
                column[*row] = self.value(found.into_iter().filter_map(pair).collect(), fact);
            }
        }
        Ok(column)
    }

    fn value(&self, mut facts: Map<String, Value>, fact: &FactName) -> Option<Value> {
        self.reading.redaction.strip(&mut facts);
        fact.find(&facts).cloned()
    }
}

/// The facts of a document as pairs of name and value.
fn pairs() -> Document {
    let is_object = doc! { "$eq": [{ "$type": "$facts" }, "object"] };
    doc! { "$cond": [is_object, { "$objectToArray": "$facts" }, []] }
}

/// Of the pairs of name and value those with the name of a fact, whole or its first piece.
fn wanted(pairs: Document, fact: &FactName) -> Document {
    let whole = fact.as_str().to_lowercase();
    // The server knows the case of ASCII only.
    if !whole.is_ascii() {
        return pairs;
    }
    let first = whole.split('.').next().unwrap_or_default().to_owned();
    // "$literal": a name may begin with a dollar.
    let names = doc! { "$literal": [whole, first] };
    doc! { "$filter": {
        "input": pairs,
        "cond": { "$in": [{ "$toLower": "$$this.k" }, names] },
    } }
}

fn pair(value: Bson) -> Option<(String, Value)> {
    let Bson::Document(mut pair) = value else { return None };
    let Some(Bson::String(name)) = pair.remove("k") else { return None };
    Some((name, convert::json(pair.remove("v")?)))
}
