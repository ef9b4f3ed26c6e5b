//! When they are grouped …, Then every group …

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated, when};
use super::estate::{Answer, Catalog, Estate, Facts, estate, node};

/// A shard of two members in two zones, and one of one member.
fn shards() -> Estate {
    estate([
        node("db1").class("role::db::s1").fact("shard", "s1").fact("zone", "a"),
        node("db2").class("role::db::s1").fact("shard", "s1").fact("zone", "b"),
        node("db3").class("role::db::s2").fact("shard", "s2").fact("zone", "a"),
        node("web1").class("nginx").environment(None).fact("zone", "a"),
    ])
}

/// The same with a node of which nothing but its presence is known.
fn with_stranger() -> Estate {
    shards().and(node("new1").only(Answer))
}

pub fn sentences() -> Vec<Sentence> {
    [groupings(), judgements()].into_iter().flatten().collect()
}

fn groupings() -> Vec<Sentence> {
    vec![
        when(
            "it/they/them is/are grouped by the fact {name}",
            shards(),
            vec![
                held("Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has at least 1 member"),
                violated(
                    "Given all nodes; When they are grouped by the fact 'shard'; Then every group has at least 2 members",
                    &["db3", "web1"],
                )
                .says("the group \"s2\" has 1 member (db3), and at least 2 are wanted")
                .says("web1 has no fact shard"),
                // `8` and `8.0` are one group.
                held("Given all nodes; When they are grouped by the fact 'n'; Then every group has exactly 2 members")
                    .on(estate([node("a").fact("n", 8), node("b").fact("n", "8.0")])),
                undecided("Given nodes with class '/^role/'; When they are grouped by the fact 'shard'; Then every group has at least 1 member")
                    .on(shards().and(node("db4").class("role::db").broken(Facts)))
                    .because("the facts of db4"),
                nothing("Given nodes with class 'ntp'; When they are grouped by the fact 'shard'; Then every group has at least 1 member")
                    .says("there is nothing to judge: nothing is left after \"nodes with class \"ntp\"\", \"they are grouped by the fact \"shard\"\""),
                // That nobody is in a group is said once.
                violated("Given the node 'web1'; When it is grouped by the fact 'shard'; Then every group has at least 1 member", &["web1"]),
            ],
        ),
        when(
            "it/they/them is/are grouped by environment",
            shards(),
            vec![
                held("Given nodes with class '/^role/'; When they are grouped by environment; Then every group has exactly 3 members"),
                violated(
                    "Given all nodes; When they are grouped by environment; Then every group has at least 4 members",
                    &["db1 db2 db3", "web1"],
                )
                .says("web1 is in no environment"),
                undecided("Given nodes with class '/^role/'; When they are grouped by environment; Then every group has exactly 3 members")
                    .on(shards().and(node("db4").without(Catalog).registers_class("role::db")))
                    .because("the catalog of db4: there is no catalog of it"),
                nothing("Given nodes with class 'ntp'; When they are grouped by environment; Then every group has at least 1 member"),
            ],
        ),
        when(
            "it/they/them is/are grouped by class matching {name}",
            shards(),
            vec![
                held("Given nodes with class '/^role/'; When they are grouped by class matching '/^role::db::(.+)/'; Then every group has at most 2 members"),
                violated(
                    "Given all nodes; When they are grouped by class matching '/^role::db::(.+)/'; Then every group has exactly 2 members",
                    &["db3", "web1"],
                )
                .says("the group \"s2\" has 1 member (db3), and exactly 2 are wanted")
                .says("web1 has no class that matches /^role::db::(.+)/"),
                // Without a capture the whole class is the group.
                violated(
                    "Given the node 'db3'; When it is grouped by class matching 'role'; Then every group has at least 2 members",
                    &["db3"],
                )
                .says("the group \"role::db::s2\" has 1 member (db3), and at least 2 are wanted"),
                // A node may be in several groups.
                violated(
                    "Given all nodes; When they are grouped by class matching '/^team::(.+)/'; Then every group has at most 1 member",
                    &["a b", "a c"],
                )
                .on(estate([
                    node("a").class("team::x").class("team::y"),
                    node("b").class("team::x"),
                    node("c").class("team::y"),
                ])),
                undecided("Given nodes with class '/^role/'; When they are grouped by class matching '/^role::db::(.+)/'; Then every group has at most 2 members")
                    .on(with_stranger()),
                nothing("Given nodes with class 'ntp'; When they are grouped by class matching '/^role::(.+)/'; Then every group has at most 2 members"),
            ],
        ),
    ]
}

