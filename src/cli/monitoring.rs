//! The command line of everything about events.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ShowFormat;

// What the pipeline is made of; what is not said here is configured.
#[derive(Debug, Args)]
pub struct PipelineArgs {
    /// Where events come from: stomp://, nats://, http://, tcp://, unix:, file:, stdin:
    #[arg(long, value_name = "URL")]
    pub from: Vec<String>,
    /// Where every event is kept: sqlite:FILE, mongodb://
    #[arg(long, value_name = "URL")]
    pub archive: Option<String>,
    /// The directory with the rule files
    #[arg(long, value_name = "DIR")]
    pub routes: Option<PathBuf>,
    /// Where statuses are kept: sqlite:FILE, mongodb://
    #[arg(long, value_name = "URL")]
    pub status: Option<String>,
    /// What this process does: portal, router, status, metrics, alerts, callbacks, all
    #[arg(long, value_name = "ROLE")]
    pub role: Vec<String>,
    /// The queue of a part that works elsewhere: status=stomp://host/queue/events.status
    #[arg(long, value_name = "PART=URL", value_parser = pair)]
    pub queue: Vec<(String, String)>,
    /// Where messages go that are no events or are refused for good, instead of into the archive
    #[arg(long, value_name = "URL")]
    pub dead_letters: Option<String>,
    /// Where /healthz and /metrics are served: 127.0.0.1:9180
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,
}

/// Reads `key=value`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write PART=URL")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[derive(Debug, Subcommand)]
pub enum Events {
    /// One event, whole
    Get {
        /// Its identity: 24 hexadecimal digits
        id: String,
        /// The archive [default: that of the configuration]
        #[arg(long, value_name = "URL")]
        archive: Option<String>,
    },
    /// Events, the newest last
    List(ListEvents),
}

// Which events are listed; all of what is said must hold.
#[derive(Debug, Args)]
pub struct ListEvents {
    /// Whom they are about
    #[arg(long)]
    pub subject: Option<String>,
    /// What they are called
    #[arg(long)]
    pub name: Option<String>,
    /// Their type: metric, status, archive, alert, simple_counter
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// A tag that they have: owner=dba
    #[arg(long, value_name = "NAME=VALUE")]
    pub tag: Vec<String>,
    /// Not before this time: RFC 3339, seconds since 1970, or how long ago
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The newest, at most this many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// How to print
    #[arg(long, short, value_name = "TYPE", default_value = "text")]
    pub format: EventsFormat,
    /// The archive [default: that of the configuration]
    #[arg(long, value_name = "URL")]
    pub archive: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EventsFormat {
    Text,
    Ndjson,
}

// Which statuses are shown, or what is said of one.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Status {
    #[command(subcommand)]
    pub change: Option<StatusChange>,
    #[command(flatten)]
    pub of: Narrow,
    /// Only what is not OK
    #[arg(long)]
    pub problems: bool,
    /// How to print
    #[arg(long, short, value_name = "TYPE", default_value = "text")]
    pub format: StatusFormat,
    /// Where statuses are kept [default: that of the configuration]
    #[arg(long, value_name = "URL", global = true)]
    pub status: Option<String>,
}

#[derive(Debug, Args)]
pub struct Narrow {
    /// Whom they are about
    #[arg(long)]
    pub subject: Option<String>,
    /// What they are about
    #[arg(long)]
    pub name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum StatusChange {
    /// Say that somebody knows; lasts until it is OK
    Ack {
        #[command(flatten)]
        of: Of,
        /// Who [default: the variable USER]
        #[arg(long, value_name = "WHO")]
        by: Option<String>,
    },
    /// Say that nobody knows any more
    Unack {
        #[command(flatten)]
        of: Of,
    },
    /// Forget a status
    Clear {
        #[command(flatten)]
        of: Of,
    },
}

// One status.
#[derive(Debug, Args)]
pub struct Of {
    /// Its subject and its name
    #[arg(value_name = "SUBJECT NAME", num_args = 0..=2)]
    pub words: Vec<String>,
    /// Its subject
    #[arg(long)]
    pub subject: Option<String>,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    Text,
    Json,
    Nagios,
}

#[derive(Debug, Subcommand)]
pub enum Routes {
    /// Where events go, one a line
    Test {
        /// A file with one event a line; - is standard input
        events: String,
        #[command(flatten)]
        common: RoutesArgs,
    },
    /// Where one event goes, and what each rule says of it
    Explain {
        /// A file with the event, - for standard input, or the event itself
        event: String,
        #[command(flatten)]
        common: RoutesArgs,
    },
}

#[derive(Debug, Args)]
pub struct RoutesArgs {
    /// The directory with the rule files [default: that of the configuration]
    #[arg(long, value_name = "DIR")]
    pub routes: Option<PathBuf>,
    /// From where the events come: portal, status, metrics, alerts
    #[arg(long, value_name = "PLACE", default_value = "portal")]
    pub place: String,
}

#[derive(Debug, Subcommand)]
pub enum Ingest {
    /// Passive results and performance data of Nagios
    Nagios {
        /// Files; - is standard input
        #[arg(default_value = "-")]
        files: Vec<String>,
        /// Where the events go [default: standard output]
        #[arg(long, value_name = "URL")]
        to: Vec<String>,
    },
    /// What a plugin or check_nrpe printed, read from standard input
    Check {
        /// Whom it is about
        #[arg(long)]
        subject: String,
        /// What was checked
        #[arg(long)]
        name: String,
        /// The exit code of the plugin
        #[arg(long)]
        code: i64,
        /// Where the event goes [default: standard output]
        #[arg(long, value_name = "URL")]
        to: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Spool {
    /// How many events wait, and for which address
    List {
        /// How to print
        #[arg(long, short, value_name = "TYPE", default_value = "text")]
        format: ShowFormat,
    },
    /// Send them
    Send {
        /// Only those for these addresses
        #[arg(value_name = "URL")]
        to: Vec<String>,
    },
}
