//! Then: the sentences about the current set.

use std::collections::{BTreeMap, BTreeSet};

use super::dependencies::{declared, managed, may_declare};
use super::run::{State, Verdict};
use super::set::{Groups, Members, OfNode, Pair, Set};
use super::world::{Document, Fact, World};
use super::{check, extents, fits, lookup, whole};
use crate::pattern;
use crate::policy::{Bound, Comparison, Then};
use crate::truth::Truth;
use crate::values;

/// Judges one sentence.
pub fn then(state: &State, then: &Then, verdict: &mut Verdict) {
    let counts = matches!(then, Then::Count(_) | Then::None | Then::NoPairs);
    let whole_estate = matches!(then, Then::HardMet | Then::NothingFallen);
    if let Some(set) = &state.current {
        // `in turn` over a single node leaves nobody, but the estate is still there to be judged.
        let judges_anyway = counts || (whole_estate && state.left_by_turn);
        if !judges_anyway {
            state.nothing_to_judge(set, verdict);
            if set.emptiness() == Truth::Yes && !state.allow_empty {
                return;
            }
        }
    }
    match (then, &state.current) {
        (Then::HardMet, _) => whole::hard_met(state, verdict),
        (Then::NothingFallen, _) => whole::nothing_fallen(&state.world, verdict),
        (Then::Count(bound), Some(Set::Nodes(members))) => count(members, *bound, verdict),
        (Then::Count(bound), Some(Set::Resources(members))) => count(members, *bound, verdict),
        (Then::Count(bound), Some(Set::Dependencies(members))) => count(members, *bound, verdict),
        (Then::None, Some(Set::Nodes(members))) => none(members, verdict),
        (Then::None, Some(Set::Resources(members))) => none(members, verdict),
        (Then::None, Some(Set::Dependencies(members))) => none(members, verdict),
        (Then::Managed, Some(Set::Dependencies(members))) => {
            each(members, verdict, |one| (managed(&state.world, one), one.about()));
        }
        (_, Some(Set::Groups(set))) => groups(&state.world, set, then, verdict),
        (_, Some(Set::Pairs(members))) => pairs(&state.world, members, then, verdict),
        (_, Some(Set::Nodes(members))) => nodes(state, members, then, verdict),
        _ => {}
    }
}

/// Notes that nobody may say "held" while others may belong.
fn closed(closed: bool, verdict: &mut Verdict) {
    if !closed {
        verdict.unknown.insert("others may belong".into());
    }
}

/// Every member has to be good; the judgement says also what it is about.
fn each<T: Clone + Ord + OfNode>(
    members: &Members<T>,
    verdict: &mut Verdict,
    good: impl Fn(&T) -> (Truth, String),
) {
    for (one, belongs) in &members.known {
        let (good, about) = good(one);
        verdict.breaks(belongs.and(good.negate()), &about, one.subjects());
    }
    closed(members.closed(), verdict);
}

fn count<T: Clone + Ord + OfNode>(members: &Members<T>, bound: Bound, verdict: &mut Verdict) {
    let number = members.certain().count();
    let off = bound_broken(number, members.closed(), bound);
    let all = members.certain().flat_map(OfNode::subjects);
    verdict.breaks(off, "count", all);
    closed(members.closed(), verdict);
}

/// Too many is certain at once, too few only when nobody else may belong.
fn bound_broken(number: usize, closed: bool, bound: Bound) -> Truth {
    let (least, most) = match bound {
        Bound::AtLeast(n) => (n, usize::MAX),
        Bound::AtMost(n) => (0, n),
        Bound::Exactly(n) => (n, n),
    };
    let too_many = Truth::from(number > most);
    let too_few = match (number < least, closed) {
        (false, _) => Truth::No,
        (true, true) => Truth::Yes,
        (true, false) => Truth::Maybe,
    };
    too_many.or(too_few)
}

fn none<T: Clone + Ord + OfNode>(members: &Members<T>, verdict: &mut Verdict) {
    for (one, belongs) in &members.known {
        verdict.breaks(*belongs, &one.about(), one.subjects());
    }
    closed(members.closed(), verdict);
}

