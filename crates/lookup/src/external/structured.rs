//! JSON and YAML files, and what programs print.

use std::path::Path;

use super::{Remark, directory, pairs};
use crate::Fault;
use crate::data::{Limits, Value, json as json_text, yaml as yaml_text};

type Facts = Vec<(String, Value)>;

/// The facts of a JSON file.
pub(super) fn json(path: &Path, remarks: &mut Vec<Remark>) -> Result<Facts, Remark> {
    let text = directory::text(path)?;
    let read = json_text::read(&text, &Limits::default());
    let root = read.map_err(|fault| Remark::Error(fault.of(path)))?.root;
    facts(path, &root, remarks)
}

/// The facts of a YAML file. Dates and times are text.
pub(super) fn yaml(path: &Path, remarks: &mut Vec<Remark>) -> Result<Facts, Remark> {
    let text = directory::text(path)?;
    let read = yaml_text::read(&text, &options());
    let root = read.map_err(|fault| Remark::Error(fault.of(path)))?.root;
    if let Some(name) = symbol(&root) {
        let what = format!("it holds the symbol :{name}, and no facts are taken of it");
        return Err(Remark::error(path, what, "write it without the colon"));
    }
    facts(path, &root, remarks)
}

/// The facts that a program printed: JSON or YAML if that is a mapping, else pairs.
pub(super) fn printed(text: &str) -> Facts {
    let read = yaml_text::read(text, &options()).ok().map(|document| document.root);
    match read {
        Some(Value::Hash(map)) if !map.values().any(is_date) => {
            map.iter().map(|(name, value)| (name.to_s(), timed(value))).collect()
        }
        _ => pairs::read(text),
    }
}

fn options() -> yaml_text::Options {
    yaml_text::Options { times: yaml_text::Times::Keep, ..yaml_text::Options::default() }
}

/// The pairs of a document. Of one that is no mapping there are none.
fn facts(path: &Path, root: &Value, remarks: &mut Vec<Remark>) -> Result<Facts, Remark> {
    let map = match root {
        Value::Hash(map) => map,
        Value::Null | Value::Bool(false) => return Ok(Facts::new()),
        Value::Array(_) => {
            return Err(Remark::warning(
                path,
                "it holds a list, and no facts are taken of it",
                MAPPING,
            ));
        }
        other => {
            let what = format!("it holds {} and no facts", other.kind_in_words());
            return Err(Remark::error(path, what, MAPPING));
        }
    };
    let mut facts = Facts::new();
    for (name, value) in map.iter() {
        if is_finite(value) {
            facts.push((name.to_s(), value.clone()));
        } else {
            let fault = Fault::new("it is infinite or no number: it is left out", "write a number")
                .of(path)
                .key(&name.to_s());
            remarks.push(Remark::Error(fault));
        }
    }
    Ok(facts)
}

const MAPPING: &str = "write `name: value` lines";

/// A symbol in a document, which Facter takes no file with.
fn symbol(value: &Value) -> Option<&str> {
    match value {
        Value::Symbol(name) => Some(name),
        Value::Array(items) => items.iter().find_map(symbol),
        Value::Hash(map) => {
            map.iter().find_map(|(key, value)| symbol(key).or_else(|| symbol(value)))
        }
        _ => None,
    }
}

fn is_finite(value: &Value) -> bool {
    match value {
        Value::Float(number) => number.is_finite(),
        Value::Array(items) => items.iter().all(is_finite),
        Value::Hash(map) => map.values().all(is_finite),
        _ => true,
    }
}

/// A day without a time, with which Facter takes no mapping.
fn is_date(value: &Value) -> bool {
    match value {
        Value::Time(text) => !text.contains(':'),
        Value::Array(items) => items.iter().any(is_date),
        Value::Hash(map) => map.values().any(is_date),
        _ => false,
    }
}

/// The value with times as Facter writes those that a program prints: `2026-01-02T03:04:05Z`.
fn timed(value: &Value) -> Value {
    match value {
        Value::Time(text) => {
            iso(text).map_or_else(|| value.clone(), |text| Value::Time(text.into()))
        }
        Value::Array(items) => Value::list(items.iter().map(timed).collect()),
        Value::Hash(map) => {
            Value::map(map.iter().map(|(key, value)| (key.clone(), timed(value))).collect())
        }
        other => other.clone(),
    }
}

fn iso(text: &str) -> Option<String> {
    let (date, rest) = text.split_once(['T', 't', ' ', '\t'])?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(rest.len());
    let (time, rest) = rest.split_at(end);
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim();
    let zone = match zone.replace(':', "").as_str() {
        "Z" => "Z".to_owned(),
        "" => "+00:00".to_owned(),
        short if short.len() == 3 => format!("{short}:00"),
        long if long.len() == 5 => format!("{}:{}", &long[..3], &long[3..]),
        _ => return None,
    };
    Some(format!("{date}T{time}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::printed;

    #[test]
    fn what_programs_print_is_typed_where_it_is_a_mapping() {
        let shown = |text: &str| {
            let facts = printed(text);
            facts
                .iter()
                .map(|(name, value)| format!("{name}:{}", value.inspect()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(shown("k: v\nn: 1"), r#"k:"v" n:1"#);
        assert_eq!(shown("n=1\nb=true"), r#"b:"true" n:"1""#);
        assert_eq!(shown("a=1\nb: 2"), r#"a:"1""#);
        assert_eq!(shown("{\"k\":"), "");
        assert_eq!(shown("t: 2026-01-02 03:04:05 Z"), "t:2026-01-02T03:04:05Z");
        assert_eq!(shown("t: 2026-01-02 03:04:05.123 -0230"), "t:2026-01-02T03:04:05-02:30");
        assert_eq!(shown("t: 2026-01-02"), "");
    }
}
