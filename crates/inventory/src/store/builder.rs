//! Puts what the files hold together, in whichever order they were read.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::source::{Problem, Source};

use super::facts::Facts;
use super::found::Found;
use super::graph::Graph;
use super::options::Options;
use super::{Documents, Estate, Registered, Relationships, Replied};
use crate::fault::Fault;
use crate::files::{Folder, Listed};

/// What one file held.
#[derive(Clone)]
pub struct Entry {
    pub node: NodeName,
    pub file: String,
    /// Row and time, or why there is none.
    pub row: Result<(usize, i64), String>,
}

/// An estate while it is read.
pub struct Builder {
    pub graph: Graph,
    pub catalogs: Vec<Entry>,
    pub facts_rows: Facts,
    pub facts: Vec<Entry>,
    pub registered: Registered,
    pub registrations: Vec<Entry>,
    pub discovery: Replied,
    pub relationships: Relationships,
    pub gaps: BTreeMap<Source, Vec<String>>,
    pub problems: Vec<Problem>,
    /// Whether a fault may be gone the next time, although no file changes.
    pub passing: bool,
}

impl Builder {
    pub fn new() -> Self {
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        Self {
            graph: Graph::new(seed),
            catalogs: Vec::new(),
            facts_rows: Facts::new(seed),
            facts: Vec::new(),
            registered: Registered::new(seed),
            registrations: Vec::new(),
            discovery: Replied::default(),
            relationships: Relationships::default(),
            gaps: BTreeMap::new(),
            problems: Vec::new(),
            passing: false,
        }
    }

    /// Reports a fault; something is unknown because of it.
    pub fn report(&mut self, source: Source, file: &str, fault: Fault) -> String {
        self.passing |= fault.passing;
        let problem = fault.problem(source, file, true);
        let why = problem.to_string();
        self.problems.push(problem);
        why
    }

    pub fn gap(&mut self, source: Source, file: &str, fault: Fault) {
        let why = self.report(source, file, fault);
        self.gaps.entry(source).or_default().push(why);
    }

    /// A file that cannot be read; its name tells whose it is.
    pub fn unreadable(&mut self, source: Source, file: &Listed, fault: Fault) {
        let why = self.report(source, &file.name, fault);
        match NodeName::new(file.stem()) {
            Ok(node) => {
                let entry = Entry { node, file: file.name.clone(), row: Err(why) };
                match source {
                    Source::Catalogs => self.catalogs.push(entry),
                    Source::Facts => self.facts.push(entry),
                    _ => self.registrations.push(entry),
                }
            }
            Err(_) => self.gaps.entry(source).or_default().push(why),
        }
    }

    /// The estate.
    pub fn finish(
        mut self,
        root: &Path,
        options: &Options,
        found: &Found,
        files: Vec<Listed>,
    ) -> Estate {
        for (source, folder) in [
            (Source::Catalogs, &found.catalogs),
            (Source::Facts, &found.facts),
            (Source::Registrations, &found.registrations),
        ] {
            self.folder(source, folder);
        }
        for (name, right) in &found.misnamed {
            let help = format!("call it {right}, or take it away");
            let source = Source::ALL.into_iter().find(|source| right.starts_with(source.plural()));
            let problem = Fault::new("this is not read", help).problem(
                source.unwrap_or(Source::Relationships),
                name,
                false,
            );
            self.problems.push(problem);
        }
        if let Err(fault) = &found.discovery {
            let fault = Some(self.report(Source::Discovery, "discovery.json", fault.clone()));
            self.discovery = Replied { there: true, fault, ..Replied::default() };
        }
        if let Err(fault) = &found.relationships {
            self.relationships.there = true;
            let why = self.report(Source::Relationships, "relationships.yaml", fault.clone());
            self.relationships.fault = Some(why);
        }
        self.complete_host_names();
        let entries = std::mem::take(&mut self.catalogs);
        let catalogs = self.documents(Source::Catalogs, found.catalogs.there, entries);
        let entries = std::mem::take(&mut self.facts);
        let facts = self.documents(Source::Facts, found.facts.there, entries);
        let entries = newest(std::mem::take(&mut self.registrations));
        let registrations =
            self.documents(Source::Registrations, found.registrations.there, entries);
        let mut estate = Estate {
            root: root.to_owned(),
            files,
            graph: self.graph,
            catalogs,
            facts,
            facts_rows: self.facts_rows,
            registrations,
            registered: self.registered,
            discovery: self.discovery,
            relationships: self.relationships,
            problems: self.problems,
            parameters: None,
        };
        estate.align_rows();
        estate.check_dependencies();
        if options.skip_unreadable {
            estate.skip_unreadable();
        }
        estate.problems.sort_unstable();
        estate
    }

    fn folder(&mut self, source: Source, folder: &Folder) {
        for (file, fault) in &folder.faults {
            let listed = Listed { name: file.clone(), size: 0, changed: 0, touched: 0 };
            if file.ends_with('/') {
                self.gap(source, file, fault.clone());
            } else {
                self.unreadable(source, &listed, fault.clone());
            }
        }
        for file in &folder.others {
            let fault =
                Fault::new("this file is not read", "give it the right ending, or take it away");
            self.problems.push(fault.problem(source, file, false));
        }
    }

