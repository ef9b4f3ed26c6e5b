//! What several topics need: reading parameters, and putting findings into words.

use groundrule_core::comparison::{Comparison, Expected};
use groundrule_core::dependency::in_words;
use groundrule_core::fact::text_of;
use groundrule_core::name::{ResourceRef, class_name, type_name};
use groundrule_core::pattern::{Pattern, PatternError};
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Unreadable, Written};
use groundrule_engine::world::World;
use serde_json::Value;

/// What reading a sentence gives.
pub type Read = Result<Box<dyn groundrule_engine::scene::Sentence>, Unreadable>;

fn bad_pattern(error: &PatternError) -> Unreadable {
    Unreadable::new(
        error.to_string(),
        "write a regular expression between slashes, for instance \"/^web[0-9]+/\"",
    )
}

/// A string or a regular expression.
pub fn pattern(written: &str) -> Result<Pattern, Unreadable> {
    Pattern::parse(written).map_err(|error| bad_pattern(&error))
}

/// A regular expression, with or without slashes.
pub fn regex(written: &str) -> Result<Pattern, Unreadable> {
    Pattern::parse_regex(written).map_err(|error| bad_pattern(&error))
}

/// A class, as Puppet names it.
pub fn class(written: &str) -> Result<Pattern, Unreadable> {
    Ok(pattern(written)?.map_plain(class_name))
}

/// A type, as Puppet writes it in references.
pub fn of_type(written: &str) -> Result<Pattern, Unreadable> {
    Ok(pattern(written)?.map_plain(type_name))
}

/// A reference, or a regular expression for references.
pub fn references(written: &str) -> Result<Pattern, Unreadable> {
    match pattern(written)? {
        Pattern::Plain(plain) => Ok(Pattern::Plain(reference(&plain)?.as_str().to_owned())),
        regex @ Pattern::Regex { .. } => Ok(regex),
    }
}

/// A reference of one resource.
pub fn reference(written: &str) -> Result<ResourceRef, Unreadable> {
    written.parse().map_err(|error: groundrule_core::name::NameError| {
        Unreadable::new(
            error.to_string(),
            "write a type and a title, for instance \"Service[nginx]\"",
        )
    })
}

/// A comparison with what stands behind it.
pub fn expected(written: &Written, phrase: usize) -> Result<Expected, Unreadable> {
    let comparison = Comparison::from_phrase(written.text(phrase)).ok_or_else(|| {
        Unreadable::new(
            format!("{:?} compares nothing", written.text(phrase)),
            "write is, is not, matches, includes, …",
        )
    })?;
    Expected::new(comparison, written.text(phrase + 1)).map_err(|error| bad_pattern(&error))
}

/// The names of nodes, sorted.
pub fn names(world: &World, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    let mut names: Vec<_> = nodes.into_iter().map(|node| world.name(node).to_string()).collect();
    names.sort_unstable();
    names
}

/// A list as a sentence has it; a long one is cut, since reports list the subjects anyway.
pub fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.len() <= SHOWN + 1 {
        return in_words(names);
    }
    format!("{} and {} others", names[..SHOWN].join(", "), names.len() - SHOWN)
}

/// The end of a sentence that says how many there should be: `and at least 2 are wanted`.
pub fn wanted(how_many: &str, n: usize) -> String {
    let are = if n == 1 { "is" } else { "are" };
    format!("and {how_many} {n} {are} wanted")
}

/// Something that is there or lacks, with its name or the expression that matches it:
/// `class ntp`, `class that matches /^ntp/`.
pub fn such(thing: &str, pattern: &Pattern) -> String {
    match pattern {
        Pattern::Plain(name) => format!("{thing} {name}"),
        Pattern::Regex { written, .. } => format!("{thing} that matches {written}"),
    }
}

/// A number of things: `1 node`, `2 nodes`.
pub fn count(n: usize, one: &str) -> String {
    let ending = one.strip_suffix('y').filter(|_| n != 1);
    match (n, ending) {
        (1, _) => format!("1 {one}"),
        (n, Some(stem)) => format!("{n} {stem}ies"),
        (n, None) => format!("{n} {one}s"),
    }
}

