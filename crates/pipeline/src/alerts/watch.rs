//! What is known of one subject and name, and what follows when something is heard of it.
//!
//! Nothing here waits or asks: times and severities go in, wishes come out.

use groundrule_core::event::Severity;
use serde::{Deserialize, Serialize};

use super::rules::AlertRules;

/// Of how many events of the same time it is known that they came.
const SAME_TIME: usize = 64;

/// A time before that of every event.
const BEFORE_ALL: f64 = -1e18;

/// Why somebody is notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It became worse or better, and is no good.
    Problem,
    /// It is no good still.
    Repeated,
    /// It is good again.
    Resolved,
    /// It changes all the time.
    Flapping,
    /// It changed all the time, and stays so now.
    Settled,
    /// What it was a consequence of is gone, and it is still there.
    Delayed,
}

impl Reason {
    /// As events write it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Repeated => "repeated",
            Self::Resolved => "resolved",
            Self::Flapping => "flapping",
            Self::Settled => "settled",
            Self::Delayed => "delayed",
        }
    }
}

/// What an event tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct News<'e> {
    pub(super) severity: Severity,
    /// When that was so.
    pub(super) time: f64,
    /// Which of two events is newer: the greater one.
    pub(super) order: f64,
    pub(super) id: &'e str,
}

/// What is known of one subject and name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    /// The severity that was heard of last, by its number.
    severity: u8,
    /// The order of the newest event, and the identities of all events of that.
    time: f64,
    ids: Vec<String>,
    /// When it was heard of last.
    heard: f64,
    /// Which severity was told last: OK before the first.
    told: u8,
    told_at: f64,
    /// Whether its end is to be told.
    owed: bool,
    /// Which severities were heard of since it was good, one bit each.
    heard_of: u8,
    /// Until when it is held back.
    due: Option<f64>,
    /// How it is the consequence of something else.
    suppressed: Option<Vec<String>>,
    /// When it changed.
    changes: Vec<f64>,
    flapping: bool,
    /// Whether its row was seen in the status store: it was cleared when there is none.
    #[serde(default)]
    stored: bool,
    /// The newest event, as long as it may have to be told later.
    pub(super) event: Option<String>,
}

impl Watch {
    /// Whether an event was not heard of yet and is not older than what was.
    pub(super) fn is_news(&self, order: f64, id: &str) -> bool {
        let is_known = || self.ids.iter().any(|known| known == id);
        let same = order >= self.time && self.ids.len() < SAME_TIME;
        self.ids.is_empty() || (order > self.time || same) && !is_known()
    }

    /// Whether an event is newer than all that were heard of.
    pub(super) fn is_newest(&self, order: f64) -> bool {
        order > self.time
    }

    /// Whether its row was seen in the status store.
    pub(super) fn is_stored(&self) -> bool {
        self.stored
    }

    /// Its row is seen.
    pub(super) fn see(&mut self) {
        self.stored = true;
    }

    /// Whether its end is to be told.
    pub(super) fn is_owed(&self) -> bool {
        self.owed
    }

    /// It is not so any more, without an event that says so.
    pub(super) fn end(&mut self) {
        self.severity = 0;
    }

    /// Nothing is known of it, but that the newest events are no news: others of any time are.
    pub(super) fn clear(&mut self) {
        let (ids, heard) = (std::mem::take(&mut self.ids), self.heard);
        *self = Self { time: BEFORE_ALL, ids, heard, ..Self::default() };
    }

    /// What was heard of last.
    pub(super) fn severity(&self) -> Severity {
        Severity::of(self.severity).unwrap_or(Severity::Unknown)
    }

    /// Whether any of these severities was heard of since it was good.
    pub(super) fn was_any_of(&self, severities: &[Severity]) -> bool {
        severities.iter().any(|severity| self.heard_of & (1 << severity.number()) != 0)
    }

    /// Whether it is the consequence of something else.
    pub(super) fn suppressed(&self) -> Option<&[String]> {
        self.suppressed.as_deref()
    }

    /// Whether it changes all the time.
    pub(super) fn is_flapping(&self) -> bool {
        self.flapping
    }

    /// Whether time alone can make it wish for something.
    pub(super) fn waits(&self) -> bool {
        self.due.is_some() || self.suppressed.is_some() || self.flapping
    }

    /// Whether there is something to tell sooner or later: if not, it is forgotten after a while.
    pub(super) fn is_open(&self) -> bool {
        self.severity != 0 || self.owed || self.waits()
    }

    /// When it was heard of last.
    pub(super) fn heard(&self) -> f64 {
        self.heard
    }

