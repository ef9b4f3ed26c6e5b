//! A random estate.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::pick::{AGENTS, CLASSES, ENVIRONMENTS, LEAF_TYPES, NODES, TITLES};
use super::pick::{of, one, percent, weighted};
use super::{checks, data, dependencies, facts};
use crate::model::{Catalog, Documents, Estate, Registration, Resource};
use crate::pattern;

/// How much of an estate is missing or broken, in percent.
struct Gaps {
    /// A source that does not exist at all.
    source: u32,
    /// A document that is missing.
    document: u32,
    /// A document that cannot be read.
    unreadable: u32,
}

/// A random estate of up to seven nodes.
pub fn estate(rng: &mut SmallRng) -> Estate {
    let size = weighted(rng, &[2, 8, 12, 20, 20, 18, 12, 8]);
    let mut names: Vec<&str> = NODES.to_vec();
    while names.len() > size {
        names.remove(rng.random_range(0..names.len()));
    }
    // Half of the estates are complete: unknowns would make nearly every policy undecided.
    let gaps = match weighted(rng, &[45, 20, 15, 20]) {
        0 => Gaps { source: 3, document: 0, unreadable: 0 },
        1 => Gaps { source: 10, document: 15, unreadable: 0 },
        2 => Gaps { source: 5, document: 0, unreadable: 10 },
        _ => Gaps { source: 15, document: 20, unreadable: 12 },
    };
    let catalogs = documents(rng, &names, &gaps, catalog);
    let facts = documents(rng, &names, &gaps, |rng, _| facts::facts(rng));
    let now = 1_790_000_000;
    let registrations = documents(rng, &names, &gaps, |rng, _| registration(rng, now));
    let discovery = discovery(rng, &names, &gaps);
    let form = rng.random();
    let mut estate = Estate {
        catalogs,
        facts,
        registrations,
        discovery,
        relationships: None,
        data: None,
        checks: None,
        now,
        form,
    };
    dependencies::declare(rng, &mut estate);
    if percent(rng, gaps.unreadable / 2) {
        estate.relationships = Some(None);
    }
    // A stream of its own: what the other numbers make stays what it was.
    let mut own = SmallRng::seed_from_u64(form);
    if !percent(&mut own, gaps.source) {
        estate.data = Some(data::data(&mut own, gaps.unreadable));
    }
    let mut own = SmallRng::seed_from_u64(!form);
    if !percent(&mut own, gaps.source) {
        estate.checks = Some(checks::checks(&mut own, 6 + gaps.unreadable));
    }
    estate
}

fn documents<T>(
    rng: &mut SmallRng,
    names: &[&str],
    gaps: &Gaps,
    mut make: impl FnMut(&mut SmallRng, &str) -> T,
) -> Option<Documents<T>> {
    let mut all = BTreeMap::new();
    if percent(rng, gaps.source) {
        return None;
    }
    for name in names {
        if percent(rng, gaps.document) {
            continue;
        }
        let document = if percent(rng, gaps.unreadable) { None } else { Some(make(rng, name)) };
        all.insert((*name).to_string(), document);
    }
    // An empty directory and none at all should not have to mean two things.
    if all.is_empty() { None } else { Some(all) }
}

fn discovery(rng: &mut SmallRng, names: &[&str], gaps: &Gaps) -> Option<Option<BTreeSet<String>>> {
    if percent(rng, gaps.source) {
        return None;
    }
    if percent(rng, gaps.unreadable) {
        return Some(None);
    }
    let silent = if percent(rng, 50) { 0 } else { 25 };
    let answers = names.iter().filter(|_| !percent(rng, silent)).map(|name| (*name).to_string());
    let mut answers: BTreeSet<String> = answers.collect();
    // Someone answers whom nothing else knows.
    if percent(rng, 10) {
        answers.insert(one(rng, &NODES).to_string());
    }
    Some(Some(answers))
}

fn registration(rng: &mut SmallRng, now: i64) -> Registration {
    let ago = of(rng, &[10, 90, 91, 3000, 4000, 100_000, 200_000]).unwrap_or(0);
    let classes = CLASSES.iter().filter(|_| percent(rng, 30)).map(|class| (*class).to_string());
    let classes: Vec<String> = classes.collect();
    let agents = AGENTS.iter().filter(|_| percent(rng, 60)).map(|agent| (*agent).to_string());
    let agents: Vec<String> = agents.collect();
    Registration {
        lastseen: now - ago,
        facts: percent(rng, 70).then(|| facts::facts(rng)),
        classes: percent(rng, 75).then_some(classes),
        agents: percent(rng, 80).then_some(agents),
    }
}

fn catalog(rng: &mut SmallRng, node: &str) -> Catalog {
    let mut catalog =
        Catalog { environment: one(rng, &ENVIRONMENTS).to_string(), ..Catalog::default() };
    add(&mut catalog, "Stage[main]", true, None);
    add(&mut catalog, "Class[main]", true, Some("Stage[main]"));
    classes(rng, node, &mut catalog);
    for title in ["x", "y"] {
        if percent(rng, 30) {
            let inside = container(rng, &catalog);
            add(&mut catalog, &format!("App::Site[{title}]"), true, Some(&inside));
        }
    }
    for _ in 0..rng.random_range(0..6) {
        let reference = format!("{}[{}]", one(rng, &LEAF_TYPES), one(rng, &TITLES));
        if catalog.resources.iter().all(|other| other.reference != reference) {
            let inside = container(rng, &catalog);
            add(&mut catalog, &reference, false, Some(&inside));
        }
    }
    for resource in &mut catalog.resources {
        if !resource.reference.ends_with("[main]") {
            resource.parameters = facts::parameters(rng);
        }
    }
    requires(rng, &mut catalog);
    catalog
}

fn classes(rng: &mut SmallRng, node: &str, catalog: &mut Catalog) {
    let role = if node.starts_with("web") { "role::web" } else { "role::db" };
    let mut names: Vec<&str> = Vec::new();
    if percent(rng, 70) {
        names.push(role);
    }
    names.extend(CLASSES[2..].iter().filter(|_| percent(rng, 35)));
    for name in names {
        let inside = if percent(rng, 35) { container(rng, catalog) } else { "Stage[main]".into() };
        let reference = pattern::reference(&format!("Class[{name}]"));
        add(catalog, &reference, true, Some(&inside));
        catalog.classes.insert(name.to_string());
    }
}

fn add(catalog: &mut Catalog, reference: &str, container: bool, inside: Option<&str>) {
    let reference = reference.to_string();
    if let Some(inside) = inside {
        catalog.contains.push((inside.to_string(), reference.clone()));
    }
    catalog.resources.push(Resource { reference, container, parameters: serde_json::Map::new() });
}

/// Any container but the stage.
fn container(rng: &mut SmallRng, catalog: &Catalog) -> String {
    let all = catalog.resources.iter().filter(|one| one.container);
    let names: Vec<String> = all.map(|one| one.reference.clone()).skip(1).collect();
    of(rng, &names).unwrap_or_else(|| "Class[main]".into())
}

/// Requirements, those that make cycles included.
fn requires(rng: &mut SmallRng, catalog: &mut Catalog) {
    let all = catalog.resources.iter().map(|one| one.reference.clone());
    let names: Vec<String> = all.filter(|one| !one.ends_with("[main]")).collect();
    for _ in 0..rng.random_range(0..4) {
        if let (Some(dependent), Some(needed)) = (of(rng, &names), of(rng, &names)) {
            let pair = (dependent, needed);
            if pair.0 != pair.1 && !catalog.requires.contains(&pair) {
                catalog.requires.push(pair);
            }
        }
    }
}
