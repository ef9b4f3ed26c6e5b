//! Then: facts.

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated};
use super::estate::{Answer, Estate, Facts, estate, node};

fn shop() -> Estate {
    estate([
        node("web1").class("web").fact("owner", "shop").fact("cpus", 8),
        node("web2").class("web").without(Facts).registers_fact("owner", "press"),
        node("db1").fact("cpus", "4").fact("owner", serde_json::Value::Null),
    ])
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        then(
            "every one has the fact {name}",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then every one has the fact 'Owner'"),
                // Null is no value.
                violated("Given all nodes; Then every one has the fact 'owner'", &["db1"])
                    .says("db1 has no fact owner"),
                undecided("Given all nodes; Then every one has the fact 'owner'")
                    .on(estate([node("web1").fact("owner", "shop"), node("web2").only(Answer)]))
                    .because(
                        "the facts of web2: there is no facts document and no registration of it",
                    ),
                // It registered, but told no facts.
                undecided("Given the node 'web3'; Then every one has the fact 'owner'")
                    .on(shop().and(node("web3").without(Facts))),
                undecided("Given the node 'web3'; Then every one has the fact 'owner'")
                    .on(shop().and(node("web3").fact("owner", "x").broken(Facts))),
                nothing("Given nodes with class 'ntp'; Then every one has the fact 'owner'"),
            ],
        ),
        then(
            "the fact {name} of every one {comparison} {value}",
            shop(),
            vec![
                held(
                    "Given nodes with class 'web'; Then the fact 'owner' of every one is one of 'shop, press'",
                ),
                violated(
                    "Given all nodes; Then the fact 'cpus' of every one is at least 6",
                    &["db1", "web2"],
                )
                .says("the fact cpus of db1 is \"4\", and it should be at least \"6\"")
                .says("web2 has no fact cpus")
                .on(shop().and(node("web2").without(Facts).registers_fact("owner", "press"))),
                undecided("Given all nodes; Then the fact 'cpus' of every one is at most 8")
                    .on(estate([node("web1").fact("cpus", 8), node("web2").broken(Facts)]))
                    .because("the facts of web2"),
                nothing("Given nodes with class 'ntp'; Then the fact 'cpus' of every one is '8'"),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
