//! Given: who is selected, who may belong, and what is known of them.

mod common;

use common::*;
use groundrule_oracle::model::Kind;
use groundrule_oracle::policy::{Bound, Given, Operator, Tail, Then};
use serde_json::json;

fn exactly(n: usize) -> groundrule_oracle::policy::Step {
    then(Then::Count(Bound::Exactly(n)))
}

/// web1 has everything, web2 only facts, db1 only a registration, lb1 only answers.
fn four() -> Make {
    Make::new()
        .catalog("web1", catalog().class("role::web", "Role::Web").leaf("Service[x]", None))
        .facts("web1", json!({"zone": "a", "cpus": "8", "os": {"family": "Debian"}, "gone": null}))
        .facts("web2", json!({"zone": "b", "roles": ["web", "db"]}))
        .registered("web1", 10, json!({"classes": ["monitored"], "agents": ["rpcutil"]}))
        .registered("db1", 10, json!({"facts": {"zone": "a"}, "classes": ["role::db"]}))
        .answers(&["web1", "lb1"])
}

#[test]
fn all_nodes_is_the_union_of_the_sources() {
    check(
        &four().0,
        vec![
            ("all four", vec![all(), exactly(4)], Held),
            (
                "none of them",
                vec![all(), then(Then::None)],
                Violated(&[&["db1"], &["lb1"], &["web1"], &["web2"]]),
            ),
            (
                "too many",
                vec![all(), then(Then::Count(Bound::AtMost(3)))],
                Violated(&[&["db1", "lb1", "web1", "web2"]]),
            ),
        ],
    );
    check(
        &Make::new().0,
        vec![
            ("no source at all", vec![all(), then(Then::None)], Undecided),
            ("nor a name", vec![node("web1"), exactly(1)], Undecided),
        ],
    );
    check(
        &Make::new().answers(&[]).0,
        vec![
            ("a source that knows nobody", vec![all(), then(Then::None)], Held),
            ("nothing to judge", vec![all(), then(Then::AnswersDiscovery)], Violated(&[&[]])),
        ],
    );
    check_allowing_empty(
        &Make::new().answers(&[]).0,
        vec![("nothing to judge is allowed", vec![all(), then(Then::AnswersDiscovery)], Held)],
    );
}

#[test]
fn a_reply_that_cannot_be_read_may_hold_anyone() {
    let estate = Make::new()
        .facts("web1", json!({"zone": "a"}))
        .registered("web1", 10, json!({}))
        .broken_discovery()
        .0;
    check(
        &estate,
        vec![
            ("never held", vec![all(), then(Then::HasFact(s("zone")))], Undecided),
            (
                "violated when certain",
                vec![all(), then(Then::FactIs(s("zone"), is("b")))],
                Violated(&[&["web1"]]),
            ),
            ("too few may be enough", vec![all(), then(Then::Count(Bound::AtLeast(2)))], Undecided),
            (
                "too many are too many",
                vec![all(), then(Then::Count(Bound::AtMost(0)))],
                Violated(&[&["web1"]]),
            ),
            ("who is registered is known", vec![that(Tail::Registered), exactly(1)], Held),
            ("narrowing closes the set", vec![all(), only(Tail::Registered), exactly(1)], Held),
            ("who answers is not known", vec![that(Tail::Discovered), then(Then::None)], Undecided),
            ("a name may be known", vec![node("web9"), then(Then::None)], Undecided),
            ("a name that is known", vec![node("web1"), then(Then::HasFact(s("zone")))], Held),
        ],
    );
}

#[test]
fn names_that_nobody_knows() {
    check(
        &four().0,
        vec![
            ("known, any case", vec![node("WEB1"), exactly(1)], Held),
            (
                "unknown, and not empty as well",
                vec![node("ghost"), then(Then::HasFact(s("zone")))],
                Violated(&[&["ghost"]]),
            ),
            (
                "one of two",
                vec![nodes(&["ghost", "web1"]), then(Then::HasFact(s("zone")))],
                Violated(&[&["ghost"]]),
            ),
            (
                "the next Given may be empty again",
                vec![
                    node("ghost"),
                    node("web1"),
                    only(Tail::FactIs(s("zone"), is("b"))),
                    then(Then::HasFact(s("zone"))),
                ],
                Violated(&[&[], &["ghost"]]),
            ),
        ],
    );
}

