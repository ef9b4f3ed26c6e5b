//! When they are grouped …, Then every group …

use std::collections::BTreeMap;

use async_trait::async_trait;
use fixedbitset::FixedBitSet;
use groundrule_core::comparison::key_of;
use groundrule_core::fact::{FactName, text_of};
use groundrule_core::pattern::Pattern;
use groundrule_core::source::{Known, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then, Keyword::When, Written};
use groundrule_engine::scene::{
    Current, Group, Groups, Misfit, Nodes, Scene, Sentence, Shape, Shapes,
};

use crate::counting::Bound;
use crate::facts::no_fact;
use crate::sharing::Values;
use crate::words::{self, Read, count, list, names, regex};

pub const RELATIONS: &[Definition] = &[
    Definition {
        keyword: When,
        expression: "it/they/them is/are grouped by the fact {name}",
        doc: "groups nodes by the value of a fact; a node without it is a violation",
        example: r#"When they are grouped by the fact "shard""#,
        read: |written| Ok(Box::new(GroupBy::Fact(FactName::new(written.text(0))))),
    },
    Definition {
        keyword: When,
        expression: "it/they/them is/are grouped by environment",
        doc: "groups nodes by the environment of their catalog; a node without one is a violation",
        example: "When they are grouped by environment",
        read: |_| Ok(Box::new(GroupBy::Environment)),
    },
    Definition {
        keyword: When,
        expression: "it/they/them is/are grouped by class matching {name}",
        doc: "groups nodes by what the expression captures first in their classes, else by the whole class; a node may be in several groups, and one that is in none is a violation",
        example: r#"When they are grouped by class matching "/^role::(.+)/""#,
        read: |written| Ok(Box::new(GroupBy::Class(regex(written.text(0))?))),
    },
];

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every group has at least {number} member(s)",
        doc: "violated by each group with fewer; names its members",
        example: "Then every group has at least 2 members",
        read: |written| size(written, Bound::AtLeast),
    },
    Definition {
        keyword: Then,
        expression: "every group has at most {number} member(s)",
        doc: "violated by each group with more; names its members",
        example: "Then every group has at most 5 members",
        read: |written| size(written, Bound::AtMost),
    },
    Definition {
        keyword: Then,
        expression: "every group has exactly {number} member(s)",
        doc: "violated by each group with fewer or more; names its members",
        example: "Then every group has exactly 3 members",
        read: |written| size(written, Bound::Exactly),
    },
    Definition {
        keyword: Then,
        expression: "every group spans at least {number} value(s) of the fact {name}",
        doc: "violated by each group with fewer different values; names its members, and each node without the fact",
        example: r#"Then every group spans at least 2 values of the fact "availability_zone""#,
        read: |written| {
            Ok(Box::new(Spans { wanted: written.count(0)?, fact: FactName::new(written.text(1)) }))
        },
    },
];

enum GroupBy {
    Fact(FactName),
    Environment,
    Class(Pattern),
}

/// The groups that a node is in, or why it is not known.
struct Membership {
    /// Key and name of each group.
    groups: Vec<(String, String)>,
    /// Why it may be in others.
    doubt: Option<Unknown>,
}

#[async_trait]
impl Sentence for GroupBy {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])?;
        shapes.current = Shape::Groups;
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        let Some(nodes) = scene.judged_nodes() else {
            return;
        };
        let memberships = self.memberships(scene, &nodes).await;
        scene.doubt(nodes.open.clone());
        let mut groups = Groups {
            by: self.by(),
            groups: Vec::new(),
            anywhere: BTreeMap::new(),
            open: nodes.open.clone(),
        };
        let mut by_key: BTreeMap<String, Group> = BTreeMap::new();
        for (node, membership) in memberships {
            if membership.groups.is_empty() {
                match (nodes.maybe.get(&node), &membership.doubt) {
                    (None, None) => {
                        let violation = self.in_none(scene, node);
                        scene.violate_selection(violation);
                    }
                    (doubt, other) => scene.doubt(doubt.or(other.as_ref()).cloned()),
                }
            }
            for (key, name) in membership.groups {
                let group = by_key.entry(key).or_insert_with(|| Group {
                    name,
                    members: FixedBitSet::with_capacity(scene.world.size()),
                    maybe: BTreeMap::new(),
                });
                match nodes.maybe.get(&node) {
                    Some(why) => {
                        group.maybe.insert(node, why.clone());
                    }
                    None => group.members.insert(node),
                }
            }
            groups.anywhere.extend(membership.doubt.map(|why| (node, why)));
        }
        groups.groups = by_key.into_values().collect();
        scene.replace(Current::Groups(groups));
    }
}

impl GroupBy {
    fn by(&self) -> String {
        match self {
            Self::Fact(fact) => format!("fact {fact}"),
            Self::Environment => "environment".to_owned(),
            Self::Class(pattern) => format!("class matching {pattern}"),
        }
    }

    fn in_none(&self, scene: &Scene, node: NodeId) -> Violation {
        let name = scene.world.name(node).to_string();
        match self {
            Self::Fact(fact) => no_fact(&scene.world, node, fact),
            Self::Environment => {
                let message = format!("{name} is in no environment");
                Violation::new(vec![name], "environment", message)
            }
            Self::Class(pattern) => {
                let message = format!("{name} has no class that matches {pattern}");
                Violation::new(vec![name], format!("class {pattern}"), message)
            }
        }
    }

