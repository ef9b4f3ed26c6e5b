//! Everything that an estate directory holds, document by document, for loading it elsewhere.

use groundrule_core::dependency::Needs;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::source::Source;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::{Documents, Estate, Options, node, text};
use crate::catalog::{self, Catalog, RawDependency, Relation};
use crate::files;
use crate::intern::NONE;
use crate::source::{
    About, CatalogDocument, Entry, FactsDocument, Registration, ResourceDocument, Run,
};

impl Estate {
    /// What is said of all documents of a kind, for a load of them.
    #[must_use]
    pub fn about(&self, source: Source, run: &Run) -> About {
        let documents = match source {
            Source::Facts => &self.facts,
            Source::Registrations => &self.registrations,
            _ => &self.catalogs,
        };
        let of_graph = source == Source::Catalogs;
        About {
            run: run.id.clone(),
            from: format!("estate:{}", self.root.display()),
            at: run.at,
            all: run.all,
            there: documents.there,
            gaps: documents.gaps.iter().map(|why| text(why)).collect(),
            undeclared: if of_graph { self.undeclared().map(text).collect() } else { Vec::new() },
            beside: if of_graph { self.beside() } else { Vec::new() },
        }
    }

    /// How many documents there are of a kind, those among them that cannot be read.
    #[must_use]
    pub fn documents(&self, source: Source) -> usize {
        let documents = match source {
            Source::Facts => &self.facts,
            Source::Registrations => &self.registrations,
            _ => &self.catalogs,
        };
        let readable = documents.readable.iter().filter(|(name, _)| !name.is_empty());
        readable.count() + documents.unreadable.len()
    }

    /// Why there may be dependencies that nobody declares, although every catalog can be read.
    pub(super) fn undeclared(&self) -> impl Iterator<Item = &str> {
        let absent = (!self.catalogs.there).then_some(
            "the estate has no catalogs (an empty catalogs/ says that no machine has one)",
        );
        absent.into_iter().chain(self.relationships.fault.as_deref())
    }

    /// Dependencies that are declared beside the catalogs.
    fn beside(&self) -> Vec<(NodeName, usize, RawDependency)> {
        let graph = &self.graph;
        let reference = |id: u32| ResourceRef::stored(graph.references.get(id));
        let rows = graph.dependencies.iter().enumerate().filter(|(_, row)| row.line > 0);
        rows.filter_map(|(n, row)| {
            let providers = graph.providers(n).iter();
            let raw = RawDependency {
                from: reference(row.from),
                on: reference(row.on),
                nodes: providers.filter_map(|p| node(graph.words.get(*p))).collect(),
                matching: (row.matching != NONE).then(|| graph.words.get(row.matching).to_owned()),
                kind: row.kind(),
                needs: match row.needs {
                    0 => Needs::All,
                    n => Needs::AtLeast(n as usize),
                },
                declared_in: graph.words.get(row.declared_in).to_owned(),
            };
            Some((node(graph.words.get(row.node))?, row.line as usize, raw))
        })
        .collect()
    }

