//! When: what is met, fallen and left in a supposed world, and which sentences do not fit.

mod common;

use common::*;
use groundrule_oracle::policy::{Bound, Direction, Given, Step, Tail, Then, Through, When};
use serde_json::json;

fn met() -> Step {
    then(Then::HardMet)
}

fn fallen() -> Step {
    then(Then::NothingFallen)
}

fn in_turn() -> Step {
    when(When::InTurn)
}

/// web needs one of db1 and db2; job needs db1; db1 holds a service in a class.
fn shop() -> Make {
    Make::new()
        .catalog(
            "web",
            catalog()
                .leaf("Service[web]", None)
                .needs(on_nodes(&["db1", "db2"]).from("Service[web]").on("Service[db]")),
        )
        .catalog(
            "job",
            catalog()
                .class("job", "Job")
                .leaf("Exec[job]", Some("Class[Job]"))
                .needs(on_nodes(&["db1"])),
        )
        .catalog("db1", catalog().class("db", "Db").leaf("Service[db]", Some("Class[Db]")))
        .catalog("db2", catalog().class("db", "Db").leaf("Service[db]", Some("Class[Db]")))
}

#[test]
fn hard_dependencies_are_met() {
    check(
        &shop().0,
        vec![
            ("today", vec![all(), met()], Held),
            ("before any Given", vec![met()], Held),
            ("one is gone", vec![node("db1"), shut_down(), met()], Violated(&[&["job"]])),
            ("the other one", vec![node("db2"), shut_down(), met()], Held),
            ("both", vec![with_class("db"), shut_down(), met()], Violated(&[&["job"], &["web"]])),
            (
                "the dependents go as well",
                vec![
                    nodes(&["db1", "db2", "job", "web"]),
                    shut_down(),
                    then(Then::Count(Bound::Exactly(0))),
                ],
                Held,
            ),
            ("stopping the last dependent", vec![nodes(&["job", "web"]), shut_down(), met()], Held),
            ("in turn", vec![all(), in_turn(), met()], Violated(&[&["db1", "job"]])),
            ("in turn, only those asked", vec![node("db2"), in_turn(), met()], Held),
            ("over nobody", vec![with_class("nosuch"), in_turn(), met()], Violated(&[&[]])),
            ("single point", vec![all(), then(Then::NoSinglePoint)], Violated(&[&["db1"]])),
            (
                "single point of what is left",
                vec![node("db1"), shut_down(), all(), then(Then::NoSinglePoint)],
                Violated(&[&["db2"]]),
            ),
        ],
    );
    check_allowing_empty(
        &shop().0,
        vec![("over nobody is allowed", vec![with_class("nosuch"), in_turn(), met()], Held)],
    );
}

#[test]
fn how_many_are_needed() {
    let with = |dependency| {
        Make::new()
            .catalog("a", catalog().needs(dependency))
            .catalog("b", catalog().class("c", "C"))
            .catalog("c", catalog().class("c", "C"))
    };
    let stop = |name: &str| vec![node(name), shut_down(), met()];
    check(
        &with(on_nodes(&["b", "c"]).needing(2)).0,
        vec![("both", vec![all(), met()], Held), ("one of two", stop("b"), Violated(&[&["a"]]))],
    );
    check(
        &with(on_nodes(&["b", "ghost"]).all()).0,
        vec![
            ("nobody never stands", vec![all(), met()], Violated(&[&["a"]])),
            (
                "nor is it managed",
                vec![given(Given::Dependencies(None)), then(Then::Managed)],
                Violated(&[&["a"]]),
            ),
        ],
    );
    check(
        &with(on_matching("c").all()).0,
        vec![
            ("all that match", vec![all(), met()], Held),
            ("all that match today", stop("b"), Violated(&[&["a"]])),
            ("an added one is no part of today", vec![add("c", "x", "1"), met()], Held),
        ],
    );
    check(
        &with(on_matching("c").needing(2)).0,
        vec![
            ("two that match", vec![all(), met()], Held),
            ("only one is left", stop("b"), Violated(&[&["a"]])),
            ("another one is added", vec![add("c", "x", "1"), node("b"), shut_down(), met()], Held),
        ],
    );
    check(
        &with(on_matching("nosuch")).0,
        vec![
            ("nobody matches", vec![all(), met()], Violated(&[&["a"]])),
            (
                "nor provides",
                vec![given(Given::Dependencies(None)), then(Then::Managed)],
                Violated(&[&["a"]]),
            ),
            (
                "until one is added",
                vec![
                    add("nosuch", "x", "1"),
                    given(Given::Dependencies(None)),
                    then(Then::Managed),
                ],
                Held,
            ),
        ],
    );
    check(
        &with(on_matching("c").on("Class[C]")).0,
        vec![(
            "an added one has no resources",
            vec![add("c", "x", "1"), nodes(&["b", "c"]), shut_down(), met()],
            Violated(&[&["a"]]),
        )],
    );
    check(
        &with(on_matching("not nosuch")).0,
        vec![(
            "the node itself is left out",
            vec![nodes(&["b", "c"]), shut_down(), met()],
            Violated(&[&["a"]]),
        )],
    );
}

