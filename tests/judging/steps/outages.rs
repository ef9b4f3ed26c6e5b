//! Then: what fails when nodes are gone.

use serde_json::json;

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated};
use super::estate::{Answer, Catalog, Estate, estate, needs, needs_matching, node};

/// lb1 needs a web server; web1 and web2 need db1; db1 needs one of two log servers.
fn shop() -> Estate {
    let web = |name| {
        node(name)
            .has("File[/etc/nginx]")
            .has_with("Service[nginx]", json!({"require": "Exec[migrate]"}))
            .has_with("Exec[migrate]", json!({"require": "File[/etc/nginx]"}))
            .needs(needs(&["db1"]).from("Exec[migrate]").on("Service[mysql]"))
    };
    estate([
        node("lb1")
            .class("lb")
            .has("Service[haproxy]")
            .needs(needs(&["web1", "web2"]).from("Service[haproxy]").on("Service[nginx]")),
        web("web1"),
        web("web2"),
        node("db1").class("db").has("Service[mysql]").needs(needs(&["log1", "log2"])),
        node("log1").class("log"),
        node("log2").class("log"),
    ])
}

/// A node that needs some of three others.
fn some_of_three(n: usize) -> Estate {
    estate([
        node("web1").needs(needs(&["db1", "db2", "db3"]).at_least(n)),
        node("db1").class("db"),
        node("db2").class("db"),
    ])
}

pub fn sentences() -> Vec<Sentence> {
    vec![still_met(), nothing_fallen(), single_point(), services(), nodes()]
}

fn still_met() -> Sentence {
    then(
        "every hard dependency is still met",
        shop(),
        vec![
            held("Given all nodes; Then every hard dependency is still met"),
            held("Then every hard dependency is still met"),
            held("Given the node 'log1'; When it is shut down; Then every hard dependency is still met"),
            violated(
                "Given the node 'db1'; When it is shut down; Then every hard dependency is still met",
                &["lb1", "web1", "web2"],
            )
            .says("Exec[migrate] on web1 needs Service[mysql] on db1, but db1 is shut down")
            .says("Service[haproxy] on lb1 needs Service[nginx] on 1 of web1 and web2, but Service[nginx] has fallen on web1 and web2"),
            violated(
                "Given nodes with class 'log'; When they are shut down; Then every hard dependency is still met",
                &["db1", "lb1", "web1", "web2"],
            )
            .says("db1 needs 1 of log1 and log2, but log1 and log2 are shut down"),
            violated(
                "Given all nodes; When each of them is shut down in turn; Then every hard dependency is still met",
                &["db1 lb1", "db1 web1", "db1 web2"],
            )
            .says("without db1 a dependency is not met: Exec[migrate] on web1 needs Service[mysql] on db1, but db1 is shut down"),
            // Nobody is named for what it needs itself when it is shut down.
            held("Given the nodes:\n| lb1 |\n| web1 |\n| web2 |\n| db1 |; When they are shut down; Then every hard dependency is still met"),
            violated("Then every hard dependency is still met", &["web1"])
                .on(some_of_three(3))
                .says("web1 needs 3 of db1, db2 and db3, but only db1 and db2 are there: no source knows db3"),
            violated(
                "Given the node 'db1'; When it is shut down; Then every hard dependency is still met",
                &["web1"],
            )
            .on(some_of_three(2))
            .says("web1 needs 2 of db1, db2 and db3, but only db2 is there: db1 is shut down and no source knows db3"),
            violated("Then every hard dependency is still met", &["web1", "web2", "web3", "web4", "web5"])
                .on(estate([
                    node("web1").needs(needs_matching("db").at_least(2)),
                    node("web2").needs(needs_matching("ntp")),
                    node("web3").needs(needs(&["db1", "web2"]).on("Service[mysql]").all()),
                    node("web4").needs(needs_matching("db or app").on("Service[mysql]")),
                    node("web5").needs(needs_matching("db or app").on("Service[app]").at_least(2)),
                    node("app1").class("app").has("Service[app]"),
                    node("db1").class("db"),
                ]))
                .says("web1 needs 2 of the nodes matching \"db\", but only db1 is there")
                .says("web2 needs 1 of the nodes matching \"ntp\", but no other node matches")
                .says("web4 needs Service[mysql] on 1 of the nodes matching \"db or app\", but no other node that matches has Service[mysql]")
                .says("web5 needs Service[app] on 2 of the nodes matching \"db or app\", but only app1 has it")
                .says("web3 needs Service[mysql] on db1 and web2, but the catalogs of db1 and web2 lack Service[mysql]"),
            // Soft ones may fail.
            held("Given the node 'db1'; When it is shut down; Then every hard dependency is still met")
                .on(estate([
                    node("web1").needs(needs(&["db1"]).soft()).needs(needs(&["db2"])),
                    node("db1"),
                    node("db2"),
                ])),
            undecided("Then every hard dependency is still met")
                .on(estate([
                    node("web1").needs(needs(&["db1"]).on("Service[mysql]")),
                    node("db1").without(Catalog),
                ]))
                .because("the catalog of web1: its dependency on Service[mysql] on db1 may not be met: whether db1 provides it is not known"),
            // Whether the third one stands does not save it.
            violated(
                "Given the node 'db1'; When it is shut down; Then every hard dependency is still met",
                &["web1"],
            )
            .on(estate([
                node("web1").needs(needs(&["db1", "db2"]).all()),
                node("db1"),
                node("db2").broken(Catalog),
            ]))
            .says("web1 needs db1 and db2, but db1 is shut down and it is not known whether db2 provides it"),
            nothing("Given all nodes; Then every hard dependency is still met")
                .on(estate([node("web1").needs(needs(&["db1"]).soft()), node("db1")]))
                .says("there is nothing to judge: no hard dependency is declared"),
            nothing("Given nodes with class 'ntp'; When they are shut down; Then every hard dependency is still met"),
            held("Given all nodes; Then every hard dependency is still met")
                .on(estate([node("web1")]))
                .allowing_empty()
                .of_nothing(),
        ],
    )
}