    /// The catalogs, each read once more from its file, since parameters are not kept.
    pub fn catalog_entries<'e>(
        &'e self,
        options: &'e Options,
    ) -> impl Iterator<Item = Entry<CatalogDocument>> + Send + 'e {
        let mut buffer = Vec::new();
        entries(&self.catalogs, move |row| self.catalog_document(row, options, &mut buffer))
    }

    fn catalog_document(
        &self,
        row: usize,
        options: &Options,
        buffer: &mut Vec<u8>,
    ) -> Result<CatalogDocument, String> {
        let file = &self.files[self.graph.catalogs[row].file as usize];
        let (name, made) = &self.catalogs.readable[row];
        let told = |fault: crate::fault::Fault| format!("{}: {}", file.name, fault.what);
        let text = files::read(&self.root, file, buffer).map_err(told)?;
        let catalog = catalog::read(text, &options.dependencies).map_err(told)?;
        if node(&catalog.node).is_none_or(|node| node.as_str() != name) {
            return Err(format!("{}: it changed while it was being loaded", file.name));
        }
        let resources = resources(&catalog, text, options);
        Ok(CatalogDocument {
            made: *made,
            environment: catalog.environment,
            classes: catalog.classes,
            resources,
            aliases: catalog.aliases,
            dependencies: catalog.dependencies,
        })
    }

    /// The facts documents.
    pub fn facts_entries(&self) -> impl Iterator<Item = Entry<FactsDocument>> + Send + '_ {
        entries(&self.facts, |row| {
            let made = self.facts.readable[row].1;
            Ok(FactsDocument { made, facts: self.facts_rows.document(row) })
        })
    }

    /// The registrations.
    pub fn registration_entries(&self) -> impl Iterator<Item = Entry<Registration>> + Send + '_ {
        entries(&self.registrations, |n| {
            let registered = &self.registered;
            let row = &registered.rows[n];
            let words = |[start, end]: [u32; 2]| {
                let listed = || registered.listed[start as usize..end as usize].iter();
                let word = |word: &u32| registered.words.get(*word).to_owned();
                (start != NONE).then(|| listed().map(word).collect())
            };
            let facts = (row.facts != NONE).then(|| registered.facts.document(row.facts as usize));
            Ok(Registration {
                seen: (row.seen != i64::MIN).then_some(row.seen),
                facts,
                classes: words(row.classes),
                agents: words(row.agents),
            })
        })
    }
}

/// Documents of one kind: those that can be read, then those that cannot.
fn entries<'e, D>(
    documents: &'e Documents,
    mut read: impl FnMut(usize) -> Result<D, String> + Send + 'e,
) -> impl Iterator<Item = Entry<D>> + Send + 'e
where
    D: Send + 'e,
{
    let readable = documents.readable.iter().enumerate().filter_map(move |(row, (name, _))| {
        let node = node(name)?;
        Some(Entry { node, document: read(row).map_err(|why| text(&why)) })
    });
    let unreadable = documents
        .unreadable
        .iter()
        .filter_map(|(name, why)| Some(Entry { node: node(name)?, document: Err(text(why)) }));
    readable.chain(unreadable)
}

fn resources(catalog: &Catalog, text: &str, options: &Options) -> Vec<ResourceDocument> {
    let mut resources: Vec<_> = catalog
        .resources
        .iter()
        .map(|resource| {
            let read = parameters(text, resource.offset as usize, &resource.reference, options);
            let (parameters, sensitive) = match read {
                Some((parameters, sensitive)) => (Some(parameters), sensitive),
                None => (None, Vec::new()),
            };
            ResourceDocument {
                reference: resource.reference.clone(),
                container: resource.container,
                parents: Vec::new(),
                needs: Vec::new(),
                parameters,
                sensitive,
            }
        })
        .collect();
    for edge in &catalog.edges {
        let target = &mut resources[edge.target as usize];
        match edge.relation {
            Relation::Contains => target.parents.push(edge.source),
            relation => target.needs.push((edge.source, relation.parameter())),
        }
    }
    resources
}

/// The parameters of the resource whose JSON has its first name at this place, and the names of the
/// sensitive ones.
fn parameters(
    text: &str,
    offset: usize,
    reference: &str,
    options: &Options,
) -> Option<(Map<String, Value>, Vec<String>)> {
    let start = text.get(..offset)?.rfind('{')?;
    let mut json = serde_json::Deserializer::from_str(&text[start..]);
    let Value::Object(mut resource) = Value::deserialize(&mut json).ok()? else {
        return None;
    };
    let named = |key: &str| resource.get(key).and_then(Value::as_str).unwrap_or_default();
    if ResourceRef::text(named("type"), named("title")) != reference {
        return None;
    }
    let mut parameters = match resource.get_mut("parameters").map(Value::take) {
        Some(Value::Object(parameters)) => parameters,
        _ => Map::new(),
    };
    let names = resource.get("sensitive_parameters").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let sensitive: Vec<_> = names.map(str::to_owned).collect();
    parameters.retain(|name, value| !value.is_null() && !sensitive.contains(name));
    options.redaction.strip(&mut parameters);
    Some((parameters, sensitive))
}
