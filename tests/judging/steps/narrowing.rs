//! And only those …, And except those …

use super::case::{Different, Sentence, check, given, held, nothing, undecided, violated};
use super::estate::{Answer, Catalog, Estate, Registration, estate, needs, node};

/// Databases in two environments and a web server that needs one of them.
fn shop() -> Estate {
    estate([
        node("db1").class("mysql").fact("zone", "a").agent("nrpe").has("Service[mysql]"),
        node("db2")
            .class("mysql")
            .fact("zone", "b")
            .environment(Some("staging"))
            .has("Service[mysql]")
            .without(Registration),
        node("web1")
            .class("nginx")
            .has("Service[nginx]")
            .has("File[/etc/nginx]")
            .without(Answer)
            .needs(needs(&["db1"]).from("Service[nginx]")),
    ])
}

/// The same with a node of which only discovery knows.
fn with_stranger() -> Estate {
    shop().and(node("new1").only(Answer))
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        given(
            "{keep} those with class {name}",
            shop(),
            vec![
                held("Given all nodes; And only those with class 'mysql'; Then there are exactly 2 of them"),
                violated("Given all nodes; And except those with class 'mysql'; Then there are none", &["web1"]),
                // Of resources and dependencies their node counts.
                violated(
                    "Given services; And only those with class 'nginx'; Then there are none",
                    &["web1/Service[nginx]"],
                ),
                held("Given all declared dependencies; And except those with class 'nginx'; Then there are none"),
                undecided("Given all nodes; And only those with class 'mysql'; Then there are exactly 2 of them")
                    .on(with_stranger()),
                nothing("Given all nodes; And only those with class 'ntp'; Then every one is registered")
                    .says("there is nothing to judge: nothing is left after \"all nodes\", \"only those with class \"ntp\"\""),
            ],
        ),
        given(
            "{keep} those without class {name}",
            shop(),
            vec![
                held("Given all nodes; And except those without class 'mysql'; Then there are exactly 2 of them"),
                violated("Given all nodes; And only those without class 'mysql'; Then there are none", &["web1"]),
                undecided("Given all nodes; And only those without class 'mysql'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                nothing("Given all nodes; And only those without class '/./'; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those with the fact {name}",
            shop(),
            vec![
                held("Given all nodes; And only those with the fact 'zone'; Then there are exactly 2 of them"),
                violated("Given all nodes; And except those with the fact 'zone'; Then there are none", &["web1"]),
                undecided("Given all nodes; And except those with the fact 'zone'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                nothing("Given all nodes; And only those with the fact 'rack'; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those without the fact {name}",
            shop(),
            vec![
                held("Given all nodes; And except those without the fact 'zone'; Then there are exactly 2 of them"),
                violated("Given all nodes; And only those without the fact 'zone'; Then there are none", &["web1"]),
                undecided("Given all nodes; And only those without the fact 'zone'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                nothing("Given all nodes; And except those without the fact 'rack'; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those whose fact {name} {comparison} {value}",
            shop(),
            vec![
                held("Given all nodes; And only those whose fact 'zone' is 'a'; Then there is exactly 1 of it"),
                // Whoever lacks the fact is not cut.
                violated(
                    "Given all nodes; And except those whose fact 'zone' is 'a'; Then there are none",
                    &["db2", "web1"],
                ),
                undecided("Given all nodes; And except those whose fact 'zone' is 'a'; Then there are exactly 2 of them")
                    .on(with_stranger()),
                nothing("Given all nodes; And only those whose fact 'zone' is 'c'; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those in environment {name}",
            shop(),
            vec![
                held("Given all nodes; And only those in environment 'production'; Then there are exactly 2 of them"),
                violated(
                    "Given all nodes; And except those in environment 'production'; Then there are none",
                    &["db2"],
                ),
                undecided("Given all nodes; And only those in environment 'staging'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                nothing("Given all nodes; And only those in environment 'dev'; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those with the agent {name}",
            shop().and(node("web2")),
            vec![
                held("Given registered nodes; And only those with the agent 'nrpe'; Then there is exactly 1 of it"),
                violated(
                    "Given registered nodes; And except those with the agent 'nrpe'; Then there are none",
                    &["web1", "web2"],
                ),
                undecided("Given all nodes; And only those with the agent 'nrpe'; Then there is exactly 1 of it")
                    .because("the registration of db2: there is no registration of it"),
                nothing("Given registered nodes; And only those with the agent 'puppetd'; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those matching {name}",
            shop(),
            vec![
                held("Given all nodes; And only those matching 'mysql and not zone=b'; Then there is exactly 1 of it"),
                violated("Given all nodes; And except those matching 'mysql'; Then there are none", &["web1"]),
                undecided("Given all nodes; And only those matching 'mysql'; Then there are exactly 2 of them")
                    .on(with_stranger()),
                nothing("Given all nodes; And only those matching 'ntp'; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those of type {name}",
            shop(),
            vec![
                held("Given resources of type '/./'; And only those of type 'service'; Then there are exactly 3 of them"),
                violated(
                    "Given the resource '/nginx/'; And except those of type 'class'; And except those of type '/^Service$/'; Then there are none",
                    &["web1/File[/etc/nginx]"],
                ),
                undecided("Given the resource '/nginx/'; And only those of type 'file'; Then there is exactly 1 of it")
                    .on(with_stranger()),
                nothing("Given services; And only those of type 'file'; When I follow what they depend on; Then no pair shares the fact 'zone'")
                    .says("there is nothing to judge: nothing is left after \"services\", \"only those of type \"file\"\", \"I follow what they depend on\""),
            ],
        ),
        given(
            "{keep} those that is/are registered",
            shop(),
            vec![
                held("Given all nodes; And only those that are registered; Then there are exactly 2 of them"),
                violated("Given all nodes; And except those that are registered; Then there are none", &["db2"]),
                // Nobody else has registered, however many nodes there are.
                held("Given all nodes; And only those that are registered; Then there are exactly 2 of them")
                    .on(shop().broken_discovery()),
                undecided("Given all nodes; And except those that are registered; Then there is exactly 1 of it")
                    .on(shop().broken_discovery()),
                undecided("Given all nodes; And only those that are registered; Then there are none")
                    .on(shop().without(Registration)),
                nothing("Given the node 'db2'; And only those that are registered; Then every one is registered"),
            ],
        ),
        given(
            "{keep} those that is/are discovered",
            shop(),
            vec![
                held("Given all nodes; And only those that are discovered; Then there are exactly 2 of them"),
                violated("Given all nodes; And except those that are discovered; Then there are none", &["web1"]),
                undecided("Given all nodes; And only those that are discovered; Then there are none")
                    .on(shop().without(Answer)),
                nothing("Given the node 'web1'; And only those that are discovered; Then every one is registered"),
                // A node whose catalog is missing is narrowed as any other.
                held("Given all nodes; And except those that are discovered; Then there is exactly 1 of it")
                    .on(shop().and(node("web2").without(Catalog))),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