/// A value as a message shows it: strings in quotes, everything else as JSON, and nothing too long.
pub fn shown(value: &Value) -> String {
    const SHOWN: usize = 60;
    let text = text_of(value);
    let text = match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    };
    if value.is_string() { format!("{text:?}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(parameters: &[&str]) -> Written {
        Written {
            parameters: parameters.iter().map(ToString::to_string).collect(),
            table: None,
            docstring: None,
        }
    }

    #[test]
    fn patterns() {
        for (text, fits, does_not) in [
            ("web", "web", "web1"),
            ("/^web/", "web1", "Web1"),
            ("/^web/i", "WEB1", "db1"),
            // A path is no expression.
            ("/etc/motd", "/etc/motd", "etc"),
            ("", "", "a"),
        ] {
            let pattern = pattern(text).unwrap();
            assert!(pattern.matches(fits) && !pattern.matches(does_not), "{text}");
        }
        assert!(regex("^web").unwrap().matches("web1"));
        assert!(class("::MySQL::Server").unwrap().matches("mysql::server"));
        assert!(of_type("mysql::database").unwrap().matches("Mysql::Database"));
    }

    #[test]
    fn expressions_that_cannot_be_used() {
        let unreadable = pattern("/(/").unwrap_err();
        assert_eq!(unreadable.what, "the regular expression /(/ cannot be used: unclosed group");
        assert!(unreadable.help.contains("between slashes"), "{}", unreadable.help);
        for read in [pattern, class, of_type, references] {
            assert!(read("/[/").is_err());
        }
        assert!(regex("(").is_err());
    }

    #[test]
    fn resources() {
        for (text, name) in [
            ("service[nginx]", "Service[nginx]"),
            (" File[/etc/[a]] ", "File[/etc/[a]]"),
            ("class[role::web]", "Class[Role::Web]"),
            ("mysql::database[Shop]", "Mysql::Database[Shop]"),
        ] {
            assert_eq!(reference(text).unwrap().as_str(), name);
            assert_eq!(references(text).unwrap().as_str(), name);
        }
        assert!(references("/^Service/").unwrap().matches("Service[nginx]"));
        for text in ["", "nginx", "Service", "Service[nginx", "[nginx]", "Service[]"] {
            let unreadable = reference(text).unwrap_err();
            assert!(unreadable.help.contains("Service[nginx]"), "{text}: {}", unreadable.help);
            assert!(references(text).is_err(), "{text}");
        }
        // One resource, not many.
        assert!(reference("/nginx/").is_err());
    }

    #[test]
    fn comparisons() {
        let read = |phrase, value| expected(&written(&[phrase, value]), 0);
        assert!(read("is", "8").unwrap().accepts(&json!("8.0")));
        assert!(read("is one of", "a, b").unwrap().accepts(&json!("b")));
        assert!(read("is at least version", "1.9").unwrap().accepts(&json!("1.10")));
        assert!(read("matches", "^a").unwrap().accepts(&json!("ab")));
        for (phrase, value) in [("matches", "("), ("is", "/(/"), ("is one of", "a, /(/")] {
            let unreadable = read(phrase, value).unwrap_err();
            assert!(unreadable.what.contains("cannot be used: unclosed group"), "{phrase} {value}");
        }
        let unreadable = read("is nearly", "8").unwrap_err();
        assert_eq!(unreadable.what, "\"is nearly\" compares nothing");
    }

    #[test]
    fn numbers() {
        let count = |text| written(&[text]).count(0);
        for (text, n) in [("0", 0), ("007", 7), ("+3", 3)] {
            assert_eq!(count(text), Ok(n), "{text}");
        }
        for text in ["-1", "99999999999999999999", "1.5", "two", ""] {
            let unreadable = count(text).unwrap_err();
            assert_eq!(unreadable.what, format!("{text} is no number of things"));
        }
    }

    #[test]
    fn lists_and_counts_in_words() {
        let names = |n: usize| (1..=n).map(|n| format!("a{n}")).collect::<Vec<_>>();
        assert_eq!(list(&names(2)), "a1 and a2");
        assert_eq!(list(&names(6)), "a1, a2, a3, a4, a5 and a6");
        assert_eq!(list(&names(7)), "a1, a2, a3, a4, a5 and 2 others");
        assert_eq!(
            (count(1, "node"), count(0, "node"), count(2, "dependency")),
            ("1 node".into(), "0 nodes".into(), "2 dependencies".into())
        );
        assert_eq!(wanted("at least", 1), "and at least 1 is wanted");
        assert_eq!(wanted("exactly", 0), "and exactly 0 are wanted");
    }

    #[test]
    fn long_values_are_cut_between_letters() {
        assert_eq!(shown(&json!("é".repeat(61))), format!("\"{}…\"", "é".repeat(60)));
        assert_eq!(shown(&json!("é".repeat(60))), format!("\"{}\"", "é".repeat(60)));
        assert_eq!(shown(&json!(8)), "8");
        assert_eq!(shown(&json!([1, "a"])), r#"[1,"a"]"#);
    }
}
