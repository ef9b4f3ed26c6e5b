//! Writes an estate of any size: the same seed always gives the same files.

mod catalog;
mod documents;
mod modules;
mod plan;
mod roles;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Parser;
use serde::Serialize;

use crate::plan::{Machine, Plan};

/// Writes an estate directory of real-looking Puppet catalogs, facts, registrations and a
/// discovery reply.
#[derive(Parser)]
struct Arguments {
    /// Where it is written; it must not be there yet.
    directory: PathBuf,
    /// How many machines.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(40..))]
    nodes: u32,
    /// How many resources each catalog has.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(60..))]
    resources: u32,
    /// Of the random choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let plan = Plan::new(arguments.nodes as usize, arguments.seed);
    write(&arguments.directory, &plan, arguments.resources as usize)
}

fn write(directory: &Path, plan: &Plan, resources: usize) -> io::Result<()> {
    fs::create_dir(directory)?;
    for folder in ["catalogs", "facts", "registrations"] {
        fs::create_dir(directory.join(folder))?;
    }
    documents::registrations(&directory.join("registrations"), plan)?;
    documents::discovery(&directory.join("discovery.json"), plan)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(machine) =
                        plan.machines.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        write_machine(directory, machine, resources)?;
                    }
                    Ok(())
                })
            })
            .collect();
        writers.into_iter().try_for_each(|writer| {
            writer.join().unwrap_or_else(|_| Err(io::Error::other("a writer failed")))
        })
    })
}

fn write_machine(directory: &Path, machine: &Machine, resources: usize) -> io::Result<()> {
    let name = &machine.name;
    let catalog = catalog::of(machine, resources);
    save(&directory.join(format!("catalogs/{name}.json")), &catalog)?;
    save(&directory.join(format!("facts/{name}.json")), &documents::facts(machine))
}

fn save(path: &Path, document: &impl Serialize) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 16, File::create_new(path)?);
    serde_json::to_writer(&mut file, document)?;
    file.flush()
}
