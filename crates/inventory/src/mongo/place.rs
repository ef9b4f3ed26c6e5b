//! Where a collection is.

use std::time::Duration;

use groundrule_core::ports::{Answer, StoreError};
use mongodb::bson::Document;
use mongodb::options::{Acknowledgment, ClientOptions, Tls, TlsOptions, WriteConcern};
use mongodb::{Client, Collection};

use super::trouble;
use crate::source::{Access, Location, SourceError};

/// How long a server is looked for; the driver itself does so for longer than anybody waits.
const LOOKED_FOR: Duration = Duration::from_secs(4);

/// How long a server that is there may be silent until its connections are given up, those with
/// questions under way among them: one that writes much is not gone.
const SILENT: Duration = Duration::from_secs(10);

/// A collection: `mongodb://host[:port][,host…]/[database[.collection]][?options]`, with the
/// options of MongoDB's drivers (`authSource`, `replicaSet`, …). Without a name it is
/// `puppet.nodes`, as the registration agent writes it.
#[derive(Clone, Debug)]
pub struct Place {
    /// To be shown: without options.
    pub shown: String,
    scheme: String,
    hosts: String,
    database: String,
    /// The collection.
    pub name: String,
    options: String,
    access: Access,
    /// How long a question may take.
    pub limit: Duration,
}

impl Place {
    /// Reads an address.
    ///
    /// # Errors
    /// When it names no host, or a user has no password.
    pub fn parse(location: &Location, access: &Access) -> Result<Self, SourceError> {
        let rest = location.rest().strip_prefix("//").unwrap_or_default();
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, path) = place.split_once('/').unwrap_or((place, ""));
        let (database, name) = path.split_once('.').unwrap_or((path, ""));
        let or = |text: &str, other: &str| if text.is_empty() { other } else { text }.to_owned();
        let (database, name) = (or(database, "puppet"), or(name, "nodes"));
        let scheme = location.scheme();
        let shown = format!("{scheme}://{hosts}/{database}.{name}");
        if hosts.is_empty() {
            return Err(SourceError::new(
                format!("{location} names no host"),
                "write mongodb://host[:port]/[database[.collection]]",
            ));
        }
        if let (Some(user), None) = (&access.user, &access.password) {
            return Err(SourceError::new(
                format!("{shown}: no password for {user}"),
                "set MONGODB_PASSWORD, or password_file in groundrule.toml",
            ));
        }
        if access.key.is_some() && access.key != access.cert {
            return Err(SourceError::new(
                format!("{shown}: certificate and key are two files"),
                "MongoDB's driver reads both from one: put the key into the file of cert, and leave key out",
            ));
        }
        Ok(Self {
            shown,
            scheme: scheme.to_owned(),
            hosts: hosts.to_owned(),
            database,
            name,
            options: options.to_owned(),
            access: access.clone(),
            limit: access.timeout,
        })
    }

    /// The collection; nothing is asked of it yet.
    ///
    /// # Errors
    /// When the driver does not know an option, or a file of TLS is not what it should be.
    pub async fn collection(&self) -> Result<Collection<Document>, SourceError> {
        let told = |error: mongodb::error::Error| {
            let why = trouble::told(&error, None);
            SourceError::new(format!("{}: {why}", self.shown), "correct the address or the file")
        };
        let login = match (&self.access.user, &self.access.password) {
            (Some(user), Some(password)) => {
                format!("{}:{}@", encoded(user), encoded(password.reveal()))
            }
            _ => String::new(),
        };
        let url = format!("{}://{login}{}/?{}", self.scheme, self.hosts, self.options);
        let mut options = ClientOptions::parse(url).await.map_err(told)?;
        options.app_name = Some("groundrule".to_owned());
        options.server_selection_timeout = Some(self.limit.min(LOOKED_FOR));
        options.connect_timeout = Some(self.limit.min(SILENT));
        options.max_pool_size = Some(4);
        let written = WriteConcern::builder().w(Acknowledgment::Majority).journal(true);
        options.write_concern = Some(written.w_timeout(self.limit).build());
        if self.access.ca.is_some() || self.access.cert.is_some() {
            let mut tls = TlsOptions::default();
            tls.ca_file_path.clone_from(&self.access.ca);
            tls.cert_key_file_path.clone_from(&self.access.cert);
            options.tls = Some(Tls::Enabled(tls));
        }
        let client = Client::with_options(options).map_err(told)?;
        Ok(client.database(&self.database).collection(&self.name))
    }

    /// Waits for an answer, but not for ever.
    ///
    /// # Errors
    /// When there is none in time, or the server refuses.
    pub async fn within<T>(
        &self,
        answer: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Answer<T> {
        match tokio::time::timeout(self.limit, answer).await {
            Ok(answer) => answer.map_err(|error| {
                let why = trouble::told(&error, self.access.user.as_deref());
                self.failed(&why)
            }),
            Err(_) => {
                let limit = humantime::format_duration(self.limit);
                Err(self.failed(&format!("no answer for {limit}")))
            }
        }
    }

    /// Why it gives no answer.
    pub fn failed(&self, why: &str) -> StoreError {
        StoreError(format!("{}: {why}", self.shown).into())
    }
}

/// For the inside of a URL.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Secret;

    fn place(address: &str, access: &Access) -> Result<Place, SourceError> {
        Place::parse(&Location::parse(address).unwrap(), access)
    }

    #[test]
    fn addresses() {
        let shown = |address: &str| place(address, &Access::default()).unwrap().shown;
        assert_eq!(shown("mongodb://db1:27018"), "mongodb://db1:27018/puppet.nodes");
        assert_eq!(shown("mongodb://a,b/mco?replicaSet=r"), "mongodb://a,b/mco.nodes");
        assert_eq!(shown("mongodb://a/mco.seen.now"), "mongodb://a/mco.seen.now");
        assert!(place("mongodb:///x", &Access::default()).is_err());
    }

    #[test]
    fn a_user_has_a_password_which_is_not_shown() {
        let access = Access { user: Some("me".to_owned()), ..Access::default() };
        let error = place("mongodb://a", &access).unwrap_err();
        assert!(error.help.contains("MONGODB_PASSWORD"), "{}", error.help);
        let access = Access { password: Some(Secret::new("hunter2")), ..access };
        assert!(!format!("{:?}", place("mongodb://a", &access).unwrap()).contains("hunter2"));
    }
}
