//! The configuration: layers from built-in values to the command line, each value with its origin.

pub mod gate;
pub mod pipeline;
pub mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use groundrule_core::redaction::Redaction;
use groundrule_core::source::Source;
use groundrule_engine::estate::Settings;
use groundrule_engine::policy::Fault;
use groundrule_engine::waiver::Mode;
use groundrule_inventory::source::{Location, Role};
use groundrule_inventory::{DependencyMap, Options, Snapshots};
use groundrule_lookup::external;
use groundrule_pipeline::alerts::NotifierSetting;
use jiff::Timestamp;
use serde::Deserialize;
use toml::{Table, Value};

use crate::cli::Global;
use crate::context::Context;
use crate::failure::Failure;
use crate::nearest::nearest;
use sources::{Place, Places};

const NAME: &str = "groundrule.toml";
const SYSTEM: &str = "/etc/groundrule/groundrule.toml";

/// From how many bytes on an estate is large: reading fewer takes a fraction of a second.
const LARGE: u64 = 64 << 20;

/// Begins the name of every variable.
const PREFIX: &str = "GROUNDRULE_";

/// The variable that names the configuration.
const CONFIG: &str = "GROUNDRULE_CONFIG";

/// Variables of the environment, and what they set.
const VARIABLES: [(&str, &str); 9] = [
    ("GROUNDRULE_ESTATE", "estate"),
    ("GROUNDRULE_GRAPH", "sources.graph.url"),
    ("GROUNDRULE_FACTS", "sources.facts.url"),
    ("GROUNDRULE_REGISTRATIONS", "sources.registrations.url"),
    ("GROUNDRULE_DISCOVERY", "sources.discovery.url"),
    ("GROUNDRULE_FEATURES", "features"),
    ("GROUNDRULE_WAIVERS", "waivers"),
    ("GROUNDRULE_MODE", "mode"),
    ("GROUNDRULE_CONCURRENCY", "concurrency"),
];

/// Variables that are no keys, most of them credentials; they are shown nowhere.
const CREDENTIALS: [&str; 9] = [
    "GROUNDRULE_LOG",
    "GROUNDRULE_STOMP_USER",
    "GROUNDRULE_STOMP_PASSWORD",
    "GROUNDRULE_NATS_USER",
    "GROUNDRULE_NATS_PASSWORD",
    "GROUNDRULE_NATS_TOKEN",
    "GROUNDRULE_HTTP_TOKEN",
    "GROUNDRULE_HTTP_SECRETS_TOKEN",
    "GROUNDRULE_MONGODB_PASSWORD",
];

/// What was configured, checked.
pub struct Config {
    /// The estate directory.
    pub estate: PathBuf,
    /// Where each part of the estate comes from.
    pub sources: Places,
    /// Feature files and directories.
    pub features: Vec<String>,
    /// Exceptions.
    pub waivers: Option<PathBuf>,
    /// What runs are for.
    pub mode: Mode,
    /// How many policies are judged at a time.
    pub concurrency: usize,
    /// How the estate directory is read.
    pub reading: Options,
    /// How far it is trusted.
    pub trust: Settings,
    /// The `hiera.yaml` of the data that policies look up.
    pub lookup: Option<PathBuf>,
    /// What a run tells monitoring.
    pub events: pipeline::Events,
    /// What becomes of events.
    pub pipeline: pipeline::Pipeline,
    /// Where metrics go.
    pub graphite: Option<pipeline::Graphite>,
    /// When somebody is notified.
    pub alerts: pipeline::Alerts,
    /// Who is notified, and how.
    pub notifiers: Vec<NotifierSetting>,
    /// Whether an action may happen.
    pub gate: gate::Gate,
    /// What the questions take from facts.
    pub ask: gate::Ask,
    /// The server.
    pub serve: gate::Serve,
    /// Every value with where it comes from.
    pub origins: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    estate: Option<String>,
    features: Option<Vec<String>>,
    waivers: Option<String>,
    mode: Option<Mode>,
    concurrency: Option<u16>,
    #[serde(default)]
    unknown: RawUnknown,
    #[serde(default)]
    sources: RawSources,
    #[serde(default)]
    redact: RawRedact,
    #[serde(default)]
    cache: RawCache,
    #[serde(default)]
    lookup: RawLookup,
    #[serde(default)]
    dependency: Vec<DependencyMap>,
    #[serde(default)]
    events: pipeline::Events,
    #[serde(default)]
    pipeline: pipeline::Pipeline,
    graphite: Option<pipeline::Graphite>,
    #[serde(default)]
    alerts: pipeline::Alerts,
    #[serde(default)]
    notifier: Vec<NotifierSetting>,
    #[serde(default)]
    gate: gate::Gate,
    #[serde(default)]
    ask: gate::Ask,
    #[serde(default)]
    serve: gate::Serve,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawUnknown {
    nodes: Option<UnknownNodes>,
    documents: Option<UnknownDocuments>,
}

/// Nodes of which it is not known whether a rule is about them.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum UnknownNodes {
    Undecided,
    Ignore,
}

