//! The command line.

mod ask;
pub mod data;
mod facts;
mod gate;
pub mod hiera;
mod lookup;
mod monitoring;
mod registrations;
mod sources;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use groundrule_engine::policy::{NamePattern, TagExpression};

use crate::context::Color;
use crate::nearest::nearest;
pub use ask::{AnswerFormat, Ask, Question};
pub use facts::{Facts, FactsFormat};
pub use gate::{Gate, GateFormat, How, Serve};
pub use lookup::{Lookup, MergeName, Rendering};
pub use monitoring::{
    Events, EventsFormat, Ingest, ListEvents, Of, PipelineArgs, Routes, Spool, Status,
    StatusChange, StatusFormat,
};
pub use registrations::Receive;
pub use sources::{Doctor, Load};

const EXIT_CODES: &str = "\
Exit codes:
  0  all policies hold
  1  a policy is violated
  2  could not run: usage, configuration, a policy that cannot be read
  3  undecided: something that could change a verdict is not known
  4  no policy was selected
The worst wins in the order 2, 1, 3, 4. With --format nagios on standard output: 0 OK, 1 WARNING,
2 CRITICAL, 3 UNKNOWN.";

const USAGE: &str = "\
groundrule [run] [OPTIONS] [PATH[:LINE]]...   (options: `groundrule run --help`)
       groundrule <COMMAND>";

/// Cucumber for infrastructure: judges ground rules in Gherkin on what Puppet, Facter and MCollective
/// know of your machines.
#[derive(Debug, Parser)]
#[command(name = "groundrule", version, after_help = EXIT_CODES, max_term_width = 100)]
#[command(override_usage = USAGE)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// The estate: a directory with catalogs/, facts/, registrations/, discovery.json,
    /// relationships.yaml
    #[arg(long, global = true, value_name = "DIR")]
    pub estate: Option<PathBuf>,
    #[command(flatten)]
    pub urls: sources::Urls,
    /// The configuration [default: the nearest groundrule.toml upwards]
    #[arg(long, short, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The time to judge at: RFC 3339, or seconds since 1970
    #[arg(long, global = true, value_name = "TIME")]
    pub now: Option<String>,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

// Only the command that is called makes its options, which saves a fifth of a short run. What is
// written with three strokes above these options would then stand in place of the command's help.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Judge policies (the default command)
    Run(Run),
    /// Print the sentences that policies can be written in
    Steps(Steps),
    /// Ask each source what it is, how old and how complete, and tell what is wrong
    Doctor(Doctor),
    /// Load an estate directory into the sources that keep what they are given
    Load(Load),
    /// Take in what machines say of themselves, and keep it
    Registrations(Receive),
    /// Look at what was read of the estate
    #[command(subcommand)]
    Estate(Estate),
    /// External facts of this machine, read as Facter reads them
    Facts(Facts),
    /// Data for a node, as puppet lookup answers (Hiera 5)
    Lookup(Lookup),
    /// Ask whether an action may happen, before it does
    #[command(subcommand)]
    Gate(Gate),
    /// Answer the gate, runs and questions over HTTP, from memory
    Serve(Serve),
    /// Ask what falls with what, in which order to stop, whom to tell, where to place
    Ask(Ask),
    /// Take events in, keep them, and make status, metrics, alerts and actions of them
    Pipeline(PipelineArgs),
    /// Look events up in the archive
    #[command(subcommand)]
    Events(Events),
    /// What is so now, and what somebody says of it
    Status(Status),
    /// Try the rules of the pipeline on events
    #[command(subcommand)]
    Routes(Routes),
    /// Make events of what other systems write
    #[command(subcommand)]
    Ingest(Ingest),
    /// Look at events that wait for where they go
    #[command(subcommand)]
    Spool(Spool),
    /// Look data up as Ruby's hiera does
    Hiera(data::Hiera),
    /// Look data up as Puppet's extlookup does
    Extlookup(data::Extlookup),
    /// Make Hiera's data of extlookup's
    #[command(name = "extlookup2hiera")]
    Extlookup2Hiera(data::Extlookup2Hiera),
    /// Tell Puppet a node's classes: an external node classifier
    Enc(data::Enc),
    /// Look at data files, and change them
    #[command(subcommand)]
    Data(data::Data),
    /// Look at exceptions
    #[command(subcommand)]
    Waivers(Waivers),
    /// Look at the configuration
    #[command(subcommand)]
    Config(Config),
    /// Write a first policy and configuration
    Init(Init),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

// What to judge and how to tell.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// Feature files or directories of them, with lines if you like: features/mysql.feature:7:21
    /// [default: those of the configuration, else features]
    #[arg(value_name = "PATH[:LINE]")]
    pub paths: Vec<String>,
    /// Only policies with these tags: "@gate and not (@slow or @draft)"; repeated, all must hold
    #[arg(long, short, value_name = "EXPRESSION")]
    pub tags: Vec<TagExpression>,
    /// Only policies whose name matches; repeated, one must
    #[arg(long, short, value_name = "REGEX")]
    pub name: Vec<NamePattern>,
    /// How to report, and where: pretty, results, junit, json, github, events, nagios [default: pretty]
    #[arg(long, short, value_name = "TYPE[:PATH]")]
    pub format: Vec<String>,
    /// Where to send status events too: stomp://, nats://, http://, tcp://, unix:, file:
    #[arg(long, value_name = "URL")]
    pub events: Vec<String>,
    /// Check the policies, and judge nothing
    #[arg(long, short)]
    pub dry_run: bool,
    /// Stop after the first policy that does not hold
    #[arg(long)]
    pub fail_fast: bool,
    /// How many policies are judged at a time
    #[arg(long, alias = "parallel", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub concurrency: Option<u16>,
    /// Exceptions [default: those of the configuration]
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// What the run is for, which tells the exceptions that apply
    #[arg(long, value_name = "MODE")]
    pub mode: Option<ModeName>,
    /// Fail where an exception is unused, expired or for an unknown policy
    #[arg(long)]
    pub strict_waivers: bool,
    /// Exit with 0 whatever the verdicts are
    #[arg(long)]
    pub exit_zero: bool,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    /// A check of a change
    Ci,
    /// A regular check of what is there
    Audit,
    /// A decision before an action
    Gate,
}

