//! HOCON, beside the library that Puppet reads it with.

use std::fs;
use std::time::Instant;

use groundrule_lookup::data::Map;
use groundrule_lookup::hiera5::{Hiera5, Key, Request, Scope};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::{layout, ruby};

const TEXTS: usize = 3000;

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

const CONFIG: &str =
    "version: 5\nhierarchy:\n- name: Text\n  path: \"%{text}.conf\"\n  data_hash: hocon_data\n";

const PATHS: &[&str] = &[
    "a", "a", "b", "b", "c", "d", "a.x", "b.x", "b.x.y", "c.x", "\"d\"", "\"a\".x", "\"c.c\"",
    "a.1",
];

const BETWEEN: &[&str] = &[" = ", "=", ": ", " : ", " += ", " "];

const AFTER: &[&str] = &["\n", "\n", ", ", ",\n", "\n# it's\n", " // \"no\n", "\n\n"];

const VALUES: &[&str] = &[
    "1",
    "-3",
    "2.5",
    "1e3",
    "1.10",
    "0x1",
    "007",
    "true",
    "false",
    "null",
    "yes",
    "on",
    "\"q s\"",
    "\"\"",
    "\"t\\tu\\u00e9\"",
    "\"\"\"t \"r\" \\q\"\"\"",
    "abc",
    "a b  c",
    "10s",
    "1.2.3",
    "a/b",
    "x y 1",
    "1 2",
    "true false",
    "${a}",
    "${b}",
    "${c}",
    "${?nope}",
    "${nope}",
    "${b.x}",
    "${?c.x}",
    "x${a}y",
    "${a} z",
    "${?nope} z",
    "[1, 2]",
    "[1\n 2\n]",
    "[1, 2,]",
    "[]",
    "[${a}, b c]",
    "[[1], {x: 2}]",
    "{x: 1}",
    "{}",
    "{x = 1, y { z : 2 }}",
    "{x.y = 5}",
    "{x = ${a}}",
    "${a} {q: 3}",
    "${b} [4]",
    "[1] [2]",
    "{x: 1} {y: 2}",
    "\"a\" b",
    "\"a\"\"b\"",
    "a\"b\"",
    "é ü",
    "-",
    "a-b_c",
    "{x: 1} 2",
    "1 {x: 2}",
    "[,]",
    "[1,,2]",
    "'a'",
];

/// One text: assignments, with or without braces around them.
fn text(random: &mut SmallRng) -> String {
    let mut pick = |of: &[&'static str]| of[random.random_range(0..of.len())];
    let mut text = String::new();
    for _ in 0..4 {
        let path = pick(PATHS);
        let mut between = pick(BETWEEN);
        let value = pick(VALUES);
        if between == " " && !value.starts_with('{') {
            between = " = ";
        }
        text += &[path, between, value, pick(AFTER)].concat();
    }
    match pick(&["", "", "{}", "{"]) {
        "{}" => format!("{{ {text} }}"),
        "{" => format!("{{ {text}"),
        _ => text,
    }
}

#[test]
fn texts_are_what_the_library_makes_of_them() {
    let mut random = SmallRng::seed_from_u64(7);
    let texts: Vec<String> = (0..TEXTS).map(|_| text(&mut random)).collect();
    let answers: Vec<Value> = ruby::ask("hocon.rb", &(&texts, KEYS));
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("hiera.yaml"), CONFIG).unwrap();
    fs::create_dir(place.path().join("data")).unwrap();
    for (n, text) in texts.iter().enumerate() {
        fs::write(place.path().join(format!("data/{n}.conf")), text).unwrap();
    }
    let hiera = Hiera5::new(layout(place.path()));
    let look = |n: usize| -> Result<Value, String> {
        let mut scope = Scope::of_node("web1.example.net", "production", &Map::default());
        scope.set("text", n.to_string().into());
        let session = hiera.session(scope, Instant::now()).map_err(|fault| fault.to_string())?;
        let mut found = serde_json::Map::new();
        for key in KEYS {
            let asked = [Key::read(key).unwrap()];
            let answer = session.lookup(&asked, &Request::default()).answer;
            if let Some(answer) = answer.map_err(|fault| fault.to_string())? {
                found.insert(key.to_owned(), (&answer.value).into());
            }
        }
        Ok(Value::Object(found))
    };
    let (mut wrong, mut same, mut alone) = (Vec::new(), 0, Vec::new());
    for (n, (text, theirs)) in texts.iter().zip(&answers).enumerate() {
        let ours = look(n);
        let told = || format!("{text:?}\n  ruby: {theirs}\n  ours: {ours:?}");
        match (&ours, theirs.as_str()) {
            (Ok(ours), None) if ours == theirs => same += 1,
            // Hashes are the same in whatever order, and values are never others.
            (Ok(_), None) => wrong.push(told()),
            // One of both refuses what is overridden later, or leads back to itself.
            (Ok(_), Some("refused")) | (Err(_), None) => alone.push(told()),
            (Err(_), Some(_)) | (Ok(_), Some(_)) => {}
        }
    }
    let shown = |all: &[String]| all[..all.len().min(25)].join("\n");
    assert!(wrong.is_empty(), "{} of {TEXTS}:\n{}", wrong.len(), shown(&wrong));
    assert!(alone.len() < TEXTS / 50, "{} of {TEXTS}:\n{}", alone.len(), shown(&alone));
    assert!(same > TEXTS / 4, "{same}");
}