#[test]
fn nothing_is_declared() {
    let soft = Make::new().catalog("a", catalog().needs(on_nodes(&["b"]).soft())).0;
    check(
        &soft,
        vec![
            ("no hard one", vec![all(), met()], Violated(&[&[]])),
            ("nothing falls of a soft one", vec![all(), fallen()], Held),
        ],
    );
    check_allowing_empty(&soft, vec![("and that is allowed", vec![all(), met()], Held)]);
    let broken = Make::new().broken_catalog("a").0;
    check(&broken, vec![("who knows", vec![all(), met()], Undecided)]);
    check(
        &Make::new().facts("a", json!({})).0,
        vec![
            ("no source", vec![all(), met()], Undecided),
            ("what is on it is unknown too", vec![all(), fallen()], Undecided),
        ],
    );
}

#[test]
fn providers_that_we_know_too_little_of() {
    let on_service = || on_nodes(&["b"]).on("Service[x]");
    let from_a = |dependency| Make::new().catalog("a", catalog().needs(dependency));
    check(
        &from_a(on_service()).facts("b", json!({})).0,
        vec![
            ("no catalog", vec![all(), met()], Undecided),
            ("managed?", vec![given(Given::Dependencies(None)), then(Then::Managed)], Undecided),
        ],
    );
    check(
        &from_a(on_nodes(&["b"])).facts("b", json!({})).0,
        vec![
            ("nothing asked of its catalog", vec![all(), met()], Held),
            ("managed", vec![given(Given::Dependencies(None)), then(Then::Managed)], Held),
        ],
    );
    check(
        &from_a(on_nodes(&["b"])).broken_catalog("b").0,
        vec![
            ("it may have fallen", vec![node("a"), met()], Undecided),
            (
                "it may declare others",
                vec![given(Given::Dependencies(None)), then(Then::Managed)],
                Undecided,
            ),
            ("shut down for certain", vec![node("b"), shut_down(), met()], Violated(&[&["a"]])),
        ],
    );
    check(
        &from_a(on_service()).catalog("b", catalog()).0,
        vec![
            ("its catalog lacks it", vec![all(), met()], Violated(&[&["a"]])),
            (
                "not managed",
                vec![given(Given::Dependencies(None)), then(Then::Managed)],
                Violated(&[&["a"]]),
            ),
        ],
    );
    check(
        &from_a(on_nodes(&["ghost"])).broken_discovery().0,
        vec![("it may answer", vec![node("a"), met()], Undecided)],
    );
}

