//! Reads an event from JSON, and says what is wrong with it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Event, EventId, Head, Kind, Piece, Severity, Whole};

/// How many objects and arrays may stand inside each other.
pub const MAX_DEPTH: usize = 100;

/// Why something is no event: every reason that there is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .reasons.join("; "))]
pub struct Invalid {
    /// In words, at least one.
    pub reasons: Vec<String>,
}

impl Invalid {
    fn one(reason: impl Into<String>) -> Self {
        Self { reasons: vec![reason.into()] }
    }
}

impl Event {
    /// Reads one event.
    ///
    /// # Errors
    /// When it is no JSON object, or no event: all reasons.
    pub fn read(raw: Bytes) -> Result<Self, Invalid> {
        let raw = trimmed(raw);
        let text = std::str::from_utf8(&raw).map_err(|error| {
            Invalid::one(format!("not UTF-8: byte {} is wrong", error.valid_up_to() + 1))
        })?;
        if u32::try_from(text.len()).is_err() {
            return Err(Invalid::one("larger than 4 GiB"));
        }
        if too_deep(&raw) {
            return Err(Invalid::one(format!("nested more than {MAX_DEPTH} levels deep")));
        }
        match serde_json::from_str::<Fields<'_>>(text) {
            Ok(fields) => {
                let head = fields.head(text)?;
                Ok(Self(Arc::new(Whole { head, raw: on_one_line(raw) })))
            }
            Err(error) => Err(explained(text, &error)),
        }
    }
}

/// Without white space around.
fn trimmed(raw: Bytes) -> Bytes {
    let start = raw.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(raw.len());
    let end = raw.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(start, |at| at + 1);
    if (start, end) == (0, raw.len()) { raw } else { raw.slice(start..end) }
}

