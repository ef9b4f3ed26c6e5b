//! The part that sends figures to Graphite.

use std::io::Write as _;

use async_trait::async_trait;
use groundrule_core::event::{Event, Kind};

use super::connection::{Address, Connection};
use super::counters::Counters;
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
    pub fn new(address: Address, mapping: Mapping, clock: Clock) -> Self {
        let connection = Connection::new(address);
        Self { connection, mapping, clock, counters: Counters::default(), left_out: 0 }
    }

    /// How many figures were left out, because Graphite cannot store their times.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The lines of a batch, and how many figures have none.
    fn lines(&mut self, events: &[Event]) -> (Vec<u8>, u64) {
        let mut lines = Vec::with_capacity(events.len() * 64);
        let mut left_out = 0;
        self.counters.begin();
        for event in events {
            let counts = event.kind() == Kind::SimpleCounter && !event.has_metrics();
            let metrics = event.metrics();
            let Some(second) = second(event.time().unwrap_or_else(|| (self.clock)())) else {
                left_out += metrics.len() as u64 + u64::from(counts);
                continue;
            };
            let path = |metric: &str| self.mapping.path(event.subject(), event.name(), metric);
            for (metric, value) in metrics.iter().filter(|(_, value)| value.is_finite()) {
                // Writing to memory does not fail.
                let _ = writeln!(lines, "{} {value} {second}", path(metric));
            }
            if counts {
                self.counters.count(second, path(COUNT));
            }
        }
        for (path, total, second) in self.counters.totals() {
            let _ = writeln!(lines, "{path} {total} {second}");
        }
        (lines, left_out)
    }
}

/// The second of a time, if Graphite can store it: it has 32 bits for it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is within the range"
)]
fn second(time: f64) -> Option<u64> {
    if (0.0..=f64::from(u32::MAX)).contains(&time) { Some(time as u64) } else { None }
}

#[async_trait]
impl Part for GraphitePart {
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        let (lines, left_out) = self.lines(events);
        if !lines.is_empty() {
            self.connection.write(lines.into()).await?;
        }
        self.counters.commit();
        self.left_out += left_out;
        Ok(Vec::new())
    }

    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        // What a broken connection has lost does not wait for the next event.
        if self.connection.used() {
            self.connection.revive().await?;
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
        GraphitePart::new(address, Mapping::default(), Arc::new(|| 7.0))
    }

    fn lines(events: &[Event]) -> String {
        String::from_utf8(part().lines(events).0).unwrap()
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
        let (lines, left_out) = part().lines(&[at(-1.0), at(1e10), at(4_294_967_295.0)]);
        assert_eq!((lines.as_slice(), left_out), (&b"s.n.m 1 4294967295\n"[..], 2));
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
