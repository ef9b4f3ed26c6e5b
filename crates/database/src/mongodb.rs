//! MongoDB: where it is, and what goes wrong in words.

use std::collections::BTreeMap;
use std::time::Duration;

use ::mongodb::error::{Error, ErrorKind, WriteFailure};
use ::mongodb::options::{Acknowledgment, ClientOptions, WriteConcern};
use ::mongodb::{Client, Database};

use crate::Trouble;

/// How long a server is looked for.
const LOOKED_FOR: Duration = Duration::from_secs(4);
/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// The variable that has the password.
const PASSWORD: &str = "GROUNDRULE_MONGODB_PASSWORD";

/// Where something is kept: `mongodb://[user@]host[:port]/[database[.collection]][?options]`.
pub struct Place {
    /// Without user and password: to be shown.
    pub shown: String,
    user: Option<String>,
    hosts: String,
    database: String,
    /// The collection's name.
    pub collection: String,
    /// Our own options.
    pub own: BTreeMap<String, String>,
    /// Those of the driver, as they stand.
    others: Vec<String>,
}

impl Place {
    /// Reads a URL; `collection` is the one that is meant where it names none, and `options` are
    /// our own ones that it may have.
    ///
    /// # Errors
    /// When it has no host, or a password.
    pub fn parse(url: &str, collection: &str, options: &[&str]) -> Result<Self, Trouble> {
        let rest = url.strip_prefix("mongodb://").unwrap_or_default();
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        if hosts.is_empty() {
            return Err(Trouble::Refused(
                "mongodb: no host; write mongodb://[user@]host[:port]/[database[.collection]]"
                    .to_owned(),
            ));
        }
        let shown = format!("mongodb://{hosts}");
        if user.is_some_and(|user| user.contains(':')) {
            return Err(Trouble::Refused(format!(
                "{shown}: the password stands in the URL, where others can read it; put it into \
                 {PASSWORD}, or into a file and write ?password_file=FILE"
            )));
        }
        let (database, named) = path.split_once('.').unwrap_or((path, ""));
        let (mut own, mut others) = (BTreeMap::new(), Vec::new());
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some((name, value)) if name == "password_file" || options.contains(&name) => {
                    own.insert(name.to_owned(), value.to_owned());
                }
                _ => others.push(option.to_owned()),
            }
        }
        let or = |text: &str, other: &str| if text.is_empty() { other } else { text }.to_owned();
        Ok(Self {
            shown,
            user: user.map(str::to_owned),
            hosts: hosts.to_owned(),
            database: or(database, "groundrule"),
            collection: or(named, collection),
            own,
            others,
        })
    }

    /// The database; nothing is asked of it yet. The password is in a variable, or in a file that
    /// `password_file` names.
    ///
    /// # Errors
    /// When there is no password, or the options are not as they must be.
    pub async fn database(
        &self,
        variables: &BTreeMap<String, String>,
    ) -> Result<Database, Trouble> {
        let told = |error: Error| self.told(&error);
        let credentials = match &self.user {
            None => String::new(),
            Some(user) => format!("{user}:{}@", encoded(&self.password(user, variables)?)),
        };
        let options = self.others.join("&");
        let url = format!("mongodb://{credentials}{}/?{options}", self.hosts);
        let mut options = ClientOptions::parse(url).await.map_err(told)?;
        options.app_name = Some("groundrule".to_owned());
        options.server_selection_timeout = Some(LOOKED_FOR);
        options.connect_timeout = Some(LOOKED_FOR);
        let written = WriteConcern::builder().w(Acknowledgment::Majority).journal(true);
        options.write_concern = Some(written.w_timeout(PATIENCE).build());
        Ok(Client::with_options(options).map_err(told)?.database(&self.database))
    }

    fn password(
        &self,
        user: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<String, Trouble> {
        if let Some(file) = self.own.get("password_file") {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Trouble::Refused(format!("{}: password_file {file}: {error}", self.shown))
            })?;
            return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
        }
        variables.get(PASSWORD).cloned().ok_or_else(|| {
            Trouble::Refused(format!(
                "{}: no password for {user}; put it into {PASSWORD}, or into a file and write \
                 ?password_file=FILE",
                self.shown
            ))
        })
    }

    /// Waits for an answer, but not for ever.
    ///
    /// # Errors
    /// When the server does not answer in time, or answers with an error.
    pub async fn within<T>(
        &self,
        answer: impl Future<Output = ::mongodb::error::Result<T>>,
    ) -> Result<T, Trouble> {
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer.map_err(|error| self.told(&error)),
            Err(_) => Err(Trouble::Away(format!(
                "{}: no answer for {} seconds",
                self.shown,
                PATIENCE.as_secs()
            ))),
        }
    }

    /// What went wrong, in words, and whether it may pass.
    #[must_use]
    pub fn told(&self, error: &Error) -> Trouble {
        let at = &self.shown;
        match &*error.kind {
            ErrorKind::ServerSelection { message, .. } => {
                Trouble::Away(format!("{at}: not to be reached: {}", cause(message)))
            }
            ErrorKind::Authentication { .. } => Trouble::Refused(format!(
                "{at}: refuses {}: wrong user or password",
                self.user.as_deref().unwrap_or("those without a user")
            )),
            ErrorKind::Command(command) if matches!(command.code, 13 | 18) => {
                Trouble::Refused(format!("{at}: refuses: {}", command.message))
            }
            ErrorKind::Command(command) => Trouble::Away(format!("{at}: {}", command.message)),
            ErrorKind::InvalidArgument { message, .. }
            | ErrorKind::InvalidTlsConfig { message, .. } => {
                Trouble::Refused(format!("{at}: {message}"))
            }
            ErrorKind::Io(error) => Trouble::Away(format!("{at}: {error}")),
            ErrorKind::ConnectionPoolCleared { message, .. } => {
                Trouble::Away(format!("{at}: {}", cause(message)))
            }
            ErrorKind::Write(WriteFailure::WriteConcernError(error)) => {
                Trouble::Away(format!("{at}: not written safely: {}", error.message))
            }
            ErrorKind::Bson(error) => Trouble::Refused(format!("{at}: {error}")),
            _ => Trouble::Away(format!("{at}: {}", error.kind)),
        }
    }
}

/// The reason that stands deep inside what the driver says of all servers.
fn cause(message: &str) -> &str {
    let inner = message.rsplit_once("Error: ").map_or(message, |(_, inner)| inner);
    let end = inner.find(", labels:").or_else(|| inner.find(" }")).unwrap_or(inner.len());
    let inner = inner[..end].trim_start_matches("Kind: ");
    inner.strip_prefix("I/O error: ").unwrap_or(inner)
}

/// For the inside of a URL.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
