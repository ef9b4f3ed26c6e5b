//! Then: how many there are.

use super::case::{Different, Sentence, check, held, then, undecided, violated};
use super::estate::{Answer, Estate, estate, needs, node};

/// Three web servers; the first two need databases.
fn shop() -> Estate {
    let web = |name| node(name).class("web").has("Service[nginx]");
    estate([
        web("web1").needs(needs(&["db1"])).needs(needs(&["db2"])),
        web("web2").needs(needs(&["db1", "db2"])),
        web("web3"),
    ])
}

/// The same with a node of which only discovery knows.
fn with_stranger() -> Estate {
    shop().and(node("new1").only(Answer))
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        then(
            "there is/are at least {number} of it/they/them",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then there are at least 3 of them"),
                violated("Given nodes with class 'web'; Then there are at least 4 of them", &["web1 web2 web3"])
                    .says("there are 3 (web1, web2 and web3), and at least 4 are wanted"),
                violated("Given the node 'web1'; Then there are at least 2 of them", &["web1"])
                    .says("there is 1 (web1), and at least 2 are wanted"),
                violated("Given services; Then there are at least 4 of them", &["web1/Service[nginx] web2/Service[nginx] web3/Service[nginx]"]),
                // Each dependency counts, and their nodes are named once.
                violated("Given all declared dependencies; Then there are at least 4 of them", &["web1 web2"])
                    .says("there are 3 (web1 needs db1, web1 needs db2 and web2 needs 1 of db1 and db2), and at least 4 are wanted"),
                undecided("Given nodes with class 'web'; Then there are at least 4 of them").on(with_stranger()),
                // Four there are, whatever the stranger is.
                held("Given all nodes; Then there are at least 4 of them").on(with_stranger()),
                violated("Given nodes with class 'db'; Then there is at least 1 of it", &[""])
                    .of_nothing()
                    .says("there are none, and at least 1 is wanted"),
                held("Given nodes with class 'db'; Then there are at least 0 of them").of_nothing(),
            ],
        ),
        then(
            "there is/are at most {number} of it/they/them",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then there are at most 3 of them"),
                violated("Given nodes with class 'web'; Then there is at most 1 of them", &["web1 web2 web3"])
                    .says("there are 3 (web1, web2 and web3), and at most 1 is wanted"),
                // More cannot mend it.
                violated("Given nodes with class 'web'; Then there are at most 2 of them", &["web1 web2 web3"])
                    .on(with_stranger()),
                undecided("Given nodes with class 'web'; Then there are at most 3 of them").on(with_stranger()),
                held("Given nodes with class 'db'; Then there are at most 1 of them").of_nothing(),
            ],
        ),
        then(
            "there is/are exactly {number} of it/they/them",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then there are exactly 3 of them"),
                violated("Given nodes with class 'web'; Then there are exactly 2 of them", &["web1 web2 web3"])
                    .says("there are 3 (web1, web2 and web3), and exactly 2 are wanted"),
                undecided("Given nodes with class 'web'; Then there are exactly 4 of them").on(with_stranger()),
                violated("Given nodes with class 'web'; Then there are exactly 2 of them", &["web1 web2 web3"])
                    .on(with_stranger()),
                violated("Given nodes with class 'db'; Then there are exactly 2 of them", &[""]).of_nothing().says("there are none, and exactly 2 are wanted"),
                held("Given nodes with class 'db'; Then there are exactly 0 of them").of_nothing(),
                // One world for each node that is shut down.
                violated(
                    "Given nodes with class 'web'; When each of them is shut down in turn; Then there are exactly 3 of them",
                    &["web1 web2", "web1 web3", "web2 web3"],
                ),
            ],
        ),
        then(
            "there is/are none",
            shop(),
            vec![
                held("Given nodes with class 'db'; Then there are none").of_nothing(),
                held("Given all soft dependencies; Then there are none"),
                violated("Given nodes with class 'web'; Then there are none", &["web1", "web2", "web3"])
                    .says("web2: there should be none of these"),
                violated("Given all declared dependencies; Then there are none", &["web1", "web1", "web2"])
                    .says("web1 needs db2: there should be none of these"),
                undecided("Given nodes with class 'db'; Then there are none").on(with_stranger()),
                undecided("Given nodes with class 'db'; Then there are none").on(shop().broken_discovery()),
                // The rest of the world is there.
                violated(
                    "Given nodes with class 'db'; When they are shut down; Then there are none",
                    &["", "web1", "web2", "web3"],
                )
                .of_nothing()
                .says("there is nothing to judge: nothing fits \"nodes with class \"db\"\""),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