fn judgements() -> Vec<Sentence> {
    vec![
        then(
            "every group has at least {number} member(s)",
            shards(),
            vec![
                held("Given nodes with class 'role::db::s1'; When they are grouped by the fact 'shard'; Then every group has at least 2 members"),
                violated(
                    "Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has at least 2 members",
                    &["db3"],
                ),
                // Whoever is not known may be the missing member.
                undecided("Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has at least 2 members")
                    .on(with_stranger()),
                violated(
                    "Given nodes with class 'role::db::s1'; When each of them is shut down in turn; When they are grouped by the fact 'shard'; Then every group has at least 2 members",
                    &["db1", "db2"],
                ),
                nothing("Given nodes with class 'ntp'; When they are grouped by the fact 'shard'; Then every group has at least 2 members"),
                held("Given nodes with class 'ntp'; When they are grouped by the fact 'shard'; Then every group has at least 2 members")
                    .allowing_empty()
                    .of_nothing(),
            ],
        ),
        then(
            "every group has at most {number} member(s)",
            shards(),
            vec![
                held("Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has at most 2 members"),
                violated(
                    "Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has at most 1 member",
                    &["db1 db2"],
                )
                .says("the group \"s1\" has 2 members (db1 and db2), and at most 1 is wanted"),
                // More members do not mend it.
                violated(
                    "Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has at most 1 member",
                    &["db1 db2"],
                )
                .on(with_stranger()),
                undecided("Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has at most 2 members")
                    .on(with_stranger()),
                nothing("Given nodes with class 'ntp'; When they are grouped by the fact 'shard'; Then every group has at most 2 members"),
            ],
        ),
        then(
            "every group has exactly {number} member(s)",
            shards(),
            vec![
                held("Given nodes with class 'role::db::s1'; When they are grouped by the fact 'shard'; Then every group has exactly 2 members"),
                violated(
                    "Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has exactly 1 member",
                    &["db1 db2"],
                ),
                undecided("Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group has exactly 2 members")
                    .on(with_stranger()),
                nothing("Given nodes with class 'ntp'; When they are grouped by the fact 'shard'; Then every group has exactly 2 members"),
            ],
        ),
        then(
            "every group spans at least {number} value(s) of the fact {name}",
            shards(),
            vec![
                held("Given nodes with class 'role::db::s1'; When they are grouped by the fact 'shard'; Then every group spans at least 2 values of the fact 'zone'"),
                violated(
                    "Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group spans at least 2 values of the fact 'zone'",
                    &["db3"],
                )
                .says("the group \"s2\" (db3) spans 1 value of the fact zone, and at least 2 are wanted"),
                violated(
                    "Given nodes with the fact 'shard'; When they are grouped by the fact 'shard'; Then every group spans at least 1 value of the fact 'rack'",
                    &["db1", "db1 db2", "db2", "db3", "db3"],
                )
                .says("db1 has no fact rack")
                .says("the group \"s1\" (db1 and db2) spans 0 values of the fact rack, and at least 1 is wanted"),
                undecided("Given nodes with class 'role::db::s2'; When they are grouped by the fact 'shard'; Then every group spans at least 2 values of the fact 'zone'")
                    .on(with_stranger()),
                nothing("Given nodes with class 'ntp'; When they are grouped by the fact 'shard'; Then every group spans at least 2 values of the fact 'zone'"),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
