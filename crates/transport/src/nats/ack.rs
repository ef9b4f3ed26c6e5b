//! What JetStream answers to a message that is sent to it.

use async_nats::StatusCode;
use groundrule_core::delivery::CarryError;
use serde_json::Value;

use super::options::Options;

/// The number of JetStream's complaint that a message is larger than the stream takes.
const TOO_LARGE: u64 = 10054;

/// Whether an answer says that the stream has the message.
///
/// # Errors
/// When it has not.
pub fn acknowledged(options: &Options, answer: &async_nats::Message) -> Result<(), CarryError> {
    let name = options.stream.as_deref().unwrap_or_default();
    if answer.status == Some(StatusCode::NO_RESPONDERS) {
        return Err(options.away(&format!("no stream takes {}", options.subject)));
    }
    let stored = answer.payload.strip_prefix(br#"{"stream":""#);
    if stored.and_then(|rest| rest.strip_prefix(name.as_bytes())).is_some_and(ends_name) {
        return Ok(());
    }
    let said: Value = serde_json::from_slice(&answer.payload).unwrap_or_default();
    match (&said["stream"], &said["error"]) {
        (Value::String(stream), _) if stream == name => Ok(()),
        (Value::String(stream), _) => Err(options.away(&format!(
            "its messages are kept by the stream {stream}, not {name}: name that one"
        ))),
        (_, error) => {
            let words = error["description"].as_str().unwrap_or("something that is no answer");
            let words = format!("JetStream says: {words}");
            match error["err_code"].as_u64() {
                Some(TOO_LARGE) => Err(options.refused(&words)),
                _ => Err(options.away(&words)),
            }
        }
    }
}

fn ends_name(rest: &[u8]) -> bool {
    rest.first() == Some(&b'"')
}
