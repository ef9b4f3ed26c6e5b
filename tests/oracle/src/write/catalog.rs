//! A catalog as `puppet catalog compile` prints it.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Map, Value, json};

use super::rows;
use crate::model::{Catalog, Resource};
use crate::pattern;

/// The JSON text; some have the envelope of old versions.
pub fn text(node: &str, catalog: &Catalog, rng: &mut SmallRng) -> String {
    let written = value(node, catalog, rng);
    let written = if rng.random_bool(0.25) {
        json!({"document_type": "Catalog", "data": written, "metadata": {"api_version": 1}})
    } else {
        written
    };
    if rng.random_bool(0.5) { written.to_string() } else { format!("{written:#}\n") }
}

fn value(node: &str, catalog: &Catalog, rng: &mut SmallRng) -> Value {
    let relations = relations(catalog, rng);
    let mut edges: Vec<Value> =
        catalog.contains.iter().map(|(one, other)| edge(one, other)).collect();
    let mut resources: Vec<Value> = Vec::new();
    for one in &catalog.resources {
        let mut parameters = one.parameters.clone();
        for (name, targets) in relations.get(&one.reference).into_iter().flatten() {
            parameters.insert(name.clone(), one_or_many(targets, rng));
        }
        resources.push(resource(&one.reference, kind(one), parameters));
    }
    // A catalog without a class has nothing that could contain a declaration: it stands alone then.
    let classes = catalog.resources.iter().filter(|one| one.reference.starts_with("Class["));
    let classes: Vec<&Resource> = classes.collect();
    for (position, dependency) in catalog.dependencies.iter().enumerate() {
        let reference = format!("Groundrule::Dependency[dependency {position}]");
        let parameters = rows::parameters(dependency, rng);
        resources.push(resource(&reference, "defined_type", parameters));
        if !classes.is_empty() {
            let class = classes[rng.random_range(0..classes.len())];
            edges.push(edge(&class.reference, &reference));
        }
    }
    json!({
        "tags": ["settings"],
        "name": node,
        "version": 1_795_339_369,
        "code_id": null,
        "catalog_uuid": "20d10b0c-2d2e-48ca-9a72-9927ab1a3474",
        "catalog_format": 2,
        "environment": catalog.environment,
        "resources": resources,
        "edges": edges,
        "classes": catalog.classes,
    })
}

fn kind(resource: &Resource) -> &'static str {
    match pattern::type_of(&resource.reference) {
        "Class" => "unknown",
        _ if resource.container && !resource.reference.starts_with("Stage[") => "defined_type",
        _ => "compilable_type",
    }
}

fn edge(source: &str, target: &str) -> Value {
    json!({"source": source, "target": target})
}

fn resource(reference: &str, kind: &str, parameters: Map<String, Value>) -> Value {
    let (type_, rest) = reference.split_once('[').unwrap_or((reference, ""));
    let title = rest.strip_suffix(']').unwrap_or(rest);
    let mut written = json!({
        "type": type_,
        "title": title,
        "tags": [type_.to_lowercase()],
        "exported": false,
        "kind": kind,
    });
    if let (Value::Object(written), false) = (&mut written, parameters.is_empty()) {
        written.insert("parameters".into(), Value::Object(parameters));
    }
    written
}

/// Relationship parameters by resource and name.
type Relations = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Each requirement is written on the one resource or on the other, by any of the four parameters.
fn relations(catalog: &Catalog, rng: &mut SmallRng) -> Relations {
    let mut all = Relations::new();
    for (dependent, needed) in &catalog.requires {
        let (owner, name, target) = match rng.random_range(0..4) {
            0 => (dependent, "require", needed),
            1 => (dependent, "subscribe", needed),
            2 => (needed, "before", dependent),
            _ => (needed, "notify", dependent),
        };
        let of_owner = all.entry(owner.clone()).or_default();
        of_owner.entry(name.into()).or_default().push(target.clone());
    }
    all
}

fn one_or_many(targets: &[String], rng: &mut SmallRng) -> Value {
    match targets {
        [one] if rng.random_bool(0.5) => json!(one),
        many => json!(many),
    }
}
