//! Addresses.

use std::collections::BTreeMap;
use std::fmt;

use groundrule_core::delivery::CarryError;

use crate::Settings;

/// An address: `scheme://user@host:port,host:port/path?key=value`, or `scheme:path?key=value`.
///
/// It holds no password: that comes from the file of `?password_file=` or from a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Before the colon.
    pub scheme: String,
    /// Who connects.
    pub user: Option<String>,
    /// Hosts with their ports, if they name one.
    pub hosts: Vec<(String, Option<u16>)>,
    /// Behind the hosts, with its slash.
    pub path: String,
    /// Behind the question mark, decoded.
    pub query: BTreeMap<String, String>,
}

impl Endpoint {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none, or has a password in it.
    pub fn parse(url: &str) -> Result<Self, CarryError> {
        let wrong = |why: &str| CarryError::Refused(format!("the address {}: {why}", hidden(url)));
        let (scheme, rest) =
            url.split_once(':').ok_or_else(|| wrong("begin it with a scheme, such as stomp://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(key), decoded(value))
            })
            .collect();
        let mut endpoint = Self {
            scheme: scheme.to_ascii_lowercase(),
            user: None,
            hosts: Vec::new(),
            path: rest.to_owned(),
            query,
        };
        let Some(rest) = rest.strip_prefix("//") else {
            return Ok(endpoint);
        };
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        path.clone_into(&mut endpoint.path);
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(wrong(
                "a password does not belong there, where everybody sees it: add ?password_file=FILE, or set the variable",
            ));
        }
        endpoint.user = user.map(decoded);
        for host in hosts.split(',').filter(|host| !host.is_empty()) {
            let (name, port) = match host.rsplit_once(':') {
                Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
                    let port = port.parse().map_err(|_| wrong("its port is no number"))?;
                    (name, Some(port))
                }
                _ => (host, None),
            };
            endpoint.hosts.push((name.trim_matches(['[', ']']).to_owned(), port));
        }
        Ok(endpoint)
    }

    /// With the hosts and credentials of a configured broker of the same scheme, where it names
    /// no host.
    ///
    /// # Errors
    /// When no broker of that scheme is configured.
    pub fn completed(mut self, brokers: &[Self]) -> Result<Self, CarryError> {
        let needs_host = !matches!(self.scheme.as_str(), "stdin" | "file" | "unix");
        if !needs_host || !self.hosts.is_empty() {
            return Ok(self);
        }
        let kin = |other: &&Self| {
            let family = |scheme: &str| scheme.split('+').next().unwrap_or_default().to_owned();
            family(&other.scheme) == family(&self.scheme) && !other.hosts.is_empty()
        };
        let broker = brokers.iter().find(kin).ok_or_else(|| {
            CarryError::Refused(format!(
                "{self} names no host, and no broker of its kind is configured: name one, or add it to pipeline.brokers"
            ))
        })?;
        self.scheme.clone_from(&broker.scheme);
        self.hosts.clone_from(&broker.hosts);
        self.user = self.user.or_else(|| broker.user.clone());
        for (key, value) in &broker.query {
            self.query.entry(key.clone()).or_insert_with(|| value.clone());
        }
        Ok(self)
    }

    /// Whether what is sent to the one comes from the other, as far as their names tell.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        let family = |of: &Self| of.scheme.split('+').next().unwrap_or_default().to_owned();
        let path = |of: &Self| match of.path.as_str() {
            "" if of.scheme.starts_with("http") => "/events".to_owned(),
            path => path.to_owned(),
        };
        let is_there = |(host, port): &(String, Option<u16>)| {
            other.hosts.iter().any(|(theirs, at)| {
                host == theirs && (port == at || port.is_none() || at.is_none())
            })
        };
        let meet = match (self.hosts.is_empty(), other.hosts.is_empty()) {
            (true, true) => true,
            _ => self.hosts.iter().any(is_there),
        };
        family(self) == family(other) && path(self) == path(other) && meet
    }

    /// The password: from the file of `?password_file=`, else of the variable
    /// `GROUNDRULE_<SCHEME>_PASSWORD`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn password(&self, settings: &Settings) -> Result<Option<String>, CarryError> {
        self.secret("password", settings)
    }

    /// The token, likewise: `?token_file=`, `GROUNDRULE_<SCHEME>_TOKEN`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn token(&self, settings: &Settings) -> Result<Option<String>, CarryError> {
        self.secret("token", settings)
    }

    /// The token of those who may be told secrets, likewise: `?secrets_token_file=`,
    /// `GROUNDRULE_<SCHEME>_SECRETS_TOKEN`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn secrets_token(&self, settings: &Settings) -> Result<Option<String>, CarryError> {
        self.secret("secrets_token", settings)
    }

    /// Who connects: in the address, or in the variable `GROUNDRULE_<SCHEME>_USER`.
    #[must_use]
    pub fn user(&self, settings: &Settings) -> Option<String> {
        self.user.clone().or_else(|| settings.variables.get(&self.variable("USER")).cloned())
    }

    fn secret(&self, what: &str, settings: &Settings) -> Result<Option<String>, CarryError> {
        match self.query.get(&format!("{what}_file")) {
            Some(file) => std::fs::read_to_string(file)
                .map(|text| Some(text.trim_end_matches(['\r', '\n']).to_owned()))
                .map_err(|error| CarryError::Refused(format!("the {what} in {file}: {error}"))),
            None => Ok(settings.variables.get(&self.variable(&what.to_uppercase())).cloned()),
        }
    }

    fn variable(&self, what: &str) -> String {
        let family = match self.scheme.split('+').next() {
            Some("https") => "http",
            Some(family) => family,
            None => "",
        };
        format!("GROUNDRULE_{}_{what}", family.to_uppercase())
    }
}

