//! Random declared dependencies, in catalogs and beside them.

use rand::Rng;
use rand::rngs::SmallRng;

use super::pick::{FILTERS, GHOSTS, NODES};
use super::pick::{known, of, one, percent, references, weighted};
use crate::model::{Dependency, Estate, Kind, Needs, Providers};

/// Declares some; no two are the same.
pub fn declare(rng: &mut SmallRng, estate: &mut Estate) {
    let nodes = known(estate);
    let mut seen: Vec<Dependency> = Vec::new();
    let many = weighted(rng, &[20, 50, 30]);
    for node in &nodes {
        for _ in 0..rng.random_range(0..=many) {
            let dependency = dependency(rng, estate, node, &nodes);
            if seen.contains(&dependency) {
                continue;
            }
            if let Some(Some(catalog)) = estate.catalogs.as_mut().and_then(|all| all.get_mut(node))
            {
                seen.push(dependency.clone());
                catalog.dependencies.push(dependency);
            }
        }
    }
    if percent(rng, 45) {
        let mut rows = Vec::new();
        for _ in 0..rng.random_range(0..=many + 1) {
            let unknown = percent(rng, 10);
            let node = if unknown { Some(one(rng, &NODES).to_string()) } else { of(rng, &nodes) };
            let Some(node) = node else { continue };
            let dependency = dependency(rng, estate, &node, &nodes);
            if !seen.contains(&dependency) {
                seen.push(dependency.clone());
                rows.push(dependency);
            }
        }
        estate.relationships = Some(Some(rows));
    }
}

fn dependency(rng: &mut SmallRng, estate: &Estate, node: &str, nodes: &[String]) -> Dependency {
    let everywhere = references(estate);
    let from = match weighted(rng, &[40, 55, 5]) {
        0 => None,
        1 => of(rng, &own(estate, node)),
        _ => of(rng, &everywhere),
    };
    let providers = if percent(rng, 25) {
        Providers::Matching(one(rng, &FILTERS).to_string())
    } else {
        Providers::Nodes(providers(rng, nodes))
    };
    // Mostly something that a provider has, so that things are met now and then.
    let at = match &providers {
        Providers::Nodes(nodes) => nodes.first().map(|node| own(estate, node)),
        Providers::Matching(_) => None,
    };
    let on = match (weighted(rng, &[45, 45, 10]), at) {
        (0, _) => None,
        (1, Some(own)) => of(rng, &own),
        _ => of(rng, &everywhere),
    };
    let needs = match weighted(rng, &[70, 15, 15]) {
        0 => Needs::Number(1),
        1 => Needs::Number(2),
        _ => Needs::All,
    };
    let kind = if percent(rng, 70) { Kind::Hard } else { Kind::Soft };
    Dependency { node: node.to_string(), from, on, providers, kind, needs }
}

/// One to three names, now and then one that nobody knows.
fn providers(rng: &mut SmallRng, nodes: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for _ in 0..=weighted(rng, &[55, 35, 10]) {
        let name = if percent(rng, 5) { None } else { of(rng, nodes) };
        let name = name.unwrap_or_else(|| one(rng, &GHOSTS).to_string());
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// What is on a node.
fn own(estate: &Estate, node: &str) -> Vec<String> {
    let catalog = estate.catalogs.as_ref().and_then(|all| all.get(node)).and_then(Option::as_ref);
    let resources = catalog.iter().flat_map(|catalog| &catalog.resources);
    let names = resources.map(|one| one.reference.clone());
    names.filter(|one| !one.ends_with("[main]")).collect()
}
