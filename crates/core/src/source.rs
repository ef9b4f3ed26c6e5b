//! Where knowledge comes from, and what is not known.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Text;
use crate::name::NodeName;

/// A kind of source of an estate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Puppet catalogs: resources, relationships, classes, environments.
    #[serde(rename = "catalog")]
    Catalogs,
    /// Facts documents.
    Facts,
    /// What nodes said of themselves.
    #[serde(rename = "registration")]
    Registrations,
    /// Who answers now.
    Discovery,
    /// Dependencies that are declared beside the catalogs.
    Relationships,
    /// Data that is looked up, such as Hiera's.
    Lookup,
    /// Checks that are run on nodes.
    Checks,
}

impl Source {
    /// Those that an estate has.
    pub const ALL: [Self; 5] =
        [Self::Catalogs, Self::Facts, Self::Registrations, Self::Discovery, Self::Relationships];

    /// The name in configuration and messages, in the plural.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Catalogs => "catalogs",
            Self::Facts => "facts",
            Self::Registrations => "registrations",
            Self::Discovery => "discovery",
            Self::Relationships => "relationships",
            Self::Lookup => "lookup",
            Self::Checks => "checks",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Catalogs => "catalog",
            Self::Registrations => "registration",
            other => other.plural(),
        })
    }
}

/// Something that is not known: of a node, or of which nodes there are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Unknown {
    /// The node that it is about; none when it is about the source as a whole.
    pub node: Option<NodeName>,
    /// Which source would tell.
    pub source: Source,
    /// Why it does not, as a sentence without a full stop.
    pub why: Text,
}

/// A fault in what a source holds, for people to repair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The source that it is in.
    pub source: Source,
    /// The file, as the user would name it.
    pub file: String,
    /// Line from 1, where it is known.
    pub line: Option<u64>,
    /// Column from 1, where it is known.
    pub column: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
    /// Whether something is unknown because of it; else it is only worth a look.
    pub undecides: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, ": {}", self.what)
    }
}

/// Which nodes a source knows.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Whether the source has no such documents at all, although it answers other questions.
    pub absent: bool,
    /// Nodes with a document that can be read, each once, and of when it is.
    pub readable: Vec<(NodeName, Option<Timestamp>)>,
    /// Nodes with a document that cannot be read, and why.
    pub unreadable: Vec<(NodeName, Text)>,
    /// Why there may be more nodes, or newer documents, than these.
    pub gaps: Vec<Text>,
}

/// Something that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// It is there.
    Present(T),
    /// It is known not to be there.
    Absent,
    /// It is not known, and why.
    Unknown(Text),
}
