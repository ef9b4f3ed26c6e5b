//! The form of the graph: docs/graph.md tells people of it.

/// The version of this form. A graph of another one is not read.
pub const VERSION: i64 = 1;

/// Constraints and indexes; each may be there already.
pub const INDEXES: [&str; 6] = [
    "CREATE CONSTRAINT groundrule_node IF NOT EXISTS FOR (n:Node) REQUIRE n.name IS UNIQUE",
    "CREATE CONSTRAINT groundrule_class IF NOT EXISTS FOR (c:Class) REQUIRE c.name IS UNIQUE",
    "CREATE CONSTRAINT groundrule_load IF NOT EXISTS FOR (l:GroundruleLoad) REQUIRE l.name IS UNIQUE",
    "CREATE INDEX groundrule_resource IF NOT EXISTS FOR (r:Resource) ON (r.ref)",
    "CREATE INDEX groundrule_type IF NOT EXISTS FOR (r:Resource) ON (r.type)",
    "CREATE INDEX groundrule_alias IF NOT EXISTS FOR (a:Alias) ON (a.ref)",
];

/// Waits until all of them answer.
pub const READY: &str = "CALL db.awaitIndexes(120)";

/// Their names.
pub const NAMES: [&str; 6] = [
    "groundrule_node",
    "groundrule_class",
    "groundrule_load",
    "groundrule_resource",
    "groundrule_type",
    "groundrule_alias",
];

/// Takes away everything that a load has put on nodes, but the nodes themselves, which stay locked to the end
/// of the transaction: of two loads that put the same node, the later one sees all that the other has put.
pub const CLEAR: &str = "\
UNWIND $names AS name MERGE (n:Node {name: name}) SET n.catalog = 'none'
WITH n
CALL (n) {
  OPTIONAL MATCH (n)-[:CONTAINS]->(r:Resource)
  OPTIONAL MATCH (a:Alias)-[:OF]->(r)
  DETACH DELETE a, r
}
CALL (n) { OPTIONAL MATCH (n)-[:DECLARES]->(d:Dependency) DETACH DELETE d }
CALL (n) { OPTIONAL MATCH (n)-[h:HAS_CLASS]->() DELETE h }";

/// Puts nodes with all that is on them; $nodes holds a map for each.
pub const PUT: &str = "\
UNWIND $nodes AS x
MATCH (n:Node {name: x.name})
SET n = x.properties, n.name = x.name
WITH n, x
CALL (n, x) { UNWIND x.classes AS name MERGE (c:Class {name: name}) CREATE (n)-[:HAS_CLASS]->(c) }
CALL (n, x) {
  UNWIND x.dependencies AS d
  CREATE (n)-[:DECLARES]->(e:Dependency) SET e = d
}
CALL (n, x) {
  UNWIND x.resources AS r
  CREATE (n)-[:CONTAINS]->(c:Resource {position: r[0], ref: r[1], type: r[2], title: r[3],
    container: r[4], parameters: r[5], sensitive: r[6]})
  RETURN collect(c) AS made
}
CALL (x, made) {
  UNWIND x.holds AS e WITH made[e[0]] AS a, made[e[1]] AS b CREATE (a)-[:HOLDS]->(b)
}
CALL (x, made) {
  UNWIND x.needs AS e
  WITH made[e[0]] AS a, made[e[1]] AS b, e[2] AS via
  CREATE (a)-[:NEEDS {kind: 'hard', via: via}]->(b)
}
CALL (x, made) {
  UNWIND x.aliases AS e WITH made[e[1]] AS r, e[0] AS ref CREATE (:Alias {ref: ref})-[:OF]->(r)
}";

/// Leaves nodes as they are, but for when their catalogs are; each a name, that time and a digest. Whoever
/// writes a node at the time is waited for by the first of the two settings. The row tells whose load is
/// the newest, and how many nodes still had their digests.
pub const SAME: &str = "\
UNWIND $nodes AS x
MATCH (n:Node {name: x[0]}) SET n.made = x[1]
WITH n, x WHERE n.digest = x[2]
CALL (n) { MATCH (n)-[:DECLARES]->(d:Dependency {beside: true}) SET d.run = $run }
WITH count(n) AS kept
MATCH (l:GroundruleLoad {name: 'graph'}) RETURN [l.run, l.from, kept] AS row";

/// Makes the classes that nodes are about to have.
pub const CLASSES: &str = "UNWIND $classes AS name MERGE (:Class {name: name})";

/// Whether the load of this run is still the newest; the last statement of each of its transactions.
pub const STILL: &str = "MATCH (l:GroundruleLoad {name: 'graph'}) RETURN [l.run, l.from] AS row";

/// Takes away, in transactions of their own, the nodes of these names.
pub const REMOVE: &str = "UNWIND $names AS name MATCH (n:Node {name: name}) DETACH DELETE n";

/// Nodes that have something of a catalog.
pub const HAD: &str = "MATCH (n:Node) WHERE n.catalog <> 'none' RETURN [n.name] AS row";

/// Dependencies that a list beside the catalogs no longer has.
pub const FORGET: &str = "MATCH (d:Dependency {beside: true}) WHERE d.run <> $run DETACH DELETE d";

/// Nodes that dependencies name, and that no catalog is of.
pub const NAMED: &str = "\
MATCH (d:Dependency) UNWIND d.providers AS name
WITH DISTINCT name MERGE (n:Node {name: name}) ON CREATE SET n.catalog = 'none'";

/// From each dependency to its providers.
pub const PROVIDED: &str = "\
MATCH (d:Dependency) WHERE size(d.providers) > 0
CALL (d) {
  UNWIND d.providers AS name MATCH (p:Node {name: name}) MERGE (d)-[:PROVIDED_BY]->(p)
} IN TRANSACTIONS OF 1000 ROWS";

/// From each resource that needs others on other nodes to those.
pub const ACROSS: &str = "\
MATCH (d:Dependency) WHERE d.at IS NOT NULL AND d.on IS NOT NULL AND size(d.providers) > 0
MATCH (n:Node)-[:DECLARES]->(d)
CALL (n, d) {
  MATCH (n)-[:CONTAINS]->(f:Resource) WHERE f.ref = d.at
  MATCH (d)-[:PROVIDED_BY]->(p) WHERE p <> n
  CALL (p, d) {
    MATCH (p)-[:CONTAINS]->(t:Resource) WHERE t.ref = d.on RETURN t
    UNION
    MATCH (a:Alias) WHERE a.ref = d.on MATCH (a)-[:OF]->(t:Resource)<-[:CONTAINS]-(p) RETURN t
  }
  MERGE (f)-[:NEEDS {kind: d.kind, via: d.declared_in}]->(t)
} IN TRANSACTIONS OF 200 ROWS";

/// What nothing refers to any more.
pub const SWEEP: [&str; 2] = [
    "MATCH (c:Class) WHERE NOT EXISTS { (c)<-[:HAS_CLASS]-() } DELETE c",
    "MATCH (n:Node {catalog: 'none'}) WHERE NOT EXISTS { (n)--() } DELETE n",
];