    async fn memberships(&self, scene: &Scene, nodes: &Nodes) -> Vec<(NodeId, Membership)> {
        let world = &scene.world;
        let members = nodes.known.ones().chain(nodes.maybe.keys().copied());
        let of = |value: Known<(String, String)>, source, node| match value {
            Known::Present(group) => Membership { groups: vec![group], doubt: None },
            Known::Absent => Membership { groups: Vec::new(), doubt: None },
            Known::Unknown(why) => {
                Membership { groups: Vec::new(), doubt: Some(world.unknown(node, source, &why)) }
            }
        };
        match self {
            Self::Fact(fact) => {
                let column = world.fact(fact).await;
                let group = |node: NodeId| match &column.values[node] {
                    Known::Present(value) => {
                        Known::Present((key_of(value), text_of(value).into_owned()))
                    }
                    Known::Absent => Known::Absent,
                    Known::Unknown(why) => Known::Unknown(why.clone()),
                };
                members.map(|node| (node, of(group(node), column.source, node))).collect()
            }
            Self::Environment => {
                let column = world.environment().await;
                let group = |node: NodeId| match &column.values[node] {
                    Known::Present(name) => Known::Present((name.to_string(), name.to_string())),
                    Known::Absent => Known::Absent,
                    Known::Unknown(why) => Known::Unknown(why.clone()),
                };
                members.map(|node| (node, of(group(node), column.source, node))).collect()
            }
            Self::Class(pattern) => {
                let column = world.classes(pattern).await;
                members
                    .map(|node| {
                        let membership = match &column.values[node] {
                            Known::Present(classes) => {
                                let mut groups: Vec<_> =
                                    classes.iter().map(|class| captured(pattern, class)).collect();
                                groups.sort_unstable();
                                groups.dedup();
                                Membership { groups, doubt: world.more_classes(node) }
                            }
                            Known::Absent => Membership { groups: Vec::new(), doubt: None },
                            Known::Unknown(why) => {
                                let doubt = Some(world.unknown(node, column.source, why));
                                Membership { groups: Vec::new(), doubt }
                            }
                        };
                        (node, membership)
                    })
                    .collect()
            }
        }
    }
}

/// What an expression captures first in a class, else the class.
fn captured(pattern: &Pattern, class: &str) -> (String, String) {
    let group = match pattern {
        Pattern::Regex { regex, .. } => {
            let captures = regex.captures(class);
            captures.and_then(|found| Some(found.get(1)?.as_str().to_owned()))
        }
        Pattern::Plain(_) => None,
    };
    let group = group.unwrap_or_else(|| class.to_owned());
    (group.clone(), group)
}

/// The current groups in each world that is judged; no group at all is refused.
fn worlds(scene: &mut Scene) -> Vec<Groups> {
    let Current::Groups(groups) = scene.current().clone() else {
        return Vec::new();
    };
    scene.doubt(groups.unknown().cloned());
    let Some(turns) = scene.in_turn().map(<[NodeId]>::to_vec) else {
        scene.refuse_if_empty(None);
        return vec![groups];
    };
    for gone in &turns {
        scene.refuse_if_empty(Some(*gone));
    }
    turns.iter().map(|gone| groups.clone().without(*gone)).collect()
}

/// What a finding about a group is about: never the value of a fact.
fn about(groups: &Groups, group: &Group) -> String {
    match groups.by.starts_with("class") {
        true => format!("group {} by {}", group.name, groups.by),
        false => format!("group by {}", groups.by),
    }
}

fn size(written: &Written, bound: Bound) -> Read {
    Ok(Box::new(Size { bound, wanted: written.count(0)? }))
}

struct Size {
    bound: Bound,
    wanted: usize,
}

#[async_trait]
impl Sentence for Size {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Groups])
    }

    async fn perform(&self, scene: &mut Scene) {
        for groups in worlds(scene) {
            for group in &groups.groups {
                let more_may_come = groups.may_grow(group);
                let members: Vec<_> = group.members.ones().collect();
                // A group of which no member is certain may not be there at all.
                if members.is_empty()
                    || !self.bound.is_broken(members.len(), self.wanted, more_may_come)
                {
                    continue;
                }
                let subjects = names(&scene.world, members.iter().copied());
                let (found, who) = (count(members.len(), "member"), list(&subjects));
                let wanted = words::wanted(self.bound.phrase(), self.wanted);
                let message = format!("the group {:?} has {found} ({who}), {wanted}", group.name);
                let wanted = format!("{} {}", self.bound.phrase(), self.wanted);
                let violation = Violation::new(subjects, about(&groups, group), message);
                scene.violate(violation.with("group", group.name.as_str()).with("wanted", wanted));
            }
        }
    }
}

struct Spans {
    wanted: usize,
    fact: FactName,
}

#[async_trait]
impl Sentence for Spans {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Groups])
    }

    async fn perform(&self, scene: &mut Scene) {
        let column = scene.world.fact(&self.fact).await;
        for groups in worlds(scene) {
            for group in &groups.groups {
                let values = Values::among(&scene.world, &column, group.members.ones());
                for node in &values.absent {
                    let violation = no_fact(&scene.world, *node, &self.fact);
                    scene.violate(violation);
                }
                let doubtful = groups.may_grow(group) || !values.unknown.is_empty();
                if !group.members.is_clear() && values.of.len() < self.wanted && !doubtful {
                    let (fact, wanted) = (&self.fact, self.wanted);
                    let subjects = names(&scene.world, group.members.ones());
                    let found = count(values.of.len(), "value");
                    let message = format!(
                        "the group {:?} ({}) spans {found} of the fact {fact}, {}",
                        group.name,
                        list(&subjects),
                        words::wanted("at least", wanted)
                    );
                    let violation = Violation::new(
                        subjects,
                        format!("{}, fact {fact}", about(&groups, group)),
                        message,
                    );
                    scene.violate(
                        violation.with("group", group.name.as_str()).with("fact", fact.as_str()),
                    );
                }
                scene.doubt(values.unknown);
            }
        }
    }
}
