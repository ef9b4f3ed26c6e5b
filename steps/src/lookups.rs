//! When I look up …, Then the answer of every one …

use async_trait::async_trait;
use groundrule_core::comparison::{Comparison, Expected};
use groundrule_core::ports::{Found, Merging, Question};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then, Keyword::When, Unreadable, Written};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::World;
use serde_json::Value;

use crate::words::{Read, count, expected, shown};

pub const RELATIONS: &[Definition] = &[
    Definition {
        keyword: When,
        expression: "I look up {name}",
        doc: "looks a key up in Hiera for each node, with its facts as scope; lookup_options say how levels are merged",
        example: r#"When I look up "ntp::servers""#,
        read: |written| question(written, Merging::AsConfigured),
    },
    Definition {
        keyword: When,
        expression: "I look up {name} as an array",
        doc: "the same, with the values of all levels in one list",
        example: r#"When I look up "classes" as an array"#,
        read: |written| question(written, Merging::Array),
    },
    Definition {
        keyword: When,
        expression: "I look up {name} as a hash",
        doc: "the same, with the hashes of all levels in one",
        example: r#"When I look up "users" as a hash"#,
        read: |written| question(written, Merging::Hash),
    },
];

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every one resolves it",
        doc: "after a look-up; violated by each node for which there is no data",
        example: "Then every one resolves it",
        read: |_| Ok(Box::new(Judged::Resolves)),
    },
    Definition {
        keyword: Then,
        expression: "the answer of every one {comparison} {value}",
        doc: "after a look-up; violated by each node whose answer is absent or does not compare as wanted",
        example: r#"Then the answer of every one is "ntp1.example.net""#,
        read: |written| Ok(Box::new(Judged::Compares(expected(written, 0)?))),
    },
    Definition {
        keyword: Then,
        expression: "the answer of every one has at least {number} entry/entries",
        doc: "after a look-up; violated by each node whose answer is absent, no list or hash, or shorter",
        example: "Then the answer of every one has at least 2 entries",
        read: |written| Ok(Box::new(Judged::HasAtLeast(written.count(0)?))),
    },
    Definition {
        keyword: Then,
        expression: "the answer of every one contains {value}",
        doc: "after a look-up; violated by each node whose answer is absent, or lacks it: a list as an element, a hash as a key, a text as a part",
        example: r#"Then the answer of every one contains "base""#,
        read: |written| {
            let bad = |error: groundrule_core::pattern::PatternError| {
                Unreadable::new(error.to_string(), "write a regular expression between slashes")
            };
            let wanted = Expected::new(Comparison::Includes, written.text(0)).map_err(bad)?;
            Ok(Box::new(Judged::Contains(wanted, written.text(0).to_owned())))
        },
    },
];

fn question(written: &Written, merging: Merging) -> Read {
    Ok(Box::new(LookUp(Question { key: written.text(0).into(), merging })))
}

struct LookUp(Question);

#[async_trait]
impl Sentence for LookUp {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])?;
        shapes.looked_up = true;
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        scene.question = Some(self.0.clone());
    }
}

enum Judged {
    Resolves,
    Compares(Expected),
    HasAtLeast(usize),
    Contains(Expected, String),
}

#[async_trait]
impl Sentence for Judged {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])?;
        if shapes.looked_up || shapes.unknown {
            return Ok(());
        }
        Err(Misfit {
            what: "this sentence is about answers, and nothing is looked up".to_owned(),
            help: "look something up before it: When I look up \"ntp::servers\"".to_owned(),
        })
    }

    async fn perform(&self, scene: &mut Scene) {
        let Some(question) = scene.question.clone() else { return };
        let nodes = scene.each();
        let answers = scene.world.lookup(&question, &nodes).await;
        scene.judge_each(&answers, |world, node, found| {
            let Some(found) = found else {
                let name = world.name(node);
                return Some(violation(
                    world,
                    node,
                    &question,
                    format!("{name} has no data for {}", question.key),
                ));
            };
            let message = self.complaint(found)?;
            let message = format!("{} of {} {message}", question.key, world.name(node));
            let levels: Vec<Value> =
                found.levels.iter().map(|level| Value::from(&**level)).collect();
            let mut violation = violation(world, node, &question, message).with("levels", levels);
            if !found.is_secret {
                violation = violation.with("value", found.value.clone());
            }
            Some(match self {
                Self::Compares(wanted) => violation.with("wanted", wanted.to_string()),
                _ => violation,
            })
        });
    }
}

impl Judged {
    /// What is wrong with an answer; none if nothing is.
    fn complaint(&self, found: &Found) -> Option<String> {
        let value = &found.value;
        let is = if found.is_secret { "a secret".to_owned() } else { shown(value) };
        match self {
            Self::Resolves => None,
            Self::Compares(wanted) => {
                (!wanted.accepts(value)).then(|| format!("is {is}, and it {}", wanted.should()))
            }
            Self::HasAtLeast(least) => match length(value) {
                None => {
                    Some(format!("is {is}, which has no entries, and at least {least} are wanted"))
                }
                Some(length) if length >= *least => None,
                Some(length) => {
                    Some(format!("has {}, and at least {least} are wanted", count(length, "entry")))
                }
            },
            Self::Contains(wanted, written) => {
                let keys = |map: &serde_json::Map<String, Value>| {
                    map.keys().map(|key| Value::from(key.as_str())).collect()
                };
                let contains = match value {
                    Value::Object(map) => wanted.accepts(&Value::Array(keys(map))),
                    value => wanted.accepts(value),
                };
                (!contains).then(|| format!("is {is}, and it should contain {written:?}"))
            }
        }
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(list) => Some(list.len()),
        Value::Object(map) => Some(map.len()),
        _ => None,
    }
}

fn violation(world: &World, node: NodeId, question: &Question, message: String) -> Violation {
    let name = world.name(node).to_string();
    Violation::new(vec![name], format!("lookup {}", question.key), message)
        .with("key", &*question.key)
}
