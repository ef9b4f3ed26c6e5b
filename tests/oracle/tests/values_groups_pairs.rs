//! Then: shared values, spans, groups and pairs.

mod common;

use common::*;
use groundrule_oracle::model::Kind;
use groundrule_oracle::policy::{
    Bound, Direction, Given, Operator, Step, Tail, Then, Through, When,
};
use serde_json::json;

/// Racks 1 (twice, in two ways of writing), 2, none at all, and unknown for `e`.
fn racks() -> Make {
    Make::new()
        .facts("a", json!({"rack": 1, "zone": "x"}))
        .facts("b", json!({"rack": "1.0", "zone": "x"}))
        .facts("c", json!({"rack": 2}))
        .facts("d", json!({"zone": "x"}))
        .broken_facts("e")
}

#[test]
fn no_two_share() {
    let share = || then(Then::NoTwoShare(s("rack")));
    check(
        &racks().0,
        vec![
            (
                "one number, two spellings",
                vec![nodes(&["a", "b", "c"]), share()],
                Violated(&[&["a", "b"]]),
            ),
            ("different", vec![nodes(&["a", "c"]), share()], Held),
            ("absent", vec![nodes(&["a", "d"]), share()], Violated(&[&["d"]])),
            ("unknown", vec![nodes(&["a", "e"]), share()], Undecided),
            ("certain in spite of it", vec![all(), share()], Violated(&[&["a", "b"], &["d"]])),
            ("one alone", vec![node("a"), share()], Held),
        ],
    );
}

#[test]
fn not_all_share() {
    let share = || then(Then::NotAllShare(s("rack")));
    check(
        &racks().0,
        vec![
            ("all do", vec![nodes(&["a", "b"]), share()], Violated(&[&["a", "b"]])),
            ("one alone too", vec![node("c"), share()], Violated(&[&["c"]])),
            ("two values", vec![nodes(&["a", "c"]), share()], Held),
            (
                "two values and an absent one",
                vec![nodes(&["a", "c", "d"]), share()],
                Violated(&[&["d"]]),
            ),
            (
                "one value and an absent one",
                vec![nodes(&["a", "d"]), share()],
                Violated(&[&["a"], &["d"]]),
            ),
            ("nobody has it", vec![node("d"), share()], Violated(&[&["d"]])),
            ("one more may differ", vec![nodes(&["a", "b", "e"]), share()], Undecided),
            ("one more may lack it", vec![nodes(&["a", "c", "e"]), share()], Undecided),
        ],
    );
    let open = racks().broken_discovery().0;
    check(
        &open,
        vec![
            ("others may differ", vec![that(Tail::FactIs(s("rack"), is("1"))), share()], Undecided),
            ("one that is named", vec![nodes(&["a", "b"]), share()], Violated(&[&["a", "b"]])),
        ],
    );
}

#[test]
fn spans() {
    let span = |n| then(Then::Span(n, s("rack")));
    check(
        &racks().0,
        vec![
            ("enough", vec![nodes(&["a", "b", "c"]), span(2)], Held),
            ("too few", vec![nodes(&["a", "b", "c"]), span(3)], Violated(&[&["a", "b", "c"]])),
            ("too few and absent", vec![nodes(&["a", "d"]), span(2)], Violated(&[&["a"], &["d"]])),
            ("nobody has it", vec![node("d"), span(1)], Violated(&[&["d"]])),
            ("may be enough", vec![nodes(&["a", "e"]), span(2)], Undecided),
            ("enough, but one may lack it", vec![nodes(&["a", "c", "e"]), span(2)], Undecided),
        ],
    );
}

