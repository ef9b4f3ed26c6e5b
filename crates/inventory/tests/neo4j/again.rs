//! Loads of what the graph has already: those write what has changed, and leave the graph as a load of everything does.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_core::dependency::{Kind, Needs};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_inventory::RawDependency;
use groundrule_inventory::source::{About, CatalogDocument, Entry, Loaded, ResourceDocument};
use groundrule_services::Service;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::server::{about, entry, graph, load, loader, meddle, put, rows, turn};

/// All that a load puts, and how many things of each kind there are.
const PUT: [&str; 8] = [
    "MATCH (n:Node) RETURN [n.name, n.catalog, n.made, n.why, n.environment, n.digest] AS row",
    "MATCH (n:Node)-[:CONTAINS]->(r:Resource)
RETURN [n.name, r.position, r.ref, r.type, r.title, r.container, r.parameters] AS row",
    "MATCH (n:Node)-[:CONTAINS]->(a)-[:HOLDS]->(b) RETURN [n.name, a.position, b.position] AS row",
    "MATCH (n:Node)-[:CONTAINS]->(a)-[e:NEEDS]->(b)<-[:CONTAINS]-(m:Node)
RETURN [n.name, a.position, e.kind, e.via, m.name, b.position] AS row",
    "MATCH (n:Node)-[:HAS_CLASS]->(c:Class) RETURN [n.name, c.name] AS row",
    "MATCH (n:Node)-[:DECLARES]->(d:Dependency) OPTIONAL MATCH (d)-[:PROVIDED_BY]->(p:Node)
RETURN [n.name, d.position, d.from, d.at, d.on, d.providers, d.needs, d.kind, d.declared_in, d.beside, p.name] AS row",
    "MATCH (n:Node)-[:CONTAINS]->(r)<-[:OF]-(a:Alias) RETURN [n.name, r.position, a.ref] AS row",
    "MATCH (x) WHERE NOT x:GroundruleLoad
WITH labels(x)[0] AS label, count(*) AS number, sum(count { (x)--() }) AS ends RETURN [label, number, ends] AS row",
];

async fn graph_as_it_is(server: &Service) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for text in PUT {
        all.push(rows(server, text).await);
    }
    all
}

/// An estate: catalogs, and dependencies beside them.
#[derive(Clone, Default)]
struct Estate {
    catalogs: BTreeMap<NodeName, Result<CatalogDocument, &'static str>>,
    beside: Vec<(NodeName, usize, RawDependency)>,
}

fn node(n: u32) -> NodeName {
    NodeName::new(&format!("n{n}")).unwrap()
}

fn dependency(dice: &mut SmallRng) -> RawDependency {
    RawDependency {
        from: dice.random_bool(0.7).then(|| ResourceRef::stored("Service[s1]").unwrap()),
        on: dice.random_bool(0.7).then(|| ResourceRef::stored("Service[s0]").unwrap()),
        nodes: (0..dice.random_range(1..3)).map(|_| node(dice.random_range(0..7))).collect(),
        matching: None,
        kind: if dice.random() { Kind::Hard } else { Kind::Soft },
        needs: Needs::All,
        declared_in: format!("Needs[{}]", dice.random_range(0..3)),
    }
}

fn catalog(dice: &mut SmallRng) -> CatalogDocument {
    let resource = |n: u32, dice: &mut SmallRng| ResourceDocument {
        reference: format!("Service[s{n}]"),
        container: n == 0,
        parents: (n > 0).then_some(0).into_iter().collect(),
        needs: if n > 1 { vec![(1, "require")] } else { Vec::new() },
        parameters: serde_json::json!({"ensure": dice.random_range(0..2)}).as_object().cloned(),
        sensitive: Vec::new(),
    };
    let count = dice.random_range(1..5);
    CatalogDocument {
        made: dice.random_range(0..1000),
        environment: "production".to_owned(),
        classes: (0..dice.random_range(0..3)).map(|n| format!("c{n}")).collect(),
        resources: (0..count).map(|n| resource(n, dice)).collect(),
        aliases: if dice.random() { vec![("Service[other]".to_owned(), 0)] } else { Vec::new() },
        dependencies: (0..dice.random_range(0..2)).map(|_| dependency(dice)).collect(),
    }
}

impl Estate {
    /// Changes some of it.
    fn change(&mut self, dice: &mut SmallRng) {
        for _ in 0..dice.random_range(0..4) {
            let node = node(dice.random_range(0..6));
            match dice.random_range(0..6) {
                0 => {
                    self.catalogs.remove(&node);
                }
                1 => {
                    self.catalogs.insert(node, Err("it is broken"));
                }
                2 => self.beside.push((node, 1, dependency(dice))),
                3 => self.beside.clear(),
                4 => {
                    if let Some(Ok(catalog)) = self.catalogs.get_mut(&node) {
                        catalog.made += 1;
                    }
                }
                _ => {
                    self.catalogs.insert(node, Ok(catalog(dice)));
                }
            }
        }
    }