#[test]
fn what_falls() {
    check(
        &shop().0,
        vec![
            ("nothing today", vec![all(), fallen()], Held),
            ("before any Given", vec![fallen()], Held),
            ("one provider is left", vec![node("db2"), shut_down(), fallen()], Held),
            (
                "none is",
                vec![with_class("db"), shut_down(), fallen()],
                Violated(&[&["job/Exec[job]"], &["web/Service[web]"]]),
            ),
        ],
    );
    // z: File[f] needs the dead; Service[s] requires the class that File[f] is in; Exec[e] is apart.
    let spread = Make::new()
        .catalog(
            "z",
            catalog()
                .class("outer", "Outer")
                .site("inner", Some("Class[Outer]"))
                .leaf("File[f]", Some("App::Site[inner]"))
                .leaf("Service[s]", None)
                .leaf("Exec[e]", None)
                .leaf("Exec[in]", Some("Class[Outer]"))
                .requires("Service[s]", "Class[Outer]")
                .needs(on_nodes(&["dead"]).from("File[f]")),
        )
        .catalog("dead", catalog())
        .catalog(
            "y",
            catalog()
                .leaf("Service[y]", None)
                .needs(on_nodes(&["z"]).from("Service[y]").on("Service[s]")),
        )
        .catalog(
            "x",
            catalog()
                .leaf("Service[x]", None)
                .needs(on_nodes(&["z"]).from("Service[x]").on("Exec[e]")),
        );
    check(
        &spread.0,
        vec![
            (
                "through containers and over nodes",
                vec![node("dead"), shut_down(), fallen()],
                Violated(&[&["y/Service[y]"], &["z/File[f]"], &["z/Service[s]"]]),
            ),
            (
                "what it leaves unmet",
                vec![node("dead"), shut_down(), met()],
                Violated(&[&["y"], &["z"]]),
            ),
            (
                "those with nothing else there stand",
                vec![nodes(&["dead", "y"]), shut_down(), met()],
                Violated(&[&["z"]]),
            ),
        ],
    );
    let of_node = spread.clone().row("x", on_nodes(&["z"])).0;
    check(
        &of_node,
        vec![(
            "a node falls with anything on it",
            vec![node("dead"), shut_down(), fallen()],
            Violated(&[&["x/Service[x]"], &["y/Service[y]"], &["z/File[f]"], &["z/Service[s]"]]),
        )],
    );
    let container = spread
        .catalog(
            "w",
            catalog()
                .class("c", "C")
                .leaf("Exec[w]", Some("Class[C]"))
                .leaf("Exec[v]", None)
                .requires("Class[C]", "Exec[v]")
                .needs(on_nodes(&["dead"]).from("Exec[v]")),
        )
        .0;
    check(
        &container,
        vec![(
            "what a container requires its contents require",
            vec![nodes(&["dead", "z", "y", "x"]), shut_down(), fallen()],
            Violated(&[&["w/Exec[v]"], &["w/Exec[w]"]]),
        )],
    );
}

#[test]
fn ends_that_are_not_there() {
    let no_from = Make::new()
        .catalog(
            "a",
            catalog()
                .leaf("Exec[a]", None)
                .needs(on_nodes(&["ghost"]).from("Service[nosuch]").on("Service[x]")),
        )
        .catalog("b", catalog().leaf("Exec[b]", None).needs(on_nodes(&["a"])));
    check(
        &no_from.0,
        vec![
            ("what is meant may be anything", vec![fallen()], Undecided),
            ("but its dependency is unmet", vec![met()], Violated(&[&["a"]])),
        ],
    );
    let by_row = Make::new()
        .catalog("a", catalog().leaf("Exec[a]", None).needs(on_nodes(&["b"])))
        .facts("b", json!({}))
        .row("b", on_nodes(&["ghost"]));
    check(
        &by_row.0,
        vec![
            ("a node without a catalog falls by its row", vec![met()], Violated(&[&["a"], &["b"]])),
            ("and others with it", vec![fallen()], Violated(&[&["a/Exec[a]"]])),
        ],
    );
}

