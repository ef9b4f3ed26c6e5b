//! Makes values of nodes: references are followed, parts joined.

use super::{Members, Node};
use crate::Fault;
use crate::data::{Limits, Map, Value};
use crate::interpolate::Guard;

/// The values, and how many they are.
pub(super) fn resolve(root: &Members, limits: &Limits) -> Result<(Map, usize), Fault> {
    let guard = Guard::default();
    let mut resolver =
        Resolver { root, guard, nodes: 0, limits, path: Vec::new(), open: Vec::new() };
    let map = resolver.members(root)?;
    Ok((map, resolver.nodes))
}

/// How many references are followed to a text.
const FOLLOWED: usize = 50;

struct Resolver<'a> {
    root: &'a Members,
    guard: Guard,
    nodes: usize,
    limits: &'a Limits,
    /// Where the value lies that is being made.
    path: Vec<String>,
    /// Values that are being made: where they lie, and what was set there before.
    open: Vec<(Vec<String>, &'a [Node])>,
}

impl<'a> Resolver<'a> {
    fn members(&mut self, members: &'a Members) -> Result<Map, Fault> {
        let mut map = Map::default();
        for (name, node) in members {
            self.path.push(name.clone());
            let value = self.set(std::slice::from_ref(node));
            self.path.pop();
            if let Some(value) = value? {
                map.insert(name.as_str().into(), value);
            }
        }
        Ok(map)
    }

    /// What is left of what was set one after the other.
    fn set(&mut self, all: &'a [Node]) -> Result<Option<Value>, Fault> {
        let Some((last, before)) = all.split_last() else { return Ok(None) };
        if let (Node::Stack(all), []) = (last, before) {
            return self.set(all);
        }
        self.open.push((self.path.clone(), before));
        let value = self.value(last);
        self.open.pop();
        match value? {
            None => self.set(before),
            Some(Value::Hash(top)) if !before.is_empty() => Ok(Some(match self.set(before)? {
                Some(Value::Hash(below)) => Value::map(merged(&below, &top)),
                _ => Value::Hash(top),
            })),
            value => Ok(value),
        }
    }

