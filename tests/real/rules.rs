//! The seven shipped rules on the captured estate.
//!
//! What each must find was worked out by hand, from the files in `captured/estate`:
//!
//! | node | location | `depends_on` of its `monitor::check`s | answers `rpcutil ping -F role=web` |
//! |---|---|---|---|
//! | web1, web2 | dc1, dc2 | smarthost1, smarthost2; lb1 | yes |
//! | web3 | dc2 | lb1 (it is staging: no mail) | yes |
//! | lb1 | dc1 | smarthost1, smarthost2; web1, web2, web3 | no |
//! | smarthost1, smarthost2 | dc1, dc2 | mysql1 | no |
//! | mysql1 | dc1 | nobody: the parameter is an empty list | no |
//! | mongo1, mongo2 | dc1, dc2 | each other, for both shards | no |
//!
//! All nine have a catalog, facts and a registration, so nothing is unknown. No node has a fact
//! `rack`, `shard` or `availability_zone`: this site has `location` instead.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::real::captured;
use crate::running::{Place, shipped};

/// Three minutes after the registrations were captured.
const NOW: &str = "2026-11-22T09:25:00Z";

/// The site's own define, whose checks only tell monitoring.
const MAPPED: &str = "[[dependency]]\ndefine = \"Monitor::Check\"\nnodes = \"depends_on\"\n";

/// Status of each policy, and the short names of who breaks it.
type Outcome = BTreeMap<String, (String, Vec<String>)>;

fn judge(configuration: &str) -> Outcome {
    let place = Place::new();
    place.write("groundrule.toml", configuration);
    let estate = captured("estate").display().to_string();
    let features = shipped("features");
    let ran = place.run(&[&features, "--estate", &estate, "--now", NOW, "--format", "results"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let results: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let policies = results["policies"].as_array().unwrap().iter();
    policies
        .map(|policy| {
            let violations = policy["violations"].as_array().unwrap().iter();
            let short = |name: &Value| text(name).replace(".example.net", "");
            let subjects = violations.map(|violation| {
                let subjects: Vec<_> =
                    violation["subjects"].as_array().unwrap().iter().map(short).collect();
                subjects.join("+")
            });
            assert!(policy["undecided"].is_null(), "nothing is unknown");
            (text(&policy["id"]), (text(&policy["status"]), subjects.collect()))
        })
        .collect()
}

fn found(outcome: &Outcome, id: &str) -> (String, String) {
    let (status, mut subjects) = outcome[id].clone();
    subjects.sort();
    (status, subjects.join(" "))
}

fn violated(who: &str) -> (String, String) {
    ("violated".to_owned(), who.to_owned())
}

fn held() -> (String, String) {
    ("held".to_owned(), String::new())
}

const ALL: &str = "lb1 mongo1 mongo2 mysql1 smarthost1 smarthost2 web1 web2 web3";

#[test]
fn with_the_sites_own_define_as_soft_dependencies() {
    let outcome = judge(&format!("{MAPPED}kind = \"soft\"\n"));
    assert_eq!(outcome.len(), 7);
    // By the table, only mysql1 names nobody.
    assert_eq!(found(&outcome, "declared-dependencies"), violated("mysql1"));
    // mongodb::shard is a define in the catalogs, but the registrations of mongo1 and mongo2 list it
    // as a class. Without a fact `shard` both are in no group.
    assert_eq!(found(&outcome, "mongodb-shards"), violated("mongo1 mongo2"));
    // mysql1 alone has mysql::server, and lacks the fact.
    assert_eq!(found(&outcome, "mysql-zones"), violated("mysql1"));
    // Every node is in a pair (mysql1 and lb1 as providers), and none has a rack.
    assert_eq!(found(&outcome, "rack-cohabitation"), violated(ALL));
    // Every name in the table is one of the nine, and no `on` is asked of them.
    assert_eq!(found(&outcome, "unmanaged"), held());
    // No dependency is hard: nothing to judge.
    assert_eq!(found(&outcome, "safe-to-stop"), violated(""));
    // All nine registered; the reply is of the three that have the fact role=web.
    let silent = "lb1 mongo1 mongo2 mysql1 smarthost1 smarthost2";
    assert_eq!(found(&outcome, "present"), violated(silent));
}

#[test]
fn with_the_sites_own_define_as_hard_dependencies() {
    let outcome = judge(MAPPED);
    // Every check names at least one node that is there, which is all that it needs: also the two
    // of the load balancer and the web servers that need each other.
    assert_eq!(found(&outcome, "safe-to-stop"), held());
    assert_eq!(found(&outcome, "unmanaged"), held());
    assert_eq!(found(&outcome, "declared-dependencies"), violated("mysql1"));
}

#[test]
fn without_the_sites_own_define() {
    let outcome = judge("");
    // Nobody declares anything that we know of.
    assert_eq!(found(&outcome, "declared-dependencies"), violated(ALL));
    for id in ["rack-cohabitation", "unmanaged", "safe-to-stop"] {
        assert_eq!(outcome[id].0, "violated", "{id}: nothing to judge");
        assert!(outcome[id].1.concat().is_empty(), "{id} names nobody");
    }
}
