//! Puppet's tokens, as far as literal data needs them.

use crate::Fault;

/// A token and where it begins: line and column from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) place: (u64, u64),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A word, possibly of several names: `class`, `data::common`.
    Word(String),
    /// `$name`, without the dollar.
    Variable(String),
    /// A number as it is written.
    Number(String),
    /// A text in single quotes, with its escapes resolved.
    Text(String),
    /// A text in double quotes, as parts.
    Parts(Vec<Part>),
    /// Anything else, one mark at a time; `=>` is one mark.
    Mark(&'static str),
    /// Something that no literal has in it.
    Other(char),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    /// What stands between `${` and `}`, or after `$`.
    Expression(String),
}

/// Cuts a manifest into tokens.
///
/// # Errors
///
/// Where a text or a comment has no end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer =
        Lexer { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1, column: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

/// Reads a manifest token by token.
pub(super) struct Lexer<'a> {
    rest: &'a str,
    line: u64,
    column: u64,
}

const MARKS: &[&str] = &["=>", "+=", "{", "}", "[", "]", "(", ")", ",", "="];

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1, column: 1 }
    }

    fn fault(&self, what: &str, help: &str) -> Fault {
        Fault::new(what, help).at(self.line, self.column)
    }

    fn take(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn take_while(&mut self, mut good: impl FnMut(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.rest.chars().next().filter(|c| good(*c)) {
            taken.push(c);
            self.take();
        }
        taken
    }

    fn blanks(&mut self) -> Result<(), Fault> {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest.starts_with('#') {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                let open = self.fault("a comment has no end", "close it with */");
                while !self.rest.starts_with("*/") {
                    if self.take().is_none() {
                        return Err(open);
                    }
                }
                self.take();
                self.take();
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Token>, Fault> {
        self.blanks()?;
        let place = (self.line, self.column);
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let kind = match first {
            '\'' => self.single()?,
            '"' => self.double()?,
            '$' => {
                self.take();
                Kind::Variable(self.name())
            }
            '0'..='9' => Kind::Number(self.number()),
            '-' if self.rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                self.take();
                Kind::Number(format!("-{}", self.number()))
            }
            c if c.is_ascii_alphabetic() || c == '_' || self.rest.starts_with("::") => {
                Kind::Word(self.name())
            }
            c => match MARKS.iter().find(|mark| self.rest.starts_with(**mark)) {
                Some(mark) => {
                    for _ in 0..mark.len() {
                        self.take();
                    }
                    Kind::Mark(mark)
                }
                None => {
                    self.take();
                    Kind::Other(c)
                }
            },
        };
        Ok(Some(Token { kind, place }))
    }

    /// Names with `::` between them.
    fn name(&mut self) -> String {
        let mut name = String::new();
        loop {
            if self.rest.starts_with("::") {
                self.take();
                self.take();
                name.push_str("::");
            }
            let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            name.push_str(&word);
            let goes_on = self.rest.strip_prefix("::").is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            });
            if word.is_empty() || !goes_on {
                return name;
            }
        }
    }

    fn number(&mut self) -> String {
        let mut before = ' ';
        self.take_while(|c| {
            let sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
            before = c;
            sign || c.is_ascii_alphanumeric() || c == '.'
        })
    }

    fn single(&mut self) -> Result<Kind, Fault> {
        let open = self.fault("a text has no end", "close it with '");
        self.take();
        let mut text = String::new();
        loop {
            match self.take().ok_or_else(|| open.clone())? {
                '\'' => return Ok(Kind::Text(text)),
                '\\' if self.rest.starts_with(['\'', '\\']) => text.extend(self.take()),
                c => text.push(c),
            }
        }
    }

    fn double(&mut self) -> Result<Kind, Fault> {
        let open = self.fault("a text has no end", "close it with \"");
        self.take();
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            match self.take().ok_or_else(|| open.clone())? {
                '"' => {
                    parts.push(Part::Text(text));
                    return Ok(Kind::Parts(parts));
                }
                '\\' => self.escape(&mut text)?,
                '$' if self.rest.starts_with('{') => {
                    self.take();
                    let mut expression = String::new();
                    loop {
                        match self.take().ok_or_else(|| open.clone())? {
                            '}' => break,
                            c => expression.push(c),
                        }
                    }
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(Part::Expression(expression));
                }
                '$' if self
                    .rest
                    .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':') =>
                {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(Part::Expression(self.name()));
                }
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let here = self.fault("an escape that is none", "write \\\\ for a backslash");
        match self.take() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('s') => text.push(' '),
            Some('\n') => {}
            Some(c @ ('"' | '\'' | '\\' | '$')) => text.push(c),
            Some('u') => {
                let digits = if self.rest.starts_with('{') {
                    self.take();
                    let digits = self.take_while(|c| c.is_ascii_hexdigit());
                    self.take();
                    digits
                } else {
                    let mut left = 4;
                    self.take_while(|c| {
                        left -= 1;
                        left >= 0 && c.is_ascii_hexdigit()
                    })
                };
                text.push(
                    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).ok_or(here)?,
                );
            }
            // As Puppet: what is no escape stays as it is.
            Some(c) => {
                text.push('\\');
                text.push(c);
            }
            None => return Err(here),
        }
        Ok(())
    }
}
