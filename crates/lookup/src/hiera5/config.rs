//! `hiera.yaml` of version 5.

use std::path::{Path, PathBuf};

use crate::Fault;
use crate::data::{Document, Map, Value};

/// What a `hiera.yaml` says.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    /// The directory that it lies in.
    pub(super) root: PathBuf,
    /// The levels, the highest first.
    pub(super) hierarchy: Vec<Level>,
    /// The levels that count only where nothing else has an answer; of modules only.
    pub(super) fallback: Option<Vec<Level>>,
}

/// One entry of the hierarchy.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) name: String,
    pub(super) function: Function,
    /// Where its files lie, as it is written.
    pub(super) datadir: String,
    pub(super) locations: Locations,
    /// For the function.
    pub(super) options: Value,
}

/// How a level is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Function {
    Yaml,
    Json,
    Hocon,
    Eyaml,
    /// One that is not known here: kind and name.
    Other(&'static str, String),
}

/// Where the data of a level is, as it is written.
#[derive(Clone, Debug)]
pub(super) enum Locations {
    Paths(Vec<String>),
    Globs(Vec<String>),
    Mapped { variable: String, name: String, template: String },
    Uris(Vec<String>),
    None,
}

/// Kinds of functions.
const FUNCTIONS: [&str; 3] = ["data_hash", "lookup_key", "data_dig"];

/// Those that are of older versions, besides.
const OLDER: [&str; 2] = ["hiera3_backend", "v4_data_hash"];

const LOCATIONS: [&str; 7] = ["path", "paths", "glob", "globs", "uri", "uris", "mapped_paths"];

/// Whose configuration it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Global,
    Environment,
    Module,
}

/// Reads the configuration at `file`; none if it is of a version that counts for nothing there.
pub(super) fn read(
    file: &Path,
    document: &Document,
    owner: Owner,
) -> Result<Option<Config>, Fault> {
    parse(file, document, owner).map_err(|(key, fault)| {
        let (line, column) = document.place(key.split(['[', '.']).next().unwrap_or_default());
        let fault = if fault.line.is_none() { fault.at(line, column) } else { fault };
        fault.of(file).key(&key)
    })
}

type Parsed<T> = Result<T, (String, Fault)>;

fn wrong<T>(key: &str, what: impl Into<String>, help: &str) -> Parsed<T> {
    Err((key.to_owned(), Fault::new(what, help)))
}

fn parse(file: &Path, document: &Document, owner: Owner) -> Parsed<Option<Config>> {
    let root = file.parent().unwrap_or(Path::new(".")).to_owned();
    let map = match document.hash() {
        Ok(Some(map)) => map,
        Ok(None) => return wrong("version", "it is empty", "write `version: 5`"),
        Err(fault) => return Err((String::new(), fault)),
    };
    match map.get("version") {
        Some(Value::Int(5)) => {}
        Some(Value::Int(3)) | None if owner != Owner::Global => return Ok(None),
        Some(Value::Int(3)) | None => {
            return wrong(
                "version",
                "it is of version 3",
                "use `groundrule hiera`, or convert it to version 5",
            );
        }
        Some(other) => {
            return wrong(
                "version",
                format!("version {} is not known", other.to_s()),
                "write `version: 5`",
            );
        }
    }
    known(map, "", &["version", "defaults", "hierarchy", "default_hierarchy", "plan_hierarchy"])?;
    let defaults = match map.get("defaults") {
        None => None,
        Some(Value::Hash(defaults)) => {
            known(
                defaults,
                "defaults",
                &["data_hash", "lookup_key", "data_dig", "datadir", "options"],
            )?;
            options(defaults, "defaults")?;
            Some(&**defaults)
        }
        Some(_) => {
            return wrong(
                "defaults",
                "it is no hash",
                "write `datadir:` and `data_hash:` under it",
            );
        }
    };
    let hierarchy = match map.get("hierarchy") {
        Some(list) => levels("hierarchy", list, defaults)?,
        None => vec![common(defaults)?],
    };
    let fallback = match map.get("default_hierarchy") {
        None => None,
        Some(_) if owner != Owner::Module => {
            return wrong(
                "default_hierarchy",
                "only a module can have one",
                "move it into a module",
            );
        }
        Some(list) => Some(levels("default_hierarchy", list, defaults)?),
    };
    Ok(Some(Config { root, hierarchy, fallback }))
}

/// The level that there is where none is configured.
fn common(defaults: Option<&Map>) -> Parsed<Level> {
    let entry = [("name", "Common"), ("path", "common.yaml")];
    let entry: Map = entry.map(|(key, value)| (key.into(), value.into())).into_iter().collect();
    level("hierarchy", &entry, defaults)
}

fn levels(key: &str, list: &Value, defaults: Option<&Map>) -> Parsed<Vec<Level>> {
    let Some(entries) = list.as_array() else {
        return wrong(key, "it is no list", "write its levels with a dash before each");
    };
    let mut levels = Vec::<Level>::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let key = format!("{key}[{at}]");
        let Some(entry) = entry.as_hash() else {
            return wrong(&key, "the level is no hash", "write `name:` and `path:`");
        };
        let read = level(&key, entry, defaults)?;
        if levels.iter().any(|level| level.name == read.name) {
            return wrong(
                &key,
                format!("there are two levels \"{}\"", read.name),
                "give each its own name",
            );
        }
        levels.push(read);
    }
    Ok(levels)
}