    /// A file that cannot be read tells by its name alone whose it is. Where that is a bare host
    /// that nobody knows, it is of the nodes that others know by their full names.
    fn complete_host_names(&mut self) {
        let lists = [&self.catalogs, &self.facts, &self.registrations];
        let readable = lists.into_iter().flatten().filter(|entry| entry.row.is_ok());
        let mut known: BTreeSet<String> = readable.map(|entry| entry.node.to_string()).collect();
        known.extend(self.discovery.nodes.iter().cloned());
        for list in [&mut self.catalogs, &mut self.facts, &mut self.registrations] {
            let mut completed = Vec::with_capacity(list.len());
            for entry in list.drain(..) {
                let host = entry.node.as_str();
                let below = format!("{host}.");
                let unknown = entry.row.is_err() && !host.contains('.') && !known.contains(host);
                let owners =
                    known.range(below.clone()..).take_while(|name| name.starts_with(&below));
                let owners: Vec<_> = owners
                    .filter(|_| unknown)
                    .filter_map(|name| NodeName::new(name).ok())
                    .collect();
                if owners.is_empty() {
                    completed.push(entry);
                    continue;
                }
                completed.extend(owners.into_iter().map(|node| Entry { node, ..entry.clone() }));
            }
            *list = completed;
        }
    }

    /// One document a node: two make both of them unreadable, since nothing tells which is right.
    fn documents(&mut self, source: Source, there: bool, entries: Vec<Entry>) -> Documents {
        let mut by_node: BTreeMap<NodeName, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            by_node.entry(entry.node.clone()).or_default().push(entry);
        }
        let mut documents = Documents {
            there,
            gaps: self.gaps.remove(&source).unwrap_or_default(),
            ..Documents::default()
        };
        documents.gaps.sort_unstable();
        for (node, mut entries) in by_node {
            entries.sort_unstable_by(|a, b| a.file.cmp(&b.file));
            if entries.len() > 1 {
                let files: Vec<_> = entries.iter().map(|e| e.file.as_str()).collect();
                let fault = Fault::new(
                    format!(
                        "{} documents are about {node}: {}",
                        entries.len(),
                        files.join(" and ")
                    ),
                    "keep the right one",
                );
                let why = self.report(source, files[files.len() - 1], fault);
                documents.unreadable.push((node.to_string(), why));
                continue;
            }
            for entry in entries {
                match entry.row {
                    Err(why) => documents.unreadable.push((node.to_string(), why)),
                    Ok((row, made)) => {
                        if documents.readable.len() <= row {
                            documents.readable.resize(row + 1, (String::new(), 0));
                        }
                        documents.readable[row] = (node.to_string(), made);
                    }
                }
            }
        }
        documents
    }
}

/// Registrations come at intervals: the newest of a node replaces the others; one that cannot be
/// read might be the newest.
fn newest(entries: Vec<Entry>) -> Vec<Entry> {
    let mut kept: BTreeMap<NodeName, Entry> = BTreeMap::new();
    for entry in entries {
        let rank = |entry: &Entry| match &entry.row {
            Err(_) => (i64::MAX, usize::MAX),
            Ok((row, seen)) => (*seen, *row),
        };
        match kept.get(&entry.node) {
            Some(old) if rank(old) >= rank(&entry) => {}
            _ => {
                kept.insert(entry.node.clone(), entry);
            }
        }
    }
    kept.into_values().collect()
}

impl Estate {
    /// Documents stand at their rows; those that are not relied on have no name.
    fn align_rows(&mut self) {
        self.catalogs.readable.resize(self.graph.catalogs.len(), (String::new(), 0));
        self.facts.readable.resize(self.facts_rows.ends.len(), (String::new(), 0));
        self.registrations.readable.resize(self.registered.rows.len(), (String::new(), 0));
    }

    /// Dependencies whose ends are not where they should be.
    fn check_dependencies(&mut self) {
        let mut problems = Vec::new();
        let catalogs = self.catalog_rows();
        let known = self.known_nodes();
        for row in &self.graph.dependencies {
            let node = self.graph.words.get(row.node);
            let declared_in = self.graph.words.get(row.declared_in);
            let (source, file) = match row.line {
                0 => (Source::Catalogs, format!("catalog of {node}")),
                _ => (Source::Relationships, "relationships.yaml".to_owned()),
            };
            let line = Some(u64::from(row.line)).filter(|line| *line > 0);
            let problem = |fault: Fault, undecides| Problem {
                line,
                ..fault.problem(source, &file, undecides)
            };
            let from = ResourceRef::stored(self.graph.references.get(row.from));
            let catalog = catalogs.get(node).map(|n| self.graph.catalog(*n));
            if let (Some(from), Some(catalog)) = (from, catalog)
                && catalog.find_named(&from).is_none()
            {
                let what = format!(
                    "{declared_in}: {node} has no resource {from} that could depend on anything"
                );
                problems.push(problem(
                    Fault::new(
                        what,
                        "correct from, or leave it out where the node as a whole depends",
                    ),
                    true,
                ));
            }
            if source == Source::Relationships && !known.contains(node) {
                let what = format!("no source knows the node {node}: the dependency is left out");
                problems.push(problem(
                    Fault::new(what, "correct the name, or take the row away"),
                    false,
                ));
            }
        }
        self.problems.extend(problems);
    }

    pub(super) fn known_nodes(&self) -> HashSet<&str> {
        [&self.catalogs, &self.facts, &self.registrations]
            .into_iter()
            .flat_map(|documents| {
                let readable = documents.readable.iter().map(|(name, _)| name.as_str());
                readable.chain(documents.unreadable.iter().map(|(name, _)| name.as_str()))
            })
            .chain(self.discovery.nodes.iter().map(String::as_str))
            .collect()
    }

    fn skip_unreadable(&mut self) {
        for documents in [&mut self.catalogs, &mut self.facts, &mut self.registrations] {
            documents.unreadable.clear();
            documents.gaps.clear();
        }
        for problem in &mut self.problems {
            problem.undecides &=
                matches!(problem.source, Source::Discovery | Source::Relationships);
        }
    }
}
