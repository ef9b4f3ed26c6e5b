//! Data that is looked up for nodes, with their facts as its scope.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use groundrule_core::ports::{Answer, Found, Question, StoreError};
use groundrule_core::source::{Known, Source};
use serde_json::{Map, Value};

use super::{Column, World};
use crate::estate::{Document, NodeId};

type Facts = Map<String, Value>;

impl World {
    /// The answer to a question for each node of a set; it is not known for the others.
    pub async fn lookup(&self, question: &Question, of: &FixedBitSet) -> Column<Found> {
        let unknown = |why: &str| Known::Unknown(why.into());
        let mut values = vec![unknown("it was not asked for"); self.size()];
        let Some(store) = &self.estate.sources.lookup else {
            values.fill(unknown("no data to look up is configured"));
            return Column { source: Source::Lookup, values };
        };
        let mut asked = Vec::new();
        let mut nodes = Vec::new();
        for (node, facts) in self.facts(of).await {
            match facts {
                Known::Present(facts) => {
                    asked.push(node);
                    nodes.push((self.name(node).clone(), facts));
                }
                Known::Absent => values[node] = unknown("its facts are not known"),
                Known::Unknown(why) => values[node] = Known::Unknown(why),
            }
        }
        let answers = match nodes.is_empty() {
            true => Ok(Vec::new()),
            false => store.answers(question, nodes).await,
        };
        match answers {
            Ok(answers) => {
                asked.into_iter().zip(answers).for_each(|(node, answer)| values[node] = answer);
            }
            Err(StoreError(why)) => {
                asked.into_iter().for_each(|node| values[node] = Known::Unknown(why.clone()));
            }
        }
        Column { source: Source::Lookup, values }
    }

    /// All facts of a node.
    pub async fn facts_of(&self, node: NodeId) -> Known<Facts> {
        let mut one = FixedBitSet::with_capacity(self.size());
        one.insert(node);
        self.facts(&one).await.pop().map_or(Known::Absent, |(_, facts)| facts)
    }

    /// All facts of each node of a set: of its facts document, else of its registration.
    async fn facts(&self, of: &FixedBitSet) -> Vec<(NodeId, Known<Facts>)> {
        let (mut documents, mut registered) = match self.documents(of).await {
            Ok(found) => found,
            Err(StoreError(why)) => {
                return of.ones().map(|node| (node, Known::Unknown(why.clone()))).collect();
            }
        };
        let of_estate = |node: NodeId| {
            let known = &self.estate.facts;
            match known.documents[node] {
                Document::Absent if known.gaps.is_empty() => {
                    self.registered(node, registered.remove(&node))
                }
                _ => known.look(node, documents.remove(&node)),
            }
        };
        let size = self.estate.size();
        let (estate, added): (Vec<_>, Vec<_>) = of.ones().partition(|node| *node < size);
        let mut of_estate = of_estate;
        let mut all: Vec<_> = estate.into_iter().map(|node| (node, of_estate(node))).collect();
        all.extend(added.into_iter().map(|node| {
            let facts = self.added().get(node - size).map(|(_, added)| added.facts.clone());
            (node, Known::Present(facts.unwrap_or_default()))
        }));
        all
    }

    /// Facts documents and the facts in registrations, by node.
    async fn documents(
        &self,
        of: &FixedBitSet,
    ) -> Answer<(BTreeMap<NodeId, Facts>, BTreeMap<NodeId, Known<Facts>>)> {
        let estate = &self.estate;
        let names: Vec<_> =
            of.ones().filter_map(|node| estate.names().get(node).cloned()).collect();
        let mut documents = BTreeMap::new();
        if let Some(store) = &estate.sources.facts {
            for (name, facts) in store.documents(&names).await? {
                documents.extend(estate.id(&name).map(|node| (node, facts)));
            }
        }
        let mut registered = BTreeMap::<NodeId, Known<Facts>>::new();
        let lacks = |node: &NodeId| estate.facts.documents.get(*node) == Some(&Document::Absent);
        let without: FixedBitSet = of.ones().filter(lacks).collect();
        if let (Some(store), false) = (&estate.sources.registry, without.is_clear()) {
            let names: Vec<_> =
                without.ones().filter_map(|node| estate.names().get(node).cloned()).collect();
            for (name, facts) in store.documents(&names).await? {
                registered.extend(estate.id(&name).map(|node| (node, facts)));
            }
        }
        Ok((documents, registered))
    }
}
