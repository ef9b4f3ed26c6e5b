//! `hiera.yaml` of version 3.

use std::path::{Path, PathBuf};

use super::backend::{self, Backend};
use crate::Fault;
use crate::data::{Document, Map, Value, file, yaml};
use crate::merge::{Deep, Unmergeable};

/// Where Debian's Hiera looks for data when nothing is configured.
const DATA: &str = "/etc/puppet/environments/%{environment}/hieradata";

/// What is configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// Kinds of data, searched one after the other.
    pub backends: Vec<&'static Backend>,
    /// Directories of data, one for each backend, with `%{}` in them.
    pub datadirs: Vec<String>,
    /// Levels, the most particular first, with `%{}` in them.
    pub hierarchy: Vec<String>,
    /// How hashes of several levels become one.
    pub behavior: Behavior,
    /// Of the Puppet backend: the name before the levels' classes.
    pub datasource: String,
    /// Whether `--debug` says anything: not with `:logger: noop`.
    pub debugs: bool,
}

/// How hashes of several levels become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// Key by key; the higher level's value wins.
    Native,
    /// In each other, as the gem `deep_merge` does it.
    Deep(Deep),
}

impl Default for Config {
    /// As `hiera` without a configuration.
    fn default() -> Self {
        Self {
            file: None,
            backends: vec![&backend::BACKENDS[0]],
            datadirs: vec![DATA.to_owned()],
            hierarchy: vec!["nodes/%{::trusted.certname}".to_owned(), "common".to_owned()],
            behavior: Behavior::Native,
            datasource: "data".to_owned(),
            debugs: true,
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Where it is missing, cannot be read, or asks for what is not there; with file, line and setting.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let text = file::required(path, 1 << 20, "name a hiera.yaml")?;
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
        let mut config = Self::default();
        let Some(settings) = document.hash()? else { return Ok(config) };
        let reader = Reader { document: &document, settings };
        reader.version()?;
        if let Some(list) = reader.names("backends")? {
            config.backends = list
                .iter()
                .map(|name| backend::named(name).map_err(|fault| reader.at("backends", fault)))
                .collect::<Result<_, _>>()?;
        }
        if let Some(list) = reader.names("hierarchy")? {
            config.hierarchy = list;
        }
        config.behavior = reader.behavior()?;
        config.datadirs = config
            .backends
            .iter()
            .map(|backend| reader.datadir(backend))
            .collect::<Result<_, _>>()?;
        if let Some(name) = reader.of_backend("puppet", "datasource")? {
            config.datasource = name.to_s();
        }
        config.debugs = reader.get("logger").is_none_or(|logger| logger.to_s() != "noop");
        Ok(config)
    }
}

struct Reader<'a> {
    document: &'a Document,
    settings: &'a Map,
}

impl<'a> Reader<'a> {
    /// A setting, whose name is a symbol.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.settings.get(&Value::Symbol(name.into())).filter(|value| !value.is_null())
    }

    /// A fault at a setting's line.
    fn at(&self, name: &str, fault: Fault) -> Fault {
        let index = self.settings.get_index_of(&Value::Symbol(name.into()));
        let (line, column) =
            index.and_then(|index| self.document.places.get(index)).copied().unwrap_or((0, 0));
        fault.at(line, column).key(&format!(":{name}"))
    }

    fn version(&self) -> Result<(), Fault> {
        let version = self.settings.get("version").or_else(|| self.get("version"));
        match version {
            Some(Value::Int(version)) if *version >= 4 => {
                let (line, column) = self.document.place("version");
                Err(Fault::new(
                    format!("it is of version {version}, and this is Hiera 3"),
                    "use `groundrule lookup` with it, or write a hiera.yaml of version 3",
                )
                .at(line, column))
            }
            _ => Ok(()),
        }
    }

    /// One name or a list of them.
    fn names(&self, setting: &str) -> Result<Option<Vec<String>>, Fault> {
        let Some(value) = self.get(setting) else { return Ok(None) };
        let all = crate::merge::flatten(std::slice::from_ref(value));
        if let Some(odd) = all.iter().find(|value| matches!(value, Value::Hash(_))) {
            let fault = Fault::new(
                format!("{} stands where a name is expected", odd.kind_in_words()),
                "quote names that have a `: ` in them",
            );
            return Err(self.at(setting, fault));
        }
        Ok(Some(all.iter().map(Value::to_s).collect()))
    }

    fn of_backend(&self, backend: &str, name: &str) -> Result<Option<&'a Value>, Fault> {
        match self.get(backend) {
            None | Some(Value::Bool(false)) => Ok(None),
            Some(Value::Hash(map)) => Ok(map
                .get(&Value::Symbol(name.into()))
                .filter(|value| !matches!(value, Value::Null | Value::Bool(false)))),
            Some(other) => {
                let fault = Fault::new(
                    format!("it is {}", other.kind_in_words()),
                    format!("write `:{name}: …` below it"),
                );
                Err(self.at(backend, fault))
            }
        }
    }

    fn datadir(&self, backend: &Backend) -> Result<String, Fault> {
        match self.of_backend(backend.name, backend.place)? {
            None => Ok(backend.default_place.unwrap_or(DATA).to_owned()),
            Some(Value::Str(text)) => Ok(text.to_string()),
            Some(other) => {
                let fault = Fault::new(
                    format!(":{} is {}", backend.place, other.kind_in_words()),
                    "name one directory as a text",
                );
                Err(self.at(backend.name, fault))
            }
        }
    }

    fn behavior(&self) -> Result<Behavior, Fault> {
        let unmergeable = match self.get("merge_behavior").map(Value::to_s).as_deref() {
            Some("deep") => Unmergeable::Preserve,
            Some("deeper") => Unmergeable::Overwrite,
            _ => return Ok(Behavior::Native),
        };
        let mut deep = Deep { unmergeable, ..Deep::default() };
        match self.get("deep_merge_options") {
            None => {}
            Some(Value::Hash(options)) => {
                for (name, value) in options.iter() {
                    // The gem looks for symbols only, and lets pass what it does not know.
                    if let Value::Symbol(name) = name {
                        set(&mut deep, name, value);
                    }
                }
            }
            Some(other) => {
                let fault = Fault::new(
                    format!("it is {}", other.kind_in_words()),
                    "write `:knockout_prefix: …` and such below it",
                );
                return Err(self.at("deep_merge_options", fault));
            }
        }
        deep.check().map_err(|fault| self.at("deep_merge_options", fault))?;
        Ok(Behavior::Deep(deep))
    }
}

fn set(deep: &mut Deep, name: &str, value: &Value) {
    let yes = !matches!(value, Value::Null | Value::Bool(false));
    let text = yes.then(|| value.to_s());
    match name {
        "knockout_prefix" => deep.knockout_prefix = text,
        "unpack_arrays" => deep.unpack_arrays = text,
        "sort_merged_arrays" => deep.sort_merged_arrays = yes,
        "merge_hash_arrays" => deep.merge_hash_arrays = yes,
        "overwrite_arrays" => deep.overwrite_arrays = yes,
        "extend_existing_arrays" => deep.extend_existing_arrays = yes,
        "preserve_unmergeables" if yes => deep.unmergeable = Unmergeable::Preserve,
        "preserve_unmergeables" => deep.unmergeable = Unmergeable::Overwrite,
        _ => {}
    }
}
