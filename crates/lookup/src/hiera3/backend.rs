//! Kinds of data.

use std::path::{Path, PathBuf};

use crate::Fault;
use crate::data::Format;

/// A kind of data.
#[derive(Debug)]
pub struct Backend {
    /// Its name in `:backends:`.
    pub name: &'static str,
    /// Its name in Ruby's messages.
    pub title: &'static str,
    /// What its setting for the place of the data is called.
    pub place: &'static str,
    /// Where its data lies if that is not set; none for the usual data directory.
    pub default_place: Option<&'static str>,
    /// How a level's data is found.
    pub source: Source,
}

/// How a level's data is found.
#[derive(Debug)]
pub enum Source {
    /// In a file with this extension.
    File(&'static str, Format),
    /// In a class of a manifest.
    Manifest,
}

/// All kinds of data.
pub const BACKENDS: &[Backend] = &[
    Backend {
        name: "yaml",
        title: "YAML",
        place: "datadir",
        default_place: None,
        source: Source::File("yaml", Format::Yaml),
    },
    Backend {
        name: "json",
        title: "JSON",
        place: "datadir",
        default_place: None,
        source: Source::File("json", Format::Json),
    },
    Backend {
        name: "puppet",
        title: "Puppet",
        place: "modulepath",
        default_place: Some("/etc/puppet/code/modules:/usr/share/puppet/modules"),
        source: Source::Manifest,
    },
];

/// The kind of that name; capitals do not matter.
///
/// # Errors
///
/// Where there is none.
pub fn named(name: &str) -> Result<&'static Backend, Fault> {
    BACKENDS.iter().find(|backend| backend.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known: Vec<&str> = BACKENDS.iter().map(|backend| backend.name).collect();
        Fault::new(format!("no backend '{name}'"), format!("there are {}", known.join(", ")))
    })
}

/// The file of a level in a directory.
#[must_use]
pub fn data_file(directory: &str, level: &str, extension: &str) -> PathBuf {
    Path::new(directory).join(format!("{level}.{extension}"))
}
