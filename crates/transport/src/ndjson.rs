//! Messages as text of a line each.

use groundrule_core::delivery::Message;

/// Messages as lines. A line feed in JSON stands between its words, where a blank serves as well.
pub fn lines(messages: &[Message]) -> Vec<u8> {
    let size = messages.iter().map(|message| message.body.len() + 1).sum();
    let mut text = Vec::with_capacity(size);
    for message in messages {
        let start = text.len();
        text.extend_from_slice(&message.body);
        if memchr::memchr2(b'\n', b'\r', &message.body).is_some() {
            let feeds = text[start..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r'));
            feeds.for_each(|byte| *byte = b' ');
        }
        text.push(b'\n');
    }
    text
}
