//! Carries out a plan with `cucumber`: it schedules, matches and retries; what a scenario finds
//! goes through [`Scene`], not through panics, so that every violation is kept.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::panic::panic_any;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use cucumber::Runner as _;
use cucumber::event::{Cucumber, Feature, Hook, Rule, Scenario, ScenarioFinished, Step, StepError};
use cucumber::gherkin;
use cucumber::step::Context;
use futures::future::LocalBoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use groundrule_core::source::{Problem, Source};
use groundrule_core::verdict::Status;
use jiff::Timestamp;

use crate::estate::Estate;
use crate::event::{Event, Finding, Judged, RunFinished, RunStarted, StepResult, Summary};
use crate::policy::{Plan, Policy, Vocabulary};
use crate::scene::{Outcome, Scene};
use crate::waiver::{Mode, Ruling, Waivers};
use crate::world::{Dependencies, World};

/// How a plan is carried out.
pub struct Options {
    /// The run's identity.
    pub run: String,
    /// The estate's name.
    pub estate: String,
    /// Stop after the first policy that does not hold: they are judged one at a time then.
    pub fail_fast: bool,
    /// How many policies are judged at a time.
    pub concurrency: usize,
    /// Exceptions.
    pub waivers: Waivers,
    /// What the run is for.
    pub mode: Mode,
    /// Whether all policies were selected: else nobody can say which waivers are unused.
    pub complete: bool,
    /// Faults of the estate, for reports.
    pub problems: Vec<Problem>,
}

