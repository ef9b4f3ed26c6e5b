//! The command line of Hiera 5.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

// What to look up, and for whom: the options are those of `puppet lookup`.
#[derive(Debug, Args)]
pub struct Lookup {
    /// The keys: the first that has data is answered; dots go into structures
    #[arg(value_name = "KEY", required_unless_present = "explain_options")]
    pub keys: Vec<String>,
    /// For whom [default: clientcert or fqdn of --facts]
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// The environment
    #[arg(long, value_name = "NAME", default_value = "production")]
    pub environment: String,
    /// Where environments are [default: /etc/puppetlabs/code/environments, Debian's]
    #[arg(long, value_name = "DIR[:DIR]")]
    pub environmentpath: Option<String>,
    /// Where modules are that all environments share
    #[arg(long, value_name = "DIR[:DIR]")]
    pub basemodulepath: Option<String>,
    /// The hiera.yaml of the global layer [default: /etc/puppetlabs/puppet/hiera.yaml, Debian's]
    #[arg(long, value_name = "FILE")]
    pub hiera_config: Option<PathBuf>,
    /// How values of several levels become one [default: as lookup_options say]
    #[arg(long, value_name = "BEHAVIOUR")]
    pub merge: Option<MergeName>,
    /// What takes a value out of what lower levels say; with --merge deep
    #[arg(long, value_name = "PREFIX", alias = "knockout-prefix", allow_hyphen_values = true)]
    pub knock_out_prefix: Option<String>,
    /// Sort lists that are merged; with --merge deep
    #[arg(long)]
    pub sort_merged_arrays: bool,
    /// Merge hashes in lists, by their places; with --merge deep
    #[arg(long)]
    pub merge_hash_arrays: bool,
    /// The answer where there is no data
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub default: Option<String>,
    /// The data type that the answer must have: "Array[String]"
    #[arg(long = "type", value_name = "TYPE")]
    pub expected: Option<String>,
    /// How to print [default: yaml, explanations s]
    #[arg(long, value_name = "FORMAT")]
    pub render_as: Option<Rendering>,
    /// Tell where the answer comes from, one line a place; secrets are not shown
    #[arg(long)]
    pub explain: bool,
    /// Tell where the lookup_options come from
    #[arg(long)]
    pub explain_options: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MergeName {
    First,
    Unique,
    Hash,
    Deep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rendering {
    S,
    Json,
    Yaml,
}
