//! Dependencies on what nobody manages, and nodes that declare none.

use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::dependency::Kind;
use groundrule_core::name::NodeName;
use groundrule_core::source::Source;
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Dependencies, World};
use serde::Serialize;

use crate::answer::Answer;
use crate::impact::from;

#[derive(Serialize)]
struct Unmanaged {
    unmanaged: Vec<Lost>,
}

#[derive(Serialize)]
struct Lost {
    node: NodeName,
    from: Option<String>,
    on: String,
    kind: Kind,
    declared_in: String,
    missing: Vec<String>,
}

/// Declared dependencies of which a provider is not known or lacks what is needed.
pub(crate) async fn unmanaged(estate: &Arc<Estate>) -> Answer {
    let world = World::today(Arc::clone(estate));
    let graph = Dependencies::of(&world).await;
    let all: Vec<_> = graph.standing(&world).collect();
    let (mut unmanaged, mut unknown) = (Vec::new(), graph.hidden_in(&world));
    for found in graph.unmanaged(&world, &all).await {
        let dependency = &graph.all[found.dependency];
        let declared = &dependency.declared;
        if let Some(why) = world.perhaps_gone().get(&dependency.node) {
            unknown.push(why.clone());
            continue;
        }
        if found.missing.is_empty() {
            let why = format!("whether {} is managed is not known", declared.needed());
            unknown.push(world.unknown(dependency.node, Source::Catalogs, &why.into()));
            continue;
        }
        unmanaged.push(Lost {
            node: declared.node.clone(),
            from: from(declared),
            on: declared.needed(),
            kind: declared.kind,
            declared_in: declared.declared_in.to_string(),
            missing: found.missing,
        });
    }
    let mut text = String::new();
    for lost in &unmanaged {
        let who = lost.from.as_ref().map_or(String::new(), |from| format!("{from} on "));
        let why = lost.missing.join(", and ");
        let _ = writeln!(
            text,
            "{who}{} needs {}, but {why}  [{}]",
            lost.node, lost.on, lost.declared_in
        );
    }
    if unmanaged.is_empty() {
        text.push_str("everything that is needed is managed\n");
    }
    Answer::new(&Unmanaged { unmanaged }, &text, unknown)
}

#[derive(Serialize)]
struct Undeclared {
    undeclared: Vec<NodeName>,
}

/// Nodes that declare no dependency.
pub(crate) async fn undeclared(estate: &Arc<Estate>) -> Answer {
    let world = World::today(Arc::clone(estate));
    let graph = Dependencies::of(&world).await;
    let mut unknown = graph.anybody.clone();
    let mut undeclared = Vec::new();
    for node in world.nodes().ones().filter(|node| graph.declared_by(*node).is_empty()) {
        match world.estate.catalog_unknown(node) {
            Some(why) => unknown.push(world.unknown(node, Source::Catalogs, why)),
            // Anybody may declare something elsewhere that was not read.
            None if graph.anybody.is_empty() => undeclared.push(world.name(node).clone()),
            None => {}
        }
    }
    unknown.extend(world.estate.unknown_nodes().iter().cloned());
    let text = match undeclared.is_empty() {
        true => "every node declares a dependency\n".to_owned(),
        false => undeclared.iter().map(|node| format!("{node}\n")).collect(),
    };
    Answer::new(&Undeclared { undeclared }, &text, unknown)
}
