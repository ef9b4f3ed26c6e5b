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

/// A value as a message shows it: strings as they are, and nothing too long.
pub fn shown(value: &Value) -> String {
    const SHOWN: usize = 60;
    let text = text_of(value);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