#[test]
fn groups_by_fact() {
    let by_rack = || when(When::GroupByFact(s("rack")));
    let has = |bound| then(Then::GroupHas(bound));
    check(
        &racks().0,
        vec![
            (
                "too small",
                vec![nodes(&["a", "b", "c"]), by_rack(), has(Bound::AtLeast(2))],
                Violated(&[&["c"]]),
            ),
            (
                "too big",
                vec![nodes(&["a", "b", "c"]), by_rack(), has(Bound::AtMost(1))],
                Violated(&[&["a", "b"]]),
            ),
            ("exact", vec![nodes(&["a", "c"]), by_rack(), has(Bound::Exactly(1))], Held),
            (
                "in no group",
                vec![nodes(&["a", "d"]), by_rack(), has(Bound::AtLeast(1))],
                Violated(&[&["d"]]),
            ),
            (
                "all in no group",
                vec![node("d"), by_rack(), has(Bound::AtLeast(1))],
                Violated(&[&["d"]]),
            ),
            ("may join", vec![nodes(&["a", "e"]), by_rack(), has(Bound::AtLeast(2))], Undecided),
            (
                "too big whoever joins",
                vec![nodes(&["a", "b", "e"]), by_rack(), has(Bound::AtMost(1))],
                Violated(&[&["a", "b"]]),
            ),
            (
                "nobody to group",
                vec![
                    nodes(&["a"]),
                    only(Tail::WithFact(s("nosuch"))),
                    by_rack(),
                    has(Bound::AtLeast(1)),
                ],
                Violated(&[&[]]),
            ),
            (
                "spans one",
                vec![
                    nodes(&["a", "b"]),
                    when(When::GroupByFact(s("zone"))),
                    then(Then::GroupSpans(2, s("rack"))),
                ],
                Violated(&[&["a", "b"]]),
            ),
            (
                "spans two",
                vec![nodes(&["a", "b"]), by_rack(), then(Then::GroupSpans(1, s("zone")))],
                Held,
            ),
            (
                "spans, and one without",
                vec![
                    nodes(&["a", "d"]),
                    when(When::GroupByFact(s("zone"))),
                    then(Then::GroupSpans(1, s("rack"))),
                ],
                Violated(&[&["d"]]),
            ),
            (
                "what a member has is unknown",
                vec![nodes(&["a", "e"]), by_rack(), then(Then::GroupSpans(1, s("zone")))],
                Undecided,
            ),
        ],
    );
}

#[test]
fn groups_by_class_and_environment() {
    let estate = Make::new()
        .catalog("a", catalog().class("role::web", "Role::Web").class("role::db", "Role::Db"))
        .catalog("b", catalog().class("role::web", "Role::Web"))
        .catalog("c", catalog().class("base", "Base").environment("staging"));
    let by_role = || when(When::GroupByClass(s("/^role::(.*)$/")));
    let has = |bound| then(Then::GroupHas(bound));
    check(
        &estate.0,
        vec![
            (
                "in two groups",
                vec![nodes(&["a", "b"]), by_role(), has(Bound::AtLeast(2))],
                Violated(&[&["a"]]),
            ),
            ("in none", vec![all(), by_role(), has(Bound::AtLeast(1))], Violated(&[&["c"]])),
            (
                "by the whole name",
                vec![
                    nodes(&["b", "c"]),
                    when(When::GroupByClass(s("/./"))),
                    has(Bound::Exactly(1)),
                ],
                Held,
            ),
            (
                "by environment",
                vec![all(), when(When::GroupByEnvironment), has(Bound::AtLeast(2))],
                Violated(&[&["c"]]),
            ),
            (
                "a bad expression",
                vec![all(), when(When::GroupByClass(s("/(/"))), has(Bound::AtLeast(2))],
                CouldNotRun,
            ),
        ],
    );
    let broken = estate.broken_catalog("d").0;
    check(
        &broken,
        vec![
            (
                "may be in any",
                vec![nodes(&["b", "d"]), by_role(), has(Bound::AtMost(1))],
                Undecided,
            ),
            (
                "of any environment",
                vec![nodes(&["c", "d"]), when(When::GroupByEnvironment), has(Bound::AtLeast(1))],
                Undecided,
            ),
        ],
    );
}

/// web needs db hard and log soft; db needs disk; disk needs nobody.
fn chain() -> Make {
    Make::new()
        .catalog(
            "web",
            catalog()
                .class("app", "App")
                .leaf("Service[web]", Some("Class[App]"))
                .leaf("Service[log]", None)
                .needs(on_nodes(&["db"]).from("Class[App]").on("Service[db]"))
                .needs(on_nodes(&["log"]).from("Service[log]").soft()),
        )
        .catalog(
            "db",
            catalog()
                .leaf("Service[db]", None)
                .leaf("File[data]", None)
                .requires("Service[db]", "File[data]")
                .needs(on_nodes(&["disk"]).from("File[data]")),
        )
        .catalog("disk", catalog())
        .catalog("log", catalog())
        .facts("web", json!({"rack": 1}))
        .facts("db", json!({"rack": 2}))
        .facts("disk", json!({"rack": 1}))
}

