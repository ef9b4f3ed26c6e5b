//! Answers as text, beside the real Ruby.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod ruby;

use groundrule_lookup::{data, render};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

const PIECES: &[&str] = &[
    "a",
    "word",
    "ü",
    "0",
    "1",
    "08",
    "yes",
    "~",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\"",
    "'",
    "\\",
    ":",
    ": ",
    " #",
    "#",
    "-",
    "- ",
    "---",
    "...",
    "?",
    "!",
    "%",
    "@",
    "`",
    "&",
    "*",
    "[",
    "]",
    "{",
    "}",
    ",",
    "|",
    ">",
    "<<",
    "=",
    "\u{1}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{1f600}",
    "\r",
    "#{x}",
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt",
    "nodes.example.net",
    ".5",
    "0x1",
    "null",
    "y",
    "n",
];

fn text(random: &mut SmallRng) -> String {
    (0..random.random_range(0..5)).map(|_| *PIECES.choose(random).unwrap()).collect()
}

fn value(random: &mut SmallRng, depth: usize) -> Value {
    match random.random_range(0..12) {
        0 => Value::Null,
        1 => json!(random.random_bool(0.5)),
        2 => json!(random.random_range(-1000..1000)),
        3 => json!(
            f64::from(random.random_range(-1000..1000)) / 7.0
                * 10_f64.powi(random.random_range(-20..12))
        ),
        4 | 5 if depth > 0 => {
            (0..random.random_range(0..5)).map(|_| value(random, depth - 1)).collect()
        }
        6..=8 if depth > 0 => {
            let map: Map<String, Value> = (0..random.random_range(0..5))
                .map(|_| (text(random), value(random, depth - 1)))
                .collect();
            map.into()
        }
        9 => json!("w".repeat(random.random_range(0..150))),
        _ => json!(text(random)),
    }
}

#[test]
fn answers_are_written_as_by_ruby() {
    let mut random = SmallRng::seed_from_u64(31);
    let values: Vec<Value> = (0..10_000).map(|_| value(&mut random, 4)).collect();
    let answers: Vec<[String; 3]> = ruby::ask("render.rb", &values);
    let mut wrong = Vec::new();
    for (value, theirs) in values.iter().zip(answers) {
        let ours = data::Value::from(value.clone());
        let ours = [render::yaml(&ours), render::pretty(&ours, 79) + "\n", render::json(&ours)];
        for (ours, theirs) in ours.iter().zip(&theirs) {
            if ours != theirs {
                wrong.push(format!("{value}\nours:\n{ours:?}\ntheirs:\n{theirs:?}"));
            }
        }
    }
    wrong.sort_by_key(String::len);
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n\n")
    );
}
