//! Where an estate comes from: sources by their addresses, each of one [`Kind`].
//!
//! A kind is one row of [`KINDS`] and one file or folder. Whoever asks or loads knows the ports of
//! `groundrule_core::ports` and the traits of this module only.

mod access;
mod copying;
mod directory;
mod health;
mod load;
mod location;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use groundrule_core::ports::Sources;
use groundrule_core::source::Problem;

use crate::{Options, discovery, mongo, neo4j, puppetdb, sqlite};

pub use access::{Access, Secret};
pub use copying::{Copied, Progress, Run, copy};
pub use directory::Directory;
pub(crate) use health::Named;
pub use health::{Health, Remark};
pub use load::{
    About, CatalogDocument, Entry, FactsDocument, Load, Loaded, Registration, ResourceDocument,
    Targets,
};
pub use location::Location;

/// What a source is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Catalogs: resources, relationships, classes, dependencies.
    Graph,
    /// Facts documents.
    Facts,
    /// Registrations.
    Registrations,
    /// Who answers now.
    Discovery,
    /// Checks that are run on nodes.
    Checks,
}

impl Role {
    /// What an estate directory tells: all that is no matter of asking the nodes themselves.
    pub const WRITTEN: [Self; 4] = [Self::Graph, Self::Facts, Self::Registrations, Self::Discovery];

    /// The name of its option and its key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Facts => "facts",
            Self::Registrations => "registrations",
            Self::Discovery => "discovery",
            Self::Checks => "checks",
        }
    }
}

/// An address, an option or a file that cannot be used: nothing was asked yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    /// What is wrong, without a password.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl SourceError {
    /// A fault with what to do about it.
    #[must_use]
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

/// What opening a source needs beside its address.
#[derive(Clone, Debug)]
pub struct Opening {
    /// What is asked for; never empty, and all of it is what the kind can tell.
    pub roles: Vec<Role>,
    /// Who asks, over what, and how long.
    pub access: Access,
    /// How documents are read, and what never enters an estate.
    pub reading: Options,
}

/// A source that can be asked. Whether it answers shows with the first question.
pub struct Opened {
    /// A port for each role that was asked for, and no other.
    pub sources: Sources,
    /// What `doctor` asks.
    pub health: Arc<dyn Health>,
    /// Faults of what was read already.
    pub problems: Vec<Problem>,
}

/// Something that is made while others wait.
pub type Making<'m, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'm>>;

/// A kind of source.
pub struct Kind {
    /// What stands before the colon.
    pub schemes: &'static [&'static str],
    /// How its address is written and what it is, in a line.
    pub doc: &'static str,
    /// Begins its variables: `NEO4J` has `NEO4J_USER` and `NEO4J_PASSWORD`. Empty where nobody
    /// logs in.
    pub variables: &'static str,
    /// What it can be asked for.
    pub tells: &'static [Role],
    /// What can be loaded into it.
    pub takes: &'static [Role],
    open: for<'m> fn(&'m Location, &'m Opening) -> Making<'m, Opened>,
    target: for<'m> fn(&'m Location, &'m Opening) -> Making<'m, Targets>,
}