#[test]
fn cycles_stand_until_something_fails() {
    let cycle = Make::new()
        .catalog("a", catalog().leaf("Exec[a]", None).needs(on_nodes(&["b"])))
        .catalog(
            "b",
            catalog().leaf("Exec[b]", None).needs(on_nodes(&["a"])).needs(on_nodes(&["c"])),
        )
        .catalog("c", catalog());
    check(
        &cycle.0,
        vec![
            ("the smallest set is empty", vec![all(), fallen()], Held),
            (
                "all of it falls",
                vec![node("c"), shut_down(), fallen()],
                Violated(&[&["a/Exec[a]"], &["b/Exec[b]"]]),
            ),
            (
                "and all of it is unmet",
                vec![node("c"), shut_down(), met()],
                Violated(&[&["a"], &["b"], &["b"]]),
            ),
            (
                "each is a single point",
                vec![all(), then(Then::NoSinglePoint)],
                Violated(&[&["a"], &["b"], &["c"]]),
            ),
        ],
    );
    check(
        &cycle.broken_rows().0,
        vec![
            ("anything may have fallen", vec![all(), fallen()], Undecided),
            (
                "and is certain nevertheless",
                vec![node("c"), shut_down(), fallen()],
                Violated(&[&["a/Exec[a]"], &["b/Exec[b]"]]),
            ),
            (
                "nothing is met for certain today",
                vec![node("a"), then(Then::NoSinglePoint)],
                Undecided,
            ),
        ],
    );
}

#[test]
fn sets_after_a_supposition() {
    let count = |n| then(Then::Count(Bound::Exactly(n)));
    check(
        &shop().0,
        vec![
            ("the rest of the world", vec![with_class("db"), shut_down(), count(2)], Held),
            ("a later set", vec![node("db1"), shut_down(), with_class("db"), count(1)], Held),
            (
                "the gone are unknown names",
                vec![node("db1"), shut_down(), node("db1"), count(0)],
                Violated(&[&["db1"]]),
            ),
            (
                "the current set loses them",
                vec![
                    named(node("db1"), "old"),
                    with_class("db"),
                    when(When::ShutDown(Some(s("old")))),
                    count(1),
                ],
                Held,
            ),
            (
                "the named set is the current one",
                vec![
                    named(with_class("db"), "old"),
                    when(When::ShutDown(Some(s("old")))),
                    count(2),
                ],
                Held,
            ),
            (
                "narrowed it is another",
                vec![
                    named(with_class("db"), "old"),
                    only(Tail::WithClass(s("db"))),
                    when(When::ShutDown(Some(s("old")))),
                    count(0),
                ],
                Held,
            ),
            (
                "twice is once too often",
                vec![
                    named(with_class("db"), "old"),
                    shut_down(),
                    when(When::ShutDown(Some(s("old")))),
                    count(2),
                ],
                Violated(&[&[]]),
            ),
            (
                "pairs lose them",
                vec![
                    named(node("db1"), "old"),
                    node("job"),
                    when(When::Follow(Direction::Needed, Through::All)),
                    when(When::ShutDown(Some(s("old")))),
                    then(Then::NoPairs),
                ],
                Held,
            ),
            (
                "groups lose them",
                vec![
                    named(node("db1"), "old"),
                    with_class("db"),
                    when(When::GroupByClass(s("/db/"))),
                    when(When::ShutDown(Some(s("old")))),
                    then(Then::GroupHas(Bound::AtLeast(2))),
                ],
                Violated(&[&["db2"]]),
            ),
            (
                "dependencies lose them",
                vec![
                    named(node("job"), "old"),
                    given(Given::Dependencies(None)),
                    when(When::ShutDown(Some(s("old")))),
                    count(1),
                ],
                Held,
            ),
            (
                "in turn each is missing",
                vec![with_class("db"), in_turn(), then(Then::Count(Bound::AtLeast(2)))],
                Violated(&[&["db1"], &["db2"]]),
            ),
            (
                "in turn over one leaves nobody",
                vec![node("job"), in_turn(), then(Then::HasClass(s("job")))],
                Violated(&[&[]]),
            ),
            ("but an estate", vec![node("job"), in_turn(), met()], Held),
            ("a set chosen in turn", vec![with_class("db"), in_turn(), all(), count(3)], Held),
        ],
    );
}

