//! Resources: Given, and Then every one has …

use async_trait::async_trait;
use groundrule_core::comparison::Expected;
use groundrule_core::name::ResourceRef;
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::ResourceQuery;
use groundrule_core::source::Known;
use groundrule_core::verdict::Violation;
use groundrule_engine::policy::{Definition, Keyword::Given, Keyword::Then, Written};
use groundrule_engine::scene::{Current, Members, Misfit, Scene, Sentence, Shape, Shapes};

use crate::words::{Read, expected, list, of_type, reference, references, shown};

pub const SELECTIONS: &[Definition] = &[
    Definition {
        keyword: Given,
        expression: "resource(s) of type {name}",
        doc: "resources of a type, each on its node",
        example: r#"Given resources of type "mysql::database""#,
        read: |written| select(ResourceQuery::OfType(of_type(written.text(0))?)),
    },
    Definition {
        keyword: Given,
        expression: "service(s)",
        doc: "resources of type Service, each on its node",
        example: "Given services",
        read: |_| select(ResourceQuery::OfType(Pattern::Plain("Service".to_owned()))),
    },
    Definition {
        keyword: Given,
        expression: "the resource {name}",
        doc: "this resource, on every node that has it",
        example: r#"Given the resource "Service[exim4]""#,
        read: |written| select(ResourceQuery::Named(references(written.text(0))?)),
    },
];

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every one has the resource {name}",
        doc: "violated by each node whose catalog lacks the resource",
        example: r#"Then every one has the resource "Service[ntp]""#,
        read: |written| has_resource(written, true),
    },
    Definition {
        keyword: Then,
        expression: "none has/have the resource {name}",
        doc: "violated by each node whose catalog has the resource",
        example: r#"Then none has the resource "Package[telnetd]""#,
        read: |written| has_resource(written, false),
    },
    Definition {
        keyword: Then,
        expression: "the parameter {name} of {name} {comparison} {value} on every one",
        doc: "violated by each node on which the resource or the parameter is absent, or does not compare as wanted",
        example: r#"Then the parameter "ensure" of "Service[ntp]" is "running" on every one"#,
        read: |written| {
            let parameter = written.text(0).to_owned();
            Ok(Box::new(Parameter {
                parameter,
                resource: reference(written.text(1))?,
                expected: expected(written, 2)?,
            }))
        },
    },
];

fn select(query: ResourceQuery) -> Read {
    Ok(Box::new(Select(query)))
}

fn has_resource(written: &Written, wanted: bool) -> Read {
    Ok(Box::new(HasResource { resource: references(written.text(0))?, wanted }))
}

struct Select(ResourceQuery);

#[async_trait]
impl Sentence for Select {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.current = Shape::Resources;
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        let column = scene.world.resources(&self.0).await;
        let nodes = scene.all_nodes();
        let mut set = Members::of(Vec::new());
        set.open = nodes.open;
        for (node, found) in column.values.into_iter().enumerate() {
            let perhaps = nodes.maybe.get(&node);
            if perhaps.is_none() && !nodes.known.contains(node) {
                continue;
            }
            match (found, perhaps) {
                (Known::Present(found), None) => {
                    set.known.extend(found.into_iter().map(|resource| (node, resource)));
                }
                (Known::Present(found), Some(why)) => {
                    let perhaps = found.into_iter().map(|resource| ((node, resource), why.clone()));
                    set.perhaps.extend(perhaps);
                }
                (Known::Unknown(why), _) => {
                    set.unseen.insert(node, scene.world.unknown(node, column.source, &why));
                }
                (Known::Absent, _) => {}
            }
        }
        scene.select(Current::Resources(set));
    }
}

struct HasResource {
    resource: Pattern,
    wanted: bool,
}

#[async_trait]
impl Sentence for HasResource {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let column = scene.world.resources(&ResourceQuery::Named(self.resource.clone())).await;
        let resource = &self.resource;
        scene.judge_each(&column, |world, node, found| {
            let name = world.name(node).to_string();
            let message = match (found, self.wanted) {
                (None, true) => match resource {
                    Pattern::Plain(_) => format!("the catalog of {name} lacks {resource}"),
                    Pattern::Regex { .. } => {
                        format!("the catalog of {name} has no resource that matches {resource}")
                    }
                },
                (Some(found), false) => {
                    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
                    format!("the catalog of {name} has {}, which it should not have", list(&found))
                }
                _ => return None,
            };
            let violation = Violation::new(vec![name], format!("resource {resource}"), message);
            Some(violation.with("resource", resource.as_str()))
        });
    }
}

struct Parameter {
    parameter: String,
    resource: ResourceRef,
    expected: Expected,
}

#[async_trait]
impl Sentence for Parameter {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let Some(nodes) = scene.nodes().map(|set| set.known.clone()) else {
            return;
        };
        let (parameter, resource, expected) = (&self.parameter, &self.resource, &self.expected);
        let column = scene.world.parameter(resource, parameter, &nodes).await;
        let named = ResourceQuery::Named(Pattern::Plain(resource.as_str().to_owned()));
        let there = scene.world.resources(&named).await;
        scene.judge_each(&column, |world, node, value| {
            let name = world.name(node).to_string();
            let should = expected.should();
            let message = match value {
                Some(value) if expected.accepts(value) => return None,
                Some(value) => {
                    let value = shown(value);
                    format!("the parameter {parameter} of {resource} on {name} is {value}, and it {should}")
                }
                None if matches!(there.values[node], Known::Present(_)) => {
                    format!("{resource} on {name} has no parameter {parameter}, and it {should}")
                }
                None => {
                    format!("the catalog of {name} lacks {resource}, of which {parameter} {should}")
                }
            };
            let about = format!("parameter {parameter} of {resource}");
            let violation = Violation::new(vec![name], about, message);
            let violation = violation.with("resource", resource.as_str()).with("parameter", parameter.as_str());
            Some(match value {
                Some(value) => violation.with("value", value.clone()).with("wanted", expected.to_string()),
                None => violation.with("wanted", expected.to_string()),
            })
        });
    }
}