fn level(key: &str, entry: &Map, defaults: Option<&Map>) -> Parsed<Level> {
    let mut all = vec!["name", "options", "datadir"];
    all.extend(FUNCTIONS.iter().chain(&OLDER).chain(&LOCATIONS));
    known(entry, key, &all)?;
    let name = text(entry, key, "name")?;
    let Some(name) = name else { return wrong(key, "the level has no name", "write `name:`") };
    let default = |field: &str| defaults.and_then(|defaults| defaults.get(field));
    let datadir = match text(entry, key, "datadir")? {
        Some(datadir) => datadir,
        None => match default("datadir") {
            Some(Value::Str(datadir)) => datadir.to_string(),
            Some(_) => return wrong("defaults.datadir", "it is no text", "write a directory"),
            None => "data".to_owned(),
        },
    };
    let given = options(entry, key)?;
    let options =
        given.or(default("options")).cloned().unwrap_or_else(|| Value::map(Map::default()));
    Ok(Level {
        function: function(key, entry, defaults)?,
        locations: locations(key, entry)?,
        name,
        datadir,
        options,
    })
}

fn function(key: &str, entry: &Map, defaults: Option<&Map>) -> Parsed<Function> {
    let all = || FUNCTIONS.iter().chain(&OLDER);
    let of = |map: &Map| -> Vec<&'static str> {
        all().copied().filter(|kind| map.contains_key(*kind)).collect()
    };
    let (map, place) = match (of(entry).is_empty(), defaults) {
        (false, _) => (entry, key),
        (true, Some(defaults)) => (defaults, "defaults"),
        // Where there are no defaults at all, it is YAML.
        (true, None) => return Ok(Function::Yaml),
    };
    let kind = match of(map)[..] {
        [] => return wrong(key, "it does not say how it is read", "write `data_hash: yaml_data`"),
        [kind] => kind,
        _ => {
            return wrong(
                place,
                "it says twice how it is read",
                "keep one of data_hash, lookup_key, data_dig",
            );
        }
    };
    let name = text(map, place, kind)?.unwrap_or_default();
    Ok(match (kind, name.as_str()) {
        ("data_hash", "yaml_data") => Function::Yaml,
        ("data_hash", "json_data") => Function::Json,
        ("data_hash", "hocon_data") => Function::Hocon,
        ("lookup_key", "eyaml_lookup_key") => Function::Eyaml,
        _ => Function::Other(kind, name),
    })
}

fn locations(key: &str, entry: &Map) -> Parsed<Locations> {
    let given: Vec<&str> = LOCATIONS.into_iter().filter(|kind| entry.contains_key(*kind)).collect();
    let kind = match given[..] {
        [] => return Ok(Locations::None),
        [kind] => kind,
        _ => {
            return wrong(
                key,
                format!("it has both {} and {}", given[0], given[1]),
                "keep one of them",
            );
        }
    };
    let list = match &entry[kind] {
        Value::Str(one) if !one.is_empty() && !kind.ends_with('s') => vec![one.to_string()],
        Value::Array(list) if kind.ends_with('s') && !list.is_empty() => {
            let text =
                |item: &Value| item.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            match list.iter().map(text).collect::<Option<Vec<_>>>() {
                Some(list) => list,
                None => return wrong(key, format!("{kind} holds what is no text"), "write texts"),
            }
        }
        _ if kind.ends_with('s') => {
            return wrong(key, format!("{kind} is no list of texts"), "write a list");
        }
        _ => return wrong(key, format!("{kind} is no text"), "write one text"),
    };
    Ok(match (kind, list.as_slice()) {
        ("path" | "paths", _) => Locations::Paths(list),
        ("glob" | "globs", _) => Locations::Globs(list),
        ("uri" | "uris", _) => Locations::Uris(list),
        (_, [variable, name, template]) => {
            let (variable, name, template) = (variable.clone(), name.clone(), template.clone());
            Locations::Mapped { variable, name, template }
        }
        _ => {
            return wrong(
                key,
                "mapped_paths needs three texts",
                "write [variable, name, template]",
            );
        }
    })
}

fn text(map: &Map, key: &str, field: &str) -> Parsed<Option<String>> {
    match map.get(field) {
        None => Ok(None),
        Some(Value::Str(text)) if !text.is_empty() => Ok(Some(text.to_string())),
        Some(_) => wrong(key, format!("{field} is no text"), "write a text"),
    }
}

fn options<'a>(map: &'a Map, key: &str) -> Parsed<Option<&'a Value>> {
    match map.get("options") {
        None => Ok(None),
        Some(options @ Value::Hash(inner)) => match ["path", "uri"]
            .iter()
            .find(|name| inner.contains_key(**name))
        {
            None => Ok(Some(options)),
            Some(name) => {
                wrong(key, format!("options has {name}, which Hiera sets itself"), "take it out")
            }
        },
        Some(_) => wrong(key, "options is no hash", "write names with values"),
    }
}

fn known(map: &Map, key: &str, names: &[&str]) -> Parsed<()> {
    match map.keys().find(|name| !name.as_str().is_some_and(|name| names.contains(&name))) {
        None => Ok(()),
        Some(name) => {
            let what = format!("\"{}\" is not known", name.to_s());
            let place = if key.is_empty() { name.to_s() } else { key.to_owned() };
            wrong(&place, what, "see Puppet's page on hiera.yaml, version 5")
        }
    }
}