/// Judges every policy of a plan and tells what happens.
pub async fn run(
    plan: Plan,
    vocabulary: &Vocabulary,
    estate: Arc<Estate>,
    options: Options,
    mut tell: impl FnMut(Event),
) -> Summary {
    let began = Instant::now();
    let collection = vocabulary.collection::<Judge>(step);
    tell(Event::Started(Arc::new(started(&plan, &estate, &options))));
    let mut sentences = plan.policies.iter().flat_map(|policy| &policy.steps);
    if sentences.any(|step| step.sentence.asks_dependencies()) {
        Dependencies::of(&World::today(Arc::clone(&estate))).await;
    }
    let order: HashMap<(PathBuf, usize), usize> =
        plan.policies.iter().map(|p| key(&p.file, p.line)).zip(0..).collect();
    let order = Rc::new(order);
    let run = Rc::new(Run { estate, policies: plan.policies, options, ended: RefCell::default() });

    let (beginning, beginning_order) = (Rc::clone(&run), Rc::clone(&order));
    let (ending, ending_order) = (Rc::clone(&run), Rc::clone(&order));
    let runner = cucumber::runner::Basic::default()
        .steps(collection)
        .max_concurrent_scenarios(run.options.at_a_time())
        .before(move |feature, _, scenario, judge: &mut Judge| {
            judge.begin(&beginning, beginning_order.get(&of(feature, scenario)).copied());
            std::future::ready(()).boxed_local()
        })
        .after(move |feature, _, scenario, how, judge| {
            if let Some(number) = ending_order.get(&of(feature, scenario)).copied() {
                ending.finish(number, judge, how);
            }
            std::future::ready(()).boxed_local()
        });
    let runner = if run.options.fail_fast { runner.fail_fast() } else { runner };
    let features = stream::iter(plan.features.into_iter().map(Ok));
    let mut events = runner.run(features, cucumber::runner::basic::Cli::default());

    let mut summary = Summary::default();
    let mut crashed = Vec::new();
    let mut attempts: HashMap<usize, usize> = HashMap::new();
    let mut places: Vec<Place> = run.policies.iter().map(|_| Place::Waiting).collect();
    let mut next = 0;
    while let Some(event) = events.next().await {
        let Ok(event) = event else {
            continue;
        };
        let Cucumber::Feature(feature, event) = event.into_inner() else {
            continue;
        };
        let (scenario, event) = match event {
            Feature::Scenario(scenario, event)
            | Feature::Rule(_, Rule::Scenario(scenario, event)) => (scenario, event),
            _ => continue,
        };
        let Some(number) = order.get(&of(&feature, &scenario)).copied() else {
            continue;
        };
        let policy = &run.policies[number];
        if let Some(bug) = crash(&event.event) {
            crashed.push(format!("{}:{}: {bug}", policy.file, policy.line));
            places[number] = Place::Lost;
        }
        if !matches!(event.event, Scenario::Finished) {
            continue;
        }
        let count = attempts.entry(number).or_insert(0);
        *count += 1;
        let ended = run.ended.borrow_mut().get_mut(&number).and_then(VecDeque::pop_front);
        match ended.flatten() {
            // After a bug no other attempt counts.
            _ if matches!(places[number], Place::Lost) => {}
            Some((_, true)) if event.retries.is_some_and(|retries| retries.left > 0) => continue,
            Some((result, _)) => {
                let result = Judged { attempts: *count, ..result };
                summary.count(result.status);
                places[number] = Place::Judged(Arc::new(result));
            }
            None => places[number] = Place::Lost,
        }
        while let Some(place) = places.get(next).filter(|place| !matches!(place, Place::Waiting)) {
            if let Place::Judged(ready) = place {
                tell(Event::Judged(Arc::clone(ready)));
            }
            next += 1;
        }
    }
    // After the first failure of a run that stops there, policies in between were not judged.
    let judged = || places.iter().filter_map(Place::judged);
    for late in places.iter().skip(next).filter_map(Place::judged) {
        tell(Event::Judged(Arc::clone(late)));
    }
    let stopped = run.options.fail_fast && judged().any(|judged| judged.status.stops());
    let waiting = run.policies.iter().zip(&places).filter(|(_, place)| place.judged().is_none());
    let not_judged: Vec<_> = waiting.map(|(policy, _)| Arc::clone(policy)).collect();
    if !stopped && crashed.is_empty() && !not_judged.is_empty() {
        crashed.extend(not_judged.iter().map(|policy| {
            format!("{}:{}: it was not judged, and nobody knows why", policy.file, policy.line)
        }));
    }
    let notes = run.notes(judged(), &plan.known);
    let refused = run.options.waivers.strict && !notes.is_empty();
    let seconds = began.elapsed().as_secs_f64();
    let finished = RunFinished { seconds, summary, not_judged, notes, refused, crashed };
    tell(Event::Finished(Arc::new(finished)));
    summary
}

fn started(plan: &Plan, estate: &Estate, options: &Options) -> RunStarted {
    let sources = [
        (Source::Catalogs, estate.sources.graph.is_some()),
        (Source::Facts, estate.sources.facts.is_some()),
        (Source::Registrations, estate.sources.registry.is_some()),
        (Source::Discovery, estate.sources.discovery.is_some()),
    ];
    RunStarted {
        run: options.run.clone(),
        at: estate.settings.now,
        estate: options.estate.clone(),
        policies: plan.policies.len(),
        per_file: plan.policies.iter().fold(HashMap::new(), |mut counts, policy| {
            *counts.entry(policy.file.clone()).or_insert(0) += 1;
            counts
        }),
        problems: options.problems.clone(),
        missing: sources
            .into_iter()
            .filter(|(_, there)| !there)
            .map(|(source, _)| source)
            .collect(),
    }
}

impl Options {
    /// How many policies are judged at a time: one where the first that does not hold is the last.
    fn at_a_time(&self) -> usize {
        if self.fail_fast { 1 } else { self.concurrency.max(1) }
    }
}

/// What a policy's place in the report holds.
enum Place {
    /// Nothing yet.
    Waiting,
    /// What the policy came to.
    Judged(Arc<Judged>),
    /// A bug: it came to nothing.
    Lost,
}

