//! Then: registration and discovery.

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated};
use super::estate::{Answer, Estate, Registration, estate, node};

/// One that is fine, one that is silent, and one that has never registered.
fn shop() -> Estate {
    estate([
        node("web1").class("web").registered_seconds_ago(60),
        node("web2").without(Answer).registered_seconds_ago(3 * 3600),
        node("web3").without(Registration),
    ])
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        then(
            "every one answers discovery",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then every one answers discovery"),
                violated("Given registered nodes; Then every one answers discovery", &["web2"])
                    .says("web2 does not answer discovery"),
                undecided("Given registered nodes; Then every one answers discovery")
                    .on(shop().without(Answer))
                    .because("discovery of web1: the estate has no discovery reply"),
                undecided("Given registered nodes; Then every one answers discovery")
                    .on(shop().broken_discovery()),
                nothing("Given nodes with class 'ntp'; Then every one answers discovery"),
                // A node that is only supposed answers nobody.
                violated(
                    "When a node with class 'db' is added; Given nodes with class 'db'; Then every one answers discovery",
                    &["(new 1)"],
                ),
            ],
        ),
        then(
            "every one is registered",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then every one is registered"),
                violated("Given all nodes; Then every one is registered", &["web3"])
                    .says("web3 has not registered"),
                undecided("Given all nodes; Then every one is registered")
                    .on(shop().without(Registration))
                    .because("the estate has no registrations"),
                nothing("Given nodes with class 'ntp'; Then every one is registered"),
            ],
        ),
        then(
            "every one registered within {name}",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then every one registered within '60s'"),
                violated(
                    "Given all nodes; Then every one registered within '1h'",
                    &["web2", "web3"],
                )
                .says("web2 last registered 3 hours ago, and the limit is 60 minutes")
                .says("web3 has not registered"),
                // The age is not told as if it were within the limit.
                violated("Given the node 'web1'; Then every one registered within '1h'", &["web1"])
                    .on(estate([node("web1").registered_seconds_ago(3630)]))
                    .says("web1 last registered over 60 minutes ago"),
                violated(
                    "Given the node 'web1'; Then every one registered within '59s'",
                    &["web1"],
                ),
                held("Given registered nodes; Then every one registered within '3h'"),
                held("Given registered nodes; Then every one registered within '1d'"),
                undecided("Given all nodes; Then every one registered within '1d'")
                    .on(estate([node("web1"), node("web2").broken(Registration)]))
                    .because("the registration of web2"),
                undecided("Given all nodes; Then every one registered within '1d'")
                    .on(shop().without(Registration)),
                nothing("Given nodes with class 'ntp'; Then every one registered within '1d'"),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
