//! Then: values that nodes share.

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated};
use super::estate::{Answer, Estate, Facts, estate, node};

/// Two databases in one zone, one in another, and one without a zone.
fn shop() -> Estate {
    let db = |name| node(name).class("db");
    estate([
        db("db1").class("a").class("ac").fact("zone", "a").fact("rack", "a1"),
        db("db2").class("a").fact("zone", "a").fact("rack", "a2"),
        db("db3").class("ac").fact("zone", "c").fact("rack", "c1"),
        node("web1").fact("rack", 7),
    ])
}

/// The same with a database of which the facts are not known.
fn with_unknown() -> Estate {
    shop().and(node("db4").class("a").class("ac").class("db").broken(Facts))
}

/// The same with a node of which only discovery knows.
fn with_stranger() -> Estate {
    shop().and(node("new1").only(Answer))
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        then(
            "no two of it/they/them share(s) the fact {name}",
            shop(),
            vec![
                held("Given all nodes; Then no two of them share the fact 'rack'"),
                violated("Given nodes with class 'db'; Then no two of them share the fact 'zone'", &["db1 db2"])
                    .says("db1 and db2 share the zone \"a\""),
                violated("Given all nodes; Then no two of them share the fact 'zone'", &["db1 db2", "web1"])
                    .says("web1 has no fact zone"),
                // Numbers and text that looks like one are the same.
                violated("Given all nodes; Then no two of them share the fact 'rack'", &["db5 web1"])
                    .on(shop().and(node("db5").fact("rack", "7.0"))),
                undecided("Given nodes with class 'ac'; Then no two of them share the fact 'zone'")
                    .on(with_unknown())
                    .because("the facts of db4"),
                undecided("Given nodes with class 'ac'; Then no two of them share the fact 'zone'").on(with_stranger()),
                // Two that share are certain, whatever else is not known.
                violated("Given nodes with class 'db'; Then no two of them share the fact 'zone'", &["db1 db2"])
                    .on(with_unknown()),
                nothing("Given nodes with class 'ntp'; Then no two of them share the fact 'zone'"),
            ],
        ),
        then(
            "it/they/them do/does not all share the fact {name}",
            shop(),
            vec![
                held("Given nodes with class 'db'; Then they do not all share the fact 'zone'"),
                violated("Given nodes with class 'a'; Then they do not all share the fact 'zone'", &["db1 db2"])
                    .says("db1 and db2 all share the zone \"a\""),
                violated("Given the node 'db3'; Then it does not all share the fact 'zone'", &["db3"])
                    .says("db3 is the only one, so that all of them share the zone \"c\""),
                violated(
                    "Given all nodes; And except those with class 'db'; Then they do not all share the fact 'zone'",
                    &["web1"],
                )
                .says("web1 has no fact zone"),
                undecided("Given nodes with class 'a'; Then they do not all share the fact 'zone'").on(with_unknown()),
                undecided("Given nodes with class 'a'; Then they do not all share the fact 'zone'").on(with_stranger()),
                // Two values there are: but the unknown database may lack the fact.
                undecided("Given nodes with class 'db'; Then they do not all share the fact 'zone'").on(with_unknown()),
                nothing("Given nodes with class 'ntp'; Then they do not all share the fact 'zone'"),
                violated(
                    "Given nodes with class 'ac'; When each of them is shut down in turn; Then they do not all share the fact 'zone'",
                    &["db1", "db3"],
                ),
            ],
        ),
        then(
            "it/they/them span(s) at least {number} value(s) of the fact {name}",
            shop(),
            vec![
                held("Given nodes with class 'db'; Then they span at least 2 values of the fact 'zone'"),
                violated(
                    "Given nodes with class 'db'; Then they span at least 3 values of the fact 'zone'",
                    &["db1 db2 db3"],
                )
                .says("db1, db2 and db3 span 2 values of the fact zone, and at least 3 are wanted"),
                violated("Given the node 'db1'; Then it spans at least 2 values of the fact 'zone'", &["db1"])
                    .says("db1 spans 1 value of the fact zone, and at least 2 are wanted"),
                violated("Given all nodes; Then they span at least 1 value of the fact 'zone'", &["web1"]),
                undecided("Given nodes with class 'db'; Then they span at least 3 values of the fact 'zone'").on(with_unknown()),
                undecided("Given nodes with class 'db'; Then they span at least 3 values of the fact 'zone'").on(with_stranger()),
                nothing("Given nodes with class 'ntp'; Then they span at least 1 value of the fact 'zone'"),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