/// Documents that cannot be read.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum UnknownDocuments {
    Undecided,
    Skip,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawSources {
    expect: Option<Vec<SourceName>>,
    catalogs: Option<RawCatalogs>,
    #[serde(default)]
    graph: sources::WrittenGraph,
    #[serde(default)]
    facts: sources::Written,
    #[serde(default)]
    registrations: sources::Written,
    #[serde(default)]
    discovery: sources::Written,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SourceName {
    Catalogs,
    Facts,
    Registrations,
    Discovery,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawCatalogs {
    max_age: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawRedact {
    names: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLookup {
    config: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawCache {
    directory: Option<PathBuf>,
    estates: Option<CachedEstates>,
}

/// Which estates are kept for the next time.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum CachedEstates {
    /// Those that take a while to read.
    #[default]
    Large,
    All,
    None,
}

impl RawCache {
    fn snapshots(self, home: Option<PathBuf>) -> Option<Snapshots> {
        let from = match self.estates.unwrap_or_default() {
            CachedEstates::Large => LARGE,
            CachedEstates::All => 0,
            CachedEstates::None => return None,
        };
        Some(Snapshots { directory: self.directory.or(home)?, from })
    }
}

/// Values of one layer, and where each of them comes from.
struct Layers {
    values: Table,
    origins: BTreeMap<String, String>,
}

impl Config {
    /// Puts the layers together: built-in, system, the nearest file upwards, environment, command
    /// line.
    ///
    /// # Errors
    /// Everything that is wrong in any of the layers.
    pub fn load(context: &Context, global: &Global) -> Result<Self, Failure> {
        let mut layers = Layers { values: Table::new(), origins: BTreeMap::new() };
        layers.put("estate", Value::from("estate"), "built in");
        layers.put("features", Value::from(vec!["features"]), "built in");
        layers.put("mode", Value::from("ci"), "built in");
        layers.put("concurrency", Value::from(4), "built in");
        if Path::new(SYSTEM).is_file() {
            layers.file(Path::new(SYSTEM))?;
        }
        let named = global.config.clone().or_else(|| context.variable(CONFIG).map(PathBuf::from));
        if let Some(file) = named.or_else(upwards) {
            layers.file(&file)?;
        }
        layers.environment(context)?;
        if let Some(estate) = &global.estate {
            layers.put("estate", Value::from(estate.to_string_lossy().into_owned()), "--estate");
        }
        for (role, url) in global.sources() {
            let origin = format!("--{}", role.name());
            layers.put(&format!("sources.{}.url", role.name()), Value::from(url), &origin);
        }
        let now = match &global.now {
            Some(text) => time(text)?,
            None => context.now,
        };
        layers.check(now, context)
    }
}

/// The nearest configuration file, as a path from here.
fn upwards() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut upwards = PathBuf::new();
    for _ in here.ancestors() {
        let file = upwards.join(NAME);
        if file.is_file() {
            return Some(file);
        }
        upwards.push("..");
    }
    None
}

/// A time as `--now` takes it.
fn time(text: &str) -> Result<Timestamp, Failure> {
    let seconds = text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.or_else(|| text.parse().ok()).ok_or_else(|| {
        Failure::new(
            format!("--now {text:?} is no time"),
            "write RFC 3339, such as 2026-11-01T00:00:00Z, or seconds since 1970",
        )
    })
}

impl Config {
    /// Whether all of the estate is the estate directory.
    pub fn is_directory(&self) -> bool {
        let whole = Location::directory(&self.estate);
        self.sources.values().all(|place| place.location == whole)
    }

    /// Whether nobody named an estate, and none is where it would be.
    pub fn has_no_estate(&self) -> bool {
        let unnamed =
            |(key, _, origin): &(String, String, String)| key == "estate" && origin == "built in";
        self.is_directory() && self.origins.iter().any(unnamed) && !self.estate.exists()
    }

    /// Where the estate comes from, for people: the directory, or what each part of it is.
    pub fn shown(&self) -> String {
        if self.is_directory() {
            return self.estate.display().to_string();
        }
        let part = |(role, place): (&Role, &Place)| format!("{} {}", role.name(), place.location);
        self.sources.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

impl Layers {
    fn put(&mut self, key: &str, value: Value, origin: &str) {
        if key == "estate" {
            sources::forget(&mut self.values, &mut self.origins);
        }
        let mut value = value;
        let mut pieces = key.split('.').rev();
        let last = pieces.next().unwrap_or(key);
        let mut table = Table::from_iter([(last.to_owned(), value)]);
        for piece in pieces {
            value = Value::Table(table);
            table = Table::from_iter([(piece.to_owned(), value)]);
        }
        merge(&mut self.values, table, "", &mut |_| {});
        self.origins.insert(key.to_owned(), origin.to_owned());
    }

    /// Lays a file over what is there; relative paths in it start at its folder.
    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::new(
                format!("the configuration {name} cannot be read: {error}"),
                "name a file that is there and that you may read",
            )
        })?;
        if let Err(error) = toml::from_str::<Raw>(&text) {
            return Err(Failure::Faults(vec![fault(&name, &text, &error)]));
        }
        let mut values: Table = toml::from_str(&text).unwrap_or_default();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(Value::String(estate)) = values.get_mut("estate") {
            *estate = directory(estate).to_owned();
        }
        for key in ["estate", "features", "waivers"] {
            if let (Some(folder), Some(value)) = (folder, values.get_mut(key)) {
                below(folder, value);
            }
        }
        for (section, key) in [("cache", "directory"), ("lookup", "config")] {
            let path = values.get_mut(section).and_then(|section| section.get_mut(key));
            if let (Some(folder), Some(path)) = (folder, path) {
                below(folder, path);
            }
        }
        if let Some(folder) = folder {
            pipeline::locate(folder, &mut values);
            sources::locate(folder, &mut values);
        }
        merge(&mut self.values, values, "", &mut |key| {
            self.origins.insert(key.to_owned(), name.clone());
        });
        Ok(())
    }

    fn environment(&mut self, context: &Context) -> Result<(), Failure> {
        // A typo would judge another estate in silence; what is nothing like ours is not ours.
        let ours = VARIABLES.iter().map(|(variable, _)| *variable);
        let ours = ours.chain([CONFIG]).chain(CREDENTIALS);
        let ours: Vec<_> = ours.filter_map(|name| name.strip_prefix(PREFIX)).collect();
        for name in context.environment.keys().filter_map(|name| name.strip_prefix(PREFIX)) {
            if let Some(near) = nearest(ours.iter().copied(), name).filter(|near| *near != name) {
                return Err(Failure::new(
                    format!("there is no variable {PREFIX}{name}"),
                    format!("did you mean {PREFIX}{near}?"),
                ));
            }
        }
        for (variable, key) in VARIABLES {
            let Some(text) = context.variable(variable) else {
                continue;
            };
            let value = match key {
                "features" => Value::from(
                    text.split(',').map(|path| path.trim().to_owned()).collect::<Vec<_>>(),
                ),
                "concurrency" => {
                    text.parse::<u16>().map(|n| Value::from(i64::from(n))).map_err(|_| {
                        Failure::new(
                            format!("{variable}={text:?} is no number"),
                            "write a whole number from 1",
                        )
                    })?
                }
                "mode" if Mode::parse(text).is_none() => {
                    return Err(Failure::new(
                        format!("{variable}={text:?} is no mode"),
                        "write ci, audit or gate",
                    ));
                }
                _ => Value::from(text),
            };
            self.put(key, value, variable);
        }
        Ok(())
    }

    fn check(self, now: Timestamp, context: &Context) -> Result<Config, Failure> {
        let origins = self.listed();
        let raw: Raw = Value::Table(self.values).try_into().map_err(|error: toml::de::Error| {
            Failure::new(error.message().to_owned(), "correct the configuration")
        })?;
        let RawSources { expect, catalogs, graph, facts, registrations, discovery } = raw.sources;
        let ages = [
            (Source::Catalogs, "catalogs", catalogs.and_then(|catalogs| catalogs.max_age)),
            (Source::Facts, "facts", facts.max_age.clone()),
            (Source::Registrations, "registrations", registrations.max_age.clone()),
            (Source::Discovery, "discovery", discovery.max_age.clone()),
        ];
        let mut max_age: BTreeMap<Source, Duration> = BTreeMap::new();
        for (source, name, text) in ages {
            let Some(text) = &text else {
                continue;
            };
            let age = humantime::parse_duration(text).map_err(|error| {
                let from =
                    self.origins.get(&format!("sources.{name}.max_age")).map_or("", String::as_str);
                Failure::new(
                    format!(
                        "{from}: sources.{name}.max_age {text:?} is no length of time: {error}"
                    ),
                    "write for instance \"90s\", \"1h\" or \"2d\"",
                )
            })?;
            max_age.insert(source, age);
        }
        if raw.concurrency == Some(0) {
            let from = self.origins.get("concurrency").map_or("", String::as_str);
            let what = format!("{from}: concurrency is 0, so that nothing would be judged");
            return Err(Failure::new(what, "write a whole number from 1"));
        }
        let redaction = raw.redact.names.map_or_else(Redaction::default, Redaction::new);
        let expected = expect.unwrap_or_default();
        let estate = PathBuf::from(raw.estate.as_deref().map_or("", directory));
        let written = [
            (Role::Graph, graph.into()),
            (Role::Facts, facts),
            (Role::Registrations, registrations),
            (Role::Discovery, discovery),
        ];
        let mut places = Places::new();
        for (role, written) in written {
            places.extend(written.read(role, &self.origins, context)?.map(|place| (role, place)));
        }
        // A directory is all that nothing else is; the built-in one only where there is nothing else.
        let named = self.origins.get("estate").is_none_or(|origin| origin != "built in");
        if named || places.is_empty() {
            let place = Place::directory(&estate);
            for role in Role::ALL {
                places.entry(role).or_insert_with(|| place.clone());
            }
        }
        let mut dependencies = vec![DependencyMap::own()];
        dependencies.extend(raw.dependency);
        Ok(Config {
            estate,
            sources: places,
            features: raw.features.unwrap_or_default(),
            waivers: raw.waivers.map(PathBuf::from),
            mode: raw.mode.unwrap_or(Mode::Ci),
            concurrency: usize::from(raw.concurrency.unwrap_or(4)),
            reading: Options {
                dependencies,
                redaction: redaction.clone(),
                directories: Some(external_facts),
                skip_unreadable: raw.unknown.documents == Some(UnknownDocuments::Skip),
                snapshots: raw.cache.snapshots(context.cache()),
            },
            trust: Settings {
                now,
                max_age,
                expected: expected.into_iter().map(SourceName::source).collect(),
                ignore_unknown_nodes: raw.unknown.nodes == Some(UnknownNodes::Ignore),
                redaction,
            },
            lookup: raw.lookup.config,
            events: raw.events,
            pipeline: raw.pipeline,
            graphite: raw.graphite,
            alerts: raw.alerts,
            notifiers: raw.notifier,
            gate: raw.gate,
            ask: raw.ask,
            serve: raw.serve,
            origins,
        })
    }

    /// Every value, in dotted keys.
    fn listed(&self) -> Vec<(String, String, String)> {
        let mut listed = Vec::new();
        leaves(&self.values, "", &mut |key, value| {
            let origin = self.origins.get(key).cloned().unwrap_or_default();
            listed.push((key.to_owned(), value.to_string(), origin));
        });
        listed
    }
}

impl SourceName {
    fn source(self) -> Source {
        match self {
            Self::Catalogs => Source::Catalogs,
            Self::Facts => Source::Facts,
            Self::Registrations => Source::Registrations,
            Self::Discovery => Source::Discovery,
        }
    }
}

/// The facts of an estate's directory `facts/NODE.d`. Programs in it are never run.
fn external_facts(
    directory: &Path,
) -> Result<serde_json::Map<String, serde_json::Value>, groundrule_inventory::Fault> {
    let fault = |fault: &groundrule_lookup::Fault| {
        let name = fault.file.as_ref().and_then(|file| file.file_name()).unwrap_or_default();
        let what = format!("{}: {}", name.to_string_lossy(), fault.what);
        let read = groundrule_inventory::Fault::new(what, fault.help.clone());
        read.at(fault.line.unwrap_or_default(), fault.column.unwrap_or_default())
    };
    external::of_files(directory).map_err(|read| fault(&read))
}

/// Where in the text a file is wrong.
fn fault(file: &str, text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let before = &text[..span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let help = unknown_field(error.message())
        .unwrap_or_else(|| "docs/configuration.md lists every key".to_owned());
    Fault {
        file: file.to_owned(),
        line,
        column,
        width: text
            .get(span)
            .map_or(0, |wrong| wrong.lines().next().unwrap_or_default().chars().count()),
        what: in_words(error.message()),
        help,
    }
}

/// What the parser says, without words of programmers.
fn in_words(message: &str) -> String {
    message
        .replace("unknown field", "unknown key")
        .replace("unknown variant", "unknown value")
        .replace("a sequence", "a list")
        .replace("u16", "a whole number")
}

/// The key that was meant, from what the parser says: unknown field `a`, expected one of `b`, `c`.
fn unknown_field(message: &str) -> Option<String> {
    let mut names = message.strip_prefix("unknown field `")?.split('`').step_by(2);
    let wrong = names.next()?;
    let near = nearest(names, wrong)?;
    Some(format!("did you mean {near}? docs/configuration.md lists every key"))
}

/// The directory of an estate, which may be written as the URL `estate:DIR`.
fn directory(estate: &str) -> &str {
    estate.strip_prefix("estate:").unwrap_or(estate)
}

/// Puts paths below a folder.
fn below(folder: &Path, value: &mut Value) {
    match value {
        Value::String(path) => *path = folder.join(&*path).to_string_lossy().into_owned(),
        Value::Array(paths) => paths.iter_mut().for_each(|path| below(folder, path)),
        _ => {}
    }
}

/// Lays a table over another, key by key, and tells which values came.
fn merge(under: &mut Table, over: Table, prefix: &str, came: &mut impl FnMut(&str)) {
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => {
                merge(under, over, &format!("{path}."), came);
            }
            (_, value) => {
                leaves_of(&value, &path, &mut |path, _| came(path));
                under.insert(key, value);
            }
        }
    }
}

fn leaves(table: &Table, prefix: &str, each: &mut impl FnMut(&str, &Value)) {
    for (key, value) in table {
        leaves_of(value, &format!("{prefix}{key}"), each);
    }
}

fn leaves_of(value: &Value, path: &str, each: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                leaves_of(value, &format!("{path}.{key}"), each);
            }
        }
        leaf => each(path, leaf),
    }
}