fn nothing_fallen() -> Sentence {
    then(
        "nothing has fallen",
        shop(),
        vec![
            held("Then nothing has fallen"),
            held("Given the node 'log1'; When it is shut down; Then nothing has fallen"),
            // The file does not need the database: it stands.
            violated(
                "Given the node 'db1'; When it is shut down; Then nothing has fallen",
                &[
                    "lb1/Service[haproxy]",
                    "web1/Exec[migrate]",
                    "web1/Service[nginx]",
                    "web2/Exec[migrate]",
                    "web2/Service[nginx]",
                ],
            )
            .says("Exec[migrate] on web1 has fallen: it needs Service[mysql] on db1, but db1 is shut down")
            .says("Service[nginx] on web1 has fallen: Exec[migrate] on web1 needs Service[mysql] on db1, but db1 is shut down")
            .path(&[
                "on web1, Service[nginx] relies on Exec[migrate]",
                "Exec[migrate] on web1 needs Service[mysql] on db1 (hard)",
            ]),
            violated(
                "Given nodes with class 'db'; When each of them is shut down in turn; Then nothing has fallen",
                &[
                    "lb1/Service[haproxy]",
                    "web1/Exec[migrate]",
                    "web1/Service[nginx]",
                    "web2/Exec[migrate]",
                    "web2/Service[nginx]",
                ],
            )
            .says("without db1 Exec[migrate] on web1 falls: it needs Service[mysql] on db1, but db1 is shut down"),
            // Only what caused it is told, though the node has other dependencies that are not met.
            violated("Then nothing has fallen", &["web1/Service[a]", "web1/Service[b]"])
                .on(estate([node("web1")
                    .has("Service[a]")
                    .has("Service[b]")
                    .needs(needs(&["db1"]).from("Service[a]"))
                    .needs(needs(&["db2"]).from("Service[b]"))]))
                .says("Service[b] on web1 has fallen: it needs db2, but no source knows db2")
                .path(&["Service[b] on web1 needs db2 (hard)"]),
            // What is in a container falls with it, and what requires the container.
            violated("Then nothing has fallen", &["web1/Service[a]", "web1/Service[b]"])
                .on(estate([node("web1")
                    .class("app")
                    .has("Service[a]")
                    .contains("Class[App]", "Service[a]")
                    .has_with("Service[b]", json!({"require": "Class[App]"}))
                    .has("Service[c]")
                    .needs(needs(&["db1"]).from("Class[App]"))]))
                .says("Service[b] on web1 has fallen: Class[App] on web1 needs db1, but no source knows db1")
                .path(&["on web1, Service[b] relies on Class[App]", "Class[App] on web1 needs db1 (hard)"]),
            // Everything on a node falls with it; containers have no name here.
            violated("Then nothing has fallen", &["web1/Service[a]"])
                .on(estate([node("web1").class("app").has("Service[a]").needs(needs(&["db1"]))]))
                .says("Service[a] on web1 has fallen: web1 needs db1, but no source knows db1"),
            undecided("Then nothing has fallen")
                .on(estate([
                    node("web1").has("Service[a]").needs(needs(&["db1"]).on("Service[mysql]")),
                    node("db1").without(Catalog),
                ]))
                .because("the catalog of web1: its dependency on Service[mysql] on db1 may not be met: whether db1 provides it is not known"),
            // What needs it is not in the catalog, so nobody knows what falls.
            undecided("Then nothing has fallen")
                .on(estate([node("web1").has("Service[a]").needs(needs(&["db1"]).from("Service[b]"))]))
                .because("the catalog of web1: its dependency on db1 is not met, and what falls with it is not known, since its catalog lacks Service[b]"),
            undecided("Then nothing has fallen").on(shop().and(node("web3").broken(Catalog))),
            // There is nothing declared that could fall.
            held("Given all nodes; Then nothing has fallen").on(estate([node("web1")])),
            nothing("Given nodes with class 'ntp'; When they are shut down; Then nothing has fallen"),
        ],
    )
}

