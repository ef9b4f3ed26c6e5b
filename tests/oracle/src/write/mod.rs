//! Writes an estate as a directory, in the formats that the real systems produce.

mod catalog;
mod rows;
mod yaml;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use crate::model::{Checks, Data, Documents, Estate, Registration};

/// Writes the estate directory; `dir` is created and should be empty.
pub fn write(estate: &Estate, dir: &Path) -> io::Result<()> {
    let mut rng = SmallRng::seed_from_u64(estate.form);
    fs::create_dir_all(dir)?;
    if let Some(catalogs) = &estate.catalogs {
        fs::create_dir_all(dir.join("catalogs"))?;
        for (node, document) in catalogs {
            let text = match document {
                Some(read) => catalog::text(node, read, &mut rng),
                None => cut(&catalog::text(node, &crate::model::Catalog::default(), &mut rng)),
            };
            fs::write(dir.join("catalogs").join(format!("{node}.json")), text)?;
        }
    }
    if let Some(documents) = &estate.facts {
        facts(documents, &dir.join("facts"), &mut rng)?;
    }
    if let Some(documents) = &estate.registrations {
        registrations(documents, &dir.join("registrations"), &mut rng)?;
    }
    if let Some(reply) = &estate.discovery {
        let text = match reply {
            Some(nodes) => {
                let names: Vec<&String> = nodes.iter().collect();
                discovery(&names, estate.now, &mut rng)
            }
            None => cut(&json!(["a", "b"]).to_string()),
        };
        fs::write(dir.join("discovery.json"), text)?;
    }
    if let Some(relationships) = &estate.relationships {
        let text = match relationships {
            Some(all) => rows::text(all, &mut rng),
            None => "- {\"node\": \"web1\", \"nodes\": [\"db1\"".to_string(),
        };
        fs::write(dir.join("relationships.yaml"), text)?;
    }
    if let Some(all) = &estate.data {
        data(all, dir)?;
    }
    if let Some(all) = &estate.checks {
        fs::write(dir.join("checks.json"), checks(all).to_string())?;
    }
    Ok(())
}

/// The results of checks, as tests read them: code and output, or why there is none.
fn checks(all: &Checks) -> Value {
    let result = |result: &Option<i64>| match result {
        Some(code) => json!([code, "told"]),
        None => json!("it did not answer"),
    };
    let of_check = |nodes: &BTreeMap<String, Option<i64>>| {
        nodes.iter().map(|(node, code)| (node.clone(), result(code))).collect::<Map<_, _>>().into()
    };
    all.iter().map(|(check, nodes)| (check.clone(), of_check(nodes))).collect::<Map<_, _>>().into()
}

/// Data for Hiera, of version 5.
fn data(data: &Data, dir: &Path) -> io::Result<()> {
    let levels = [("Zone", "%{facts.zone}.yaml"), ("Common", "common.yaml")];
    let levels: Vec<Value> = levels.map(|(name, path)| json!({"name": name, "path": path})).into();
    // JSON is YAML, too.
    fs::write(dir.join("hiera.yaml"), json!({"version": 5, "hierarchy": levels}).to_string())?;
    fs::create_dir_all(dir.join("data"))?;
    fs::write(dir.join("data/common.yaml"), Value::Object(data.common.clone()).to_string())?;
    for (zone, file) in &data.zones {
        let text = file
            .as_ref()
            .map_or("text: [".to_string(), |map| Value::Object(map.clone()).to_string());
        fs::write(dir.join(format!("data/{zone}.yaml")), text)?;
    }
    Ok(())
}

/// What is left of a document when its writer died half-way.
fn cut(text: &str) -> String {
    text.chars().take(text.chars().count() / 2).collect()
}

fn facts(
    documents: &Documents<Map<String, Value>>,
    dir: &Path,
    rng: &mut SmallRng,
) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (node, document) in documents {
        match document {
            None => {
                // Half a YAML document may well be a good one; half a JSON document never is.
                let text = cut(&json!({"fqdn": node, "zone": "a"}).to_string());
                fs::write(dir.join(format!("{node}.json")), text)?;
            }
            Some(facts) if rng.random_bool(0.5) => {
                let text = format!("{:#}\n", Value::Object(facts.clone()));
                fs::write(dir.join(format!("{node}.json")), text)?;
            }
            Some(facts) => {
                fs::write(dir.join(format!("{node}.yaml")), yaml::node_facts(node, facts))?;
            }
        }
    }
    Ok(())
}

fn registrations(
    documents: &Documents<Registration>,
    dir: &Path,
    rng: &mut SmallRng,
) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let in_one_file = rng.random_bool(0.5);
    let mut lines = String::new();
    for (node, document) in documents {
        let file = dir.join(format!("{node}.json"));
        match document {
            // Only the name of its own file tells whose registration cannot be read.
            None => {
                let whole = message(node, &Registration::default(), rng).to_string();
                fs::write(file, cut(&whole))?;
            }
            Some(registration) if in_one_file => {
                lines.push_str(&line(node, registration).to_string());
                lines.push('\n');
            }
            Some(registration) => {
                fs::write(file, format!("{:#}\n", message(node, registration, rng)))?;
            }
        }
    }
    if lines.is_empty() { Ok(()) } else { fs::write(dir.join("all.ndjson"), lines) }
}

/// What the receiver of registration messages keeps.
fn message(node: &str, registration: &Registration, rng: &mut SmallRng) -> Value {
    let mut body = Map::new();
    body.insert("identity".into(), node.into());
    if let Some(agents) = &registration.agents {
        body.insert("agentlist".into(), json!(agents));
    }
    if let Some(facts) = &registration.facts {
        body.insert("facts".into(), Value::Object(facts.clone()));
    }
    if let Some(classes) = &registration.classes {
        body.insert("classes".into(), json!(classes));
    }
    let mut body = Value::Object(body);
    // The plainest registration plugin sends the list of agents and nothing else.
    if let Registration { facts: None, classes: None, agents: Some(agents), .. } = registration
        && rng.random_bool(0.5)
    {
        body = json!(agents);
    }
    json!({
        "senderid": node,
        "callerid": "uid=0",
        "collective": "mcollective",
        "msgtime": registration.lastseen,
        "ttl": 60,
        "agent": "registration",
        "body": body,
    })
}

/// What the MongoDB registration agent keeps.
fn line(node: &str, registration: &Registration) -> Value {
    let mut line = Map::new();
    line.insert("fqdn".into(), node.into());
    line.insert("lastseen".into(), registration.lastseen.into());
    if let Some(facts) = &registration.facts {
        line.insert("facts".into(), Value::Object(facts.clone()));
    }
    if let Some(classes) = &registration.classes {
        line.insert("classes".into(), json!(classes));
    }
    if let Some(agents) = &registration.agents {
        line.insert("agentlist".into(), json!(agents));
    }
    Value::Object(line)
}

fn discovery(names: &[&String], now: i64, rng: &mut SmallRng) -> String {
    match rng.random_range(0..3) {
        0 => json!(names).to_string(),
        1 => json!({"at": now, "nodes": names}).to_string(),
        _ => {
            let replies = names.iter().map(|name| {
                json!({
                    "agent": "rpcutil", "action": "ping", "sender": name,
                    "statuscode": 0, "statusmsg": "OK", "data": {"pong": now},
                })
            });
            Value::Array(replies.collect()).to_string()
        }
    }
}
