//! A message in a segment: a header of 24 bytes, then the body.
//!
//! The header has the length of the body (4 bytes), whether the message came again (4), how large
//! it was before it was cut, or 0 (8), and the checksum of all that and the body (8); little endian.

use bytes::Bytes;
use groundrule_core::delivery::Message;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::SpoolError;

/// How long a header is.
pub const HEADER: usize = 24;

/// Puts a record behind others.
pub fn write(message: &Message, out: &mut Vec<u8>) -> Result<(), SpoolError> {
    let size = message.body.len();
    let length = u32::try_from(size).map_err(|_| SpoolError::TooLarge(size))?;
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4] = u8::from(message.redelivered);
    header[8..16].copy_from_slice(&message.cut.unwrap_or(0).to_le_bytes());
    let sum = sum(&header, &message.body);
    header[16..].copy_from_slice(&sum.to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(&message.body);
    Ok(())
}

/// How long the record is that these bytes begin, if they tell.
pub fn length(bytes: &[u8]) -> Option<u64> {
    let body = u32::from_le_bytes(bytes.first_chunk().copied()?);
    Some(HEADER as u64 + u64::from(body))
}

/// The message that these bytes begin with; none where they are not as they were written.
pub fn read(bytes: &Bytes) -> Option<Message> {
    let header: &[u8; HEADER] = bytes.first_chunk()?;
    let end = usize::try_from(length(header)?).ok()?;
    let body = bytes.get(HEADER..end)?;
    let number = |at: usize| header[at..at + 8].try_into().map(u64::from_le_bytes).ok();
    if number(16)? != sum(header, body) {
        return None;
    }
    let cut = Some(number(8)?).filter(|size| *size != 0);
    Some(Message {
        body: bytes.slice(HEADER..end),
        redelivered: header[4] != 0,
        cut,
        ..Message::default()
    })
}

fn sum(header: &[u8; HEADER], body: &[u8]) -> u64 {
    xxh3_64_with_seed(body, xxh3_64(&header[..16]))
}
