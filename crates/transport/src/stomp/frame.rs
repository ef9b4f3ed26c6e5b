//! Frames as they come in: a head that is looked up where it lies, and a body.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memchr;

/// A version of the protocol; the order is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Escapes nothing, has no heart-beats.
    V1_0,
    /// Escapes line ends, colons and backslashes.
    V1_1,
    /// Escapes carriage returns too, and acknowledges by a header of its own.
    V1_2,
}

impl Version {
    /// All of them with their names.
    pub const ALL: [(&str, Self); 3] =
        [("1.0", Self::V1_0), ("1.1", Self::V1_1), ("1.2", Self::V1_2)];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, version)| *version)
    }
}

/// A frame that came in.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The command and the headers, a line each, as they came.
    pub(super) head: Bytes,
    /// Whether its headers are escaped.
    pub(super) escaped: bool,
    /// What it carries, or the beginning of that.
    pub body: Bytes,
    /// How long the body was, where only its beginning is kept.
    pub cut: Option<u64>,
}

impl Frame {
    /// What it is: `MESSAGE`, `RECEIPT`, `ERROR`, `CONNECTED`.
    pub fn command(&self) -> &[u8] {
        line(&self.head, 0).0
    }

    /// A header as it came, still escaped; the first of that name.
    pub fn raw(&self, name: &str) -> Option<Bytes> {
        let (_, mut at) = line(&self.head, 0);
        while at < self.head.len() {
            let (text, next) = line(&self.head, at);
            let value = text.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
            if let Some(value) = value {
                return Some(self.head.slice_ref(value));
            }
            at = next;
        }
        None
    }

    /// A header; the first of that name.
    pub fn header(&self, name: &str) -> Option<String> {
        let raw = self.raw(name)?;
        let value = if self.escaped { unescape(&raw)? } else { Cow::Borrowed(&raw[..]) };
        Some(String::from_utf8_lossy(&value).into_owned())
    }
}

/// The line that begins there, without its end, and where the next one begins.
pub(super) fn line(head: &[u8], from: usize) -> (&[u8], usize) {
    let rest = head.get(from..).unwrap_or_default();
    let (text, next) = match memchr(b'\n', rest) {
        Some(end) => (&rest[..end], from + end + 1),
        None => (rest, head.len()),
    };
    (text.strip_suffix(b"\r").unwrap_or(text), next)
}

/// Without escapes; nothing when one of them has no meaning.
pub(super) fn unescape(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if memchr(b'\\', text).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(match (byte, byte == b'\\') {
            (_, false) => byte,
            _ => match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b'c' => b':',
                b'\\' => b'\\',
                _ => return None,
            },
        });
    }
    Some(Cow::Owned(plain))
}
