//! Keys of a YAML file.

use granit_parser::{Event, Parser, Span, StrInput, StructureStyle};

use crate::Fault;
use crate::data::{Map, Value};
use crate::render;

/// A key of the outermost hash, by bytes of the text.
struct Entry {
    name: Option<String>,
    start: usize,
    /// Behind the colon.
    colon: usize,
    end: usize,
}

/// The outermost hash.
struct Outline {
    entries: Vec<Entry>,
    /// Blanks before each key.
    indent: usize,
}

/// Texts with a key set, the best first.
pub(super) fn set(text: &str, key: &str, value: &Value) -> Result<Vec<String>, Fault> {
    let outline = outline(text)?;
    let written = entry_text(key, value, outline.indent);
    let Some(entry) = outline.entries.iter().rev().find(|entry| entry.name.as_deref() == Some(key))
    else {
        let at = outline.entries.last().map_or(text.len(), |last| line_end(text, last.end));
        let (before, after) = text.split_at(at);
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let indent = " ".repeat(outline.indent);
        return Ok(vec![format!(
            "{before}{gap}{indent}{written}\n{}",
            after.strip_prefix('\n').unwrap_or(after)
        )]);
    };
    // What is written is `key: value`; the key stands in the file already, as somebody wrote it.
    let value_text = &written[key_width(key, value)..];
    let end = line_end(text, entry.end);
    let comment = text[entry.end..end].trim_end();
    let (first, others) = value_text
        .split_once('\n')
        .map_or((value_text, None), |(first, others)| (first, Some(others)));
    let others = others.map(|others| format!("\n{others}")).unwrap_or_default();
    let (before, after) = (&text[..entry.colon], &text[end..]);
    let start = text[..entry.start].rfind('\n').map_or(0, |at| at + 1);
    Ok(vec![
        format!("{before}{first}{comment}{others}{after}"),
        // A comment that cannot stay behind the value goes above the key.
        format!(
            "{}{}\n{}{first}{others}{after}",
            &text[..start],
            comment.trim_start(),
            &text[start..entry.colon]
        ),
    ])
}

/// The text without a key.
pub(super) fn unset(text: &str, key: &str) -> Result<String, Fault> {
    let outline = outline(text)?;
    let found = outline.entries.iter().rev().find(|entry| entry.name.as_deref() == Some(key));
    let Some(entry) = found else { return Ok(text.to_owned()) };
    let start = text[..entry.start].rfind('\n').map_or(0, |at| at + 1);
    let end = line_end(text, entry.end);
    Ok(format!("{}{}", &text[..start], text[end..].strip_prefix('\n').unwrap_or("")))
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at)
}

/// `key: value` without the last line feed, its further lines indented.
fn entry_text(key: &str, value: &Value, indent: usize) -> String {
    let map: Map = [(Value::from(key), value.clone())].into_iter().collect();
    let text = render::yaml(&Value::map(map));
    let text = text.strip_prefix("---\n").unwrap_or(&text);
    let text = text.strip_suffix("...\n").unwrap_or(text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.replace('\n', &format!("\n{}", " ".repeat(indent)))
}

/// How long the key and its colon are in what [`entry_text`] writes.
fn key_width(key: &str, value: &Value) -> usize {
    // The same key with nothing behind it is the key and its colon.
    let bare = entry_text(key, &Value::Null, 0);
    let whole = entry_text(key, value, 0);
    bare.bytes().zip(whole.bytes()).take_while(|(a, b)| a == b).count()
}

/// Finds the keys of the outermost hash.
fn outline(text: &str) -> Result<Outline, Fault> {
    let offset = text.len() - text.trim_start_matches('\u{feff}').len();
    let settings =
        granit_parser::options! { emit_comments: false, block_scalar_eof_without_line_feed: true };
    let mut walk =
        Walk { events: Parser::new_from_str_with_options(&text[offset..], settings), text, offset };
    loop {
        match walk.next()? {
            Some((Event::StreamStart | Event::DocumentStart(..), _)) => {}
            Some((Event::MappingStart(StructureStyle::Block, ..), span)) => {
                return walk.mapping(&span);
            }
            Some((Event::MappingStart(..), span)) => {
                return Err(Fault::new(
                    "the hash is written in braces",
                    "write `key: value` lines instead, which can be changed one by one",
                )
                .at(span.start.line() as u64, span.start.col() as u64 + 1));
            }
            _ => return Ok(Outline { entries: Vec::new(), indent: 0 }),
        }
    }
}

struct Walk<'a> {
    events: Parser<'a, StrInput<'a>>,
    text: &'a str,
    offset: usize,
}

impl<'a> Walk<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Fault> {
        self.events.next_event().transpose().map_err(|error| {
            let mark = error.marker();
            Fault::new(format!("not YAML: {}", error.info()), "correct the text there")
                .at(mark.line() as u64, mark.col() as u64 + 1)
        })
    }

    fn bytes(&self, span: &Span) -> (usize, usize) {
        let range = span.byte_range().unwrap_or(0..0);
        (range.start + self.offset, range.end + self.offset)
    }

    fn mapping(&mut self, span: &Span) -> Result<Outline, Fault> {
        let mut outline = Outline { entries: Vec::new(), indent: span.start.col() };
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let name = event.scalar().map(|(text, _)| text.to_owned());
            let (start, _) = self.bytes(&span);
            let key_end = self.rest_of(&event, &span)?;
            let Some((event, span)) = self.next()? else { break };
            let value_end = self.rest_of(&event, &span)?.max(key_end);
            let colon = self.text[key_end..].find(':').map_or(key_end, |at| key_end + at + 1);
            let end = colon.max(value_end);
            // A block of text may reach to the next key; its last line feed is none of it.
            let end = colon.max(self.text[..end].trim_end().len());
            outline.entries.push(Entry { name, start, colon, end });
        }
        Ok(outline)
    }

    /// Reads what is left of a value, and tells where it ends.
    fn rest_of(&mut self, event: &Event<'a>, span: &Span) -> Result<usize, Fault> {
        let mut end = self.bytes(span).1;
        let mut depth =
            usize::from(matches!(event, Event::SequenceStart(..) | Event::MappingStart(..)));
        if depth > 0 {
            end = self.bytes(span).0;
        }
        while depth > 0 {
            let Some((event, span)) = self.next()? else { break };
            let (start, stop) = self.bytes(&span);
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
                // The end of a block is where the next thing begins; that of braces is a character.
                Event::SequenceEnd | Event::MappingEnd => {
                    depth -= 1;
                    if matches!(self.text.as_bytes().get(start), Some(b'}' | b']')) && stop > start
                    {
                        end = end.max(stop);
                    }
                }
                _ => end = end.max(stop),
            }
        }
        Ok(end)
    }
}
