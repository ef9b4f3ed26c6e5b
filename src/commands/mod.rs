//! One file a command.

pub mod ask;
mod config;
mod doctor;
mod estate;
mod events;
mod facts;
mod gate;
mod hiera3;
mod ingest;
mod init;
mod load;
mod lookup;
pub mod open;
mod pipeline;
mod registrations;
mod routes;
pub mod run;
mod spool;
mod status;
mod steps;
mod waivers;

use std::io::Write as _;

use clap::CommandFactory as _;
use groundrule_engine::policy::Vocabulary;

use crate::cli::{Cli, Command};
use crate::context::{Color, Context};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{serve, sink};

/// How a command ended: an exit code of ours, or one of Nagios's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended(u8);

impl From<Exit> for Ended {
    fn from(exit: Exit) -> Self {
        Self(exit.code())
    }
}

impl From<Ended> for std::process::ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended.0)
    }
}

/// Carries out the command line.
pub fn main(context: &Context) -> Ended {
    let cli = match Cli::read(&context.arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && run::is_for_nagios(&context.arguments) => {
            let text = error.to_string();
            let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            return run::unknown(&Failure::new(what, "see `groundrule run --help`"), false);
        }
        Err(error) if error.use_stderr() => {
            // Where nobody reads it there is nobody left to tell.
            let _ = error.print();
            return Exit::Failed.into();
        }
        Err(error) => {
            return match error.print().map_err(Failure::from) {
                Ok(()) | Err(Failure::ClosedPipe) => Exit::Held.into(),
                Err(failure) => {
                    failure.show(false);
                    Exit::Failed.into()
                }
            };
        }
    };
    let color = context.color(cli.global.color, context.stderr_is_terminal);
    match carry_out(context, cli) {
        Ok(ended) => ended,
        Err(Failure::ClosedPipe) => Exit::Held.into(),
        Err(failure) => {
            failure.show(color);
            Exit::Failed.into()
        }
    }
}

fn carry_out(context: &Context, cli: Cli) -> Result<Ended, Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::Run(run) => run::run(context, &global, run),
        Command::Steps(steps) => steps::print(steps.format),
        Command::Doctor(options) => doctor::look(context, &global, &options),
        Command::Load(options) => load::load(context, &global, &options),
        Command::Registrations(options) => registrations::receive(context, global, &options),
        Command::Estate(estate) => estate::look(context, &global, estate),
        Command::Facts(facts) => facts::show(context, &global, &facts),
        Command::Lookup(what) => lookup::look(context, &global, &what),
        Command::Pipeline(options) => pipeline::run(context, &global, options),
        Command::Ask(asked) => ask::ask(context, &global, asked),
        Command::Serve(options) => serve::run(context, &global, &options),
        Command::Gate(gate) => gate::run(context, &global, gate),
        Command::Events(events) => events::look(context, &global, &events),
        Command::Status(status) => status::look(context, &global, &status),
        Command::Routes(routes) => routes::look(context, &global, &routes),
        Command::Ingest(ingest) => ingest::take(context, &global, &ingest),
        Command::Spool(spool) => spool::look(context, &global, &spool),
        Command::Hiera(args) => hiera3::hiera::run(context, &global, &args),
        Command::Extlookup(args) => hiera3::extlookup::run(context, &global, &args),
        Command::Extlookup2Hiera(args) => hiera3::extlookup::convert(&args),
        Command::Enc(args) => hiera3::enc::run(context, &global, &args),
        Command::Data(args) => hiera3::data::run(context, &global, &args),
        Command::Waivers(waivers) => waivers::look(context, &global, waivers),
        Command::Config(config) => config::show(context, &global, &config),
        Command::Init(init) => init::init(&init),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "groundrule", &mut text);
            print(&text)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::whole()).render(&mut text)?;
            print(&text)
        }
    }
}

/// Writes to standard output.
pub fn print(text: &[u8]) -> Result<Ended, Failure> {
    let mut out = sink::stdout();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Held.into())
}

/// The vocabulary, ready to be matched.
pub fn vocabulary() -> Result<Vocabulary, Failure> {
    groundrule_steps::vocabulary()
        .map_err(|error| Failure::new(error, "this is a bug: please report it"))
}

/// Whether standard output is coloured.
fn colored(context: &Context, asked: Color) -> bool {
    context.color(asked, context.stdout_is_terminal)
}
