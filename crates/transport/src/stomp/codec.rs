//! Frames that come in, in versions 1.0 to 1.2, with limits on everything.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;
use tokio_util::codec::Decoder;

use super::frame::{Frame, Version, line, unescape};

/// The most headers of a frame.
const MAX_HEADERS: usize = 256;
/// The most bytes of a header line.
const MAX_LINE: usize = 16 << 10;
/// The most bytes of all header lines.
const MAX_HEAD: usize = 64 << 10;
/// How much is kept of a body that is too large.
pub const KEPT: usize = 64 << 10;

/// What is wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// It is not as the protocol says.
    #[error("it sent what is not STOMP: {0}")]
    Malformed(&'static str),
    /// It is larger than anything sensible.
    #[error("it sent a frame with too much before its body: {0}")]
    Excessive(&'static str),
    /// It cannot be said in this version of the protocol.
    #[error("header {0:?} cannot be said in this version of STOMP")]
    Unsayable(String),
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Takes frames apart; how it puts them together stands in `encode`.
pub struct Codec {
    /// The version that was agreed on; none before that.
    pub(super) version: Option<Version>,
    max_body: usize,
    state: State,
}

enum State {
    /// In the head; so many of its bytes are whole lines that were looked at.
    Head(Lines),
    /// In a body of that length.
    Sized(Frame, usize),
    /// In a body that ends with NUL; so many bytes hold none.
    Open(Frame, usize),
    /// In the rest of a body that is too large: how many bytes are left, if known.
    Skip(Frame, Option<u64>),
}

/// How far a head is read.
#[derive(Clone, Copy, Default)]
struct Lines {
    at: usize,
    count: usize,
}

impl Codec {
    /// For frames whose bodies have at most so many bytes; of larger ones the beginning is kept.
    pub fn new(max_body: usize) -> Self {
        Self { version: None, max_body, state: State::Head(Lines::default()) }
    }

    /// From here on this version is spoken.
    pub fn agree(&mut self, version: Version) {
        self.version = Some(version);
    }

    /// Whether no version was agreed on yet.
    pub fn is_fresh(&self) -> bool {
        self.version.is_none()
    }

    /// Reads a head once it is there, and says what kind of body follows.
    fn head(&mut self, src: &mut BytesMut, mut read: Lines) -> Result<Option<State>, CodecError> {
        if read.at == 0 {
            skip_beats(src);
        }
        loop {
            let Some(end) = memchr(b'\n', &src[read.at..]) else {
                within(src.len() - read.at, MAX_LINE, "a header line")?;
                within(src.len(), MAX_HEAD, "all headers")?;
                self.state = State::Head(read);
                return Ok(None);
            };
            let text = &src[read.at..read.at + end];
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            within(text.len(), MAX_LINE, "a header line")?;
            within(read.at + end, MAX_HEAD, "all headers")?;
            if text.is_empty() {
                break;
            }
            self.check(text, read.count)?;
            read = Lines { at: read.at + end + 1, count: read.count + 1 };
        }
        let head = src.split_to(read.at).freeze();
        src.advance(line(src, 0).1);
        self.body(head).map(Some)
    }

    /// Holds a line of a head against the protocol.
    fn check(&self, text: &[u8], number: usize) -> Result<(), CodecError> {
        if memchr(0, text).is_some() {
            return Err(CodecError::Malformed("a frame ends within its headers"));
        }
        if number == 0 {
            let name = text.iter().all(u8::is_ascii_uppercase);
            return if name { Ok(()) } else { Err(CodecError::Malformed("no command")) };
        }
        within(number, MAX_HEADERS, "the number of headers")?;
        match memchr(b':', text) {
            None => Err(CodecError::Malformed("a header without a colon")),
            Some(0) => Err(CodecError::Malformed("a header without a name")),
            Some(_) if self.version > Some(Version::V1_0) && unescape(text).is_none() => {
                Err(CodecError::Malformed("an escape that means nothing"))
            }
            Some(_) => Ok(()),
        }
    }

    fn body(&self, head: Bytes) -> Result<State, CodecError> {
        let escaped = self.version > Some(Version::V1_0) && !head.starts_with(b"CONNECT");
        let frame = Frame { head, escaped, body: Bytes::new(), cut: None };
        let Some(length) = frame.raw("content-length") else {
            return Ok(State::Open(frame, 0));
        };
        let length = std::str::from_utf8(&length)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or(CodecError::Malformed("a content-length that is no number"))?;
        Ok(match usize::try_from(length) {
            Ok(fits) if fits <= self.max_body => State::Sized(frame, fits),
            _ => State::Skip(Frame { cut: Some(length), ..frame }, Some(length)),
        })
    }

    /// A body of known length, and the NUL behind it.
    fn sized(
        &mut self,
        src: &mut BytesMut,
        mut frame: Frame,
        length: usize,
    ) -> Result<Option<Frame>, CodecError> {
        if src.len() <= length {
            src.reserve(length + 1 - src.len());
            self.state = State::Sized(frame, length);
            return Ok(None);
        }
        frame.body = src.split_to(length).freeze();
        ended(src)?;
        Ok(Some(frame))
    }

    /// A body up to its NUL; `clean` bytes are known to hold none.
    fn open(&mut self, src: &mut BytesMut, mut frame: Frame, clean: usize) -> Option<Frame> {
        match memchr(0, &src[clean..]) {
            Some(end) if clean + end <= self.max_body => {
                frame.body = src.split_to(clean + end).freeze();
                src.advance(1);
                return Some(frame);
            }
            None if src.len() <= self.max_body => {
                self.state = State::Open(frame, src.len());
                return None;
            }
            _ => {}
        }
        frame.cut = Some(0);
        self.state = State::Skip(frame, None);
        None
    }

    /// The rest of a body that is too large, of which the beginning is kept.
    fn skip(
        &mut self,
        src: &mut BytesMut,
        mut frame: Frame,
        left: Option<u64>,
    ) -> Result<Option<Frame>, CodecError> {
        let here = match left {
            Some(left) => usize::try_from(left).unwrap_or(usize::MAX).min(src.len()),
            None => memchr(0, src).unwrap_or(src.len()),
        };
        let keep = KEPT.min(self.max_body).saturating_sub(frame.body.len()).min(here);
        if keep > 0 {
            // A copy, so that what is skipped is not held by what is kept.
            frame.body = [&frame.body[..], &src[..keep]].concat().into();
        }
        src.advance(here);
        let left = left.map(|left| left - here as u64);
        if left.is_none() {
            frame.cut = frame.cut.map(|cut| cut + here as u64);
        }
        if src.is_empty() || left.is_some_and(|left| left > 0) {
            self.state = State::Skip(frame, left);
            return Ok(None);
        }
        ended(src)?;
        Ok(Some(frame))
    }
}

impl Decoder for Codec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        loop {
            let fresh = State::Head(Lines::default());
            let found = match std::mem::replace(&mut self.state, fresh) {
                State::Head(read) => match self.head(src, read)? {
                    Some(next) => {
                        self.state = next;
                        continue;
                    }
                    None => None,
                },
                State::Sized(frame, length) => self.sized(src, frame, length)?,
                State::Open(frame, clean) => {
                    let found = self.open(src, frame, clean);
                    if matches!(self.state, State::Skip(..)) {
                        continue;
                    }
                    found
                }
                State::Skip(frame, left) => self.skip(src, frame, left)?,
            };
            return Ok(found);
        }
    }
}

/// Takes off the line ends between frames, which are heart-beats.
fn skip_beats(src: &mut BytesMut) {
    let beats = src.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    src.advance(beats);
}

/// Takes off the NUL that ends a frame.
fn ended(src: &mut BytesMut) -> Result<(), CodecError> {
    match src.first() {
        Some(0) => {
            src.advance(1);
            Ok(())
        }
        _ => Err(CodecError::Malformed("a body longer than it said")),
    }
}

fn within(size: usize, most: usize, what: &'static str) -> Result<(), CodecError> {
    if size > most { Err(CodecError::Excessive(what)) } else { Ok(()) }
}