fn follow(direction: Direction, through: Through) -> Step {
    when(When::Follow(direction, through))
}

fn needed(through: Through) -> Step {
    follow(Direction::Needed, through)
}

#[test]
fn following_what_they_depend_on() {
    let pairs = || then(Then::NoPairs);
    check(
        &chain().0,
        vec![
            (
                "all the way",
                vec![node("web"), needed(Through::All), pairs()],
                Violated(&[&["db", "web"], &["disk", "web"], &["log", "web"]]),
            ),
            (
                "directly",
                vec![node("web"), needed(Through::Directly), pairs()],
                Violated(&[&["db", "web"], &["log", "web"]]),
            ),
            (
                "hard ones",
                vec![node("web"), needed(Through::Kind(Kind::Hard)), pairs()],
                Violated(&[&["db", "web"], &["disk", "web"]]),
            ),
            (
                "soft ones",
                vec![node("web"), needed(Through::Kind(Kind::Soft)), pairs()],
                Violated(&[&["log", "web"]]),
            ),
            (
                "from a resource through its container",
                vec![given(Given::Resource(s("Service[web]"))), needed(Through::Directly), pairs()],
                Violated(&[&["db", "web"]]),
            ),
            (
                "from a resource through what it requires",
                vec![given(Given::Resource(s("Service[db]"))), needed(Through::All), pairs()],
                Violated(&[&["db", "disk"]]),
            ),
            ("from nowhere", vec![node("disk"), needed(Through::All), pairs()], Held),
            (
                "from nobody",
                vec![node("disk"), only(Tail::WithClass(s("app"))), needed(Through::All), pairs()],
                Held,
            ),
        ],
    );
}

#[test]
fn following_what_depends_on_them() {
    let back = |through| follow(Direction::Dependents, through);
    check(
        &chain().0,
        vec![
            (
                "all the way",
                vec![node("disk"), back(Through::All), then(Then::NoPairs)],
                Violated(&[&["db", "disk"], &["disk", "web"]]),
            ),
            (
                "directly",
                vec![node("disk"), back(Through::Directly), then(Then::NoPairs)],
                Violated(&[&["db", "disk"]]),
            ),
            (
                "of a resource",
                vec![
                    given(Given::Resource(s("File[data]"))),
                    back(Through::All),
                    then(Then::NoPairs),
                ],
                Violated(&[&["db", "web"]]),
            ),
            (
                "soft ones",
                vec![node("log"), back(Through::Kind(Kind::Soft)), then(Then::NoPairs)],
                Violated(&[&["log", "web"]]),
            ),
            ("nothing does", vec![node("web"), back(Through::All), then(Then::NoPairs)], Held),
        ],
    );
}

#[test]
fn pairs_share_facts() {
    let shares = || then(Then::NoPairShares(s("rack")));
    check(
        &chain().0,
        vec![
            ("directly none", vec![node("db"), needed(Through::Directly), shares()], Held),
            (
                "over two",
                vec![node("web"), needed(Through::Kind(Kind::Hard)), shares()],
                Violated(&[&["disk", "web"]]),
            ),
            (
                "unknown of one",
                vec![node("web"), needed(Through::Kind(Kind::Soft)), shares()],
                Undecided,
            ),
            (
                "no pairs are nothing to judge",
                vec![node("disk"), needed(Through::All), shares()],
                Violated(&[&[]]),
            ),
        ],
    );
    let lacking = chain().facts("log", json!({})).0;
    check(
        &lacking,
        vec![(
            "absent",
            vec![node("web"), needed(Through::Kind(Kind::Soft)), shares()],
            Violated(&[&["log"]]),
        )],
    );
    let both_ways = chain().row("disk", on_nodes(&["web"]).soft()).0;
    check(
        &both_ways,
        vec![(
            "one violation for both ways",
            vec![nodes(&["web", "disk"]), needed(Through::All), then(Then::NoPairs)],
            Violated(&[
                &["db", "disk"],
                &["db", "web"],
                &["disk", "log"],
                &["disk", "web"],
                &["log", "web"],
            ]),
        )],
    );
}

