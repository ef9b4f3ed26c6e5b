//! What is wrong in a configuration file, and where.

use groundrule_engine::policy::Fault;

use crate::nearest::nearest;

/// Where in the text a file is wrong.
pub fn fault(file: &str, text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let before = &text[..span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let help = unknown_field(error.message())
        .unwrap_or_else(|| "docs/configuration.md lists every key".to_owned());
    Fault {
        file: file.to_owned(),
        line,
        column,
        width: text
            .get(span)
            .map_or(0, |wrong| wrong.lines().next().unwrap_or_default().chars().count()),
        what: in_words(error.message()),
        help,
    }
}

/// What the parser says, without words of programmers.
fn in_words(message: &str) -> String {
    message
        .replace("unknown field", "unknown key")
        .replace("unknown variant", "unknown value")
        .replace("a sequence", "a list")
        .replace("u16", "a whole number")
}

/// The key that was meant, from what the parser says: unknown field `a`, expected one of `b`, `c`.
fn unknown_field(message: &str) -> Option<String> {
    let mut names = message.strip_prefix("unknown field `")?.split('`').step_by(2);
    let wrong = names.next()?;
    let near = nearest(names, wrong)?;
    Some(format!("did you mean {near}? docs/configuration.md lists every key"))
}
