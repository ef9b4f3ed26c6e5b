//! Random data that is looked up.

use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Map, Value, json};

use super::pick::{one, percent};
use crate::model::Data;

/// Data of two levels; so much of it cannot be read, in percent.
pub fn data(rng: &mut SmallRng, unreadable: u32) -> Data {
    let mut data = Data { common: level(rng), ..Data::default() };
    for zone in ["a", "b", "c"] {
        if percent(rng, 75) {
            let file = if percent(rng, unreadable) { None } else { Some(level(rng)) };
            data.zones.insert(zone.to_string(), file);
        }
    }
    data
}

fn level(rng: &mut SmallRng) -> Map<String, Value> {
    let mut all = Map::new();
    for key in ["text", "number", "list", "hash", "mixed"] {
        if percent(rng, 60) {
            all.insert(key.to_string(), value(rng, key));
        }
    }
    all
}

fn value(rng: &mut SmallRng, key: &str) -> Value {
    match key {
        "text" => json!(one(rng, &["a", "b", "common", "1"])),
        "number" => json!(rng.random_range(1..4)),
        "list" => {
            let count = rng.random_range(0..4);
            Value::Array((0..count).map(|_| json!(one(rng, &["a", "b", "x", "c1"]))).collect())
        }
        "hash" => {
            let mut map = Map::new();
            for _ in 0..rng.random_range(0..3) {
                map.insert(one(rng, &["x", "y", "c1"]).to_string(), json!(rng.random_range(1..3)));
            }
            Value::Object(map)
        }
        _ => {
            let kind = one(rng, &["text", "number", "list", "hash"]).to_string();
            value(rng, &kind)
        }
    }
}
