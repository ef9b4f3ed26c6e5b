//! When I look up …, Then the answer of every one …

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated, when};
use super::estate::{Answer, Estate, Facts, Registration, estate, node};

/// Two nodes in zones with data, and one in a zone without.
fn shop() -> Estate {
    estate([
        node("web1").class("web").fact("zone", "a"),
        node("web2").class("web").without(Facts).registers_fact("zone", "b"),
        node("db1").fact("zone", "c"),
    ])
    .data("a", "ntp: ntp.a\nclasses: [web]\nusers: {ann: 1}\nonly: x\ndeep: {x: {y: [1, 2]}}\ndb::password: abc\n")
    .data("b", "ntp: ntp.b\nclasses: [web, base]\nusers: {bob: 2}\nonly: x\ndb::password: abc\n")
    .data("common", "ntp: ntp\nclasses: [base]\nusers: {ann: 9, eve: 3}\nname: \"%{facts.zone}-%{trusted.certname}\"\n")
}

/// One node of which no facts are known.
fn shy() -> Estate {
    shop().and(node("shy").only(Answer))
}

/// One node whose zone's data cannot be read.
fn broken() -> Estate {
    shop().and(node("web3").class("web").fact("zone", "broken")).data("broken", "ntp: [x\n")
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        when(
            "I look up {name}",
            shop(),
            vec![
                held("Given nodes with class 'web'; When I look up 'only'; Then every one resolves it"),
                held("Given nodes with class 'web'; When I look up 'classes'; Then the answer of every one contains 'web'"),
                held("Given the node 'web1'; When I look up 'deep.x.y.1'; Then the answer of every one is '2'"),
                held("Given the node 'db1'; When I look up 'name'; Then the answer of every one is 'c-db1'"),
                violated("Given all nodes; When I look up 'only'; Then every one resolves it", &["db1"])
                    .says("db1 has no data for only"),
                undecided("Given all nodes; When I look up 'ntp'; Then every one resolves it")
                    .on(shy())
                    .because("there is no facts document and no registration of it"),
                undecided("Given nodes with class 'web'; When I look up 'ntp'; Then every one resolves it")
                    .on(broken())
                    .because("data/broken.yaml:"),
                // Nothing is configured.
                undecided("Given all nodes; When I look up 'ntp'; Then every one resolves it")
                    .on(estate([node("web1")]))
                    .because("no data to look up is configured"),
                // What a scenario adds has the facts that it says.
                held("When a node with class 'new' and the fact 'zone' as 'b' is added; Given nodes with class 'new'; When I look up 'ntp'; Then the answer of every one is 'ntp.b'"),
                nothing("Given nodes with class 'ntp'; When I look up 'ntp'; Then every one resolves it"),
            ],
        ),
        when(
            "I look up {name} as an array",
            shop(),
            vec![
                held("Given nodes with class 'web'; When I look up 'classes' as an array; Then the answer of every one contains 'base'"),
                violated(
                    "Given all nodes; When I look up 'classes' as an array; Then the answer of every one has at least 2 entries",
                    &["db1"],
                )
                .says("classes of db1 has 1 entry, and at least 2 are wanted"),
                undecided("Given all nodes; When I look up 'users' as an array; Then every one resolves it")
                    .because("unique wants"),
                nothing("Given nodes with class 'ntp'; When I look up 'classes' as an array; Then every one resolves it"),
            ],
        ),
        when(
            "I look up {name} as a hash",
            shop(),
            vec![
                held("Given nodes with class 'web'; When I look up 'users' as a hash; Then the answer of every one contains 'eve'"),
                violated(
                    "Given all nodes; When I look up 'users' as a hash; Then the answer of every one contains 'bob'",
                    &["db1", "web1"],
                )
                .says("users of web1 is {\"ann\":1,\"eve\":3}, and it should contain \"bob\""),
                undecided("Given all nodes; When I look up 'classes' as a hash; Then every one resolves it")
                    .because("hash wants hashes"),
                nothing("Given nodes with class 'ntp'; When I look up 'users' as a hash; Then every one resolves it"),
            ],
        ),
        then(
            "every one resolves it",
            shop(),
            vec![
                held("Given all nodes; When I look up 'ntp'; Then every one resolves it"),
                violated("Given all nodes; When I look up 'nothing'; Then every one resolves it", &["db1", "web1", "web2"]),
                undecided("Given all nodes; When I look up 'ntp'; Then every one resolves it").on(shy()),
                nothing("Given nodes with class 'ntp'; When I look up 'ntp'; Then every one resolves it"),
            ],
        ),
        then(
            "the answer of every one {comparison} {value}",
            shop(),
            vec![
                held("Given all nodes; When I look up 'ntp'; Then the answer of every one matches '/^ntp/'"),
                violated(
                    "Given all nodes; When I look up 'ntp'; Then the answer of every one is 'ntp.a'",
                    &["db1", "web2"],
                )
                .says("ntp of web2 is \"ntp.b\", and it should be \"ntp.a\""),
                violated("Given the node 'db1'; When I look up 'only'; Then the answer of every one is 'x'", &["db1"]),
                // What is secret is not shown.
                violated(
                    "Given the node 'web1'; When I look up 'db::password'; Then the answer of every one is 'x'",
                    &["web1"],
                )
                .says("db::password of web1 is a secret, and it should be \"x\""),
                undecided("Given all nodes; When I look up 'ntp'; Then the answer of every one is not 'x'").on(broken()),
                nothing("Given nodes with class 'ntp'; When I look up 'ntp'; Then the answer of every one is 'ntp'"),
            ],
        ),
        then(
            "the answer of every one has at least {number} entry/entries",
            shop(),
            vec![
                held("Given the node 'web2'; When I look up 'classes'; Then the answer of every one has at least 2 entries"),
                violated(
                    "Given the node 'web1'; When I look up 'ntp'; Then the answer of every one has at least 1 entry",
                    &["web1"],
                )
                .says("ntp of web1 is \"ntp.a\", which has no entries, and at least 1 are wanted"),
                undecided("Given all nodes; When I look up 'classes'; Then the answer of every one has at least 1 entry")
                    .on(shy()),
                nothing("Given nodes with class 'ntp'; When I look up 'classes'; Then the answer of every one has at least 1 entry"),
            ],
        ),
        then(
            "the answer of every one contains {value}",
            shop(),
            vec![
                held("Given the node 'web1'; When I look up 'ntp'; Then the answer of every one contains 'tp.'"),
                violated(
                    "Given all nodes; When I look up 'users'; Then the answer of every one contains 'ann'",
                    &["web2"],
                ),
                undecided("Given all nodes; When I look up 'ntp'; Then the answer of every one contains 'n'")
                    .on(shop().and(node("mute").without(Facts).without(Registration))),
                nothing("Given nodes with class 'ntp'; When I look up 'ntp'; Then the answer of every one contains 'n'"),
            ],
        ),
    ]
}

#[test]
fn lookups() -> Result<(), Different> {
    check(&sentences())
}