    /// Whether it is not told as it is the consequence of something else.
    pub(super) fn is_silent(&self) -> bool {
        self.suppressed.is_some() && !self.flapping
    }

    /// Hears an event. What it wishes for is only done with [`Watch::tell`] or [`Watch::suppress`].
    pub(super) fn hear(
        &mut self,
        News { severity, time, order, id }: News<'_>,
        now: f64,
        rules: &AlertRules,
    ) -> Option<Reason> {
        if order > self.time || self.ids.is_empty() {
            self.ids.clear();
        }
        self.ids.push(id.to_owned());
        (self.time, self.heard) = (order, now);
        let changed = self.severity != severity.number();
        self.severity = severity.number();
        if severity != Severity::Ok {
            self.heard_of |= 1 << severity.number();
        }
        if changed {
            self.change(time.min(now), rules);
        }
        if self.flapping {
            return None;
        }
        if changed && self.changes.len() > rules.changes {
            self.flapping = true;
            self.due = None;
            return Some(Reason::Flapping);
        }
        self.wish(now, rules)
    }

    fn change(&mut self, at: f64, rules: &AlertRules) {
        let window = rules.window.as_secs_f64();
        self.changes.push(at);
        self.changes.retain(|old| (at - old).abs() < window);
        let more = self.changes.len().saturating_sub(rules.changes + 1);
        self.changes.drain(..more);
    }

    fn wish(&mut self, now: f64, rules: &AlertRules) -> Option<Reason> {
        if self.severity == 0 {
            self.due = None;
            return self.owed.then_some(Reason::Resolved);
        }
        if self.suppressed.is_some() {
            return None;
        }
        if self.severity != self.told {
            if !self.owed && !rules.hold.is_zero() {
                self.due.get_or_insert(now + rules.hold.as_secs_f64());
                return None;
            }
            return Some(Reason::Problem);
        }
        self.is_due(now, rules).then_some(Reason::Repeated)
    }

    /// Whether it was told so long ago that it is told again.
    fn is_due(&mut self, now: f64, rules: &AlertRules) -> bool {
        // A clock that was set back does not silence it.
        self.told_at = self.told_at.min(now);
        !rules.repeat.is_zero() && now - self.told_at >= rules.repeat.as_secs_f64()
    }

    /// Whether it stays as it was told, and is told again.
    pub(super) fn is_due_again(&mut self, now: f64, rules: &AlertRules) -> bool {
        self.stays() && self.is_due(now, rules)
    }

    fn stays(&self) -> bool {
        self.severity != 0 && self.severity == self.told && !self.waits()
    }

    /// Whether [`Watch::is_due_again`] says so, or has something to set right.
    pub(super) fn may_be_due(&self, now: f64, rules: &AlertRules) -> bool {
        let repeat = rules.repeat.as_secs_f64();
        self.stays() && repeat > 0.0 && !(0.0..repeat).contains(&(now - self.told_at))
    }

    /// Whether [`Watch::wake`] wishes for something, or has something to set right.
    pub(super) fn may_wake(&self, now: f64, rules: &AlertRules) -> bool {
        let (window, hold) = (rules.window.as_secs_f64(), rules.hold.as_secs_f64());
        if self.flapping {
            return self.changes.last().is_some_and(|last| !(0.0..window).contains(&(now - last)));
        }
        self.due.is_some_and(|due| due <= now || due > now + hold)
    }

    /// What it wishes for as time goes by.
    pub(super) fn wake(&mut self, now: f64, rules: &AlertRules) -> Option<Reason> {
        if self.flapping {
            let last = self.changes.last_mut()?;
            *last = last.min(now);
            if now - *last < rules.window.as_secs_f64() {
                return None;
            }
            self.flapping = false;
            self.changes.clear();
            return Some(Reason::Settled);
        }
        let due = self.due.as_mut()?;
        *due = due.min(now + rules.hold.as_secs_f64());
        (*due <= now).then_some(Reason::Problem)
    }

    /// It is told.
    pub(super) fn tell(&mut self, reason: Reason, now: f64) {
        (self.told, self.told_at) = (self.severity, now);
        (self.suppressed, self.due) = (None, None);
        self.owed = self.severity != 0 || reason == Reason::Flapping;
        if !self.owed {
            self.heard_of = 0;
        }
    }

    /// It is not told, as it is the consequence of something else. Returns whether that is news.
    pub(super) fn suppress(&mut self, path: Vec<String>) -> bool {
        let news = self.suppressed.is_none();
        (self.owed, self.due) = (true, None);
        self.suppressed = Some(path);
        news
    }
}
