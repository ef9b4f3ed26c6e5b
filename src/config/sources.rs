//! Where the parts of the estate come from, and who asks for them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use groundrule_inventory::source::{Access, Location, Role, Secret};
use serde::Deserialize;
use toml::{Table, Value};

use crate::context::Context;
use crate::failure::Failure;

/// Keys of a source that are paths.
const FILES: [&str; 4] = ["password_file", "ca", "cert", "key"];

/// Kinds of address whose rest is a path.
const PATHS: [&str; 3] = ["estate:", "sqlite:", "file:"];

/// A source as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Written {
    url: Option<String>,
    /// Read by whoever trusts the source.
    pub max_age: Option<String>,
    timeout: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// A source without an age of its own, as it is written: the graph is as old as its catalogs, and
/// what a check comes to is always new.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Ageless {
    url: Option<String>,
    timeout: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl From<Ageless> for Written {
    fn from(written: Ageless) -> Self {
        let Ageless { url, timeout, user, password_file, ca, cert, key } = written;
        Self { url, max_age: None, timeout, user, password_file, ca, cert, key }
    }
}

/// A source, checked.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its address.
    pub location: Location,
    access: Access,
    password_file: Option<PathBuf>,
}

/// The sources by what they are asked for.
pub type Places = BTreeMap<Role, Place>;

impl Written {
    /// Reads and checks it; none where it has no address.
    pub fn read(
        self,
        role: Role,
        origins: &BTreeMap<String, String>,
        context: &Context,
    ) -> Result<Option<Place>, Failure> {
        let key = |name: &str| format!("sources.{}.{name}", role.name());
        let from = |name: &str| origins.get(&key(name)).cloned().unwrap_or_default();
        let Some(url) = self.url else {
            return Ok(None);
        };
        let location = Location::parse(&url).map_err(|error| {
            Failure::new(format!("{}: {}", from("url"), error.what), error.help)
        })?;
        let timeout = match &self.timeout {
            None => Access::default().timeout,
            Some(text) => humantime::parse_duration(text)
                .ok()
                .filter(|time| *time >= Duration::from_millis(10))
                .ok_or_else(|| {
                    let key = key("timeout");
                    let what = format!("{}: {key} {text:?} is no length of time", from("timeout"));
                    Failure::new(what, "write for instance \"10s\" or \"1m\"")
                })?,
        };
        let prefix = location.kind().variables;
        let variable = |name: &str| {
            let variable = |prefix| context.variable(&format!("{prefix}_{name}"));
            Some(prefix).filter(|prefix| !prefix.is_empty()).and_then(variable)
        };
        let access = Access {
            user: self.user.or_else(|| variable("USER").map(str::to_owned)),
            password: variable("PASSWORD").map(Secret::new),
            ca: self.ca,
            cert: self.cert,
            key: self.key,
            timeout,
        };
        Ok(Some(Place { location, access, password_file: self.password_file }))
    }
}

impl Place {
    /// An estate directory.
    pub fn directory(path: &Path) -> Self {
        let location = Location::directory(path);
        Self { location, access: Access::default(), password_file: None }
    }

    /// Who asks, over what, and how long; the password is read now.
    pub fn access(&self) -> Result<Access, Failure> {
        let mut access = self.access.clone();
        if let Some(file) = &self.password_file {
            let text = fs::read_to_string(file).map_err(|error| {
                Failure::new(
                    format!("the password in {} cannot be read: {error}", file.display()),
                    "name a file that is there and that you may read",
                )
            })?;
            access.password = Some(Secret::new(text.trim_end_matches(['\r', '\n'])));
        }
        Ok(access)
    }
}

/// Puts the paths of a file's sources below its folder.
pub fn locate(folder: &Path, values: &mut Table) {
    let Some(Value::Table(sources)) = values.get_mut("sources") else {
        return;
    };
    for source in sources.iter_mut().filter_map(|(_, source)| source.as_table_mut()) {
        for key in FILES {
            if let Some(path) = source.get_mut(key) {
                super::layers::below(folder, path);
            }
        }
        let Some(Value::String(url)) = source.get_mut("url") else {
            continue;
        };
        let path = PATHS.iter().find_map(|kind| Some((*kind, url.strip_prefix(kind)?)));
        if let Some((kind, path)) = path.filter(|(_, path)| !path.is_empty()) {
            *url = format!("{kind}{}", folder.join(path).display());
        }
    }
}

/// Takes the addresses of sources out: a directory that is named later is all of them at once.
pub fn forget(values: &mut Table, origins: &mut BTreeMap<String, String>) {
    if let Some(Value::Table(sources)) = values.get_mut("sources") {
        for (name, source) in sources.iter_mut() {
            if source.as_table_mut().is_some_and(|source| source.remove("url").is_some()) {
                origins.remove(&format!("sources.{name}.url"));
            }
        }
    }
}
