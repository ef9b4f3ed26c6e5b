//! Reading an estate directory: every file once, on all cores.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::redaction::Redaction;
use groundrule_core::source::{Problem, Source};
use jiff::Timestamp;

use super::facts::Facts;
use super::graph::Graph;
use super::snapshot::Snapshots;
use super::{Documents, Estate, Registered, RegistrationRow, Relationships, Replied};
use crate::catalog::{self, DependencyMap};
use crate::documents::{discovery, facts, registrations, relationships};
use crate::fault::Fault;
use crate::files::{self, Folder, Listed};
use crate::intern::NONE;

/// A line of an `.ndjson` file may be this long, in bytes.
const LONGEST_LINE: u64 = 16 << 20;

/// How an estate directory is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Defined types that declare dependencies.
    pub dependencies: Vec<DependencyMap>,
    /// Names whose values stay out.
    pub redaction: Redaction,
    /// Leave documents out that cannot be read, instead of knowing that something is unknown.
    pub skip_unreadable: bool,
    /// Where what was read is kept for the next time; nowhere if none.
    pub snapshots: Option<Snapshots>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dependencies: vec![DependencyMap::own()],
            redaction: Redaction::default(),
            skip_unreadable: false,
            snapshots: None,
        }
    }
}

/// An estate directory that cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such directory.
    #[error("there is no estate directory {}", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("{} is no directory", .0.display())]
    NoDirectory(PathBuf),
}

/// Everything that was found, before it is put together.
pub(super) struct Found {
    /// When it was listed, in nanoseconds since 1970.
    pub at: i128,
    pub catalogs: Folder,
    pub facts: Folder,
    pub registrations: Folder,
    pub discovery: Result<Option<Listed>, Fault>,
    pub relationships: Result<Option<Listed>, Fault>,
    /// What is not read because of its name, and how it should be called.
    pub misnamed: Vec<(String, &'static str)>,
}

impl Found {
    /// Lists an estate directory.
    pub fn list(root: &Path) -> Result<Self, OpenError> {
        match std::fs::metadata(root) {
            Err(_) => return Err(OpenError::Missing(root.to_owned())),
            Ok(meta) if !meta.is_dir() => return Err(OpenError::NoDirectory(root.to_owned())),
            Ok(_) => {}
        }
        Ok(Self {
            at: now(),
            catalogs: files::list(root, "catalogs", &["json"]),
            facts: files::list(root, "facts", &["json", "yaml"]),
            registrations: files::list(root, "registrations", &["json", "ndjson"]),
            discovery: files::single(root, "discovery.json"),
            relationships: files::single(root, "relationships.yaml"),
            misnamed: files::misnamed(root),
        })
    }

    /// Every file that will be read.
    pub fn files(&self) -> Vec<Listed> {
        let folders = [&self.catalogs, &self.facts, &self.registrations];
        let singles = [&self.discovery, &self.relationships];
        folders
            .into_iter()
            .flat_map(|folder| folder.files.iter().cloned())
            .chain(singles.into_iter().filter_map(|single| single.as_ref().ok()?.clone()))
            .collect()
    }

    /// Which folders are there, and the files in them that will not be read.
    pub fn others(&self) -> Vec<(bool, &[String])> {
        let folders = [&self.catalogs, &self.facts, &self.registrations];
        folders.into_iter().map(|folder| (folder.there, folder.others.as_slice())).collect()
    }

    /// Whether everything could be listed.
    pub fn is_whole(&self) -> bool {
        let folders = [&self.catalogs, &self.facts, &self.registrations];
        folders.into_iter().all(|folder| folder.faults.is_empty())
            && self.discovery.is_ok()
            && self.relationships.is_ok()
    }
}

/// The clock that the times of files come from.
#[expect(clippy::disallowed_methods, reason = "it is compared with the times of files")]
fn now() -> i128 {
    files::nanoseconds(std::time::SystemTime::now())
}

impl Estate {
    /// Reads an estate directory, or a snapshot of just what is there.
    ///
    /// # Errors
    /// When there is no such directory. Whatever is wrong with its files is a
    /// [problem](Estate::problems) of the estate.
    pub fn open(root: &Path, options: &Options) -> Result<Self, OpenError> {
        let found = Found::list(root)?;
        let snapshots = options.snapshots.as_ref();
        let place = snapshots.and_then(|snapshots| snapshots.place(root, options, &found));
        if let Some(estate) = place.as_ref().and_then(|place| place.read(root, found.files())) {
            return Ok(estate);
        }
        let (mut estate, lasting) = Self::read(root, options, &found);
        if let Some(place) = place.filter(|_| lasting) {
            // Without a snapshot nothing is lost but time.
            let _ = place.write(&mut estate);
        }
        Ok(estate)
    }

