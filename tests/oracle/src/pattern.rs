//! Quoted strings that may be regular expressions: `"/…/"` and `"/…/i"`.

use regex::{Regex, RegexBuilder};

/// Whether it is written as a regular expression, and the expression with its `i`.
fn written(text: &str) -> Option<(&str, bool)> {
    let rest = text.strip_prefix('/')?;
    match (rest.strip_suffix('/'), rest.strip_suffix("/i")) {
        (Some(inner), _) => Some((inner, false)),
        (None, Some(inner)) => Some((inner, true)),
        (None, None) => None,
    }
}

/// Whether it is written as a regular expression.
pub fn is_regex(text: &str) -> bool {
    written(text).is_some()
}

/// The regular expression of `"/…/"`; a bare string is taken as the expression itself.
pub fn regex(text: &str) -> Result<Regex, String> {
    let (inner, ignore_case) = written(text).unwrap_or((text, false));
    RegexBuilder::new(inner)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|error| format!("bad regular expression {text}: {error}"))
}

/// Tells whether a name is the one asked for: searched if it is a regular expression, else equal.
pub fn names(asked: &str, name: &str) -> bool {
    match written(asked) {
        Some(_) => regex(asked).is_ok_and(|regex| regex.is_match(name)),
        None => asked == name,
    }
}

/// The same for a class: any case, a leading `::` ignored.
pub fn names_class(asked: &str, class: &str) -> bool {
    match written(asked) {
        Some(_) => names(asked, class),
        None => class_name(asked) == class,
    }
}

/// A class name as catalogs list it.
pub fn class_name(text: &str) -> String {
    text.trim_start_matches("::").to_lowercase()
}

/// A string that has to be a good regular expression if it is written as one.
pub fn check(text: &str) -> Result<(), String> {
    if written(text).is_some() { regex(text).map(|_| ()) } else { Ok(()) }
}

/// `service` and `Service`, `mysql::server` and `Mysql::Server` are one type.
pub fn type_name(text: &str) -> String {
    let pieces = text.trim_start_matches("::").split("::").map(|piece| {
        let mut letters = piece.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str().to_lowercase().as_str()
    });
    pieces.collect::<Vec<_>>().join("::")
}

/// `Type[title]` as catalogs write it; titles of classes are capitalised like types.
pub fn reference(text: &str) -> String {
    let Some((kind, rest)) = text.split_once('[') else { return text.to_string() };
    let title = rest.strip_suffix(']').unwrap_or(rest);
    let kind = type_name(kind);
    // Class[main] is the one class that Puppet writes in lower case.
    if kind == "Class" && title != "main" {
        format!("Class[{}]", type_name(title))
    } else {
        format!("{kind}[{title}]")
    }
}

/// The type of a reference.
pub fn type_of(reference: &str) -> &str {
    reference.split_once('[').map_or(reference, |(kind, _)| kind)
}
