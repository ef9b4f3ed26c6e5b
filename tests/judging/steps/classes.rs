//! Then: classes.

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated};
use super::estate::{Answer, Catalog, Estate, Registration, estate, node};

fn shop() -> Estate {
    estate([
        node("web1").class("ntp").class("ntp::config"),
        node("web2").without(Catalog).registers_class("ntp"),
        node("web3").class("nginx"),
    ])
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        then(
            "every one has class {name}",
            shop(),
            vec![
                held("Given the nodes:\n| web1 |\n| web2 |; Then every one has class '::NTP'"),
                violated("Given all nodes; Then every one has class 'ntp'", &["web3"])
                    .says("web3 has no class ntp"),
                violated("Given all nodes; Then every one has class '/^ntp/'", &["web3"])
                    .says("web3 has no class that matches /^ntp/"),
                undecided("Given all nodes; Then every one has class 'ntp'")
                    .on(estate([node("web1").class("ntp"), node("web2").only(Answer)]))
                    .because("the catalog of web2: there is no catalog and no registration of it"),
                // One that certainly lacks it is enough.
                violated("Given all nodes; Then every one has class 'ntp'", &["web3"])
                    .on(shop().and(node("web4").only(Answer))),
                // While a document cannot be read, a class that the other one lacks may be in it.
                undecided("Given the node 'web1'; Then every one has class 'ntp'")
                    .on(estate([node("web1").broken(Catalog)])),
                undecided("Given the node 'web1'; Then every one has class 'ntp'")
                    .on(estate([node("web1").broken(Registration)])),
                nothing("Given nodes with class 'db'; Then every one has class 'ntp'"),
            ],
        ),
        then(
            "none has/have class {name}",
            shop(),
            vec![
                held("Given the node 'web3'; Then none has class 'ntp'"),
                violated("Given all nodes; Then none has class 'ntp'", &["web1", "web2"])
                    .says("web2 has the class ntp, which it should not have"),
                violated("Given the node 'web1'; Then none has class '/ntp/'", &["web1"])
                    .says("web1 has the classes ntp and ntp::config, which it should not have"),
                undecided("Given all nodes; Then none has class 'telnet'")
                    .on(shop().and(node("web4").broken(Catalog)))
                    .because("the catalog of web4"),
                // A class that is found is there, whatever else cannot be read.
                violated("Given all nodes; Then none has class 'telnet'", &["web4"])
                    .on(shop().and(node("web4").broken(Catalog).registers_class("telnet"))),
                nothing("Given nodes with class 'db'; Then none has class 'ntp'"),
                held("Given nodes with class 'db'; Then none has class 'ntp'")
                    .allowing_empty()
                    .of_nothing(),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
