//! What falls with a node or a resource.

use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::dependency::{Declared, End};
use groundrule_core::name::NodeName;
use groundrule_core::source::{Source, Unknown};
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{DependencyId, Fallen, Outage, World};
use serde::Serialize;

use crate::answer::{Answer, Wrong};
use crate::picture::{Edge, Picture};
use crate::target::Target;

/// For so many resources the way on their node is told; nobody reads further.
const EXPLAINED: usize = 1000;

#[derive(Serialize)]
struct Impact {
    of: String,
    fallen: Vec<Down>,
    unmet: Vec<Unmet>,
    soft: Vec<Soft>,
}

#[derive(Serialize)]
struct Down {
    node: NodeName,
    resource: Option<String>,
    path: Vec<String>,
}

#[derive(Serialize)]
struct Unmet {
    node: NodeName,
    from: Option<String>,
    on: String,
    kind: groundrule_core::dependency::Kind,
}

#[derive(Serialize)]
struct Soft {
    node: NodeName,
    from: Option<String>,
    on: String,
    path: Vec<String>,
}

/// What falls when a node is shut down or a resource fails.
///
/// # Errors
/// When nobody knows it, or a store does not answer.
pub(crate) async fn impact(estate: &Arc<Estate>, of: &Target) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let place = of.find(&world).await?;
    let outage = Outage::of(&world, &[place]).await?;
    let fallen = outage.fallen().await?;
    let mut impact =
        Impact { of: of.to_string(), fallen: Vec::new(), unmet: Vec::new(), soft: Vec::new() };
    for (n, one) in fallen.iter().enumerate() {
        impact.fallen.push(Down {
            node: one.node.clone(),
            resource: one.resource.as_ref().map(ToString::to_string),
            path: ways(&outage, one, n).await,
        });
    }
    for id in &outage.unmet.certain {
        let declared = outage.declared(*id);
        let (node, from, on) = (declared.node.clone(), from(declared), declared.needed());
        if declared.kind == groundrule_core::dependency::Kind::Soft {
            let (node, from, on) = (node.clone(), from.clone(), on.clone());
            impact.soft.push(Soft { node, from, on, path: outage.path(*id) });
        }
        impact.unmet.push(Unmet { node, from, on, kind: declared.kind });
    }
    let picture = picture(&outage, &impact.of);
    let text = text(&impact);
    Ok(Answer::new(&impact, &text, unknown(&world, &outage)).with(picture))
}

/// How something comes to fall: whole, or for the hundredth thousand only between nodes.
pub(crate) async fn ways(outage: &Outage, fallen: &Fallen, n: usize) -> Vec<String> {
    match fallen.with {
        Some(with) if n >= EXPLAINED => outage.path(with),
        None if n >= EXPLAINED => Vec::new(),
        _ => outage.way(fallen).await,
    }
}

/// What may be affected besides.
pub(crate) fn unknown(world: &World, outage: &Outage) -> Vec<Unknown> {
    let mut unknown = outage.hidden();
    let mut add = |id: DependencyId, words: &dyn Fn(&str) -> String| {
        let declared = outage.declared(id);
        if let Some(node) = world.find(&declared.node) {
            let why = words(&declared.needed()).into();
            unknown.push(world.unknown(node, Source::Catalogs, &why));
        }
    };
    for id in &outage.unmet.possible {
        add(*id, &|needed| format!("its dependency on {needed} may not be met"));
    }
    for id in outage.doubtful() {
        add(id, &today);
    }
    unknown
}

/// That it is not known whether a dependency is met before anything happens.
pub(crate) fn today(needed: &str) -> String {
    format!("whether its dependency on {needed} is met today is not known")
}

/// The dependent end.
pub(crate) fn from(declared: &Declared) -> Option<String> {
    match &declared.from {
        End::Node => None,
        End::Resource(from) | End::Missing(from) => Some(from.to_string()),
    }
}

fn text(impact: &Impact) -> String {
    let mut text = match impact.fallen.is_empty() {
        true => format!("nothing falls with {}\n", impact.of),
        false => format!("what falls with {}:\n", impact.of),
    };
    let mut last = None;
    for down in &impact.fallen {
        if last != Some(&down.node) {
            let _ = writeln!(text, "\n{}", down.node);
            last = Some(&down.node);
        }
        let _ = writeln!(text, "  {}", down.resource.as_deref().unwrap_or("(all of it)"));
        for hop in &down.path {
            let _ = writeln!(text, "      {hop}");
        }
    }
    if !impact.soft.is_empty() {
        text.push_str("\nsoftly affected:\n");
        for soft in &impact.soft {
            let who = soft.from.as_ref().map_or(String::new(), |from| format!("{from} on "));
            let _ = writeln!(text, "  {who}{} needs {}", soft.node, soft.on);
        }
    }
    text
}

/// Nodes that fall, by the dependencies with which they do.
fn picture(outage: &Outage, of: &str) -> Picture {
    let mut picture = Picture::new(of);
    picture.mark(of.split('/').next().unwrap_or(of));
    for id in &outage.unmet.certain {
        let declared = outage.declared(*id);
        if let Some(provider) = outage.provider(*id) {
            picture.edge(Edge {
                from: declared.node.to_string(),
                to: provider.to_string(),
                label: match (from(declared), &declared.on) {
                    (Some(from), Some(on)) => format!("{from} needs {on}"),
                    (Some(from), None) => from,
                    (None, Some(on)) => format!("needs {on}"),
                    (None, None) => String::new(),
                },
                soft: declared.kind == groundrule_core::dependency::Kind::Soft,
            });
        }
    }
    picture
}
