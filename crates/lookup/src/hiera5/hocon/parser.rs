//! Reads texts into nodes.

use super::{Members, Node};
use crate::Fault;
use crate::data::{Limits, Value};

/// What ends a text without quotes.
const ENDS: &str = "$\"{}[]:=,+#`^?!@*&\\'\n\r\t ";

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    limits: &'a Limits,
    nodes: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, limits: &'a Limits) -> Self {
        Self { text, at: 0, limits, nodes: 0 }
    }

    pub(super) fn document(&mut self) -> Result<Members, Fault> {
        self.lines();
        let members =
            if self.takes("{") { self.members(Some('}'), 1)? } else { self.members(None, 1)? };
        self.lines();
        match self.rest().chars().next() {
            None => Ok(members),
            Some(c) => Err(self.unexpected(c)),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn fault(&self, what: impl Into<String>, help: &str) -> Fault {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() as u64 + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count() as u64 + 1;
        Fault::new(format!("not HOCON: {}", what.into()), help).at(line, column)
    }

    fn unexpected(&self, c: char) -> Fault {
        self.fault(format!("{c} is not expected"), "quote it with \"")
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.rest().starts_with(sign);
        if is_next {
            self.at += sign.len();
        }
        is_next
    }

    /// Passes over blanks on the line, and a comment; returns the blanks.
    fn blanks(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c: char| c == '\n' || !c.is_whitespace()).unwrap_or(rest.len());
        self.at += length;
        if self.rest().starts_with('#') || self.rest().starts_with("//") {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
        &rest[..length]
    }

    /// Passes over lines; returns whether one ended.
    fn lines(&mut self) -> bool {
        let mut ended = false;
        loop {
            self.blanks();
            if !self.takes("\n") {
                return ended;
            }
            ended = true;
        }
    }

    /// Goes deeper, within limits.
    fn count(&mut self, depth: usize) -> Result<(), Fault> {
        self.nodes += 1;
        if depth > self.limits.depth {
            return Err(self.fault(
                format!("values lie more than {} deep", self.limits.depth),
                "make the data flatter",
            ));
        }
        if self.nodes > self.limits.nodes {
            return Err(self.fault(
                format!("more than {} values", self.limits.nodes),
                "make the file smaller",
            ));
        }
        Ok(())
    }

    /// Members up to the sign that ends them, or the end of the text.
    fn members(&mut self, end: Option<char>, depth: usize) -> Result<Members, Fault> {
        let mut members = Members::new();
        loop {
            self.lines();
            match (self.rest().chars().next(), end) {
                (None, None) => return Ok(members),
                (None, Some(end)) => {
                    return Err(self.fault(format!("{end} is missing"), "complete the text"));
                }
                (next, Some(end)) if next == Some(end) => {
                    self.at += 1;
                    return Ok(members);
                }
                _ => {}
            }
            let path = self.path(":={+")?;
            if path == ["include"]
                || path.first().is_some_and(|first| first.starts_with("include "))
            {
                return Err(self.fault("include is not known here", "write the data out"));
            }
            self.blanks();
            let adds = self.takes("+=");
            let is_set = adds || self.takes(":") || self.takes("=");
            if !is_set && !self.rest().starts_with('{') {
                return Err(self.fault("a key has no value", "write = and a value after it"));
            }
            self.lines();
            let mut value = self.value(depth + 1)?;
            if adds {
                let before = Node::Reference { path: path.clone(), optional: true };
                value = Node::Joined(vec![before, Node::Array(vec![value])]);
            }
            set(&mut members, &path, &path, value);
            let ended = self.lines();
            if !self.takes(",") && !ended {
                match (self.rest().chars().next(), end) {
                    (None, None) => {}
                    (next, end) if next.is_some() && next == end => {}
                    (None, Some(end)) => {
                        return Err(self.fault(format!("{end} is missing"), "complete the text"));
                    }
                    (Some(c), _) => return Err(self.unexpected(c)),
                }
            }
        }
    }

    /// A dotted path, up to one of these signs.
    fn path(&mut self, ends: &str) -> Result<Vec<String>, Fault> {
        let mut path = Vec::new();
        let mut part = String::new();
        loop {
            match self.rest().chars().next() {
                Some('"') => part.push_str(&self.quoted()?),
                Some('.') => {
                    self.at += 1;
                    path.push(std::mem::take(&mut part));
                }
                Some(c) if c == ' ' || c == '\t' => {
                    let blanks = self.blanks();
                    let is_end =
                        self.rest().chars().next().is_none_or(|c| ends.contains(c) || c == '\n');
                    if is_end {
                        break;
                    }
                    part.push_str(blanks);
                }
                Some(c) if !ENDS.contains(c) => {
                    part.push(c);
                    self.at += c.len_utf8();
                }
                _ => break,
            }
        }
        path.push(part);
        if path.iter().any(String::is_empty) {
            return Err(match self.rest().chars().next() {
                Some(c) if !ends.contains(c) => self.unexpected(c),
                _ => self.fault("a part of a key is empty", "write a name"),
            });
        }
        Ok(path)
    }

    /// Parts that stand beside each other, to the end of the line.
    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        let mut parts = Vec::new();
        loop {
            let blanks = self.blanks();
            let Some(next) = self.rest().chars().next().filter(|c| !",]}\n".contains(*c)) else {
                break;
            };
            if !parts.is_empty() && !blanks.is_empty() {
                parts.push(Node::Blank(blanks.to_owned()));
            }
            self.count(depth)?;
            parts.push(match next {
                '{' => {
                    self.at += 1;
                    Node::Object(self.members(Some('}'), depth)?)
                }
                '[' => {
                    self.at += 1;
                    Node::Array(self.items(depth)?)
                }
                '"' => Node::Plain(self.quoted()?.into()),
                '$' if self.takes("${") => {
                    let optional = self.takes("?");
                    self.blanks();
                    let path = self.path("}")?;
                    if !self.takes("}") {
                        return Err(self.fault("a reference is not closed", "end it with }"));
                    }
                    Node::Reference { path, optional }
                }
                c if ENDS.contains(c) => return Err(self.unexpected(c)),
                _ => Node::Bare(self.bare().to_owned()),
            });
        }
        match parts.len() {
            0 => Err(self.fault("a value is missing", "write one")),
            1 => Ok(parts.remove(0)),
            _ => Ok(Node::Joined(parts)),
        }
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        loop {
            self.lines();
            if self.takes("]") {
                return Ok(items);
            }
            if self.rest().is_empty() {
                return Err(self.fault("] is missing", "complete the text"));
            }
            items.push(self.value(depth + 1)?);
            let ended = self.lines();
            if !self.takes(",") && !ended && !self.rest().starts_with(']') {
                return Err(match self.rest().chars().next() {
                    Some(c) => self.unexpected(c),
                    None => self.fault("] is missing", "complete the text"),
                });
            }
        }
    }

    fn bare(&mut self) -> &'a str {
        let rest = self.rest();
        let sign = rest.find(|c: char| ENDS.contains(c)).unwrap_or(rest.len());
        let comment = rest.find("//").unwrap_or(rest.len());
        let length = sign.min(comment);
        self.at += length;
        &rest[..length]
    }

    fn quoted(&mut self) -> Result<String, Fault> {
        if self.takes("\"\"\"") {
            let rest = self.rest();
            let Some(mut end) = rest.find("\"\"\"") else {
                return Err(self.fault("a text is not closed", "end it with \"\"\""));
            };
            // Of more than three quotes the last three end it.
            end += rest[end + 3..].chars().take_while(|c| *c == '"').count();
            self.at += end + 3;
            return Ok(rest[..end].to_owned());
        }
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = (*c == '"' && !escaped) || *c == '\n';
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((end, '"')) = end else {
            return Err(self.fault("a text is not closed", "end it with \""));
        };
        let text = serde_json::from_str(&rest[..=end])
            .map_err(|_| self.fault("a text has a wrong escape", "escape as in JSON"))?;
        self.at += end + 1;
        Ok(text)
    }
}

