//! Then: how many there are.

use async_trait::async_trait;
use groundrule_core::source::Unknown;
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then, Written};
use groundrule_engine::scene::{self, Current, Misfit, OnNode, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::World;

use crate::words::{Read, list};

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "there is/are at least {number} of it/they/them",
        doc: "violated when there are fewer; names all of them",
        example: "Then there are at least 2 of them",
        read: |written| counted(written, Bound::AtLeast),
    },
    Definition {
        keyword: Then,
        expression: "there is/are at most {number} of it/they/them",
        doc: "violated when there are more; names all of them",
        example: "Then there are at most 10 of them",
        read: |written| counted(written, Bound::AtMost),
    },
    Definition {
        keyword: Then,
        expression: "there is/are exactly {number} of it/they/them",
        doc: "violated when there are fewer or more; names all of them",
        example: "Then there are exactly 3 of them",
        read: |written| counted(written, Bound::Exactly),
    },
    Definition {
        keyword: Then,
        expression: "there is/are none",
        doc: "violated by each one that there is",
        example: "Then there are none",
        read: |_| Ok(Box::new(Nobody)),
    },
];

/// How many are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// So many or more.
    AtLeast,
    /// So many or fewer.
    AtMost,
    /// So many.
    Exactly,
}

impl Bound {
    /// Whether a count breaks it; when more may come, only having too many does for certain.
    pub fn is_broken(self, count: usize, wanted: usize, more_may_come: bool) -> bool {
        let too_many = count > wanted && self != Self::AtLeast;
        let too_few = count < wanted && self != Self::AtMost && !more_may_come;
        too_many || too_few
    }

    /// In words.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::AtLeast => "at least",
            Self::AtMost => "at most",
            Self::Exactly => "exactly",
        }
    }
}

const COUNTABLE: &[Shape] = &[Shape::Nodes, Shape::Resources, Shape::Dependencies];

/// The members of the current set, each with its node, and what is not known.
struct Members {
    all: Vec<(NodeId, String)>,
    unknown: Vec<(Option<NodeId>, Unknown)>,
}

impl Members {
    fn of(scene: &Scene) -> Self {
        let world = &scene.world;
        let name = |node: NodeId| world.name(node).to_string();
        match scene.current() {
            Current::Nodes(set) => Self {
                all: set.known.ones().map(|node| (node, name(node))).collect(),
                unknown: doubts(set.maybe.iter().map(|(node, why)| (*node, why)), &set.open),
            },
            Current::Resources(set) => Self::of_members(world, set, |(node, resource)| {
                format!("{}/{resource}", world.name(*node))
            }),
            Current::Dependencies(set) => {
                Self::of_members(world, set, |dependency| name(dependency.node(world)))
            }
            Current::Nothing | Current::Groups(_) | Current::Pairs(_) => {
                Self { all: Vec::new(), unknown: Vec::new() }
            }
        }
    }

    fn of_members<T: OnNode>(
        world: &World,
        set: &scene::Members<T>,
        subject: impl Fn(&T) -> String,
    ) -> Self {
        let perhaps = set.perhaps.iter().map(|(member, why)| (member.node(world), why));
        let unseen = set.unseen.iter().map(|(node, why)| (*node, why));
        Self {
            all: set.known.iter().map(|member| (member.node(world), subject(member))).collect(),
            unknown: doubts(perhaps.chain(unseen), &set.open),
        }
    }

    /// Without those of a node that is gone.
    fn without(&self, gone: Option<NodeId>) -> impl Iterator<Item = &String> {
        self.all.iter().filter(move |(node, _)| Some(*node) != gone).map(|(_, name)| name)
    }

    fn count_without(&self, gone: Option<NodeId>) -> usize {
        self.all.len() - self.all.iter().filter(|(node, _)| Some(*node) == gone).count()
    }

    fn doubts_without(&self, gone: Option<NodeId>) -> impl Iterator<Item = &Unknown> {
        self.unknown
            .iter()
            .filter(move |(node, _)| gone.is_none() || *node != gone)
            .map(|(_, why)| why)
    }
}

fn doubts<'u>(
    on_nodes: impl Iterator<Item = (NodeId, &'u Unknown)>,
    open: &[Unknown],
) -> Vec<(Option<NodeId>, Unknown)> {
    let on_nodes = on_nodes.map(|(node, why)| (Some(node), why.clone()));
    on_nodes.chain(open.iter().map(|why| (None, why.clone()))).collect()
}

fn counted(written: &Written, bound: Bound) -> Read {
    Ok(Box::new(Counted { bound, wanted: written.count(0)? }))
}

struct Counted {
    bound: Bound,
    wanted: usize,
}

#[async_trait]
impl Sentence for Counted {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(COUNTABLE)
    }

    async fn perform(&self, scene: &mut Scene) {
        let members = Members::of(scene);
        for gone in worlds(scene) {
            let n = members.count_without(gone);
            let more_may_come = members.doubts_without(gone).next().is_some();
            if self.bound.is_broken(n, self.wanted, more_may_come) {
                let members: Vec<_> = members.without(gone).cloned().collect();
                let are = if n == 1 { "is" } else { "are" };
                let who = if n == 0 { String::new() } else { format!(" ({})", list(&members)) };
                let wanted = format!("{} {}", self.bound.phrase(), self.wanted);
                let message = format!("there {are} {n}{who}, and {wanted} are wanted");
                let violation = Violation::new(members, "count", message);
                scene.violate(violation.with("count", n).with("wanted", wanted));
            }
            let doubts: Vec<_> = members.doubts_without(gone).cloned().collect();
            scene.doubt(doubts);
        }
    }
}

struct Nobody;

#[async_trait]
impl Sentence for Nobody {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(COUNTABLE)
    }

    async fn perform(&self, scene: &mut Scene) {
        let members = Members::of(scene);
        // Whoever is there in one of the worlds is one too many.
        let gone = match worlds(scene).as_slice() {
            [] => return,
            [only] => *only,
            _ => None,
        };
        for member in members.without(gone) {
            let message = format!("{member} is one of those that should not be there");
            scene.violate(Violation::new(vec![member.clone()], "presence", message));
        }
        let doubts: Vec<_> = members.doubts_without(gone).cloned().collect();
        scene.doubt(doubts);
    }
}

/// The worlds that are judged: without any further node gone, or with each in turn.
fn worlds(scene: &Scene) -> Vec<Option<NodeId>> {
    match scene.in_turn() {
        None => vec![None],
        Some(nodes) => nodes.iter().copied().map(Some).collect(),
    }
}
