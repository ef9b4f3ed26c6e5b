//! Then: facts.

use async_trait::async_trait;
use groundrule_core::comparison::Expected;
use groundrule_core::fact::FactName;
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::World;

use crate::words::{expected, shown};

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every one has the fact {name}",
        doc: "violated by each node without the fact",
        example: r#"Then every one has the fact "owner""#,
        read: |written| Ok(Box::new(HasFact(FactName::new(written.text(0))))),
    },
    Definition {
        keyword: Then,
        expression: "the fact {name} of every one {comparison} {value}",
        doc: "violated by each node whose fact is absent or does not compare as wanted",
        example: r#"Then the fact "os.release.major" of every one is at least "12""#,
        read: |written| {
            let fact = FactName::new(written.text(0));
            Ok(Box::new(Compares { fact, expected: expected(written, 1)? }))
        },
    },
];

/// A node that has no such fact.
pub fn no_fact(world: &World, node: NodeId, fact: &FactName) -> Violation {
    let name = world.name(node).to_string();
    let message = format!("{name} has no fact {fact}");
    Violation::new(vec![name], format!("fact {fact}"), message).with("fact", fact.as_str())
}

struct HasFact(FactName);

#[async_trait]
impl Sentence for HasFact {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let values = scene.world.fact(&self.0).await;
        scene.judge_each(&values, |world, node, value| match value {
            Some(_) => None,
            None => Some(no_fact(world, node, &self.0)),
        });
    }
}

struct Compares {
    fact: FactName,
    expected: Expected,
}

#[async_trait]
impl Sentence for Compares {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let values = scene.world.fact(&self.fact).await;
        scene.judge_each(&values, |world, node, value| {
            let Some(value) = value else {
                return Some(no_fact(world, node, &self.fact));
            };
            if self.expected.accepts(value) {
                return None;
            }
            let name = world.name(node).to_string();
            let (fact, expected) = (&self.fact, &self.expected);
            let message = format!(
                "the fact {fact} of {name} is {}, and it {}",
                shown(value),
                expected.should()
            );
            let violation = Violation::new(vec![name], format!("fact {fact}"), message);
            Some(
                violation
                    .with("fact", fact.as_str())
                    .with("value", value.clone())
                    .with("wanted", expected.to_string()),
            )
        });
    }
}
