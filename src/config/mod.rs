//! The configuration: layers from built-in values to the command line, each value with its origin.

mod check;
mod environment;
mod fault;
pub mod gate;
mod layers;
pub mod pipeline;
mod raw;
pub mod sources;

use std::path::{Path, PathBuf};

use groundrule_engine::estate::Settings;
use groundrule_engine::waiver::Mode;
use groundrule_inventory::Options;
use groundrule_inventory::source::{Location, Role};
use groundrule_pipeline::alerts::NotifierSetting;
use jiff::Timestamp;
use toml::Value;

use self::environment::CONFIG;
use self::layers::Layers;
use self::sources::{Place, Places};
use crate::cli::Global;
use crate::context::Context;
use crate::failure::Failure;

const NAME: &str = "groundrule.toml";
const SYSTEM: &str = "/etc/groundrule/groundrule.toml";

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

impl Config {
    /// Puts the layers together: built-in, system, the nearest file upwards, environment, command
    /// line.
    ///
    /// # Errors
    /// Everything that is wrong in any of the layers.
    pub fn load(context: &Context, global: &Global) -> Result<Self, Failure> {
        let mut layers = Layers::default();
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

impl Config {
    /// Whether all of the estate is the estate directory.
    pub fn is_directory(&self) -> bool {
        let whole = Location::directory(&self.estate);
        let is_whole = |(role, place): (&Role, &Place)| {
            // What runs checks knows nothing of the estate.
            *role == Role::Checks || place.location == whole
        };
        self.sources.iter().all(is_whole)
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
        let estate = self.sources.iter().filter(|(role, _)| **role != Role::Checks);
        estate.map(part).collect::<Vec<_>>().join(", ")
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

/// The directory of an estate, which may be written as the URL `estate:DIR`.
fn directory(estate: &str) -> &str {
    estate.strip_prefix("estate:").unwrap_or(estate)
}
