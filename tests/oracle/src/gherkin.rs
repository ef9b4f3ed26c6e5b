//! Policies as Gherkin text.

use crate::model::Kind;
use crate::policy::{
    Bound, Comparison, Direction, Given, Merging, Operator, Policy, Step, Tail, Then, Through, When,
};

/// A whole feature file.
pub fn feature(policies: &[Policy]) -> String {
    let mut text = String::from("Feature: Random policies\n");
    for policy in policies {
        text.push('\n');
        text.push_str(&scenario(policy));
    }
    text
}

/// One scenario with its tags.
pub fn scenario(policy: &Policy) -> String {
    let empty = if policy.allow_empty { " @allow-empty" } else { "" };
    let mut text = format!("  @id:{}{empty}\n  Scenario: {}\n", policy.id, policy.id);
    let mut before = "";
    for step in &policy.steps {
        let (keyword, sentence) = sentence(step);
        let shown = if keyword == before { "And" } else { keyword };
        before = keyword;
        text.push_str(&format!("    {shown} {sentence}\n"));
    }
    text
}

fn sentence(step: &Step) -> (&'static str, String) {
    match step {
        Step::Given(given, name) => ("Given", with_name(given, name.as_deref())),
        Step::When(what) => ("When", when(what)),
        Step::Then(what) => ("Then", then(what)),
    }
}

/// A string in double quotes; a quote in it is escaped, nothing else is.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn with_name(what: &Given, name: Option<&str>) -> String {
    let named = name.map(|name| format!(" as {}", quoted(name))).unwrap_or_default();
    match what {
        Given::Nodes(names) => {
            let rows = names.iter().map(|name| format!("\n      | {name} |"));
            format!("the nodes{named}:{}", rows.collect::<String>())
        }
        other => format!("{}{named}", given(other)),
    }
}

fn given(given: &Given) -> String {
    match given {
        Given::AllNodes => "all nodes".into(),
        Given::Node(name) => format!("the node {}", quoted(name)),
        Given::Nodes(_) => "the nodes:".into(),
        Given::NodesThat(Tail::Registered) => "registered nodes".into(),
        Given::NodesThat(Tail::Discovered) => "discovered nodes".into(),
        Given::NodesThat(what) => format!("nodes {}", tail(what)),
        Given::ResourcesOfType(kind) => format!("resources of type {}", quoted(kind)),
        Given::Services => "services".into(),
        Given::Resource(reference) => format!("the resource {}", quoted(reference)),
        Given::Dependencies(None) => "all declared dependencies".into(),
        Given::Dependencies(Some(kind)) => format!("all {} dependencies", kind_word(*kind)),
        Given::Only(what) => format!("only those {}", tail(what)),
        Given::Except(what) => format!("except those {}", tail(what)),
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Hard => "hard",
        Kind::Soft => "soft",
    }
}

fn tail(tail: &Tail) -> String {
    match tail {
        Tail::WithClass(name) => format!("with class {}", quoted(name)),
        Tail::WithoutClass(name) => format!("without class {}", quoted(name)),
        Tail::WithFact(fact) => format!("with the fact {}", quoted(fact)),
        Tail::WithoutFact(fact) => format!("without the fact {}", quoted(fact)),
        Tail::FactIs(fact, how) => format!("whose fact {} {}", quoted(fact), comparison(how)),
        Tail::InEnvironment(name) => format!("in environment {}", quoted(name)),
        Tail::WithAgent(name) => format!("with the agent {}", quoted(name)),
        Tail::Matching(filter) => format!("matching {}", quoted(filter)),
        Tail::Registered => "that are registered".into(),
        Tail::Discovered => "that are discovered".into(),
        Tail::OfType(kind) => format!("of type {}", quoted(kind)),
    }
}

fn comparison(comparison: &Comparison) -> String {
    let words = match comparison.operator {
        Operator::Is => "is",
        Operator::IsNot => "is not",
        Operator::Matches => "matches",
        Operator::Includes => "includes",
        Operator::AtLeast => "is at least",
        Operator::AtMost => "is at most",
        Operator::MoreThan => "is more than",
        Operator::LessThan => "is less than",
        Operator::AtLeastVersion => "is at least version",
        Operator::AtMostVersion => "is at most version",
        Operator::MoreThanVersion => "is more than version",
        Operator::LessThanVersion => "is less than version",
        Operator::OneOf => "is one of",
    };
    format!("{words} {}", quoted(&comparison.value))
}

