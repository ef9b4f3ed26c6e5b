//! What the gate says, for people.

use std::fmt::Write as _;
use std::time::Duration;

use groundrule_core::name::NodeName;
use groundrule_core::reservation::{Action, Reservation};
use groundrule_engine::estate::describe;
use groundrule_engine::gate::{Reply, Verdict};
use jiff::Timestamp;

/// A decision.
pub fn reply(reply: &Reply, action: &Action, now: Timestamp) -> String {
    let verdict = match reply.decision {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::Undecided => "undecided",
    };
    let mut text = format!("{verdict}: {}\n", in_words(action));
    for reason in &reply.reasons {
        let _ = write!(text, "\n  {}: {}\n", reason.policy, reason.message);
        for hop in &reason.path {
            let _ = writeln!(text, "      {hop}");
        }
    }
    if !reply.undecided.is_empty() {
        text.push_str("\nnot known:\n");
        for doubt in &reply.undecided {
            let _ = writeln!(text, "  {}: {}", doubt.policy, doubt.reason);
        }
    }
    match (reply.largest, reply.suggestion.as_slice()) {
        (None, _) => {}
        (Some(_), []) => text.push_str("\nno part of it may happen either\n"),
        (Some(largest), part) => {
            let which = if largest { "a largest part" } else { "a part, perhaps not the largest," };
            let _ = writeln!(text, "\n{which} that may happen: {}", list(part));
        }
    }
    if let Some(held) = &reply.reservation {
        let _ = writeln!(text, "\nheld as {} for {}", held.id, left(held.until, now));
    }
    text
}

/// What is held.
pub fn held(all: &[Reservation], now: Timestamp) -> String {
    if all.is_empty() {
        return "nothing is held\n".to_owned();
    }
    let line = |held: &Reservation| {
        format!("{}  {}, for {}\n", held.id, in_words(&held.action), left(held.until, now))
    };
    all.iter().map(line).collect()
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Terminate { nodes } | Action::Maintain { nodes } => {
            format!("{} {}", action.name(), list(nodes))
        }
        Action::Add { class, facts, count } => {
            let facts: Vec<_> = facts
                .iter()
                .map(|(name, value)| format!("{name}={}", groundrule_core::fact::text_of(value)))
                .collect();
            let with = if facts.is_empty() { "" } else { " with " };
            let nodes = if *count == 1 { "node" } else { "nodes" };
            format!("add {count} {nodes} of class {class}{with}{}", facts.join(", "))
        }
    }
}

fn list(nodes: &[NodeName]) -> String {
    let names: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
    names.join(", ")
}

fn left(until: Timestamp, now: Timestamp) -> String {
    describe(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}
