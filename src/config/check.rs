//! From values to a configuration that can be worked with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use groundrule_core::redaction::Redaction;
use groundrule_core::source::Source;
use groundrule_engine::estate::Settings;
use groundrule_engine::waiver::Mode;
use groundrule_inventory::source::Role;
use groundrule_inventory::{DependencyMap, Options};
use groundrule_lookup::external;
use jiff::Timestamp;
use toml::Value;

use super::layers::Layers;
use super::raw::{Raw, RawSources, SourceName, UnknownDocuments, UnknownNodes};
use super::sources::{Place, Places};
use super::{Config, directory};
use crate::context::Context;
use crate::failure::Failure;

impl Layers {
    /// The configuration that the values make.
    pub fn check(self, now: Timestamp, context: &Context) -> Result<Config, Failure> {
        let origins = self.listed();
        let raw: Raw = Value::Table(self.values).try_into().map_err(|error: toml::de::Error| {
            Failure::new(error.message().to_owned(), "correct the configuration")
        })?;
        let RawSources { expect, catalogs, graph, facts, registrations, discovery, checks } =
            raw.sources;
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
            (Role::Checks, checks.into()),
        ];
        let mut places = Places::new();
        for (role, written) in written {
            places.extend(written.read(role, &self.origins, context)?.map(|place| (role, place)));
        }
        // A directory is all that nothing else is; the built-in one only where there is nothing else.
        let named = self.origins.get("estate").is_none_or(|origin| origin != "built in");
        if named || places.keys().all(|role| *role == Role::Checks) {
            let place = Place::directory(&estate);
            for role in Role::WRITTEN {
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
