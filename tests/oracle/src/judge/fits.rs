//! Whether the sentences of a policy fit each other, whatever the estate.

use std::collections::BTreeMap;

use crate::filter::Filter;
use crate::pattern;
use crate::policy::{Comparison, Given, Operator, Policy, Step, Tail, Then, When};
use crate::values;

/// What the current set is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Nodes,
    Resources,
    Dependencies,
    Groups,
    Pairs,
}

#[derive(Default)]
struct Seen {
    current: Option<Made>,
    current_name: Option<String>,
    named: BTreeMap<String, Made>,
    in_turn: bool,
    judged: bool,
    looked_up: bool,
    checked: bool,
}

/// Says which sentence cannot run.
pub fn check(policy: &Policy) -> Result<(), String> {
    let mut seen = Seen::default();
    for step in &policy.steps {
        let fits = match step {
            Step::Given(given, name) => seen.given(given, name.as_ref()),
            Step::When(when) => seen.when(when),
            Step::Then(then) => seen.then(then),
        };
        fits.map_err(|why| format!("{step:?}: {why}"))?;
    }
    if seen.judged { Ok(()) } else { Err("no Then: it judges nothing".into()) }
}

impl Seen {
    fn given(&mut self, given: &Given, name: Option<&String>) -> Result<(), String> {
        let made = match given {
            Given::AllNodes | Given::Node(_) | Given::Nodes(_) => Made::Nodes,
            Given::NodesThat(tail) => {
                check_tail(tail, Made::Nodes)?;
                Made::Nodes
            }
            Given::ResourcesOfType(_) | Given::Services | Given::Resource(_) => Made::Resources,
            Given::Dependencies(_) => Made::Dependencies,
            Given::Only(tail) | Given::Except(tail) => {
                let made = self.current.ok_or("there is no set to narrow")?;
                check_tail(tail, made)?;
                made
            }
        };
        self.current = Some(made);
        self.current_name = name.cloned();
        if let Some(name) = name {
            self.named.insert(name.clone(), made);
        }
        Ok(())
    }

    fn when(&mut self, when: &When) -> Result<(), String> {
        let current = self.current;
        let nodes = current == Some(Made::Nodes);
        match when {
            When::GroupByFact(_) | When::GroupByEnvironment | When::GroupByClass(_) => {
                must(nodes, "only nodes are grouped")?;
                if let When::GroupByClass(regex) = when {
                    pattern::regex(regex)?;
                }
                self.change(Made::Groups);
            }
            When::Follow(..) => {
                must(nodes || current == Some(Made::Resources), "follows nodes and resources")?;
                self.change(Made::Pairs);
            }
            When::ShutDown(None) => {
                must(nodes, "only nodes are shut down")?;
                self.change(Made::Nodes);
            }
            When::ShutDown(Some(name)) => {
                let made = self.named.get(name).ok_or("no set has this name")?;
                must(*made == Made::Nodes, "only nodes are shut down")?;
                if self.current_name.as_ref() == Some(name) {
                    self.change(Made::Nodes);
                }
            }
            When::InTurn => {
                must(nodes, "only nodes are shut down")?;
                must(!self.in_turn, "once in turn is enough")?;
                self.in_turn = true;
                self.change(Made::Nodes);
            }
            When::Add { .. } => {}
            When::LookUp(..) => {
                must(nodes, "only for nodes something is looked up")?;
                self.looked_up = true;
            }
            When::Check(_) => {
                must(nodes, "only nodes are checked")?;
                self.checked = true;
            }
        }
        Ok(())
    }

    fn change(&mut self, made: Made) {
        self.current = Some(made);
        self.current_name = None;
    }

    fn then(&mut self, then: &Then) -> Result<(), String> {
        self.judged = true;
        let current = self.current;
        let is = |made: Made| current == Some(made);
        let fits = match then {
            Then::HardMet | Then::NothingFallen => true,
            Then::Count(_) | Then::None => {
                is(Made::Nodes) || is(Made::Resources) || is(Made::Dependencies)
            }
            Then::GroupHas(_) | Then::GroupSpans(..) => is(Made::Groups),
            Then::NoPairShares(_) | Then::NoPairs => is(Made::Pairs),
            Then::Managed => is(Made::Dependencies),
            Then::Resolves | Then::AnswerIs(_) | Then::AnswerHas(_) | Then::AnswerContains(_) => {
                is(Made::Nodes) && self.looked_up
            }
            Then::ResultsOk | Then::ResultsAtWorstWarning => is(Made::Nodes) && self.checked,
            _ => is(Made::Nodes),
        };
        must(fits, "does not fit the current set")?;
        match then {
            Then::HasClass(name) | Then::NoneHasClass(name) => pattern::check(name),
            Then::FactIs(_, how) | Then::ParameterIs(_, _, how) | Then::AnswerIs(how) => {
                check_comparison(how)
            }
            Then::RegisteredWithin(text) => {
                seconds(text).map(|_| ()).ok_or_else(|| format!("{text} is no duration"))
            }
            _ => Ok(()),
        }
    }
}

fn must(fits: bool, why: &str) -> Result<(), String> {
    if fits { Ok(()) } else { Err(why.to_string()) }
}

fn check_tail(tail: &Tail, made: Made) -> Result<(), String> {
    must(made != Made::Groups && made != Made::Pairs, "groups and pairs are not narrowed")?;
    match tail {
        Tail::WithClass(name) | Tail::WithoutClass(name) => pattern::check(name),
        Tail::InEnvironment(name) | Tail::WithAgent(name) => pattern::check(name),
        Tail::FactIs(_, how) => check_comparison(how),
        Tail::Matching(filter) => Filter::parse(filter).map(|_| ()),
        Tail::OfType(_) => must(made == Made::Resources, "only resources have a type"),
        _ => Ok(()),
    }
}

fn check_comparison(how: &Comparison) -> Result<(), String> {
    if how.operator == Operator::Matches {
        pattern::regex(&how.value)?;
    }
    Ok(())
}

/// `"90s"`, `"5m"`, `"1h"`, `"2d"` in seconds.
pub fn seconds(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    values::number(number)?;
    number.parse::<i64>().ok()?.checked_mul(unit)
}