#[test]
fn classes_are_the_union_of_catalog_and_registration() {
    check(
        &four().0,
        vec![
            ("by catalog", vec![node("web1"), then(Then::HasClass(s("::Role::Web")))], Held),
            ("by registration", vec![node("web1"), then(Then::HasClass(s("monitored")))], Held),
            (
                "in neither",
                vec![node("web1"), then(Then::HasClass(s("base")))],
                Violated(&[&["web1"]]),
            ),
            ("none has it", vec![node("web1"), then(Then::NoneHasClass(s("base")))], Held),
            (
                "none has it, but one does",
                vec![node("web1"), then(Then::NoneHasClass(s("/^role/")))],
                Violated(&[&["web1"]]),
            ),
            ("nothing known", vec![node("web2"), then(Then::HasClass(s("base")))], Undecided),
            ("others may belong", vec![with_class("role::web"), exactly(1)], Undecided),
            (
                "known and unknown",
                vec![nodes(&["web1", "db1"]), only(Tail::WithClass(s("role::web"))), exactly(1)],
                Held,
            ),
            (
                "without it",
                vec![
                    nodes(&["web1", "db1"]),
                    only(Tail::WithoutClass(s("role::web"))),
                    then(Then::None),
                ],
                Violated(&[&["db1"]]),
            ),
        ],
    );
    let broken = Make::new()
        .broken_catalog("web1")
        .registered("web1", 10, json!({"classes": ["base"]}))
        .catalog("web2", catalog().class("base", "Base"))
        .broken_registration("web2")
        .0;
    check(
        &broken,
        vec![
            (
                "found beside a broken catalog",
                vec![node("web1"), then(Then::HasClass(s("base")))],
                Held,
            ),
            (
                "not found beside one",
                vec![node("web1"), then(Then::HasClass(s("mysql")))],
                Undecided,
            ),
            (
                "found beside a broken registration",
                vec![node("web2"), then(Then::HasClass(s("BASE")))],
                Held,
            ),
            (
                "not found beside one",
                vec![node("web2"), then(Then::NoneHasClass(s("mysql")))],
                Undecided,
            ),
        ],
    );
}

#[test]
fn facts_are_those_of_the_document_else_of_the_registration() {
    check(
        &four().0,
        vec![
            ("document", vec![node("web1"), then(Then::FactIs(s("ZONE"), is("a")))], Held),
            ("registration", vec![node("db1"), then(Then::FactIs(s("zone"), is("a")))], Held),
            ("neither", vec![node("lb1"), then(Then::HasFact(s("zone")))], Undecided),
            ("absent", vec![node("web2"), then(Then::HasFact(s("cpus")))], Violated(&[&["web2"]])),
            (
                "null is absent",
                vec![node("web1"), then(Then::HasFact(s("gone")))],
                Violated(&[&["web1"]]),
            ),
            (
                "into a structure",
                vec![node("web1"), then(Then::FactIs(s("os.family"), is("Debian")))],
                Held,
            ),
            (
                "absent is not even not",
                vec![node("web2"), then(Then::FactIs(s("cpus"), how(Operator::IsNot, "8")))],
                Violated(&[&["web2"]]),
            ),
            (
                "numbers",
                vec![node("web1"), then(Then::FactIs(s("cpus"), how(Operator::MoreThan, "7.5")))],
                Held,
            ),
            (
                "no numbers",
                vec![node("web1"), then(Then::FactIs(s("zone"), how(Operator::AtMost, "7")))],
                Violated(&[&["web1"]]),
            ),
            (
                "with the fact",
                vec![nodes(&["web1", "web2"]), only(Tail::WithFact(s("roles"))), then(Then::None)],
                Violated(&[&["web2"]]),
            ),
            (
                "without the fact",
                vec![
                    nodes(&["web1", "web2"]),
                    only(Tail::WithoutFact(s("roles"))),
                    then(Then::None),
                ],
                Violated(&[&["web1"]]),
            ),
            (
                "whose fact is not",
                vec![
                    nodes(&["web1", "web2"]),
                    only(Tail::FactIs(s("cpus"), how(Operator::IsNot, "1"))),
                    exactly(1),
                ],
                Held,
            ),
            (
                "except those",
                vec![
                    nodes(&["web1", "web2"]),
                    except(Tail::FactIs(s("cpus"), is("8"))),
                    then(Then::None),
                ],
                Violated(&[&["web2"]]),
            ),
        ],
    );
    let broken =
        Make::new().broken_facts("web1").registered("web1", 10, json!({"facts": {"zone": "a"}})).0;
    check(
        &broken,
        vec![
            (
                "a broken document hides the registration's",
                vec![all(), then(Then::FactIs(s("zone"), is("a")))],
                Undecided,
            ),
            (
                "it may have it or not",
                vec![that(Tail::WithFact(s("zone"))), then(Then::None)],
                Undecided,
            ),
        ],
    );
}