fn single_point() -> Sentence {
    then(
        "none of it/they/them is/are a single point of failure",
        shop(),
        vec![
            held("Given nodes with class 'log'; Then none of them is a single point of failure"),
            violated("Given all nodes; Then none of them is a single point of failure", &["db1"])
                .says("db1 is a single point of failure: without it 3 dependencies are not met, the first of them: Service[haproxy] on lb1 needs Service[nginx] on 1 of web1 and web2, but Service[nginx] has fallen on web1 and web2"),
            violated("Given all nodes; Then none of them is a single point of failure", &["db1"])
                .on(estate([node("web1").needs(needs(&["db1"])), node("db1")]))
                .says("db1 is a single point of failure: without it a dependency is not met: web1 needs db1, but db1 is shut down"),
            // What is not met today is not its doing.
            held("Given the node 'db1'; Then none of them is a single point of failure")
                .on(estate([node("web1").needs(needs(&["db1", "gone1"]).all()), node("db1")])),
            undecided("Given nodes with class 'log'; Then none of them is a single point of failure")
                .on(shop().and(node("web3").broken(Catalog)))
                .because("the catalog of web3"),
            undecided("Given the node 'new1'; Then none of them is a single point of failure")
                .on(estate([node("web1").needs(needs_matching("db")), node("new1").only(Answer)])),
            nothing("Given nodes with class 'ntp'; Then none of them is a single point of failure"),
        ],
    )
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}

fn services() -> Sentence {
    then(
        "at most {number} service/services fall/falls when any one of it/they/them is/are shut down",
        shop(),
        vec![
            held("Given all nodes; Then at most 3 services fall when any one of them is shut down"),
            // Of its own services nothing is said.
            violated(
                "Given all nodes; Then at most 2 services fall when any one of them is shut down",
                &["db1"],
            )
            .says("without db1 3 services fall, and at most 2 may: Service[haproxy] on lb1, Service[nginx] on web1 and Service[nginx] on web2"),
            held("Given the node 'log1'; Then at most 0 services fall when any one of them is shut down"),
            // What has fallen already falls no more.
            held("Given nodes with class 'log'; When they are shut down; Then at most 0 services fall when any one of them is shut down"),
            undecided("Given the node 'db1'; Then at most 2 services fall when any one of them is shut down")
                .on(estate([
                    node("web1").has("Service[nginx]").needs(needs(&["db1"])),
                    node("web2").broken(Catalog),
                    node("db1"),
                ]))
                .because("the catalog of web2: "),
            // What is not known of the node itself does not count.
            held("Given the node 'mq1'; Then at most 0 services fall when any one of them is shut down")
                .on(estate([node("mq1")]).without(Catalog).row("mq1", needs(&["mq1"]))),
            nothing("Given nodes with class 'ntp'; Then at most 2 services fall when any one of them is shut down"),
        ],
    )
}

fn nodes() -> Sentence {
    then(
        "at most {number} node/nodes fall/falls when any one of it/they/them is/are shut down",
        shop(),
        vec![
            held("Given all nodes; Then at most 3 nodes fall when any one of them is shut down"),
            violated(
                "Given all nodes; Then at most 2 nodes fall when any one of them is shut down",
                &["db1"],
            )
            .says("without db1 3 nodes fall, and at most 2 may: lb1, web1 and web2"),
            undecided(
                "Given the node 'db1'; Then at most 1 node falls when any one of them is shut down",
            )
            .on(estate([
                node("web1").needs(needs(&["db1"])),
                node("web2").broken(Catalog),
                node("db1"),
            ]))
            .because("the catalog of web2: "),
            // What may declare anything may have fallen already.
            undecided("Given the node 'web2'; Then at most 0 nodes fall when any one of them is shut down")
                .on(estate([node("db2").broken(Catalog), node("web2")]).row("db2", needs(&["web2"])))
                .because("the catalog of "),
            nothing(
                "Given nodes with class 'ntp'; Then at most 2 nodes fall when any one of them is shut down",
            ),
        ],
    )
}
