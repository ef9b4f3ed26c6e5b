//! Random sites: a configuration, data files, and lookups.

use std::path::{Path, PathBuf};

use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use serde::Serialize;
use serde_json::{Map, Value, json};

const KEYS: &[&str] = &["a", "b", "c", "d", "e", "loop", "a::b", "x.y"];
const VARIABLES: &[&str] = &["fqdn", "location", "role", "trusted"];
const LEVELS: &[&str] = &[
    "%{fqdn}",
    "loc/%{location}",
    "%{role}",
    "%{trusted.name}",
    "common",
    "%{nothing}",
    "x%{}y",
    "%{scope('role')}",
    "/bad",
    "other",
    "%{hiera('a')}",
];
const NAMES: &[&str] = &["web1", "db", "dc1", "common"];

/// A site on the disk.
#[derive(Serialize)]
pub struct Site {
    pub config: PathBuf,
    pub lookups: Vec<Lookup>,
}

/// Key, resolution, scope, default.
#[derive(Debug, Serialize)]
pub struct Lookup(String, String, Map<String, Value>, Option<String>);

impl Lookup {
    pub fn key(&self) -> &str {
        &self.0
    }

    pub fn resolution(&self) -> &str {
        &self.1
    }

    pub fn scope(&self) -> &Map<String, Value> {
        &self.2
    }

    pub fn default(&self) -> Option<&str> {
        self.3.as_deref()
    }
}

impl Site {
    /// Writes a site into a new folder.
    pub fn write(folder: &Path, random: &mut SmallRng) -> Self {
        std::fs::create_dir_all(folder.join("data/loc")).unwrap();
        let mut config = json!({
            "backends": pick(random, &[json!(["yaml"]), json!("json"), json!(["yaml", "json"]), json!(["json", "yaml"])]),
            "hierarchy": (0..random.random_range(1..5)).map(|_| *LEVELS.choose(random).unwrap()).collect::<Vec<_>>(),
            "yaml": {"datadir": folder.join("data")},
            "json": {"datadir": folder.join("data")},
            "logger": "noop",
        });
        if random.random_bool(0.7) {
            config["merge_behavior"] =
                pick(random, &[json!("native"), json!("deep"), json!("deeper"), json!("deeper")]);
        }
        if random.random_bool(0.3) {
            config["deep_merge_options"] = options(random, &config["merge_behavior"]);
        }
        let path = folder.join("hiera.yaml");
        std::fs::write(&path, symbols(&config, 0)).unwrap();
        for name in ["web1", "db", "dc1", "common", "loc/web1", "loc/dc1", "loc/db", "other", "xy"]
        {
            for extension in ["yaml", "json"] {
                if random.random_bool(0.6) {
                    std::fs::write(folder.join(format!("data/{name}.{extension}")), data(random))
                        .unwrap();
                }
            }
        }
        Self { config: path, lookups: (0..40).map(|_| lookup(random)).collect() }
    }
}

fn pick<T: Clone>(random: &mut SmallRng, from: &[T]) -> T {
    from.choose(random).unwrap().clone()
}

fn options(random: &mut SmallRng, behavior: &Value) -> Value {
    let mut options = Map::new();
    for name in
        ["sort_merged_arrays", "merge_hash_arrays", "overwrite_arrays", "extend_existing_arrays"]
    {
        if random.random_bool(0.3) {
            options.insert(name.to_owned(), json!(random.random_bool(0.7)));
        }
    }
    if random.random_bool(0.3) && behavior == "deeper" {
        options.insert("knockout_prefix".to_owned(), json!("--"));
    }
    if options.is_empty() {
        options.insert("merge_debug".to_owned(), json!(false));
    }
    options.into()
}

/// YAML whose keys are symbols.
fn symbols(value: &Value, indent: usize) -> String {
    let map = value.as_object().unwrap();
    let blank = " ".repeat(indent);
    map.iter()
        .map(|(key, value)| match value {
            Value::Object(_) => format!("{blank}:{key}:\n{}", symbols(value, indent + 2)),
            _ => format!("{blank}:{key}: {value}\n"),
        })
        .collect()
}

