//! Frames that go out, each version with its escapes.

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use memchr::{memchr2, memchr3};
use tokio_util::codec::Encoder;

use super::codec::{Codec, CodecError};
use super::frame::Version;

/// A frame that goes out.
pub struct Outgoing<'a> {
    /// What it is.
    pub command: &'a str,
    /// Names and values, not escaped.
    pub headers: &'a [(&'a str, &'a str)],
    /// What it carries; its length is told where there is something.
    pub body: &'a [u8],
}

impl Encoder<Outgoing<'_>> for Codec {
    type Error = CodecError;

    fn encode(&mut self, frame: Outgoing<'_>, to: &mut BytesMut) -> Result<(), CodecError> {
        encode_head(self.version, &frame, to)?;
        to.reserve(frame.body.len() + 1);
        to.put_slice(frame.body);
        to.put_u8(0);
        Ok(())
    }
}

/// Writes all that comes before the body.
///
/// # Errors
/// When a header cannot be said in that version.
pub(super) fn encode_head(
    version: Option<Version>,
    frame: &Outgoing<'_>,
    to: &mut BytesMut,
) -> Result<(), CodecError> {
    let rules = version.filter(|_| !frame.command.starts_with("CONNECT"));
    let sizes: usize = frame.headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    to.reserve(frame.command.len() + sizes + 48);
    to.put_slice(frame.command.as_bytes());
    to.put_u8(b'\n');
    for (name, value) in frame.headers {
        let unsayable = || CodecError::Unsayable((*name).to_owned());
        to.put_slice(&escape(name, rules, true).ok_or_else(unsayable)?);
        to.put_u8(b':');
        to.put_slice(&escape(value, rules, false).ok_or_else(unsayable)?);
        to.put_u8(b'\n');
    }
    if !frame.body.is_empty() {
        to.put_slice(b"content-length:");
        to.put_slice(frame.body.len().to_string().as_bytes());
        to.put_u8(b'\n');
    }
    to.put_u8(b'\n');
    Ok(())
}

/// As it is written in that version, if it can be.
fn escape(text: &str, version: Option<Version>, is_name: bool) -> Option<Cow<'_, [u8]>> {
    let bytes = text.as_bytes();
    if memchr3(b'\n', b'\r', b'\0', bytes).is_none() && memchr2(b':', b'\\', bytes).is_none() {
        return (!is_name || !bytes.is_empty()).then_some(Cow::Borrowed(bytes));
    }
    let mut written = Vec::with_capacity(bytes.len() + 8);
    for &byte in bytes {
        let code = match (byte, version) {
            (0, _) => return None,
            (b'\r', Some(Version::V1_2)) => b'r',
            (b'\n', Some(Version::V1_1 | Version::V1_2)) => b'n',
            (b':', Some(Version::V1_1 | Version::V1_2)) => b'c',
            (b'\\', Some(Version::V1_1 | Version::V1_2)) => b'\\',
            (b'\n' | b'\r', _) => return None,
            (b':', _) if is_name => return None,
            _ => {
                written.push(byte);
                continue;
            }
        };
        written.extend([b'\\', code]);
    }
    Some(Cow::Owned(written))
}