impl Place {
    fn judged(&self) -> Option<&Arc<Judged>> {
        match self {
            Self::Judged(judged) => Some(judged),
            Self::Waiting | Self::Lost => None,
        }
    }
}

/// A policy's file and line.
fn key(file: &str, line: usize) -> (PathBuf, usize) {
    (PathBuf::from(file), line)
}

fn of(feature: &gherkin::Feature, scenario: &gherkin::Scenario) -> (PathBuf, usize) {
    let path = feature.path.clone().unwrap_or_default();
    let path = path.strip_prefix("./").map(PathBuf::from).unwrap_or(path);
    (path, scenario.position.line)
}

/// A panic that is not ours: a bug.
fn crash<W>(event: &Scenario<W>) -> Option<String> {
    let info = match event {
        Scenario::Step(_, step) | Scenario::Background(_, step) => match step {
            Step::Failed(_, _, _, StepError::Panic(info)) => info,
            _ => return None,
        },
        Scenario::Hook(_, Hook::Failed(_, info)) if !info.is::<DoesNotHold>() => info,
        _ => return None,
    };
    let text = info.downcast_ref::<String>().map(String::as_str);
    Some(text.or_else(|| info.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned())
}

struct Run {
    estate: Arc<Estate>,
    policies: Vec<Arc<Policy>>,
    options: Options,
    /// How attempts ended whose event was not seen yet, the oldest first: the next attempt may be
    /// over before the first one's event comes.
    ended: RefCell<HashMap<usize, VecDeque<Attempt>>>,
}

/// What an attempt came to, and whether `cucumber` was told that it failed; nothing after a panic.
type Attempt = Option<(Judged, bool)>;

/// What `cucumber` carries from sentence to sentence.
#[derive(Default)]
struct Judge {
    work: Option<Work>,
}

struct Work {
    policy: Arc<Policy>,
    scene: Scene,
    steps: Vec<StepResult>,
}

// `cucumber` shows its world in its own reports, which are not used.
impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Judge")
    }
}

impl cucumber::World for Judge {
    type Error = Infallible;

    async fn new() -> Result<Self, Self::Error> {
        Ok(Self::default())
    }
}

impl Judge {
    fn begin(&mut self, run: &Run, number: Option<usize>) {
        self.work = number.map(|number| {
            let policy = Arc::clone(&run.policies[number]);
            let scene = Scene::new(Arc::clone(&run.estate), policy.allow_empty);
            Work { policy, scene, steps: Vec::new() }
        });
    }
}

/// Carries out the next sentence: they come in the order in which they were compiled.
fn step(judge: &mut Judge, _: Context) -> LocalBoxFuture<'_, ()> {
    async {
        let Some(work) = &mut judge.work else {
            return;
        };
        let Some(step) = work.policy.steps.get(work.steps.len()) else {
            return;
        };
        let (found, doubts) = work.scene.progress();
        let began = Instant::now();
        work.scene.perform(&*step.sentence, &step.text).await;
        if let Some(name) = &step.name {
            work.scene.name(name);
        }
        let seconds = began.elapsed().as_secs_f64();
        let (now_found, now_doubts) = work.scene.progress();
        work.steps.push(StepResult {
            seconds,
            findings: found..now_found,
            doubted: now_doubts > doubts,
        });
    }
    .boxed_local()
}

/// Tells `cucumber` that a scenario failed, so that it retries it or stops.
struct DoesNotHold;

impl Run {
    fn finish(&self, number: usize, judge: Option<&mut Judge>, how: &ScenarioFinished) {
        self.ended.borrow_mut().entry(number).or_default().push_back(None);
        let Some(Work { policy, scene, steps }) = judge.and_then(|judge| judge.work.take()) else {
            return;
        };
        if !matches!(how, ScenarioFinished::StepPassed) || steps.len() < policy.steps.len() {
            return;
        }
        let retried = policy.tags.iter().any(|tag| tag.starts_with("@retry"));
        let judged = self.judged(policy, &scene.finish(), steps);
        let failed = (retried || self.options.fail_fast) && judged.status.stops();
        if let Some(attempt) = self.ended.borrow_mut().get_mut(&number).and_then(VecDeque::back_mut)
        {
            *attempt = Some((judged, failed));
        }
        if failed {
            panic_any(DoesNotHold);
        }
    }

