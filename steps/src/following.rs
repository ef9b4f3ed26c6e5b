//! When I follow …, Then no pair …

use async_trait::async_trait;
use groundrule_core::comparison::key_of;
use groundrule_core::dependency::Kind;
use groundrule_core::fact::FactName;
use groundrule_core::name::ResourceRef;
use groundrule_core::source::{Known, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then, Keyword::When, Written};
use groundrule_engine::scene::{Current, Misfit, PairSet, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::{Direction, Following, Pairs, Start, Walk};
use serde_json::Value;

use crate::facts::no_fact;
use crate::words::{Read, shown};

pub const RELATIONS: &[Definition] = &[
    Definition {
        keyword: When,
        expression: "I follow what it/they/them depend(s) on",
        doc: "pairs of a subject's node with every other node that it depends on, over any number of dependencies",
        example: "When I follow what they depend on",
        read: |_| follow(Direction::Needs, false, None),
    },
    Definition {
        keyword: When,
        expression: "I follow what it/they/them depend(s) on directly",
        doc: "the same over one declared dependency only",
        example: "When I follow what they depend on directly",
        read: |_| follow(Direction::Needs, true, None),
    },
    Definition {
        keyword: When,
        expression: "I follow what it/they/them depend(s) on through {kind} dependency/dependencies",
        doc: "the same over hard, or soft, dependencies only",
        example: "When I follow what they depend on through hard dependencies",
        read: |written| follow(Direction::Needs, false, kind(written)),
    },
    Definition {
        keyword: When,
        expression: "I follow what it/they/them depend(s) on directly through {kind} dependency/dependencies",
        doc: "the same over one hard, or soft, dependency only",
        example: "When I follow what they depend on directly through hard dependencies",
        read: |written| follow(Direction::Needs, true, kind(written)),
    },
    Definition {
        keyword: When,
        expression: "I follow what depend(s) on it/they/them",
        doc: "pairs of a subject's node with every other node that depends on it, over any number of dependencies",
        example: "When I follow what depends on them",
        read: |_| follow(Direction::NeededBy, false, None),
    },
    Definition {
        keyword: When,
        expression: "I follow what depend(s) on it/they/them directly",
        doc: "the same over one declared dependency only",
        example: "When I follow what depends on them directly",
        read: |_| follow(Direction::NeededBy, true, None),
    },
    Definition {
        keyword: When,
        expression: "I follow what depend(s) on it/they/them through {kind} dependency/dependencies",
        doc: "the same over hard, or soft, dependencies only",
        example: "When I follow what depends on them through soft dependencies",
        read: |written| follow(Direction::NeededBy, false, kind(written)),
    },
    Definition {
        keyword: When,
        expression: "I follow what depend(s) on it/they/them directly through {kind} dependency/dependencies",
        doc: "the same over one hard, or soft, dependency only",
        example: "When I follow what depends on them directly through soft dependencies",
        read: |written| follow(Direction::NeededBy, true, kind(written)),
    },
];

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "no pair(s) share(s) the fact {name}",
        doc: "violated by each pair of which both have the same value, and by each node of a pair without the fact",
        example: r#"Then no pair shares the fact "rack""#,
        read: |written| Ok(Box::new(NoneShares(FactName::new(written.text(0))))),
    },
    Definition {
        keyword: Then,
        expression: "there is/are no pair(s)",
        doc: "violated by each pair",
        example: "Then there are no pairs",
        read: |_| Ok(Box::new(NoPairs)),
    },
];

fn kind(written: &Written) -> Option<Kind> {
    Kind::parse(written.text(0))
}

fn follow(direction: Direction, directly: bool, kind: Option<Kind>) -> Read {
    Ok(Box::new(Follow(Following { direction, directly, kind })))
}

struct Follow(Following);

#[async_trait]
impl Sentence for Follow {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes, Shape::Resources])?;
        shapes.current = Shape::Pairs;
        Ok(())
    }

    fn asks_dependencies(&self) -> bool {
        true
    }

    async fn perform(&self, scene: &mut Scene) {
        let Some(Beginning { from, perhaps, open }) = Beginning::of(scene.current()) else {
            return;
        };
        let graph = scene.dependencies().await;
        let mut by_world = Vec::new();
        let turns = scene.in_turn().map(<[usize]>::to_vec);
        let worlds =
            turns.map_or_else(|| vec![None], |nodes| nodes.into_iter().map(Some).collect());
        for gone in worlds {
            let world = gone.map_or_else(|| scene.world.clone(), |node| scene.world.without(node));
            let mut from = from.clone();
            if let Some(gone) = gone {
                from.retain(|start| start.node != gone);
            }
            let walk = Walk::new(&graph, &world, self.0).await;
            let mut pairs: Pairs = walk.pairs(&from).await;
            let leads = walk.leads_from_strangers();
            pairs.unknown.extend(open.iter().filter(|u| leads || u.node.is_none()).cloned());
            for (start, why) in &perhaps {
                let possible = walk.pairs(std::slice::from_ref(start)).await;
                if Some(start.node) != gone
                    && !(possible.known.is_empty() && possible.unknown.is_empty())
                {
                    pairs.unknown.push(why.clone());
                }
            }
            by_world.push((gone, pairs));
        }
        scene.replace(Current::Pairs(PairSet { how: self.0, from, by_world }));
    }
}

