//! The command line of the questions.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

// A question.
#[derive(Debug, Args)]
pub struct Ask {
    #[command(subcommand)]
    pub question: Question,
    /// How to print; dot and svg where the answer is a graph
    #[arg(long, short, global = true, value_name = "TYPE", default_value = "text")]
    pub format: AnswerFormat,
}

#[derive(Debug, Subcommand)]
pub enum Question {
    /// What falls when a node is shut down or a resource fails
    Impact {
        #[arg(
            value_name = "NODE[/REF]",
            help = "The node, or a resource on it: web1.example.net/Service[nginx]"
        )]
        of: String,
    },
    /// Whose notifications to hold meanwhile: identities of events
    Suppress {
        /// The node, or a resource on it
        #[arg(value_name = "NODE[/REF]")]
        of: String,
    },
    /// What to schedule downtime on, in the order of stopping
    Downtime {
        /// The nodes
        #[arg(value_name = "NODE", required = true)]
        nodes: Vec<String>,
    },
    /// Single points of failure, the worst first
    Spof,
    /// Owners and contacts of everything that is affected
    Stakeholders {
        /// The nodes
        #[arg(value_name = "NODE", required = true)]
        nodes: Vec<String>,
    },
    /// In which order to stop what falls with something, and that at last
    ShutdownOrder {
        /// The node, or a resource on it
        #[arg(value_name = "NODE[/REF]")]
        of: String,
        /// A line for each step of -f commands: "ssh {node} systemctl stop {title}"
        #[arg(long, value_name = "TEXT")]
        template: Option<String>,
    },
    /// Dependencies on what nobody manages
    Unmanaged,
    /// Nodes that declare no dependency
    Undeclared,
    /// In which zones to place new nodes
    Place {
        /// Their class
        #[arg(long, short = 'C')]
        class: String,
        /// How many
        #[arg(long, default_value = "1", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        count: u16,
        /// How far zones are from each other: lines ZONE,ZONE,MILLISECONDS
        #[arg(long, value_name = "FILE")]
        latency: Option<PathBuf>,
        /// The fact with the zone [default: that of the configuration, else availability_zone]
        #[arg(long, value_name = "FACT")]
        zone: Option<String>,
    },
    /// Who is missing: absent, strangers, stale, without catalog, without facts
    Missing {
        /// Registrations older than this are stale
        #[arg(long, value_name = "TIME", default_value = "1h")]
        stale: String,
    },
    /// One shortest way from a node to one that it needs
    Path {
        /// The node, or a resource on it
        #[arg(value_name = "NODE[/REF]")]
        from: String,
        /// What it needs
        #[arg(value_name = "NODE[/REF]")]
        to: String,
    },
    /// What came and what went between two estates
    Diff {
        /// The one before
        #[arg(value_name = "ESTATE")]
        before: PathBuf,
        /// The one after
        #[arg(value_name = "ESTATE")]
        after: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    Text,
    Json,
    Dot,
    Svg,
    Commands,
}
