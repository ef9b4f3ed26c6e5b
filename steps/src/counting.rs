//! Then: how many there are.

use async_trait::async_trait;
use groundrule_core::source::Unknown;
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then, Written};
use groundrule_engine::scene::{self, Current, Misfit, OnNode, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::World;

use crate::words::{Read, list, wanted};

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

/// The members of the current set, and what is not known.
struct Members {
    all: Vec<Member>,
    unknown: Vec<(Option<NodeId>, Unknown)>,
}

/// A member of the current set.
struct Member {
    node: NodeId,
    /// Who is named when it is one too many.
    subject: String,
    /// What tells it from others of the same subject: a declared dependency, in words.
    dependency: Option<Needs>,
}

/// A declared dependency.
struct Needs {
    /// `web1 needs db1`
    words: String,
    /// What makes it the same one in the next run.
    identity: String,
}

impl Member {
    fn words(&self) -> &str {
        self.dependency.as_ref().map_or(&self.subject, |needs| &needs.words)
    }
}

impl Members {
    async fn of(scene: &Scene) -> Self {
        let world = &scene.world;
        let name = |node: NodeId| world.name(node).to_string();
        let plain = |node: NodeId, subject| Member { node, subject, dependency: None };
        match scene.current() {
            Current::Nodes(set) => Self {
                all: set.known.ones().map(|node| plain(node, name(node))).collect(),
                unknown: doubts(set.maybe.iter().map(|(node, why)| (*node, why)), &set.open),
            },
            Current::Resources(set) => Self::of_members(world, set, |(node, resource)| {
                plain(*node, format!("{}/{resource}", world.name(*node)))
            }),
            Current::Dependencies(set) => {
                let graph = scene.dependencies().await;
                Self::of_members(world, set, |id| {
                    let node = id.node(world);
                    let declared = &graph.all[*id].declared;
                    let words = format!("{} needs {}", declared.dependent(), declared.needed());
                    let needs = Needs { words, identity: declared.identity() };
                    Member { node, subject: name(node), dependency: Some(needs) }
                })
            }
            Current::Nothing | Current::Groups(_) | Current::Pairs(_) | Current::Rows(_) => {
                Self { all: Vec::new(), unknown: Vec::new() }
            }
        }
    }

    fn of_members<T: OnNode>(
        world: &World,
        set: &scene::Members<T>,
        member: impl Fn(&T) -> Member,
    ) -> Self {
        let perhaps = set.perhaps.iter().map(|(member, why)| (member.node(world), why));
        let unseen = set.unseen.iter().map(|(node, why)| (*node, why));
        Self {
            all: set.known.iter().map(member).collect(),
            unknown: doubts(perhaps.chain(unseen), &set.open),
        }
    }

    /// Without those of a node that is gone.
    fn without(&self, gone: Option<NodeId>) -> impl Iterator<Item = &Member> {
        self.all.iter().filter(move |member| Some(member.node) != gone)
    }

    fn count_without(&self, gone: Option<NodeId>) -> usize {
        self.without(gone).count()
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
        let members = Members::of(scene).await;
        for gone in worlds(scene) {
            let n = members.count_without(gone);
            let more_may_come = members.doubts_without(gone).next().is_some();
            if self.bound.is_broken(n, self.wanted, more_may_come) {
                let words: Vec<_> = members.without(gone).map(|m| m.words().to_owned()).collect();
                let found = match n {
                    0 => "there are none".to_owned(),
                    1 => format!("there is 1 ({})", list(&words)),
                    _ => format!("there are {n} ({})", list(&words)),
                };
                let message = format!("{found}, {}", wanted(self.bound.phrase(), self.wanted));
                let subjects = members.without(gone).map(|m| m.subject.clone()).collect();
                let violation = Violation::new(subjects, "count", message);
                let wanted = format!("{} {}", self.bound.phrase(), self.wanted);
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
        let members = Members::of(scene).await;
        // Whoever is there in one of the worlds is one too many.
        let gone = match worlds(scene).as_slice() {
            [] => return,
            [only] => *only,
            _ => None,
        };
        for member in members.without(gone) {
            let (what, about) = match &member.dependency {
                Some(needs) => (&needs.words, format!("dependency {}", needs.identity)),
                None => (&member.subject, "presence".to_owned()),
            };
            let message = format!("{what}: there should be none of these");
            scene.violate(Violation::new(vec![member.subject.clone()], about, message));
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
