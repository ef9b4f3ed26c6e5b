//! Estates of which something is hidden in one of the ways in which it happens: documents that cannot be
//! read, documents of which not even the name is left, sources that are missing although they are
//! expected, and documents that are too old.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use groundrule_core::source::Source;
use groundrule_engine::estate::Settings;
use groundrule_oracle::generate;
use groundrule_oracle::model::{Documents, Estate, Registration};
use jiff::Timestamp;
use rand::Rng;
use rand::rngs::SmallRng;

use crate::cases::Place;

/// What is left to know of an estate.
pub struct Partial {
    pub estate: Estate,
    pub settings: Settings,
    /// Folders with a file that nobody can attribute.
    lost: BTreeSet<&'static str>,
    /// Folders in whose place something else stands.
    blocked: BTreeSet<&'static str>,
    /// Nodes with catalogs that are too old.
    outdated: BTreeSet<String>,
    /// A discovery reply that is too old.
    replied: Option<BTreeSet<String>>,
    /// What was hidden, in words.
    pub how: Vec<String>,
}

const FOLDERS: [(&str, Source); 3] = [
    ("catalogs", Source::Catalogs),
    ("facts", Source::Facts),
    ("registrations", Source::Registrations),
];

impl Partial {
    pub fn of(rng: &mut SmallRng, full: &Estate, settings: &Settings) -> Self {
        let mut partial = Self {
            estate: full.clone(),
            settings: settings.clone(),
            lost: BTreeSet::new(),
            blocked: BTreeSet::new(),
            outdated: BTreeSet::new(),
            replied: None,
            how: Vec::new(),
        };
        match rng.random_range(0..10) {
            0..4 => {
                partial.estate = generate::hide(rng, full);
                partial.how.push("documents that cannot be read".into());
            }
            4..7 => partial.lose(rng),
            7 => partial.without(rng, false),
            8 => partial.without(rng, true),
            _ => partial.age(rng),
        }
        partial
    }

    /// Takes documents away and leaves a file behind that names nobody.
    fn lose(&mut self, rng: &mut SmallRng) {
        let only = rng.random_range(0..3);
        for (n, (folder, source)) in FOLDERS.into_iter().enumerate() {
            if n != only && rng.random_bool(0.7) {
                continue;
            }
            let names = names(&self.estate, source);
            let gone: BTreeSet<_> = names.into_iter().filter(|_| rng.random_bool(0.3)).collect();
            if !gone.is_empty() {
                self.how.push(format!("{folder} of {gone:?}"));
                self.lost.insert(folder);
                let newer = self.estate.registrations.clone().unwrap_or_default();
                take_away(&mut self.estate, source, &gone);
                if source == Source::Registrations && rng.random_bool(0.5) {
                    self.register_before(rng, newer, &gone);
                }
            }
        }
    }

    /// Of what these nodes registered, only something older is left.
    fn register_before(
        &mut self,
        rng: &mut SmallRng,
        newer: Documents<Registration>,
        nodes: &BTreeSet<String>,
    ) {
        let mut before = generate::estate(rng).registrations.unwrap_or_default();
        for (node, newer) in newer.into_iter().filter(|(node, _)| nodes.contains(node)) {
            if let (Some(newer), Some(Some(older))) = (newer, before.remove(&node)) {
                let older = Registration { lastseen: newer.lastseen - 5, ..older };
                self.estate.registrations.get_or_insert_default().insert(node, Some(older));
            }
        }
    }

    /// Takes a whole source away: it is missing, or something else stands in its place.
    fn without(&mut self, rng: &mut SmallRng, blocked: bool) {
        let n = rng.random_range(0..4);
        match FOLDERS.get(n) {
            Some((folder, source)) if !names(&self.estate, *source).is_empty() => {
                self.how.push(format!("all {folder}, blocked: {blocked}"));
                match source {
                    Source::Catalogs => self.estate.catalogs = None,
                    Source::Facts => self.estate.facts = None,
                    _ => self.estate.registrations = None,
                }
                if blocked {
                    self.blocked.insert(folder);
                }
            }
            Some(_) => {}
            None if blocked => {
                self.how.push("relationships".into());
                self.estate.relationships =
                    self.estate.relationships.take().map(|_| None::<Vec<_>>);
            }
            None => {
                self.how.push("the discovery reply".into());
                self.estate.discovery = None;
            }
        }
    }

