//! When something is supposed to have happened.

use super::case::{Different, Sentence, check, held, nothing, undecided, violated, when};
use super::estate::{Answer, Catalog, Estate, estate, needs, node};

/// web1 needs one of two databases in two zones.
fn shop() -> Estate {
    estate([
        node("web1").class("web").fact("zone", "a").needs(needs(&["db1", "db2"])),
        node("db1").class("db").fact("zone", "a"),
        node("db2").class("db").fact("zone", "b"),
    ])
}

/// The same with a node that may be a database.
fn with_stranger() -> Estate {
    shop().and(node("new1").only(Answer))
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        when(
            "it/they/them is/are shut down",
            shop(),
            vec![
                held("Given the node 'db1'; When it is shut down; Then every hard dependency is still met"),
                violated("Given nodes with class 'db'; When they are shut down; Then every hard dependency is still met", &["web1"])
                    .says("web1 needs 1 of db1 and db2, but db1 and db2 are shut down"),
                // The next Then judges the rest of the world.
                violated("Given nodes with class 'db'; When they are shut down; Then there are none", &["web1"]),
                // Sets that are selected later see the supposed world.
                held("Given the node 'db1'; When it is shut down; Given nodes with class 'db'; Then there is exactly 1 of it"),
                // It may stand before a Given, too, after a set that it is about.
                violated(
                    "Given all nodes as 'all'; Given the node 'db2'; When it is shut down; Given nodes with class 'db'; Then they do not all share the fact 'zone'",
                    &["db1"],
                ),
                undecided("Given nodes with class 'db'; When they are shut down; Given the node 'new1'; Then every one answers discovery")
                    .on(with_stranger()),
                nothing("Given nodes with class 'ntp'; When they are shut down; Then every hard dependency is still met")
                    .says("there is nothing to judge: nothing fits \"nodes with class \"ntp\"\""),
                held("Given nodes with class 'ntp'; When they are shut down; Then every hard dependency is still met")
                    .allowing_empty()
                    .of_nothing(),
            ],
        ),
        when(
            "the {name} is/are shut down",
            shop(),
            vec![
                held("Given nodes with class 'db' as 'databases'; Given all nodes; And only those whose fact 'zone' is 'b' as 'b'; When the 'b' are shut down; Then every hard dependency is still met"),
                // The current set only loses those that are gone.
                violated(
                    "Given nodes with class 'db' as 'databases'; Given nodes with the fact 'zone'; When the 'databases' are shut down; Then there are none",
                    &["web1"],
                ),
                violated(
                    "Given nodes with class 'db' as 'databases'; Given nodes with class 'web'; When the 'databases' are shut down; Then every hard dependency is still met",
                    &["web1"],
                ),
                undecided("Given nodes with class 'db' as 'databases'; Given all nodes; When the 'databases' are shut down; Then there is exactly 1 of them")
                    .on(with_stranger()),
                violated(
                    "Given nodes with class 'ntp' as 'clocks'; Given nodes with class 'web'; When the 'clocks' are shut down; Then every one answers discovery",
                    &[""],
                )
                .of_nothing()
                .says("there is nothing to judge: nothing fits \"the \"clocks\"\""),
            ],
        ),
        when(
            "each of it/they/them is/are shut down in turn",
            shop(),
            vec![
                held("Given all nodes; When each of them is shut down in turn; Then every hard dependency is still met"),
                violated(
                    "Given nodes with class 'db'; When each of them is shut down in turn; Then they do not all share the fact 'zone'",
                    &["db1", "db2"],
                )
                .says("db2 is the only one, so that all of them share the zone \"b\""),
                violated(
                    "Given all nodes; When each of them is shut down in turn; Then every hard dependency is still met",
                    &["db1 web1"],
                )
                .on(estate([node("web1").needs(needs(&["db1"])), node("db1")]))
                .says("without db1 a dependency is not met: web1 needs db1, but db1 is shut down"),
                undecided("Given nodes with class 'db'; When each of them is shut down in turn; Then every hard dependency is still met")
                    .on(with_stranger()),
                nothing("Given nodes with class 'ntp'; When each of them is shut down in turn; Then every hard dependency is still met"),
                // Alone it leaves nobody to judge.
                nothing("Given the node 'db1'; When each of them is shut down in turn; Then every one answers discovery")
                    .says("there is nothing to judge: nothing is left after \"the node \"db1\"\", \"each of them is shut down in turn\""),
            ],
        ),
        when(
            "a node with class {name}{facts} is added",
            shop(),
            vec![
                held("When a node with class 'db' and the fact 'zone' as 'c' is added; Given nodes with class 'db'; Then they span at least 3 values of the fact 'zone'"),
                violated(
                    "When a node with class 'db' and the fact 'zone' as 'a' is added; Given nodes with class 'db'; Then no two of them share the fact 'zone'",
                    &["(new 1) db1"],
                )
                .says("(new 1) and db1 share the zone \"a\""),
                violated(
                    "When a node with class 'db' is added; When a node with class 'db' and the fact 'zone' as 'c' and the fact 'rack' as 7 is added; Given nodes with class 'db'; Then every one has the fact 'zone'",
                    &["(new 1)"],
                )
                .says("(new 1) has no fact zone"),
                held("When a node with class 'db' and the fact 'rack' as 7 is added; Given nodes with the fact 'rack'; Then the fact 'rack' of every one is at least 7"),
                // It has no resources, and declares nothing.
                violated("When a node with class 'web' is added; Given nodes with class 'web'; Then every one declares a dependency", &["(new 1)"])
                    .says("(new 1) declares no dependency"),
                // It is no part of a set that was chosen before.
                held("Given nodes with class 'db'; When a node with class 'db' is added; Then there are exactly 2 of them"),
                undecided("When a node with class 'db' is added; Given nodes with class 'db'; Then there are exactly 3 of them")
                    .on(with_stranger()),
                nothing("Given nodes with class 'ntp'; When a node with class 'ntp' is added; Then every one has class 'ntp'"),
                held("When a node with class 'ntp' is added; Given nodes with class 'ntp'; Then every one has class 'ntp'")
                    .on(estate([node("web1").without(Catalog).registers_class("web")])),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