fn nodes(state: &State, members: &Members<String>, then: &Then, verdict: &mut Verdict) {
    let world = &state.world;
    match then {
        Then::NoTwoShare(fact) => no_two_share(world, members, fact, verdict),
        Then::NotAllShare(fact) => {
            spans(world, members, fact, verdict, |values| values == 1);
        }
        Then::Span(wanted, fact) => {
            spans(world, members, fact, verdict, |values| values < *wanted);
        }
        Then::NoSinglePoint => {
            each(members, verdict, |node| (whole::no_single_point(world, node), "single".into()));
        }
        Then::Resolves | Then::AnswerIs(_) | Then::AnswerHas(_) | Then::AnswerContains(_) => {
            let Some((key, merging)) = &state.question else { return };
            each(members, verdict, |node| {
                (lookup::good(world, node, key, *merging, then), format!("lookup {key}"))
            });
        }
        Then::ResultsOk | Then::ResultsAtWorstWarning => {
            let Some((name, asked)) = &state.check else { return };
            each(members, verdict, |node| {
                let good = match asked.contains(node) {
                    true => check::good(world, node, name, then),
                    false => Truth::Maybe,
                };
                (good, format!("check {name}"))
            });
        }
        Then::ServicesFall(most) => each(members, verdict, |node| {
            (extents::more_services(world, node, *most).negate(), "services".into())
        }),
        Then::NodesFall(most) => each(members, verdict, |node| {
            (extents::more_nodes(world, node, *most).negate(), "nodes".into())
        }),
        _ => each(members, verdict, |node| of_node(world, node, then)),
    }
}

/// Whether one node is as the sentence wants it, and what that is about.
fn of_node(world: &World, node: &str, then: &Then) -> (Truth, String) {
    match then {
        Then::HasClass(name) => (world.has_class(node, name), format!("class {name}")),
        Then::NoneHasClass(name) => (world.has_class(node, name).negate(), format!("class {name}")),
        Then::HasFact(fact) => (world.fact_is(node, fact, |_| true), about(fact)),
        Then::FactIs(fact, how) => {
            (world.fact_is(node, fact, |value| values::compares(value, how)), about(fact))
        }
        Then::HasResource(reference) => {
            let reference = pattern::reference(reference);
            (world.has_resource(node, &reference), format!("resource {reference}"))
        }
        Then::NoneHasResource(reference) => {
            let reference = pattern::reference(reference);
            (world.has_resource(node, &reference).negate(), format!("resource {reference}"))
        }
        Then::ParameterIs(name, reference, how) => {
            let reference = pattern::reference(reference);
            (parameter_is(world, node, name, &reference, how), format!("resource {reference}"))
        }
        Then::Declares => (declares(world, node, 1), "declares".into()),
        Then::DeclaresAtLeast(wanted) => (declares(world, node, *wanted), "declares".into()),
        Then::AnswersDiscovery => (world.is_discovered(node), "discovery".into()),
        Then::IsRegistered => (world.is_registered(node), "registration".into()),
        Then::RegisteredWithin(duration) => {
            (registered_within(world, node, duration), "registration".into())
        }
        // The other sentences judge sets, not nodes.
        _ => (Truth::Maybe, "not a sentence about a node".into()),
    }
}

/// What a violation about a fact is about; names of facts ignore case.
fn about(fact: &str) -> String {
    format!("fact {}", fact.to_lowercase())
}

fn parameter_is(world: &World, node: &str, name: &str, reference: &str, how: &Comparison) -> Truth {
    match world.catalog(node) {
        _ if world.is_added(node) => Truth::No,
        Document::Read(catalog) => {
            let resource = catalog.resources.iter().find(|one| one.reference == reference);
            let value = resource.and_then(|one| one.parameters.get(name));
            value.is_some_and(|value| !value.is_null() && values::compares(value, how)).into()
        }
        _ => Truth::Maybe,
    }
}

fn declares(world: &World, node: &str, wanted: usize) -> Truth {
    // Those of one node are as certain as the node itself, which is the caller's matter.
    let seen = declared(world).into_iter().filter(|(one, _)| one.node == node).count();
    if seen >= wanted {
        Truth::Yes
    } else if may_declare(world, node) {
        Truth::Maybe
    } else {
        Truth::No
    }
}

