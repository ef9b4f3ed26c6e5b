//! What the pipeline counts of itself.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use groundrule_core::delivery::Health;
use groundrule_core::event::{Draft, Event, Kind};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::queue::Queue;

/// Whom a figure is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct To {
    destination: String,
}

/// The figures of a pipeline.
#[derive(Clone)]
pub struct Stats {
    registry: Arc<Registry>,
    received: Counter,
    archived: Counter,
    dead: Counter,
    dropped: Counter,
    delivered: Family<To, Counter>,
    waiting: Family<To, Gauge>,
    troubles: Arc<Mutex<Vec<(String, String)>>>,
    queues: Arc<Mutex<Vec<(String, Queue)>>>,
    sources: Arc<Mutex<Vec<(String, Health)>>>,
}

impl Default for Stats {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("groundrule");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::<u64, AtomicU64>::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let received = counter("events_received", "Messages that came in");
        let archived = counter("events_archived", "Events that the archive has");
        let dead = counter(
            "dead_letters",
            "Messages that are no events, and events that a destination refused for good",
        );
        let dropped = counter("events_dropped", "Events that a rule dropped");
        let delivered = Family::<To, Counter>::default();
        registry.register("events_delivered", "Events that a destination has", delivered.clone());
        let waiting = Family::<To, Gauge>::default();
        registry.register("batches_waiting", "Batches before a destination", waiting.clone());
        Self {
            registry: Arc::new(registry),
            received,
            archived,
            dead,
            dropped,
            delivered,
            waiting,
            troubles: Arc::default(),
            queues: Arc::default(),
            sources: Arc::default(),
        }
    }
}

impl Stats {
    /// Messages came in.
    pub fn received(&self, n: usize) {
        self.received.inc_by(n as u64);
    }

    /// The archive has events that it had not.
    pub fn archived(&self, n: usize) {
        self.archived.inc_by(n as u64);
    }

    /// There are dead letters.
    pub fn dead(&self, n: usize) {
        self.dead.inc_by(n as u64);
    }

    /// A rule dropped an event.
    pub fn dropped(&self) {
        self.dropped.inc();
    }

    /// A destination has taken events.
    pub fn delivered(&self, destination: &str, n: usize) {
        let to = To { destination: destination.to_owned() };
        self.delivered.get_or_create(&to).inc_by(n as u64);
    }

    /// How many messages came in, and how many dead letters there were.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.received.get(), self.dead.get())
    }

    /// Watches how long a queue is.
    ///
    /// # Panics
    /// When another thread panicked here.
    pub fn watch(&self, destination: &str, queue: &Queue) {
        let mut queues = self.queues.lock().expect("nobody panics here");
        queues.push((destination.to_owned(), queue.clone()));
    }

    /// Watches whether a source can be reached.
    ///
    /// # Panics
    /// When another thread panicked here.
    pub fn source(&self, name: &str, health: Health) {
        self.sources.lock().expect("nobody panics here").push((name.to_owned(), health));
    }

    /// Something is away, or (with none) works again. Says whether that is news.
    ///
    /// # Panics
    /// When another thread panicked here.
    pub fn trouble(&self, of: &str, what: Option<&str>) -> bool {
        let mut troubles = self.troubles.lock().expect("nobody panics here");
        let at = troubles.iter().position(|(name, _)| name == of);
        match (at, what) {
            (None, None) => false,
            (Some(at), Some(what)) => {
                let news = troubles[at].1 != what;
                what.clone_into(&mut troubles[at].1);
                news
            }
            (Some(at), None) => {
                troubles.remove(at);
                true
            }
            (None, Some(what)) => {
                troubles.push((of.to_owned(), what.to_owned()));
                true
            }
        }
    }

    /// What is away, with the reason.
    ///
    /// # Panics
    /// When another thread panicked here.
    #[must_use]
    pub fn troubles(&self) -> Vec<(String, String)> {
        let mut troubles = self.troubles.lock().expect("nobody panics here").clone();
        let sources = self.sources.lock().expect("nobody panics here");
        let away = sources.iter().filter_map(|(of, health)| Some((of.clone(), health.trouble()?)));
        troubles.extend(away);
        troubles
    }

    /// The same in a line, if something is.
    #[must_use]
    pub fn away(&self) -> Option<String> {
        let troubles = self.troubles().into_iter().map(|(of, what)| format!("{of}: {what}"));
        let troubles = troubles.collect::<Vec<_>>().join("; ");
        (!troubles.is_empty()).then_some(troubles)
    }

    /// The figures in the text form of Prometheus.
    ///
    /// # Panics
    /// When another thread panicked here.
    #[must_use]
    pub fn exposition(&self) -> String {
        for (destination, queue) in self.queues.lock().expect("nobody panics here").iter() {
            let to = To { destination: destination.clone() };
            self.waiting.get_or_create(&to).set(i64::try_from(queue.len()).unwrap_or_default());
        }
        let mut text = String::new();
        if prometheus_client::encoding::text::encode(&mut text, &self.registry).is_err() {
            let _ = writeln!(text, "# EOF");
        }
        text
    }

    /// The figures as an event.
    #[must_use]
    pub fn event(&self, host: &str, now: f64) -> Event {
        let figures = [
            ("received", &self.received),
            ("archived", &self.archived),
            ("dead_letters", &self.dead),
            ("dropped", &self.dropped),
        ];
        let draft =
            Draft::new(Kind::Metric, "groundrule pipeline", host, "groundrule.pipeline", now)
                .text("what the pipeline did since it began");
        #[expect(clippy::cast_precision_loss, reason = "figures of events are floats")]
        let draft =
            figures.into_iter().fold(draft, |draft, (name, n)| draft.metric(name, n.get() as f64));
        draft.event()
    }
}
