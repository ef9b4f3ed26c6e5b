//! How often a rule calls.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use groundrule_core::event::Event;

/// How many different events are told apart at once: when there are more, the oldest are forgotten
/// sooner than they should.
const APART: usize = 10_000;

/// At most so many calls in a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    calls: usize,
    seconds: f64,
}

impl Rate {
    /// Reads `10/m`: a number for each `s`, `m`, `h` or `d`.
    ///
    /// # Errors
    /// When it is no such thing.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let read = || {
            let (calls, unit) = text.split_once('/')?;
            let seconds = match unit.trim() {
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
            let calls = calls.trim().parse().ok().filter(|calls| (1..=APART).contains(calls))?;
            Some(Self { calls, seconds })
        };
        read().ok_or_else(|| {
            format!("rate is {text:?}: as in 10/m, for s, m, h or d; at most {APART}")
        })
    }
}

/// What makes events the same.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Subject,
    Name,
    Origin,
    Severity,
    Text,
}

const BY: [(&str, By); 5] = [
    ("subject", By::Subject),
    ("name", By::Name),
    ("origin", By::Origin),
    ("severity", By::Severity),
    ("text", By::Text),
];

/// How often a rule calls, and how often it did.
#[derive(Debug, Default)]
pub(super) struct Limits {
    rate: Option<Rate>,
    dedup: Option<(Vec<By>, f64)>,
    /// When it called, not longer ago than the rate counts.
    calls: VecDeque<f64>,
    /// When it called for events of each identity.
    seen: HashMap<String, f64>,
    /// The same identities, oldest first.
    order: VecDeque<(f64, String)>,
    skipped: u64,
}

impl Limits {
    /// Limits by a rate, and to one call for equal events in a time.
    ///
    /// # Errors
    /// When there is no such field to tell events apart by.
    pub(super) fn new(
        rate: Option<Rate>,
        dedup: Option<(Vec<String>, Duration)>,
    ) -> Result<Self, String> {
        let find = |name: &String| {
            let names = || BY.map(|(name, _)| name).join(", ");
            let found = BY.iter().find(|(known, _)| known == name).map(|(_, by)| *by);
            found.ok_or_else(|| format!("dedup.by has {name:?}: {}", names()))
        };
        let dedup = match dedup {
            Some((by, time)) => {
                let by = by.iter().map(find).collect::<Result<Vec<_>, _>>()?;
                Some((by, time.as_secs_f64()))
            }
            None => None,
        };
        Ok(Self { rate, dedup, ..Self::default() })
    }

    /// Whether it may call for this event now; if so, how many it did not call for since.
    pub(super) fn pass(&mut self, event: &Event, now: f64) -> Option<u64> {
        let key = self.dedup.as_ref().map(|(by, _)| key(by, event));
        if self.is_twice(key.as_ref(), now) || self.is_too_often(now) {
            self.skipped += 1;
            return None;
        }
        if self.rate.is_some() {
            self.calls.push_back(now);
        }
        if let Some(key) = key {
            self.seen.insert(key.clone(), now);
            self.order.push_back((now, key));
        }
        Some(std::mem::take(&mut self.skipped))
    }

    fn is_twice(&mut self, key: Option<&String>, now: f64) -> bool {
        let (Some((_, time)), Some(key)) = (&self.dedup, key) else { return false };
        while let Some((at, old)) = self.order.front()
            && (now - at >= *time || self.order.len() > APART)
        {
            if self.seen.get(old) == Some(at) {
                self.seen.remove(old);
            }
            self.order.pop_front();
        }
        // A clock that was set back does not silence a rule.
        self.seen.get(key).is_some_and(|at| (0.0..*time).contains(&(now - at)))
    }

    fn is_too_often(&mut self, now: f64) -> bool {
        let Some(rate) = self.rate else { return false };
        self.calls.retain(|at| (0.0..rate.seconds).contains(&(now - at)));
        self.calls.len() >= rate.calls
    }
}

fn key(by: &[By], event: &Event) -> String {
    let mut key = String::new();
    for by in by {
        key.push_str(match by {
            By::Subject => event.subject(),
            By::Name => event.name(),
            By::Origin => event.origin(),
            By::Severity => event.severity().name(),
            By::Text => event.text(),
        });
        key.push('\u{1f}');
    }
    key
}

#[cfg(test)]
mod tests {
    use groundrule_core::event::Draft;
    use groundrule_core::event::Kind;

    use super::*;

    fn event(subject: &str) -> Event {
        Draft::new(Kind::Archive, "o", subject, "n", 1.0).event()
    }

    #[test]
    fn a_rate_is_held_and_what_was_skipped_is_counted() {
        let mut limits = Limits::new(Some(Rate::parse("2/m").unwrap()), None).unwrap();
        let mut pass = |now| limits.pass(&event("a"), now);
        assert_eq!((pass(0.0), pass(1.0), pass(2.0), pass(59.0)), (Some(0), Some(0), None, None));
        assert_eq!((pass(60.0), pass(60.5), pass(61.0)), (Some(2), None, Some(1)));
        assert_eq!(pass(-1000.0), Some(0));
        for wrong in ["10", "0/m", "x/m", "1/week", "-1/s"] {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn equal_events_call_once() {
        let by = vec!["subject".to_owned(), "name".to_owned()];
        let mut limits = Limits::new(None, Some((by, Duration::from_secs(10)))).unwrap();
        assert_eq!(limits.pass(&event("a"), 0.0), Some(0));
        assert_eq!(limits.pass(&event("b"), 1.0), Some(0));
        assert_eq!(limits.pass(&event("a"), 9.9), None);
        assert_eq!(limits.pass(&event("a"), 10.0), Some(1));
        assert_eq!(limits.pass(&event("b"), 10.5), None);
        assert!(limits.order.len() <= 3);
        assert!(
            Limits::new(None, Some((vec!["host".to_owned()], Duration::from_secs(1)))).is_err()
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let by = vec!["subject".to_owned()];
        let mut limits = Limits::new(None, Some((by, Duration::from_secs(1000)))).unwrap();
        for number in 0..3 * APART {
            limits.pass(&event(&number.to_string()), 1.0);
        }
        assert!(limits.seen.len() <= APART + 1 && limits.order.len() <= APART + 1);
    }
}
