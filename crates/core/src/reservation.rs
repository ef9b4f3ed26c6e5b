//! What was allowed and may happen any moment: gates judge as if it had happened.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::name::NodeName;

/// Something that somebody wants to do to machines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Action {
    /// These nodes are taken away.
    Terminate {
        /// Sorted, each once.
        nodes: Vec<NodeName>,
    },
    /// These nodes are down for a time.
    Maintain {
        /// Sorted, each once.
        nodes: Vec<NodeName>,
    },
    /// New nodes come.
    Add {
        /// Their only class.
        class: String,
        /// Their only facts.
        facts: Map<String, Value>,
        /// How many.
        count: usize,
    },
}

impl Action {
    /// Its name on the command line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Terminate { .. } => "terminate",
            Self::Maintain { .. } => "maintain",
            Self::Add { .. } => "add",
        }
    }

    /// The nodes that stand no more once it has happened.
    #[must_use]
    pub fn stopped(&self) -> &[NodeName] {
        match self {
            Self::Terminate { nodes } | Self::Maintain { nodes } => nodes,
            Self::Add { .. } => &[],
        }
    }

    /// The same for these nodes; an addition is about none.
    #[must_use]
    pub fn of_nodes(&self, nodes: Vec<NodeName>) -> Self {
        match self {
            Self::Terminate { .. } => Self::Terminate { nodes },
            Self::Maintain { .. } => Self::Maintain { nodes },
            Self::Add { .. } => self.clone(),
        }
    }
}

/// An action that was allowed, until it lapses or is released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reservation {
    /// 26 letters and digits, sorted by time.
    pub id: String,
    /// What was allowed.
    #[serde(flatten)]
    pub action: Action,
    /// When.
    pub made: Timestamp,
    /// From when on it counts no more.
    pub until: Timestamp,
}

/// What is reserved, as it was read at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Those that count, in the order of their ids.
    pub all: Vec<Reservation>,
    /// Changes whenever one is added, released or moved.
    pub version: u64,
}

/// Lapsed ones are kept so long, in case that the clock that told so is set back.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Clocks of machines that share a store differ by this much without anybody noticing.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

impl Reservation {
    /// Whether it counts.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Whether it lapsed so long ago that no clock makes it count again.
    #[must_use]
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.until < Self::past(now)
    }

    /// What ended before this is past.
    #[must_use]
    pub fn past(now: Timestamp) -> Timestamp {
        now.checked_sub(KEPT).unwrap_or(Timestamp::MIN)
    }

    /// The same as if it was made now, where it was made in the future: a clock was set back, and
    /// it would hold its nodes by as much longer.
    #[must_use]
    pub fn made_now(&self, now: Timestamp) -> Option<Self> {
        let ahead = self.made.duration_since(now) > SKEW;
        let until = now.checked_add(self.until.duration_since(self.made)).ok()?;
        ahead.then(|| Self { made: now, until, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn reservation(made: i64, until: i64) -> Reservation {
        let nodes = vec![NodeName::new("db1").unwrap()];
        let action = Action::Terminate { nodes };
        Reservation { id: "a".into(), action, made: at(made), until: at(until) }
    }

    #[test]
    fn it_counts_until_its_end() {
        let held = reservation(1000, 1600);
        assert!(held.counts(at(1599)));
        assert!(!held.counts(at(1600)));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_longer() {
        let held = reservation(100_000, 100_600);
        assert_eq!(held.made_now(at(99_950)), None);
        let now = held.made_now(at(500)).unwrap();
        assert_eq!((now.made, now.until), (at(500), at(1100)));
    }

    #[test]
    fn it_is_written_as_one_object() {
        let held = reservation(0, 600);
        let json = serde_json::to_value(&held).unwrap();
        let expected = serde_json::json!({
            "id": "a", "action": "terminate", "nodes": ["db1"],
            "made": "1970-01-01T00:00:00Z", "until": "1970-01-01T00:10:00Z",
        });
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Reservation>(json).unwrap(), held);
        let bad = serde_json::json!({
            "id": "a", "action": "terminate", "nodes": ["a/b"],
            "made": "1970-01-01T00:00:00Z", "until": "1970-01-01T00:10:00Z",
        });
        assert!(serde_json::from_value::<Reservation>(bad).is_err());
    }
}