    /// Reads every file, and tells whether reading them again would give the same.
    fn read(root: &Path, options: &Options, found: &Found) -> (Self, bool) {
        let files = found.files();
        let builder = Mutex::new(Builder::new());
        let next = AtomicUsize::new(0);
        let reader = Reader { root, options, files: &files, builder: &builder };
        let threads =
            thread::available_parallelism().map_or(1, usize::from).min(files.len() / 16 + 1);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut buffer = Vec::new();
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= files.len() {
                            break;
                        }
                        reader.read(n, &mut buffer);
                    }
                });
            }
        });
        let builder = builder.into_inner().unwrap_or_else(PoisonError::into_inner);
        let lasting = !builder.passing;
        (builder.finish(root, options, found, files), lasting)
    }
}

/// What one file held.
#[derive(Clone)]
struct Entry {
    node: NodeName,
    file: String,
    /// Row and time, or why there is none.
    row: Result<(usize, i64), String>,
}

struct Builder {
    graph: Graph,
    catalogs: Vec<Entry>,
    facts_rows: Facts,
    facts: Vec<Entry>,
    registered: Registered,
    registrations: Vec<Entry>,
    discovery: Replied,
    relationships: Relationships,
    gaps: BTreeMap<Source, Vec<String>>,
    problems: Vec<Problem>,
    /// Whether a fault may be gone the next time, although no file changes.
    passing: bool,
}

impl Builder {
    fn new() -> Self {
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
    fn report(&mut self, source: Source, file: &str, fault: Fault) -> String {
        self.passing |= fault.passing;
        let problem = fault.problem(source, file, true);
        let why = problem.to_string();
        self.problems.push(problem);
        why
    }

    fn gap(&mut self, source: Source, file: &str, fault: Fault) {
        let why = self.report(source, file, fault);
        self.gaps.entry(source).or_default().push(why);
    }

    /// A file that cannot be read; its name tells whose it is.
    fn unreadable(&mut self, source: Source, file: &Listed, fault: Fault) {
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
}

struct Reader<'r> {
    root: &'r Path,
    options: &'r Options,
    files: &'r [Listed],
    builder: &'r Mutex<Builder>,
}

impl Reader<'_> {
    fn builder(&self) -> MutexGuard<'_, Builder> {
        self.builder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the nth file as what its folder says.
    fn read(&self, n: usize, buffer: &mut Vec<u8>) {
        let file = &self.files[n];
        let folder = file.name.split('/').next().unwrap_or_default();
        match folder {
            "catalogs" => self.catalog(n, file, buffer),
            "facts" => self.facts(file, buffer),
            "registrations" if file.ending() == "ndjson" => self.registration_lines(file),
            "registrations" => self.registration(file, buffer),
            "discovery.json" => self.discovery(file, buffer),
            _ => self.relationships(file, buffer),
        }
    }