fn when(when: &When) -> String {
    match when {
        When::GroupByFact(fact) => format!("they are grouped by the fact {}", quoted(fact)),
        When::GroupByEnvironment => "they are grouped by environment".into(),
        When::GroupByClass(regex) => {
            format!("they are grouped by class matching {}", quoted(regex))
        }
        When::Follow(Direction::Needed, end) => {
            format!("I follow what they depend on{}", through(*end))
        }
        When::Follow(Direction::Dependents, end) => {
            format!("I follow what depends on them{}", through(*end))
        }
        When::ShutDown(None) => "they are shut down".into(),
        When::ShutDown(Some(name)) => format!("the {} is shut down", quoted(name)),
        When::InTurn => "each of them is shut down in turn".into(),
        When::Add { class, facts } => {
            let facts = facts.iter().map(|(fact, value)| {
                format!(" and the fact {} as {}", quoted(fact), quoted(value))
            });
            let facts = facts.collect::<String>();
            format!("a node with class {}{facts} is added", quoted(class))
        }
        When::LookUp(key, merging) => {
            let end = match merging {
                Merging::First => "",
                Merging::Array => " as an array",
                Merging::Hash => " as a hash",
            };
            format!("I look up {}{end}", quoted(key))
        }
        When::Check(check) => format!("I run the check {}", quoted(check)),
    }
}

fn through(through: Through) -> String {
    match through {
        Through::All => String::new(),
        Through::Directly => " directly".into(),
        Through::Kind(kind) => format!(" through {} dependencies", kind_word(kind)),
    }
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::AtLeast(n) => format!("at least {n}"),
        Bound::AtMost(n) => format!("at most {n}"),
        Bound::Exactly(n) => format!("exactly {n}"),
    }
}

/// The noun, singular after a one.
fn noun(bound: Bound, one: &'static str, many: &'static str) -> &'static str {
    match bound {
        Bound::AtLeast(1) | Bound::AtMost(1) | Bound::Exactly(1) => one,
        _ => many,
    }
}

fn then(then: &Then) -> String {
    match then {
        Then::Count(limit) => format!("there are {} of them", bound(*limit)),
        Then::None => "there are none".into(),
        Then::HasClass(name) => format!("every one has class {}", quoted(name)),
        Then::NoneHasClass(name) => format!("none has class {}", quoted(name)),
        Then::HasFact(fact) => format!("every one has the fact {}", quoted(fact)),
        Then::FactIs(fact, how) => {
            format!("the fact {} of every one {}", quoted(fact), comparison(how))
        }
        Then::HasResource(reference) => format!("every one has the resource {}", quoted(reference)),
        Then::NoneHasResource(reference) => format!("none has the resource {}", quoted(reference)),
        Then::ParameterIs(name, reference, how) => {
            let (name, reference) = (quoted(name), quoted(reference));
            format!("the parameter {name} of {reference} {} on every one", comparison(how))
        }
        Then::NoTwoShare(fact) => format!("no two of them share the fact {}", quoted(fact)),
        Then::NotAllShare(fact) => format!("they do not all share the fact {}", quoted(fact)),
        Then::Span(n, fact) => {
            format!("they span at least {n} values of the fact {}", quoted(fact))
        }
        Then::GroupHas(limit) => {
            format!("every group has {} {}", bound(*limit), noun(*limit, "member", "members"))
        }
        Then::GroupSpans(n, fact) => {
            format!("every group spans at least {n} values of the fact {}", quoted(fact))
        }
        Then::Declares => "every one declares a dependency".into(),
        Then::DeclaresAtLeast(n) => {
            let noun = noun(Bound::AtLeast(*n), "dependency", "dependencies");
            format!("every one has at least {n} declared {noun}")
        }
        Then::NoPairShares(fact) => format!("no pair shares the fact {}", quoted(fact)),
        Then::NoPairs => "there are no pairs".into(),
        Then::Managed => "every dependency is managed".into(),
        Then::HardMet => "every hard dependency is still met".into(),
        Then::NothingFallen => "nothing has fallen".into(),
        Then::NoSinglePoint => "none of them is a single point of failure".into(),
        Then::ServicesFall(n) => {
            let falls = if *n == 1 { "service falls" } else { "services fall" };
            format!("at most {n} {falls} when any one of them is shut down")
        }
        Then::NodesFall(n) => {
            let falls = if *n == 1 { "node falls" } else { "nodes fall" };
            format!("at most {n} {falls} when any one of them is shut down")
        }
        Then::AnswersDiscovery => "every one answers discovery".into(),
        Then::IsRegistered => "every one is registered".into(),
        Then::RegisteredWithin(duration) => {
            format!("every one registered within {}", quoted(duration))
        }
        Then::Resolves => "every one resolves it".into(),
        Then::AnswerIs(how) => format!("the answer of every one {}", comparison(how)),
        Then::AnswerHas(n) => {
            let noun = noun(Bound::AtLeast(*n), "entry", "entries");
            format!("the answer of every one has at least {n} {noun}")
        }
        Then::AnswerContains(value) => {
            format!("the answer of every one contains {}", quoted(value))
        }
        Then::ResultsOk => "every result is OK".into(),
        Then::ResultsAtWorstWarning => "every result is at worst WARNING".into(),
    }
}