/// Line feeds stand in valid JSON only between its words, where blanks serve as well.
fn on_one_line(raw: Bytes) -> Bytes {
    if memchr::memchr2(b'\n', b'\r', &raw).is_none() {
        return raw;
    }
    let mut line = raw.to_vec();
    for byte in &mut line {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    line.into()
}

/// Whether it is nested too deeply. Few events have so many brackets at all, so that counting them
/// is enough.
fn too_deep(raw: &[u8]) -> bool {
    let opening = memchr::memchr2_iter(b'{', b'[', raw).count();
    if opening <= MAX_DEPTH {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in raw {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Name,
    Subject,
    Origin,
    Text,
    EventId,
    Type,
    Severity,
    EventTime,
    Ttl,
    Metrics,
    Tags,
    #[serde(other)]
    Other,
}

/// The known fields of a valid event, as they stand in the text.
#[derive(Default)]
struct Fields<'t> {
    name: Option<Words<'t>>,
    subject: Option<Words<'t>>,
    origin: Option<Words<'t>>,
    text: Option<Words<'t>>,
    eventid: Option<Words<'t>>,
    kind: Option<Words<'t>>,
    severity: Option<f64>,
    time: Option<f64>,
    ttl: Option<f64>,
    metrics: Option<&'t RawValue>,
    tags: Option<&'t RawValue>,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Fields::default();
                while let Some(field) = map.next_key()? {
                    match field {
                        Field::Name => once("name", &mut fields.name, &mut map)?,
                        Field::Subject => once("subject", &mut fields.subject, &mut map)?,
                        Field::Origin => once("origin", &mut fields.origin, &mut map)?,
                        Field::Text => once("text", &mut fields.text, &mut map)?,
                        Field::EventId => once("eventid", &mut fields.eventid, &mut map)?,
                        Field::Type => once("type", &mut fields.kind, &mut map)?,
                        Field::Severity => once("severity", &mut fields.severity, &mut map)?,
                        Field::EventTime => once("eventtime", &mut fields.time, &mut map)?,
                        Field::Ttl => once("ttl", &mut fields.ttl, &mut map)?,
                        Field::Metrics => once("metrics", &mut fields.metrics, &mut map)?,
                        Field::Tags => once("tags", &mut fields.tags, &mut map)?,
                        Field::Other => {
                            map.next_value::<Sound>()?;
                        }
                    }
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    name: &str,
    field: &mut Option<T>,
    map: &mut A,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(A::Error::custom(format_args!("{name} stands twice")));
    }
    *field = map.next_value()?;
    Ok(())
}

/// A value that can be read whole, and is thrown away.
///
/// serde's own `IgnoredAny` passes over numbers out of range and halves of surrogate pairs, at
/// which reading the event as a value would fail later.
struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Sound;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Sound, E> {
                Ok(Sound)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Sound, E> {
                Ok(Sound)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Sound, E> {
                Ok(Sound)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Sound, E> {
                Ok(Sound)
            }

            fn visit_str<E>(self, _: &str) -> Result<Sound, E> {
                Ok(Sound)
            }

            fn visit_unit<E>(self) -> Result<Sound, E> {
                Ok(Sound)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Sound, A::Error> {
                while seq.next_element::<Sound>()?.is_some() {}
                Ok(Sound)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sound, A::Error> {
                while map.next_entry::<Sound, Sound>()?.is_some() {}
                Ok(Sound)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A number, which is thrown away.
struct Figure;

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|_| Self)
    }
}

/// An object with members that are such, which is thrown away.
struct Of<M>(PhantomData<M>);

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Of<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<M>(PhantomData<M>);
        impl<'de, M: Deserialize<'de>> Visitor<'de> for Members<M> {
            type Value = Of<M>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Of<M>, A::Error> {
                let mut some = false;
                while map.next_entry::<Sound, M>()?.is_some() {
                    some = true;
                }
                if some { Ok(Of(PhantomData)) } else { Err(A::Error::custom("no members")) }
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// A string, borrowed where the text has it as it is.
struct Words<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Words<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Words<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Words(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Words(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl Fields<'_> {
    fn head(self, text: &str) -> Result<Head, Invalid> {
        let mut reasons = Vec::new();
        let kind = self.kind.as_ref().map(|kind| &*kind.0);
        let (kind, what) = (kind.and_then(Kind::parse), kind);
        match (kind, what) {
            (Some(_), _) => {}
            (None, None) => reasons.push(format!("type is missing: {}", kinds())),
            (None, Some(other)) => {
                reasons.push(format!("type is {:?}: {}", shortened(other), kinds()));
            }
        }
        for (name, field) in [("name", &self.name), ("subject", &self.subject)] {
            match field {
                None => reasons.push(format!("{name} is missing")),
                Some(words) if words.0.trim().is_empty() => {
                    reasons.push(format!("{name} is empty"));
                }
                Some(_) => {}
            }
        }
        let severity = match self.severity {
            None if matches!(kind, Some(Kind::Status | Kind::Alert)) => {
                reasons.push("severity is missing: 0, 1, 2 or 3".to_owned());
                None
            }
            None => Some(Severity::Ok),
            Some(number) => {
                let severity = Severity::ALL.into_iter().find(|s| f64::from(s.number()) == number);
                if severity.is_none() {
                    reasons.push(format!("severity is {number}: 0, 1, 2 or 3"));
                }
                severity
            }
        };
        if let Some(ttl) = self.ttl.filter(|ttl| *ttl <= 0.0) {
            reasons.push(format!("ttl is {ttl}: seconds, more than 0"));
        }
        if let Some(id) = &self.eventid
            && EventId::parse(&id.0).is_none()
        {
            reasons.push(format!("eventid is {:?}: 24 hexadecimal digits", shortened(&id.0)));
        }
        let metrics =
            members::<Of<Figure>>(self.metrics, "metrics", &mut reasons, |name, value| {
                (!value.is_number()).then(|| format!("metrics.{} is no number", shortened(name)))
            });
        let tags = members::<Of<Sound>>(self.tags, "tags", &mut reasons, |_, _| None);
        let (Some(kind), Some(severity), Some(name), Some(subject), true) =
            (kind, severity, self.name, self.subject, reasons.is_empty())
        else {
            return Err(Invalid { reasons });
        };
        let at = |words: Words<'_>| piece(text, words.0);
        Ok(Head {
            name: at(name),
            subject: at(subject),
            origin: self.origin.map(at),
            text: self.text.map(at),
            eventid: self.eventid.map(at),
            kind,
            severity,
            time: self.time,
            ttl: self.ttl,
            metrics: metrics.map(|members| piece(text, Cow::Borrowed(members))),
            tags: tags.map(|members| piece(text, Cow::Borrowed(members))),
        })
    }
}

/// Where a part of the text stands in it.
fn piece(text: &str, part: Cow<'_, str>) -> Piece {
    match part {
        Cow::Owned(own) => Piece::Own(own.into()),
        Cow::Borrowed(part) => {
            let start = part.as_ptr() as usize - text.as_ptr() as usize;
            match (u32::try_from(start), u32::try_from(part.len())) {
                (Ok(start), Ok(len)) => Piece::At { start, len },
                _ => Piece::Own(part.into()),
            }
        }
    }
}

/// The text of an object that has members, all of which are as they must be.
fn members<'t, S: Deserialize<'t>>(
    raw: Option<&'t RawValue>,
    field: &str,
    reasons: &mut Vec<String>,
    wrong: impl Fn(&str, &Value) -> Option<String>,
) -> Option<&'t str> {
    let text = raw?.get();
    if text == "{}" {
        return None;
    }
    // Nearly all are as they must be; what is wrong with the others is found by reading them whole.
    if serde_json::from_str::<S>(text).is_ok() {
        return Some(text);
    }
    match serde_json::from_str::<serde_json::Map<String, Value>>(text) {
        Ok(members) => {
            reasons.extend(members.iter().filter_map(|(name, value)| wrong(name, value)));
            (!members.is_empty()).then_some(text)
        }
        Err(error) if error.is_data() => {
            reasons.push(format!("{field} is no object"));
            None
        }
        Err(error) => {
            reasons.push(format!("{field} cannot be read: {error}"));
            None
        }
    }
}

fn kinds() -> String {
    format!("one of {}", Kind::ALL.map(Kind::name).join(", "))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Says in words what is wrong with a text that is no event.
fn explained(text: &str, error: &serde_json::Error) -> Invalid {
    let object = match serde_json::from_str::<Value>(text) {
        Err(error) => return Invalid::one(format!("not JSON: {error}")),
        Ok(Value::Object(object)) => object,
        Ok(_) => return Invalid::one("no JSON object"),
    };
    let mut reasons = Vec::new();
    for field in ["name", "subject", "origin", "text", "eventid", "type"] {
        if object.get(field).is_some_and(|value| !value.is_string() && !value.is_null()) {
            reasons.push(format!("{field} is no string"));
        }
    }
    for field in ["severity", "eventtime", "ttl"] {
        if object.get(field).is_some_and(|value| !value.is_number() && !value.is_null()) {
            reasons.push(format!("{field} is no number"));
        }
    }
    for field in ["name", "subject", "type"] {
        if object.get(field).is_none_or(Value::is_null) {
            reasons.push(format!("{field} is missing"));
        }
    }
    if reasons.is_empty() {
        reasons.push(error.to_string());
    }
    Invalid { reasons }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The events of the post that defines them.
    const STATUS: &str = r#"{"name":"puppetmaster","eventid":"4d9a33eb2bce3479f50a86e0","text":"PROCS OK: 2 processes with command name puppetmasterd","metrics":{},"tags":{},"subject":"monitor2.foo.net","origin":"nagios bridge","type":"status","eventtime":1301951466,"severity":0}"#;
    const METRIC: &str = r#"{"name":"um.bridge.nagios","created_at":1301940072,"eventid":"4d9a34462bce3479f50a8839","text":"um internal stats for um.bridge.nagios","metrics":{"events":49},"tags":{"version":"0.0.1"},"subject":"monitor2.foo.net","origin":"um stat","type":"metric","extended_data":{"start_time":1301940072},"eventtime":1301951558,"severity":0}"#;

    fn read(text: &str) -> Result<Event, Invalid> {
        Event::read(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn reasons(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn an_event_is_read_and_passed_on_as_it_is() {
        let status = read(STATUS).unwrap();
        assert_eq!(status.raw(), STATUS);
        assert_eq!((status.subject(), status.name()), ("monitor2.foo.net", "puppetmaster"));
        assert_eq!((status.kind(), status.severity()), (Kind::Status, Severity::Ok));
        assert_eq!(status.eventid(), Some("4d9a33eb2bce3479f50a86e0"));
        assert_eq!(status.time(), Some(1_301_951_466.0));
        assert!(!status.has_metrics());
        let metric = read(METRIC).unwrap();
        assert_eq!(metric.metrics(), [("events".to_owned(), 49.0)]);
        assert_eq!(metric.tags(), [("version".to_owned(), "0.0.1".to_owned())]);
        assert_eq!(metric.value()["created_at"], 1_301_940_072);
    }

    #[test]
    fn every_reason_is_told() {
        assert_eq!(
            reasons(r#"{"type":"state","severity":7,"metrics":{"load":"high"},"eventid":"1"}"#),
            "type is \"state\": one of metric, status, archive, alert, simple_counter; name is missing; subject is missing; severity is 7: 0, 1, 2 or 3; eventid is \"1\": 24 hexadecimal digits; metrics.load is no number"
        );
        assert_eq!(
            reasons(r#"{"name":5,"severity":"2"}"#),
            "name is no string; severity is no number; subject is missing; type is missing"
        );
        assert_eq!(
            reasons(r#"{"name":"n","subject":"s","type":"status"}"#),
            "severity is missing: 0, 1, 2 or 3"
        );
        assert_eq!(reasons("[]"), "no JSON object");
        assert!(reasons("{\"name\":").starts_with("not JSON: EOF"));
        assert!(reasons("").starts_with("not JSON: EOF"));
        let with = |more: &str| {
            reasons(&format!(r#"{{"name":"n","subject":"s","type":"archive",{more}}}"#))
        };
        assert!(with(r#""x":NaN"#).starts_with("not JSON"));
        assert!(with(r#""eventtime":1e999"#).contains("out of range"));
        assert!(with(r#""x":1e999"#).contains("out of range"));
        assert!(with(r#""x":"\ud800""#).starts_with("not JSON"));
        assert!(with(r#""name":"m""#).starts_with("name stands twice"));
        assert!(with(r#""metrics":[1]"#).starts_with("metrics is no object"));
        assert_eq!(
            with(&format!(r#""x":{}{}"#, "[".repeat(10_000), "]".repeat(10_000))),
            "nested more than 100 levels deep"
        );
        let latin = Event::read(Bytes::from_static(b"{\"name\":\"caf\xe9\"}"));
        assert_eq!(latin.unwrap_err().to_string(), "not UTF-8: byte 13 is wrong");
    }

    #[test]
    fn brackets_in_words_nest_nothing() {
        let text = format!(
            r#"{{"name":"n","subject":"s","type":"archive","text":"{}"}}"#,
            "[\\\"".repeat(300)
        );
        assert!(read(&text).unwrap().text().starts_with("[\\\"") || read(&text).is_ok());
    }

    #[test]
    fn an_identity_and_a_time_are_given_once() {
        let raw = "{\n \"name\": \"n\",\n \"subject\": \"s\", \"type\": \"metric\", \"metrics\": {\"a\": 1}}";
        let event = read(raw).unwrap();
        assert!(!event.raw().contains(&b'\n'));
        let event = event.identified(|| EventId([7; 12]), 5.5);
        assert_eq!((event.name(), event.subject()), ("n", "s"));
        assert_eq!(event.eventid(), Some("070707070707070707070707"));
        assert_eq!(event.time(), Some(5.5));
        assert_eq!(event.metrics(), [("a".to_owned(), 1.0)]);
        let again = read(std::str::from_utf8(event.raw()).unwrap()).unwrap();
        assert_eq!(again.eventid(), event.eventid());
        let same = again.identified(|| EventId([8; 12]), 6.0);
        assert_eq!(same.raw(), event.raw());
    }

    proptest! {
        /// What is read has the fields that serde_json finds, whatever else stands around them.
        #[test]
        fn fields_are_found_among_others(
            name in "[a-z\\\\\"é\n]{0,5}x", subject in "\\PC{1,8}", text in "\\PC{0,20}",
            severity in 0_u8..4, millis in 0_u32.., key in "[a-z]{11}",
            metric in any::<i32>(), pretty: bool,
        ) {
            let time = f64::from(millis) / 1000.0;
            let value = json!({key: {"name": [1, "]"]}, "text": text, "name": name, "severity": severity,
                "metrics": {"m": metric}, "subject": format!("{subject}."), "eventtime": time, "type": "status"});
            let raw = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let event = read(&raw.unwrap()).unwrap();
            prop_assert_eq!(event.name(), name);
            prop_assert_eq!(event.subject(), format!("{subject}."));
            prop_assert_eq!(event.text(), text);
            prop_assert_eq!(event.severity().number(), severity);
            prop_assert_eq!(event.time(), Some(time));
            prop_assert_eq!(event.metrics(), [("m".to_owned(), f64::from(metric))]);
            let event = event.identified(|| EventId([1; 12]), 0.0);
            prop_assert_eq!(event.subject(), format!("{subject}."));
            prop_assert_eq!(event.value()["metrics"]["m"].as_i64(), Some(i64::from(metric)));
        }

        /// Nothing that comes makes it fail in another way than saying why.
        #[test]
        fn anything_is_read_or_explained(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Err(invalid) = Event::read(bytes.into()) {
                prop_assert!(!invalid.reasons.is_empty());
            }
        }
    }
}
