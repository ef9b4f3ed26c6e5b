//! `groundrule registrations`: keeps what nodes say of themselves.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::delivery::CarryError;
use groundrule_core::plain;
use groundrule_engine::estate::describe;
use groundrule_inventory::receiving::{Clock, Counts, Receiver, Remark, recorder};
use groundrule_inventory::source::Role;
use jiff::Timestamp;

use super::{Ended, open};
use crate::cli::{Global, Receive};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{daemon, outgoing, sink};

/// Takes registrations in until their source ends or somebody stops it.
pub fn receive(context: &Context, mut global: Global, options: &Receive) -> Result<Ended, Failure> {
    if options.to.is_some() {
        global.urls.registrations.clone_from(&options.to);
    }
    let config = Config::load(context, &global)?;
    let place = config.sources.get(&Role::Registrations).ok_or_else(|| {
        let help = "name where with --to mongodb://host/ or --to sqlite:FILE";
        Failure::new("there is nowhere to keep registrations", help)
    })?;
    let settings = outgoing::settings(context, &config)?;
    let clock: Clock = match global.now {
        Some(_) => {
            let now = config.trust.now;
            Arc::new(move || now)
        }
        None => Arc::new(Timestamp::now),
    };
    let quiet = options.quiet;
    let mut tell = |remark: Remark| {
        if !(quiet && matches!(remark, Remark::Clock { .. })) {
            // Where standard error is closed there is nobody left to tell.
            let _ = writeln!(io::stderr(), "{}", plain::line(&in_words(&remark)));
        }
    };
    let counts = open::runtime()?.block_on(async {
        let access = place.access()?;
        let record = recorder(&place.location, &access).await.map_err(open::refused)?;
        let stop = daemon::stopping()?;
        let mut source =
            groundrule_transport::source(&options.from, &settings).map_err(|e| no_source(&e))?;
        let mut receiver = Receiver {
            record: &*record,
            redaction: &config.reading.redaction,
            clock,
            remark: &mut tell,
            counts: Counts::default(),
            clocks: HashSet::new(),
        };
        tokio::select! {
            ended = receiver.run(&mut *source) => ended.map_err(|error| no_source(&error))?,
            () = stop.cancelled() => {}
        }
        let counts = receiver.counts;
        source.close().await;
        Ok::<_, Failure>(counts)
    })?;
    let mut out = sink::stdout();
    writeln!(out, "{}", told(counts))?;
    out.flush()?;
    let exit = if counts.unreadable == 0 { Exit::Held } else { Exit::Violated };
    Ok(exit.into())
}

fn no_source(error: &CarryError) -> Failure {
    Failure::new(format!("--from: {error}"), "docs/pipeline.md describes every kind of address")
}

fn told(counts: Counts) -> String {
    let Counts { kept, older, unreadable } = counts;
    let older = match older {
        0 => String::new(),
        n => format!(", {n} older than what was there"),
    };
    let unreadable = match unreadable {
        0 => String::new(),
        1 => ", 1 message is none".to_owned(),
        n => format!(", {n} messages are none"),
    };
    format!("{kept} registrations kept{older}{unreadable}")
}

fn in_words(remark: &Remark) -> String {
    match remark {
        Remark::Unreadable { number, what, help } => format!("message {number}: {what}; {help}"),
        Remark::Clock { node, ahead } => {
            let time = describe(Duration::from_secs(ahead.unsigned_abs()));
            match ahead {
                1.. => format!("{node}: its clock is {time} ahead: it counts as seen now"),
                _ => format!(
                    "{node}: it registered {time} ago: its message waited, or its clock is behind"
                ),
            }
        }
        Remark::Away(why) => format!("{why}; it is tried again"),
    }
}