/// Where walks begin.
struct Beginning {
    from: Vec<Start>,
    /// Where they may begin, too.
    perhaps: Vec<(Start, Unknown)>,
    /// Why they may begin at nodes that nobody told us about.
    open: Vec<Unknown>,
}

impl Beginning {
    fn of(current: &Current) -> Option<Self> {
        let whole = |node| Start { node, resources: None };
        let part = |node: NodeId, resource: &ResourceRef| Start {
            node,
            resources: Some(vec![resource.clone()]),
        };
        let perhaps = |(node, why): (&NodeId, &Unknown)| (whole(*node), why.clone());
        match current {
            Current::Nodes(set) => Some(Self {
                from: set.known.ones().map(whole).collect(),
                perhaps: set.maybe.iter().map(perhaps).collect(),
                open: set.open.clone(),
            }),
            Current::Resources(set) => {
                let mut from: Vec<Start> = Vec::new();
                for (node, resource) in &set.known {
                    match from.iter_mut().rfind(|start| start.node == *node) {
                        Some(start) => {
                            start.resources.get_or_insert_default().push(resource.clone());
                        }
                        None => from.push(part(*node, resource)),
                    }
                }
                // What nobody sees on a node may be anything on it.
                let unseen = set.unseen.iter().map(perhaps);
                let seen = set
                    .perhaps
                    .iter()
                    .map(|((node, resource), why)| (part(*node, resource), why.clone()));
                let perhaps = seen.chain(unseen).collect();
                Some(Self { from, perhaps, open: set.open.clone() })
            }
            _ => None,
        }
    }
}

/// Puts a pair into a violation, with the way from one to the other.
async fn pair(
    scene: &Scene,
    pairs: &PairSet,
    a: NodeId,
    b: NodeId,
    about: &str,
    message: &str,
) -> Violation {
    let world = &scene.world;
    let graph = scene.dependencies().await;
    let starts: Vec<_> = pairs.from.iter().filter(|start| start.node == a).collect();
    let mut path = Vec::new();
    for start in starts {
        path = Walk::new(&graph, world, pairs.how).await.path(start, b).await;
        if !path.is_empty() {
            break;
        }
    }
    let subjects = vec![world.name(a).to_string(), world.name(b).to_string()];
    Violation { path, ..Violation::new(subjects, about, message) }
}

/// `a depends on b`, whichever way was followed.
fn connection(scene: &Scene, pairs: &PairSet, a: NodeId, b: NodeId) -> String {
    let (a, b) = match pairs.how.direction {
        Direction::Needs => (a, b),
        Direction::NeededBy => (b, a),
    };
    format!("{} depends on {}", scene.world.name(a), scene.world.name(b))
}

/// The current pairs.
fn current(scene: &Scene) -> Option<PairSet> {
    match scene.current() {
        Current::Pairs(pairs) => Some(pairs.clone()),
        _ => None,
    }
}

struct NoneShares(FactName);

#[async_trait]
impl Sentence for NoneShares {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Pairs])
    }

    async fn perform(&self, scene: &mut Scene) {
        let Some(set) = current(scene) else {
            return;
        };
        let fact = &self.0;
        let column = scene.world.fact(fact).await;
        let key = |value: &Known<Value>| match value {
            Known::Present(value) => Some(key_of(value)),
            Known::Absent | Known::Unknown(_) => None,
        };
        // A node is in many pairs.
        let keys: Vec<_> = column.values.iter().map(key).collect();
        for (gone, pairs) in &set.by_world {
            scene.refuse_if_empty(*gone);
            scene.doubt(pairs.unknown.iter().cloned());
            for (a, b) in &pairs.known {
                for node in [a, b] {
                    match &column.values[*node] {
                        Known::Absent => {
                            let violation = no_fact(&scene.world, *node, fact);
                            scene.violate(violation);
                        }
                        Known::Unknown(why) => {
                            let unknown = scene.world.unknown(*node, column.source, why);
                            scene.doubt([unknown]);
                        }
                        Known::Present(_) => {}
                    }
                }
                if let Known::Present(of_a) = &column.values[*a]
                    && keys[*a] == keys[*b]
                {
                    let how = connection(scene, &set, *a, *b);
                    let message = format!("{how}, and both have the {fact} {}", shown(of_a));
                    let violation =
                        pair(scene, &set, *a, *b, &format!("fact {fact}"), &message).await;
                    scene
                        .violate(violation.with("fact", fact.as_str()).with("value", of_a.clone()));
                }
            }
        }
    }
}

struct NoPairs;

#[async_trait]
impl Sentence for NoPairs {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Pairs])
    }

    async fn perform(&self, scene: &mut Scene) {
        let Some(set) = current(scene) else {
            return;
        };
        for (_, pairs) in &set.by_world {
            scene.doubt(pairs.unknown.iter().cloned());
            for (a, b) in &pairs.known {
                let message = connection(scene, &set, *a, *b);
                let violation = pair(scene, &set, *a, *b, "dependency", &message).await;
                scene.violate(violation);
            }
        }
    }
}