#[test]
fn following_into_the_unknown() {
    let pairs = || then(Then::NoPairs);
    let estate = chain().broken_catalog("disk").0;
    check(
        &estate,
        vec![
            ("it may need anything", vec![node("disk"), needed(Through::All), pairs()], Undecided),
            (
                "but not what is nearer",
                vec![node("db"), needed(Through::Directly), then(Then::NoPairShares(s("rack")))],
                Held,
            ),
            (
                "anything may need it",
                vec![
                    node("log"),
                    follow(Direction::Dependents, Through::All),
                    then(Then::NoPairShares(s("rack"))),
                ],
                Undecided,
            ),
        ],
    );
    let ghost = Make::new().catalog("a", catalog().needs(on_nodes(&["ghost"])));
    check(
        &ghost.0,
        vec![("nobody is not followed", vec![all(), needed(Through::All), pairs()], Held)],
    );
    check(
        &ghost.broken_discovery().0,
        vec![("but it may be somebody", vec![node("a"), needed(Through::All), pairs()], Undecided)],
    );
    let matching = Make::new()
        .catalog("a", catalog().needs(on_matching("zone=x").on("Service[x]")))
        .catalog("b", catalog().leaf("Service[x]", None))
        .catalog("c", catalog())
        .facts("a", json!({"zone": "x"}))
        .facts("b", json!({"zone": "x"}))
        .facts("c", json!({"zone": "x"}));
    check(
        &matching.0,
        vec![(
            "who matches and has it",
            vec![node("a"), needed(Through::All), pairs()],
            Violated(&[&["a", "b"]]),
        )],
    );
    check(
        &matching.broken_facts("b").0,
        vec![("who may match", vec![node("a"), needed(Through::All), pairs()], Undecided)],
    );
}

#[test]
fn following_to_what_is_not_there() {
    let pairs = || then(Then::NoPairs);
    let estate = |make: Make| {
        make.catalog("a", catalog().needs(on_nodes(&["b"]).on("Service[nosuch]")))
            .catalog("c", catalog())
            .row("b", on_nodes(&["c"]))
            .0
    };
    let direct = || vec![node("a"), needed(Through::All), pairs()];
    check(
        &estate(Make::new().catalog("b", catalog())),
        vec![("the way ends there", direct(), Violated(&[&["a", "b"]]))],
    );
    let on = || vec![node("a"), needed(Through::All), then(Then::NoPairShares(s("rack")))];
    let racks = |make: Make| {
        make.facts("a", json!({"rack": 1}))
            .facts("b", json!({"rack": 2}))
            .facts("c", json!({"rack": 1}))
    };
    check(
        &estate(racks(Make::new().catalog("b", catalog()))),
        vec![("no pair behind it", on(), Held)],
    );
    check(&estate(racks(Make::new())), vec![("it may be there, and go on", on(), Undecided)]);
    let alone = Make::new().broken_catalog("a").broken_discovery().0;
    check(&alone, vec![("it may need somebody that nobody names", direct(), Undecided)]);
}

#[test]
fn comparisons_of_facts() {
    let estate = Make::new()
        .facts("a", json!({"v": "1.10", "list": ["x", 8], "flag": true, "text": "Hello", "n": 8}))
        .0;
    let fact = |name: &str, operator, value: &str| {
        vec![node("a"), then(Then::FactIs(s(name), how(operator, value)))]
    };
    check(
        &estate,
        vec![
            ("version", fact("v", Operator::MoreThanVersion, "1.9"), Held),
            ("as a number", fact("v", Operator::MoreThan, "1.9"), Violated(&[&["a"]])),
            ("one of", fact("text", Operator::OneOf, "x, Hello"), Held),
            ("none of", fact("text", Operator::OneOf, "x, hello"), Violated(&[&["a"]])),
            ("element", fact("list", Operator::Includes, "8.0"), Held),
            ("part", fact("text", Operator::Includes, "ell"), Held),
            ("no part of a number", fact("n", Operator::Includes, "8"), Violated(&[&["a"]])),
            ("searched", fact("text", Operator::Matches, "/^h/i"), Held),
            ("a boolean", fact("flag", Operator::Is, "true"), Held),
            ("an index", fact("list.1", Operator::AtLeast, "8"), Held),
            ("compact text", fact("list", Operator::Is, "[\"x\",8]"), Held),
            ("no number wanted", fact("n", Operator::AtLeast, "abc"), Violated(&[&["a"]])),
            ("a bad expression", fact("text", Operator::Matches, "/(/"), CouldNotRun),
        ],
    );
}
