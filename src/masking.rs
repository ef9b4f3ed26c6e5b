//! Passwords in addresses: they are shown to nobody.

use std::ops::Range;

/// What stands for a password.
const MASK: &str = "***";

/// A text as it may be shown.
#[derive(Debug)]
pub struct Masked {
    /// The text, with the password of every address masked.
    pub text: String,
    hidden: Vec<Range<usize>>,
}

impl Masked {
    /// Masks the passwords of a text.
    pub fn of(text: &str) -> Self {
        let hidden = passwords(text);
        let mut masked = text.to_owned();
        for password in hidden.iter().rev() {
            masked.replace_range(password.clone(), MASK);
        }
        Self { text: masked, hidden }
    }

    /// Where an offset of the text is now; inside of a password, that is where its mask begins.
    pub fn moved(&self, offset: usize) -> usize {
        let before = self.hidden.iter().filter(|password| password.start < offset);
        before.fold(offset, |moved, password| {
            let length = offset.min(password.end) - password.start;
            moved - length + if password.end <= offset { MASK.len() } else { 0 }
        })
    }
}

/// A text without the passwords of its addresses.
pub fn masked(text: &str) -> String {
    Masked::of(text).text
}

/// Where passwords stand, as in `scheme://user:password@host`. What only may be one is taken for
/// one: a password can have signs in it that belong into no address.
fn passwords(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (slashes, separator) in text.match_indices("://") {
        let begin = slashes + separator.len();
        let address = text[begin..].split(char::is_whitespace).next().unwrap_or_default();
        let Some(at) = address.rfind('@') else {
            continue;
        };
        let before = &address[..at];
        let mut colons = before.match_indices(':').map(|(colon, _)| colon + 1);
        let known = found.last().map_or(0, |password| password.end);
        if let Some(after) = colons.find(|after| !is_port(&before[*after..]))
            && begin + after >= known
        {
            found.push(begin + after..begin + at);
        }
    }
    found
}

/// Whether it begins with a port: a number that ends where those of addresses do.
fn is_port(text: &str) -> bool {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
    after.len() < text.len() && after.starts_with(['/', '?', '#', ',', '"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_addresses_are_masked() {
        for (text, shown) in [
            ("to: \"http://u:secret@h/x\"", "to: \"http://u:***@h/x\""),
            ("http://:secret@h a:b@c", "http://:***@h a:b@c"),
            ("nats://u:a/b?c'd\"e@h:4222/x", "nats://u:***@h:4222/x"),
            ("stomp://u:one@h,v:two@i:1/x", "stomp://u:***@i:1/x"),
            ("stomp://h:1,v:two@i/x", "stomp://h:1,v:***@i/x"),
            ("http://a:p@h mongodb://b:q@i", "http://a:***@h mongodb://b:***@i"),
            ("http://a:p@h,http://b:q@i", "http://a:***@i"),
            ("stomp://me@host:61613/queue/x", "stomp://me@host:61613/queue/x"),
            ("http://h:80/x@y", "http://h:80/x@y"),
            ("https://h/x", "https://h/x"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn offsets_move_with_the_text() {
        let text = "a://u:secret@h/ü b://v:x@i/";
        let masked = Masked::of(text);
        let moved = |word: &str| masked.text[masked.moved(text.find(word).unwrap())..].to_owned();
        assert_eq!(moved("u:"), "u:***@h/ü b://v:***@i/");
        assert_eq!(moved("secret"), "***@h/ü b://v:***@i/");
        assert_eq!(moved("cret"), "***@h/ü b://v:***@i/");
        assert_eq!(moved("@h"), "@h/ü b://v:***@i/");
        assert_eq!(moved("@i"), "@i/");
        assert_eq!(masked.moved(text.len()), masked.text.len());
    }
}
