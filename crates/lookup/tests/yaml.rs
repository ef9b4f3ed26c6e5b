//! YAML, beside the real Psych: what is read, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod ruby;

use groundrule_lookup::data::yaml::{Options, read};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Pieces that scalars are made of: they look like numbers, words, dates and symbols, and nearly so.
const PIECES: &[&str] = &[
    "0",
    "1",
    "7",
    "8",
    "12",
    "60",
    "59",
    "_",
    ",",
    ".",
    ":",
    "-",
    "+",
    "e",
    "E",
    "e+",
    "e-",
    "0x",
    "0b",
    "0o",
    "x",
    "f",
    "yes",
    "No",
    "ON",
    "off",
    "true",
    "null",
    "~",
    "y",
    "n",
    ".inf",
    ".NaN",
    "2026",
    "-01-02",
    "2026-01-02",
    "T03:04:05",
    " 03:04:05",
    "Z",
    "a b",
    "ü",
    "/",
    "()",
    "\\",
    "<<",
    "::",
    "é:",
];

/// Whether both are the same, or differ in a way that is on purpose.
fn agree(text: &str, ruby: Option<&str>) -> bool {
    match (read(text, &Options::default()), ruby) {
        (Ok(ours), Some(theirs)) => ours.root.inspect() == theirs,
        (Err(_), None) => true,
        // Dates and times are refused in data, as by Hiera; numbers out of our range become text.
        (Err(fault), Some(_)) => fault.what.contains("a date or a time"),
        // Where Psych raises over `1.e5` and the like, there is a text here.
        (Ok(ours), None) => ours
            .root
            .as_hash()
            .and_then(|map| map.get("k"))
            .is_some_and(|value| value.as_str().is_some()),
    }
}

#[test]
fn scalars_are_what_psych_makes_of_them() {
    let mut random = SmallRng::seed_from_u64(6);
    let texts: Vec<String> = (0..20_000)
        .map(|_| {
            let scalar: String = (0..random.random_range(1..5))
                .map(|_| PIECES[random.random_range(0..PIECES.len())])
                .collect();
            format!("k: {scalar}\n")
        })
        .collect();
    let answers: Vec<Option<String>> = ruby::ask("yaml.rb", &texts);
    let wrong: Vec<String> = texts
        .iter()
        .zip(&answers)
        .filter(|(text, ruby)| !agree(text, ruby.as_deref()))
        .map(|(text, ruby)| {
            format!(
                "{text:?}: ruby {ruby:?}, ours {:?}",
                read(text, &Options::default()).map(|d| d.root.inspect())
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        texts.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
