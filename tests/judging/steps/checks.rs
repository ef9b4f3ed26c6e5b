//! When I run the check …, Then every result …

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated, when};
use super::estate::{Answer, Catalog, Estate, Facts, estate, node};

/// Two web servers that are well, a database in a bad state, and one in a state that nobody knows.
fn shop() -> Estate {
    estate([
        node("web1").class("web").fact("zone", "a"),
        node("web2").class("web").fact("zone", "b"),
        node("db1").class("db").fact("zone", "a"),
        node("db2").class("db").fact("zone", "b"),
    ])
    .check("disk", "web1", 0, "DISK OK | /=3")
    .check("disk", "web2", 0, "DISK OK")
    .check("disk", "db1", 1, "DISK WARNING - free: 9%\nmore")
    .check("disk", "db2", 2, "")
    .check("load", "web1", 3, "cannot\u{1b}[2J tell")
    .check("load", "web2", 77, "odd")
    .check("load", "db1", 0, "fine")
    .unchecked("load", "db2", "it has no command load")
    .unchecked("swap", "web1", "it did not answer")
    .check("swap", "web2", 1, "low")
}

/// One node may be a web server: its catalog cannot be read.
fn doubtful() -> Estate {
    shop().and(node("web3").broken(Catalog)).check("disk", "web3", 2, "bad")
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        when(
            "I run the check {name}",
            shop(),
            vec![
                held("Given nodes with class 'web'; When I run the check 'disk'; Then every result is OK"),
                violated("Given all nodes; When I run the check 'disk'; Then every result is OK", &["db1", "db2"])
                    .says("the check disk is WARNING on db1: DISK WARNING - free: 9%")
                    .says("the check disk is CRITICAL on db2"),
                // The check that was run last.
                violated(
                    "Given nodes with class 'web'; When I run the check 'disk'; When I run the check 'load'; Then every result is OK",
                    &["web1", "web2"],
                ),
                // Each judgement is of the check before it.
                violated(
                    "Given the node 'web2'; When I run the check 'swap'; Then every result is OK; When I run the check 'disk'; Then every result is OK",
                    &["web2"],
                ),
                // What the set loses afterwards is not judged, what it gains was not asked.
                held("Given all nodes; When I run the check 'disk'; Given only those with class 'web'; Then every result is OK"),
                undecided("Given nodes with class 'web'; When I run the check 'disk'; Given all nodes; Then every result is OK")
                    .because("the check disk was not run on it"),
                // Nobody is asked of whom it is not known whether the rule is about it.
                undecided("Given nodes with class 'web'; When I run the check 'disk'; Then every result is OK")
                    .on(doubtful())
                    .because("web3"),
                // What certainly belongs and is bad is violated whoever may belong besides.
                violated("Given nodes without class 'web'; When I run the check 'disk'; Then every result is OK", &["db1", "db2"])
                    .on(doubtful()),
                // Worlds that are supposed.
                held("Given nodes with class 'db' as 'bad'; When the 'bad' are shut down; Given all nodes; When I run the check 'disk'; Then every result is OK"),
                held("Given nodes with class 'db' as 'bad'; Given all nodes; When I run the check 'disk'; When the 'bad' are shut down; Then every result is OK"),
                violated(
                    "Given nodes with class 'db'; When each of them is shut down in turn; When I run the check 'disk'; Then every result is OK",
                    &["db1", "db2"],
                ),
                undecided("When a node with class 'web' and the fact 'zone' as 'a' is added; Given nodes with class 'web'; When I run the check 'disk'; Then every result is OK")
                    .because("cannot be run on a node that is only supposed"),
                undecided("Given nodes with class 'web'; When I run the check 'disk'; When a node with class 'web' and the fact 'zone' as 'a' is added; Given nodes with class 'web'; Then every result is OK")
                    .because("(new 1)"),
                // Nothing is configured.
                undecided("Given all nodes; When I run the check 'disk'; Then every result is OK")
                    .on(estate([node("web1")]))
                    .because("no source of checks is configured: set url under [sources.checks] in groundrule.toml, or --checks mco:"),
                nothing("Given nodes with class 'nosuch'; When I run the check 'disk'; Then every result is OK"),
            ],
        ),
        then(
            "every result is OK",
            shop(),
            vec![
                held("Given nodes with class 'web'; When I run the check 'disk'; Then every result is OK"),
                // UNKNOWN is an answer, and any code that plugins do not have is UNKNOWN.
                violated("Given all nodes; When I run the check 'load'; Then every result is OK", &["web1", "web2"])
                    .says("the check load is UNKNOWN on web1: cannot\u{fffd}[2J tell")
                    .says("the check load is UNKNOWN on web2: odd"),
                undecided("Given nodes with class 'db'; When I run the check 'load'; Then every result is OK")
                    .because("it has no command load"),
                undecided("Given the node 'web1'; When I run the check 'swap'; Then every result is OK")
                    .because("it did not answer"),
                undecided("Given all nodes; When I run the check 'away'; Then every result is OK")
                    .because("mco took too long"),
                // Who only answers discovery can be asked.
                held("Given the node 'shy'; When I run the check 'disk'; Then every result is OK")
                    .on(shop().and(node("shy").only(Answer)).check("disk", "shy", 0, "")),
                nothing("Given nodes with class 'nosuch'; When I run the check 'disk'; Then every result is OK"),
                held("Given nodes with class 'nosuch'; When I run the check 'disk'; Then every result is OK").allowing_empty(),
            ],
        ),
        then(
            "every result is at worst WARNING",
            shop(),
            vec![
                held("Given nodes whose fact 'zone' is 'a'; When I run the check 'disk'; Then every result is at worst WARNING"),
                violated(
                    "Given all nodes; When I run the check 'disk'; Then every result is at worst WARNING",
                    &["db2"],
                ),
                violated(
                    "Given nodes with class 'web'; When I run the check 'load'; Then every result is at worst WARNING",
                    &["web1", "web2"],
                ),
                undecided("Given nodes with class 'web'; When I run the check 'swap'; Then every result is at worst WARNING"),
                // Its zone cannot be read: it may be one of them.
                undecided("Given nodes whose fact 'zone' is 'a'; When I run the check 'disk'; Then every result is at worst WARNING")
                    .on(shop().and(node("new").broken(Facts))),
                nothing("Given nodes with class 'nosuch'; When I run the check 'disk'; Then every result is at worst WARNING"),
            ],
        ),
    ]
}

#[test]
fn checks() -> Result<(), Different> {
    check(&sentences())
}
