//! Where the estate comes from, and commands about that.

use std::path::PathBuf;

use clap::Args;
use groundrule_inventory::source::{Location, Role};

use super::{Global, ShowFormat};

// Sources of parts of the estate.
#[derive(Clone, Debug, Args)]
pub struct Urls {
    /// Where the graph comes from: estate:DIR, bolt://host, …
    #[arg(id = "graph-url", long = "graph", global = true, value_name = "URL")]
    pub graph: Option<String>,
    /// Where facts come from: estate:DIR, …; for lookups and enc a file with the facts of one node
    #[arg(id = "facts-url", long = "facts", global = true, value_name = "URL")]
    pub facts: Option<String>,
    /// Where registrations come from: estate:DIR, …
    #[arg(id = "registrations-url", long = "registrations", global = true, value_name = "URL")]
    pub registrations: Option<String>,
    /// Who answers now: estate:DIR, …
    #[arg(id = "discovery-url", long = "discovery", global = true, value_name = "URL")]
    pub discovery: Option<String>,
    /// By what checks are run on nodes: mco:, choria:
    #[arg(id = "checks-url", long = "checks", global = true, value_name = "URL")]
    pub checks: Option<String>,
}

impl Global {
    /// The file with facts of one node that a lookup was given, and the options without it.
    pub fn facts_file(&self) -> (Self, Option<PathBuf>) {
        let mut others = self.clone();
        let is_file = |text: &String| Location::parse(text).is_err();
        let file = others.urls.facts.take_if(|text| is_file(text)).map(PathBuf::from);
        (others, file)
    }

    /// The addresses that were given.
    pub fn sources(&self) -> impl Iterator<Item = (Role, &str)> {
        let Urls { graph, facts, registrations, discovery, checks } = &self.urls;
        [
            (Role::Graph, graph),
            (Role::Facts, facts),
            (Role::Registrations, registrations),
            (Role::Discovery, discovery),
            (Role::Checks, checks),
        ]
        .into_iter()
        .filter_map(|(role, url)| Some((role, url.as_deref()?)))
    }
}

// How to tell of the sources.
#[derive(Debug, Args)]
pub struct Doctor {
    /// How to print
    #[arg(long, short, value_name = "TYPE", default_value = "text")]
    pub format: ShowFormat,
}

// What is loaded, and how.
#[derive(Debug, Args)]
pub struct Load {
    /// What to load: estate:DIR
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// Remove nodes that it does not have
    #[arg(long)]
    pub prune: bool,
    /// Write also what the store has already
    #[arg(long)]
    pub all: bool,
    /// Tell nothing of how far it has come
    #[arg(long, short)]
    pub quiet: bool,
}
