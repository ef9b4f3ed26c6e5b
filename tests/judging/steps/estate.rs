//! Tiny estates, written as estate directories.
//!
//! Every node has a catalog, a facts document and a registration, and answers discovery, unless a
//! test takes that away.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// The time at which the estates are judged.
pub const NOW: i64 = 1_795_000_000;

/// What an estate knows of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Catalog,
    Facts,
    Registration,
    Answer,
}

pub use Part::{Answer, Catalog, Facts, Registration};

const PARTS: [Part; 4] = [Catalog, Facts, Registration, Answer];

/// An estate.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    nodes: Vec<Node>,
    without: Vec<Part>,
    rows: Vec<Value>,
    broken: Vec<&'static str>,
    data: Vec<(&'static str, &'static str)>,
    checks: Map<String, Value>,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    name: &'static str,
    parts: Vec<Part>,
    broken: Vec<Part>,
    environment: Option<&'static str>,
    classes: Vec<&'static str>,
    resources: Vec<Value>,
    edges: Vec<Value>,
    facts: Map<String, Value>,
    registered: Map<String, Value>,
    agents: Vec<&'static str>,
    seconds_ago: i64,
}

/// A declared dependency.
#[derive(Clone, Debug)]
pub struct Needs(Map<String, Value>);

/// An estate of these nodes.
pub fn estate(nodes: impl IntoIterator<Item = Node>) -> Estate {
    Estate { nodes: nodes.into_iter().collect(), ..Estate::default() }
}

/// A node of which everything is known; it registered a minute ago.
pub fn node(name: &'static str) -> Node {
    Node {
        name,
        parts: PARTS.to_vec(),
        broken: Vec::new(),
        environment: Some("production"),
        classes: Vec::new(),
        resources: Vec::new(),
        edges: Vec::new(),
        facts: Map::new(),
        registered: Map::new(),
        agents: vec!["rpcutil"],
        seconds_ago: 60,
    }
}

/// A hard dependency on one of these.
pub fn needs(nodes: &[&str]) -> Needs {
    Needs(Map::from_iter([("nodes".to_owned(), json!(nodes))]))
}

/// A hard dependency on one of the nodes that a filter selects.
pub fn needs_matching(filter: &str) -> Needs {
    Needs(Map::from_iter([("matching".to_owned(), json!(filter))]))
}

impl Needs {
    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// What needs.
    pub fn from(self, resource: &str) -> Self {
        self.with("from", resource)
    }

    /// What is needed.
    pub fn on(self, resource: &str) -> Self {
        self.with("on", resource)
    }

    pub fn soft(self) -> Self {
        self.with("kind", "soft")
    }

    /// How many are needed.
    pub fn at_least(self, n: usize) -> Self {
        self.with("needs", n)
    }

    pub fn all(self) -> Self {
        self.with("needs", "all")
    }
}

impl Node {
    /// Its catalog has a class.
    pub fn class(mut self, name: &'static str) -> Self {
        self.classes.push(name);
        let title: Vec<_> = name.split("::").map(capitalised).collect();
        self.resources.push(json!({"type": "Class", "title": title.join("::")}));
        self
    }

    /// Its catalog is of another environment, or of none.
    pub fn environment(mut self, name: Option<&'static str>) -> Self {
        self.environment = name;
        self
    }

    /// Its facts document has a fact.
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Its catalog has a resource.
    pub fn has(self, reference: &str) -> Self {
        self.has_with(reference, json!({}))
    }

    /// Its catalog has a resource with these parameters.
    pub fn has_with(mut self, reference: &str, parameters: Value) -> Self {
        let (kind, title) = reference.trim_end_matches(']').split_once('[').unwrap();
        let mut resource = json!({"type": kind, "title": title});
        resource["parameters"] = parameters;
        self.resources.push(resource);
        self
    }

    /// One resource contains another.
    pub fn contains(mut self, container: &str, resource: &str) -> Self {
        self.edges.push(json!({"source": container, "target": resource}));
        self
    }

    /// Its catalog declares a dependency.
    pub fn needs(self, needs: Needs) -> Self {
        let n = self.resources.len();
        self.has_with(&format!("Groundrule::Dependency[{n}]"), Value::Object(needs.0))
    }

    /// Its registration tells a class.
    pub fn registers_class(mut self, name: &str) -> Self {
        self.registered.insert("classes".to_owned(), json!([name]));
        self
    }

    /// Its registration tells a fact.
    pub fn registers_fact(mut self, name: &str, value: &str) -> Self {
        self.registered.insert("facts".to_owned(), json!({ name: value }));
        self
    }

    pub fn agent(mut self, name: &'static str) -> Self {
        self.agents.push(name);
        self
    }

    pub fn registered_seconds_ago(mut self, seconds: i64) -> Self {
        self.seconds_ago = seconds;
        self
    }

