//! Who may post what: the terms of a source.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use groundrule_core::delivery::CarryError;
use rustls::ServerConfig;
use tokio::sync::Semaphore;

use crate::{Endpoint, Settings, query, tls};

/// How many bytes of posted events may be there at a time; who posts more waits.
const BYTES: usize = 128 << 20;
/// What the bytes are counted in.
pub const UNIT: usize = 1 << 10;

/// Who may post what.
pub struct Door {
    /// Where events are posted to.
    pub path: String,
    /// The most bytes of a request.
    pub max_message: usize,
    /// How long a request waits until its events are dealt with.
    pub timeout: Duration,
    /// How many may be connected; others wait.
    pub connections: usize,
    /// How TLS is spoken, if it is.
    pub tls: Option<Arc<ServerConfig>>,
    /// The bytes that may still be posted, in units.
    pub room: Arc<Semaphore>,
    token: Option<String>,
    secrets_token: Option<String>,
}

/// Who was let in: an extension of each request that a server hands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Whether it may be told secrets: only who shows the token for that, `?secrets_token_file=FILE`.
    pub may_read_secrets: bool,
}

/// What is wrong with who posts.
#[derive(Debug, PartialEq, Eq)]
pub enum Stranger {
    /// It does not say who it is.
    Nobody,
    /// It is not who it should be.
    Other,
}

impl Door {
    /// Reads the terms of an address.
    ///
    /// # Errors
    /// When something is wrong with them.
    pub fn read(endpoint: &Endpoint, settings: &Settings) -> Result<Self, CarryError> {
        let keys =
            ["timeout", "connections", "token_file", "secrets_token_file", "cert", "key", "ca"];
        query::known(endpoint, &keys)?;
        let token = endpoint.token(settings)?;
        let secrets_token = endpoint.secrets_token(settings)?;
        if [&token, &secrets_token].into_iter().flatten().any(|token| token.trim().is_empty()) {
            return Err(query::refused(endpoint, "its token is empty: write one, or name none"));
        }
        let secure = endpoint.scheme == "https";
        Ok(Self {
            path: match endpoint.path.as_str() {
                "" | "/" => "/events".to_owned(),
                path => path.to_owned(),
            },
            max_message: settings.max_message,
            timeout: query::seconds(endpoint, "timeout", 30.0)?,
            connections: query::number::<u16>(endpoint, "connections", 512)?.into(),
            tls: if secure { Some(tls::server(endpoint)?) } else { None },
            room: Arc::new(Semaphore::new(BYTES.max(settings.max_message).div_ceil(UNIT))),
            token,
            secrets_token,
        })
    }

    /// Refuses to be open for everybody.
    ///
    /// # Errors
    /// When nothing would tell who posts.
    pub fn guarded(&self, endpoint: &Endpoint) -> Result<(), CarryError> {
        let certificates = self.tls.is_some() && endpoint.query.contains_key("ca");
        if self.token.is_some() || certificates {
            return Ok(());
        }
        Err(query::refused(
            endpoint,
            "others could ask and post whatever they like: listen on 127.0.0.1, demand a token with ?token_file=FILE or the variable GROUNDRULE_HTTP_TOKEN, or certificates with https and ?ca=FILE",
        ))
    }

    /// Who posts or asks, if it may.
    ///
    /// # Errors
    /// When the token is missing or another one.
    pub fn admits(&self, headers: &HeaderMap) -> Result<Caller, Stranger> {
        let given = bearer(headers);
        let shows = |token: &Option<String>| match (token, given) {
            (Some(token), Some(given)) => same(given, token.as_bytes()),
            _ => false,
        };
        if shows(&self.secrets_token) {
            return Ok(Caller { may_read_secrets: true });
        }
        match (&self.token, given) {
            (None, _) => Ok(Caller::default()),
            (Some(_), None) => Err(Stranger::Nobody),
            (Some(_), Some(_)) if shows(&self.token) => Ok(Caller::default()),
            (Some(_), Some(_)) => Err(Stranger::Other),
        }
    }
}

/// The token that a request shows.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, given) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| given.trim_ascii())
}

/// Compares in a time that tells nothing of how much is right.
fn same(given: &[u8], secret: &[u8]) -> bool {
    let mut different = u8::from(given.len() != secret.len());
    for (at, byte) in secret.iter().enumerate() {
        different |= black_box(given.get(at).copied().unwrap_or_default() ^ byte);
    }
    black_box(different) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_same() {
        assert!(same(b"secret", b"secret"));
        for other in ["", "secre", "secrets", "Secret", "tecret", "secret\0"] {
            assert!(!same(other.as_bytes(), b"secret"), "{other}");
        }
    }

    #[test]
    fn secrets_take_a_token_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, format!("{name}\n")).unwrap();
            format!("{name}_token_file={}", path.display())
        };
        let door = |query: &str| {
            let endpoint = Endpoint::parse(&format!("http://127.0.0.1:1/?{query}")).unwrap();
            Door::read(&endpoint, &Settings::default()).unwrap()
        };
        let secrets = file("secrets");
        std::fs::write(directory.path().join("plain"), "plain").unwrap();
        let plain = format!("token_file={}", directory.path().join("plain").display());
        let asks = |door: &Door, token: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(token) = token {
                headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
            }
            door.admits(&headers).map(|caller| caller.may_read_secrets)
        };
        let both = door(&format!("{plain}&{secrets}"));
        assert_eq!(asks(&both, Some("secrets")), Ok(true));
        assert_eq!(asks(&both, Some("plain")), Ok(false));
        assert_eq!(asks(&both, Some("other")), Err(Stranger::Other));
        assert_eq!(asks(&both, None), Err(Stranger::Nobody));
        let open = door(&secrets);
        assert_eq!(asks(&open, Some("secrets")), Ok(true));
        assert_eq!([asks(&open, Some("other")), asks(&open, None)], [Ok(false), Ok(false)]);
        assert_eq!(asks(&door(&plain), Some("secrets")), Err(Stranger::Other));
    }
}