    fn judged(&self, policy: Arc<Policy>, outcome: &Outcome, steps: Vec<StepResult>) -> Judged {
        let now = self.estate.settings.now;
        let finding = |violation: &groundrule_core::verdict::Violation| {
            let (ruling, _) =
                self.options.waivers.rule(&policy.id, violation, self.options.mode, now);
            let (waiver, expired) = match ruling {
                Ruling::Stands => (None, None),
                Ruling::Waived(waived) => (Some(waived), None),
                Ruling::Expired(id, day) => (None, Some((id, day))),
            };
            Finding {
                fingerprint: violation.fingerprint(&policy.id),
                violation: violation.clone(),
                waiver,
                expired,
            }
        };
        let findings: Vec<_> = outcome.findings.violations().iter().map(finding).collect();
        let undecided = outcome.findings.undecided();
        let status =
            match (findings.iter().any(|f| f.waiver.is_none()), &undecided, findings.is_empty()) {
                (true, _, _) => Status::Violated,
                (false, Some(_), _) => Status::Undecided,
                (false, None, false) => Status::Waived,
                (false, None, true) => Status::Held,
            };
        Judged {
            status,
            population: outcome.population,
            not_judged: outcome.not_judged,
            seconds: steps.iter().map(|step| step.seconds).sum(),
            doubts: undecided.clone(),
            undecided: undecided.filter(|_| status != Status::Violated),
            findings,
            steps,
            policy,
            attempts: 1,
        }
    }

    /// Waivers that people should look at.
    fn notes<'j>(
        &self,
        judged: impl Iterator<Item = &'j Arc<Judged>> + Clone,
        known: &[String],
    ) -> Vec<String> {
        let waivers = &self.options.waivers;
        let now: Timestamp = self.estate.settings.now;
        let mut used = vec![false; waivers.all.len()];
        let mut decided = Vec::new();
        let judged_policies = judged.clone();
        for judged in judged {
            if judged.undecided.is_none() {
                decided.push(judged.policy.id.as_str());
            }
            for finding in &judged.findings {
                let (_, by) =
                    waivers.rule(&judged.policy.id, &finding.violation, self.options.mode, now);
                if let Some(by) = by {
                    used[by] = true;
                }
            }
        }
        let fits = |pattern: &str, id: &str| groundrule_core::redaction::glob(pattern, id);
        let mut notes = Vec::new();
        for (waiver, used) in waivers.all.iter().zip(used) {
            let at = format!("{}:{}: the waiver {}", waivers.file, waiver.line, waiver.id);
            let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
            if !known.iter().any(|id| fits(&waiver.policy, id)) {
                if self.options.complete {
                    notes.push(format!(
                        "{at} is for the policy {}, which nobody knows",
                        waiver.policy
                    ));
                }
            } else if waiver.expires < today {
                notes.push(format!("{at} expired on {}", waiver.expires));
            } else if !used
                && self.options.complete
                && waiver.applies_to.contains(&self.options.mode)
                && decided.iter().any(|id| fits(&waiver.policy, id))
            {
                notes.push(format!("{at} is not used: nothing that it excepts is violated"));
            }
        }
        for judged in judged_policies {
            for tag in &judged.policy.tags {
                let id = tag.strip_prefix("@waived(").and_then(|tag| tag.strip_suffix(')'));
                if let Some(id) = id.filter(|id| !waivers.all.iter().any(|w| w.id == *id)) {
                    let at = format!("{}:{}", judged.policy.file, judged.policy.line);
                    notes.push(format!("{at}: there is no waiver {id}, which a tag names"));
                }
            }
        }
        notes
    }
}
