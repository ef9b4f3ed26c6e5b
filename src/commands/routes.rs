//! `groundrule routes`: what the rule files make of events, without sending any.

use std::fs;
use std::io::Read as _;

use groundrule_core::event::Event;
use groundrule_core::plain::line;
use groundrule_pipeline::routes::{Place, Rules};
use groundrule_transport::sink as address;

use super::Ended;
use crate::cli::{Global, Routes};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{outgoing, sink};

/// Tries rules on events, or explains what they do with one.
pub fn look(context: &Context, global: &Global, what: &Routes) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let (common, file) = match what {
        Routes::Test { common, events } => (common, events),
        Routes::Explain { common, event } => (common, event),
    };
    let settings = outgoing::settings(context, &config)?;
    let valid = |url: &str| {
        // Which broker an address without a host means is for the pipeline to know.
        let named = groundrule_transport::Endpoint::parse(url).map_err(|e| e.to_string())?;
        let short = named.hosts.is_empty() && named.path.starts_with("/");
        if short && settings.brokers.is_empty() {
            return Ok(());
        }
        address(url, &settings).map(drop).map_err(|error| error.to_string())
    };
    let rules = match common.routes.as_ref().or(config.pipeline.routes.as_ref()) {
        Some(directory) => super::pipeline::rules(directory, &valid)?,
        None => Rules::defaults(),
    };
    let place = Place::parse(&common.place).ok_or_else(|| {
        let places = Place::ALL.map(Place::name).join(", ");
        let what = format!("there is no place {:?}", common.place);
        Failure::new(what, format!("choose one of {places}"))
    })?;
    let mut out = sink::stdout();
    for event in events(file)? {
        match what {
            Routes::Test { .. } => writeln!(out, "{}", line(&rules.trial(place, &event)))?,
            Routes::Explain { .. } => {
                writeln!(out, "{}", line(&rules.trial(place, &event)))?;
                for outcome in rules.explain(place, &event) {
                    let mark = if outcome.matched { "applies" } else { "does not" };
                    let told = format!("  {mark}  {}: {}", outcome.rule, outcome.why);
                    writeln!(out, "{}", line(&told))?;
                }
            }
        }
    }
    out.flush()?;
    Ok(Exit::Held.into())
}

/// The events of a file, one a line; or one event on several lines. `-` is standard input.
fn events(file: &str) -> Result<Vec<Event>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("{file} cannot be read: {error}"), "name a file of events")
    };
    let mut text = Vec::new();
    match file {
        "-" => std::io::stdin().lock().read_to_end(&mut text).map_err(unreadable)?,
        inline if inline.trim_start().starts_with('{') => {
            text.extend_from_slice(inline.as_bytes());
            text.len()
        }
        path => {
            text = fs::read(path).map_err(unreadable)?;
            text.len()
        }
    };
    let bytes = bytes::Bytes::from(text);
    if let Ok(event) = Event::read(bytes.clone()) {
        return Ok(vec![event]);
    }
    let mut events = Vec::new();
    for (number, part) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if part.trim_ascii().is_empty() {
            continue;
        }
        events.push(Event::read(bytes.slice_ref(part)).map_err(|invalid| {
            let what = format!("line {} of {file} is no event: {invalid}", number + 1);
            Failure::new(what, "docs/events.md describes events")
        })?);
    }
    Ok(events)
}