/// Every kind of source.
pub const KINDS: &[Kind] = &[
    Kind {
        schemes: &["estate"],
        doc: "estate:DIR: a directory of catalogs, facts, registrations, a discovery reply",
        variables: "",
        tells: &Role::WRITTEN,
        takes: &[],
        open: |location, opening| Box::pin(directory::open(location, opening)),
        target: |location, _| Box::pin(refuse(location)),
    },
    Kind {
        schemes: &["bolt", "bolt+s", "neo4j", "neo4j+s"],
        doc: "bolt://host[:7687][/database]: the graph in Neo4j; bolt+s:// with TLS; neo4j:// is the same",
        variables: "NEO4J",
        tells: &[Role::Graph],
        takes: &[Role::Graph],
        open: |location, opening| Box::pin(neo4j::open(location, opening)),
        target: |location, opening| Box::pin(neo4j::target(location, opening)),
    },
    Kind {
        schemes: &["mongodb", "mongodb+srv"],
        doc: "mongodb://host[:27017]/[database[.collection]]: facts or registrations in MongoDB [puppet.nodes]",
        variables: "MONGODB",
        tells: &[Role::Facts, Role::Registrations],
        takes: &[Role::Facts, Role::Registrations],
        open: |location, opening| Box::pin(mongo::open(location, opening)),
        target: |location, opening| Box::pin(mongo::target(location, opening)),
    },
    Kind {
        schemes: &["mco"],
        doc: "mco:[PROGRAM][?config=FILE]: who answers MCollective's `mco rpc rpcutil ping`; checks by its agent nrpe",
        variables: "",
        tells: &[Role::Discovery, Role::Checks],
        takes: &[],
        open: |location, opening| Box::pin(discovery::mco::open(location, opening)),
        target: |location, _| Box::pin(refuse(location)),
    },
    Kind {
        schemes: &["choria"],
        doc: "choria:[PROGRAM][?config=FILE]: who answers `choria req rpcutil ping`; checks by its agent nrpe",
        variables: "",
        tells: &[Role::Discovery, Role::Checks],
        takes: &[],
        open: |location, opening| Box::pin(discovery::choria::open(location, opening)),
        target: |location, _| Box::pin(refuse(location)),
    },
    Kind {
        schemes: &["file"],
        doc: "file:PATH: a discovery reply that somebody wrote down",
        variables: "",
        tells: &[Role::Discovery],
        takes: &[],
        open: |location, opening| Box::pin(discovery::file::open(location, opening)),
        target: |location, _| Box::pin(refuse(location)),
    },
    Kind {
        schemes: &["sqlite"],
        doc: "sqlite:FILE: catalogs, facts and registrations that were loaded into a file",
        variables: "",
        tells: &[Role::Graph, Role::Facts, Role::Registrations],
        takes: &[Role::Graph, Role::Facts, Role::Registrations],
        open: |location, opening| Box::pin(sqlite::open(location, opening)),
        target: |location, opening| Box::pin(sqlite::target(location, opening)),
    },
    Kind {
        schemes: &["puppetdb"],
        doc: "puppetdb:https://host[:8081]: catalogs and facts of PuppetDB",
        variables: "",
        tells: &[Role::Graph, Role::Facts],
        takes: &[],
        open: |location, opening| Box::pin(puppetdb::open(location, opening)),
        target: |location, _| Box::pin(refuse(location)),
    },
];

/// Opens a source. Nothing is asked over a network yet, so that a source that is away is a doubt of
/// the run and not its end.
///
/// # Errors
/// When the address is of no kind, is wrong, or its kind cannot tell what is asked for; when a file
/// that it needs cannot be read.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let kind = location.kind();
    allowed(location, kind.tells, &opening.roles, "tells no")?;
    (kind.open)(location, opening).await
}

/// What is loaded by.
///
/// # Errors
/// When the address is of no kind, is wrong, or its kind does not keep what is asked for; when the
/// server is away or refuses.
pub async fn target(location: &Location, opening: &Opening) -> Result<Targets, SourceError> {
    let kind = location.kind();
    allowed(location, kind.takes, &opening.roles, "keeps no")?;
    (kind.target)(location, opening).await
}

fn allowed(
    location: &Location,
    can: &[Role],
    asked: &[Role],
    lacks: &str,
) -> Result<(), SourceError> {
    let Some(role) = asked.iter().find(|role| !can.contains(role)) else {
        return Ok(());
    };
    let others =
        |kind: &&Kind| if lacks == "tells no" { kind.tells } else { kind.takes }.contains(role);
    let docs: Vec<_> = KINDS.iter().filter(others).map(|kind| kind.doc).collect();
    Err(SourceError::new(
        format!("{location} {lacks} {}", role.name()),
        format!("write one of these: {}", docs.join("; ")),
    ))
}

/// For kinds that nothing is loaded into; [`target`] has refused them before.
async fn refuse(location: &Location) -> Result<Targets, SourceError> {
    let help = "load into a graph, facts or registrations that are kept by a server or a file";
    Err(SourceError::new(format!("nothing can be loaded into {location}"), help))
}
