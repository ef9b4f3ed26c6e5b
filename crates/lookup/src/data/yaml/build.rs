//! From the parser's events to values.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{Objects, Options, Times, scalar};
use crate::Fault;
use crate::data::{Document, Map, Value};

pub(super) struct Builder<'a> {
    events: Parser<'a, StrInput<'a>>,
    options: &'a Options,
    /// Values by the number of their anchor, with how many values are in each; none while it is read.
    anchors: HashMap<usize, Option<(Value, usize)>>,
    nodes: usize,
    places: Vec<(u64, u64)>,
}

/// A value, and whether it is a key that merges: `<<` as it is, not quoted to a text by a tag.
struct Node {
    value: Value,
    merges: bool,
    place: (u64, u64),
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, options: &'a Options) -> Self {
        let settings = granit_parser::options! {
            emit_comments: false,
            block_scalar_eof_without_line_feed: true,
        };
        Self {
            events: Parser::new_from_str_with_options(text, settings),
            options,
            anchors: HashMap::new(),
            nodes: 0,
            places: Vec::new(),
        }
    }

    pub(super) fn document(mut self) -> Result<Document, Fault> {
        loop {
            match self.next()? {
                (Event::StreamStart, _) => {}
                (Event::DocumentStart(..), _) => {
                    let (event, span) = self.next()?;
                    let root = self.node(event, &span, 0)?.value;
                    return Ok(Document::new(root, self.places, self.nodes));
                }
                _ => return Ok(Document::new(Value::Null, Vec::new(), 0)),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Fault> {
        match self.events.next_event() {
            None => Ok((Event::StreamEnd, Span::default())),
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let mark = error.marker();
                Err(Fault::new(format!("not YAML: {}", error.info()), "correct the text there")
                    .at(mark.line() as u64, mark.col() as u64 + 1))
            }
        }
    }

    fn count(&mut self, more: usize, place: (u64, u64)) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > self.options.limits.nodes {
            return Err(Fault::new(
                format!(
                    "more than {} values, aliases counted each time",
                    self.options.limits.nodes
                ),
                "make the file smaller, or use fewer aliases",
            )
            .at(place.0, place.1));
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'a>, span: &Span, depth: usize) -> Result<Node, Fault> {
        let start = span.tag_start().unwrap_or(span.start);
        let place = (start.line() as u64, start.col() as u64 + 1);
        if depth > self.options.limits.depth {
            return Err(Fault::new(
                format!("values lie more than {} deep in each other", self.options.limits.depth),
                "make the data flatter",
            )
            .at(place.0, place.1));
        }
        let before = self.nodes;
        let (value, anchor, merges) = match event {
            Event::Alias(anchor) => {
                let Some(known) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::new("an alias of nothing", "define the anchor before it")
                        .at(place.0, place.1));
                };
                let Some((value, size)) = known else {
                    return Err(Fault::new(
                        "an alias inside of what it stands for",
                        "write the value out",
                    )
                    .at(place.0, place.1));
                };
                self.count(size, place)?;
                return Ok(Node { value, merges: false, place });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, place)?;
                let merges = text == "<<"
                    && tag.as_ref().is_none_or(|tag| !tag.is_yaml_core_schema_tag("str"));
                let value = self
                    .scalar(&text, style, tag.as_deref())
                    .map_err(|fault| fault.at(place.0, place.1))?;
                (value, anchor, merges)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.count(1, place)?;
                self.collection_tag(tag.as_deref()).map_err(|fault| fault.at(place.0, place.1))?;
                self.open(anchor);
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    items.push(self.node(event, &span, depth + 1)?.value);
                }
                (Value::list(items), anchor, false)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.count(1, place)?;
                self.collection_tag(tag.as_deref()).map_err(|fault| fault.at(place.0, place.1))?;
                self.open(anchor);
                (Value::map(self.mapping(depth)?), anchor, false)
            }
            _ => {
                return Err(Fault::new("not YAML: a value is missing", "correct the text there")
                    .at(place.0, place.1));
            }
        };
        if anchor != 0 {
            self.anchors.insert(anchor, Some((value.clone(), self.nodes - before)));
        }
        Ok(Node { value, merges, place })
    }

    fn open(&mut self, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Map, Fault> {
        let mut map = Map::default();
        let mut places = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, &span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, &span, depth + 1)?.value;
            let Some(merged) = key.merges.then(|| merged(&value)).flatten() else {
                insert(&mut map, &mut places, key.value, value, key.place);
                continue;
            };
            self.count(merged.len(), key.place)?;
            for (name, value) in merged {
                insert(&mut map, &mut places, name, value, key.place);
            }
        }
        if depth == 0 {
            self.places = places;
        }
        Ok(map)
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Fault> {
        let Some(tag) = tag else {
            return if style == ScalarStyle::Plain {
                self.timed(scalar::plain(text))
            } else {
                Ok(text.into())
            };
        };
        let (handle, suffix) = tag.parts();
        match (handle, suffix) {
            ("!", "") | ("!", "str" | "ruby/string") | ("tag:yaml.org,2002:", "str") => {
                Ok(text.into())
            }
            ("!", "ruby/sym" | "ruby/symbol") => Ok(Value::Symbol(text.into())),
            ("!", "float") | ("tag:yaml.org,2002:", "float") => match scalar::plain(text) {
                #[expect(clippy::cast_precision_loss, reason = "a tag asks for it")]
                Value::Int(number) => Ok(Value::Float(number as f64)),
                Value::Float(number) => Ok(Value::Float(number)),
                _ => Err(Fault::new(
                    "what is tagged as a number is none",
                    "write a number or leave the tag out",
                )),
            },
            ("!", "binary") | ("tag:yaml.org,2002:", "binary") => {
                Err(Fault::new("binary data", "keep it in a file and name the file"))
            }
            ("!", suffix) if suffix.starts_with("ruby/") => match self.options.objects {
                Objects::Refuse => Err(ruby_object(suffix)),
                Objects::Hash => Ok(text.into()),
            },
            _ => self.timed(scalar::plain(text)),
        }
    }

    fn timed(&self, value: Value) -> Result<Value, Fault> {
        match (&value, self.options.times) {
            (Value::Time(text), Times::Refuse) => Err(Fault::new(
                format!("{text} is a date or a time, which data cannot hold"),
                format!("quote it: \"{text}\""),
            )),
            _ => Ok(value),
        }
    }

    fn collection_tag(&self, tag: Option<&Tag>) -> Result<(), Fault> {
        let Some((handle, suffix)) = tag.map(Tag::parts) else { return Ok(()) };
        if handle == "!" && suffix.starts_with("ruby/") && self.options.objects == Objects::Refuse {
            return Err(ruby_object(suffix));
        }
        if matches!(suffix, "omap") {
            return Err(Fault::new(
                "an ordered map (!omap)",
                "write a plain hash: its order is kept",
            ));
        }
        Ok(())
    }
}

fn ruby_object(suffix: &str) -> Fault {
    Fault::new(format!("an object of Ruby's (!{suffix})"), "write the data that is in it")
}

/// The hash that a merge key brings in, if what stands there can be merged.
fn merged(value: &Value) -> Option<Map> {
    match value {
        Value::Hash(map) => Some(Map::clone(map)),
        Value::Array(items) => {
            let mut all = Map::default();
            for item in items.iter().rev() {
                let Value::Hash(map) = item else { return None };
                all.extend(map.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            Some(all)
        }
        _ => None,
    }
}

/// As in Ruby: a key that comes again keeps its place and takes the new value.
fn insert(
    map: &mut Map,
    places: &mut Vec<(u64, u64)>,
    key: Value,
    value: Value,
    place: (u64, u64),
) {
    let (index, old) = map.insert_full(key, value);
    if old.is_some() {
        places[index] = place;
    } else {
        places.push(place);
    }
}
