//! Commands about data.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::hiera::Format;

// `groundrule hiera`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Hiera {
    /// Options, key, default and variables, as Ruby's hiera takes them: see `groundrule hiera --help`
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<OsString>,
}

// Where the variables of a lookup come from.
#[derive(Debug, Default, Args)]
pub struct Variables {
    /// Take the facts of this node of the estate
    #[arg(long, short, value_name = "NODE")]
    pub node: Option<String>,
}

// `groundrule extlookup`.
#[derive(Debug, Args)]
pub struct Extlookup {
    /// The key
    pub key: String,
    /// A value for where there is none, and variables
    #[arg(value_name = "DEFAULT|VARIABLE=VALUE")]
    pub words: Vec<String>,
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/puppet/extlookup.yaml")]
    pub file: PathBuf,
    /// The class that asks, for the Puppet data source
    #[arg(long, value_name = "CLASS")]
    pub class: Option<String>,
    #[command(flatten)]
    pub variables: Variables,
    /// How to write the answer
    #[arg(long, short, value_name = "TYPE", default_value = "ruby")]
    pub format: Format,
}

// `groundrule extlookup2hiera`.
#[derive(Debug, Args)]
pub struct Extlookup2Hiera {
    /// A CSV file, or a directory of them
    #[arg(value_name = "IN")]
    pub from: PathBuf,
    /// The YAML or JSON file to write, or a new directory
    #[arg(value_name = "OUT")]
    pub to: PathBuf,
    /// The extlookup.yaml whose precedence becomes a hiera.yaml, for a directory
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Write JSON, for a directory
    #[arg(long)]
    pub json: bool,
}

// `groundrule enc`.
#[derive(Debug, Args)]
pub struct Enc {
    /// The node that Puppet asks about
    pub node: String,
    /// The Hiera configuration
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/puppet/hiera.yaml",
        conflicts_with = "extlookup"
    )]
    pub hiera: PathBuf,
    /// Look things up by this extlookup.yaml instead, class parameters as well
    #[arg(long, value_name = "FILE")]
    pub extlookup: Option<PathBuf>,
    /// Where Puppet's modules are, to know which parameters classes have: directories with colons between them
    #[arg(long, value_name = "PATH", requires = "extlookup")]
    pub modulepath: Option<String>,
    /// Answer for a node without facts, with its name as the only variable
    #[arg(long)]
    pub allow_unknown: bool,
}

// `groundrule data`.
#[derive(Debug, Subcommand)]
pub enum Data {
    /// Print what a level holds of a key
    Get(DataGet),
    /// Set a key of a level
    Set(DataSet),
    /// Take a key out of a level
    Unset(DataUnset),
    /// List the levels that a node looks into, in order
    Levels(DataLevels),
    /// Look for what is wrong with the data
    Lint(DataLint),
}

// Which data.
#[derive(Debug, Args)]
pub struct DataOf {
    /// The Hiera configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/puppet/hiera.yaml")]
    pub hiera: PathBuf,
    /// The kind of data, of those that are configured [default: the first]
    #[arg(long, value_name = "BACKEND")]
    pub backend: Option<String>,
}

// A level and a key.
#[derive(Debug, Args)]
pub struct DataGet {
    /// The level's name, `dc1` for instance, or a file
    pub level: String,
    /// The key; without one, the level's keys are listed
    pub key: Option<String>,
    #[command(flatten)]
    pub of: DataOf,
    /// How to write the value
    #[arg(long, short, value_name = "TYPE", default_value = "yaml")]
    pub format: Format,
}

// A change of a level.
#[derive(Debug, Args)]
pub struct DataSet {
    /// The level's name, `dc1` for instance, or a file
    pub level: String,
    /// The key
    pub key: String,
    /// The value, as YAML: `[a, b]` is a list; `-` reads it from standard input
    #[arg(allow_hyphen_values = true)]
    pub value: String,
    #[command(flatten)]
    pub of: DataOf,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

// The end of a key.
#[derive(Debug, Args)]
pub struct DataUnset {
    /// The level's name, `dc1` for instance, or a file
    pub level: String,
    /// The key
    pub key: String,
    #[command(flatten)]
    pub of: DataOf,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

// Whose levels.
#[derive(Debug, Args)]
pub struct DataLevels {
    /// More variables
    #[arg(value_name = "VARIABLE=VALUE")]
    pub words: Vec<String>,
    #[command(flatten)]
    pub of: DataOf,
    #[command(flatten)]
    pub variables: Variables,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

// What to look at.
#[derive(Debug, Args)]
pub struct DataLint {
    #[command(flatten)]
    pub of: DataOf,
    /// Name keys that no class of the estate's catalogs asks for
    #[arg(long)]
    pub catalogs: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