    /// None where nothing is left of it: a reference that need not exist.
    fn value(&mut self, node: &'a Node) -> Result<Option<Value>, Fault> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            let what =
                format!("more than {} values, references counted each time", self.limits.nodes);
            return Err(Fault::new(what, "make the file smaller"));
        }
        Ok(Some(match node {
            Node::Plain(value) => value.clone(),
            Node::Bare(text) => typed(text),
            Node::Blank(text) => text.as_str().into(),
            Node::Object(members) => Value::map(self.members(members)?),
            Node::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.value(item)?);
                }
                Value::list(list)
            }
            Node::Joined(parts) => return self.joined(parts),
            Node::Stack(all) => return self.set(all),
            Node::Reference { path, optional } => return self.reference(path, *optional),
        }))
    }

    fn reference(&mut self, path: &[String], optional: bool) -> Result<Option<Value>, Fault> {
        let name = path.join(".");
        let nowhere = || Fault::new(format!("${{{name}}} leads nowhere"), "set it, or write ${?…}");
        let Some((first, rest)) = path.split_first() else { return Err(nowhere()) };
        // What is being made sees what was set before it.
        let before = |at: &[String]| {
            let here = self.open.iter().rev().find(|(place, _)| place == at);
            here.map(|(_, before)| *before)
        };
        if let Some(before) = before(path).filter(|before| !before.is_empty()) {
            return self.inside(&name, path, before, &[]);
        }
        let mut found = self.root.get(first);
        let mut rest = rest;
        // As far as objects are written out; beyond that, into the value.
        while let (Some(Node::Object(members)), [next, more @ ..]) = (found, rest) {
            found = members.get(next);
            rest = more;
        }
        let Some(node) = found else { return if optional { Ok(None) } else { Err(nowhere()) } };
        let at = &path[..path.len() - rest.len()];
        let nodes = match before(at) {
            Some([]) if optional && rest.is_empty() => return Ok(None),
            Some([]) | None => std::slice::from_ref(node),
            Some(before) => before,
        };
        match self.inside(&name, at, nodes, rest)? {
            None if !optional => Err(nowhere()),
            value => Ok(value),
        }
    }

    /// What lies at `rest` in what was set at a place.
    fn inside(
        &mut self,
        name: &str,
        at: &[String],
        nodes: &'a [Node],
        rest: &[String],
    ) -> Result<Option<Value>, Fault> {
        // The same name means something else where less was set.
        self.guard.enter(format!("${{{name}}} of {}", nodes.len()))?;
        let outside = std::mem::replace(&mut self.path, at.to_vec());
        let value = self.set(nodes);
        self.path = outside;
        self.guard.leave();
        let inner = rest.iter().try_fold(value?, |value, name| {
            Some(value.as_ref()?.as_hash()?.get(name.as_str()).cloned())
        });
        Ok(inner.flatten())
    }

    /// The text without quotes that a node stands for, if it is one.
    fn written(&self, node: &'a Node, followed: usize) -> Option<&'a str> {
        let followed = followed.checked_sub(1)?;
        let is_optional = |node| matches!(node, &Node::Reference { optional: true, .. });
        match node {
            Node::Bare(text) => Some(text),
            // What need not exist and does not leaves what was set before.
            Node::Stack(all) => {
                let found = |one| match self.written(one, followed) {
                    None if is_optional(one) => None,
                    found => Some(found),
                };
                all.iter().rev().find_map(found).flatten()
            }
            Node::Reference { path, .. } => {
                let here = self.open.iter().rev().find(|(place, _)| place == path);
                if let Some(last) = here.and_then(|(_, before)| before.last()) {
                    return self.written(last, followed);
                }
                let (first, rest) = path.split_first()?;
                let inner = |node: &'a Node, name: &String| match node {
                    Node::Object(members) => members.get(name),
                    _ => None,
                };
                let found = rest.iter().try_fold(self.root.get(first)?, inner)?;
                self.written(found, followed)
            }
            _ => None,
        }
    }

    /// Hashes become one, lists become one, and all else is text.
    fn joined(&mut self, parts: &'a [Node]) -> Result<Option<Value>, Fault> {
        let mut values = Vec::new();
        for part in parts {
            let blank = matches!(part, Node::Blank(_));
            values.extend(self.value(part)?.map(|value| (value, part, blank)));
        }
        let of = |kind: fn(&Value) -> bool| values.iter().any(|(value, _, _)| kind(value));
        let (hashes, lists) = (
            of(|value| matches!(value, Value::Hash(_))),
            of(|value| matches!(value, Value::Array(_))),
        );
        if !hashes && !lists {
            if let [(value, _, _)] = &values[..] {
                return Ok(Some(value.clone()));
            }
            if values.is_empty() {
                return Ok(None);
            }
            let text = |(value, part, _): &(Value, &'a Node, bool)| match (value, part) {
                (Value::Str(text), _) => text.to_string(),
                (Value::Null, _) => "null".to_owned(),
                // As it was written: 1.10 is no 1.1 in a text.
                (value, part) => {
                    self.written(part, FOLLOWED).map_or_else(|| value.to_s(), str::to_owned)
                }
            };
            return Ok(Some(values.iter().map(text).collect::<String>().into()));
        }
        let unfit = || {
            Fault::new(
                "values of several kinds cannot stand beside each other",
                "write a comma or a new line between them",
            )
        };
        let mut map = Map::default();
        let mut list = Vec::new();
        for (value, _, _) in values.iter().filter(|(_, _, blank)| !blank) {
            match value {
                Value::Hash(inner) if !lists => map = merged(&map, inner),
                Value::Array(items) if !hashes => list.extend(items.iter().cloned()),
                _ => return Err(unfit()),
            }
        }
        Ok(Some(if hashes { Value::map(map) } else { Value::list(list) }))
    }
}

/// The members of the later one, then what only the other one has; hashes in both are merged.
fn merged(before: &Map, after: &Map) -> Map {
    let mut all = after.clone();
    for (name, below) in before {
        match (after.get(name), below) {
            (Some(Value::Hash(top)), Value::Hash(below)) => {
                all.insert(name.clone(), Value::map(merged(below, top)));
            }
            (Some(_), _) => {}
            (None, below) => {
                all.insert(name.clone(), below.clone());
            }
        }
    }
    all
}

fn typed(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => {
            let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            let whole = text.parse().ok().filter(|_| is_number).map(Value::Int);
            let float = || text.parse::<f64>().ok().filter(|n| is_number && n.is_finite());
            whole.or_else(|| float().map(number)).unwrap_or_else(|| text.into())
        }
    }
}

/// A number without a part after the point is a whole one, however it is written.
fn number(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() < 1e37;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
    if whole { Value::Int(number as i128) } else { Value::Float(number) }
}
