//! And only those …, And except those …: narrowing and cutting the current set.

use async_trait::async_trait;
use groundrule_core::filter::Combine;
use groundrule_core::pattern::Pattern;
use groundrule_engine::policy::{Definition, Keyword::Given, Unreadable, Written};
use groundrule_engine::scene::{Current, Misfit, Scene, Sentence, Shape, Shapes};

use crate::tail::Tail;
use crate::words::{Read, of_type};

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Given,
        expression: "{keep} those with class {name}",
        doc: "narrow the current set to nodes with the class, or cut them; of resources and dependencies the node counts",
        example: r#"And only those with class "mysql::server""#,
        read: |written| narrow(written, Tail::class(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those without class {name}",
        doc: "the same for nodes without the class",
        example: r#"And only those without class "ntp""#,
        read: |written| narrow(written, Tail::without_class(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those with the fact {name}",
        doc: "the same for nodes with the fact",
        example: r#"And only those with the fact "rack""#,
        read: |written| narrow(written, Tail::fact(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those without the fact {name}",
        doc: "the same for nodes that have facts, but not this one",
        example: r#"And except those without the fact "rack""#,
        read: |written| narrow(written, Tail::without_fact(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those whose fact {name} {comparison} {value}",
        doc: "the same for nodes whose fact compares as wanted",
        example: r#"And except those whose fact "tier" is "staging""#,
        read: |written| narrow(written, Tail::compares(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those in environment {name}",
        doc: "the same for nodes whose catalog is of the environment",
        example: r#"And only those in environment "production""#,
        read: |written| narrow(written, Tail::environment(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those with the agent {name}",
        doc: "the same for nodes on which the MCollective agent runs",
        example: r#"And only those with the agent "nrpe""#,
        read: |written| narrow(written, Tail::agent(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those matching {name}",
        doc: "the same for nodes that the filter selects",
        example: r#"And except those matching "role=db and not location=dc1""#,
        read: |written| narrow(written, Tail::matching(written, 1)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those of type {name}",
        doc: "narrow resources to those of the type, or cut them",
        example: r#"And except those of type "notify""#,
        read: |written| {
            Ok(Box::new(OfType { only: only(written), of_type: of_type(written.text(1))? }))
        },
    },
    Definition {
        keyword: Given,
        expression: "{keep} those that is/are registered",
        doc: "the same for nodes that have registered",
        example: "And only those that are registered",
        read: |written| narrow(written, Ok(Tail::Registered)),
    },
    Definition {
        keyword: Given,
        expression: "{keep} those that is/are discovered",
        doc: "the same for nodes that answer discovery now",
        example: "And except those that are discovered",
        read: |written| narrow(written, Ok(Tail::Discovered)),
    },
];

fn only(written: &Written) -> bool {
    written.text(0) == "only"
}

fn narrow(written: &Written, tail: Result<Tail, Unreadable>) -> Read {
    Ok(Box::new(Narrow { only: only(written), tail: tail? }))
}

struct Narrow {
    only: bool,
    tail: Tail,
}

#[async_trait]
impl Sentence for Narrow {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes, Shape::Resources, Shape::Dependencies])
    }

    async fn perform(&self, scene: &mut Scene) {
        let truth = self.tail.truth(&scene.world).await;
        let truth = if self.only { truth } else { truth.complement() };
        let closes = self.only && !self.tail.may_fit_strangers(&scene.world);
        scene.restrict(&truth, closes).await;
    }
}

struct OfType {
    only: bool,
    of_type: Pattern,
}

#[async_trait]
impl Sentence for OfType {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Resources])
    }

    async fn perform(&self, scene: &mut Scene) {
        if let Current::Resources(mut set) = scene.current().clone() {
            set.retain(|(_, resource)| self.of_type.matches(resource.type_name()) == self.only);
            scene.narrow(Current::Resources(set));
        }
    }
}
