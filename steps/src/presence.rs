//! Then: registration and discovery.

use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::source::Known;
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::describe;
use groundrule_engine::policy::{Definition, Keyword::Then, Unreadable};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::Column;

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every one answers discovery",
        doc: "violated by each node that is not in the discovery reply",
        example: "Then every one answers discovery",
        read: |_| Ok(Box::new(Answers)),
    },
    Definition {
        keyword: Then,
        expression: "every one is registered",
        doc: "violated by each node without a registration",
        example: "Then every one is registered",
        read: |_| Ok(Box::new(Registered)),
    },
    Definition {
        keyword: Then,
        expression: "every one registered within {name}",
        doc: "violated by each node without a registration, or whose last one is longer ago than that",
        example: r#"Then every one registered within "1h""#,
        read: |written| Ok(Box::new(Within(duration(written.text(0))?))),
    },
];

/// A length of time, as a policy writes it.
fn duration(text: &str) -> Result<Duration, Unreadable> {
    humantime::parse_duration(text).map_err(|error| {
        Unreadable::new(
            format!("{text:?} is no length of time: {error}"),
            "write for instance \"90s\", \"1h\" or \"2d\"",
        )
    })
}

struct Answers;

#[async_trait]
impl Sentence for Answers {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let answers = scene.world.answers();
        scene.judge_each(&answers, |world, node, answers| {
            let name = world.name(node).to_string();
            let message = format!("{name} does not answer discovery");
            answers.is_none().then(|| Violation::new(vec![name], "discovery", message))
        });
    }
}

struct Registered;

#[async_trait]
impl Sentence for Registered {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let registered = scene.world.is_registered();
        scene.judge_each(&registered, |world, node, registered| {
            let name = world.name(node).to_string();
            let message = format!("{name} has not registered");
            registered.is_none().then(|| Violation::new(vec![name], "registration", message))
        });
    }
}

struct Within(Duration);

#[async_trait]
impl Sentence for Within {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let registered = scene.world.is_registered();
        let seen = scene.world.last_seen().await;
        let now = scene.world.estate.settings.now;
        // Who has not registered breaks the rule; of the others the time counts.
        let values =
            registered.values.iter().zip(seen.values).map(|(registered, seen)| match registered {
                Known::Present(()) => seen,
                Known::Absent => Known::Absent,
                Known::Unknown(why) => Known::Unknown(why.clone()),
            });
        let column = Column { source: seen.source, values: values.collect() };
        scene.judge_each(&column, |world, node, seen| {
            let name = world.name(node).to_string();
            let limit = describe(self.0);
            let message = match seen {
                None => format!("{name} has not registered"),
                Some(seen) => {
                    let age = Duration::try_from(now.duration_since(*seen)).unwrap_or_default();
                    if age <= self.0 {
                        return None;
                    }
                    match describe(age) {
                        age if age == limit => format!("{name} last registered over {limit} ago"),
                        age => {
                            format!("{name} last registered {age} ago, and the limit is {limit}")
                        }
                    }
                }
            };
            let violation =
                Violation::new(vec![name], "registration", message).with("within", limit);
            Some(match seen {
                Some(seen) => violation.with("lastseen", seen.to_string()),
                None => violation,
            })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (text, seconds) in
            [("90s", 90), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("1h 30m", 5400), ("0s", 0)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "h", "90", "-1h", "1 fortnight", "1h,30m", "99999999999999999999h"] {
            let unreadable = duration(text).unwrap_err();
            assert!(unreadable.what.starts_with(&format!("{text:?} is no length of time: ")));
            assert!(unreadable.help.contains("\"90s\""));
        }
    }
}