    /// Nothing of this kind is known of it.
    pub fn without(mut self, part: Part) -> Self {
        self.parts.retain(|kept| *kept != part);
        self
    }

    /// Only this is known of it.
    pub fn only(mut self, part: Part) -> Self {
        self.parts.retain(|kept| *kept == part);
        self
    }

    /// There is a document, but nobody can read it.
    pub fn broken(mut self, part: Part) -> Self {
        self.broken.push(part);
        self
    }

    fn catalog(&self) -> Value {
        json!({
            "name": self.name, "version": 1, "environment": self.environment,
            "classes": self.classes, "resources": self.resources, "edges": self.edges,
        })
    }

    fn registration(&self) -> Value {
        let mut all = self.registered.clone();
        all.insert("fqdn".to_owned(), self.name.into());
        all.insert("lastseen".to_owned(), (NOW - self.seconds_ago).into());
        all.insert("agentlist".to_owned(), json!(self.agents));
        Value::Object(all)
    }

    fn write(&self, folder: &Path, part: Part, document: &Value) {
        if !self.parts.contains(&part) {
            return;
        }
        let whole = document.to_string();
        let kept = if self.broken.contains(&part) { whole.len() / 2 } else { whole.len() };
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(format!("{}.json", self.name)), &whole[..kept]).unwrap();
    }
}

impl Estate {
    /// The same with one more node.
    pub fn and(mut self, node: Node) -> Self {
        self.nodes.push(node);
        self
    }

    /// The estate has no such source at all.
    pub fn without(mut self, part: Part) -> Self {
        self.without.push(part);
        self
    }

    /// `relationships.yaml` declares a dependency.
    pub fn row(mut self, node: &str, needs: Needs) -> Self {
        self.rows.push(Value::Object(needs.with("node", node).0));
        self
    }

    /// Hiera has a file of data: `common`, or the value of a node's fact `zone`.
    pub fn data(mut self, level: &'static str, yaml: &'static str) -> Self {
        self.data.push((level, yaml));
        self
    }

    /// A check comes to this on a node: an exit code and an output.
    pub fn check(self, name: &str, node: &str, code: i64, output: &str) -> Self {
        self.checked(name, node, json!([code, output]))
    }

    /// It is not known what a check comes to on a node, and why.
    pub fn unchecked(self, name: &str, node: &str, why: &str) -> Self {
        self.checked(name, node, json!(why))
    }

    fn checked(mut self, name: &str, node: &str, result: Value) -> Self {
        let nodes = self.checks.entry(name).or_insert_with(|| json!({}));
        nodes[node] = result;
        self
    }

    /// `discovery.json` cannot be read.
    pub fn broken_discovery(mut self) -> Self {
        self.broken.push("discovery.json");
        self
    }

    /// `relationships.yaml` cannot be read.
    pub fn broken_relationships(mut self) -> Self {
        self.broken.push("relationships.yaml");
        self
    }

    /// Writes the estate directory.
    pub fn write(&self, directory: &Path) {
        fs::create_dir_all(directory).unwrap();
        let there = |part| !self.without.contains(&part);
        for node in &self.nodes {
            if there(Catalog) {
                node.write(&directory.join("catalogs"), Catalog, &node.catalog());
            }
            if there(Facts) {
                let facts = Value::Object(node.facts.clone());
                node.write(&directory.join("facts"), Facts, &facts);
            }
            if there(Registration) {
                let folder = directory.join("registrations");
                node.write(&folder, Registration, &node.registration());
            }
        }
        let answering = self.nodes.iter().filter(|node| node.parts.contains(&Answer));
        let answering: Vec<_> = answering.map(|node| node.name).collect();
        if there(Answer) {
            fs::write(directory.join("discovery.json"), json!(answering).to_string()).unwrap();
        }
        if !self.rows.is_empty() {
            // JSON is YAML, too.
            let rows = json!(self.rows).to_string();
            fs::write(directory.join("relationships.yaml"), rows).unwrap();
        }
        if !self.checks.is_empty() {
            let checks = Value::Object(self.checks.clone()).to_string();
            fs::write(directory.join("checks.json"), checks).unwrap();
        }
        if !self.data.is_empty() {
            let levels = "version: 5\nhierarchy:\n- name: Zone\n  path: \"%{facts.zone}.yaml\"\n- name: Common\n  path: common.yaml\n";
            fs::write(directory.join("hiera.yaml"), levels).unwrap();
            fs::create_dir_all(directory.join("data")).unwrap();
        }
        for (level, yaml) in &self.data {
            fs::write(directory.join(format!("data/{level}.yaml")), yaml).unwrap();
        }
        for file in &self.broken {
            fs::write(directory.join(file), "[{").unwrap();
        }
    }
}

fn capitalised(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_uppercase() + rest
}
