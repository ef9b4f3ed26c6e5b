//! Judging policies in the process, for tests that judge thousands of them.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use groundrule_core::ports::{Checks, Lookup, Sources};
use groundrule_core::verdict::Status;
use groundrule_engine::estate::{Estate, Settings};
use groundrule_engine::event::{Event, Judged};
use groundrule_engine::gate::Gate;
use groundrule_engine::policy::{Fault, PathSpec, Selection, Vocabulary, compile, discover};
use groundrule_engine::run::{Options, run};
use groundrule_engine::waiver::{Mode, Waivers};
use groundrule_lookup::hierarchy::Hierarchy;
use jiff::Timestamp;

use crate::told::Told;

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| groundrule_steps::vocabulary().unwrap());

/// Judges the policies of a feature file on an estate directory.
pub fn judge(directory: &Path, feature: &Path, now: i64) -> Result<Vec<Arc<Judged>>, Vec<Fault>> {
    judge_with(directory, feature, Settings::at(Timestamp::from_second(now).unwrap()))
}

/// The same, with sources that are trusted as the settings say.
pub fn judge_with(
    directory: &Path,
    feature: &Path,
    settings: Settings,
) -> Result<Vec<Arc<Judged>>, Vec<Fault>> {
    let sources = sources(directory, &settings);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(judge_sources(sources, feature, settings))
}

/// The same on any sources.
pub async fn judge_sources(
    sources: Sources,
    feature: &Path,
    settings: Settings,
) -> Result<Vec<Arc<Judged>>, Vec<Fault>> {
    let files = discover(&[PathSpec { path: feature.to_owned(), lines: Vec::new() }])?;
    let plan = compile(files, &VOCABULARY, &Selection::default())?;
    let options = Options {
        run: "test".into(),
        estate: "estate".into(),
        fail_fast: false,
        concurrency: 1,
        waivers: Waivers::default(),
        mode: Mode::Ci,
        complete: true,
        problems: Vec::new(),
    };
    let mut judged = Vec::new();
    let estate = Arc::new(Estate::open(sources, settings).await);
    run(plan, &VOCABULARY, estate, options, |event| {
        if let Event::Judged(policy) = event {
            judged.push(policy);
        }
    })
    .await;
    Ok(judged)
}

/// An estate directory, opened.
pub fn opened(directory: &Path, now: i64) -> Arc<Estate> {
    opened_with(directory, Settings::at(Timestamp::from_second(now).unwrap()))
}

/// The same, with sources that are trusted as the settings say.
pub fn opened_with(directory: &Path, settings: Settings) -> Arc<Estate> {
    let sources = sources(directory, &settings);
    block_on(async { Arc::new(Estate::open(sources, settings).await) })
}

/// A gate with the policies of a feature file.
pub fn gate(estate: &Arc<Estate>, feature: &Path) -> Gate {
    let files = discover(&[PathSpec { path: feature.to_owned(), lines: Vec::new() }]).unwrap();
    let plan = compile(files, &VOCABULARY, &Selection::default()).unwrap();
    Gate::new(Arc::clone(estate), plan.policies, Waivers::default())
}

/// Waits for stores that are in memory.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// The sources of an estate directory, with the data and the results of checks beside it.
pub fn sources(directory: &Path, settings: &Settings) -> Sources {
    let directory =
        groundrule_inventory::Estate::open(directory, &groundrule_inventory::Options::default())
            .unwrap();
    let hiera = directory.root().join("hiera.yaml");
    let lookup = hiera.exists().then(|| {
        let data = Hierarchy::open(&hiera, settings.redaction.clone()).unwrap();
        Arc::new(data) as Arc<dyn Lookup>
    });
    let checks = Told::of(&directory.root().join("checks.json"));
    let checks = checks.map(|told| Arc::new(told) as Arc<dyn Checks>);
    Sources { lookup, checks, ..Arc::new(directory).sources() }
}

/// Status and subjects of each violation, sorted and each once.
pub fn outcome(judged: &Judged) -> (Status, Vec<Vec<String>>) {
    let mut subjects: Vec<_> =
        judged.findings.iter().map(|f| f.violation.subjects.clone()).collect();
    subjects.sort();
    subjects.dedup();
    (judged.status, subjects)
}
