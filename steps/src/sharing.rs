//! Then: values that nodes share.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::comparison::key_of;
use groundrule_core::fact::FactName;
use groundrule_core::source::{Known, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::{Column, World};
use serde_json::Value;

use crate::facts::no_fact;
use crate::words::{self, count, list, names, shown};

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "no two of it/they/them share(s) the fact {name}",
        doc: "violated by all who share a value, once for each value, and by each node without the fact",
        example: r#"Then no two of them share the fact "rack""#,
        read: |written| {
            Ok(Box::new(Sharing { fact: FactName::new(written.text(0)), rule: Rule::NoTwo }))
        },
    },
    Definition {
        keyword: Then,
        expression: "it/they/them do/does not all share the fact {name}",
        doc: "violated when those who have it have one value, also by one node alone; and by each node without the fact",
        example: r#"Then they do not all share the fact "availability_zone""#,
        read: |written| {
            Ok(Box::new(Sharing { fact: FactName::new(written.text(0)), rule: Rule::NotAll }))
        },
    },
    Definition {
        keyword: Then,
        expression: "it/they/them span(s) at least {number} value(s) of the fact {name}",
        doc: "violated when there are fewer different values; and by each node without the fact",
        example: r#"Then they span at least 2 values of the fact "availability_zone""#,
        read: |written| {
            let rule = Rule::Span(written.count(0)?);
            Ok(Box::new(Sharing { fact: FactName::new(written.text(1)), rule }))
        },
    },
];

/// The values of a fact among some nodes.
#[derive(Default)]
pub struct Values<'c> {
    /// Who has which value; the value as one of them has it.
    pub of: BTreeMap<String, (&'c Value, Vec<NodeId>)>,
    /// Who has none.
    pub absent: Vec<NodeId>,
    /// Of whom it is not known.
    pub unknown: Vec<Unknown>,
}

impl<'c> Values<'c> {
    /// Sorts nodes by their value.
    pub fn among(
        world: &World,
        column: &'c Column<Value>,
        nodes: impl Iterator<Item = NodeId>,
    ) -> Self {
        let mut values = Self::default();
        for node in nodes {
            match &column.values[node] {
                Known::Present(value) => {
                    values
                        .of
                        .entry(key_of(value))
                        .or_insert_with(|| (value, Vec::new()))
                        .1
                        .push(node);
                }
                Known::Absent => values.absent.push(node),
                Known::Unknown(why) => values.unknown.push(world.unknown(node, column.source, why)),
            }
        }
        values
    }

    /// Everyone who has a value.
    pub fn holders(&self) -> impl Iterator<Item = NodeId> {
        self.of.values().flat_map(|(_, nodes)| nodes.iter().copied())
    }
}

enum Rule {
    NoTwo,
    NotAll,
    Span(usize),
}

struct Sharing {
    fact: FactName,
    rule: Rule,
}

#[async_trait]
impl Sentence for Sharing {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let column: Arc<Column<Value>> = scene.world.fact(&self.fact).await;
        for view in scene.views() {
            let values = Values::among(&scene.world, &column, view.nodes.known.ones());
            for node in &values.absent {
                let violation = no_fact(&scene.world, *node, &self.fact);
                scene.violate(violation);
            }
            let all_known = values.unknown.is_empty() && view.nodes.is_certain();
            for violation in self.judge(&scene.world, &values, all_known) {
                scene.violate(violation);
            }
            scene.doubt(values.unknown);
        }
    }
}

impl Sharing {
    fn judge(&self, world: &World, values: &Values<'_>, all_known: bool) -> Vec<Violation> {
        let fact = &self.fact;
        let violation = |nodes: &mut dyn Iterator<Item = NodeId>,
                         message: &dyn Fn(&[String]) -> String| {
            let subjects = names(world, nodes);
            let message = message(&subjects);
            Violation::new(subjects, format!("fact {fact}"), message).with("fact", fact.as_str())
        };
        match self.rule {
            Rule::NoTwo => {
                let shared = values.of.values().filter(|(_, nodes)| nodes.len() > 1);
                shared
                    .map(|(value, nodes)| {
                        let value = (*value).clone();
                        let text = shown(&value);
                        let message =
                            |who: &[String]| format!("{} share the {fact} {text}", list(who));
                        violation(&mut nodes.iter().copied(), &message).with("value", value)
                    })
                    .collect()
            }
            Rule::NotAll => match values.of.values().next() {
                Some((value, _)) if values.of.len() == 1 && all_known => {
                    let text = shown(value);
                    let message = |who: &[String]| match who {
                        [one] => format!(
                            "{one} is the only one, so that all of them share the {fact} {text}"
                        ),
                        all => format!("{} all share the {fact} {text}", list(all)),
                    };
                    vec![violation(&mut values.holders(), &message).with("value", (*value).clone())]
                }
                _ => Vec::new(),
            },
            Rule::Span(wanted) if (1..wanted).contains(&values.of.len()) && all_known => {
                let found = count(values.of.len(), "value");
                let message = |who: &[String]| {
                    let span = if who.len() == 1 { "spans" } else { "span" };
                    let wanted = words::wanted("at least", wanted);
                    format!("{} {span} {found} of the fact {fact}, {wanted}", list(who))
                };
                let all: Vec<_> = values.of.values().map(|(value, _)| (*value).clone()).collect();
                vec![
                    violation(&mut values.holders(), &message)
                        .with("values", all)
                        .with("wanted", wanted),
                ]
            }
            Rule::Span(_) => Vec::new(),
        }
    }
}
