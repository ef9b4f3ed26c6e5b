//! `groundrule ingest`: makes events of what other systems write.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write};

use groundrule_core::delivery::Message;
use groundrule_core::event::Event;
use groundrule_core::nagios::{Check, Reading, read_line};
use groundrule_transport::sink as address;
use tokio::runtime::Runtime;

use super::{Ended, open};
use crate::cli::{Global, Ingest};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outgoing;

/// How many events are sent at once.
const AT_ONCE: usize = 512;

/// Who says so, in the events.
const ORIGIN: &str = "nagios";

/// Reads, and sends or prints events.
pub fn take(context: &Context, global: &Global, what: &Ingest) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let (Ingest::Nagios { to, .. } | Ingest::Check { to, .. }) = what;
    let mut way = Way::open(context, &config, to)?;
    let mut bad = 0;
    match what {
        Ingest::Nagios { files, .. } => {
            for file in files {
                bad += lines(file, &mut way)?;
            }
        }
        Ingest::Check { subject, name, code, .. } => {
            let mut output = Vec::new();
            io::stdin().lock().read_to_end(&mut output)?;
            let time = super::pipeline::clock()();
            let check = Check { origin: ORIGIN, host: subject, service: name, time };
            bad += way.put(check.result(*code, &output))?;
        }
    }
    way.flush()?;
    if bad > 0 {
        let plural = if bad == 1 { "line is" } else { "lines are" };
        let what =
            format!("{bad} {plural} not understood, and made no event or one without figures");
        return Err(Failure::new(what, "docs/events.md tells what is read of Nagios"));
    }
    Ok(Exit::Held.into())
}

/// Reads a file; says how many of its lines are not understood.
fn lines(file: &str, way: &mut Way) -> Result<usize, Failure> {
    let input: Box<dyn Read> = match file {
        "-" => Box::new(io::stdin()),
        path => Box::new(File::open(path).map_err(|error| {
            Failure::new(format!("{path} cannot be read: {error}"), "name a file that is there")
        })?),
    };
    let mut bad = 0;
    for (number, line) in BufReader::new(input).split(b'\n').enumerate() {
        match read_line(number + 1, &line?, ORIGIN) {
            Ok(None) => {}
            Ok(Some(reading)) => bad += way.put(reading)?,
            Err(wrong) => {
                bad += 1;
                Failure::warn(&format!("{file}: {wrong}"), false);
            }
        }
    }
    Ok(bad)
}

/// Where events go.
struct Way {
    runtime: Runtime,
    sinks: Vec<Box<dyn groundrule_core::delivery::Sink>>,
    held: Vec<Message>,
}

impl Way {
    fn open(context: &Context, config: &Config, to: &[String]) -> Result<Self, Failure> {
        let settings = outgoing::settings(context, config)?;
        let sinks = to.iter().map(|url| address(url, &settings)).collect::<Result<_, _>>();
        let sinks = sinks.map_err(outgoing::wrong_address)?;
        Ok(Self { runtime: open::runtime()?, sinks, held: Vec::new() })
    }

    /// Takes what was read; says how many of its figures are not understood.
    fn put(&mut self, reading: Reading) -> Result<usize, Failure> {
        let Reading { draft, complaints } = reading;
        let event: Event = draft.event();
        for note in &complaints {
            Failure::warn(&format!("{} {}: {note}", event.subject(), event.name()), false);
        }
        self.held.push(Message::new(event.raw().clone()));
        if self.held.len() >= AT_ONCE {
            self.flush()?;
        }
        Ok(complaints.len())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.sinks.is_empty() {
            let mut out = io::stdout().lock();
            for message in &self.held {
                out.write_all(&message.body)?;
                out.write_all(b"\n")?;
            }
            out.flush()?;
        }
        for sink in &mut self.sinks {
            self.runtime.block_on(sink.send(&self.held)).map_err(|error| {
                let help = "what was not sent is still where it was read from: try again";
                Failure::new(format!("the events cannot be sent: {error}"), help)
            })?;
        }
        self.held.clear();
        Ok(())
    }
}
