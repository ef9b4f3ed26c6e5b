//! Where to place new nodes.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::follow::follow;
use crate::judge::set::{Members, Set};
use crate::judge::world::{Fact, World};
use crate::model::Estate;
use crate::policy::{Direction, Through};
use crate::truth::Truth;
use crate::values;

/// Where new nodes of a class go.
#[derive(Debug, Default)]
pub struct Placed {
    /// The zone of each of them.
    pub places: Vec<String>,
    /// Every zone: how many of the class it has, how far it is from what they need and are needed
    /// by, and whether it is not to be used.
    pub zones: BTreeMap<String, (usize, Option<f64>, bool)>,
}

/// Times between zones, in milliseconds.
pub type Latency = BTreeMap<(String, String), u32>;

/// Fills zones one node after the other.
pub fn place(estate: &Estate, class: &str, count: usize, fact: &str, latency: &Latency) -> Placed {
    let world = World::today(estate);
    let zone_of = |node: &str| match world.fact(node, fact) {
        Fact::Is(value) => Some(values::text(value)),
        _ => None,
    };
    let nodes = world.nodes().into_iter().filter(|(_, stands)| *stands == Truth::Yes);
    let nodes: Vec<String> = nodes.map(|(node, _)| node).collect();
    let of_class = nodes.iter().filter(|node| world.has_class(node, class) == Truth::Yes);
    let of_class: BTreeSet<String> = of_class.cloned().collect();
    let mut zones: BTreeSet<String> = nodes.iter().filter_map(|node| zone_of(node)).collect();
    zones.extend(latency.keys().flat_map(|(a, b)| [a.clone(), b.clone()]));
    let mut members: BTreeMap<String, usize> = zones.iter().map(|zone| (zone.clone(), 0)).collect();
    for zone in of_class.iter().filter_map(|node| zone_of(node)) {
        *members.entry(zone).or_default() += 1;
    }
    let near: Vec<String> =
        partners(&world, &of_class).iter().filter_map(|node| zone_of(node)).collect();
    let far: BTreeMap<String, Option<f64>> =
        zones.iter().map(|zone| (zone.clone(), mean(zone, &near, latency))).collect();
    let mut placed = Placed::default();
    for zone in &zones {
        let told = (members[zone], far[zone], is_only(&members, zone));
        placed.zones.insert(zone.clone(), told);
    }
    for _ in 0..count {
        let usable = zones.iter().filter(|zone| !is_only(&members, zone));
        // Zones come by name, and the first of those that are as good is taken.
        let best = usable.min_by(|a, b| {
            let time = |zone: &str| far[zone].unwrap_or(f64::INFINITY);
            members[*a].cmp(&members[*b]).then(time(a).total_cmp(&time(b)))
        });
        let Some(best) = best.cloned() else { break };
        *members.entry(best.clone()).or_default() += 1;
        placed.places.push(best);
    }
    placed
}

/// Whether all of the class that are in a zone are in this one.
fn is_only(members: &BTreeMap<String, usize>, zone: &str) -> bool {
    members.iter().all(|(other, count)| (*count > 0) == (other == zone))
}

/// Who is needed directly by one of these, or needs it: once for each of them and each way.
fn partners(world: &World, of: &BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::new();
    for direction in [Direction::Needed, Direction::Dependents] {
        let certain = of.iter().map(|node| (node.clone(), Truth::Yes));
        let set = Set::Nodes(Members::new(certain));
        let pairs = follow(world, &set, direction, Through::Directly).known.into_iter();
        let pairs = pairs.filter(|(_, truth)| *truth == Truth::Yes);
        all.extend(pairs.map(|(pair, _)| pair.other));
    }
    all
}

/// The mean, if there is any and all are known.
fn mean(from: &str, to: &[String], latency: &Latency) -> Option<f64> {
    let mut sum = 0;
    for other in to {
        let key = |a: &str, b: &str| (a.to_string(), b.to_string());
        let there = latency.get(&key(from, other));
        let time = there.or(latency.get(&key(other, from))).copied();
        sum += time.or((from == other).then_some(0))?;
    }
    let count = u32::try_from(to.len()).ok().filter(|count| *count > 0)?;
    Some(f64::from(sum) / f64::from(count))
}
