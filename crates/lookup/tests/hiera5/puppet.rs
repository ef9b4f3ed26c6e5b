//! Random environments: the answers beside those of Puppet's own library.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use groundrule_lookup::data::Value;
use groundrule_lookup::hiera5::{Hiera5, Key, Merge, Request, Scope};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::{layout, ruby};

/// How many environments, and lookups in each.
const SITES: usize = 60;
const LOOKUPS: usize = 40;

const KEYS: [&str; 8] = ["k0", "k1", "k2", "k3", "m::a", "m::b", "n::a", "unset"];

#[derive(Serialize)]
struct Site {
    name: String,
    facts: Json,
    lookups: Vec<Lookup>,
}

#[derive(Serialize)]
struct Lookup {
    key: String,
    merge: Json,
}

#[derive(Debug, Deserialize)]
struct Answer {
    ok: Option<String>,
    error: Option<String>,
    missing: Option<bool>,
}

fn text(random: &mut SmallRng) -> String {
    let all = [
        "a",
        "b",
        "--a",
        "c d",
        "%{location}",
        "x-%{facts.location}",
        "%{facts.os.family}",
        "%{nosuch}",
        "%{lookup('k1')}",
        "%{alias('k2')}",
        "%{hiera('m::a')}!",
        "%{literal('%')}{x}",
        "%{::location}",
        "%{trusted.certname}",
        "%{}",
        "%{lookup('k0.x')}",
        "%{scope('location')}",
        "%{lookup('unset')}",
    ];
    (*all.choose(random).unwrap()).to_owned()
}

fn value(random: &mut SmallRng, depth: usize) -> Json {
    match random.random_range(0..if depth > 2 { 5 } else { 9 }) {
        0 => json!(random.random_range(0..4)),
        1 => json!(random.random_bool(0.5)),
        2 if random.random_bool(0.3) => Json::Null,
        5 | 6 => {
            Json::Array((0..random.random_range(0..4)).map(|_| value(random, depth + 1)).collect())
        }
        7 | 8 => {
            let keys = ["x", "y", "z", "--x", "k1"];
            let pairs = (0..random.random_range(0..4))
                .map(|_| ((*keys.choose(random).unwrap()).to_owned(), value(random, depth + 1)));
            Json::Object(pairs.collect())
        }
        _ => Json::String(text(random)),
    }
}

/// Values of one kind for one key, so that most of them merge.
fn kept(random: &mut SmallRng, kind: usize) -> Json {
    match kind {
        0 => Json::Array((0..random.random_range(0..5)).map(|_| value(random, 2)).collect()),
        1 => {
            let keys = ["x", "y", "z", "--y"];
            let pairs = (0..random.random_range(0..4))
                .map(|_| ((*keys.choose(random).unwrap()).to_owned(), value(random, 1)));
            Json::Object(pairs.collect())
        }
        2 => Json::String(text(random)),
        _ => value(random, 0),
    }
}

fn data(random: &mut SmallRng, kinds: &[usize], prefix: &str) -> Json {
    let mut map = serde_json::Map::new();
    for (key, kind) in KEYS[..7].iter().zip(kinds) {
        if key.starts_with(prefix) && random.random_bool(0.5) {
            map.insert((*key).to_owned(), kept(random, *kind));
        }
    }
    if random.random_bool(0.25) {
        map.insert("lookup_options".to_owned(), options(random, prefix));
    }
    Json::Object(map)
}

fn merge(random: &mut SmallRng) -> Json {
    match random.random_range(0..9) {
        0 => json!("first"),
        1 | 2 => json!("unique"),
        3 => json!("hash"),
        4 => json!("deep"),
        5 => json!({"strategy": "deep", "knockout_prefix": "--"}),
        6 => json!({"strategy": "deep", "merge_hash_arrays": true}),
        7 => json!({"strategy": "deep", "knockout_prefix": "--", "sort_merged_arrays": true}),
        _ => Json::Null,
    }
}

fn options(random: &mut SmallRng, prefix: &str) -> Json {
    let patterns = ["k0", "k1", "k2", "m::a", "^k.$", "^m::.*", "n::a"];
    let mut map = serde_json::Map::new();
    for _ in 0..random.random_range(1..3) {
        let pattern = *patterns.choose(random).unwrap();
        if pattern.trim_start_matches('^').starts_with(prefix) {
            map.insert(pattern.to_owned(), json!({"merge": merge(random)}));
        }
    }
    Json::Object(map)
}

fn hierarchy(random: &mut SmallRng) -> String {
    let levels = [
        "path: \"nodes/%{trusted.certname}.yaml\"",
        "paths: [\"%{facts.location}.yaml\", \"%{location}-more.yaml\"]",
        "glob: \"glob.d/*.yaml\"",
        "globs: [\"glob.d/{b,a}*.yaml\", \"other/**/*.yaml\"]",
        "mapped_paths: [facts.tiers, tier, \"tier/%{tier}.yaml\"]",
        "path: common.json\n    data_hash: json_data",
        "path: \"%{facts.os.family}.yaml\"\n    datadir: more",
        "path: \"%{nosuch}.yaml\"",
        "path: common.yaml",
    ];
    let mut text =
        "version: 5\ndefaults:\n  datadir: data\n  data_hash: yaml_data\nhierarchy:\n".to_owned();
    for (at, level) in levels.iter().enumerate() {
        if random.random_bool(0.7) || at == 8 {
            let _ = write!(text, "  - name: L{at}\n    {level}\n");
        }
    }
    text
}

