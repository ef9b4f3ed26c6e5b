//! Receiving registrations.

use clap::Args;

// Where registrations come from, and where they are kept.
#[derive(Debug, Args)]
pub struct Receive {
    /// Where they come from: stomp://, nats://, file:, stdin:, … as events do
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// Where they are kept: mongodb:// or sqlite: [default: sources.registrations]
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// Tell nothing of clocks that are off
    #[arg(long, short)]
    pub quiet: bool,
}
