//! As Ruby's `to_yaml`: what Psych asks of libyaml, and how that writes it.

mod analysis;
mod scalar;
mod writer;

use crate::data::{Map, Value};
use scalar::{Scalar, Style};
use writer::Writer;

/// Longer keys are written with a `? ` before them.
const LONGEST_SIMPLE_KEY: usize = 128;

/// A value as a document, with its `---`.
#[must_use]
pub fn yaml(value: &Value) -> String {
    let mut emitter = Emitter { writer: Writer::default() };
    emitter.writer.indicator("---", true, false, false);
    emitter.node(value, false, false);
    emitter.writer.finish()
}

struct Emitter {
    writer: Writer,
}

impl Emitter {
    /// Writes a value. `in_mapping`: it is a hash's value or a key with a `? ` before it.
    fn node(&mut self, value: &Value, in_mapping: bool, is_simple_key: bool) {
        match value {
            Value::Array(items) if items.is_empty() => self.empty("[", "]"),
            Value::Hash(map) if map.is_empty() => self.empty("{", "}"),
            Value::Array(items) => self.list(items, in_mapping),
            Value::Hash(map) => self.hash(map),
            other => {
                let scalar = Scalar::of(other);
                self.writer.scalar(&scalar, is_simple_key);
            }
        }
    }

    fn empty(&mut self, open: &str, close: &str) {
        self.writer.indicator(open, true, true, false);
        self.writer.indicator(close, false, false, false);
    }

    fn list(&mut self, items: &[Value], in_mapping: bool) {
        let stays = in_mapping && !self.writer.is_indention();
        self.writer.deeper(stays);
        for item in items {
            self.writer.indent();
            self.writer.indicator("-", true, false, true);
            self.node(item, false, false);
        }
        self.writer.shallower();
    }

    fn hash(&mut self, map: &Map) {
        self.writer.deeper(false);
        for (key, value) in map {
            self.writer.indent();
            if is_simple(key) {
                self.node(key, true, true);
                self.writer.indicator(":", false, false, false);
            } else {
                self.writer.indicator("?", true, false, true);
                self.node(key, true, false);
                self.writer.indent();
                self.writer.indicator(":", true, false, true);
            }
            self.node(value, true, false);
        }
        self.writer.shallower();
    }
}

/// Whether a key fits before its colon.
fn is_simple(key: &Value) -> bool {
    match key {
        Value::Array(items) => items.is_empty(),
        Value::Hash(map) => map.is_empty(),
        other => {
            let scalar = Scalar::of(other);
            !scalar.analysis.multiline && scalar.text.len() <= LONGEST_SIMPLE_KEY
        }
    }
}

impl Scalar {
    /// The style that it is written in, where it stands.
    fn style_as(&self, is_simple_key: bool) -> Style {
        let mut style = self.wanted;
        if is_simple_key && self.analysis.multiline {
            style = Style::Double;
        }
        if style == Style::Plain
            && (!self.analysis.plain || (self.text.is_empty() && is_simple_key))
        {
            style = Style::Single;
        }
        if style == Style::Single && !self.analysis.single {
            style = Style::Double;
        }
        if style == Style::Literal && (!self.analysis.block || is_simple_key) {
            style = Style::Double;
        }
        style
    }
}
