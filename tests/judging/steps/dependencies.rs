//! Declared dependencies: Given, and Then every one declares …

use super::case::{Different, Sentence, check, given, held, nothing, then, undecided, violated};
use super::estate::{Answer, Catalog, Estate, estate, needs, needs_matching, node};

/// web1 needs its database and, softly, the log; db1 needs nobody.
fn shop() -> Estate {
    estate([
        node("web1")
            .class("web")
            .has("Service[nginx]")
            .needs(needs(&["db1"]).from("Service[nginx]").on("Service[mysql]"))
            .needs(needs(&["log1"]).soft()),
        node("db1").class("db").has("Service[mysql]"),
        node("log1").class("log"),
    ])
}

/// The same with a node of which the catalog cannot be read.
fn with_unreadable() -> Estate {
    shop().and(node("web2").broken(Catalog))
}

/// The same with no dependency at all.
fn without() -> Estate {
    estate([node("web1").class("web"), node("db1").class("db")])
}

pub fn sentences() -> Vec<Sentence> {
    [selections(), judgements()].into_iter().flatten().collect()
}

fn selections() -> Vec<Sentence> {
    vec![
        given(
            "all declared dependency/dependencies",
            shop(),
            vec![
                held("Given all declared dependencies; Then there are exactly 2 of them"),
                violated("Given all declared dependencies; Then there are none", &["web1", "web1"])
                    .says("Service[nginx] on web1 needs Service[mysql] on db1: there should be none of these")
                    .says("web1 needs log1: there should be none of these"),
                // Rows beside the catalogs count, and the same one twice is one.
                held("Given all declared dependencies; Then there are exactly 3 of them")
                    .on(shop().row("db1", needs(&["log1"])).row("web1", needs(&["log1"]).soft())),
                undecided("Given all declared dependencies; Then there are exactly 2 of them")
                    .on(with_unreadable())
                    .because("the catalog of web2"),
                // A node without a catalog declares nothing.
                held("Given all declared dependencies; Then there are exactly 2 of them")
                    .on(shop().and(node("new1").only(Answer))),
                undecided("Given all declared dependencies; Then there are exactly 2 of them")
                    .on(shop().broken_relationships()),
                nothing("Given all declared dependencies; Then every dependency is managed")
                    .on(without())
                    .says("there is nothing to judge: nothing fits \"all declared dependencies\""),
            ],
        ),
        given(
            "all hard dependency/dependencies",
            shop(),
            vec![
                held("Given all hard dependencies; Then there is exactly 1 of them"),
                violated("Given all hard dependencies; Then there are none", &["web1"])
                    .says("Service[nginx] on web1 needs Service[mysql] on db1: there should be none of these"),
                undecided("Given all hard dependencies; Then there is exactly 1 of them").on(with_unreadable()),
                nothing("Given all hard dependencies; Then every dependency is managed").on(without()),
            ],
        ),
        given(
            "all soft dependency/dependencies",
            shop(),
            vec![
                held("Given all soft dependencies; Then there is exactly 1 of them"),
                violated("Given all soft dependencies; Then there are none", &["web1"])
                    .says("web1 needs log1: there should be none of these"),
                undecided("Given all soft dependencies; Then there is exactly 1 of them").on(with_unreadable()),
                nothing("Given all soft dependencies; Then every dependency is managed").on(without()),
            ],
        ),
    ]
}

fn judgements() -> Vec<Sentence> {
    vec![
        then(
            "every one declares a dependency",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then every one declares a dependency"),
                violated("Given all nodes; Then every one declares a dependency", &["db1", "log1"])
                    .says("db1 declares no dependency"),
                held("Given nodes with class 'db'; Then every one declares a dependency")
                    .on(shop().row("db1", needs(&["log1"]))),
                undecided("Given the node 'web2'; Then every one declares a dependency").on(with_unreadable()),
                nothing("Given nodes with class 'ntp'; Then every one declares a dependency"),
            ],
        ),
        then(
            "every one has at least {number} declared dependency/dependencies",
            shop(),
            vec![
                held("Given nodes with class 'web'; Then every one has at least 2 declared dependencies"),
                violated("Given the nodes:\n| web1 |\n| db1 |; Then every one has at least 3 declared dependencies", &["db1", "web1"])
                    .says("web1 declares 2 dependencies, and at least 3 are wanted")
                    .says("db1 declares no dependency, and at least 3 are wanted"),
                undecided("Given nodes with class 'web'; Then every one has at least 3 declared dependencies")
                    .on(shop().broken_relationships()),
                // Two there are, whatever else is declared.
                held("Given nodes with class 'web'; Then every one has at least 2 declared dependencies")
                    .on(shop().broken_relationships()),
                nothing("Given nodes with class 'ntp'; Then every one has at least 1 declared dependency"),
            ],
        ),
        then(
            "every dependency is managed",
            shop(),
            vec![
                held("Given all declared dependencies; Then every dependency is managed"),
                violated("Given all declared dependencies; Then every dependency is managed", &["a", "a", "a", "b"])
                    .on(estate([
                        node("a")
                            .needs(needs(&["gone1"]))
                            .needs(needs(&["b"]).on("Service[x]"))
                            .needs(needs_matching("db")),
                        node("b").needs(needs(&["a", "gone1", "gone2"])),
                    ]))
                    .says("a needs gone1, but no source knows gone1")
                    .says("a needs Service[x] on b, but the catalog of b lacks Service[x]")
                    .says("a needs 1 of the nodes matching \"db\", but no other node matches")
                    .says("b needs 1 of a, gone1 and gone2, but no source knows gone1 and gone2"),
                // Those that match have to have what is needed; the node itself is left out.
                violated("Given all declared dependencies; Then every dependency is managed", &["db1"])
                    .on(estate([
                        node("db1").class("db").has("Service[mysql]").needs(needs_matching("db").on("Service[mysql]")),
                        node("db2").class("db"),
                    ]))
                    .says("db1 needs Service[mysql] on 1 of the nodes matching \"db\", but no other node that matches has Service[mysql]"),
                violated(
                    "Given nodes with class 'log' as 'logs'; When the 'logs' are shut down; Given all declared dependencies; Then every dependency is managed",
                    &["web1"],
                )
                .says("web1 needs log1, but log1 is shut down"),
                undecided("Given all declared dependencies; Then every dependency is managed")
                    .on(estate([
                        node("web1").needs(needs(&["db1"]).on("Service[mysql]")),
                        node("db1").without(Catalog),
                    ]))
                    .because("the catalog of db1"),
                undecided("Given all declared dependencies; Then every dependency is managed")
                    .on(estate([node("web1").needs(needs(&["db1"]))]).broken_discovery()),
                undecided("Given all declared dependencies; Then every dependency is managed")
                    .on(estate([node("web1").needs(needs_matching("db")), node("db1").only(Answer)])),
                nothing("Given all declared dependencies; Then every dependency is managed").on(without()),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
