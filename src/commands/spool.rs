//! `groundrule spool`: events that wait on disk for where they go.

use groundrule_core::delivery::Backlog as _;
use groundrule_core::plain::line;
use groundrule_transport::spool::{Spool as Open, SpoolError};
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::{Ended, open};
use crate::cli::{Global, ShowFormat, Spool};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outgoing::{self, DeadLetters, Sending, Tally, Waiting};
use crate::sink;

/// How long sending tries, at most, for each address.
const WAIT: Duration = Duration::from_secs(30);

/// Shows or sends what waits.
pub fn look(context: &Context, global: &Global, what: &Spool) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let spools = outgoing::spools(&outgoing::directory(context, &config)?)?;
    match what {
        Spool::List { format } => list(&spools, *format),
        Spool::Send { to } => {
            let wanted = |spool: &Waiting| to.is_empty() || to.contains(&spool.url);
            let spools = spools.into_iter().filter(wanted);
            let (addresses, parts) = spools.partition::<Vec<_>, _>(Waiting::has_address);
            send(context, &config, &addresses, &parts)
        }
    }
}

fn list(spools: &[Waiting], format: ShowFormat) -> Result<Ended, Failure> {
    let mut out = sink::stdout();
    let mut rows = Vec::new();
    for spool in spools {
        match outgoing::open(&spool.directory) {
            Ok(open) if open.waiting() == 0 => {}
            Ok(open) if spool.has_address() => rows.push((spool, Some(open.waiting()), "")),
            Ok(open) => rows.push((spool, Some(open.waiting()), "a part of the pipeline")),
            // Whoever has it open sends what is in it.
            Err(SpoolError::Locked { .. }) => rows.push((spool, None, "in use")),
            Err(error) => return Err(Failure::new(error.to_string(), "look into that directory")),
        }
    }
    match format {
        ShowFormat::Json => {
            let rows: Vec<_> = rows
                .iter()
                .map(|(spool, waiting, note)| {
                    json!({"to": spool.url, "waiting": waiting, "note": note,
                           "directory": spool.directory})
                })
                .collect();
            serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        ShowFormat::Text if rows.is_empty() => writeln!(out, "nothing waits")?,
        ShowFormat::Text => {
            for (spool, waiting, note) in rows {
                let waiting = waiting.map_or_else(|| "?".to_owned(), |n| n.to_string());
                writeln!(out, "{waiting:>8}  {}  {note}", line(&spool.url))?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Held.into())
}

/// Sends what waits for addresses, and tells of what waits for parts. That something was refused
/// for good is a finding: it is kept, and repeating mends nothing.
fn send(
    context: &Context,
    config: &Config,
    addresses: &[Waiting],
    parts: &[Waiting],
) -> Result<Ended, Failure> {
    let settings = outgoing::settings(context, config)?;
    let letters = DeadLetters::new(&outgoing::directory(context, config)?);
    let runtime = open::runtime()?;
    let mut out = sink::stdout();
    let (mut failed, mut refused) = (Vec::new(), 0);
    for waiting in addresses {
        let url = &waiting.url;
        let Some(mut spool) = opened(waiting, &mut failed) else {
            continue;
        };
        let deadline = Instant::now() + WAIT;
        let sending = Sending { url, settings: &settings, letters: &letters, deadline };
        let mut tally = Tally::default();
        if let Err(error) = runtime.block_on(sending.drain(&mut spool, &mut tally)) {
            failed.push(format!("{url} ({} wait): {error}", spool.waiting()));
        }
        if tally.sent > 0 {
            writeln!(out, "{:>8}  {}  sent", tally.sent, line(url))?;
        }
        if let Some(note) = sending.note(&tally) {
            Failure::warn(&note, false);
        }
        refused += tally.refused;
    }
    for part in parts {
        let waiting = opened(part, &mut failed).map_or(0, |spool| spool.waiting());
        if waiting > 0 {
            let told = "waits for a part of the pipeline: start it, and it takes it over";
            writeln!(out, "{waiting:>8}  {}  {told}", line(&part.url))?;
        }
    }
    out.flush()?;
    if failed.is_empty() {
        return Ok(if refused > 0 { Exit::Violated } else { Exit::Held }.into());
    }
    Err(Failure::new(
        format!("not everything was sent: {}", failed.join("; ")),
        "see that the far side works, and try again: nothing is lost",
    ))
}

/// A spool that nobody has open; whoever has it open sends what is in it.
fn opened(waiting: &Waiting, failed: &mut Vec<String>) -> Option<Open> {
    match outgoing::open(&waiting.directory) {
        Ok(spool) => Some(spool),
        Err(SpoolError::Locked { .. }) => None,
        Err(error) => {
            failed.push(format!("{}: {error}", waiting.url));
            None
        }
    }
}
