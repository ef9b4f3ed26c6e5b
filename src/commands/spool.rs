//! `groundrule spool`: events that wait on disk for where they go.

use groundrule_core::delivery::Backlog as _;
use groundrule_core::plain::line;
use groundrule_transport::spool::SpoolError;
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::{Ended, open};
use crate::cli::{Global, ShowFormat, Spool};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outgoing::{self, Waiting};
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
            let wanted = |spool: &&Waiting| to.is_empty() || to.contains(&spool.url);
            let wanted = spools.iter().filter(|spool| spool.has_address()).filter(wanted);
            send(context, &config, wanted)
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

fn send<'w>(
    context: &Context,
    config: &Config,
    spools: impl Iterator<Item = &'w Waiting>,
) -> Result<Ended, Failure> {
    let settings = outgoing::settings(context, config)?;
    let runtime = open::runtime()?;
    let mut out = sink::stdout();
    let mut failed = Vec::new();
    for waiting in spools {
        let mut spool = match outgoing::open(&waiting.directory) {
            Ok(spool) => spool,
            Err(SpoolError::Locked { .. }) => continue,
            Err(error) => {
                failed.push(format!("{}: {error}", waiting.url));
                continue;
            }
        };
        let deadline = Instant::now() + WAIT;
        match runtime.block_on(outgoing::drain(&waiting.url, &mut spool, &settings, deadline)) {
            Ok(0) => {}
            Ok(sent) => writeln!(out, "{sent:>8}  {}  sent", line(&waiting.url))?,
            Err(error) => {
                failed.push(format!("{} ({} wait): {error}", waiting.url, spool.waiting()));
            }
        }
    }
    out.flush()?;
    if failed.is_empty() {
        return Ok(Exit::Held.into());
    }
    Err(Failure::new(
        format!("not everything was sent: {}", failed.join("; ")),
        "see that the far side works, and try again: nothing is lost",
    ))
}
