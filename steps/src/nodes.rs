//! Given: nodes.

use std::collections::BTreeMap;

use async_trait::async_trait;
use groundrule_core::name::NodeName;
use groundrule_core::pattern::Pattern;
use groundrule_core::source::Unknown;
use groundrule_core::verdict::Violation;
use groundrule_engine::policy::{Definition, Keyword::Given, Unreadable, Written};
use groundrule_engine::scene::{Current, Misfit, Nodes, Scene, Sentence, Shape, Shapes};

use crate::tail::Tail;
use crate::words::{Read, pattern};

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Given,
        expression: "all node(s)",
        doc: "every node that any source knows: catalogs, facts, registrations, discovery",
        example: "Given all nodes",
        read: |_| Ok(Box::new(Select { tail: None })),
    },
    Definition {
        keyword: Given,
        expression: "the node {name}",
        doc: "this node; a name that nobody knows is a violation naming it",
        example: r#"Given the node "web1.example.net""#,
        read: |written| named(&[written.text(0)]),
    },
    Definition {
        keyword: Given,
        expression: "the node(s):",
        doc: "the nodes of the table below, one a row; a name that nobody knows is a violation naming it",
        example: "Given the nodes:\n  | web1.example.net |\n  | web2.example.net |",
        read: table,
    },
    Definition {
        keyword: Given,
        expression: "node(s) with class {name}",
        doc: "nodes that have the class: of their catalog or registration, in any case, or matched by a /regex/",
        example: r#"Given nodes with class "mysql::server""#,
        read: |written| select(Tail::class(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "node(s) without class {name}",
        doc: "nodes that do not have the class",
        example: r#"Given nodes without class "ntp""#,
        read: |written| select(Tail::without_class(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "node(s) with the fact {name}",
        doc: "nodes that have the fact; dots go into structures",
        example: r#"Given nodes with the fact "os.family""#,
        read: |written| select(Tail::fact(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "node(s) without the fact {name}",
        doc: "nodes that have facts, but not this one",
        example: r#"Given nodes without the fact "owner""#,
        read: |written| select(Tail::without_fact(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "node(s) whose fact {name} {comparison} {value}",
        doc: "nodes whose fact compares as wanted: is, is not, matches, includes, is one of, is at least, is at most, is more than, is less than, and these with `version`",
        example: r#"Given nodes whose fact "processorcount" is at least "8""#,
        read: |written| select(Tail::compares(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "node(s) in environment {name}",
        doc: "nodes whose catalog is of this environment",
        example: r#"Given nodes in environment "production""#,
        read: |written| select(Tail::environment(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "node(s) with the agent {name}",
        doc: "nodes on which the MCollective agent runs, by their registration",
        example: r#"Given nodes with the agent "nrpe""#,
        read: |written| select(Tail::agent(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "node(s) matching {name}",
        doc: "nodes that an MCollective compound filter selects: a bare word or /regex/ is a class, a comparison a fact",
        example: r#"Given nodes matching "(country=uk or country=de) and /mysql/ and not environment=dev""#,
        read: |written| select(Tail::matching(written, 0)),
    },
    Definition {
        keyword: Given,
        expression: "registered node(s)",
        doc: "nodes that have registered",
        example: "Given registered nodes",
        read: |_| select(Ok(Tail::Registered)),
    },
    Definition {
        keyword: Given,
        expression: "discovered node(s)",
        doc: "nodes that answer discovery now",
        example: "Given discovered nodes",
        read: |_| select(Ok(Tail::Discovered)),
    },
];

fn select(tail: Result<Tail, Unreadable>) -> Read {
    Ok(Box::new(Select { tail: Some(tail?) }))
}

/// All nodes, or those that a condition selects.
struct Select {
    tail: Option<Tail>,
}

#[async_trait]
impl Sentence for Select {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.current = Shape::Nodes;
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        let mut nodes = scene.all_nodes();
        if let Some(tail) = &self.tail {
            nodes.narrow(&tail.truth(&scene.world).await);
            if !tail.may_fit_strangers(&scene.world) {
                nodes.open.clear();
            }
        }
        scene.select(Current::Nodes(nodes));
    }
}

/// Nodes by name.
struct Named {
    names: Vec<NodeName>,
    patterns: Vec<Pattern>,
}

fn named(written: &[&str]) -> Read {
    let mut names = Vec::new();
    let mut patterns = Vec::new();
    for written in written {
        match pattern(written)? {
            Pattern::Plain(name) => names.push(NodeName::new(&name).map_err(|error| {
                Unreadable::new(
                    error.to_string(),
                    "write a node's name, for instance web1.example.net",
                )
            })?),
            regex @ Pattern::Regex { .. } => patterns.push(regex),
        }
    }
    Ok(Box::new(Named { names, patterns }))
}

fn table(written: &Written) -> Read {
    let rows = written.table.as_deref().unwrap_or_default();
    if rows.iter().any(|row| row.len() != 1) {
        return Err(Unreadable::new(
            "the table has more than one column",
            "write one name a row: | web1.example.net |",
        ));
    }
    named(&rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>())
}

#[async_trait]
impl Sentence for Named {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.current = Shape::Nodes;
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        let mut set = Nodes::none(scene.world.size());
        let mut maybe = BTreeMap::new();
        let mut unheard = Vec::new();
        let mut missed = Vec::new();
        let strangers = scene.world.estate.unknown_nodes().to_vec();
        for name in &self.names {
            match scene.world.find(name) {
                // In one of the worlds that are judged it is gone.
                Some(node) if scene.in_turn().is_some_and(|turns| turns.contains(&node)) => {
                    set.known.insert(node);
                    missed.push((name, node));
                }
                Some(node) => match scene.world.perhaps_gone().get(&node).cloned() {
                    // If it is gone, nobody knows it.
                    Some(why) => {
                        scene.doubt([why.clone()]);
                        maybe.insert(node, why);
                    }
                    None => set.known.insert(node),
                },
                None if scene.world.estate.id(name).is_none() && !strangers.is_empty() => {
                    let named = |u: &Unknown| Unknown { node: Some(name.clone()), ..u.clone() };
                    set.open.extend(strangers.iter().map(named));
                    scene.doubt(strangers.iter().cloned());
                }
                None => unheard.push(name),
            }
        }
        for pattern in &self.patterns {
            let all = scene.all_nodes();
            let fits = |node: &usize| pattern.matches(scene.world.name(*node).as_str());
            set.known.extend(all.known.ones().filter(fits));
            maybe.extend(all.maybe.into_iter().filter(|(node, _)| fits(node)));
            set.open.extend(all.open);
        }
        set.maybe = maybe;
        scene.select(Current::Nodes(set));
        // Without a world to judge nobody is missed.
        let no_world = scene.in_turn().is_some_and(<[usize]>::is_empty);
        for name in unheard.into_iter().filter(|_| !no_world) {
            let violation = Self::nobody_knows(name, scene);
            scene.violate_selection(violation);
        }
        for (name, node) in missed {
            let violation = Self::nobody_knows(name, scene);
            scene.violate_selection_without(node, violation);
        }
    }
}

impl Named {
    fn nobody_knows(name: &NodeName, scene: &Scene) -> Violation {
        let why = match scene.world.estate.id(name) {
            Some(_) => format!("{name} is shut down"),
            None => format!("no source knows the node {name}"),
        };
        Violation::new(vec![name.to_string()], format!("node {name}"), why)
    }
}
