//! The command line of external facts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

// Which facts, and from where.
#[derive(Debug, Args)]
pub struct Facts {
    /// The facts to print, dots go into structures [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// A directory of facts, the first counts most [default: /etc/facts.d and Facter's own]
    #[arg(long, value_name = "DIR")]
    pub external_dir: Vec<PathBuf>,
    /// How to print
    #[arg(long, short, value_name = "TYPE", default_value = "text")]
    pub format: FactsFormat,
    /// How long each program may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
    /// Run no programs
    #[arg(long)]
    pub no_programs: bool,
    /// Exit with 1 where a fact that is asked for is not there
    #[arg(long)]
    pub strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FactsFormat {
    Text,
    Json,
    Yaml,
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}
