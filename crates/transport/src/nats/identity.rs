//! Under which identity a message is sent, by which the server knows one that it has.

use groundrule_core::delivery::Message;
use groundrule_core::event::{Event, EventId};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// How events begin that the portal gave an identity.
const BEGINNING: &[u8] = br#"{"eventid":""#;

/// The identity of what is sent to a subject, if it is an event that has one.
///
/// It is the event's together with a fingerprint of the message: an event that was altered, or that
/// is sent to another subject, is another message.
pub fn identity(subject: &str, message: &Message) -> Option<String> {
    let body = &message.body;
    let fingerprint = || xxh3_64_with_seed(body, xxh3_64(subject.as_bytes()));
    let id = match body.strip_prefix(BEGINNING).and_then(|rest| rest.split_at_checked(24)) {
        Some((id, [b'"', ..])) => EventId::parse(std::str::from_utf8(id).ok()?)?,
        _ if memchr::memmem::find(body, b"\"eventid\"").is_none() => return None,
        // Others stand inside of it, in what it tells of.
        _ => EventId::parse(Event::read(body.clone()).ok()?.eventid()?)?,
    };
    Some(format!("{id}.{:016x}", fingerprint()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn of(subject: &str, body: &str) -> Option<String> {
        identity(subject, &Message::new(Bytes::copy_from_slice(body.as_bytes())))
    }

    #[test]
    fn the_same_message_has_the_same_one() {
        let id = "4d9a33eb2bce3479f50a86e0";
        let first = format!(r#"{{"eventid":"{id}","name":"n","subject":"s","type":"metric"}}"#);
        let later = format!(r#"{{"name":"n","subject":"s","type":"metric","eventid":"{id}"}}"#);
        for body in [&first, &later] {
            assert!(of("a", body).unwrap().starts_with(id), "{body}");
            assert_eq!(of("a", body), of("a", body));
            assert_ne!(of("a", body), of("b", body));
            assert_ne!(of("a", body), of("a", &body.replace("\"n\"", "\"m\"")));
        }
    }

    #[test]
    fn what_only_tells_of_an_event_has_none() {
        let inside = r#"{"name":"n","subject":"s","type":"metric","extended_data":{"eventid":"4d9a33eb2bce3479f50a86e0"}}"#;
        for body in
            [inside, "", "{", r#"{"eventid":"short"}"#, r#"{"eventid":"4d9a33eb2bce3479f50a86eX"}"#]
        {
            assert_eq!(of("a", body), None, "{body}");
        }
    }
}
