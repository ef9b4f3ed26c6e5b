//! The rules of all places, and what they make of an event.

use std::collections::HashMap;

use groundrule_core::event::{Event, Kind};
use rand::Rng;

use super::condition::Scope;
use super::direct::Answer;
use super::fault::Problem;
use super::index::Index;
use super::place::{Destination, PartName, Place};
use super::rule::Rule;

/// All rules.
#[derive(Debug)]
pub struct Rules {
    pub(super) places: [Rulebook; Place::ALL.len()],
    destinations: Vec<Destination>,
}

/// The rules of one place.
#[derive(Debug)]
pub(super) struct Rulebook {
    pub rules: Vec<Rule>,
    index: Index,
    /// For each rule, which destinations it has.
    to: Vec<Vec<usize>>,
}

/// What the rules make of an event. Keep it from one event to the next: it keeps its memory.
#[derive(Debug, Default)]
pub struct Routed {
    /// A rule said that it goes nowhere.
    pub dropped: bool,
    /// Where it goes; no destination stands twice.
    pub deliveries: Vec<Delivery>,
    /// What went wrong for the first time.
    pub problems: Vec<Problem>,
    candidates: Vec<u32>,
    matched: Vec<u32>,
    /// For each destination, the event that goes there already.
    taken: Vec<u64>,
    events: u64,
}

/// An event that goes somewhere.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which of [`Rules::destinations`].
    pub to: usize,
    /// The event as rules have changed it; none if they have not.
    pub altered: Option<Event>,
}

impl Rules {
    /// Rules of which each place's are in the order of their file names. A place that has none
    /// has the defaults.
    pub(super) fn of(places: [Vec<Rule>; Place::ALL.len()]) -> Self {
        let mut destinations: Vec<Destination> = PartName::ALL.map(Destination::Part).to_vec();
        let mut numbers: HashMap<Destination, usize> =
            destinations.iter().cloned().enumerate().map(|(n, to)| (to, n)).collect();
        let mut number = |to: &Destination| {
            *numbers.entry(to.clone()).or_insert_with(|| {
                destinations.push(to.clone());
                destinations.len() - 1
            })
        };
        let places = places.map(|rules| Rulebook {
            index: Index::new(&rules),
            to: rules.iter().map(|rule| rule.to.iter().map(&mut number).collect()).collect(),
            rules,
        });
        Self { places, destinations }
    }

    /// The rules that hold where there are no rule files.
    #[must_use]
    pub fn defaults() -> Self {
        Self::of([const { Vec::new() }; Place::ALL.len()])
    }

    /// Every destination that an event can have.
    #[must_use]
    pub fn destinations(&self) -> &[Destination] {
        &self.destinations
    }

    /// How many rule files a place has.
    #[must_use]
    pub fn count(&self, place: Place) -> usize {
        self.places[place as usize].rules.len()
    }

    /// The rules that could not be applied as they are written, with for how many events.
    pub fn failures(&self) -> impl Iterator<Item = (&str, u64)> {
        let rules = self.places.iter().flat_map(|book| &book.rules);
        rules.map(|rule| (&*rule.name, rule.failures())).filter(|(_, failures)| *failures > 0)
    }

    /// Finds out where an event that comes from a place goes.
    pub fn route(&self, place: Place, event: &Event, dice: &mut impl Rng, routed: &mut Routed) {
        routed.clear(self.destinations.len());
        let book = &self.places[place as usize];
        if book.rules.is_empty() {
            for part in defaults(place, event) {
                routed.deliveries.push(Delivery { to: part as usize, altered: None });
            }
            return;
        }
        book.matching(event, dice, routed);
        if routed.dropped {
            return;
        }
        book.deliver(routed);
        book.change(event, routed);
    }
}

/// Where events go from a place that has no rule files.
pub(super) fn defaults(place: Place, event: &Event) -> impl Iterator<Item = PartName> {
    let status = place == Place::Portal && matches!(event.kind(), Kind::Status | Kind::Alert);
    let metrics = place == Place::Portal && event.has_metrics();
    let alerts = place == Place::Status;
    [(status, PartName::Status), (metrics, PartName::Metrics), (alerts, PartName::Alerts)]
        .into_iter()
        .filter_map(|(so, part)| so.then_some(part))
}

impl Routed {
    fn clear(&mut self, destinations: usize) {
        self.dropped = false;
        self.deliveries.clear();
        self.problems.clear();
        self.candidates.clear();
        self.matched.clear();
        self.taken.resize(destinations.max(self.taken.len()), 0);
        self.events += 1;
    }
}

impl Rulebook {
    /// Finds the rules that apply.
    fn matching(&self, event: &Event, dice: &mut impl Rng, routed: &mut Routed) {
        self.index.candidates(event, &mut routed.candidates);
        let scope = Scope::new(event);
        for number in &routed.candidates {
            let rule = &self.rules[*number as usize];
            if let Some(share) = rule.sample
                && !(share >= 1.0 || dice.random::<f64>() < share)
            {
                continue;
            }
            match rule.when.as_ref().map_or(Answer::Yes, |when| when.answer(&scope)) {
                Answer::Yes if rule.drop => {
                    routed.dropped = true;
                    return;
                }
                Answer::Yes => routed.matched.push(*number),
                Answer::No => {}
                Answer::Fails => routed.problems.extend(rule.failed(|| why(rule, &scope, event))),
            }
        }
    }

    /// Collects where the matching rules send it.
    fn deliver(&self, routed: &mut Routed) {
        for number in &routed.matched {
            for to in &self.to[*number as usize] {
                if routed.taken[*to] != routed.events {
                    routed.taken[*to] = routed.events;
                    routed.deliveries.push(Delivery { to: *to, altered: None });
                }
            }
        }
    }

    /// Changes what the matching rules change: first for all destinations, then for each.
    fn change(&self, event: &Event, routed: &mut Routed) {
        let Routed { matched, deliveries, problems, .. } = routed;
        if matched.iter().all(|number| self.rules[*number as usize].set.is_none()) {
            return;
        }
        let changed = |altered: &mut Option<Event>, number: u32, problems: &mut Vec<Problem>| {
            let rule = &self.rules[number as usize];
            let Some(set) = &rule.set else { return };
            match set.apply(altered.as_ref().unwrap_or(event)) {
                Ok(event) => *altered = Some(event),
                Err(invalid) => problems.extend(
                    rule.failed(|| format!("set would make an event that is not valid: {invalid}")),
                ),
            }
        };
        let mut all = None;
        for number in matched.iter().filter(|number| self.to[**number as usize].is_empty()) {
            changed(&mut all, *number, problems);
        }
        for delivery in deliveries {
            delivery.altered.clone_from(&all);
            for number in &*matched {
                if self.to[*number as usize].contains(&delivery.to) {
                    changed(&mut delivery.altered, *number, problems);
                }
            }
        }
    }
}

/// Why a condition could not be answered.
pub(super) fn why(rule: &Rule, scope: &Scope<'_>, event: &Event) -> String {
    let why = match rule.when.as_ref().map(|when| when.interpreted(scope)) {
        Some(Err(why)) => why,
        _ => "cannot be answered".to_owned(),
    };
    format!(
        "its condition is not met: {why} (first for {} of {}; a field that may be missing is asked \
         for with has(event.x) first)",
        event.name(),
        event.subject()
    )
}
