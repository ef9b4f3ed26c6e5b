//! An event as conditions see it.
//!
//! Fields are made when a condition asks for them. Every event has `name`, `subject`, `type`,
//! `origin`, `text`, `severity`, `metrics` and `tags`, as an empty text, 0 or an empty map where
//! it does not say; all numbers of `metrics`, `eventtime` and `ttl` are doubles. Any other field
//! is as the event has it, or missing.

use std::any::Any;
use std::collections::HashMap;
use std::sync::OnceLock;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer};
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt, MAP_TYPE,
    Type,
};
use cel::common::value::{CowVal, Val};
use groundrule_core::event::Event;
use serde_json::{Map, Value};

/// The variable `event`.
pub(super) struct Fields<'e> {
    event: &'e Event,
    metrics: OnceLock<CelMap<'static>>,
    tags: OnceLock<CelMap<'static>>,
    /// Read when something is asked for that the event's head does not know.
    whole: OnceLock<CelMap<'static>>,
}

impl std::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("event")
    }
}

impl<'e> Fields<'e> {
    pub(super) fn new(event: &'e Event) -> Self {
        let [metrics, tags, whole] = [const { OnceLock::new() }; 3];
        Self { event, metrics, tags, whole }
    }

    fn field<'b, 'v>(&'b self, name: &str) -> Option<CowVal<'b, 'v>>
    where
        'e: 'v,
    {
        let event = self.event;
        let text = |text: &'e str| CowVal::owned(CelString::from(text));
        let number = |number| CowVal::owned(CelDouble::from(number));
        Some(match name {
            "name" => text(event.name()),
            "subject" => text(event.subject()),
            "origin" => text(event.origin()),
            "text" => text(event.text()),
            "type" => text(event.kind().name()),
            "severity" => CowVal::owned(CelInt::from(i64::from(event.severity().number()))),
            "eventid" => text(event.eventid()?),
            "eventtime" => number(event.time()?),
            "ttl" => number(event.ttl()?),
            "metrics" => CowVal::Borrowed(self.metrics.get_or_init(|| figures(event))),
            "tags" => CowVal::Borrowed(self.tags.get_or_init(|| tags(event))),
            other => {
                let whole = self.whole.get_or_init(|| map(&event.value()));
                CowVal::Borrowed(whole.inner().get(&CelMapKey::from(other.to_owned()))?.as_ref())
            }
        })
    }
}

fn figures(event: &Event) -> CelMap<'static> {
    let metrics = event.metrics().into_iter();
    members(metrics.map(|(name, value)| (name, Box::new(CelDouble::from(value)) as _)))
}

fn tags(event: &Event) -> CelMap<'static> {
    let tags = event.tags_json().and_then(|text| serde_json::from_str(text).ok());
    map(&tags.unwrap_or_default())
}

fn map(object: &Map<String, Value>) -> CelMap<'static> {
    members(object.iter().map(|(name, value)| (name.clone(), converted(value))))
}

fn members(members: impl Iterator<Item = (String, Box<dyn Val>)>) -> CelMap<'static> {
    let members: HashMap<_, _> =
        members.map(|(name, value)| (CelMapKey::from(name), value)).collect();
    CelMap::from(members)
}

/// A JSON value for conditions: whole numbers are ints.
fn converted(value: &Value) -> Box<dyn Val> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Box::new(CelInt::from(number)),
            (_, Some(number)) => Box::new(CelUInt::from(number)),
            _ => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Box::new(CelString::from(text.clone())),
        Value::Array(items) => {
            Box::new(CelList::from(items.iter().map(converted).collect::<Vec<_>>()))
        }
        Value::Object(object) => Box::new(map(object)),
    }
}

impl Val for Fields<'_> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self::new(self.event))
    }

    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
}

impl Indexer for Fields<'_> {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let Some(name) = key.downcast_ref::<CelString<'_>>() else {
            return Err(ExecutionError::no_such_key("a field that is no text"));
        };
        self.field(name.inner()).ok_or_else(|| ExecutionError::no_such_key(name.inner()))
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Container for Fields<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        let name = key.downcast_ref::<CelString<'_>>();
        Ok(name.is_some_and(|name| self.field(name.inner()).is_some()))
    }
}
