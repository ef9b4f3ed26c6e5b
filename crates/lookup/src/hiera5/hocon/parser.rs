//! Reads texts into nodes.

use super::{Members, Node};
use crate::Fault;
use crate::data::Limits;

/// What ends a text without quotes.
const ENDS: &str = "$\"{}[]:=,+#`^?!@*&\\\n\r\t ";

/// How often one key may be set with what was set before in it.
const SETS: usize = 100;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    limits: &'a Limits,
    nodes: usize,
    /// Where the value lies that is being read; none inside of a list.
    place: Option<Vec<String>>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, limits: &'a Limits) -> Self {
        Self { text, at: 0, limits, nodes: 0, place: Some(Vec::new()) }
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
            let outside = self.place.clone();
            if let Some(place) = &mut self.place {
                place.extend(path.iter().cloned());
            }
            let start = self.at;
            let mut value = self.value(depth + 1)?;
            if !is_set && !is_object(&value) {
                self.at = start;
                return Err(self.fault("a key has no value", "write = before the value"));
            }
            let place = std::mem::replace(&mut self.place, outside);
            if adds {
                let Some(path) = place else {
                    return Err(self.fault("+= inside of a list is not known", "write it out"));
                };
                let before = Node::Reference { path, optional: true };
                value = Node::Joined(vec![before, Node::Array(vec![value])]);
            }
            set(&mut members, &path, value).map_err(|what| self.fault(what, "write it out"))?;
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
        if !fit(&parts) {
            return Err(self.fault(
                "values of several kinds cannot stand beside each other",
                "write a comma or a new line between them",
            ));
        }
        match parts.len() {
            0 => Err(self.fault("a value is missing", "write one")),
            1 => Ok(parts.remove(0)),
            _ => Ok(Node::Joined(parts)),
        }
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let place = self.place.take();
        let mut items = Vec::new();
        loop {
            self.lines();
            if self.takes("]") {
                self.place = place;
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

/// Sets a value at a path: objects are merged, and what may have to do with the value before is kept
/// beside it.
///
/// # Errors
/// What is wrong, where that is too much.
fn set(members: &mut Members, path: &[String], value: Node) -> Result<(), String> {
    let [first, rest @ ..] = path else { return Ok(()) };
    if !rest.is_empty() {
        if let Some(Node::Object(inner)) = members.get_mut(first) {
            return set(inner, rest, value);
        }
        let mut inner = Members::new();
        set(&mut inner, rest, value)?;
        return set(members, std::slice::from_ref(first), Node::Object(inner));
    }
    let Some(before) = members.get_mut(first) else {
        members.insert(first.clone(), value);
        return Ok(());
    };
    match (before, value) {
        (Node::Object(old), Node::Object(new)) => {
            for (name, value) in new {
                set(old, &[name], value)?;
            }
        }
        (before, value) if !is_open(&value) || (is_object(&value) && is_plain(before)) => {
            *before = value;
        }
        (Node::Stack(all), value) => {
            if all.len() >= SETS {
                return Err(format!("{first} is set more than {SETS} times with what it was"));
            }
            match (all.last_mut(), value) {
                (Some(Node::Object(old)), Node::Object(new)) => {
                    for (name, value) in new {
                        set(old, &[name], value)?;
                    }
                }
                (_, value) => all.push(value),
            }
        }
        (before, value) => {
            let old = std::mem::replace(before, Node::Stack(Vec::new()));
            *before = Node::Stack(vec![old, value]);
        }
    }
    Ok(())
}

/// Whether parts can be one value, as far as that is known without what they refer to.
fn fit(parts: &[Node]) -> bool {
    let has = |wanted: fn(&Node) -> bool| parts.iter().any(wanted);
    let kinds = [
        has(is_object),
        has(|part| matches!(part, Node::Array(_))),
        has(|part| matches!(part, Node::Plain(_) | Node::Bare(_))),
    ];
    kinds.into_iter().filter(|there| *there).count() < 2
}

/// Whether what was set before may be seen in it.
fn is_open(node: &Node) -> bool {
    match node {
        Node::Plain(_) | Node::Bare(_) | Node::Blank(_) => false,
        Node::Object(_) | Node::Reference { .. } | Node::Stack(_) => true,
        Node::Array(parts) => parts.iter().any(|part| !is_object(part) && is_open(part)),
        Node::Joined(parts) => parts.iter().any(is_open),
    }
}

fn is_object(node: &Node) -> bool {
    matches!(node, Node::Object(_))
}

/// Whether it certainly is no object.
fn is_plain(node: &Node) -> bool {
    match node {
        Node::Plain(_) | Node::Bare(_) | Node::Blank(_) | Node::Array(_) => true,
        Node::Joined(parts) => parts.iter().all(is_plain),
        Node::Object(_) | Node::Reference { .. } | Node::Stack(_) => false,
    }
}
