//! groundrule: cucumber for infrastructure.

mod cli;
mod commands;
mod config;
mod context;
mod exit;
mod failure;
mod sink;

use std::process::ExitCode;

fn main() -> ExitCode {
    let context = context::Context::of_process();
    commands::main(context).into()
}
