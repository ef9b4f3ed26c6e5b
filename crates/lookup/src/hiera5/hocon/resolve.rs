//! Makes values of nodes: references are followed, parts joined.

use super::{Members, Node};
use crate::Fault;
use crate::data::{Limits, Map, Value};
use crate::interpolate::Guard;
use crate::merge::native;

/// The values, and how many they are.
pub(super) fn resolve(root: &Members, limits: &Limits) -> Result<(Map, usize), Fault> {
    let mut resolver = Resolver { root, guard: Guard::default(), nodes: 0, limits };
    let map = resolver.members(root)?;
    Ok((map, resolver.nodes))
}

struct Resolver<'a> {
    root: &'a Members,
    guard: Guard,
    nodes: usize,
    limits: &'a Limits,
}

impl<'a> Resolver<'a> {
    fn members(&mut self, members: &'a Members) -> Result<Map, Fault> {
        let mut map = Map::default();
        for (name, node) in members {
            if let Some(value) = self.value(node)? {
                map.insert(name.as_str().into(), value);
            }
        }
        Ok(map)
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
            Node::Reference { path, optional } => return self.reference(path, *optional),
        }))
    }

    fn reference(&mut self, path: &[String], optional: bool) -> Result<Option<Value>, Fault> {
        let name = path.join(".");
        let nowhere = || Fault::new(format!("${{{name}}} leads nowhere"), "set it, or write ${?…}");
        let Some((first, rest)) = path.split_first() else { return Err(nowhere()) };
        let mut found = self.root.get(first);
        let mut rest = rest;
        // As far as objects are written out; beyond that, into the value.
        while let (Some(Node::Object(members)), [next, more @ ..]) = (found, rest) {
            found = members.get(next);
            rest = more;
        }
        let Some(node) = found else { return if optional { Ok(None) } else { Err(nowhere()) } };
        self.guard.enter(&format!("${{{name}}}"))?;
        let value = self.value(node)?;
        self.guard.leave();
        let inner = rest.iter().try_fold(value, |value, name| {
            Some(value.as_ref()?.as_hash()?.get(name.as_str()).cloned())
        });
        match inner.flatten() {
            None if !optional => Err(nowhere()),
            value => Ok(value),
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
            let text = |(value, part, _): &(Value, &Node, bool)| match (part, value) {
                (Node::Bare(text), _) => text.clone(),
                (_, Value::Null) => "null".to_owned(),
                (_, value) => value.to_s(),
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

/// Later members count; hashes in hashes are merged.
fn merged(before: &Map, after: &Map) -> Map {
    let mut all = native(before, after);
    for (name, value) in after {
        if let (Value::Hash(after), Some(Value::Hash(before))) = (value, before.get(name)) {
            all.insert(name.clone(), Value::map(merged(before, after)));
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
            let float = || {
                text.parse::<f64>().ok().filter(|n| is_number && n.is_finite()).map(Value::Float)
            };
            whole.or_else(float).unwrap_or_else(|| text.into())
        }
    }
}
