//! Hiera 5: as it was captured of `puppet lookup`, and what it does with bad data.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod bad;
mod captured;
mod eyaml;
mod hocon;
mod puppet;
#[path = "../ruby/mod.rs"]
mod ruby;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use groundrule_lookup::data::{Map, Value};
use groundrule_lookup::hiera5::{Hiera5, Key, Layout, Outcome, Request, Scope};

/// The captured data.
fn captured(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hiera5/captured").join(name)
}

fn json(text: &str) -> Value {
    serde_json::from_str::<serde_json::Value>(text).unwrap().into()
}

fn facts(path: &Path) -> Map {
    json(&fs::read_to_string(path).unwrap()).as_hash().unwrap().clone()
}

/// The layout of an environment's directory.
fn layout(environment: &Path) -> Layout {
    Layout {
        global: None,
        environment: Some(environment.to_owned()),
        modules: vec![environment.join("modules")],
    }
}

/// Asks once.
fn ask(layout: Layout, facts: &Map, keys: &[&str], request: &Request) -> Outcome {
    let keys: Vec<Key> = keys.iter().map(|key| Key::read(key).unwrap()).collect();
    let hiera = Hiera5::new(layout);
    let scope = Scope::of_node("web1.example.net", "production", facts);
    match hiera.session(scope, Instant::now()) {
        Ok(session) => session.lookup(&keys, request),
        Err(fault) => Outcome { answer: Err(fault), steps: Vec::new(), notices: Vec::new() },
    }
}
