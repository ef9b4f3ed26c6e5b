//! What goes wrong with a server of MongoDB, in words.

use mongodb::error::{Error, ErrorKind, WriteFailure};

/// Why there is no answer, and what to do where that is known.
pub(super) fn told(error: &Error, user: Option<&str>) -> String {
    match &*error.kind {
        ErrorKind::ServerSelection { message, .. }
        | ErrorKind::ConnectionPoolCleared { message, .. } => unreachable(message, user),
        ErrorKind::Authentication { .. } => refused(user),
        ErrorKind::Command(command) if matches!(command.code, 13 | 18) => {
            format!("refuses: {}", command.message)
        }
        ErrorKind::Command(command) if command.code == 50 => {
            "the server took longer than it may for one question".to_owned()
        }
        ErrorKind::Command(command) => command.message.clone(),
        ErrorKind::InvalidArgument { message, .. }
        | ErrorKind::InvalidTlsConfig { message, .. } => message.clone(),
        ErrorKind::Io(error) => error.to_string(),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => {
            format!("not written safely: {}", error.message)
        }
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.message.clone(),
        _ => error.kind.to_string(),
    }
}

fn refused(user: Option<&str>) -> String {
    format!("refuses {}: wrong user or password", user.unwrap_or("those without a user"))
}

/// The reason stands deep inside what the driver says of all servers.
fn unreachable(message: &str, user: Option<&str>) -> String {
    if message.contains("authentication failed") || message.contains("Authentication") {
        return refused(user);
    }
    let inner = message.rsplit_once("Error: ").map_or(message, |(_, inner)| inner);
    let end = inner.find(", labels:").or_else(|| inner.find(" }")).unwrap_or(inner.len());
    let inner = inner[..end].trim_start_matches("Kind: ");
    let inner = inner.strip_prefix("I/O error: ").unwrap_or(inner);
    let help = match inner {
        _ if inner.contains("UnknownIssuer") || inner.contains("invalid peer certificate") => {
            ": give the authority that signed its certificate with tlsCAFile="
        }
        _ if inner.contains("CertificateRequired") || inner.contains("HandshakeFailure") => {
            ": it wants a certificate: give one with tlsCertificateKeyFile="
        }
        _ => "",
    };
    format!("not to be reached: {inner}{help}")
}