impl fmt::Display for Endpoint {
    /// The address without its query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hosts.is_empty() {
            let slashes = if self.path.starts_with("//") { "" } else { "//" };
            let slashes = if matches!(self.scheme.as_str(), "stdin" | "file" | "unix") {
                ""
            } else {
                slashes
            };
            return write!(f, "{}:{slashes}{}", self.scheme, self.path);
        }
        let shown = |(host, port): &(String, Option<u16>)| {
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
        };
        let hosts: Vec<_> = self.hosts.iter().map(shown).collect();
        write!(f, "{}://{}{}", self.scheme, hosts.join(","), self.path)
    }
}

/// An address as it may be shown: without what could be a password.
fn hidden(url: &str) -> String {
    match (url.split_once("//"), url.rfind('@')) {
        (Some((scheme, rest)), Some(_)) => {
            let at = rest.rfind('@').unwrap_or_default();
            let user = rest[..at].split(':').next().unwrap_or_default();
            format!("{scheme}//{user}{}", &rest[at..])
        }
        _ => url.to_owned(),
    }
}

/// With `%41` decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let digits = (*first == b'%').then(|| more.get(..2)).flatten();
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let endpoint = Endpoint::parse(
            "stomp+tls://mon%40x@b1:61614,b2/queue/events.portal?ca=ca.pem&password_file=p%20w",
        )
        .unwrap();
        assert_eq!(endpoint.scheme, "stomp+tls");
        assert_eq!(endpoint.user.as_deref(), Some("mon@x"));
        assert_eq!(endpoint.hosts, [("b1".into(), Some(61614)), ("b2".into(), None)]);
        assert_eq!(endpoint.path, "/queue/events.portal");
        assert_eq!(endpoint.query["password_file"], "p w");
        assert_eq!(endpoint.to_string(), "stomp+tls://b1:61614,b2/queue/events.portal");
        let file = Endpoint::parse("file:out/events.ndjson").unwrap();
        assert_eq!(
            (file.path.as_str(), file.to_string().as_str()),
            ("out/events.ndjson", "file:out/events.ndjson")
        );
        let six = Endpoint::parse("tcp://[::1]:5140").unwrap();
        assert_eq!(six.hosts, [("::1".into(), Some(5140))]);
        assert_eq!(six.to_string(), "tcp://[::1]:5140");
    }

    #[test]
    fn places_are_the_same_by_their_names() {
        let is_same = |one: &str, other: &str| {
            let of = |url| Endpoint::parse(url).unwrap();
            assert_eq!(of(one).is_same_place(&of(other)), of(other).is_same_place(&of(one)));
            of(one).is_same_place(&of(other))
        };
        for (one, other) in [
            ("stomp://me@a:61613,b/queue/x", "stomp+tls://b:61614/queue/x?ca=f"),
            ("http://a:80", "http://a:80/events"),
            ("nats://a/x?stream=S", "nats://a:4222/x"),
            ("file:x", "file:x?sync=no"),
        ] {
            assert!(is_same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("stomp://a/queue/x", "stomp://a/queue/y"),
            ("stomp://a/queue/x", "stomp://b/queue/x"),
            ("stomp://a:1/queue/x", "stomp://a:2/queue/x"),
            ("tcp://a:1", "http://a:1"),
            ("file:x", "unix:x"),
        ] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        let error = Endpoint::parse("stomp://me:hunter2@host/queue/x").unwrap_err().to_string();
        assert!(error.contains("password_file") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_address_without_a_host_means_the_broker() {
        let broker = Endpoint::parse("stomp+tls://me@b:1/queue/a?ca=x").unwrap();
        let short = Endpoint::parse("stomp:///queue/b").unwrap();
        assert!(short.clone().completed(&[]).is_err());
        let whole = short.completed(&[broker]).unwrap();
        assert_eq!(
            (whole.to_string().as_str(), whole.query["ca"].as_str()),
            ("stomp+tls://b:1/queue/b", "x")
        );
        assert_eq!(whole.user.as_deref(), Some("me"));
    }
}
