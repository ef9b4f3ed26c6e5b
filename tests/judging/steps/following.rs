//! When I follow …, Then no pair …

use serde_json::json;

use super::case::{Different, Sentence, check, held, nothing, then, undecided, violated, when};
use super::estate::{Answer, Catalog, Estate, Facts, estate, needs, needs_matching, node};

/// lb1 needs web1, which needs db1 and, softly, log1; cron1 needs nobody.
fn chain() -> Estate {
    estate([
        node("lb1")
            .fact("rack", "a1")
            .has("Service[haproxy]")
            .needs(needs(&["web1"]).from("Service[haproxy]").on("Service[nginx]")),
        node("web1")
            .fact("rack", "a2")
            .has_with("Service[nginx]", json!({"require": "Service[app]"}))
            .has("Service[app]")
            .has("Service[cron]")
            .needs(needs(&["db1"]).from("Service[app]").on("Service[mysql]"))
            .needs(needs(&["log1"]).from("Service[app]").soft()),
        node("db1").fact("rack", "a1").has("Service[mysql]"),
        node("log1").fact("rack", "a2"),
        node("cron1").fact("rack", "a3"),
    ])
}

/// The same, but nobody knows what web1 declares.
fn with_blind_spot() -> Estate {
    estate([
        node("lb1").has("Service[haproxy]").needs(needs(&["web1"])),
        node("web1").broken(Catalog),
        node("db1"),
        node("log1"),
    ])
}

pub fn sentences() -> Vec<Sentence> {
    [forwards(), backwards(), judgements()].into_iter().flatten().collect()
}

fn forwards() -> Vec<Sentence> {
    vec![
        when(
            "I follow what it/they/them depend(s) on",
            chain(),
            vec![
                held("Given the node 'cron1'; When I follow what it depends on; Then there are no pairs"),
                violated(
                    "Given the node 'lb1'; When I follow what it depends on; Then there are no pairs",
                    &["lb1 web1", "db1 lb1", "lb1 log1"],
                )
                .says("lb1 depends on db1")
                .path(&[
                    "Service[haproxy] on lb1 needs Service[nginx] on web1 (hard)",
                    "on web1, Service[nginx] relies on Service[app]",
                    "Service[app] on web1 needs Service[mysql] on db1 (hard)",
                ]),
                // From a resource only what it relies on is followed.
                violated(
                    "Given the resource 'Service[nginx]'; When I follow what it depends on; Then there are no pairs",
                    &["db1 web1", "log1 web1"],
                ),
                held("Given the resource 'Service[cron]'; When I follow what it depends on; Then there are no pairs"),
                // Somebody of whom nobody told us may match.
                undecided("Given registered nodes; When I follow what they depend on; Then there are no pairs")
                    .on(estate([node("web1").needs(needs_matching("ntp"))]).broken_discovery())
                    .because("discovery: "),
                undecided("Given the node 'web1'; When I follow what it depends on; Then there are no pairs")
                    .on(with_blind_spot())
                    .because("the catalog of web1"),
                violated(
                    "Given the node 'lb1'; When I follow what it depends on; Then there are no pairs",
                    &["lb1 web1"],
                )
                .on(with_blind_spot()),
                nothing("Given the node 'cron1'; When I follow what it depends on; Then no pair shares the fact 'rack'")
                    .says("there is nothing to judge: nothing is left after \"the node \"cron1\"\", \"I follow what it depends on\""),
            ],
        ),
        when(
            "I follow what it/they/them depend(s) on directly",
            chain(),
            vec![
                held("Given the node 'lb1'; When I follow what it depends on directly; Then no pair shares the fact 'rack'"),
                violated(
                    "Given the node 'lb1'; When I follow what it depends on directly; Then there are no pairs",
                    &["lb1 web1"],
                )
                .path(&["Service[haproxy] on lb1 needs Service[nginx] on web1 (hard)"]),
                undecided("Given the node 'web1'; When I follow what it depends on directly; Then there are no pairs")
                    .on(with_blind_spot()),
                // What web1 declares does not matter here.
                violated(
                    "Given the node 'lb1'; When I follow what it depends on directly; Then there are no pairs",
                    &["lb1 web1"],
                )
                .on(with_blind_spot()),
                nothing("Given the node 'cron1'; When I follow what it depends on directly; Then no pair shares the fact 'rack'"),
            ],
        ),
        when(
            "I follow what it/they/them depend(s) on through {kind} dependency/dependencies",
            chain(),
            vec![
                held("Given the node 'lb1'; When I follow what it depends on through soft dependencies; Then there are no pairs"),
                violated(
                    "Given the node 'lb1'; When I follow what it depends on through hard dependencies; Then there are no pairs",
                    &["lb1 web1", "db1 lb1"],
                ),
                undecided("Given the node 'web1'; When I follow what it depends on through soft dependencies; Then there are no pairs")
                    .on(with_blind_spot()),
                nothing("Given the node 'db1'; When I follow what it depends on through hard dependencies; Then no pair shares the fact 'rack'"),
            ],
        ),
        when(
            "I follow what it/they/them depend(s) on directly through {kind} dependency/dependencies",
            chain(),
            vec![
                held("Given the node 'lb1'; When I follow what it depends on directly through soft dependencies; Then there are no pairs"),
                violated(
                    "Given the node 'web1'; When I follow what it depends on directly through soft dependencies; Then no pair shares the fact 'rack'",
                    &["log1 web1"],
                )
                .says("web1 depends on log1, and both have the rack \"a2\"")
                .path(&["Service[app] on web1 needs log1 (soft)"]),
                undecided("Given the node 'web1'; When I follow what it depends on directly through hard dependencies; Then there are no pairs")
                    .on(with_blind_spot()),
                nothing("Given the node 'cron1'; When I follow what it depends on directly through hard dependencies; Then no pair shares the fact 'rack'"),
            ],
        ),
    ]
}

