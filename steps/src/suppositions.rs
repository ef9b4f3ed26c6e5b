//! When something is supposed to have happened.

use async_trait::async_trait;
use groundrule_core::name::class_name;
use groundrule_engine::policy::{Definition, Keyword::When, Unreadable, Written};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::Added;
use regex::Regex;
use serde_json::{Map, Value};

use crate::words::Read;

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: When,
        expression: "it/they/them is/are shut down",
        doc: "supposes that the current nodes are shut down; the rest of the scenario sees the world without them, and the next Then judges the rest of the world",
        example: "When they are shut down",
        read: |_| Ok(Box::new(ShutDown(None))),
    },
    Definition {
        keyword: When,
        expression: "the {name} is/are shut down",
        doc: "supposes that the nodes of a named set are shut down",
        example: r#"When the "databases" are shut down"#,
        read: |written| Ok(Box::new(ShutDown(Some(written.text(0).to_owned())))),
    },
    Definition {
        keyword: When,
        expression: "each of it/they/them is/are shut down in turn",
        doc: "the judgement is made once for every node, each time with only that one gone",
        example: "When each of them is shut down in turn",
        read: |_| Ok(Box::new(InTurn)),
    },
    Definition {
        keyword: When,
        expression: "a node with class {name}{facts} is added",
        doc: "supposes a new node with this class and these facts, called (new 1) and so on; any number of `and the fact {name} as {value}` may follow the class",
        example: r#"When a node with class "mysql::server" and the fact "availability_zone" as "eu-1c" is added"#,
        read: add,
    },
];

struct ShutDown(Option<String>);

#[async_trait]
impl Sentence for ShutDown {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        match &self.0 {
            None => shapes.want(&[Shape::Nodes]),
            Some(name) => match shapes.named.get(name) {
                Some(Shape::Nodes) => Ok(()),
                Some(_) => Err(Misfit {
                    what: format!(
                        "the set {name:?} holds no nodes, and only nodes can be shut down"
                    ),
                    help: "name a set of nodes".to_owned(),
                }),
                None => Err(Misfit {
                    what: format!("no set is named {name:?}"),
                    help: format!(
                        "name it where it is selected: Given nodes with class … as {name:?}"
                    ),
                }),
            },
        }
    }

    async fn perform(&self, scene: &mut Scene) {
        scene.shut_down(self.0.as_deref());
    }
}

struct InTurn;

#[async_trait]
impl Sentence for InTurn {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])?;
        if std::mem::replace(&mut shapes.in_turn, true) {
            return Err(Misfit {
                what: "nodes are shut down in turn already".to_owned(),
                help: "take one of the two sentences away".to_owned(),
            });
        }
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        scene.shut_down_in_turn();
    }
}

struct Add(Added);

fn add(written: &Written) -> Read {
    Ok(Box::new(Add(added(written)?)))
}

fn added(written: &Written) -> Result<Added, Unreadable> {
    let class = written.text(0);
    if class.starts_with('/') {
        return Err(Unreadable::new(
            "a new node has a class, not an expression",
            "write the name of one class",
        ));
    }
    let mut facts = Map::new();
    let one = Regex::new(r#" and the fact ("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*') as ("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[-+]?[0-9]+(?:\.[0-9]+)?)"#)
        .map_err(|error| Unreadable::new(error.to_string(), "this is a bug: please report it"))?;
    for found in one.captures_iter(written.text(1)) {
        facts.insert(bare(&found[1]), Value::from(bare(&found[2])));
    }
    Ok(Added { class: class_name(class), facts })
}

/// A string without its own quotes; a number as it is.
fn bare(text: &str) -> String {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let inner = within('"').or_else(|| within('\'')).unwrap_or(text);
    inner.replace("\\\"", "\"").replace("\\'", "'")
}

#[async_trait]
impl Sentence for Add {
    async fn perform(&self, scene: &mut Scene) {
        scene.world.add(self.0.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(class: &str, facts: &str) -> Result<Added, Unreadable> {
        let parameters = vec![class.to_owned(), facts.to_owned()];
        added(&Written { parameters, table: None, docstring: None })
    }

    #[test]
    fn a_class_and_facts() {
        let text = r#" and the fact "zone" as "a \"b\"" and the fact 'rack' as -7.5 and the fact "n" as "'x'""#;
        let added = read("::MySQL::Server", text).unwrap();
        assert_eq!(added.class, "mysql::server");
        let facts = serde_json::json!({"zone": "a \"b\"", "rack": "-7.5", "n": "'x'"});
        assert_eq!(Value::Object(added.facts), facts);
        assert!(read("web", "").unwrap().facts.is_empty());
    }

    #[test]
    fn one_class_and_no_expression() {
        let unreadable = read("/^web/", "").unwrap_err();
        assert_eq!(unreadable.what, "a new node has a class, not an expression");
    }
}
