//! The same world less known, and the world without some nodes.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::pick::percent;
use crate::model::{Documents, Estate};

/// The same estate with documents made unreadable. None is removed: that would say something else of
/// the world.
pub fn hide(rng: &mut SmallRng, estate: &Estate) -> Estate {
    let mut hidden = estate.clone();
    // Mostly one source alone: with everything hidden there is nothing left to get wrong.
    let chance = [10, 10, 10, 30].map(|chance| if percent(rng, 60) { chance } else { 0 });
    cut(rng, chance[0], &mut hidden.catalogs);
    cut(rng, chance[1], &mut hidden.facts);
    cut(rng, chance[2], &mut hidden.registrations);
    if hidden.discovery.is_some() && percent(rng, chance[3]) {
        hidden.discovery = Some(None);
    }
    if hidden.relationships.is_some() && percent(rng, chance[3] / 3) {
        hidden.relationships = Some(None);
    }
    // A stream of its own: what the other numbers make stays what it was.
    let mut own = SmallRng::seed_from_u64(!estate.form);
    let results = hidden.checks.iter_mut().flat_map(|checks| checks.values_mut());
    for result in results.flat_map(|nodes| nodes.values_mut()) {
        if percent(&mut own, 30) {
            *result = None;
        }
    }
    hidden
}

fn cut<T>(rng: &mut SmallRng, chance: u32, source: &mut Option<Documents<T>>) {
    for document in source.iter_mut().flat_map(|documents| documents.values_mut()) {
        if percent(rng, chance) {
            *document = None;
        }
    }
}

/// The estate from which these nodes were really removed.
pub fn without(estate: &Estate, nodes: &BTreeSet<String>) -> Estate {
    let mut left = estate.clone();
    remove(&mut left.catalogs, nodes);
    remove(&mut left.facts, nodes);
    remove(&mut left.registrations, nodes);
    for results in left.checks.iter_mut().flat_map(|checks| checks.values_mut()) {
        results.retain(|node, _| !nodes.contains(node));
    }
    if let Some(Some(answers)) = &mut left.discovery {
        answers.retain(|node| !nodes.contains(node));
    }
    if let Some(Some(rows)) = &mut left.relationships {
        rows.retain(|row| !nodes.contains(&row.node));
    }
    left
}

fn remove<T>(source: &mut Option<Documents<T>>, nodes: &BTreeSet<String>) {
    if let Some(documents) = source {
        documents.retain(|node, _| !nodes.contains(node));
    }
}
