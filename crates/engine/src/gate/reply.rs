//! What was decided, as machines read it.

use groundrule_core::name::NodeName;
use groundrule_core::reservation::Action;
use jiff::Timestamp;
use serde::Serialize;

use super::{Deciding, Doubt, Reason, Verdict};

/// What was decided on an action: the answer of `groundrule gate -f json` and of `POST /v1/gate`.
#[derive(Debug, Serialize)]
pub struct Reply {
    /// Whether it may happen.
    pub decision: Verdict,
    /// `terminate`, `maintain` or `add`.
    pub action: &'static str,
    /// The nodes that it is about; those that would be added have no names.
    pub nodes: Vec<NodeName>,
    /// What it breaks.
    pub reasons: Vec<Reason>,
    /// What is not known.
    pub undecided: Vec<Doubt>,
    /// A largest part of the nodes that may go together; empty where none was looked for.
    pub suggestion: Vec<NodeName>,
    /// Whether no larger part may go for certain; none where none was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest: Option<bool>,
    /// Until when it is held.
    pub reservation: Option<Until>,
}

/// A reservation.
#[derive(Debug, Serialize)]
pub struct Until {
    /// Its id, for `groundrule gate release`.
    pub id: String,
    /// When it lapses: RFC 3339.
    pub until: Timestamp,
}

impl Reply {
    /// What was decided on this action.
    #[must_use]
    pub fn new(action: &Action, deciding: Deciding) -> Self {
        let Deciding { decision, reservation, suggestion } = deciding;
        Self {
            decision: decision.verdict(),
            action: action.name(),
            nodes: action.stopped().to_vec(),
            reasons: decision.reasons,
            undecided: decision.undecided,
            largest: suggestion.as_ref().map(|suggestion| suggestion.largest),
            suggestion: suggestion.map(|suggestion| suggestion.nodes).unwrap_or_default(),
            reservation: reservation.map(|held| Until { id: held.id, until: held.until }),
        }
    }
}