#[test]
fn environments_and_agents() {
    let estate = four().catalog("web3", catalog().environment("staging")).0;
    check(
        &estate,
        vec![
            (
                "in it",
                vec![
                    nodes(&["web1", "web3"]),
                    only(Tail::InEnvironment(s("staging"))),
                    then(Then::None),
                ],
                Violated(&[&["web3"]]),
            ),
            (
                "without a catalog",
                vec![node("web2"), only(Tail::InEnvironment(s("staging"))), then(Then::None)],
                Undecided,
            ),
            (
                "with the agent",
                vec![nodes(&["web1"]), only(Tail::WithAgent(s("rpcutil"))), exactly(1)],
                Held,
            ),
            (
                "no agents told",
                vec![node("db1"), only(Tail::WithAgent(s("rpcutil"))), exactly(0)],
                Undecided,
            ),
            (
                "not registered",
                vec![node("web2"), only(Tail::WithAgent(s("rpcutil"))), exactly(0)],
                Undecided,
            ),
        ],
    );
}

#[test]
fn filters_are_three_valued() {
    let estate = four().0;
    let matching = |filter: &str| only(Tail::Matching(s(filter)));
    check(
        &estate,
        vec![
            (
                "class and fact",
                vec![node("web1"), matching("role::web and zone=a"), exactly(1)],
                Held,
            ),
            ("as strings", vec![node("web1"), matching("cpus=8.0"), exactly(0)], Held),
            ("as numbers", vec![node("web1"), matching("cpus>=8.0"), exactly(1)], Held),
            ("absent never matches", vec![node("web2"), matching("cpus!=8"), exactly(0)], Held),
            ("any element", vec![node("web2"), matching("roles=db"), exactly(1)], Held),
            (
                "false whatever the class",
                vec![node("web2"), matching("role::web and zone=a"), exactly(0)],
                Held,
            ),
            (
                "true whatever the class",
                vec![node("web2"), matching("role::web or zone=b"), exactly(1)],
                Held,
            ),
            (
                "the class decides",
                vec![node("web2"), matching("not role::web and zone=b"), exactly(1)],
                Undecided,
            ),
            ("a bad one", vec![all(), matching("zone="), exactly(1)], CouldNotRun),
        ],
    );
}

#[test]
fn registered_and_discovered() {
    let estate = four().broken_registration("web2").0;
    check(
        &estate,
        vec![
            (
                "registered",
                vec![that(Tail::Registered), then(Then::None)],
                Violated(&[&["db1"], &["web1"]]),
            ),
            (
                "discovered",
                vec![that(Tail::Discovered), then(Then::None)],
                Violated(&[&["lb1"], &["web1"]]),
            ),
            ("answers", vec![node("lb1"), then(Then::AnswersDiscovery)], Held),
            (
                "does not answer",
                vec![that(Tail::Registered), then(Then::AnswersDiscovery)],
                Violated(&[&["db1"]]),
            ),
            (
                "is registered",
                vec![that(Tail::Discovered), then(Then::IsRegistered)],
                Violated(&[&["lb1"]]),
            ),
            ("lately", vec![node("web1"), then(Then::RegisteredWithin(s("10s")))], Held),
            (
                "too long ago",
                vec![node("web1"), then(Then::RegisteredWithin(s("9s")))],
                Violated(&[&["web1"]]),
            ),
            (
                "never",
                vec![node("lb1"), then(Then::RegisteredWithin(s("2d")))],
                Violated(&[&["lb1"]]),
            ),
            (
                "who knows when",
                vec![node("web2"), then(Then::RegisteredWithin(s("2d")))],
                Undecided,
            ),
            ("no duration", vec![all(), then(Then::RegisteredWithin(s("2 weeks")))], CouldNotRun),
        ],
    );
    let facts_only = Make::new().facts("web1", json!({})).0;
    check(
        &facts_only,
        vec![
            ("nobody to ask", vec![all(), then(Then::AnswersDiscovery)], Undecided),
            ("nor here", vec![all(), then(Then::IsRegistered)], Undecided),
            (
                "nor of the resources",
                vec![all(), then(Then::HasResource(s("Service[x]")))],
                Undecided,
            ),
        ],
    );
}