// How to print the vocabulary.
#[derive(Debug, Args)]
pub struct Steps {
    /// How to print
    #[arg(long, short, value_name = "TYPE", default_value = "text")]
    pub format: StepsFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StepsFormat {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Subcommand)]
pub enum Estate {
    /// What was read: nodes, resources, relationships, files that could not be read, ages
    Show {
        /// How to print
        #[arg(long, short, value_name = "TYPE", default_value = "text")]
        format: ShowFormat,
    },
    /// A node's resources and how they are related
    Graph {
        /// The node
        node: String,
        /// How to print
        #[arg(long, short, value_name = "TYPE", default_value = "dot")]
        format: GraphFormat,
    },
    /// The nodes that an MCollective filter selects
    Nodes(Filter),
}

// MCollective's filters; all of them must hold.
#[derive(Debug, Args)]
pub struct Filter {
    /// A fact: location=dc1, cores>=8, os=~^Deb
    #[arg(long = "wf", short = 'F', visible_alias = "with-fact", value_name = "FACT")]
    pub facts: Vec<String>,
    /// A class, or /regex/
    #[arg(long = "wc", short = 'C', visible_alias = "with-class", value_name = "CLASS")]
    pub classes: Vec<String>,
    /// An identity, or /regex/; repeated, one must match
    #[arg(long = "wi", short = 'I', visible_alias = "with-identity", value_name = "NODE")]
    pub identities: Vec<String>,
    /// An MCollective agent, or /regex/
    #[arg(long = "wa", short = 'A', visible_alias = "with-agent", value_name = "AGENT")]
    pub agents: Vec<String>,
    /// Classes and facts, separated by blanks
    #[arg(long = "with", short = 'W', value_name = "FILTER")]
    pub with: Vec<String>,
    /// A compound filter: "(country=uk or /^web/) and not environment=dev"
    #[arg(long = "select", short = 'S', value_name = "FILTER")]
    pub select: Vec<String>,
    /// How to print
    #[arg(long, short, value_name = "TYPE", default_value = "text")]
    pub format: ShowFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    Dot,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Waivers {
    /// Every exception with the days that are left
    List {
        /// The file [default: that of the configuration]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// The configuration that counts
    Show {
        /// Tell where each value comes from
        #[arg(long)]
        origin: bool,
    },
}

// Where to begin.
#[derive(Debug, Args)]
pub struct Init {
    /// The directory
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
}

impl Cli {
    /// The program with the options of its default command: what the manual page tells.
    pub fn whole() -> clap::Command {
        Run::augment_args(Self::command())
    }

    /// Reads a command line. Where the first word is no command, `run` is meant.
    ///
    /// # Errors
    /// What clap says of it, help and version included.
    pub fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut arguments = arguments.to_vec();
        hiera::shield(&mut arguments);
        if let Some(mistyped) = mistyped(arguments.get(1..).unwrap_or_default()) {
            return Err(mistyped);
        }
        if wants_run(arguments.get(1..).unwrap_or_default()) {
            arguments.insert(1, "run".into());
        }
        Self::try_parse_from(arguments)
    }
}

/// A first word that is neither a command nor a path, but nearly a command.
fn mistyped(arguments: &[OsString]) -> Option<clap::Error> {
    let word = arguments.first()?.to_str()?;
    if word.starts_with('-') || word.contains(['/', '.', ':']) || Path::new(word).exists() {
        return None;
    }
    let mut command = Cli::command();
    let near = nearest(command.get_subcommands().map(clap::Command::get_name), word)?;
    if near == word {
        return None;
    }
    let what = format!("{word} is no command, and there is no such path: did you mean {near}?");
    Some(command.error(clap::error::ErrorKind::InvalidSubcommand, what))
}

/// Whether the first word that is no option, nor the value of one, is no command.
fn wants_run(arguments: &[OsString]) -> bool {
    let command = Cli::command();
    let run = Run::augment_args(clap::Command::default());
    let takes_value = |name: &str| {
        let mut all = command.get_arguments().chain(run.get_arguments());
        let named = |arg: &clap::Arg| match name.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => arg.get_short().is_some_and(|short| name == format!("-{short}")),
        };
        all.any(|arg| named(arg) && arg.get_action().takes_values())
    };
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match &*word {
            "-h" | "--help" | "-V" | "--version" => return false,
            "--" => return true,
            option if option.starts_with('-') && option.len() > 1 => {
                if takes_value(option) {
                    words.next();
                }
            }
            word => {
                let known = command.get_subcommands().any(|known| known.get_name() == word);
                return !known && word != "help";
            }
        }
    }
    true
}
