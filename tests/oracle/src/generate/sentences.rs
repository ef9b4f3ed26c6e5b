//! Random sentences, each by itself.

use rand::Rng;
use rand::rngs::SmallRng;

use super::facts::PARAMETERS;
use super::pick::{AGENTS, ASKED_CLASSES, FACTS, FILTERS, GHOSTS, NODES, VALUES};
use super::pick::{known, of, one, percent, references, weighted};
use crate::model::{Estate, Kind};
use crate::policy::{
    Bound, Comparison, Direction, Given, Merging, Operator, Tail, Then, Through, When,
};

/// What a sentence is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum About {
    Nodes,
    Resources,
    Dependencies,
    Groups,
    Pairs,
}

fn text(rng: &mut SmallRng, pool: &[&str]) -> String {
    one(rng, pool).to_string()
}

fn fact(rng: &mut SmallRng) -> String {
    text(rng, &FACTS)
}

fn class(rng: &mut SmallRng) -> String {
    text(rng, &ASKED_CLASSES)
}

fn reference(rng: &mut SmallRng, estate: &Estate) -> String {
    let known = if percent(rng, 85) { of(rng, &references(estate)) } else { None };
    let reference = known.unwrap_or_else(|| "Service[nosuch]".into());
    // Titles of classes may be written as Puppet code writes them.
    match reference.strip_prefix("Class[") {
        Some(title) if percent(rng, 30) => format!("Class[{}", title.to_lowercase()),
        _ => reference,
    }
}

fn type_name(rng: &mut SmallRng) -> String {
    text(rng, &["Service", "File", "Package", "service", "App::Site", "app::site", "Class", "Exec"])
}

/// A comparison of a fact that is likely to be one way or the other.
fn of_fact(rng: &mut SmallRng) -> (String, Comparison) {
    let (fact, values): (&str, &[&str]) = match rng.random_range(0..9) {
        0 | 1 => ("zone", &["a", "b", "a, b"]),
        2 => ("rack", &["1", "1.0", "2", "r1", "r1,2"]),
        3 => ("cpus", &["2", "4", "4.0", "8", "many", "2 , 8", "abc"]),
        4 => ("virtual", &["true", "false", "1"]),
        5 => ("version", &["1.2", "1.10", "1.3", "2.0", "12"]),
        6 => ("roles", &["web", "[\"web\"]", "true"]),
        7 => ("os.family", &["Debian", "RedHat", "flat"]),
        _ => return (fact(rng), comparison(rng, &VALUES)),
    };
    (fact.to_string(), comparison(rng, values))
}

fn comparison(rng: &mut SmallRng, values: &[&str]) -> Comparison {
    let operator = match weighted(rng, &[25, 10, 8, 8, 7, 5, 5, 5, 6, 4, 4, 4, 9]) {
        0 => Operator::Is,
        1 => Operator::IsNot,
        2 => Operator::Matches,
        3 => Operator::Includes,
        4 => Operator::AtLeast,
        5 => Operator::AtMost,
        6 => Operator::MoreThan,
        7 => Operator::LessThan,
        8 => Operator::AtLeastVersion,
        9 => Operator::AtMostVersion,
        10 => Operator::MoreThanVersion,
        11 => Operator::LessThanVersion,
        _ => Operator::OneOf,
    };
    // Slashes make a regular expression: only `matches` gets one.
    let plain: Vec<&str> = values.iter().copied().filter(|one| !one.starts_with('/')).collect();
    let value = if operator == Operator::Matches {
        text(rng, &["/a/", "/^[12]/", "/^DEB/i", "/e/", "/\\d\\.\\d/", "/^run/", "/./"])
    } else {
        text(rng, &plain)
    };
    Comparison { operator, value }
}

fn filter(rng: &mut SmallRng) -> String {
    text(rng, &FILTERS)
}

