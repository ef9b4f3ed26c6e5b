//! Given: nodes.

use super::case::{Different, Sentence, check, given, held, nothing, undecided, violated};
use super::estate::{Answer, Catalog, Estate, Facts, Registration, estate, needs, node};

/// Of each node another source knows.
fn scattered() -> Estate {
    estate([
        node("web1").only(Catalog),
        node("web2").only(Facts),
        node("web3").only(Registration),
        node("web4").only(Answer),
    ])
}

/// Two databases, of which one only says so itself, and a web server.
fn shop() -> Estate {
    estate([
        node("db1").class("mysql::server").fact("zone", "a").agent("nrpe"),
        node("db2")
            .without(Catalog)
            .without(Facts)
            .registers_class("mysql::server")
            .registers_fact("zone", "b"),
        node("web1").class("nginx").fact("os", serde_json::json!({"family": "Debian"})),
    ])
}

/// The same with a node of which only discovery knows.
fn with_stranger() -> Estate {
    shop().and(node("new1").only(Answer))
}

pub fn sentences() -> Vec<Sentence> {
    [by_name(), by_condition()].into_iter().flatten().collect()
}

fn by_name() -> Vec<Sentence> {
    let pair = || estate([node("web1"), node("web2")]);
    vec![
        given(
            "all node(s)",
            scattered(),
            vec![
                held("Given all nodes; Then there are exactly 4 of them"),
                violated("Given all nodes; Then there are none", &["web1", "web2", "web3", "web4"])
                    .says("web1: there should be none of these"),
                // What only a dependency names is no node.
                held("Given all nodes; Then there are exactly 4 of them")
                    .on(scattered().row("web1", needs(&["db1"]))),
                undecided("Given all nodes; Then there are at most 4 of them")
                    .on(scattered().broken_discovery())
                    .because("discovery: "),
                // Five are too many, however many there are.
                violated(
                    "Given all nodes; Then there are at most 2 of them",
                    &["web1 web2 web3"],
                )
                .on(estate([node("web1"), node("web2"), node("web3")]).broken_discovery()),
                nothing("Given all nodes; Then every one is registered")
                    .on(estate([]))
                    .says("there is nothing to judge: nothing fits \"all nodes\""),
                held("Given all nodes; Then every one is registered")
                    .on(estate([]))
                    .allowing_empty(),
            ],
        ),
        given(
            "the node {name}",
            pair(),
            vec![
                held("Given the node 'WEB1'; Then there is exactly 1 of it"),
                violated("Given the node 'web1'; Then there are none", &["web1"]),
                violated("Given the node 'web9'; Then every one is registered", &["web9"])
                    .says("no source knows the node web9"),
                violated(
                    "Given the node 'web1'; When it is shut down; Given the node 'web1'; Then every one is registered",
                    &["web1"],
                )
                .says("web1 is shut down"),
                undecided("Given the node 'web9'; Then every one is registered")
                    .on(pair().broken_discovery()),
                nothing("Given the node '/^db/'; Then every one is registered"),
                held("Given the node '/^WEB/i'; Then there are exactly 2 of them"),
            ],
        ),
        given(
            "the node(s):",
            pair(),
            vec![
                held("Given the nodes:\n| web1 |\n| Web2 |; Then there are exactly 2 of them"),
                violated(
                    "Given the nodes:\n| web1 |\n| web8 |\n| web9 |; Then every one is registered",
                    &["web8", "web9"],
                )
                .says("no source knows the node web8"),
                violated("Given the node:\n| web2 |; Then there are none", &["web2"]),
                undecided("Given the nodes:\n| web1 |\n| web9 |; Then every one is registered")
                    .on(pair().broken_discovery()),
                nothing("Given the nodes:\n| /^db/ |; Then every one is registered"),
            ],
        ),
    ]
}

