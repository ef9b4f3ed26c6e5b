//! Where to place new nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::fact::{FactName, text_of};
use groundrule_core::name::class_name;
use groundrule_core::pattern::Pattern;
use groundrule_core::source::{Known, Source};
use groundrule_engine::estate::{Estate, NodeId};
use groundrule_engine::world::{Dependencies, Direction, Following, Start, Walk, World};
use serde::Serialize;

use crate::answer::{Answer, Wrong};

/// What is to be placed.
#[derive(Clone, Debug)]
pub struct Placing {
    /// The class of the new nodes.
    pub class: String,
    /// How many.
    pub count: usize,
    /// The fact with the zone.
    pub zone: String,
    /// How far zones are from each other.
    pub latency: Latency,
}

/// How far zones are from each other, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Latency(BTreeMap<(String, String), f64>);

impl Latency {
    /// Reads lines `ZONE,ZONE,MILLISECONDS`; a pair that is not there the other way round counts for
    /// both. Lines that begin with `#` and empty ones are passed over.
    ///
    /// # Errors
    /// When a line is no such line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Wrong> {
        let mut all = BTreeMap::new();
        for (n, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = || {
                let what = format!("{file}:{}: {line:?} is no latency", n + 1);
                Wrong::new(what, "write ZONE,ZONE,MILLISECONDS, for instance eu-1a,eu-1b,0.8")
            };
            let fields: Vec<_> = line.split(',').map(str::trim).collect();
            let [a, b, time] = fields.as_slice() else {
                return Err(wrong());
            };
            let time: f64 = time.parse().map_err(|_| wrong())?;
            if !time.is_finite() || time < 0.0 || a.is_empty() || b.is_empty() {
                return Err(wrong());
            }
            all.insert(((*a).to_owned(), (*b).to_owned()), time);
        }
        Ok(Self(all))
    }

    fn between(&self, a: &str, b: &str) -> Option<f64> {
        let key = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let told = self.0.get(&key(a, b)).or_else(|| self.0.get(&key(b, a))).copied();
        told.or_else(|| (a == b).then_some(0.0))
    }

    fn zones(&self) -> impl Iterator<Item = &String> {
        self.0.keys().flat_map(|(a, b)| [a, b])
    }
}

#[derive(Serialize)]
struct Placed {
    class: String,
    count: usize,
    /// Where the new nodes go, one after the other.
    places: Vec<String>,
    /// All zones, the best one for the first new node first.
    zones: Vec<Zone>,
}

#[derive(Clone, Serialize)]
struct Zone {
    zone: String,
    /// How many nodes of the class it has.
    members: usize,
    /// Milliseconds to what the class needs and is needed by, on average.
    latency: Option<f64>,
    /// Why it is not to be used.
    excluded: Option<String>,
}

/// Zones for new nodes of a class, ranked: never the only one in use, the one with the fewest of the
/// class first, then the one that is nearest to what the class needs and is needed by.
///
/// # Errors
/// When no node has such a fact, or a store does not answer.
pub(crate) async fn place(estate: &Arc<Estate>, placing: &Placing) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let facts = world.fact(&FactName::new(&placing.zone)).await;
    let class = class_name(&placing.class);
    let classes = world.classes(&Pattern::Plain(class.clone())).await;
    let (mut members, mut unknown) = (BTreeMap::new(), Vec::new());
    let mut zones: BTreeSet<String> = placing.latency.zones().cloned().collect();
    let zone_of = |node: NodeId| match &facts.values[node] {
        Known::Present(value) => Some(text_of(value).into_owned()),
        _ => None,
    };
    let mut all = Vec::new();
    for node in world.nodes().ones() {
        zones.extend(zone_of(node));
        match &classes.values[node] {
            Known::Present(_) => all.push(node),
            Known::Absent => continue,
            Known::Unknown(why) => {
                unknown.push(world.unknown(node, Source::Catalogs, why));
                continue;
            }
        }
        match (&facts.values[node], zone_of(node)) {
            (_, Some(zone)) => *members.entry(zone).or_insert(0) += 1,
            (Known::Unknown(why), _) => unknown.push(world.unknown(node, Source::Facts, why)),
            _ => {
                let why = format!("it has no fact {:?}", placing.zone).into();
                unknown.push(world.unknown(node, Source::Facts, &why));
            }
        }
    }
    unknown.extend(estate.unknown_nodes().iter().cloned());
    if zones.is_empty() {
        let what = format!("no node has the fact {:?}, so there are no zones", placing.zone);
        return Err(Wrong::new(what, "name another one with --zone, or as ask.zone"));
    }
    let partners = partners(&world, &all).await;
    let near: Vec<_> = partners.iter().filter_map(|node| zone_of(*node)).collect();
    let latency: BTreeMap<_, _> = zones
        .iter()
        .map(|zone| (zone.clone(), mean(near.iter().map(|to| placing.latency.between(zone, to)))))
        .collect();
    let ranked = ranked(&members, &latency);
    let mut places = Vec::new();
    let mut filled = members.clone();
    for _ in 0..placing.count {
        let best = self::ranked(&filled, &latency).into_iter().find(|zone| zone.excluded.is_none());
        let Some(best) = best else {
            break;
        };
        *filled.entry(best.zone.clone()).or_insert(0) += 1;
        places.push(best.zone);
    }
    let placed = Placed { class, count: placing.count, places, zones: ranked };
    let text = text(&placed);
    Ok(Answer::new(&placed, &text, unknown))
}

