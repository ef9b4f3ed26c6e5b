//! Small pools, so that sentences and estates often speak of the same things.

use rand::Rng;
use rand::rngs::SmallRng;

use crate::model::Estate;

/// Names that an estate draws from.
pub const NODES: [&str; 7] = ["web1", "web2", "web3", "db1", "db2", "lb1", "mq1"];
/// Names that no estate knows.
pub const GHOSTS: [&str; 2] = ["ghost1", "ghost2"];
/// Classes of catalogs and registrations.
pub const CLASSES: [&str; 5] = ["role::web", "role::db", "base", "mysql", "monitored"];
/// Class names as policies write them.
pub const ASKED_CLASSES: [&str; 11] = [
    "role::web",
    "role::web",
    "role::db",
    "base",
    "base",
    "mysql",
    "monitored",
    "::Role::DB",
    "nosuch",
    "/^role::/",
    "/WEB|^my/i",
];
/// Regular expressions that classes are grouped by.
pub const GROUPING_CLASSES: [&str; 4] = ["/^role::(.*)$/", "/^role::/", "/^(m)|base/", "/^nosuch/"];
/// Agents of registrations.
pub const AGENTS: [&str; 3] = ["rpcutil", "discovery", "package"];
/// Environments of catalogs.
pub const ENVIRONMENTS: [&str; 3] = ["production", "production", "staging"];
/// Facts as policies write them.
pub const FACTS: [&str; 12] = [
    "zone",
    "zone",
    "rack",
    "rack",
    "cpus",
    "virtual",
    "version",
    "roles",
    "os.family",
    "Zone",
    "os.release.0",
    "nosuch",
];
/// Values as policies write them.
pub const VALUES: [&str; 18] = [
    "a",
    "b",
    "1",
    "1.0",
    "2",
    "4",
    "8",
    "true",
    "false",
    "1.2",
    "1.10",
    "web",
    "Debian",
    "many",
    "[\"web\",\"db\"]",
    "1e0",
    "0644",
    "say \"x\"",
];
/// Compound filters of policies and of dependencies.
pub const FILTERS: [&str; 18] = [
    "role::web",
    "role::db",
    "base",
    "/^role::/",
    "zone=a",
    "zone!=a",
    "cpus>=4",
    "cpus<4 or rack=1",
    "rack=1 and base",
    "zone=/^[ab]$/",
    "zone=~b",
    "not zone=a",
    "!(base or mysql)",
    "roles=web",
    "virtual=true",
    "os=family",
    "os.family=Debian and not /^role::db/",
    "(zone=a or zone=b) and !role::web",
];
/// Types and titles of resources.
pub const LEAF_TYPES: [&str; 4] = ["Service", "Service", "Package", "File"];
/// Titles; case matters.
pub const TITLES: [&str; 4] = ["x", "y", "X", "run [it]"];

/// One of a pool.
pub fn one<'a>(rng: &mut SmallRng, pool: &[&'a str]) -> &'a str {
    pool[rng.random_range(0..pool.len())]
}

/// One of a list, if there is any.
pub fn of<T: Clone>(rng: &mut SmallRng, list: &[T]) -> Option<T> {
    if list.is_empty() { None } else { Some(list[rng.random_range(0..list.len())].clone()) }
}

/// An index, as likely as its weight.
pub fn weighted(rng: &mut SmallRng, weights: &[u32]) -> usize {
    let mut at = rng.random_range(0..weights.iter().sum());
    for (position, weight) in weights.iter().enumerate() {
        if at < *weight {
            return position;
        }
        at -= weight;
    }
    weights.len() - 1
}

/// True with this chance in a hundred.
pub fn percent(rng: &mut SmallRng, chance: u32) -> bool {
    rng.random_range(0..100) < chance
}

/// All nodes with a document or an answer.
pub fn known(estate: &Estate) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    names.extend(estate.catalogs.iter().flat_map(|all| all.keys().cloned()));
    names.extend(estate.facts.iter().flat_map(|all| all.keys().cloned()));
    names.extend(estate.registrations.iter().flat_map(|all| all.keys().cloned()));
    names.extend(estate.discovery.iter().flatten().flatten().cloned());
    names.sort();
    names.dedup();
    names
}

/// All references in readable catalogs.
pub fn references(estate: &Estate) -> Vec<String> {
    let catalogs = estate.catalogs.iter().flat_map(|all| all.values().flatten());
    let resources = catalogs.flat_map(|catalog| &catalog.resources);
    let mut all: Vec<String> = resources.map(|one| one.reference.clone()).collect();
    all.retain(|one| !one.contains("[main]"));
    all.sort();
    all.dedup();
    all
}
