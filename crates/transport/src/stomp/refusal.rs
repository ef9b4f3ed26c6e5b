//! What a broker's complaint means: wait and try again, or not.

use groundrule_core::delivery::CarryError;

use super::frame::Frame;

/// Words by which brokers say that trying again will not help.
const FOR_EVER: [&str; 10] = [
    // RabbitMQ
    "access refused",
    "access denied",
    "access_refused",
    "precondition_failed",
    "supported versions are",
    "non-loopback",
    // ActiveMQ
    "password is invalid",
    "not authorized",
    "authentication",
    "invalid protocol version",
];

/// Words by which brokers say that a message is larger than they take. They break the connection
/// off; on a new one, everything else is taken.
const TOO_LARGE: [&str; 3] = [
    // RabbitMQ: max_message_size
    "is larger than configured max size",
    // ActiveMQ: wireFormat.maxDataLength and wireFormat.maxFrameSize
    "the maximum data length was exceeded",
    "the maximum frame size was exceeded",
];

/// Whether a broker complained that a message is larger than it takes.
pub fn is_too_large(error: &CarryError) -> bool {
    let told = error.to_string().to_lowercase();
    TOO_LARGE.iter().any(|words| told.contains(words))
}

/// The most characters of a complaint that are passed on.
const SHOWN: usize = 300;

/// An ERROR frame as an error; what it repeats of the password is hidden.
pub fn complaint(place: &str, frame: &Frame, passcode: Option<&str>) -> CarryError {
    let title = frame.header("message").unwrap_or_default();
    let body = String::from_utf8_lossy(&frame.body);
    let mut text = title.trim().to_owned();
    // RabbitMQ explains itself in the body; ActiveMQ has a stack trace there.
    let first = body.lines().next().unwrap_or_default().trim();
    if !first.is_empty() && !first.ends_with(&text) {
        text = if text.is_empty() { first.to_owned() } else { format!("{text}: {first}") };
    }
    let told = format!("{title}\n{body}").to_lowercase();
    if let Some(secret) = passcode.filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    let text: String = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    let text = format!("{place}: the broker says {text:?}");
    if FOR_EVER.iter().any(|words| told.contains(words)) {
        CarryError::Refused(text)
    } else {
        CarryError::Away(text)
    }
}
