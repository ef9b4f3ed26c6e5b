//! groundrule: cucumber for infrastructure.

mod causes;
mod cli;
mod commands;
mod config;
mod context;
mod daemon;
mod exit;
mod failure;
mod gates;
mod masking;
mod nearest;
mod node_facts;
mod outgoing;
mod remembered;
mod serve;
mod sink;

use std::process::ExitCode;

/// A quarter quicker than the system's for events, which are many small things made by one thread and dropped by
/// another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::main(&context::Context::of_process()).into()
}
