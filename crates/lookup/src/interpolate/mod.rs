//! The grammar of `%{}`, which all kinds of lookup share. What an expression means is theirs.

mod guard;
mod key;

pub use guard::Guard;
pub use key::{Segment, split};

use crate::Fault;
use crate::data::Value;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// What stands for itself.
    Text(&'a str),
    /// An expression.
    Site(Site<'a>),
}

/// An expression in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site<'a> {
    /// With its braces: `%{x}`.
    pub whole: &'a str,
    /// What stands between them, blanks and all.
    pub expression: &'a str,
}

impl<'a> Site<'a> {
    /// Whether it stands for nothing: `%{}`, `%{::}`, `%{''}` and their like, which break up what would be an expression.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.expression.trim(), "" | "::" | "\"\"" | "''" | "\"::\"" | "'::'")
    }

    /// What it asks for.
    ///
    /// # Errors
    ///
    /// Where it is a call of a function that does not exist, or whose argument is not quoted.
    pub fn call(&self) -> Result<Call<'a>, Fault> {
        call(self.expression)
    }
}

/// What an expression asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    /// A variable of the scope, possibly dotted.
    Scope(&'a str),
    /// A lookup of a key, as text. `hiera` and `lookup` are told apart because Hiera 3 knows the first only.
    Lookup {
        /// The key.
        key: &'a str,
        /// Whether it was called `lookup`.
        by_new_name: bool,
    },
    /// A lookup of a key, whose value takes the place of the whole text.
    Alias(&'a str),
    /// The argument itself, read no further.
    Literal(&'a str),
}

/// Reads an expression without its braces.
///
/// # Errors
///
/// Where it is a call of a function that does not exist, or whose argument is not quoted.
pub fn call(expression: &str) -> Result<Call<'_>, Fault> {
    let Some((name, argument)) = name_and_argument(expression) else {
        return Ok(Call::Scope(expression));
    };
    if !matches!(name, "hiera" | "lookup" | "scope" | "literal" | "alias") {
        return Err(Fault::new(
            format!("no interpolation method '{name}' in %{{{expression}}}"),
            "there are hiera, lookup, scope, literal and alias",
        ));
    }
    let Some(argument) = unquoted(argument) else {
        return Err(Fault::new(
            format!("the argument of '{name}' is not quoted in %{{{expression}}}"),
            format!("write %{{{name}('…')}}"),
        ));
    };
    Ok(match name {
        "scope" => Call::Scope(argument),
        "alias" => Call::Alias(argument),
        "literal" => Call::Literal(argument),
        _ => Call::Lookup { key: argument, by_new_name: name == "lookup" },
    })
}

/// `word(anything but a closing parenthesis)`, and nothing else.
fn name_and_argument(expression: &str) -> Option<(&str, &str)> {
    let (name, rest) = expression.split_once('(')?;
    let argument = rest.strip_suffix(')')?;
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_word && !argument.contains(')')).then_some((name, argument))
}

/// The text between a pair of quotes with none of them inside; not an empty one.
fn unquoted(argument: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = argument.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.is_empty() && !inner.contains(quote)).then_some(inner)
    })
}

/// Whether a text has an expression in it. Quick: most texts have none.
#[must_use]
pub fn has_site(text: &str) -> bool {
    start_of_site(text).is_some_and(|at| text[at..].contains('}'))
}

/// Whether there is an expression somewhere in a value.
#[must_use]
pub fn is_dynamic(value: &Value) -> bool {
    match value {
        Value::Str(text) => has_site(text),
        Value::Array(items) => items.iter().any(is_dynamic),
        Value::Hash(map) => map.iter().any(|(key, value)| is_dynamic(key) || is_dynamic(value)),
        _ => false,
    }
}

fn start_of_site(text: &str) -> Option<usize> {
    memchr::memmem::find(text.as_bytes(), b"%{")
}

/// The pieces of a text, in order.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    let mut site = None;
    std::iter::from_fn(move || {
        if let Some(site) = site.take() {
            return Some(Piece::Site(site));
        }
        if rest.is_empty() {
            return None;
        }
        let found =
            start_of_site(rest).and_then(|start| Some((start, start + rest[start..].find('}')?)));
        let Some((start, end)) = found else { return Some(Piece::Text(std::mem::take(&mut rest))) };
        let next = Site { whole: &rest[start..=end], expression: &rest[start + 2..end] };
        let before = &rest[..start];
        rest = &rest[end + 1..];
        if before.is_empty() {
            return Some(Piece::Site(next));
        }
        site = Some(next);
        Some(Piece::Text(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_into_pieces() {
        let shape = |text: &str| {
            pieces(text)
                .map(|piece| match piece {
                    Piece::Text(text) => format!("'{text}'"),
                    Piece::Site(site) => format!("<{}>", site.expression),
                })
                .collect::<String>()
        };
        for (text, expected) in [
            ("", ""),
            ("plain % {x}", "'plain % {x}'"),
            ("%{a}", "<a>"),
            ("x%{a}%{b}y", "'x'<a><b>'y'"),
            ("%{a", "'%{a'"),
            ("%{a%{b}c}", "<a%{b>'c}'"),
            ("%{}", "<>"),
        ] {
            assert_eq!(shape(text), expected);
        }
    }

    #[test]
    fn expressions_are_read() {
        assert_eq!(call("::a.b"), Ok(Call::Scope("::a.b")));
        assert_eq!(call("scope('a')"), Ok(Call::Scope("a")));
        assert_eq!(call("hiera(\"a\")"), Ok(Call::Lookup { key: "a", by_new_name: false }));
        assert_eq!(call("lookup('a')"), Ok(Call::Lookup { key: "a", by_new_name: true }));
        assert_eq!(call("alias('a')"), Ok(Call::Alias("a")));
        assert_eq!(call("literal('%')"), Ok(Call::Literal("%")));
        assert_eq!(call("hiera('a') "), Ok(Call::Scope("hiera('a') ")));
        assert!(call("nope('a')").is_err());
        assert!(call("hiera(a)").is_err());
        assert!(call("hiera('')").is_err());
    }
}
