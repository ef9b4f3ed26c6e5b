//! The condition of a callback: an expression in CEL over `event`.

use std::collections::HashMap;

use cel::{Context, Program, Value};
use groundrule_core::event::Event;
use serde_json::{Map, Value as Json};

/// A condition that was read.
#[derive(Debug)]
pub(super) struct Condition(Program);

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Program::compile(text).map(Self).map_err(|errors| format!("is no condition: {errors}"))
    }

    /// What it says of an event.
    ///
    /// # Errors
    /// When it cannot say, such as where it asks for a field that the event does not have.
    pub(super) fn matches(&self, event: &Event) -> Result<bool, String> {
        let mut context = Context::default();
        context.add_variable_from_value("event", fields(event));
        match self.0.execute(&context) {
            Ok(Value::Bool(yes)) => Ok(yes),
            Ok(other) => Err(format!("is a {}, neither true nor false", other.type_of())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Every field of the event; those that every event has are there even where it does not say.
fn fields(event: &Event) -> Value {
    let mut fields = event.value();
    for (name, text) in [("origin", event.origin()), ("text", event.text())] {
        fields.insert(name.to_owned(), text.into());
    }
    fields.insert("severity".to_owned(), event.severity().number().into());
    for name in ["metrics", "tags", "extended_data"] {
        if fields.get(name).is_none_or(Json::is_null) {
            fields.insert(name.to_owned(), Json::Object(Map::new()));
        }
    }
    converted(Json::Object(fields))
}

/// Whole numbers are ints: conditions are written with such.
fn converted(value: Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => value.into(),
        Json::String(text) => text.into(),
        Json::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        Json::Array(items) => items.into_iter().map(converted).collect::<Vec<_>>().into(),
        Json::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, converted(value)));
            members.collect::<HashMap<String, Value>>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_see_the_whole_event() {
        let raw = r#"{"type":"archive","name":"Service[httpd]","subject":"web1",
            "extended_data":{"restarted":false,"tags":["a","b"],"n":7}}"#;
        let event = Event::read(raw.into()).unwrap();
        let says = |text: &str| Condition::parse(text).unwrap().matches(&event);
        assert_eq!(
            says("event.name == 'Service[httpd]' && !event.extended_data.restarted"),
            Ok(true)
        );
        assert_eq!(says("'b' in event.extended_data.tags && event.extended_data.n >= 7"), Ok(true));
        assert_eq!(
            says("event.severity == 0 && event.text == '' && size(event.tags) == 0"),
            Ok(true)
        );
        assert!(says("event.extended_data.absent == 1").is_err());
        assert!(says("event.name").unwrap_err().contains("neither"));
        assert!(Condition::parse("event.name ==").is_err());
    }
}