fn by_condition() -> Vec<Sentence> {
    vec![
        given(
            "node(s) with class {name}",
            shop(),
            vec![
                held("Given nodes with class '::MySQL::Server'; Then there are exactly 2 of them"),
                violated(
                    "Given nodes with class 'mysql::server'; Then there are none",
                    &["db1", "db2"],
                ),
                violated("Given nodes with class '/^ngi/'; Then there are none", &["web1"]),
                undecided("Given nodes with class 'mysql::server'; Then there are exactly 2 of them")
                    .on(with_stranger())
                    .because("the catalog of new1: there is no catalog and no registration of it"),
                undecided("Given nodes with class 'ntp'; Then there are none")
                    .on(shop().and(node("db3").broken(Catalog)))
                    .because("the catalog of db3"),
                // What the registration tells is certain, whatever the catalog has.
                violated("Given nodes with class 'ntp'; Then there are none", &["db3"])
                    .on(shop().and(node("db3").broken(Catalog).registers_class("ntp"))),
                nothing("Given nodes with class 'mysq1::server'; Then every one is registered")
                    .says("there is nothing to judge: nothing fits \"nodes with class \"mysq1::server\"\""),
            ],
        ),
        given(
            "node(s) without class {name}",
            shop(),
            vec![
                held("Given nodes without class 'nginx'; Then there are exactly 2 of them"),
                violated("Given nodes without class 'mysql::server'; Then there are none", &["web1"]),
                undecided("Given nodes without class 'nginx'; Then there are exactly 2 of them")
                    .on(with_stranger()),
                nothing("Given nodes without class '/./'; Then every one is registered"),
            ],
        ),
        given(
            "node(s) with the fact {name}",
            shop(),
            vec![
                held("Given nodes with the fact 'OS.Family'; Then there is exactly 1 of it"),
                violated("Given nodes with the fact 'zone'; Then there are none", &["db1", "db2"]),
                undecided("Given nodes with the fact 'zone'; Then there are exactly 2 of them")
                    .on(with_stranger())
                    .because("the facts of new1: there is no facts document and no registration of it"),
                // A document that cannot be read is not made up for by the registration.
                undecided("Given nodes with the fact 'zone'; Then there are exactly 3 of them")
                    .on(shop().and(node("db3").broken(Facts).registers_fact("zone", "c"))),
                nothing("Given nodes with the fact 'rack'; Then every one is registered"),
            ],
        ),
        given(
            "node(s) without the fact {name}",
            shop(),
            vec![
                held("Given nodes without the fact 'os'; Then there are exactly 2 of them"),
                violated("Given nodes without the fact 'zone'; Then there are none", &["web1"]),
                undecided("Given nodes without the fact 'zone'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                nothing("Given nodes without the fact 'zone'; Then every one is registered")
                    .on(estate([node("db1").fact("zone", "a")])),
            ],
        ),
        given(
            "node(s) whose fact {name} {comparison} {value}",
            shop(),
            vec![
                held("Given nodes whose fact 'zone' is one of 'a, b'; Then there are exactly 2 of them"),
                violated("Given nodes whose fact 'os.family' is 'Debian'; Then there are none", &["web1"]),
                // A fact that is absent is not even something else.
                violated("Given nodes whose fact 'zone' is not 'a'; Then there are none", &["db2"]),
                undecided("Given nodes whose fact 'zone' is 'a'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                nothing("Given nodes whose fact 'zone' is 'c'; Then every one is registered"),
            ],
        ),
        given(
            "node(s) in environment {name}",
            estate([node("web1"), node("web2").environment(Some("staging"))]),
            vec![
                held("Given nodes in environment 'production'; Then there is exactly 1 of it"),
                violated("Given nodes in environment '/^stag/'; Then there are none", &["web2"]),
                undecided("Given nodes in environment 'staging'; Then there is exactly 1 of it")
                    .on(estate([
                        node("web2").environment(Some("staging")),
                        node("web3").without(Catalog),
                    ]))
                    .because("the catalog of web3: there is no catalog of it"),
                nothing("Given nodes in environment 'dev'; Then every one is registered"),
            ],
        ),
        given(
            "node(s) with the agent {name}",
            shop(),
            vec![
                held("Given nodes with the agent 'rpcutil'; Then there are exactly 3 of them"),
                violated("Given nodes with the agent '/^nr/'; Then there are none", &["db1"]),
                undecided("Given nodes with the agent 'nrpe'; Then there is exactly 1 of it")
                    .on(with_stranger())
                    .because("the registration of new1: there is no registration of it"),
                nothing("Given nodes with the agent 'puppetd'; Then every one is registered"),
            ],
        ),
        given(
            "node(s) matching {name}",
            shop(),
            vec![
                held("Given nodes matching 'mysql::server and zone=a'; Then there is exactly 1 of it"),
                violated(
                    "Given nodes matching '(zone=a or zone=b) and not /nginx/'; Then there are none",
                    &["db1", "db2"],
                ),
                undecided("Given nodes matching 'zone=a'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                // Whatever its facts are, it does not answer for both.
                held("Given nodes matching 'zone=a and not zone=a'; Then there are none"),
                nothing("Given nodes matching 'zone=c'; Then every one is registered"),
            ],
        ),
        given(
            "registered node(s)",
            estate([node("web1"), node("web2").without(Registration)]),
            vec![
                held("Given registered nodes; Then there is exactly 1 of it"),
                violated("Given registered nodes; Then there are none", &["web1"]),
                // That there may be other nodes does not matter: they have not registered.
                held("Given registered nodes; Then there is exactly 1 of it")
                    .on(estate([node("web1")]).broken_discovery()),
                undecided("Given registered nodes; Then there are none")
                    .on(estate([node("web1")]).without(Registration))
                    .because("the estate has no registrations"),
                nothing(
                    "Given registered nodes; When they are shut down; Given registered nodes; Then every one is registered",
                )
                .says("there is nothing to judge: nothing fits \"registered nodes\""),
            ],
        ),
        given(
            "discovered node(s)",
            estate([node("web1"), node("web2").without(Answer)]),
            vec![
                held("Given discovered nodes; Then there is exactly 1 of it"),
                violated("Given discovered nodes; Then there are none", &["web1"]),
                undecided("Given discovered nodes; Then there are none")
                    .on(estate([node("web1")]).without(Answer))
                    .because("the estate has no discovery reply"),
                undecided("Given discovered nodes; Then there are none")
                    .on(estate([node("web1")]).broken_discovery()),
                nothing("Given discovered nodes; Then every one is registered")
                    .on(estate([node("web1").without(Answer)])),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
