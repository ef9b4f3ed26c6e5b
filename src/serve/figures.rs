//! What the server counts of itself.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use groundrule_engine::estate::Estate;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct With {
    decision: String,
}

/// The figures.
pub struct Figures {
    registry: Registry,
    requests: Family<Of, Counter>,
    decisions: Family<With, Counter>,
    seconds: Histogram,
    readings: Counter<u64, AtomicU64>,
    nodes: Gauge,
    now: Gauge,
}

/// Bounds of the time that a decision takes, in seconds.
const BOUNDS: [f64; 10] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0];

impl Default for Figures {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("groundrule");
        let requests = Family::<Of, Counter>::default();
        registry.register("requests", "Requests by route and status", requests.clone());
        let decisions = Family::<With, Counter>::default();
        registry.register("gate_decisions", "Decisions of the gate", decisions.clone());
        let seconds = Histogram::new(BOUNDS);
        registry.register("gate_seconds", "How long a decision took", seconds.clone());
        let readings = Counter::<u64, AtomicU64>::default();
        registry.register("estate_readings", "How often files had changed", readings.clone());
        let nodes = Gauge::default();
        registry.register("estate_nodes", "Nodes that sources know", nodes.clone());
        let now: Gauge = Gauge::default();
        let help = "The time that the estate is judged at, in seconds since 1970";
        registry.register("estate_time", help, now.clone());
        Self { registry, requests, decisions, seconds, readings, nodes, now }
    }
}

impl Figures {
    pub fn read(&self, estate: &Estate, changed: bool) {
        self.readings.inc_by(u64::from(changed));
        self.nodes.set(i64::try_from(estate.size()).unwrap_or(i64::MAX));
        self.now.set(estate.settings.now.as_second());
    }

    pub fn answered(&self, route: &'static str, status: u16) {
        self.requests.get_or_create(&Of { route, status }).inc();
    }

    pub fn decided(&self, decision: &str, took: Duration) {
        self.decisions.get_or_create(&With { decision: decision.to_owned() }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub fn exposition(&self) -> String {
        let mut out = String::new();
        // Writing to a text does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
