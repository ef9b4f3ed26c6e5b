//! What happens beside the events: rules are read again, and figures told.

use std::time::Duration;

use groundrule_core::event::{Draft, Event, Kind, Severity};
use tokio::task::JoinSet;

use super::Valid;
use super::outlet::{Outlet, Stopped};
use super::table::Destinations;
use crate::part::Clock;
use crate::routes::Reloader;

/// What the pipeline says of itself, on its way.
type Telling = JoinSet<Result<(), Stopped>>;

/// Everything that happens beside the events.
pub struct Watch {
    /// The way out of what is said.
    pub outlet: Outlet,
    /// Tells when the rules are to be read again.
    pub reloader: Option<Reloader>,
    /// Says what is wrong with an address.
    pub valid: Valid,
    /// The name of this host.
    pub host: String,
    /// The time.
    pub clock: Clock,
    /// How often figures are told; never if it is none.
    pub stats_every: Duration,
}

impl Watch {
    /// Looks after a pipeline until all its sources have ended.
    ///
    /// # Errors
    /// When it cannot go on.
    pub async fn over(
        mut self,
        intakes: &mut JoinSet<Result<(), Stopped>>,
        destinations: &mut Destinations,
    ) -> Result<(), Stopped> {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let mut told = tokio::time::Instant::now();
        // An archive that is away holds it up, and nothing else.
        let mut telling = Telling::new();
        loop {
            tokio::select! {
                ended = intakes.join_next() => match ended {
                    None => return Ok(()),
                    Some(ended) => ended??,
                },
                Some(ended) = destinations.ended() => ended?,
                Some(told) = telling.join_next() => told??,
                _ = second.tick() => {
                    self.reload(destinations, &mut telling);
                    if !self.stats_every.is_zero() && told.elapsed() >= self.stats_every {
                        told = tokio::time::Instant::now();
                        let event = self.outlet.stats.event(&self.host, (self.clock)());
                        self.tell(event, &mut telling);
                    }
                }
            }
        }
    }

    fn tell(&self, event: Event, telling: &mut Telling) {
        let outlet = self.outlet.clone();
        telling.spawn(async move { outlet.emit(vec![event]).await.map(drop) });
    }

    /// Takes new rules, if there are any; says so where they are broken.
    fn reload(&mut self, destinations: &mut Destinations, telling: &mut Telling) {
        let Some(read) = self.reloader.as_mut().and_then(|r| r.check(&*self.valid)) else {
            return;
        };
        let (severity, text, faults) = match read {
            Ok(rules) => match destinations.adopt(rules) {
                Ok(()) => (Severity::Ok, "new routes are in force".to_owned(), Vec::new()),
                Err(error) => (Severity::Critical, error.to_string(), vec![error.to_string()]),
            },
            Err(faults) => {
                let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
                let n = told.len();
                let plural = if n == 1 { "fault" } else { "faults" };
                let text = format!("the old routes stay: {n} {plural}; the first: {}", told[0]);
                (Severity::Critical, text, told)
            }
        };
        tracing::info!(%text, "routes were touched");
        let event = Draft::new(
            Kind::Status,
            "groundrule pipeline",
            &self.host,
            "groundrule.routes",
            (self.clock)(),
        );
        let event = event.severity(severity).text(text).with("faults", faults).event();
        self.tell(event, telling);
    }
}
