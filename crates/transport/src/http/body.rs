//! The events of a request: one, an array, or one a line.

use bytes::Bytes;
use groundrule_core::delivery::Message;
use groundrule_core::event::Event;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Of how many invalid events the reasons are told.
const TOLD: usize = 100;

/// Why none of the events was taken.
#[derive(Debug)]
pub struct Rejected {
    why: String,
    events: Vec<(usize, Vec<String>)>,
}

impl Rejected {
    fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), events: Vec::new() }
    }

    /// As it is answered.
    pub fn answer(&self) -> Value {
        let event =
            |(index, reasons): &(usize, Vec<String>)| json!({ "index": index, "reasons": reasons });
        let events: Vec<_> = self.events.iter().take(TOLD).map(event).collect();
        json!({ "error": self.why, "events": events })
    }
}

/// The events of a body, each as a message of its own; all are valid.
pub fn events(body: &Bytes, lines: bool) -> Result<Vec<Message>, Rejected> {
    let pieces = pieces(body, lines)?;
    let count = pieces.len();
    let mut messages = Vec::with_capacity(count);
    let mut invalid = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        match Event::read(piece) {
            Ok(event) => messages.push(Message::new(event.raw().clone())),
            Err(error) => invalid.push((index, error.reasons)),
        }
    }
    if invalid.is_empty() {
        return Ok(messages);
    }
    let why = format!("{} of {count} events invalid: none was taken", invalid.len());
    Err(Rejected { why, events: invalid })
}

fn pieces(body: &Bytes, lines: bool) -> Result<Vec<Bytes>, Rejected> {
    let text = body.trim_ascii();
    match text.first() {
        None => Err(Rejected::because("no event came: post one as a JSON object")),
        Some(b'[') if !lines => {
            let elements: Vec<&RawValue> = serde_json::from_slice(text)
                .map_err(|error| Rejected::because(format!("not JSON: {error}")))?;
            let piece = |element: &&RawValue| body.slice_ref(element.get().as_bytes());
            Ok(elements.iter().map(piece).collect())
        }
        Some(_) if lines || is_lines(text) => {
            let mut start = 0;
            let mut pieces = Vec::new();
            for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
                let line = text[start..end].trim_ascii();
                if !line.is_empty() {
                    pieces.push(body.slice_ref(line));
                }
                start = end + 1;
            }
            Ok(pieces)
        }
        Some(_) => Ok(vec![body.slice_ref(text)]),
    }
}

/// Whether it is an object a line: inside of one, no line that begins with an opening brace can
/// follow one that ends with a closing brace.
fn is_lines(text: &[u8]) -> bool {
    let Some(feed) = memchr::memchr(b'\n', text) else { return false };
    let (first, rest) = text.split_at(feed);
    first.trim_ascii_end().ends_with(b"}") && rest.trim_ascii_start().starts_with(b"{")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str) -> String {
        format!(r#"{{"name":"{name}","subject":"s","type":"metric","tags":{{"a":"[b"}}}}"#)
    }

    fn read(body: &str, lines: bool) -> Result<Vec<String>, Value> {
        let taken = events(&Bytes::copy_from_slice(body.as_bytes()), lines);
        let text = |message: Message| String::from_utf8_lossy(&message.body).into_owned();
        taken.map(|all| all.into_iter().map(text).collect()).map_err(|error| error.answer())
    }

    #[test]
    fn every_form_is_told_apart() {
        let (a, b) = (event("a"), event("b"));
        let both = Ok(vec![a.clone(), b.clone()]);
        assert_eq!(read(&a, false), Ok(vec![a.clone()]));
        assert_eq!(read(&a, true), Ok(vec![a.clone()]));
        assert_eq!(read(&format!(" [\n{a} , {b}]\n"), false), both);
        assert_eq!(read(&format!("\n{a}\r\n\n{b}\n"), true), both);
        assert_eq!(read(&format!("{a}\n{b}"), false), both);
        let pretty = a.replace(',', ",\n").replace("\"}}", "\"}\n}");
        assert_eq!(read(&pretty, false).unwrap().len(), 1);
        assert_eq!(read("[]", false), Ok(Vec::new()));
    }

    #[test]
    fn what_is_invalid_is_told_and_nothing_taken() {
        let error =
            read(&format!("[{}, 5, {{\"type\":\"metric\",\"name\":\"n\"}}]", event("a")), false);
        let expected = json!({"error": "2 of 3 events invalid: none was taken", "events": [
            {"index": 1, "reasons": ["no JSON object"]}, {"index": 2, "reasons": ["subject is missing"]}]});
        assert_eq!(error, Err(expected));
        for nonsense in ["", " \n", "[1,", "nonsense", "{", "\"x\"", "[[]]"] {
            let error = read(nonsense, false).unwrap_err();
            assert!(!error["error"].as_str().unwrap().is_empty(), "{nonsense}");
        }
        let many = "x\n".repeat(1000);
        assert_eq!(read(&many, true).unwrap_err()["events"].as_array().unwrap().len(), TOLD);
    }
}
