//! Resources: Given, and Then every one has …

use serde_json::json;

use super::case::{Different, Sentence, check, given, held, nothing, then, undecided, violated};
use super::estate::{Answer, Catalog, Estate, estate, node};

fn shop() -> Estate {
    estate([
        node("db1")
            .has_with("Service[mysql]", json!({"ensure": "running", "alias": "mariadb"}))
            .has("Mysql::Database[shop]"),
        node("web1")
            .has_with("Service[nginx]", json!({"ensure": "stopped"}))
            .has("Package[telnetd]"),
    ])
}

/// The same with a node of which only discovery knows.
fn with_stranger() -> Estate {
    shop().and(node("new1").only(Answer))
}

pub fn sentences() -> Vec<Sentence> {
    vec![
        given(
            "resource(s) of type {name}",
            shop(),
            vec![
                held("Given resources of type 'mysql::database'; Then there is exactly 1 of it"),
                violated(
                    "Given resources of type 'service'; Then there are none",
                    &["db1/Service[mysql]", "web1/Service[nginx]"],
                )
                .says("db1/Service[mysql]: there should be none of these"),
                violated("Given resources of type '/^Pack/'; Then there are none", &["web1/Package[telnetd]"]),
                undecided("Given resources of type 'exec'; Then there are none")
                    .on(with_stranger())
                    .because("the catalog of new1: there is no catalog of it"),
                undecided("Given resources of type 'exec'; Then there are none")
                    .on(shop().and(node("web2").broken(Catalog))),
                nothing("Given resources of type 'exec'; When I follow what depends on them; Then no pair shares the fact 'rack'"),
            ],
        ),
        given(
            "service(s)",
            shop(),
            vec![
                held("Given services; Then there are exactly 2 of them"),
                violated("Given services; Then there are none", &["db1/Service[mysql]", "web1/Service[nginx]"]),
                undecided("Given services; Then there are exactly 2 of them").on(with_stranger()),
                // What the tail takes out has no services that count.
                undecided("Given services; And only those matching 'identity=/x/'; Then there are none")
                    .on(shop().broken_discovery()),
                nothing("Given services; When I follow what they depend on; Then no pair shares the fact 'rack'")
                    .on(estate([node("web1").has("Package[nginx]")])),
            ],
        ),
        given(
            "the resource {name}",
            shop(),
            vec![
                held("Given the resource 'service[nginx]'; Then there is exactly 1 of it"),
                // An alias is another name for the same resource.
                violated("Given the resource 'Service[mariadb]'; Then there are none", &["db1/Service[mysql]"]),
                violated("Given the resource '/shop/'; Then there are none", &["db1/Mysql::Database[shop]"]),
                undecided("Given the resource 'Service[nginx]'; Then there is exactly 1 of it").on(with_stranger()),
                nothing("Given the resource 'Service[exim4]'; When I follow what depends on it; Then no pair shares the fact 'rack'"),
            ],
        ),
        then(
            "every one has the resource {name}",
            shop(),
            vec![
                held("Given the node 'db1'; Then every one has the resource 'Service[mariadb]'"),
                violated("Given all nodes; Then every one has the resource 'Service[nginx]'", &["db1"])
                    .says("the catalog of db1 lacks Service[nginx]"),
                violated("Given all nodes; Then every one has the resource '/nginx/'", &["db1"])
                    .says("the catalog of db1 has no resource that matches /nginx/"),
                undecided("Given all nodes; Then every one has the resource '/^Service/'")
                    .on(with_stranger())
                    .because("the catalog of new1: there is no catalog of it"),
                nothing("Given nodes with class 'ntp'; Then every one has the resource 'Service[ntp]'"),
            ],
        ),
        then(
            "none has/have the resource {name}",
            shop(),
            vec![
                held("Given the node 'db1'; Then none has the resource 'Package[telnetd]'"),
                violated("Given all nodes; Then none has the resource 'Package[telnetd]'", &["web1"])
                    .says("the catalog of web1 has Package[telnetd], which it should not have"),
                undecided("Given all nodes; Then none has the resource 'Package[rsh]'").on(with_stranger()),
                nothing("Given nodes with class 'ntp'; Then none has the resource 'Service[ntp]'"),
            ],
        ),
        then(
            "the parameter {name} of {name} {comparison} {value} on every one",
            shop(),
            vec![
                held("Given the node 'db1'; Then the parameter 'ensure' of 'Service[mysql]' is 'running' on every one"),
                violated(
                    "Given the node 'web1'; Then the parameter 'ensure' of 'Service[nginx]' is 'running' on every one",
                    &["web1"],
                )
                .says("the parameter ensure of Service[nginx] on web1 is \"stopped\", and it should be \"running\""),
                violated(
                    "Given all nodes; Then the parameter 'enable' of 'Service[nginx]' is not 'false' on every one",
                    &["db1", "web1"],
                )
                .says("the catalog of db1 lacks Service[nginx], of which enable should not be \"false\"")
                .says("Service[nginx] on web1 has no parameter enable, and it should not be \"false\""),
                undecided("Given all nodes; Then the parameter 'ensure' of 'Service[nginx]' matches '/^stop/' on every one")
                    .on(estate([
                        node("web1").has_with("Service[nginx]", json!({"ensure": "stopped"})),
                        node("web2").without(Catalog),
                    ])),
                // Sensitive values are never read.
                undecided("Given all nodes; Then the parameter 'password' of 'Db[a]' is 'secret' on every one")
                    .on(estate([node("web1").has_with("Db[a]", json!({"password": "secret"}))])),
                nothing("Given nodes with class 'ntp'; Then the parameter 'ensure' of 'Service[ntp]' is 'running' on every one"),
            ],
        ),
    ]
}

#[test]
fn verdicts() -> Result<(), Different> {
    check(&sentences())
}