fn backwards() -> Vec<Sentence> {
    vec![
        when(
            "I follow what depend(s) on it/they/them",
            chain(),
            vec![
                held("Given the node 'lb1'; When I follow what depends on it; Then there are no pairs"),
                violated(
                    "Given the node 'db1'; When I follow what depends on it; Then there are no pairs",
                    &["db1 web1", "db1 lb1"],
                )
                .says("lb1 depends on db1")
                .path(&[
                    "Service[haproxy] on lb1 needs Service[nginx] on web1 (hard)",
                    "on web1, Service[nginx] relies on Service[app]",
                    "Service[app] on web1 needs Service[mysql] on db1 (hard)",
                ]),
                undecided("Given the node 'db1'; When I follow what depends on it; Then there are no pairs")
                    .on(with_blind_spot())
                    .because("the catalog of web1"),
                nothing("Given the node 'lb1'; When I follow what depends on it; Then no pair shares the fact 'rack'"),
            ],
        ),
        when(
            "I follow what depend(s) on it/they/them directly",
            chain(),
            vec![
                held("Given the node 'db1'; When I follow what depends on it directly; Then no pair shares the fact 'rack'"),
                violated(
                    "Given the node 'db1'; When I follow what depends on it directly; Then there are no pairs",
                    &["db1 web1"],
                ),
                undecided("Given the node 'db1'; When I follow what depends on it directly; Then there are no pairs")
                    .on(with_blind_spot()),
                nothing("Given the node 'lb1'; When I follow what depends on it directly; Then no pair shares the fact 'rack'"),
            ],
        ),
        when(
            "I follow what depend(s) on it/they/them through {kind} dependency/dependencies",
            chain(),
            vec![
                held("Given the node 'log1'; When I follow what depends on it through hard dependencies; Then there are no pairs"),
                violated(
                    "Given the node 'log1'; When I follow what depends on it through soft dependencies; Then there are no pairs",
                    &["log1 web1"],
                ),
                undecided("Given the node 'log1'; When I follow what depends on it through soft dependencies; Then there are no pairs")
                    .on(with_blind_spot()),
                nothing("Given the node 'log1'; When I follow what depends on it through hard dependencies; Then no pair shares the fact 'rack'"),
            ],
        ),
        when(
            "I follow what depend(s) on it/they/them directly through {kind} dependency/dependencies",
            chain(),
            vec![
                held("Given the node 'db1'; When I follow what depends on it directly through soft dependencies; Then there are no pairs"),
                violated(
                    "Given the node 'db1'; When I follow what depends on it directly through hard dependencies; Then there are no pairs",
                    &["db1 web1"],
                ),
                undecided("Given the node 'db1'; When I follow what depends on it directly through hard dependencies; Then there are no pairs")
                    .on(with_blind_spot()),
                nothing("Given the node 'db1'; When I follow what depends on it directly through soft dependencies; Then no pair shares the fact 'rack'"),
            ],
        ),
    ]
}

fn judgements() -> Vec<Sentence> {
    vec![
        then(
            "no pair(s) share(s) the fact {name}",
            chain(),
            vec![
                held("Given the node 'lb1'; When I follow what it depends on directly; Then no pair shares the fact 'rack'"),
                violated(
                    "Given all nodes; When I follow what they depend on; Then no pair shares the fact 'rack'",
                    &["db1 lb1", "log1 web1"],
                )
                .says("lb1 depends on db1, and both have the rack \"a1\"")
                .says("web1 depends on log1, and both have the rack \"a2\""),
                violated(
                    "Given the node 'lb1'; When I follow what it depends on directly; Then no pair shares the fact 'zone'",
                    &["lb1", "web1"],
                )
                .says("lb1 has no fact zone"),
                undecided("Given the node 'web2'; When I follow what it depends on; Then no pair shares the fact 'rack'")
                    .on(estate([
                        node("web2").fact("rack", "a1").needs(needs(&["db2"])),
                        node("db2").fact("rack", "a1").broken(Facts),
                    ]))
                    .because("the facts of db2"),
                nothing("Given the node 'cron1'; When I follow what it depends on; Then no pair shares the fact 'rack'"),
                held("Given the node 'cron1'; When I follow what it depends on; Then no pair shares the fact 'rack'")
                    .allowing_empty()
                    .of_nothing(),
            ],
        ),
        then(
            "there is/are no pair(s)",
            chain(),
            vec![
                held("Given the node 'cron1'; When I follow what it depends on; Then there are no pairs").of_nothing(),
                held("Given nodes with class 'ntp'; When I follow what they depend on; Then there are no pairs").of_nothing(),
                // A pair of a node with itself is left out.
                held("Given the node 'a'; When I follow what it depends on; Then there are no pairs")
                    .on(estate([node("a").needs(needs(&["a"]))])),
                held("Given the node 'lb1'; When I follow what depends on it; Then there is no pair"),
                violated(
                    "Given the node 'web1'; When I follow what it depends on; Then there are no pairs",
                    &["db1 web1", "log1 web1"],
                )
                .says("web1 depends on log1"),
                undecided("Given the node 'cron1'; When I follow what depends on it; Then there are no pairs")
                    .on(chain().and(node("new1").only(Answer)).broken_relationships()),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
