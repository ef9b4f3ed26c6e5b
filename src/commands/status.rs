//! `groundrule status`: what is so now.

use std::sync::Arc;

use groundrule_core::event::Severity;
use groundrule_core::plain::line;
use groundrule_pipeline::status::{self, Identity, Query, Row, StatusStore};
use serde_json::json;

use super::events::shown;
use super::pipeline::no_status;
use super::{Ended, open};
use crate::cli::{Global, Of, Status, StatusChange, StatusFormat};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// Shows statuses, or says something of one.
pub fn look(context: &Context, global: &Global, what: &Status) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let runtime = open::runtime()?;
    let changes = what.change.is_some();
    runtime.block_on(async {
        let store = opened(context, &config, what.status.as_ref(), changes).await?;
        match &what.change {
            None => show(&*store, what).await,
            Some(StatusChange::Ack { of, by }) => {
                let of = identity(of)?;
                let by = by.as_deref().or(context.variable("USER")).unwrap_or("somebody");
                done(store.acknowledge(&of, Some(by)).await, &of)
            }
            Some(StatusChange::Unack { of }) => {
                let of = identity(of)?;
                done(store.acknowledge(&of, None).await, &of)
            }
            Some(StatusChange::Clear { of }) => {
                let of = identity(of)?;
                done(store.clear(&of).await, &of)
            }
        }
    })
}

async fn opened(
    context: &Context,
    config: &Config,
    url: Option<&String>,
    changes: bool,
) -> Result<Arc<dyn StatusStore>, Failure> {
    let url = url.or(config.pipeline.status.as_ref()).ok_or_else(|| {
        Failure::new("no status store is named", "add --status sqlite:FILE, or set pipeline.status")
    })?;
    let opened = match changes {
        true => status::open(url, &context.environment).await,
        false => status::read(url, &context.environment).await,
    };
    opened.map_err(|error| no_status(&error))
}

fn identity(of: &Of) -> Result<Identity, Failure> {
    let mut words = of.words.iter().cloned();
    let subject = of.subject.clone().or_else(|| words.next());
    let name = of.name.clone().or_else(|| words.next());
    match (subject, name, words.next()) {
        (Some(subject), Some(name), None) => Ok(Identity { subject, name }),
        _ => Err(Failure::new(
            "one status has a subject and a name",
            "write groundrule status ack SUBJECT NAME",
        )),
    }
}

fn done(found: Result<bool, status::StatusError>, of: &Identity) -> Result<Ended, Failure> {
    if found.map_err(|error| no_status(&error))? {
        return Ok(Exit::Held.into());
    }
    let what = format!("there is no status of {:?} about {:?}", of.subject, of.name);
    Err(Failure::new(what, "`groundrule status` lists what there is"))
}

async fn show(store: &dyn StatusStore, what: &Status) -> Result<Ended, Failure> {
    let query = Query {
        subject: what.of.subject.clone(),
        name: what.of.name.clone(),
        problems: what.problems,
    };
    let rows = store.rows(&query).await.map_err(|error| no_status(&error))?;
    let mut out = sink::stdout();
    let ended = match what.format {
        StatusFormat::Json => {
            let rows: Vec<_> = rows.iter().map(document).collect();
            serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
            writeln!(out)?;
            Exit::Held.into()
        }
        StatusFormat::Text => {
            for row in &rows {
                writeln!(out, "{}", told(row))?;
            }
            Exit::Held.into()
        }
        StatusFormat::Nagios => {
            let (text, code) = nagios(&rows);
            writeln!(out, "{text}")?;
            Ended(code)
        }
    };
    out.flush()?;
    Ok(ended)
}

fn document(row: &Row) -> serde_json::Value {
    json!({
        "subject": row.identity.subject, "name": row.identity.name,
        "severity": row.severity.number(), "since": row.since, "last": row.last,
        "count": row.count, "text": row.text, "origin": row.origin, "eventid": row.eventid,
        "ttl": row.ttl, "acknowledged": row.acknowledged, "suppressed": row.suppressed,
        "flapping": row.flapping,
    })
}

fn told(row: &Row) -> String {
    let mut notes = String::new();
    if let Some(by) = &row.acknowledged {
        notes.push_str(&format!("  [acknowledged by {by}]"));
    }
    if row.flapping {
        notes.push_str("  [flapping]");
    }
    if !row.suppressed.is_empty() {
        notes.push_str(&format!("  [because of: {}]", row.suppressed.join("; ")));
    }
    let text = format!(
        "{:<8}  {}  {}  since {}  x{}  {}{notes}",
        row.severity,
        row.identity.subject,
        row.identity.name,
        shown(row.since),
        row.count,
        row.text
    );
    line(&text)
}

/// The worst of all, as a plugin of Nagios says it.
fn nagios(rows: &[Row]) -> (String, u8) {
    let count = |severity| rows.iter().filter(|row| row.severity == severity).count();
    let (critical, unknown, warning) =
        (count(Severity::Critical), count(Severity::Unknown), count(Severity::Warning));
    let worst = match (critical, unknown, warning) {
        _ if rows.is_empty() => Severity::Unknown,
        (1.., ..) => Severity::Critical,
        (_, 1.., _) => Severity::Unknown,
        (_, _, 1..) => Severity::Warning,
        _ => Severity::Ok,
    };
    let ok = count(Severity::Ok);
    let mut text = if rows.is_empty() {
        "STATUS UNKNOWN - there is no such status".to_owned()
    } else {
        format!(
            "STATUS {worst} - {critical} critical, {warning} warning, {unknown} unknown, {ok} ok"
        )
    };
    text.push_str(&format!(
        " | 'critical'={critical};;0;0; 'warning'={warning};;;0; 'unknown'={unknown};;;0; 'ok'={ok};;;0;"
    ));
    for row in rows.iter().filter(|row| row.severity != Severity::Ok) {
        text.push('\n');
        text.push_str(&told(row).replace('|', "/"));
    }
    (text, worst.number())
}
