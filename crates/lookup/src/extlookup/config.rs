//! `extlookup.yaml`.

use std::path::{Path, PathBuf};

use super::csv;
use crate::Fault;
use crate::data::{Format, Map, Value, file, yaml};
use crate::hiera3;

/// Kinds of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// Lines of `key,value`.
    Csv,
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// Classes of manifests.
    Puppet,
}

const PARSERS: &[(&str, Parser)] = &[
    ("csv", Parser::Csv),
    ("yaml", Parser::Yaml),
    ("json", Parser::Json),
    ("puppet", Parser::Puppet),
];

impl Parser {
    /// Extension of its files, and how they are read.
    pub(super) fn file(self) -> (&'static str, Format) {
        match self {
            Self::Csv | Self::Puppet => ("csv", csv::FORMAT),
            Self::Yaml => ("yaml", Format::Yaml),
            Self::Json => ("json", Format::Json),
        }
    }
}

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// The kind of data.
    pub parser: Parser,
    /// Levels, the most particular first, with `%{}` in them.
    pub precedence: Vec<String>,
    /// The directory of the data.
    pub datadir: String,
    /// Of the Puppet data source: the name before the levels' classes.
    pub datasource: String,
    /// Of the Puppet data source: directories of modules, with colons between them.
    pub modulepath: String,
}

const DATADIR: &str = "/etc/puppet/extdata";
const MODULES: &str = "/etc/puppet/code/modules:/usr/share/puppet/modules";

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Where it is missing, cannot be read, or asks for what is not there; with file, line and setting.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let text = file::required(path, 1 << 20, "name an extlookup.yaml with --file")?;
        let mut config = Self::parse(&text).map_err(|fault| fault.of(path))?;
        config.file = Some(path.to_owned());
        Ok(config)
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// As [`Config::read`], without the file's name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let document = yaml::read(text, &yaml::Options::default())?;
        let nothing = Map::default();
        let settings = document.hash()?.unwrap_or(&nothing);
        let get =
            |name: &str| settings.get(&Value::Symbol(name.into())).filter(|value| !value.is_null());
        let at = |name: &str, fault: Fault| {
            let index = settings.get_index_of(&Value::Symbol(name.into()));
            let (line, column) =
                index.and_then(|index| document.places.get(index)).copied().unwrap_or((0, 0));
            fault.at(line, column).key(&format!(":{name}"))
        };
        let parser = match get("parser").map(Value::to_s) {
            None => Parser::Csv,
            Some(name) => named(&name).map_err(|fault| at("parser", fault))?,
        };
        let precedence = match get("precedence") {
            None => Vec::new(),
            Some(value) => {
                crate::merge::flatten(std::slice::from_ref(value)).iter().map(Value::to_s).collect()
            }
        };
        if precedence.is_empty() {
            return Err(at(
                "precedence",
                Fault::new(
                    "there are no levels",
                    "list them: `:precedence: [environment_%{environment}, common]`",
                ),
            ));
        }
        let section =
            PARSERS.iter().find(|(_, known)| *known == parser).map_or("csv", |(name, _)| *name);
        let setting = |name: &str, default: &str| match get(section) {
            None => Ok(default.to_owned()),
            Some(Value::Hash(map)) => match map.get(&Value::Symbol(name.into())) {
                None | Some(Value::Null) => Ok(default.to_owned()),
                Some(Value::Str(text)) => Ok(text.to_string()),
                Some(other) => Err(at(
                    section,
                    Fault::new(format!(":{name} is {}", other.kind_in_words()), "write one text"),
                )),
            },
            Some(other) => Err(at(
                section,
                Fault::new(
                    format!("it is {}", other.kind_in_words()),
                    format!("write `:{name}: …` below it"),
                ),
            )),
        };
        Ok(Self {
            file: None,
            parser,
            precedence,
            datadir: setting("datadir", DATADIR)?,
            datasource: setting("datasource", "data")?,
            modulepath: setting("modulepath", MODULES)?,
        })
    }

    /// The same levels for Hiera's Puppet backend.
    pub(super) fn as_hiera(&self) -> hiera3::Config {
        let puppet = hiera3::BACKENDS.iter().filter(|backend| backend.name == "puppet");
        hiera3::Config {
            file: self.file.clone(),
            backends: puppet.collect(),
            datadirs: vec![self.modulepath.clone()],
            hierarchy: self.precedence.clone(),
            datasource: self.datasource.clone(),
            ..hiera3::Config::default()
        }
    }
}

fn named(name: &str) -> Result<Parser, Fault> {
    PARSERS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, parser)| *parser)
        .ok_or_else(|| {
            let known: Vec<&str> = PARSERS.iter().map(|(name, _)| *name).collect();
            Fault::new(format!("no parser '{name}'"), format!("there are {}", known.join(", ")))
        })
}
