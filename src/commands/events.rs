//! `groundrule events`: looks events up in the archive.

use std::io::Write as _;
use std::sync::Arc;

use groundrule_core::event::{Event, EventId, Kind};
use groundrule_core::plain::line;
use groundrule_pipeline::archive::{self, Archive, Query};
use jiff::Timestamp;

use super::pipeline::no_archive;
use super::{Ended, open};
use crate::cli::{Events, EventsFormat, Global, ListEvents};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// Looks events up.
pub fn look(context: &Context, global: &Global, what: &Events) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let runtime = open::runtime()?;
    runtime.block_on(async {
        match what {
            Events::Get { id, archive } => {
                get(&*opened(context, &config, archive.as_ref()).await?, id).await
            }
            Events::List(list) => {
                let archive = opened(context, &config, list.archive.as_ref()).await?;
                self::list(&*archive, list, config.trust.now).await
            }
        }
    })
}

async fn opened(
    context: &Context,
    config: &Config,
    url: Option<&String>,
) -> Result<Arc<dyn Archive>, Failure> {
    let url = url.or(config.pipeline.archive.as_ref()).ok_or_else(|| {
        Failure::new("no archive is named", "add --archive sqlite:FILE, or set pipeline.archive")
    })?;
    let clock = Arc::new(|| 0.0);
    archive::read(url, clock, &context.environment).await.map_err(|error| no_archive(&error))
}

async fn get(archive: &dyn Archive, id: &str) -> Result<Ended, Failure> {
    let id = id.to_ascii_lowercase();
    if EventId::parse(&id).is_none() {
        let what = format!("{id:?} is no identity of an event");
        return Err(Failure::new(what, "write its 24 hexadecimal digits"));
    }
    let found = archive.get(&id).await.map_err(|error| no_archive(&error))?;
    if found.is_empty() {
        let help = "it may have been removed since: the archive keeps what it has room for";
        return Err(Failure::new(format!("the archive has no event {id}"), help));
    }
    let mut out = sink::stdout();
    for event in found {
        out.write_all(&event)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Exit::Held.into())
}

async fn list(archive: &dyn Archive, list: &ListEvents, now: Timestamp) -> Result<Ended, Failure> {
    let query = query(list, now)?;
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let mut written = Ok(());
    let mut each = |event: &Event| {
        written = match list.format {
            EventsFormat::Ndjson => out.write_all(event.raw()),
            EventsFormat::Text => out.write_all(told(event).as_bytes()),
        }
        .and_then(|()| out.write_all(b"\n"));
        written.is_ok()
    };
    archive.list(&query, &mut each).await.map_err(|error| no_archive(&error))?;
    written?;
    out.flush()?;
    Ok(Exit::Held.into())
}

fn query(list: &ListEvents, now: Timestamp) -> Result<Query, Failure> {
    let kind = match &list.kind {
        Some(name) => Some(Kind::parse(name).ok_or_else(|| {
            let kinds = Kind::ALL.map(Kind::name).join(", ");
            Failure::new(format!("there is no type {name:?}"), format!("choose one of {kinds}"))
        })?),
        None => None,
    };
    let tags = list.tag.iter().map(|tag| match tag.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Failure::new(format!("--tag {tag:?} has no value"), "write --tag name=value")),
    });
    let since = list.since.as_deref().map(|text| time("--since", text, now)).transpose()?;
    let until = list.until.as_deref().map(|text| time("--until", text, now)).transpose()?;
    Ok(Query {
        subject: list.subject.clone(),
        name: list.name.clone(),
        kind,
        tags: tags.collect::<Result<_, _>>()?,
        since,
        until,
        limit: list.limit,
    })
}

/// A time: RFC 3339, seconds since 1970, or how long ago.
#[expect(clippy::cast_precision_loss, reason = "seconds of this century fit")]
fn time(option: &str, text: &str, now: Timestamp) -> Result<f64, Failure> {
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.is_finite()
    {
        return Ok(seconds);
    }
    let seconds = |time: Timestamp| time.as_microsecond() as f64 / 1e6;
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(seconds(time));
    }
    humantime::parse_duration(text).map(|ago| seconds(now) - ago.as_secs_f64()).map_err(|_| {
        Failure::new(
            format!("{option} {text:?} is no time"),
            "write 2026-11-01T00:00:00Z, seconds since 1970, or how long ago: 2h",
        )
    })
}

/// An event in a line for people.
fn told(event: &Event) -> String {
    let time = event.time().map(shown).unwrap_or_default();
    let text = format!(
        "{time}  {}  {:<8}  {:<14}  {}  {}  {}",
        event.eventid().unwrap_or_default(),
        event.severity(),
        event.kind(),
        event.subject(),
        event.name(),
        event.text()
    );
    line(text.trim_end())
}

/// A time for people, to the second.
#[expect(clippy::cast_possible_truncation, reason = "to the second")]
pub fn shown(seconds: f64) -> String {
    Timestamp::from_second(seconds.floor() as i64)
        .map_or_else(|_| seconds.to_string(), |t| t.to_string())
}
