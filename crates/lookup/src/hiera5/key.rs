//! What is asked for.

use std::sync::Arc;

use crate::Fault;
use crate::data::Value;
use crate::interpolate::{Segment, split};

/// A key, which may be dotted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// As it was written.
    text: Arc<str>,
    /// The part before the first dot, where it is not the whole: what files hold.
    root: Option<String>,
    /// How long the name of the module is that it begins with; 0 where it begins with none.
    module: usize,
    /// The parts after it, which go into the answer.
    rest: Vec<Segment>,
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// Where a part is empty or a quote is open.
    pub fn read(text: &str) -> Result<Self, Fault> {
        if !text.is_empty() && !text.contains(['.', '"', '\'']) {
            return Ok(Self {
                text: text.into(),
                root: None,
                module: module(text),
                rest: Vec::new(),
            });
        }
        let mut segments = split(text)?.into_iter();
        let root = segments.next().map(|segment| segment.text().to_owned());
        let module = root.as_deref().map_or(0, module);
        Ok(Self { text: text.into(), root, module, rest: segments.collect() })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// What files hold.
    pub(super) fn root(&self) -> &str {
        self.root.as_deref().unwrap_or(&self.text)
    }

    /// The module that its name belongs to.
    pub(super) fn module(&self) -> Option<&str> {
        self.root().get(..self.module).filter(|module| !module.is_empty())
    }

    /// What the parts after the first dot name in a value.
    pub(super) fn dig(&self, value: Value) -> Result<Option<Value>, Fault> {
        dig(&self.rest, value).map_err(|fault| fault.key(&self.text))
    }
}

fn module(root: &str) -> usize {
    root.as_bytes().windows(2).position(|pair| pair == b"::").unwrap_or(0)
}

/// What these parts name in a value; none where there is nothing of that name.
pub(super) fn dig(segments: &[Segment], mut value: Value) -> Result<Option<Value>, Fault> {
    for segment in segments {
        let inner = match (segment, &value) {
            (Segment::Index(at, _), Value::Hash(map)) => map.get(&Value::Int(*at as i128)),
            (segment, value) => segment.of(value)?,
        };
        match inner {
            Some(inner) => value = inner.clone(),
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}
