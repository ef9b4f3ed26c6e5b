//! When I query the graph, and Then about the rows.

use async_trait::async_trait;
use groundrule_core::fact::text_of;
use groundrule_core::name::NodeName;
use groundrule_core::ports::Row;
use groundrule_core::verdict::Violation;
use groundrule_engine::policy::{Definition, Keyword::Then, Keyword::When, Unreadable, Written};
use groundrule_engine::scene::{Current, Misfit, RowSet, Scene, Sentence, Shape, Shapes};

use crate::words::Read;

pub const RELATIONS: &[Definition] = &[Definition {
    keyword: When,
    expression: "I query the graph:",
    doc: "the rows of a query in Cypher, on a graph that speaks it; anywhere else undecided",
    example: "When I query the graph:\n  \"\"\"\n  MATCH (n:Node)-[:CONTAINS]->(r:Resource {type: 'Package', title: 'telnetd'})\n  RETURN n.name AS node\n  \"\"\"",
    read: query,
}];

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "there is/are no row(s)",
        doc: "violated by each row that the query finds; its node is in the column `node`",
        example: "Then there are no rows",
        read: |_| Ok(Box::new(NoRows)),
    },
    Definition {
        keyword: Then,
        expression: "there is/are at least {number} row(s)",
        doc: "violated when the query finds fewer",
        example: "Then there are at least 2 rows",
        read: |written| Ok(Box::new(AtLeast(written.count(0)?))),
    },
];

fn query(written: &Written) -> Read {
    match written.docstring.as_deref().map(str::trim) {
        Some(text) if !text.is_empty() => Ok(Box::new(Query(text.to_owned()))),
        _ => {
            Err(Unreadable::new("the query is missing", "write it below, between lines of \"\"\""))
        }
    }
}

struct Query(String);

#[async_trait]
impl Sentence for Query {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.current = Shape::Rows;
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        let set = match scene.world.query(&self.0).await {
            _ if !scene.world.is_today() => RowSet::supposed(),
            Ok((rows, unknown)) => RowSet { rows, unknown, answered: true },
            Err(why) => RowSet { unknown: vec![why], ..RowSet::default() },
        };
        scene.replace(Current::Rows(set));
    }
}

fn rows(scene: &Scene) -> RowSet {
    match scene.current() {
        Current::Rows(_) if scene.in_turn().is_some() => RowSet::supposed(),
        Current::Rows(set) => set.clone(),
        _ => RowSet::default(),
    }
}

/// The node of a row, if it names one.
fn node(row: &Row) -> Option<NodeName> {
    NodeName::new(row.get("node")?.as_str()?).ok()
}

fn in_words(row: &Row) -> String {
    let others: Vec<_> =
        row.iter().filter(|(name, _)| *name != "node" || node(row).is_none()).collect();
    let words: Vec<_> =
        others.into_iter().map(|(name, value)| format!("{name} {}", text_of(value))).collect();
    words.join(", ")
}

struct NoRows;

#[async_trait]
impl Sentence for NoRows {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Rows])
    }

    async fn perform(&self, scene: &mut Scene) {
        let set = rows(scene);
        let of_nobody = set.rows.iter().filter(|row| node(row).is_none()).count();
        let mut told = false;
        for row in &set.rows {
            let words = in_words(row);
            let violation = match node(row) {
                Some(node) => {
                    let more = if words.is_empty() { String::new() } else { format!(": {words}") };
                    let message = format!("the query finds {node}{more}");
                    Violation::new(vec![node.to_string()], "the query", message)
                }
                None if told => continue,
                None => {
                    told = true;
                    let message = match of_nobody {
                        1 => format!("the query finds a row: {words}"),
                        n => format!("the query finds {n} rows, one of them {words}"),
                    };
                    Violation::new(Vec::new(), "the query", message)
                }
            };
            scene.violate(violation);
        }
        scene.doubt(set.unknown);
    }
}

struct AtLeast(usize);

#[async_trait]
impl Sentence for AtLeast {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Rows])
    }

    async fn perform(&self, scene: &mut Scene) {
        let set = rows(scene);
        let count = set.rows.len();
        if count >= self.0 && set.answered {
            return;
        }
        if set.unknown.is_empty() {
            let of = if count == 1 { "row" } else { "rows" };
            let message =
                format!("the query finds {count} {of}, and at least {} are wanted", self.0);
            scene.violate(Violation::new(Vec::new(), "the query", message));
        }
        scene.doubt(set.unknown);
    }
}
