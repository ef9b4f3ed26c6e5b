//! Reading an estate directory: every file once, on all cores.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use groundrule_core::name::NodeName;
use groundrule_core::source::Source;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::builder::{Builder, Entry};
use super::facts::Facts;
use super::found::Found;
use super::options::Options;
use super::{Estate, RegistrationRow, Replied};
use crate::catalog;
use crate::documents::facts::FactsDocument;
use crate::documents::{discovery, facts, registrations, relationships};
use crate::fault::Fault;
use crate::files::{self, Listed};
use crate::intern::NONE;

/// A line of an `.ndjson` file may be this long, in bytes.
const LONGEST_LINE: u64 = 16 << 20;

impl Estate {
    /// Reads every file, and tells whether reading them again would give the same.
    pub(super) fn read(root: &Path, options: &Options, found: &Found) -> (Self, bool) {
        let files = found.files();
        let builder = Mutex::new(Builder::new());
        let next = AtomicUsize::new(0);
        let directories = files.iter().filter_map(|file| file.name.strip_suffix(".d"));
        let directories = directories.filter(|name| name.starts_with("facts/")).collect();
        let reader = Reader { directories, root, options, files: &files, builder: &builder };
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

struct Reader<'r> {
    /// Names of documents of facts beside which there is a directory, without their endings.
    directories: HashSet<&'r str>,
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
        if file.name.starts_with("registrations/") && file.ending() == "ndjson" {
            return self.registration_lines(file);
        }
        let taker = Taker { options: self.options, builder: self.builder };
        let stem = &file.name[..file.name.len() - file.ending().len() - 1];
        if file.name.starts_with("facts/") && self.directories.contains(stem) {
            return self.facts(&taker, stem, file, buffer);
        }
        taker.take(n, file, files::read(self.root, file, buffer));
    }

    /// Facts of a node of which some are in a directory of their own.
    fn facts(&self, taker: &Taker<'_>, stem: &str, file: &Listed, buffer: &mut Vec<u8>) {
        let is_there = |ending: &str| {
            let name = format!("{stem}.{ending}");
            self.files.iter().any(|other| other.name == name)
        };
        if file.ending() != "d" {
            let document = files::read(self.root, file, buffer)
                .and_then(|text| facts::read(file, text))
                .and_then(|mut document| {
                    document.facts.extend(self.external(&format!("{stem}.d"))?);
                    Ok(document)
                });
            taker.facts(file, document);
        } else if !is_there("json") && !is_there("yaml") {
            // Else it is read with the document whose facts it replaces.
            taker.facts(file, self.external(&file.name).map(FactsDocument::of));
        }
    }

    /// External facts of a node, in a directory of their own.
    fn external(&self, name: &str) -> Result<Map<String, Value>, Fault> {
        let Some(read) = self.options.directories else {
            return Err(Fault::new("directories of facts are not read", "take it away"));
        };
        read(&self.root.join(name))
    }

    fn registration_lines(&self, file: &Listed) {
        let gap = |fault| self.builder().gap(Source::Registrations, &file.name, fault);
        let taker = Taker { options: self.options, builder: self.builder };
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
                Ok(document) => taker.register(file, document),
                Err(fault) => {
                    let column = fault.column.unwrap_or(1);
                    gap(fault.at(number, column));
                }
            }
        }
    }
}

/// Takes documents into an estate, wherever their texts come from.
pub(crate) struct Taker<'t> {
    pub options: &'t Options,
    pub builder: &'t Mutex<Builder>,
}

impl Taker<'_> {
    fn builder(&self) -> MutexGuard<'_, Builder> {
        self.builder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the text of the nth document as what its folder says.
    pub fn take(&self, n: usize, file: &Listed, text: Result<&str, Fault>) {
        let folder = file.name.split('/').next().unwrap_or_default();
        match folder {
            "catalogs" => self.catalog(n, file, text),
            "facts" => self.facts(file, text.and_then(|text| facts::read(file, text))),
            "registrations" => self.registration(file, text),
            "discovery.json" => self.discovery(file, text),
            _ => self.relationships(file, text),
        }
    }

    fn catalog(&self, n: usize, file: &Listed, text: Result<&str, Fault>) {
        let read = text.and_then(|text| {
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

    fn facts(&self, file: &Listed, document: Result<FactsDocument, Fault>) {
        let read = document.and_then(|mut document| {
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

    fn registration(&self, file: &Listed, text: Result<&str, Fault>) {
        match text.and_then(registrations::read) {
            Ok(document) => self.register(file, document),
            Err(fault) => self.builder().unreadable(Source::Registrations, file, fault),
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

    fn discovery(&self, file: &Listed, text: Result<&str, Fault>) {
        let read = text.and_then(discovery::read);
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

    fn relationships(&self, file: &Listed, text: Result<&str, Fault>) {
        let read = text.and_then(relationships::read);
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