fn registered_within(world: &World, node: &str, duration: &str) -> Truth {
    let Some(seconds) = fits::seconds(duration) else { return Truth::Maybe };
    match world.registration(node) {
        Document::Read(registration) => {
            (world.estate.now - registration.lastseen <= seconds).into()
        }
        Document::Unreadable => Truth::Maybe,
        // Nobody is registered where there is no registration; unknown if there is no source.
        Document::Missing => world.is_registered(node),
    }
}

/// The certain members by value, after each without the fact was named.
struct ByValue {
    values: BTreeMap<String, BTreeSet<String>>,
    /// Whether nobody else may have a value.
    complete: bool,
}

fn by_value<'a>(
    world: &World,
    certain: impl Iterator<Item = &'a String>,
    fact: &str,
    verdict: &mut Verdict,
) -> ByValue {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut complete = true;
    for node in certain {
        match world.fact(node, fact) {
            Fact::Unknown => {
                complete = false;
                verdict.unknown.insert(format!("{} of {node}", about(fact)));
            }
            Fact::Absent => verdict.breaks(Truth::Yes, &about(fact), [node.clone()]),
            Fact::Is(value) => {
                values.entry(values::same_key(value)).or_default().insert(node.clone());
            }
        }
    }
    ByValue { values, complete }
}

fn no_two_share(world: &World, members: &Members<String>, fact: &str, verdict: &mut Verdict) {
    let found = by_value(world, members.certain(), fact, verdict);
    for nodes in found.values.into_values().filter(|nodes| nodes.len() > 1) {
        verdict.breaks(Truth::Yes, &about(fact), nodes);
    }
    closed(members.closed(), verdict);
}

/// The sentences about the number of distinct values; nobody else may belong for it to be broken.
fn spans(
    world: &World,
    members: &Members<String>,
    fact: &str,
    verdict: &mut Verdict,
    broken: impl Fn(usize) -> bool,
) {
    let found = by_value(world, members.certain(), fact, verdict);
    let broken = found.complete && members.closed() && broken(found.values.len());
    let who: Vec<String> = found.values.into_values().flatten().collect();
    // If nobody has the fact, each of them is named already.
    if !who.is_empty() {
        verdict.breaks(broken.into(), &about(fact), who);
    }
    closed(members.closed(), verdict);
}

fn groups(world: &World, set: &Groups, then: &Then, verdict: &mut Verdict) {
    for members in set.groups.values() {
        let mut others = set.floating.clone();
        others.retain(|node| !members.contains_key(node));
        let members = Members { known: members.clone(), hidden_on: others, open: set.open };
        let certain: Vec<String> = members.certain().cloned().collect();
        // Without a certain member it is not certain that there is such a group.
        if certain.is_empty() {
            continue;
        }
        match then {
            Then::GroupHas(bound) => {
                let off = bound_broken(certain.len(), members.closed(), *bound);
                verdict.breaks(off, "group", certain);
            }
            Then::GroupSpans(wanted, fact) => {
                let found = by_value(world, members.certain(), fact, verdict);
                let complete = found.complete && members.closed();
                let broken = complete && found.values.len() < *wanted;
                verdict.breaks(broken.into(), &about(fact), certain);
            }
            _ => {}
        }
    }
    closed(set.closed(), verdict);
}

fn pairs(world: &World, members: &Members<Pair>, then: &Then, verdict: &mut Verdict) {
    match then {
        Then::NoPairs => none(members, verdict),
        Then::NoPairShares(fact) => {
            for (pair, belongs) in &members.known {
                pair_shares(world, pair, *belongs, fact, verdict);
            }
            closed(members.closed(), verdict);
        }
        _ => {}
    }
}

fn pair_shares(world: &World, pair: &Pair, belongs: Truth, fact: &str, verdict: &mut Verdict) {
    let value = |node: &str| match world.fact(node, fact) {
        Fact::Is(value) => Some(values::same_key(value)),
        _ => None,
    };
    for node in pair.nodes() {
        let absent = world.fact_is(node, fact, |_| true).negate();
        verdict.breaks(belongs.and(absent), &about(fact), [node.to_string()]);
    }
    let same = match (value(&pair.subject), value(&pair.other)) {
        (Some(one), Some(other)) => one == other,
        // Absent or unknown: noted above.
        _ => false,
    };
    verdict.breaks(belongs.and(same.into()), &about(fact), pair.subjects());
}