    fn text<'b>(&self, file: &Listed, buffer: &'b mut Vec<u8>) -> Result<&'b str, Fault> {
        files::read(self.root, file, buffer)
    }

    fn catalog(&self, n: usize, file: &Listed, buffer: &mut Vec<u8>) {
        let read = self.text(file, buffer).and_then(|text| {
            let catalog = catalog::read(text, &self.options.dependencies)?;
            let help = "compile the catalog again for a node with a proper name";
            let node = NodeName::new(&catalog.node).map_err(|e| Fault::new(e.to_string(), help))?;
            Ok((node, catalog))
        });
        let mut builder = self.builder();
        match read {
            Ok((node, catalog)) => {
                let row = builder.graph.catalogs.len();
                let made = catalog.made.unwrap_or_else(|| file.seconds());
                builder.graph.add(&node, &catalog, u32::try_from(n).unwrap_or(NONE), made);
                builder.catalogs.push(Entry {
                    node,
                    file: file.name.clone(),
                    row: Ok((row, made)),
                });
            }
            Err(fault) => builder.unreadable(Source::Catalogs, file, fault),
        }
    }

    fn facts(&self, file: &Listed, buffer: &mut Vec<u8>) {
        let read = self.text(file, buffer).and_then(|text| {
            let mut document = match file.ending() {
                "yaml" => facts::yaml(text)?,
                _ => facts::json(text)?,
            };
            let node = document.owner(file.stem())?;
            self.options.redaction.strip(&mut document.facts);
            Ok((node, document.made, Facts::written(document.facts)))
        });
        let mut builder = self.builder();
        match read {
            Ok((node, made, facts)) => {
                let row = builder.facts_rows.add(&facts);
                let made = made.map_or_else(|| file.seconds(), Timestamp::as_second);
                builder.facts.push(Entry { node, file: file.name.clone(), row: Ok((row, made)) });
            }
            Err(fault) => builder.unreadable(Source::Facts, file, fault),
        }
    }

    fn registration(&self, file: &Listed, buffer: &mut Vec<u8>) {
        match self.text(file, buffer).and_then(registrations::read) {
            Ok(document) => self.register(file, document),
            Err(fault) => self.builder().unreadable(Source::Registrations, file, fault),
        }
    }

    fn registration_lines(&self, file: &Listed) {
        let gap = |fault| self.builder().gap(Source::Registrations, &file.name, fault);
        let opened = match File::open(files::path(self.root, file)) {
            Ok(opened) => opened,
            Err(error) => return gap(files::unreadable(&error)),
        };
        let mut lines = BufReader::new(opened);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            match lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => return gap(files::unreadable(&error).at(number, 1)),
            }
            if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
                let what = format!("the line has more than {} MB", LONGEST_LINE >> 20);
                gap(Fault::new(what, "no registration is that long: remove the line").at(number, 1));
                if lines.skip_until(b'\n').is_err() {
                    return;
                }
                continue;
            }
            if number == 1 && line.starts_with(files::BOM) {
                line.drain(..files::BOM.len());
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let read = std::str::from_utf8(&line)
                .map_err(|_| Fault::new("the line is not UTF-8", "convert it or remove the line"))
                .and_then(|text| registrations::read(text.trim_end()));
            match read {
                Ok(document) => self.register(file, document),
                Err(fault) => {
                    let column = fault.column.unwrap_or(1);
                    gap(fault.at(number, column));
                }
            }
        }
    }

    fn register(&self, file: &Listed, mut document: registrations::RegistrationDocument) {
        let facts = document.facts.take().map(|mut facts| {
            self.options.redaction.strip(&mut facts);
            Facts::written(facts)
        });
        let mut builder = self.builder();
        let registered = &mut builder.registered;
        let mut list = |names: &Option<Vec<String>>| match names {
            None => [NONE, NONE],
            Some(names) => {
                let start = registered.listed.len();
                for name in names {
                    let name = registered.words.intern(name);
                    registered.listed.push(name);
                }
                [start, registered.listed.len()].map(|n| u32::try_from(n).unwrap_or(NONE))
            }
        };
        let (classes, agents) = (list(&document.classes), list(&document.agents));
        let facts =
            facts.map_or(NONE, |facts| u32::try_from(registered.facts.add(&facts)).unwrap_or(NONE));
        let seen = document.seen.map_or(i64::MIN, Timestamp::as_second);
        registered.rows.push(RegistrationRow { seen, facts, classes, agents, padding: 0 });
        let row = registered.rows.len() - 1;
        let entry = Entry { node: document.node, file: file.name.clone(), row: Ok((row, seen)) };
        builder.registrations.push(entry);
    }

    fn discovery(&self, file: &Listed, buffer: &mut Vec<u8>) {
        let read = self.text(file, buffer).and_then(discovery::read);
        let mut builder = self.builder();
        builder.discovery = match read {
            Ok(reply) => Replied {
                there: true,
                nodes: reply.nodes.iter().map(ToString::to_string).collect(),
                at: Some(reply.at.map_or_else(|| file.seconds(), Timestamp::as_second)),
                fault: None,
            },
            Err(fault) => {
                let fault = Some(builder.report(Source::Discovery, &file.name, fault));
                Replied { there: true, fault, ..Replied::default() }
            }
        };
    }

    fn relationships(&self, file: &Listed, buffer: &mut Vec<u8>) {
        let read = self.text(file, buffer).and_then(relationships::read);
        let mut builder = self.builder();
        builder.relationships.there = true;
        match read {
            Ok(listed) => {
                builder.relationships.rows = listed.len();
                for row in listed {
                    builder.graph.depend(
                        &row.node,
                        &row.dependency,
                        u32::try_from(row.line).unwrap_or(NONE),
                    );
                }
            }
            Err(fault) => {
                let why = builder.report(Source::Relationships, &file.name, fault);
                builder.relationships.fault = Some(why);
            }
        }
    }
}

impl Builder {
    fn finish(
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
