//! Lines of `key,value`, as Puppet's extlookup reads them: of a key that comes again the first line counts; several columns are a list.

use crate::Fault;
use crate::data::{Document, Format, Limits, Map, Value};

/// How CSV files are read.
pub const FORMAT: Format = Format::Other("csv", read);

/// Reads a text: a hash of the keys. A key without a value holds `Null`.
///
/// # Errors
///
/// With the line, where a quote has no end or stands inside of a value that is not quoted.
pub fn read(text: &str, limits: &Limits) -> Result<Document, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut map = Map::default();
    let mut places = Vec::new();
    let mut nodes = 0;
    let mut records = Records { rest: text, line: 1 };
    while let Some((line, fields)) = records.next()? {
        nodes += fields.len();
        if nodes > limits.nodes {
            return Err(Fault::new(format!("more than {} values", limits.nodes), "split the file")
                .at(line, 1));
        }
        let mut fields = fields.into_iter();
        let Some(key) = fields.next() else { continue };
        if map.contains_key(key.as_str()) {
            continue;
        }
        let mut values: Vec<Value> = fields.map(Value::from).collect();
        let value = match values.len() {
            0 => Value::Null,
            1 => values.remove(0),
            _ => Value::list(values),
        };
        map.insert(key.into(), value);
        places.push((line, 1));
    }
    Ok(Document::new(Value::map(map), places, nodes))
}

/// The lines of a text: Ruby's CSV is stricter than most readers, and a value that it refuses must not become another one here.
struct Records<'a> {
    rest: &'a str,
    line: u64,
}

impl Records<'_> {
    fn next(&mut self) -> Result<Option<(u64, Vec<String>)>, Fault> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let line = self.line;
            let mut fields = Vec::new();
            loop {
                fields.push(self.field()?);
                match self.rest.as_bytes().first() {
                    Some(b',') => self.rest = &self.rest[1..],
                    _ => break,
                }
            }
            self.rest = self
                .rest
                .strip_prefix("\r\n")
                .or_else(|| self.rest.strip_prefix(['\n', '\r']))
                .unwrap_or(self.rest);
            self.line += 1;
            if fields.len() > 1 || !fields[0].is_empty() {
                return Ok(Some((line, fields)));
            }
        }
    }

    fn field(&mut self) -> Result<String, Fault> {
        let line = self.line;
        let fault = |what: &str, help: &str| Err(Fault::new(what, help).at(line, 1));
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
            let (field, rest) = self.rest.split_at(end);
            if field.contains('"') {
                return fault(
                    "a quote stands inside of a value that is not quoted",
                    "quote the whole value, and write \"\" for a quote in it",
                );
            }
            self.rest = rest;
            return Ok(field.to_owned());
        };
        let mut field = String::new();
        let mut rest = quoted;
        loop {
            let Some(end) = rest.find('"') else {
                return fault("a quote has no end", "close it with \"");
            };
            field.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(after) => {
                    field.push('"');
                    rest = after;
                }
                None => break,
            }
        }
        if !rest.is_empty() && !rest.starts_with([',', '\n', '\r']) {
            return fault(
                "something stands behind a quoted value",
                "put it into the quotes, or a comma before it",
            );
        }
        self.line += field.matches('\n').count() as u64;
        self.rest = rest;
        Ok(field)
    }
}
