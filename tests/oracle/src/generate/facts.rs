//! Random facts and parameters: numbers, numbers in strings, booleans, versions, structures.

use rand::rngs::SmallRng;
use serde_json::{Map, Value, json};

use super::pick::{percent, weighted};

/// Facts of one node; each of them may be missing.
pub fn facts(rng: &mut SmallRng) -> Map<String, Value> {
    let mut all = Map::new();
    let missing = if percent(rng, 50) { 3 } else { 30 };
    let mut put = |rng: &mut SmallRng, name: &str, values: &[Value]| {
        if !percent(rng, missing) {
            let weights = vec![1; values.len()];
            all.insert(name.to_string(), values[weighted(rng, &weights)].clone());
        }
    };
    let zone = if percent(rng, 10) { "ZONE" } else { "zone" };
    put(rng, zone, &[json!("a"), json!("a"), json!("b"), json!("A")]);
    put(rng, "rack", &[json!(1), json!("1"), json!("1.0"), json!(2), json!("r1"), json!(1.5)]);
    put(rng, "cpus", &[json!(2), json!("4"), json!(4), json!(8), json!("many"), json!(null)]);
    put(rng, "virtual", &[json!(true), json!("true"), json!(false), json!("False")]);
    put(
        rng,
        "version",
        &[json!("1.2"), json!("1.10"), json!("1.2.0"), json!("2"), json!("1.2rc1"), json!(12)],
    );
    put(
        rng,
        "roles",
        &[json!(["web", "db"]), json!(["web"]), json!([]), json!("web"), json!([1, true, null])],
    );
    put(
        rng,
        "os",
        &[
            json!({"family": "Debian", "release": ["12", 5]}),
            json!({"Family": "RedHat", "release": [9]}),
            json!({"family": null}),
            json!("Debian"),
        ],
    );
    if percent(rng, 8) {
        all.insert("os.family".into(), json!("flat"));
    }
    if percent(rng, 5) {
        all.insert("note".into(), json!("say \"x\": #1 \\ é"));
    }
    all
}

/// Parameters of a resource.
pub fn parameters(rng: &mut SmallRng) -> Map<String, Value> {
    let mut all = Map::new();
    let mut put = |rng: &mut SmallRng, name: &str, values: &[Value]| {
        if percent(rng, 70) {
            let weights = vec![1; values.len()];
            all.insert(name.to_string(), values[weighted(rng, &weights)].clone());
        }
    };
    put(rng, "ensure", &[json!("running"), json!("running"), json!("stopped"), json!("1.2")]);
    put(rng, "enable", &[json!(true), json!("true"), json!(false)]);
    put(rng, "port", &[json!(80), json!("80"), json!(8080), json!("http")]);
    put(rng, "mode", &[json!("0644"), json!("644"), json!(["a", "b"])]);
    all
}

/// The names and some of the values that `parameters` uses.
pub const PARAMETERS: [(&str, &[&str]); 4] = [
    ("ensure", &["running", "stopped", "1.2", "/^run/"]),
    ("enable", &["true", "false"]),
    ("port", &["80", "8080", "http"]),
    ("mode", &["0644", "644", "a", "[\"a\",\"b\"]"]),
];