/// JSON, which is YAML as well; now and then something broken.
fn data(random: &mut SmallRng) -> String {
    match random.random_range(0..60) {
        0 => "[1, 2]".to_owned(),
        1 => "{\"a\": ".to_owned(),
        2 => "\"text\"".to_owned(),
        3 => "{}".to_owned(),
        _ => {
            let mut map = Map::new();
            // Most sites speak of the same few keys, with values of the same kind, so that merges have something to do.
            for key in KEYS {
                if random.random_bool(0.6) {
                    let value = if random.random_bool(0.8) {
                        typical(random, key)
                    } else {
                        value(random, 3)
                    };
                    map.insert((*key).to_owned(), value);
                }
            }
            Value::Object(map).to_string()
        }
    }
}

fn typical(random: &mut SmallRng, key: &str) -> Value {
    match key {
        "a" => json!(pick(random, NAMES)),
        "b" => (0..random.random_range(0..4)).map(|_| scalar(random)).collect(),
        "c" | "d" => hash(random, 3),
        "loop" => json!(text(random)),
        _ => value(random, 2),
    }
}

fn hash(random: &mut SmallRng, depth: usize) -> Value {
    let mut map = Map::new();
    for _ in 0..random.random_range(0..4) {
        let key = pick(random, &["p", "q", "r", "s", "0", "%{role}", "--p"]);
        map.insert(key.to_owned(), value(random, depth - 1));
    }
    map.into()
}

fn value(random: &mut SmallRng, depth: usize) -> Value {
    match random.random_range(0..10) {
        0..=2 if depth > 0 => hash(random, depth),
        3..=5 if depth > 0 => {
            (0..random.random_range(0..4)).map(|_| value(random, depth - 1)).collect()
        }
        _ => scalar(random),
    }
}

fn scalar(random: &mut SmallRng) -> Value {
    match random.random_range(0..12) {
        0 => Value::Null,
        1 => json!(random.random_bool(0.5)),
        2 => json!(random.random_range(-3..3)),
        3 => json!(f64::from(random.random_range(-8..8)) / 4.0),
        4..=6 => json!(pick(random, &["x", "y", "z", "--x", "--", ""])),
        _ => json!(text(random)),
    }
}

fn text(random: &mut SmallRng) -> String {
    (0..random.random_range(1..4))
        .map(|_| match random.random_range(0..22) {
            0..=2 => format!("%{{{}}}", pick(random, VARIABLES)),
            3 => format!(
                "%{{{}}}",
                pick(
                    random,
                    &[
                        "trusted.name",
                        "trusted.list.1",
                        "trusted.list.9",
                        "nothing",
                        "list.0",
                        "fqdn.x",
                        "a..b"
                    ]
                )
            ),
            4..=6 => format!("%{{hiera('{}')}}", pick(random, KEYS)),
            7 => format!(
                "%{{hiera(\"{}\")}}",
                pick(random, &["c.p", "b.0", "c.p.q", "nothing", "d.s.0.x"])
            ),
            8 => format!("%{{alias('{}')}}", pick(random, KEYS)),
            9 => format!("%{{scope('{}')}}", pick(random, VARIABLES)),
            10 => "%{literal('%')}".to_owned(),
            11 => pick(
                random,
                &[
                    "%{}",
                    "%{::}",
                    "%{''}",
                    "% {x}",
                    "%{open",
                    "\n",
                    "%{nope('x')}",
                    "%{hiera(a)}",
                    "%{lookup('a')}",
                ],
            )
            .to_owned(),
            _ => pick(random, &["text", " ", "-", "ü", "{", "}"]).to_owned(),
        })
        .collect()
}

fn lookup(random: &mut SmallRng) -> Lookup {
    let key = match random.random_range(0..12) {
        0 => pick(
            random,
            &[
                "c.p",
                "b.1",
                "c.p.q",
                "'x.y'",
                "\"a\".b",
                "a.",
                ".a",
                "'",
                "d.0",
                "nothing",
                "nothing.x",
                "b.p",
                "e.0",
            ],
        ),
        _ => pick(random, KEYS),
    };
    let resolution = pick(random, &["priority", "priority", "array", "hash"]);
    let mut scope = Map::new();
    for variable in VARIABLES {
        if random.random_bool(0.75) {
            let value = match (*variable, random.random_range(0..20)) {
                ("trusted", _) => json!({"name": pick(random, NAMES), "list": [1, "two", null]}),
                (_, 0) => json!(text(random)),
                (_, 1) => json!(random.random_range(0..3)),
                (_, 2) => Value::Null,
                _ => json!(pick(random, NAMES)),
            };
            scope.insert((*variable).to_owned(), value);
        }
    }
    let default = random.random_bool(0.2).then(|| text(random));
    Lookup(key.to_owned(), resolution.to_owned(), scope, default)
}
