//! Cuts what comes in into lines, without a copy.

use bytes::{Bytes, BytesMut};
use groundrule_core::delivery::Message;

/// How much is read at once: as much as the allocator serves without asking the system.
pub const READ_BYTES: usize = 64 << 10;
/// How much is kept of a line that is too long.
const KEPT_BYTES: usize = 64 << 10;

/// A reader's buffer.
pub struct Lines {
    buffer: BytesMut,
    /// How much of it is known to have no line feed.
    searched: usize,
    max: usize,
    /// The beginning of a line that is too long, and how much of it came.
    cut: Option<(Bytes, u64)>,
}

impl Lines {
    /// A buffer for lines of at most `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { buffer: BytesMut::new(), searched: 0, max, cut: None }
    }

    /// Where to put what comes next: there is room.
    pub fn room(&mut self) -> &mut BytesMut {
        if self.buffer.capacity() - self.buffer.len() < READ_BYTES / 8 {
            self.buffer.reserve(READ_BYTES);
        }
        &mut self.buffer
    }

    /// How many bytes of a line came whose end has not.
    pub fn unfinished(&self) -> usize {
        self.buffer.len()
    }

    /// The same with what was not kept of a line that is too long.
    pub fn begun(&self) -> u64 {
        self.buffer.len() as u64 + self.cut.as_ref().map_or(0, |(_, size)| *size)
    }

    /// The lines that are complete.
    pub fn take(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        if let Some(last) = memchr::memrchr(b'\n', &self.buffer[self.searched..]) {
            let lines = self.buffer.split_to(self.searched + last + 1).freeze();
            messages.reserve(lines.len() / 256 + 1);
            let mut start = 0;
            for end in memchr::memchr_iter(b'\n', &lines) {
                messages.extend(self.line(lines.slice(start..end)));
                start = end + 1;
            }
        }
        self.searched = self.buffer.len();
        match &mut self.cut {
            Some((_, size)) => {
                *size += self.buffer.len() as u64;
                self.buffer.clear();
                self.searched = 0;
            }
            None if self.buffer.len() > self.max => {
                let kept = self.buffer.len().min(KEPT_BYTES);
                let head = Bytes::copy_from_slice(&self.buffer[..kept]);
                self.cut = Some((head, self.buffer.len() as u64));
                // What it took is given back, not kept for another long line.
                self.buffer = BytesMut::new();
                self.searched = 0;
            }
            None => {}
        }
        messages
    }

    /// The last line, where it has no line feed.
    pub fn end(&mut self) -> Option<Message> {
        let rest = self.buffer.split().freeze();
        self.searched = 0;
        self.line(rest)
    }

    /// A line as a message; none where it is empty.
    fn line(&mut self, line: Bytes) -> Option<Message> {
        if let Some((body, size)) = self.cut.take() {
            return Some(Message { cut: Some(size + line.len() as u64), ..Message::new(body) });
        }
        if line.len() > self.max {
            let head = Bytes::copy_from_slice(&line[..line.len().min(KEPT_BYTES)]);
            return Some(Message { cut: Some(line.len() as u64), ..Message::new(head) });
        }
        let line = match line.last() {
            Some(b'\r') => line.slice(..line.len() - 1),
            _ => line,
        };
        (!line.is_empty()).then(|| Message::new(line))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However the bytes come in, the same lines come out.
        #[test]
        fn pieces_make_no_difference(
            lines in proptest::collection::vec(proptest::collection::vec(97_u8..100, 0..40), 0..20),
            pieces in proptest::collection::vec(1_usize..50, 1..60), terminated: bool, crlf: bool,
        ) {
            let feed: &[u8] = if crlf { b"\r\n" } else { b"\n" };
            let mut text = lines.join(feed);
            if terminated {
                text.extend_from_slice(feed);
            }
            let max = 25;
            let mut reader = Lines::new(max);
            let mut found = Vec::new();
            let mut rest = &text[..];
            for piece in pieces.iter().cycle() {
                let (now, later) = rest.split_at((*piece).min(rest.len()));
                reader.room().extend_from_slice(now);
                found.extend(reader.take());
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            found.extend(reader.end());
            let unended = !terminated;
            let last = lines.len().saturating_sub(1);
            let expected: Vec<_> = lines.iter().enumerate().filter(|(_, line)| !line.is_empty()).map(|(at, line)| {
                let size = line.len() + usize::from(crlf && !(unended && at == last));
                (line.clone(), (size > max).then_some(size as u64))
            }).collect();
            prop_assert_eq!(found.len(), expected.len());
            for (message, (line, cut)) in found.iter().zip(&expected) {
                prop_assert_eq!(message.cut, *cut);
                match cut {
                    None => prop_assert_eq!(&message.body[..], &line[..]),
                    Some(_) => prop_assert!(line.starts_with(&message.body[..line.len().min(message.body.len())])),
                }
            }
        }
    }
}