/// Nodes that these need or are needed by directly, as often as they are.
async fn partners(world: &World, of: &[NodeId]) -> Vec<NodeId> {
    let graph = Dependencies::of(world).await;
    let starts: Vec<_> = of.iter().map(|node| Start { node: *node, resources: None }).collect();
    let mut partners = Vec::new();
    for direction in [Direction::Needs, Direction::NeededBy] {
        let how = Following { direction, directly: true, kind: None };
        let pairs = Walk::new(&graph, world, how).await.pairs(&starts).await;
        partners.extend(pairs.known.into_iter().map(|(_, other)| other));
    }
    partners
}

/// The mean; none where one is not known, or there are none.
fn mean(times: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let times = times.collect::<Option<Vec<_>>>()?;
    #[expect(clippy::cast_precision_loss, reason = "there are not so many nodes")]
    (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64)
}

fn ranked(members: &BTreeMap<String, usize>, latency: &BTreeMap<String, Option<f64>>) -> Vec<Zone> {
    let only = match members.keys().collect::<Vec<_>>().as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    };
    let mut zones: Vec<_> = latency
        .iter()
        .map(|(zone, latency)| Zone {
            zone: zone.clone(),
            members: members.get(zone).copied().unwrap_or_default(),
            latency: *latency,
            excluded: (only.as_ref() == Some(zone))
                .then(|| "it is the only one in use, and would stay so".to_owned()),
        })
        .collect();
    zones.sort_by(|a, b| {
        let far = |zone: &Zone| zone.latency.unwrap_or(f64::INFINITY);
        let first = (a.excluded.is_some(), a.members).cmp(&(b.excluded.is_some(), b.members));
        first.then_with(|| far(a).total_cmp(&far(b))).then_with(|| a.zone.cmp(&b.zone))
    });
    zones
}

fn text(placed: &Placed) -> String {
    let mut text = match placed.places.as_slice() {
        [] => format!("there is no zone for a node of class {}\n", placed.class),
        places => format!("{}\n", places.join("\n")),
    };
    text.push('\n');
    for Zone { zone, members, latency, excluded } in &placed.zones {
        let far = latency.map_or(String::new(), |time| format!(", {time:.2} ms away"));
        let not = excluded.as_ref().map_or(String::new(), |why| format!(", not used: {why}"));
        let _ = writeln!(text, "  {zone}: {members} of class {}{far}{not}", placed.class);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(all: &[(&str, usize)]) -> BTreeMap<String, usize> {
        all.iter().map(|(zone, n)| ((*zone).to_owned(), *n)).collect()
    }

    fn order(of: &[(&str, usize)], latency: &[(&str, Option<f64>)]) -> Vec<String> {
        let latency = latency.iter().map(|(zone, time)| ((*zone).to_owned(), *time)).collect();
        let zones = ranked(&members(of), &latency).into_iter();
        zones.filter(|zone| zone.excluded.is_none()).map(|zone| zone.zone).collect()
    }

    #[test]
    fn zones_are_ranked() {
        let all = [("a", Some(2.0)), ("b", Some(1.0)), ("c", None)];
        assert_eq!(order(&[("a", 1), ("b", 2), ("c", 1)], &all), ["a", "c", "b"]);
        assert_eq!(order(&[("a", 3)], &all), ["b", "c"]);
        assert_eq!(order(&[], &all), ["b", "a", "c"]);
        assert_eq!(order(&[("a", 1)], &[("a", None)]), [""; 0]);
    }

    #[test]
    fn latencies_count_both_ways() {
        let latency = Latency::parse("l.csv", "# ms\na, b, 1.5\nb,a,2\n\na,c,3\n").unwrap();
        assert_eq!(latency.between("a", "b"), Some(1.5));
        assert_eq!(latency.between("b", "a"), Some(2.0));
        assert_eq!(latency.between("c", "a"), Some(3.0));
        assert_eq!(latency.between("b", "b"), Some(0.0));
        assert_eq!(latency.between("b", "c"), None);
        for wrong in ["a,b", "a,b,x", "a,b,-1", "a,b,NaN", ",b,1"] {
            let error = Latency::parse("l.csv", &format!("a,b,1\n{wrong}")).unwrap_err();
            assert!(error.what.starts_with("l.csv:2: "), "{}", error.what);
        }
    }
}