/// A tail that fits a set of nodes, and any other set that can be narrowed.
pub fn tail(rng: &mut SmallRng) -> Tail {
    match weighted(rng, &[16, 8, 8, 8, 24, 8, 8, 12, 4, 4]) {
        0 => Tail::WithClass(class(rng)),
        1 => Tail::WithoutClass(class(rng)),
        2 => Tail::WithFact(fact(rng)),
        3 => Tail::WithoutFact(fact(rng)),
        4 => {
            let (fact, how) = of_fact(rng);
            Tail::FactIs(fact, how)
        }
        5 => Tail::InEnvironment(text(rng, &["production", "staging", "nosuch", "/^prod/"])),
        6 if percent(rng, 15) => Tail::WithAgent("/^r/".into()),
        6 => Tail::WithAgent(text(rng, &AGENTS)),
        7 => Tail::Matching(filter(rng)),
        8 => Tail::Registered,
        _ => Tail::Discovered,
    }
}

/// One that may speak of the resource instead of its node.
pub fn tail_of_resources(rng: &mut SmallRng) -> Tail {
    if percent(rng, 30) { Tail::OfType(type_name(rng)) } else { tail(rng) }
}

fn node_name(rng: &mut SmallRng, estate: &Estate) -> String {
    let known = known(estate);
    let name = match weighted(rng, &[85, 7, 8]) {
        0 => of(rng, &known),
        1 => Some(text(rng, &GHOSTS)),
        _ => None,
    };
    let name = name.unwrap_or_else(|| text(rng, &NODES));
    if percent(rng, 8) { name.to_uppercase() } else { name }
}

/// Selects nodes.
pub fn nodes(rng: &mut SmallRng, estate: &Estate) -> Given {
    match weighted(rng, &[30, 8, 12, 50]) {
        0 => Given::AllNodes,
        1 => Given::Node(node_name(rng, estate)),
        2 => {
            let names = (0..rng.random_range(1..4)).map(|_| node_name(rng, estate));
            Given::Nodes(names.collect())
        }
        _ => Given::NodesThat(tail(rng)),
    }
}

/// Selects resources.
pub fn resources(rng: &mut SmallRng, estate: &Estate) -> Given {
    match rng.random_range(0..3) {
        0 => Given::Services,
        1 => Given::ResourcesOfType(type_name(rng)),
        _ => Given::Resource(reference(rng, estate)),
    }
}

/// Selects dependencies.
pub fn dependencies(rng: &mut SmallRng) -> Given {
    Given::Dependencies(match rng.random_range(0..4) {
        0 => Some(Kind::Hard),
        1 => Some(Kind::Soft),
        _ => None,
    })
}

/// Groups nodes.
pub fn grouping(rng: &mut SmallRng) -> When {
    match weighted(rng, &[60, 15, 25]) {
        0 => When::GroupByFact(fact(rng)),
        1 => When::GroupByEnvironment,
        _ => When::GroupByClass(text(rng, &super::pick::GROUPING_CLASSES)),
    }
}

/// Follows nodes or resources.
pub fn following(rng: &mut SmallRng) -> When {
    let direction = if percent(rng, 55) { Direction::Needed } else { Direction::Dependents };
    let through = match weighted(rng, &[45, 25, 15, 15]) {
        0 => Through::All,
        1 => Through::Directly,
        2 => Through::Kind(Kind::Hard),
        _ => Through::Kind(Kind::Soft),
    };
    When::Follow(direction, through)
}

/// Supposes a new node.
pub fn adding(rng: &mut SmallRng) -> When {
    let classes = ["role::web", "Role::Db", "base", "::mysql"];
    let mut facts = vec![("zone".to_string(), text(rng, &["a", "b", "c"]))];
    if percent(rng, 40) {
        facts.push(("rack".into(), text(rng, &["1", "1.0", "2"])));
    }
    if percent(rng, 20) {
        facts.push(("cpus".into(), text(rng, &["4", "16", "many"])));
    }
    When::Add { class: text(rng, &classes), facts }
}

