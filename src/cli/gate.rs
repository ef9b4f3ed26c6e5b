//! The command line of the gate.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

// What is to happen.
#[derive(Debug, Subcommand)]
pub enum Gate {
    /// May these nodes be taken away?
    Terminate {
        /// The nodes
        #[arg(value_name = "NODE", required = true)]
        nodes: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// May these nodes be down for a time?
    Maintain {
        /// The nodes
        #[arg(value_name = "NODE", required = true)]
        nodes: Vec<String>,
        /// How long: it is held for that time
        #[arg(long = "for", value_name = "TIME")]
        time: String,
        #[command(flatten)]
        how: How,
    },
    /// May nodes of this class be added?
    Add {
        /// Their class
        #[arg(long, short = 'C')]
        class: String,
        /// A fact of theirs; repeated
        #[arg(long = "fact", short = 'F', value_name = "NAME=VALUE")]
        facts: Vec<String>,
        /// How many
        #[arg(long, default_value = "1", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        count: u16,
        #[command(flatten)]
        how: How,
    },
    /// Give back what was allowed
    Release {
        /// The id of the reservation
        id: String,
        /// Where reservations are kept: sqlite:FILE, mongodb://
        #[arg(long, value_name = "URL")]
        reservations: Option<String>,
    },
    /// What was allowed and is held
    List {
        /// Where reservations are kept: sqlite:FILE, mongodb://
        #[arg(long, value_name = "URL")]
        reservations: Option<String>,
        /// How to print
        #[arg(long, short, value_name = "TYPE", default_value = "text")]
        format: GateFormat,
    },
}

// How it is decided.
#[derive(Debug, Args)]
pub struct How {
    /// Feature files or directories; those policies count that are tagged @gate [default: those of
    /// the configuration]
    #[arg(long, value_name = "PATH")]
    pub policies: Vec<String>,
    /// Exceptions [default: those of the configuration]
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// If it must not happen: name a largest part of the nodes that may go together
    #[arg(long)]
    pub suggest: bool,
    /// How long it is held if it is allowed; 0s holds nothing [default: 10m]
    #[arg(long, value_name = "TIME")]
    pub hold: Option<String>,
    /// Where reservations are kept: sqlite:FILE, mongodb:// [default: a file of the estate]
    #[arg(long, value_name = "URL")]
    pub reservations: Option<String>,
    /// How to print
    #[arg(long, short, value_name = "TYPE", default_value = "text")]
    pub format: GateFormat,
}

// The server.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where it listens: http://127.0.0.1:9181, https://HOST:PORT?cert=FILE&key=FILE&token_file=FILE
    #[arg(long, value_name = "URL")]
    pub listen: Option<String>,
    /// How often it looks whether the estate has changed [default: 10s]
    #[arg(long, value_name = "TIME")]
    pub reload: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GateFormat {
    Text,
    Json,
}
