//! The part that sends figures to Graphite.

use std::io::Write as _;

use async_trait::async_trait;
use groundrule_core::event::{Event, Kind};

use super::connection::{Address, Connection};
use super::counters::{Counters, Counts};
use super::mapping::Mapping;
use crate::part::{Clock, Part, PartError};

/// The metric that a simple counter counts.
const COUNT: &str = "count";

/// Sends the figures of events to carbon.
pub struct GraphitePart {
    connection: Connection,
    mapping: Mapping,
    clock: Clock,
    counters: Counters,
    left_out: u64,
}

impl GraphitePart {
    /// The part for a carbon. It connects when the first figure comes. The clock is for events
    /// without a time.
    #[must_use]
    pub fn new(address: Address, mapping: Mapping, counters: Counters, clock: Clock) -> Self {
        let connection = Connection::new(address);
        Self { connection, mapping, clock, counters, left_out: 0 }
    }

    /// How many figures were left out, because Graphite cannot store their times.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn figures(&self, events: &[Event]) -> Figures {
        let mut lines = Vec::with_capacity(events.len() * 64);
        let (mut counts, mut left_out) = (Counts::new(), 0);
        for event in events {
            let is_counted = event.kind() == Kind::SimpleCounter && !event.has_metrics();
            let metrics = event.metrics();
            let Some(second) = second(event.time().unwrap_or_else(|| (self.clock)())) else {
                left_out += metrics.len() as u64 + u64::from(is_counted);
                continue;
            };
            let path = |metric: &str| self.mapping.path(event.subject(), event.name(), metric);
            for (metric, value) in metrics.iter().filter(|(_, value)| value.is_finite()) {
                // Writing to memory does not fail.
                let _ = writeln!(lines, "{} {value} {second}", path(metric));
            }
            if is_counted {
                *counts.entry((path(COUNT), second)).or_default() += 1;
            }
        }
        Figures { lines, counts, left_out }
    }

    /// Connects if need be. What is written again then may have been counted on since.
    async fn revive(&mut self) -> Result<(), PartError> {
        if self.connection.revive().await? {
            let counts = self.counters.all().await?;
            self.write(written(&counts)).await?;
        }
        Ok(())
    }

    async fn write(&mut self, lines: Vec<u8>) -> Result<(), PartError> {
        if lines.is_empty() { Ok(()) } else { self.connection.write(lines.into()).await }
    }

    async fn count(&mut self, counts: Counts) -> Result<(), PartError> {
        if counts.is_empty() {
            return Ok(());
        }
        let totals = self.counters.add(counts, (self.clock)()).await?;
        if let Err(error) = self.write(written(&totals)).await {
            self.counters.forget().await?;
            return Err(error);
        }
        self.counters.commit().await
    }
}

/// What a batch says.
struct Figures {
    lines: Vec<u8>,
    counts: Counts,
    /// How many have no line.
    left_out: u64,
}

/// The lines of counts.
fn written(counts: &Counts) -> Vec<u8> {
    let mut lines = Vec::new();
    for ((path, second), count) in counts {
        // Writing to memory does not fail.
        let _ = writeln!(lines, "{path} {count} {second}");
    }
    lines
}

/// The second of a time, if Graphite can store it: it has 32 bits for it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is within the range"
)]
fn second(time: f64) -> Option<u32> {
    if (0.0..=f64::from(u32::MAX)).contains(&time) { Some(time as u32) } else { None }
}

#[async_trait]
impl Part for GraphitePart {
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        let Figures { lines, counts, left_out } = self.figures(events);
        if !lines.is_empty() || !counts.is_empty() {
            self.revive().await?;
        }
        self.write(lines).await?;
        self.count(counts).await?;
        self.left_out += left_out;
        Ok(Vec::new())
    }

    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        // What a broken connection has lost does not wait for the next event.
        if self.connection.used() {
            self.revive().await?;
        }
        Ok(Vec::new())
    }

    async fn finish(&mut self) -> Result<Vec<Event>, PartError> {
        self.connection.close().await?;
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use groundrule_core::event::Draft;
    use proptest::prelude::*;

    use super::*;

    fn part() -> GraphitePart {
        let address = Address { host: "127.0.0.1".to_owned(), port: 1 };
        GraphitePart::new(
            address,
            Mapping::default(),
            Counters::memory().unwrap(),
            Arc::new(|| 7.0),
        )
    }

    fn lines(events: &[Event]) -> String {
        let figures = part().figures(events);
        String::from_utf8([figures.lines, written(&figures.counts)].concat()).unwrap()
    }

    #[test]
    fn lines_of_events() {
        let status = Draft::new(Kind::Status, "o", "web1.example.net", "load", 100.75)
            .metric("load1", 0.25)
            .metric("big", 1e21)
            .event();
        let none = Draft::new(Kind::Status, "o", "s", "n", 100.0).event();
        let count = Draft::new(Kind::SimpleCounter, "o", "s", "logins", 100.0).event();
        let timeless = Event::read(
            r#"{"subject":"s","name":"n","type":"metric","metrics":{"m":-3}}"#.to_owned().into(),
        )
        .unwrap();
        assert_eq!(
            lines(&[status, none, count.clone(), timeless, count]),
            "web1_example_net.load.load1 0.25 100\n\
             web1_example_net.load.big 1000000000000000000000 100\n\
             s.n.m -3 7\ns.logins.count 2 100\n"
        );
    }

    #[test]
    fn times_that_cannot_be_stored_are_left_out() {
        let at = |time| Draft::new(Kind::Metric, "o", "s", "n", time).metric("m", 1.0).event();
        let figures = part().figures(&[at(-1.0), at(1e10), at(4_294_967_295.0)]);
        assert_eq!((&figures.lines[..], figures.left_out), (&b"s.n.m 1 4294967295\n"[..], 2));
    }

    proptest! {
        /// Whatever an event has, its lines are a path, a number and a time.
        #[test]
        fn no_line_is_invalid(
            subject in "\\PC{1,60}", name in "[\\PC\n\r\t]{1,60}", metric in "[\\PC\n]{0,60}",
            value in any::<f64>(), time in any::<f64>(), counts: bool,
        ) {
            let kind = if counts { Kind::SimpleCounter } else { Kind::Metric };
            let event = Draft::new(kind, "o", &subject, &name, time).metric(&metric, value).event();
            let lines = lines(&[event]);
            prop_assert!(lines.is_empty() || lines.ends_with('\n'));
            for line in lines.lines() {
                let words: Vec<&str> = line.split(' ').collect();
                prop_assert_eq!(words.len(), 3, "{}", line);
                let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
                prop_assert!(words[0].chars().all(allowed), "{}", line);
                prop_assert!(words[1].parse::<f64>().is_ok_and(f64::is_finite), "{}", line);
                prop_assert!(words[2].parse::<u32>().is_ok(), "{}", line);
            }
        }
    }
}
