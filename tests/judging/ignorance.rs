//! Knowing less never turns a verdict round, and a verdict on less is never withdrawn.
//!
//! Random estates are judged whole, and again with something hidden in one of the ways in which it
//! happens: documents that cannot be read, documents of which not even the name is left, sources
//! that are missing although they are expected, and documents that are too old.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use groundrule_core::source::Source;
use groundrule_core::verdict::Status;
use groundrule_engine::estate::Settings;
use groundrule_oracle::generate;
use groundrule_oracle::model::Estate;
use groundrule_oracle::policy::{Policy, Step, Then};
use jiff::Timestamp;
use rand::Rng;
use rand::rngs::SmallRng;

use crate::cases::{Place, can_run, expect_none, policies, seeds};
use crate::in_process::{judge_with, outcome};

/// What is left to know of an estate.
struct Partial {
    estate: Estate,
    settings: Settings,
    /// Folders with a file that nobody can attribute.
    lost: BTreeSet<&'static str>,
    /// Folders in whose place something else stands.
    blocked: BTreeSet<&'static str>,
    how: Vec<String>,
}

const FOLDERS: [(&str, Source); 3] = [
    ("catalogs", Source::Catalogs),
    ("facts", Source::Facts),
    ("registrations", Source::Registrations),
];

impl Partial {
    fn of(rng: &mut SmallRng, full: &Estate, settings: &Settings) -> Self {
        let mut partial = Self {
            estate: full.clone(),
            settings: settings.clone(),
            lost: BTreeSet::new(),
            blocked: BTreeSet::new(),
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
                take_away(&mut self.estate, source, &gone);
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

    /// Trusts only what is new enough.
    fn age(&mut self, rng: &mut SmallRng) {
        let seconds = [60, 3600, 90_000][rng.random_range(0..3)];
        self.how.push(format!("registrations older than {seconds} s"));
        self.settings.max_age.insert(Source::Registrations, Duration::from_secs(seconds));
    }

    fn write(&self, place: &Place) -> std::path::PathBuf {
        let directory = place.estate("partial", &self.estate);
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
fn settings(full: &Estate) -> Settings {
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

/// Whether it judges the whole estate, which it does not where the current set is empty after all.
fn judges_all(policy: &Policy) -> bool {
    policy.steps.iter().any(|step| matches!(step, Step::Then(Then::HardMet | Then::NothingFallen)))
}

/// A violation may name more with more knowledge, but nobody less. One without subjects says that
/// there was nothing to judge, which may turn out to be a name that nobody knows.
fn withdrawn(less: &[Vec<String>], more: &[Vec<String>]) -> Vec<Vec<String>> {
    let stands = |violation: &Vec<String>| {
        violation.is_empty()
            || more.iter().any(|other| violation.iter().all(|subject| other.contains(subject)))
    };
    less.iter().filter(|violation| !stands(violation)).cloned().collect()
}

#[test]
fn knowing_less_never_turns_a_verdict_round() {
    let mut wrong = Vec::new();
    let (mut judged, mut verdicts, mut became_undecided, mut violations) = (0, 0, 0, 0);
    let seeds = seeds(500);
    let one = seeds.end - seeds.start == 1;
    for seed in seeds {
        let mut rng = generate::seeded(5_000_000 + seed);
        let full = generate::estate(&mut rng);
        let policies: Vec<_> = policies(&mut rng, &full).into_iter().filter(can_run).collect();
        let settings = settings(&full);
        let partial = Partial::of(&mut rng, &full, &settings);
        let mut place = Place::new();
        let feature = place.feature("policies", &policies);
        let whole = place.estate("full", &full);
        let part = partial.write(&place);
        if one {
            place.keep();
            wrong.push(format!("seed {seed} is kept in {}", place.path().display()));
        }
        let more = judge_with(&whole, &feature, settings);
        let less = judge_with(&part, &feature, partial.settings.clone());
        let (more, less) = match (more, less) {
            (Ok(more), Ok(less)) => (more, less),
            (more, less) => {
                wrong.push(format!("seed {seed}: {:?} {:?}", more.err(), less.err()));
                continue;
            }
        };
        assert_eq!((more.len(), less.len()), (policies.len(), policies.len()), "seed {seed}");
        for ((policy, more), less) in policies.iter().zip(&more).zip(&less) {
            let (whole, all) = outcome(more);
            let (part, some) = outcome(less);
            let lost = if judges_all(policy) { Vec::new() } else { withdrawn(&some, &all) };
            if part != Status::Undecided && part != whole || part == whole && !lost.is_empty() {
                wrong.push(format!(
                    "seed {seed}: hidden: {}\n{}whole: {whole:?} {all:?}\npartial: {part:?} {some:?}\nwithdrawn: {lost:?}\n{:?}",
                    partial.how.join("; "),
                    policy.scenario(),
                    less.findings.iter().map(|f| &f.violation.message).collect::<Vec<_>>()
                ));
            }
            judged += 1;
            verdicts += usize::from(part != Status::Undecided);
            became_undecided += usize::from(part == Status::Undecided && whole != part);
            violations += some.len();
        }
    }
    expect_none(&wrong);
    // Else nothing was hidden that mattered, or everything was.
    let figures = [verdicts, became_undecided, violations];
    assert!(one || figures.iter().all(|n| n * 20 > judged), "{figures:?} of {judged}");
}