#[test]
fn resources_on_their_nodes() {
    let estate = Make::new()
        .catalog("web1", catalog().class("base", "Base").leaf("Service[x]", None))
        .catalog("db1", catalog().leaf("Service[x]", None).leaf("Service[X]", None))
        .facts("web1", json!({"zone": "a"}))
        .facts("db1", json!({"zone": "b"}));
    check(
        &estate.0,
        vec![
            (
                "services",
                vec![given(Given::Services), then(Then::None)],
                Violated(&[&["db1/Service[X]"], &["db1/Service[x]"], &["web1/Service[x]"]]),
            ),
            (
                "of a type, any case",
                vec![given(Given::ResourcesOfType(s("service"))), exactly(3)],
                Held,
            ),
            ("by reference", vec![given(Given::Resource(s("Service[X]"))), exactly(1)], Held),
            (
                "by class title",
                vec![given(Given::Resource(s("class[base]"))), then(Then::None)],
                Violated(&[&["web1/Class[Base]"]]),
            ),
            (
                "the tail speaks of the node",
                vec![given(Given::Services), only(Tail::FactIs(s("zone"), is("a"))), exactly(1)],
                Held,
            ),
            (
                "of type",
                vec![given(Given::Services), except(Tail::OfType(s("Service"))), then(Then::None)],
                Held,
            ),
            (
                "none there",
                vec![given(Given::Resource(s("File[x]"))), then(Then::NothingFallen)],
                Violated(&[&[]]),
            ),
            ("has it", vec![all(), then(Then::HasResource(s("Service[x]")))], Held),
            (
                "lacks it",
                vec![all(), then(Then::HasResource(s("Service[X]")))],
                Violated(&[&["web1"]]),
            ),
            (
                "none has it",
                vec![all(), then(Then::NoneHasResource(s("Service[X]")))],
                Violated(&[&["db1"]]),
            ),
            (
                "parameter",
                vec![
                    all(),
                    then(Then::ParameterIs(
                        s("port"),
                        s("Service[x]"),
                        how(Operator::AtLeast, "80"),
                    )),
                ],
                Held,
            ),
            (
                "no parameter",
                vec![all(), then(Then::ParameterIs(s("owner"), s("Service[x]"), is("root")))],
                Violated(&[&["db1"], &["web1"]]),
            ),
            (
                "no resource",
                vec![all(), then(Then::ParameterIs(s("ensure"), s("Service[X]"), is("running")))],
                Violated(&[&["web1"]]),
            ),
        ],
    );
    let partly = estate.broken_catalog("lb1").0;
    check(
        &partly,
        vec![
            ("there may be more", vec![given(Given::Services), exactly(3)], Undecided),
            (
                "too many already",
                vec![given(Given::Services), then(Then::Count(Bound::AtMost(2)))],
                Violated(&[&["db1/Service[X]", "db1/Service[x]", "web1/Service[x]"]]),
            ),
            (
                "cut by what is known",
                vec![given(Given::Services), except(Tail::FactIs(s("zone"), is("b"))), exactly(1)],
                Undecided,
            ),
            (
                "it may have it",
                vec![node("lb1"), then(Then::HasResource(s("Service[x]")))],
                Undecided,
            ),
        ],
    );
}

#[test]
fn dependencies_and_who_declares_them() {
    let estate = Make::new()
        .catalog("web1", catalog().needs(on_nodes(&["db1"])).needs(on_nodes(&["db2"]).soft()))
        .catalog("db1", catalog())
        .facts("db2", json!({}))
        .row("db2", on_nodes(&["db1"]))
        .row("ghost", on_nodes(&["db1"]));
    check(
        &estate.0,
        vec![
            ("all", vec![given(Given::Dependencies(None)), exactly(3)], Held),
            ("hard", vec![given(Given::Dependencies(Some(Kind::Hard))), exactly(2)], Held),
            (
                "named by their nodes",
                vec![given(Given::Dependencies(None)), then(Then::Count(Bound::AtMost(2)))],
                Violated(&[&["db2", "web1"]]),
            ),
            (
                "one violation each",
                vec![given(Given::Dependencies(None)), then(Then::None)],
                Violated(&[&["db2"], &["web1"], &["web1"]]),
            ),
            ("managed", vec![given(Given::Dependencies(None)), then(Then::Managed)], Held),
            ("declares", vec![nodes(&["web1", "db2"]), then(Then::Declares)], Held),
            ("declares none", vec![all(), then(Then::Declares)], Violated(&[&["db1"]])),
            ("two", vec![all(), then(Then::DeclaresAtLeast(2))], Violated(&[&["db1"], &["db2"]])),
        ],
    );
    let broken = estate.clone().broken_catalog("lb1").0;
    check(
        &broken,
        vec![
            ("may declare more", vec![given(Given::Dependencies(None)), exactly(3)], Undecided),
            ("may declare one", vec![node("lb1"), then(Then::Declares)], Undecided),
            ("declares one for certain", vec![node("web1"), then(Then::Declares)], Held),
        ],
    );
    check(
        &estate.broken_rows().0,
        vec![
            ("any node may", vec![node("db1"), then(Then::Declares)], Undecided),
            (
                "and those of theirs",
                vec![given(Given::Dependencies(None)), then(Then::Managed)],
                Undecided,
            ),
        ],
    );
    check(
        &Make::new().facts("web1", json!({})).0,
        vec![("no source tells", vec![all(), then(Then::Declares)], Undecided)],
    );
    let catalogs_elsewhere = Make::new().catalog("db1", catalog()).facts("web1", json!({})).0;
    check(
        &catalogs_elsewhere,
        vec![(
            "no catalog declares nothing",
            vec![node("web1"), then(Then::Declares)],
            Violated(&[&["web1"]]),
        )],
    );
}