fn file(path: &Path, content: &Json) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, serde_json::to_string_pretty(content).unwrap()).unwrap();
}

fn site(random: &mut SmallRng, directory: &Path, name: &str) -> Site {
    let root = directory.join(name);
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("hiera.yaml"), hierarchy(random)).unwrap();
    let kinds: Vec<usize> = KEYS[..7].iter().map(|_| random.random_range(0..5)).collect();
    for path in [
        "data/nodes/web1.example.net.yaml",
        "data/dc1.yaml",
        "data/dc1-more.yaml",
        "data/glob.d/a1.yaml",
        "data/glob.d/b1.yaml",
        "data/other/x/c.yaml",
        "data/tier/silver.yaml",
        "data/tier/gold.yaml",
        "data/common.json",
        "more/Debian.yaml",
        "data/.yaml",
        "data/common.yaml",
    ] {
        if random.random_bool(0.7) {
            file(&root.join(path), &data(random, &kinds, ""));
        }
    }
    for module in ["m", "n"] {
        let own = root.join("modules").join(module);
        fs::create_dir_all(&own).unwrap();
        if random.random_bool(0.8) {
            let mut config =
                "version: 5\nhierarchy:\n  - name: C\n    path: common.yaml\n".to_owned();
            if random.random_bool(0.5) {
                config += "default_hierarchy:\n  - name: D\n    paths: [d1.yaml, d2.yaml]\n";
            }
            fs::write(own.join("hiera.yaml"), config).unwrap();
            for path in ["data/common.yaml", "data/d1.yaml", "data/d2.yaml"] {
                file(&own.join(path), &data(random, &kinds, &format!("{module}::")));
            }
        }
    }
    let mut facts = json!({
        "location": "dc1", "os": {"family": "Debian"}, "tiers": ["silver", "gold", "none"],
        "fqdn": "web1.example.net", "hostname": "web1", "domain": "example.net", "clientcert": "web1.example.net",
    });
    if random.random_bool(0.2) {
        facts["tiers"] = json!("gold");
    }
    if random.random_bool(0.2) {
        facts.as_object_mut().unwrap().remove("location");
    }
    let lookups = (0..LOOKUPS)
        .map(|_| {
            let suffix = if random.random_bool(0.2) {
                *[".x", ".0", ".x.y", ".1.x"].choose(random).unwrap()
            } else {
                ""
            };
            Lookup {
                key: format!("{}{suffix}", KEYS.choose(random).unwrap()),
                merge: if random.random_bool(0.5) { Json::Null } else { merge(random) },
            }
        })
        .collect();
    Site { name: name.to_owned(), facts, lookups }
}

#[test]
fn answers_are_those_of_puppet() {
    let place = tempfile::tempdir().unwrap();
    let mut random = SmallRng::seed_from_u64(5);
    let sites: Vec<Site> =
        (0..SITES).map(|n| site(&mut random, place.path(), &format!("site{n}"))).collect();
    let question = json!({"environments": place.path(), "sites": sites});
    let answers: Vec<Vec<Answer>> = ruby::ask("hiera5.rb", &question);
    let mut wrong = Vec::new();
    let mut counts = BTreeMap::<&str, usize>::new();
    for (site, answers) in sites.iter().zip(&answers) {
        let hiera = Hiera5::new(layout(&place.path().join(&site.name)));
        let facts = Value::from(site.facts.clone());
        let scope = Scope::of_node("web1.example.net", &site.name, facts.as_hash().unwrap());
        let session = hiera.session(scope, Instant::now()).unwrap();
        for (lookup, theirs) in site.lookups.iter().zip(answers) {
            let merge = (!lookup.merge.is_null())
                .then(|| Merge::read(&lookup.merge.clone().into()).unwrap());
            let request = Request { merge, ..Request::default() };
            let outcome = session.lookup(&[Key::read(&lookup.key).unwrap()], &request);
            let kind = match (&outcome.answer, theirs) {
                (Ok(Some(answer)), Answer { ok: Some(ok), .. })
                    if answer.value.inspect() == *ok =>
                {
                    "same"
                }
                (Ok(None), Answer { missing: Some(true), .. }) => "both have none",
                (Err(_), Answer { error: Some(_), .. }) => "both fail",
                _ => "different",
            };
            *counts.entry(kind).or_default() += 1;
            if kind == "different" {
                let ours = outcome.answer.map(|answer| answer.map(|answer| answer.value.inspect()));
                wrong.push(format!(
                    "{} {} {}:\n  ours {ours:?}\n  theirs {theirs:?}",
                    site.name, lookup.key, lookup.merge
                ));
            }
        }
    }
    if !wrong.is_empty() {
        let kept = place.keep();
        panic!("{counts:?} in {}\n{}", kept.display(), wrong[..wrong.len().min(20)].join("\n"));
    }
    assert!(counts["same"] > 500 && counts["both have none"] > 50, "{counts:?}");
}