    /// Trusts only what is new enough: what is older tells of another world.
    fn age(&mut self, rng: &mut SmallRng) {
        let before = generate::estate(rng);
        match rng.random_range(0..3) {
            0 => {
                let seconds = [60, 3600, 90_000][rng.random_range(0..3)];
                self.how.push(format!("registrations older than {seconds} s"));
                self.trust(Source::Registrations, seconds);
                let (now, mut older) = (self.estate.now, before.registrations.unwrap_or_default());
                for (node, registration) in self.estate.registrations.iter_mut().flatten() {
                    let old = registration.as_mut();
                    let old = old.filter(|old| now - old.lastseen > seconds.cast_signed());
                    if let (Some(old), Some(Some(older))) = (old, older.remove(node)) {
                        *old = Registration { lastseen: old.lastseen, ..older };
                    }
                }
            }
            1 => {
                self.trust(Source::Catalogs, 3600);
                let mut older = before.catalogs.unwrap_or_default();
                for (node, catalog) in self.estate.catalogs.iter_mut().flatten() {
                    if rng.random_bool(0.5)
                        && let (Some(catalog), Some(Some(older))) = (catalog, older.remove(node))
                    {
                        *catalog = older;
                        self.outdated.insert(node.clone());
                    }
                }
                self.how.push(format!("newer catalogs of {:?}", self.outdated));
            }
            _ if self.estate.discovery.is_some() => {
                self.trust(Source::Discovery, 3600);
                self.replied = before.discovery.flatten();
                self.how.push(format!("a newer reply than {:?}", self.replied));
            }
            _ => {}
        }
    }

    fn trust(&mut self, source: Source, seconds: u64) {
        self.settings.max_age.insert(source, Duration::from_secs(seconds));
    }

    /// The directory with what is left.
    pub fn write(&self, place: &Place) -> std::path::PathBuf {
        let directory = place.estate("partial", &self.estate);
        for node in &self.outdated {
            let file = directory.join(format!("catalogs/{node}.json"));
            let text = fs::read_to_string(&file).unwrap();
            fs::write(file, text.replace("1795339369", "1700000000")).unwrap();
        }
        if let Some(replied) = &self.replied {
            let reply = serde_json::json!({"at": "2024-01-01T00:00:00Z", "nodes": replied});
            fs::write(directory.join("discovery.json"), reply.to_string()).unwrap();
        }
        for folder in &self.lost {
            lose_a_file(&directory.join(folder));
        }
        for folder in &self.blocked {
            fs::write(directory.join(folder), "").unwrap();
        }
        directory
    }
}

/// A file without a name, in which nothing can be read either.
fn lose_a_file(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(" .json"), "{").unwrap();
}

fn names(estate: &Estate, source: Source) -> Vec<String> {
    fn of<T>(documents: Option<&groundrule_oracle::model::Documents<T>>) -> Vec<String> {
        documents.map(|all| all.keys().cloned().collect()).unwrap_or_default()
    }
    match source {
        Source::Catalogs => of(estate.catalogs.as_ref()),
        Source::Facts => of(estate.facts.as_ref()),
        _ => of(estate.registrations.as_ref()),
    }
}

fn take_away(estate: &mut Estate, source: Source, gone: &BTreeSet<String>) {
    let stays = |name: &String| !gone.contains(name);
    match source {
        Source::Catalogs => estate.catalogs.iter_mut().for_each(|all| all.retain(|n, _| stays(n))),
        Source::Facts => estate.facts.iter_mut().for_each(|all| all.retain(|n, _| stays(n))),
        _ => estate.registrations.iter_mut().for_each(|all| all.retain(|n, _| stays(n))),
    }
}

/// Everything that the whole estate has is expected of the partial one.
pub fn settings(full: &Estate) -> Settings {
    let mut settings = Settings::at(Timestamp::from_second(full.now).unwrap());
    let has = [
        (full.catalogs.is_some(), Source::Catalogs),
        (full.facts.is_some(), Source::Facts),
        (full.registrations.is_some(), Source::Registrations),
        (full.discovery.is_some(), Source::Discovery),
    ];
    settings.expected = has.into_iter().filter(|(has, _)| *has).map(|(_, source)| source).collect();
    settings
}
