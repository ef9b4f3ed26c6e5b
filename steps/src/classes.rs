//! Then: classes.

use async_trait::async_trait;
use groundrule_core::pattern::Pattern;
use groundrule_core::verdict::Violation;
use groundrule_engine::policy::{Definition, Keyword::Then, Written};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};

use crate::words::{Read, class, list, such};

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every one has class {name}",
        doc: "violated by each node that lacks the class",
        example: r#"Then every one has class "ntp""#,
        read: |written| has_class(written, true),
    },
    Definition {
        keyword: Then,
        expression: "none has/have class {name}",
        doc: "violated by each node that has the class",
        example: r#"Then none has class "telnet::server""#,
        read: |written| has_class(written, false),
    },
];

fn has_class(written: &Written, wanted: bool) -> Read {
    Ok(Box::new(HasClass { class: class(written.text(0))?, wanted }))
}

struct HasClass {
    class: Pattern,
    wanted: bool,
}

#[async_trait]
impl Sentence for HasClass {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let classes = scene.world.classes(&self.class).await;
        let class = &self.class;
        scene.judge_each(&classes, |world, node, found| {
            let name = world.name(node);
            let message = match (found, self.wanted) {
                (None, true) => format!("{name} has no {}", such("class", class)),
                (Some(found), false) => {
                    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
                    let classes = if found.len() == 1 { "class" } else { "classes" };
                    format!("{name} has the {classes} {}, which it should not have", list(&found))
                }
                _ => return None,
            };
            let violation =
                Violation::new(vec![name.to_string()], format!("class {class}"), message);
            Some(violation.with("class", class.as_str()))
        });
    }
}
