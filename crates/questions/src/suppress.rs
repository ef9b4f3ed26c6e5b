//! Whose notifications to hold while something is down.

use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::dependency::Kind;
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Outage, World};
use serde::Serialize;

use crate::answer::{Answer, Wrong};
use crate::impact::{from, unknown, ways};
use crate::target::Target;

/// The name that stands for every event of a subject.
const ALL: &str = "*";

#[derive(Serialize)]
struct Suppress {
    of: String,
    hard: Vec<Identity>,
    soft: Vec<Identity>,
}

#[derive(Serialize)]
struct Identity {
    subject: String,
    name: String,
    reason: Vec<String>,
}

/// The identities of events that are consequences when something fails: `hard` of what falls,
/// `soft` of what only misses it. What fails itself is told.
///
/// # Errors
/// When nobody knows it, or a store does not answer.
pub(crate) async fn suppress(estate: &Arc<Estate>, of: &Target) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let place = of.find(&world).await?;
    let outage = Outage::of(&world, &[place]).await?;
    let mut suppress = Suppress { of: of.to_string(), hard: Vec::new(), soft: Vec::new() };
    for (n, fallen) in outage.fallen().await?.iter().enumerate() {
        suppress.hard.push(Identity {
            subject: fallen.node.to_string(),
            name: fallen.resource.as_ref().map_or_else(|| ALL.to_owned(), ToString::to_string),
            reason: ways(&outage, fallen, n).await,
        });
    }
    for id in &outage.unmet.certain {
        let declared = outage.declared(*id);
        if declared.kind == Kind::Soft {
            suppress.soft.push(Identity {
                subject: declared.node.to_string(),
                name: from(declared).unwrap_or_else(|| ALL.to_owned()),
                reason: outage.path(*id),
            });
        }
    }
    let text = text(&suppress);
    Ok(Answer::new(&suppress, &text, unknown(&world, &outage)))
}

fn text(suppress: &Suppress) -> String {
    let mut text = String::new();
    for (title, all) in [("hard", &suppress.hard), ("soft", &suppress.soft)] {
        for Identity { subject, name, reason } in all {
            let why = reason.first().map_or("", String::as_str);
            let _ = writeln!(text, "{title}  {subject}  {name}  {why}");
        }
    }
    if text.is_empty() {
        text = format!("nothing is a consequence of {}\n", suppress.of);
    }
    text
}
