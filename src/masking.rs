//! Passwords and tokens in addresses: they are shown to nobody.

use std::ops::Range;

use groundrule_core::redaction::Redaction;

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
    let mut known = 0;
    for (slashes, separator) in text.match_indices("://") {
        let begin = slashes + separator.len();
        let address = text[begin..].split(char::is_whitespace).next().unwrap_or_default();
        let tokens = tokens(address).into_iter();
        let Some(at) = address.rfind('@') else {
            found.extend(tokens.map(|token| begin + token.start..begin + token.end));
            continue;
        };
        let before = &address[..at];
        let mut colons = before.match_indices(':').map(|(colon, _)| colon + 1);
        if let Some(after) = colons.find(|after| !is_port(&before[*after..]))
            && begin + after >= known
        {
            found.push(begin + after..begin + at);
            known = begin + at;
        }
        found.extend(tokens.map(|token| begin + token.start..begin + token.end));
    }
    found.sort_by_key(|secret| (secret.start, std::cmp::Reverse(secret.end)));
    let mut end = 0;
    found.retain(|secret| {
        let is_apart = secret.start >= end;
        end = end.max(secret.end);
        is_apart
    });
    found
}

/// Where values stand in the query of an address that have the name of a secret; what names a file
/// is none.
fn tokens(address: &str) -> Vec<Range<usize>> {
    let Some(query) = address.find('?').map(|mark| mark + 1) else { return Vec::new() };
    let names = Redaction::default();
    let mut found = Vec::new();
    let mut begin = query;
    for pair in address[query..].split(['&', '#', '"', '\'', ',']) {
        if let Some((name, value)) = pair.split_once('=')
            && names.covers(name)
            && !name.ends_with("_file")
        {
            let after = begin + name.len() + 1;
            found.push(after..after + value.len());
        }
        begin += pair.len() + 1;
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
            ("url = \"https://h/x?token=a%20b&x=1\"", "url = \"https://h/x?token=***&x=1\""),
            ("https://u:p@h/?a=1&api_key=k#t", "https://u:***@h/?a=1&api_key=***#t"),
            ("http://h/?token_file=/run/t", "http://h/?token_file=/run/t"),
            ("http://h/?token=u:x@y z", "http://h/?token=*** z"),
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
