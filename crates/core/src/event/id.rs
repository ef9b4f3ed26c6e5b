//! Identities of events.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

/// The identity of an event: 12 bytes, of which the first four are the seconds since 1970 at which
/// it was given, as in MongoDB's object ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub [u8; 12]);

impl EventId {
    /// The identity of what was at this time, in seconds since 1970, and is told from others by
    /// these texts: the same whenever it is made.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds wrap")]
    pub fn of(time: f64, what: &[&[u8]]) -> Self {
        let mut hash = Xxh3::new();
        for text in what {
            hash.update(&text.len().to_le_bytes());
            hash.update(text);
        }
        let mut id = [0; 12];
        id[..4].copy_from_slice(&(time as u64 as u32).to_be_bytes());
        id[4..].copy_from_slice(&hash.digest().to_be_bytes());
        Self(id)
    }

    /// When it was given, in seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> f64 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d]).into()
    }

    /// Reads 24 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 24 {
            return None;
        }
        let mut id = [0; 12];
        for (byte, pair) in id.iter_mut().zip(digits.chunks(2)) {
            let digit = |d: u8| char::from(d).to_digit(16);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some(Self(id))
    }

    /// Its 24 hexadecimal digits.
    #[must_use]
    pub fn digits(self) -> [u8; 24] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 24];
        for (pair, byte) in text.chunks_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}
