//! Words of a type expression.

use crate::Fault;

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `Array`, `default`, `true`.
    Word(String),
    /// `'text'` or `"text"`.
    Text(String),
    /// `/expression/`.
    Regex(String),
    /// A number as it is written.
    Number(String),
    /// `[ ] { } , =>`; the arrow is `>`.
    Sign(char),
}

/// Splits a type expression.
pub(super) fn split(source: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if c.is_whitespace() => c.len_utf8(),
            '=' if rest.starts_with("=>") => {
                tokens.push(Token::Sign('>'));
                2
            }
            '[' | ']' | '{' | '}' | ',' => {
                tokens.push(Token::Sign(first));
                1
            }
            '\'' | '"' | '/' => {
                let (text, length) = quoted(rest, first).ok_or_else(|| unexpected(source, rest))?;
                tokens.push(if first == '/' { Token::Regex(text) } else { Token::Text(text) });
                length
            }
            '-' | '0'..='9' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                tokens.push(Token::Number(rest[..length].to_owned()));
                length
            }
            c if c.is_ascii_alphabetic() => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..length].to_owned()));
                length
            }
            _ => return Err(unexpected(source, rest)),
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

fn unexpected(source: &str, rest: &str) -> Fault {
    let at = source.len() - rest.len() + 1;
    Fault::new(
        format!("the type {source} cannot be read at column {at}"),
        "write it as Puppet does",
    )
}

/// What stands between two quotes, and how long it is with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((text, at + 1)),
            '\\' => {
                let (_, next) = chars.next()?;
                if quote == '/' && next != '/' {
                    text.push('\\');
                }
                text.push(next);
            }
            c => text.push(c),
        }
    }
    None
}