/// Sets a value at a path: objects are merged, and what refers to the value before gets it.
fn set(members: &mut Members, path: &[String], whole: &[String], value: Node) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        let before = members.get(first).cloned();
        let value = with_before(value, whole, before.as_ref());
        match (before, value) {
            (Some(Node::Object(mut old)), Node::Object(new)) => {
                for (name, value) in new {
                    set(
                        &mut old,
                        std::slice::from_ref(&name),
                        &[whole, std::slice::from_ref(&name)].concat(),
                        value,
                    );
                }
                members.insert(first.clone(), Node::Object(old));
            }
            // It is not known yet what a reference is: the two are joined when it is.
            (Some(old @ (Node::Reference { .. } | Node::Joined(_))), Node::Object(new)) => {
                members.insert(first.clone(), Node::Joined(vec![old, Node::Object(new)]));
            }
            (_, value) => {
                members.insert(first.clone(), value);
            }
        }
        return;
    }
    let mut inner = Members::new();
    set(&mut inner, rest, whole, value);
    let at = &whole[..whole.len() - rest.len()];
    set(members, std::slice::from_ref(first), at, Node::Object(inner));
}

fn with_before(value: Node, whole: &[String], before: Option<&Node>) -> Node {
    match value {
        Node::Reference { path, .. } if path == whole && before.is_some() => {
            before.cloned().unwrap_or(Node::Plain(Value::Null))
        }
        Node::Reference { path, optional: true } if path == whole => Node::Joined(Vec::new()),
        Node::Joined(parts) => {
            Node::Joined(parts.into_iter().map(|part| with_before(part, whole, before)).collect())
        }
        Node::Array(items) => {
            Node::Array(items.into_iter().map(|item| with_before(item, whole, before)).collect())
        }
        other => other,
    }
}
