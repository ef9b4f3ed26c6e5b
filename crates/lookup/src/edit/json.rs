//! Keys of a JSON file.

use crate::Fault;
use crate::data::{Value, json};

/// A key of the outermost hash, by bytes of the text.
struct Entry {
    name: String,
    start: usize,
    value: usize,
    end: usize,
}

struct Outline {
    entries: Vec<Entry>,
    /// Behind the brace that opens.
    open: usize,
    /// At the brace that closes.
    close: usize,
}

/// Texts with a key set.
pub(super) fn set(text: &str, key: &str, value: &Value) -> Result<Vec<String>, Fault> {
    if text.trim().is_empty() {
        return Ok(vec![format!("{{\n  {}: {}\n}}\n", quoted(key), pretty(value, "  "))]);
    }
    let outline = outline(text)?;
    // The indent of the first key, if it stands on a line of its own.
    let first = outline.entries.first();
    let line = first.map(|entry| &text[outline.open..entry.start]);
    let indent = line.and_then(|line| line.rsplit_once('\n')).map(|(_, blanks)| blanks.to_owned());
    let written = match (&indent, first) {
        (Some(indent), _) => pretty(value, indent),
        (None, None) => pretty(value, "  "),
        (None, Some(_)) => serde_json::Value::from(value).to_string(),
    };
    if let Some(entry) = outline.entries.iter().rev().find(|entry| entry.name == key) {
        return Ok(vec![format!("{}{written}{}", &text[..entry.value], &text[entry.end..])]);
    }
    let member = format!("{}: {written}", quoted(key));
    Ok(vec![match (outline.entries.last(), indent) {
        (Some(last), Some(indent)) => {
            format!("{},\n{indent}{member}{}", &text[..last.end], &text[last.end..])
        }
        (Some(last), None) => format!("{}, {member}{}", &text[..last.end], &text[last.end..]),
        (None, _) => format!("{}\n  {member}\n{}", &text[..outline.open], &text[outline.close..]),
    }])
}

/// The text without a key.
pub(super) fn unset(text: &str, key: &str) -> Result<String, Fault> {
    let outline = outline(text)?;
    let Some(index) = outline.entries.iter().rposition(|entry| entry.name == key) else {
        return Ok(text.to_owned());
    };
    let entry = &outline.entries[index];
    let (start, end) = match (
        outline.entries.get(index + 1),
        index.checked_sub(1).map(|before| &outline.entries[before]),
    ) {
        (Some(next), _) => (entry.start, next.start),
        (None, Some(before)) => (before.end, entry.end),
        (None, None) => (outline.open, outline.close),
    };
    Ok(format!("{}{}", &text[..start], &text[end..]))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value on lines of its own, those below the first indented.
fn pretty(value: &Value, indent: &str) -> String {
    let text = serde_json::to_string_pretty(&serde_json::Value::from(value)).unwrap_or_default();
    text.replace('\n', &format!("\n{indent}"))
}

/// Finds the keys of the outermost hash of a text that is known to be JSON.
fn outline(text: &str) -> Result<Outline, Fault> {
    let plain = json::without_comments(text);
    let bytes = plain.as_bytes();
    let refuse = || Fault::new("the file holds no hash", "write { \"key\": … }");
    let open = plain.find('{').ok_or_else(refuse)? + 1;
    let mut outline = Outline { entries: Vec::new(), open, close: open };
    let mut at = open;
    loop {
        at += blanks(&bytes[at..]);
        match bytes.get(at) {
            Some(b'"') => {
                let end = at + json::string_end(&plain[at..]);
                let name = serde_json::from_str(&plain[at..end]).map_err(|_| refuse())?;
                let value = end + blanks(&bytes[end..]) + 1;
                let value = value + blanks(&bytes[value..]);
                let value_end = value_end(&plain, value);
                outline.entries.push(Entry { name, start: at, value, end: value_end });
                at = value_end;
            }
            Some(b',') => at += 1,
            Some(b'}') => {
                outline.close = at;
                return Ok(outline);
            }
            _ => return Err(refuse()),
        }
    }
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Where a value ends: at the comma or brace behind it.
fn value_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut end) = (start, 0_usize, start);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += json::string_end(&text[at..]);
                end = at;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => break,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => break,
            _ => {}
        }
        at += 1;
        if !byte.is_ascii_whitespace() {
            end = at;
        }
    }
    end
}
