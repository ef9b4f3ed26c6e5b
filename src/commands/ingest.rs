//! `groundrule ingest`: makes events of what other systems write.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write};

use groundrule_core::delivery::{CarryError, Message, Sink};
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
    way.end()?;
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
    destinations: Vec<Destination>,
    held: Vec<Message>,
    /// How many events were read before those that are held.
    read: usize,
}

/// One of the addresses.
struct Destination {
    url: String,
    sink: Box<dyn Sink>,
    /// How many of the events it has for certain.
    has: usize,
    /// Why it has no more of them: nothing is sent to it any more.
    trouble: Option<CarryError>,
}

impl Way {
    fn open(context: &Context, config: &Config, to: &[String]) -> Result<Self, Failure> {
        let settings = outgoing::settings(context, config)?;
        let destination = |url: &String| {
            let sink = address(url, &settings)?;
            Ok(Destination { url: url.clone(), sink, has: 0, trouble: None })
        };
        let destinations = to.iter().map(destination).collect::<Result<_, _>>();
        let destinations = destinations.map_err(outgoing::wrong_address)?;
        Ok(Self { runtime: open::runtime()?, destinations, held: Vec::new(), read: 0 })
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

    /// Prints what is held, or sends it to all that work. One that fails keeps nothing from the
    /// others; it gets nothing more, so that what it has are the first of the events.
    fn flush(&mut self) -> Result<(), Failure> {
        if self.destinations.is_empty() {
            let mut out = io::stdout().lock();
            for message in &self.held {
                out.write_all(&message.body)?;
                out.write_all(b"\n")?;
            }
            out.flush()?;
        }
        for to in self.destinations.iter_mut().filter(|to| to.trouble.is_none()) {
            match self.runtime.block_on(to.sink.send(&self.held)) {
                Ok(()) => to.has += self.held.len(),
                Err(error) => to.trouble = Some(error),
            }
        }
        self.read += self.held.len();
        self.held.clear();
        if !self.destinations.is_empty() && self.destinations.iter().all(|to| to.trouble.is_some())
        {
            // Nobody takes the rest.
            return self.end();
        }
        Ok(())
    }

    /// Which of the destinations have everything, and what to do about those that have not.
    fn end(&self) -> Result<(), Failure> {
        let (lack, have): (Vec<_>, Vec<_>) =
            self.destinations.iter().partition(|to| to.trouble.is_some());
        if lack.is_empty() {
            return Ok(());
        }
        let what: Vec<_> = lack.iter().map(|to| to.lacks()).collect();
        let mut help = Vec::new();
        if !have.is_empty() {
            let names: Vec<_> = have.iter().map(|to| to.url.as_str()).collect();
            let verb = if have.len() == 1 { "has" } else { "have" };
            help.push(format!("{} {verb} all {} of them", names.join(", "), self.read));
        }
        help.push(match have.is_empty() {
            true => "repeat this with the same input".to_owned(),
            false => {
                let to: Vec<_> = lack.iter().map(|to| format!("--to {}", to.url)).collect();
                let to = to.join(" ");
                format!("repeat this with `{to}` alone, or the others get them twice")
            }
        });
        let again = lack.iter().filter(|to| to.has > 0);
        help.extend(again.map(|to| format!("{} gets the first {} twice then", to.url, to.has)));
        Err(Failure::new(what.join("; "), help.join("; ")))
    }
}

impl Destination {
    /// What it lacks, and why.
    fn lacks(&self) -> String {
        let lacks = match self.has {
            0 => format!("{} did not take the events", self.url),
            n => format!("{} took only the first {n} of the events", self.url),
        };
        match &self.trouble {
            Some(CarryError::Refused(why)) => {
                format!("{lacks}, one of which it refuses for good: {why}")
            }
            Some(CarryError::Away(why)) => format!("{lacks}: {why}"),
            None => lacks,
        }
    }
}
