//! A catalog as the file has it, without its parameters.

use groundrule_core::dependency::{Kind, Needs};
use groundrule_core::name::{NodeName, ResourceRef};
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Edge, RawDependency, Relation, Resource};
use crate::source::CatalogDocument;

#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    environment: String,
    classes: Vec<String>,
    resources: Vec<KeptResource>,
    aliases: Vec<(String, u32)>,
    dependencies: Vec<Dependency>,
}

/// Reference, whether it contains others, what contains it, what it requires and how.
#[derive(Serialize, Deserialize)]
struct KeptResource(String, bool, Vec<u32>, Vec<(u32, String)>);

#[derive(Serialize, Deserialize)]
pub(super) struct Dependency {
    from: Option<String>,
    on: Option<String>,
    nodes: Vec<String>,
    matching: Option<String>,
    hard: bool,
    /// None for all.
    needs: Option<usize>,
    declared_in: String,
}

impl Kept {
    pub fn of(document: &CatalogDocument) -> Self {
        let resources = document.resources.iter().map(|resource| {
            let needs = resource.needs.iter().map(|(on, how)| (*on, (*how).to_owned()));
            let parents = resource.parents.clone();
            KeptResource(resource.reference.clone(), resource.container, parents, needs.collect())
        });
        Self {
            environment: document.environment.clone(),
            classes: document.classes.clone(),
            resources: resources.collect(),
            aliases: document.aliases.clone(),
            dependencies: document.dependencies.iter().map(Dependency::of).collect(),
        }
    }

    /// The catalog; none if it does not fit together.
    pub fn catalog(self, node: &NodeName, made: i64) -> Option<Catalog> {
        let count = u32::try_from(self.resources.len()).ok()?;
        let mut edges = Vec::new();
        let mut resources = Vec::with_capacity(self.resources.len());
        for (target, KeptResource(reference, container, parents, needs)) in
            (0u32..).zip(self.resources)
        {
            for source in parents {
                edges.push(Edge { source, target, relation: Relation::Contains });
            }
            for (source, how) in needs {
                edges.push(Edge { source, target, relation: Relation::of_parameter(&how)? });
            }
            resources.push(Resource { reference, offset: 0, container });
        }
        edges.sort_unstable();
        let sound = edges.iter().all(|edge| edge.source < count)
            && self.aliases.iter().all(|(_, position)| *position < count);
        let dependencies = self.dependencies.into_iter().map(Dependency::raw);
        sound.then_some(Catalog {
            node: node.to_string(),
            environment: self.environment,
            made: Some(made),
            classes: self.classes,
            resources,
            aliases: self.aliases,
            edges,
            dependencies: dependencies.collect::<Option<_>>()?,
        })
    }
}

impl Dependency {
    pub fn of(raw: &RawDependency) -> Self {
        Self {
            from: raw.from.as_ref().map(|from| from.as_str().to_owned()),
            on: raw.on.as_ref().map(|on| on.as_str().to_owned()),
            nodes: raw.nodes.iter().map(ToString::to_string).collect(),
            matching: raw.matching.clone(),
            hard: raw.kind == Kind::Hard,
            needs: match raw.needs {
                Needs::All => None,
                Needs::AtLeast(count) => Some(count),
            },
            declared_in: raw.declared_in.clone(),
        }
    }

    pub fn raw(self) -> Option<RawDependency> {
        let reference = |name: Option<String>| match name {
            None => Some(None),
            Some(name) => ResourceRef::stored(&name).map(Some),
        };
        Some(RawDependency {
            from: reference(self.from)?,
            on: reference(self.on)?,
            nodes: self.nodes.iter().map(|name| NodeName::new(name).ok()).collect::<Option<_>>()?,
            matching: self.matching,
            kind: if self.hard { Kind::Hard } else { Kind::Soft },
            needs: self.needs.map_or(Needs::All, Needs::AtLeast),
            declared_in: self.declared_in,
        })
    }
}