#[test]
fn added_nodes_are_part_of_later_sets() {
    let new = || add("::Db", "zone", "a");
    check(
        &shop().0,
        vec![
            (
                "fits",
                vec![new(), with_class("db"), then(Then::HasResource(s("Service[db]")))],
                Violated(&[&["(new 1)"]]),
            ),
            (
                "does not fit",
                vec![new(), with_class("job"), then(Then::Count(Bound::Exactly(1)))],
                Held,
            ),
            (
                "not of an earlier set",
                vec![with_class("db"), new(), then(Then::HasResource(s("Service[db]")))],
                Held,
            ),
            (
                "its facts",
                vec![new(), node("(new 1)"), then(Then::FactIs(s("zone"), is("a")))],
                Held,
            ),
            (
                "no other facts",
                vec![new(), node("(new 1)"), then(Then::HasFact(s("rack")))],
                Violated(&[&["(new 1)"]]),
            ),
            (
                "two of them",
                vec![new(), new(), with_class("db"), then(Then::NoTwoShare(s("zone")))],
                Violated(&[&["(new 1)", "(new 2)"]]),
            ),
        ],
    );
}

#[test]
fn an_uncertain_set_is_shut_down() {
    let estate =
        shop().facts("db3", json!({})).catalog("w2", catalog().needs(on_nodes(&["db3"]))).0;
    check(
        &estate,
        vec![
            (
                "perhaps unmet",
                vec![
                    with_class("db"),
                    shut_down(),
                    given(Given::Dependencies(None)),
                    only(Tail::Matching(s("not job"))),
                    then(Then::Managed),
                ],
                Violated(&[&["web"]]),
            ),
            (
                "certain in spite of it",
                vec![with_class("db"), shut_down(), met()],
                Violated(&[&["job"], &["web"]]),
            ),
            (
                "perhaps gone",
                vec![node("db3"), only(Tail::WithClass(s("db"))), shut_down(), met()],
                Undecided,
            ),
            (
                "in turn over who may belong",
                vec![node("db3"), only(Tail::WithClass(s("db"))), in_turn(), met()],
                Undecided,
            ),
        ],
    );
}

#[test]
fn sentences_that_do_not_fit() {
    let group = || when(When::GroupByEnvironment);
    check(
        &shop().0,
        vec![
            ("no Then", vec![all()], CouldNotRun),
            ("no set", vec![then(Then::Declares)], CouldNotRun),
            ("nothing to narrow", vec![only(Tail::Registered), then(Then::None)], CouldNotRun),
            ("no groups", vec![all(), then(Then::GroupHas(Bound::AtLeast(1)))], CouldNotRun),
            ("groups are not nodes", vec![all(), group(), then(Then::Declares)], CouldNotRun),
            ("groups are not counted", vec![all(), group(), then(Then::None)], CouldNotRun),
            ("no pairs", vec![all(), then(Then::NoPairs)], CouldNotRun),
            (
                "classes of dependencies",
                vec![given(Given::Dependencies(None)), then(Then::HasClass(s("db")))],
                CouldNotRun,
            ),
            ("nodes are not managed", vec![all(), then(Then::Managed)], CouldNotRun),
            (
                "nodes have no type",
                vec![all(), only(Tail::OfType(s("Service"))), then(Then::None)],
                CouldNotRun,
            ),
            (
                "services are not shut down",
                vec![given(Given::Services), shut_down(), met()],
                CouldNotRun,
            ),
            (
                "nobody has this name",
                vec![all(), when(When::ShutDown(Some(s("x")))), met()],
                CouldNotRun,
            ),
            (
                "dependencies are not followed",
                vec![
                    given(Given::Dependencies(None)),
                    when(When::Follow(Direction::Needed, Through::All)),
                    then(Then::NoPairs),
                ],
                CouldNotRun,
            ),
            ("in turn twice", vec![all(), in_turn(), in_turn(), met()], CouldNotRun),
            ("the whole estate fits groups", vec![all(), group(), met()], Held),
        ],
    );
}
