//! Registrations: classes, agents, facts, and when.

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::fact::FactName;
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{Answer, Registry, Rows};
use groundrule_core::source::{Known, Listing};
use jiff::Timestamp;
use mongodb::bson::{Bson, doc};
use serde_json::Value;

use super::listing::{Listed, Row, key};
use super::{Nodes, Registrations};

#[async_trait]
impl Registry for Registrations {
    async fn nodes(&self) -> Answer<Listing> {
        Ok(self.0.listed(false).await?.listing(|_| true))
    }

    async fn names(&self) -> Answer<Vec<FactName>> {
        let listed = self.0.listed(false).await?;
        self.0.names(&listed).await
    }

    async fn values(&self, fact: &FactName) -> Answer<Rows<Known<Value>>> {
        let listed = self.0.listed(false).await?;
        let column = self.0.column(&listed, fact).await?;
        self.0.rows(&listed, column, |row| row.facts, "facts").await
    }

    async fn classes(&self, name: &Pattern) -> Answer<Rows<Known<Vec<Text>>>> {
        let listed = self.0.listed(false).await?;
        let own = |row: &Row| row.own.as_ref()?.classes.clone();
        let found = self.0.words(&listed, "classes", name, own).await?;
        self.0.rows(&listed, found, |row| row.classes, "classes").await
    }

    async fn agents(&self, name: &Pattern) -> Answer<Rows<Known<()>>> {
        let listed = self.0.listed(false).await?;
        let own = |row: &Row| row.own.as_ref()?.agents.clone();
        let found = self.0.words(&listed, "agentlist", name, own).await?;
        let found = found.into_iter().map(|words| words.map(|_| ())).collect();
        self.0.rows(&listed, found, |row| row.agents, "agents").await
    }

    async fn last_seen(&self) -> Answer<Rows<Known<Timestamp>>> {
        let seen = |row: &Row| match row.seen {
            Some(seen) => Known::Present(seen),
            None => Known::Unknown("its registration does not tell when it was made".into()),
        };
        let listed = self.0.listed(false).await?;
        Ok(listed.rows.iter().map(|row| (row.node.clone(), seen(row))).collect())
    }
}

impl Nodes {
    /// Of a list in each document the words that a pattern matches, by row; none where it has none
    /// of them. An expression is matched against all words that occur, here: the server's
    /// expressions are another language.
    async fn words(
        &self,
        listed: &Listed,
        field: &str,
        name: &Pattern,
        own: impl Fn(&Row) -> Option<Vec<String>>,
    ) -> Answer<Vec<Option<Vec<Text>>>> {
        let kept = |words: Vec<Text>| Some(words).filter(|words| !words.is_empty());
        let matching = |words: Vec<String>| {
            let words = words.into_iter().filter(|word| name.matches(word));
            kept(words.map(Text::from).collect())
        };
        let mut found: Vec<_> = listed.rows.iter().map(|row| own(row).and_then(matching)).collect();
        let (filter, fields) = match name {
            Pattern::Plain(word) => (doc! { field: word }, "fqdn"),
            Pattern::Regex { .. } => {
                let words = self.values(field).await?;
                let fits = |word: &Bson| word.as_str().is_some_and(|word| name.matches(word));
                let words: Vec<_> = words.into_iter().filter(fits).collect();
                (doc! { field: { "$in": words } }, field)
            }
        };
        for document in self.find(filter, fields).await? {
            let Some(row) = listed.by_id.get(&key(document.get("_id"))) else { continue };
            if listed.rows[*row].own.is_some() {
                continue;
            }
            found[*row] = match (name, document.get_array(field)) {
                (Pattern::Plain(word), _) => Some(vec![word.as_str().into()]),
                (_, Ok(words)) => {
                    let words = words.iter().filter_map(|word| Some(word.as_str()?.to_owned()));
                    matching(words.collect())
                }
                (_, Err(_)) => None,
            };
        }
        Ok(found)
    }

    /// What is known of every row: what was found, that there is none, or that it is not told.
    async fn rows<T>(
        &self,
        listed: &Listed,
        found: Vec<Option<T>>,
        tells: impl Fn(&Row) -> bool,
        what: &str,
    ) -> Answer<Rows<Known<T>>> {
        let gone = self.gone(listed).await?;
        let silent: Text = format!("its registration tells no {what}").into();
        let known = |(row, (found, gone)): (&Row, (Option<T>, bool))| {
            let known = match found {
                Some(found) => Known::Present(found),
                None if gone && row.own.is_none() => {
                    Known::Unknown("its registration went away while it was being judged".into())
                }
                None if tells(row) => Known::Absent,
                None => Known::Unknown(silent.clone()),
            };
            (row.node.clone(), known)
        };
        Ok(listed.rows.iter().zip(found.into_iter().zip(gone)).map(known).collect())
    }
}
