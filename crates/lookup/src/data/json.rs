//! JSON as Ruby's `json` reads it: comments are let pass, a key that comes again wins.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Document, Limits, Map, Value};
use crate::Fault;

/// Reads a text.
///
/// # Errors
///
/// With line and column, where the text is no JSON, or more than the limits allow.
pub fn read(text: &str, limits: &Limits) -> Result<Document, Fault> {
    let text = without_comments(text.strip_prefix('\u{feff}').unwrap_or(text));
    if let Some(fault) = too_long(&text) {
        return Err(fault);
    }
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let mut nodes = 0;
    let reader = Reader { nodes: &mut nodes, most: limits.nodes };
    let root = reader.deserialize(&mut deserializer).map_err(|error| fault(&error))?;
    deserializer.end().map_err(|error| fault(&error))?;
    let places = match &root {
        Value::Hash(map) => places(&text, map),
        _ => Vec::new(),
    };
    Ok(Document::new(root, places, nodes))
}

/// The first whole number of more than 64 bits: it would become another number without a word.
fn too_long(text: &str) -> Option<Fault> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at += string_end(&text[at..]),
            b'-' | b'0'..=b'9' => {
                let number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let end = at + bytes[at..].iter().take_while(|byte| number(byte)).count();
                let token = &text[at..end];
                let is_whole = !token.contains(['.', 'e', 'E']);
                let fits = || token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
                if is_whole && token.len() > 18 && !fits() {
                    let line = text[..at].matches('\n').count() as u64 + 1;
                    let start = text[..at].rfind('\n').map_or(0, |start| start + 1);
                    let what = "a whole number of more than 64 bits";
                    return Some(Fault::new(what, "quote it").at(line, (at - start) as u64 + 1));
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

fn fault(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let what = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    let help = if error.is_eof() { "complete the text" } else { "correct the text there" };
    Fault::new(format!("not JSON: {what}"), help).at(error.line() as u64, error.column() as u64)
}

/// The text with blanks for comments, byte by byte, so that every place stays what it is.
pub(crate) fn without_comments(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains("//") && !text.contains("/*") {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with('"') {
            let end = string_end(rest);
            out.push_str(&rest[..end]);
            end
        } else {
            let end = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(0, |end| end + 2)
            } else {
                0
            };
            if end == 0 {
                out.push('/');
                1
            } else {
                out.extend(rest[..end].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
                end
            }
        };
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.into()
}

/// Where the string that a text begins with ends, or the text.
pub(crate) fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Places of the keys of the outermost hash, of a text that is known to be JSON.
fn places(text: &str, map: &Map) -> Vec<(u64, u64)> {
    let mut places = vec![(0, 0); map.len()];
    let (mut depth, mut line, mut line_start, mut at) = (0_usize, 1, 0, 0);
    let mut key_next = false;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => {
                depth += 1;
                key_next = depth == 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => key_next = depth == 1,
            b'\n' => {
                line += 1;
                line_start = at + 1;
            }
            b'"' => {
                let end = at + string_end(&text[at..]);
                if key_next {
                    key_next = false;
                    let index = serde_json::from_str::<String>(&text[at..end])
                        .ok()
                        .and_then(|key| map.get_index_of(key.as_str()));
                    if let Some(index) = index {
                        places[index] = (line, (at - line_start) as u64 + 1);
                    }
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    places
}

struct Reader<'a> {
    nodes: &'a mut usize,
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.nodes += 1;
        if *self.nodes > self.most {
            return Err(D::Error::custom(format!("more than {} values", self.most)));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Int(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) =
            seq.next_element_seed(Reader { nodes: &mut *self.nodes, most: self.most })?
        {
            items.push(item);
        }
        Ok(Value::list(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::default();
        while let Some(key) = access.next_key::<String>()? {
            let value =
                access.next_value_seed(Reader { nodes: &mut *self.nodes, most: self.most })?;
            map.insert(key.into(), value);
        }
        Ok(Value::map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_let_pass_and_places_are_kept() {
        let text = "{ // one\n  \"a\": \"x // no /* no\", /* two\n */ \"b\": {\"a\": 1}, \"a\": [null, 1.5, 18446744073709551615]\n}";
        let document = read(text, &Limits::default()).unwrap();
        assert_eq!(
            document.root.inspect(),
            r#"{"a"=>[nil, 1.5, 18446744073709551615], "b"=>{"a"=>1}}"#
        );
        assert_eq!((document.place("a"), document.place("b")), ((3, 20), (3, 5)));
    }

    #[test]
    fn faults_tell_their_place() {
        for (text, place) in
            [("{\"a\": [1,\n  nope]}", (2, 4)), ("{\"a\":", (1, 5)), ("{\"a\": NaN}", (1, 7))]
        {
            let fault = read(text, &Limits::default()).unwrap_err();
            assert_eq!((fault.line, fault.column), (Some(place.0), Some(place.1)), "{fault}");
        }
        let fault = read("{\"a\":\n 123456789012345678901}", &Limits::default()).unwrap_err();
        assert_eq!((fault.line, fault.column), (Some(2), Some(2)), "{fault}");
        let limits = Limits { nodes: 3, ..Limits::default() };
        assert!(read("[1,2,3]", &limits).unwrap_err().what.contains("more than 3 values"));
    }
}