    async fn load(&self, server: &Service, run: &str, all: bool) -> Loaded {
        let about = About { all, beside: self.beside.clone(), ..about(run) };
        let entry = |(node, document): (&NodeName, &Result<CatalogDocument, &str>)| Entry {
            node: node.clone(),
            document: document.clone().map_err(Into::into),
        };
        put(server, &about, self.catalogs.iter().map(entry).collect()).await.unwrap()
    }
}

#[tokio::test]
async fn the_graph_is_as_after_a_load_of_everything() {
    let turn = turn();
    let server = turn.0;
    let mut dice = SmallRng::seed_from_u64(7);
    let mut estate = Estate::default();
    for n in 0..6 {
        estate.catalogs.insert(node(n), Ok(catalog(&mut dice)));
    }
    let mut kept = 0;
    for round in 0..60 {
        estate.change(&mut dice);
        kept += estate.load(server, &format!("changed {round}"), false).await.kept;
        let changed = graph_as_it_is(server).await;
        let whole = estate.load(server, &format!("all {round}"), true).await;
        assert_eq!(whole.kept, 0);
        assert_eq!(changed, graph_as_it_is(server).await, "round {round}");
        assert!(graph(server).await.nodes().await.unwrap().gaps.is_empty());
    }
    assert!(kept > 60, "{kept}");
}

#[tokio::test]
async fn what_has_not_changed_is_not_written() {
    let turn = turn();
    let server = turn.0;
    load(server, "first", &["a", "b"]).await.unwrap();
    meddle(server, "MATCH (r:Resource) SET r.own = 'mine'").await;
    let own = "MATCH (n:Node)-[:CONTAINS]->(r) WHERE r.own = 'mine' RETURN [n.name] AS row";
    assert_eq!(load(server, "second", &["a", "b"]).await.unwrap().kept, 2);
    assert_eq!(rows(server, own).await, ["[\"a\"]", "[\"b\"]"]);
    // A catalog that was made anew, and is the same.
    let (mut later, mut other) = (entry("a"), entry("b"));
    later.document.as_mut().unwrap().made += 60;
    other.document.as_mut().unwrap().resources[0].parameters = None;
    let third = put(server, &about("third"), vec![later, other]).await.unwrap();
    assert_eq!(third.kept, 1);
    assert_eq!(rows(server, own).await, ["[\"a\"]"]);
    let made = rows(server, "MATCH (n:Node) RETURN [n.name, n.made] AS row").await;
    assert_eq!(made, ["[\"a\",1790000060]", "[\"b\",1790000000]"]);
    let all = About { all: true, ..about("all") };
    let all = put(server, &all, vec![entry("a"), entry("b")]).await.unwrap();
    assert_eq!(all.kept, 0);
    assert!(rows(server, own).await.is_empty());
}

#[tokio::test]
async fn everything_is_written_into_a_graph_that_is_not_as_it_was_left() {
    let turn = turn();
    let server = turn.0;
    let broken = [
        // By somebody, in halves, of another form, by a program that knows no digests.
        "MATCH (n:Node {name: 'b'})-[:CONTAINS]->(r) DETACH DELETE r",
        "MATCH (n:Node {name: 'b'})-[h:HAS_CLASS]->() DELETE h",
        "MATCH (l:GroundruleLoad) SET l.complete = false",
        "MATCH (l:GroundruleLoad) SET l.schema = 0",
        "MATCH (l:GroundruleLoad) DELETE l",
        "MATCH (n:Node) REMOVE n.digest",
    ];
    for text in broken {
        load(server, "first", &["a", "b"]).await.unwrap();
        let whole = graph_as_it_is(server).await;
        meddle(server, text).await;
        assert_eq!(load(server, "second", &["a", "b"]).await.unwrap().kept, 0, "{text}");
        assert_eq!(whole, graph_as_it_is(server).await, "{text}");
    }
}

#[tokio::test]
async fn a_node_that_is_written_meanwhile_breaks_the_load_off() {
    let turn = turn();
    let server = turn.0;
    load(server, "first", &["a", "b"]).await.unwrap();
    let mut second = loader(server).await;
    second.begin(&about("second")).await.unwrap();
    meddle(server, "MATCH (n:Node {name: 'b'}) SET n.digest = 'another'").await;
    second.put(vec![entry("a"), entry("b")]).await.unwrap();
    let names = ["a", "b"].map(|name| NodeName::new(name).unwrap());
    let error = second.finish(&BTreeSet::from(names), true).await.unwrap_err().to_string();
    assert!(error.contains("changed while it was being loaded"), "{error}");
    let gaps = graph(server).await.nodes().await.unwrap().gaps;
    assert!(gaps[0].contains("incomplete"), "{gaps:?}");
    assert_eq!(load(server, "third", &["a", "b"]).await.unwrap().kept, 0);
}