fn bound(rng: &mut SmallRng) -> Bound {
    let n = weighted(rng, &[10, 35, 30, 15, 10]);
    match rng.random_range(0..3) {
        0 => Bound::AtLeast(n),
        1 => Bound::AtMost(n),
        _ => Bound::Exactly(n),
    }
}

/// Judges what is there.
pub fn then(rng: &mut SmallRng, estate: &Estate, about: About) -> Then {
    if percent(rng, 8) {
        return whole_estate(rng);
    }
    match about {
        About::Nodes => of_nodes(rng, estate),
        About::Resources => counting(rng),
        About::Dependencies if percent(rng, 60) => Then::Managed,
        About::Dependencies => counting(rng),
        About::Groups if percent(rng, 60) => Then::GroupHas(bound(rng)),
        About::Groups => Then::GroupSpans(weighted(rng, &[5, 35, 40, 20]), fact(rng)),
        About::Pairs if percent(rng, 65) => Then::NoPairShares(fact(rng)),
        About::Pairs => Then::NoPairs,
    }
}

/// Judges the whole estate, whatever the current set is.
pub fn whole_estate(rng: &mut SmallRng) -> Then {
    if percent(rng, 60) { Then::HardMet } else { Then::NothingFallen }
}

fn counting(rng: &mut SmallRng) -> Then {
    if percent(rng, 30) { Then::None } else { Then::Count(bound(rng)) }
}

fn of_nodes(rng: &mut SmallRng, estate: &Estate) -> Then {
    match rng.random_range(0..22) {
        0 | 1 => counting(rng),
        2 => Then::HasClass(class(rng)),
        3 => Then::NoneHasClass(class(rng)),
        4 => Then::HasFact(fact(rng)),
        5 | 6 => {
            let (fact, how) = of_fact(rng);
            Then::FactIs(fact, how)
        }
        7 => Then::HasResource(reference(rng, estate)),
        8 => Then::NoneHasResource(reference(rng, estate)),
        9 => {
            let (name, values) = PARAMETERS[rng.random_range(0..PARAMETERS.len())];
            let how = comparison(rng, values);
            Then::ParameterIs(name.into(), reference(rng, estate), how)
        }
        10 => Then::NoTwoShare(fact(rng)),
        11 => Then::NotAllShare(fact(rng)),
        12 => Then::Span(weighted(rng, &[5, 25, 40, 30]), fact(rng)),
        13 => Then::Declares,
        14 => Then::DeclaresAtLeast(weighted(rng, &[5, 30, 45, 20])),
        15 => Then::NoSinglePoint,
        16 => Then::AnswersDiscovery,
        17 => Then::IsRegistered,
        18 => Then::RegisteredWithin(text(rng, &["90s", "5m", "1h", "2d"])),
        19 => Then::ServicesFall(weighted(rng, &[50, 30, 20])),
        20 => Then::NodesFall(weighted(rng, &[50, 30, 20])),
        _ => whole_estate(rng),
    }
}

/// Looks something up.
pub fn looking_up(rng: &mut SmallRng) -> When {
    let merging = match rng.random_range(0..3) {
        0 => Merging::First,
        1 => Merging::Array,
        _ => Merging::Hash,
    };
    When::LookUp(
        text(rng, &["text", "number", "list", "hash", "mixed", "nosuch", "hash.x"]),
        merging,
    )
}

/// Judges answers.
pub fn of_answers(rng: &mut SmallRng) -> Then {
    match rng.random_range(0..4) {
        0 => Then::Resolves,
        1 => Then::AnswerIs(comparison(rng, &["a", "b", "1", "2", "x", "common"])),
        2 => Then::AnswerHas(weighted(rng, &[10, 30, 30, 20, 10])),
        _ => Then::AnswerContains(text(rng, &["a", "b", "x", "y", "1", "/^c/", "omm"])),
    }
}
