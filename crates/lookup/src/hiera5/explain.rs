//! How an answer came about, one line a place.

use std::fmt::Write as _;
use std::path::Path;

use crate::data::Value;

use crate::outcome::{Answer, Saw, Step};

/// How long a shown value may be, in characters.
const LONGEST: usize = 60;

/// What was seen, one line a place, those marked that the answer is from; secrets are not shown.
#[must_use]
pub fn in_words(steps: &[Step], answer: Option<&Answer>) -> String {
    let rows: Vec<[String; 4]> = steps.iter().map(|step| row(step, answer)).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [layer, level, source, saw] in &rows {
        let [a, b, c] = widths;
        // Writing to a text does not fail.
        let _ = writeln!(text, "{layer:a$}  {level:b$}  {source:c$}  {saw}");
    }
    text
}

fn row(step: &Step, answer: Option<&Answer>) -> [String; 4] {
    let is_from = |file: &Path| {
        answer.is_some_and(|answer| answer.origins.iter().any(|origin| *origin.file == *file))
    };
    let (path, saw) = match &step.saw {
        Saw::NoFile(path) => (path.as_ref(), "no such file".to_owned()),
        Saw::NoKey(path) => (Some(path), "no such key".to_owned()),
        Saw::Value(path, Some(value)) => (Some(path), short(value)),
        Saw::Value(path, None) => (Some(path), "(secret)".to_owned()),
        Saw::Fault(path) => (Some(path), "cannot be read".to_owned()),
        Saw::NotAsked => (None, "not asked".to_owned()),
    };
    let wins = matches!(&step.saw, Saw::Value(path, _) if is_from(path));
    let source = path.map_or_else(|| step.source.clone(), |path| path.display().to_string());
    let mark = if wins { "*" } else { " " };
    [format!("{mark} {}", step.layer), step.level.to_string(), source, saw]
}

fn short(value: &Value) -> String {
    let text = serde_json::Value::from(value).to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
