//! A Puppet catalog as its server sends it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::modules;
use crate::plan::Machine;
use crate::roles;

/// A catalog in the order in which Puppet writes it.
#[derive(Serialize)]
pub struct Catalog {
    tags: Vec<String>,
    name: String,
    version: i64,
    code_id: Option<String>,
    catalog_uuid: String,
    catalog_format: u32,
    environment: &'static str,
    resources: Vec<Resource>,
    edges: Vec<Edge>,
    classes: Vec<String>,
}

#[derive(Serialize)]
struct Resource {
    #[serde(rename = "type")]
    kind_of: String,
    title: String,
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    exported: bool,
    kind: &'static str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
}

#[derive(Serialize)]
struct Edge {
    source: String,
    target: String,
}

/// When the catalogs were compiled, in seconds since 1970.
pub const COMPILED: i64 = 1_793_490_300;

/// The catalog of a machine, with exactly so many resources.
pub fn of(machine: &Machine, resources: usize) -> Catalog {
    let mut writer = Writer::new(machine, resources);
    roles::write(&mut writer, machine);
    modules::fill(&mut writer, machine);
    writer.catalog
}

/// Puts a catalog together: what is declared goes into the class that was opened last.
pub struct Writer {
    catalog: Catalog,
    wanted: usize,
    class: String,
    module: String,
    line: usize,
}

impl Writer {
    fn new(machine: &Machine, wanted: usize) -> Self {
        let uuid = format!("{:08x}-0000-4000-8000-{:012x}", machine.product, machine.seed >> 16);
        let catalog = Catalog {
            tags: ["settings", "default", "node", "class"].map(String::from).to_vec(),
            name: machine.name.clone(),
            version: COMPILED,
            code_id: None,
            catalog_uuid: uuid,
            catalog_format: 2,
            environment: "production",
            resources: Vec::with_capacity(wanted),
            edges: Vec::with_capacity(wanted),
            classes: ["settings", "default"].map(String::from).to_vec(),
        };
        let mut writer =
            Self { catalog, wanted, class: String::new(), module: String::new(), line: 0 };
        writer.bare("Stage", "main", "compilable_type", &["stage"]);
        writer.bare("Class", "Settings", "unknown", &["class", "settings"]);
        writer.bare("Class", "main", "unknown", &["class"]);
        writer.bare("Node", "default", "unknown", &["node", "default", "class"]);
        for contained in ["Class[Settings]", "Class[main]"] {
            writer.edge("Stage[main]", contained);
        }
        writer.edge("Class[main]", "Node[default]");
        writer
    }

    fn bare(&mut self, kind_of: &str, title: &str, kind: &'static str, tags: &[&str]) {
        self.catalog.resources.push(Resource {
            kind_of: kind_of.to_owned(),
            title: title.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            file: None,
            line: None,
            exported: false,
            kind,
            parameters: Map::new(),
        });
    }

    fn edge(&mut self, source: &str, target: &str) {
        self.catalog.edges.push(Edge { source: source.to_owned(), target: target.to_owned() });
    }

    /// How many resources are still to be written.
    pub fn left(&self) -> usize {
        self.wanted.saturating_sub(self.catalog.resources.len())
    }

    /// Begins a class, as Puppet names it in references: `Mysql::Server`.
    pub fn class(&mut self, title: &str) {
        let name = title.to_lowercase();
        self.module = name.split("::").next().unwrap_or_default().to_owned();
        self.line = 1;
        let tags = ["class"].into_iter().chain(pieces(&name)).chain(["node", "default"]);
        let tags: Vec<_> = tags.map(String::from).collect();
        self.catalog.tags.extend(pieces(&name).map(String::from));
        self.catalog.resources.push(Resource {
            kind_of: "Class".to_owned(),
            title: title.to_owned(),
            tags,
            file: None,
            line: None,
            exported: false,
            kind: "unknown",
            parameters: Map::new(),
        });
        self.class = format!("Class[{title}]");
        self.catalog
            .edges
            .push(Edge { source: "Stage[main]".to_owned(), target: self.class.clone() });
        self.catalog.classes.push(name);
    }

    /// Declares a resource in the class, and returns its reference.
    pub fn resource(&mut self, kind_of: &str, title: &str, parameters: Value) -> String {
        let class = self.class.clone();
        self.inside(&class, kind_of, title, parameters)
    }

    /// Declares a resource in a container, and returns its reference.
    pub fn inside(
        &mut self,
        container: &str,
        kind_of: &str,
        title: &str,
        parameters: Value,
    ) -> String {
        self.line += 3;
        let lower = kind_of.to_lowercase();
        let class = self.class["Class[".len()..self.class.len() - 1].to_lowercase();
        let mut tags: Vec<String> = pieces(&lower).map(String::from).collect();
        if is_tag(title) {
            tags.push(title.to_owned());
        }
        tags.push("class".to_owned());
        tags.extend(pieces(&class).map(String::from));
        tags.extend(["node", "default"].map(String::from));
        tags.dedup();
        let reference = format!("{kind_of}[{title}]");
        self.catalog.resources.push(Resource {
            kind_of: kind_of.to_owned(),
            title: title.to_owned(),
            tags,
            file: Some(format!(
                "/etc/puppetlabs/code/environments/production/modules/{}/manifests/init.pp",
                self.module
            )),
            line: Some(self.line),
            exported: false,
            kind: if kind_of.contains("::") { "defined_type" } else { "compilable_type" },
            parameters: match parameters {
                Value::Object(parameters) => parameters,
                _ => Map::new(),
            },
        });
        self.edge(container, &reference);
        reference
    }

    /// Declares a dependency on other machines; `needs` is filled in as Puppet does.
    pub fn depend(&mut self, title: &str, mut parameters: Value) {
        let fields = [("kind", json!("hard")), ("needs", json!(1))];
        if let Value::Object(parameters) = &mut parameters {
            for (name, value) in fields {
                parameters.entry(name).or_insert(value);
            }
        }
        self.resource("Groundrule::Dependency", title, parameters);
    }
}

/// `mysql::server`, `mysql`, `server`.
fn pieces(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(name).chain(name.split("::").filter(move |piece| *piece != name))
}

fn is_tag(title: &str) -> bool {
    title.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c))
}
