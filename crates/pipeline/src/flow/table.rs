//! Every destination, and the worker before each of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use groundrule_core::delivery::CarryError;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::outlet::{Outlet, Stopped, Table};
use super::queue::{Queue, queue};
use super::sending::Sending;
use super::worker::Worker;
use super::{Backlogs, Connect};
use crate::part::Part;
use crate::routes::{Destination, PartName, Place, Rules};

/// The destinations of a pipeline.
pub struct Destinations {
    outlet: Outlet,
    connect: Connect,
    backlogs: Backlogs,
    elsewhere: BTreeMap<String, String>,
    /// The pipeline is to end.
    ending: CancellationToken,
    parts: BTreeMap<PartName, Queue>,
    urls: BTreeMap<String, Queue>,
    workers: JoinSet<Result<(), Stopped>>,
    /// The workers with what stops them, in the order in which they are stopped: parts before
    /// what they send to.
    stops: Vec<(u8, Id, CancellationToken)>,
}

impl Destinations {
    /// No destinations yet.
    pub fn new(
        outlet: Outlet,
        connect: Connect,
        backlogs: Backlogs,
        elsewhere: BTreeMap<String, String>,
        ending: CancellationToken,
    ) -> Self {
        let (parts, urls) = (BTreeMap::new(), BTreeMap::new());
        let (workers, stops) = (JoinSet::new(), Vec::new());
        Self { outlet, connect, backlogs, elsewhere, ending, parts, urls, workers, stops }
    }

    /// Puts a part to work.
    pub fn part(&mut self, name: PartName, part: Box<dyn Part>) -> Result<(), CarryError> {
        let (place, order) = match name {
            PartName::Status => (Some(Place::Status), 0),
            PartName::Metrics => (Some(Place::Metrics), 1),
            PartName::Alerts => (Some(Place::Alerts), 2),
            PartName::Callbacks => (None, 3),
        };
        let queue = self.work(name.name(), part, place, order)?;
        self.parts.insert(name, queue);
        Ok(())
    }

    /// The queue of an address.
    pub fn url(&mut self, url: &str) -> Result<Queue, CarryError> {
        if let Some(queue) = self.urls.get(url) {
            return Ok(queue.clone());
        }
        let sink = (self.connect)(url)?;
        let queue = self.work(url, Box::new(Sending(sink)), None, 4)?;
        self.urls.insert(url.to_owned(), queue.clone());
        Ok(queue)
    }

    /// The queue of the place for dead letters, which every later destination knows.
    pub fn dead_letters(&mut self, url: &str) -> Result<Queue, CarryError> {
        let sink = (self.connect)(url)?;
        let queue = self.work(url, Box::new(Sending(sink)), None, 5)?;
        self.urls.insert(url.to_owned(), queue.clone());
        self.outlet.dead = Some(queue.clone());
        Ok(queue)
    }

    /// The queue of something that works elsewhere.
    pub fn elsewhere(&mut self, name: &str) -> Result<Queue, CarryError> {
        let url = self.elsewhere.get(name).cloned().ok_or_else(|| {
            CarryError::Refused(format!(
                "events go to {name}, which does not work here: give it what it needs, or set pipeline.queues.{name}"
            ))
        })?;
        self.url(&url)
    }

    /// The queue of a part, wherever it works.
    pub fn required(&mut self, part: PartName) -> Result<Queue, CarryError> {
        match self.parts.get(&part) {
            Some(queue) => Ok(queue.clone()),
            None => self.elsewhere(part.name()),
        }
    }

    /// The queue of a part, if it works anywhere.
    fn there(&mut self, part: PartName) -> Result<Option<Queue>, CarryError> {
        let is_there = self.parts.contains_key(&part) || self.elsewhere.contains_key(part.name());
        is_there.then(|| self.required(part)).transpose()
    }

    /// Puts rules in force. A default rule may name a part that there is not.
    pub fn adopt(&mut self, rules: Rules) -> Result<(), CarryError> {
        allowed(&rules)?;
        let mut queues = Vec::new();
        for destination in rules.destinations().to_vec() {
            queues.push(match &destination {
                Destination::Url(url) => Some(self.url(url)?),
                Destination::Part(part) if rules.names(&destination) => Some(self.required(*part)?),
                Destination::Part(part) => self.there(*part)?,
            });
        }
        let mut table = self.outlet.table.write().expect("nobody panics here");
        *table = Arc::new(Table { rules, queues });
        Ok(())
    }

    fn work(
        &mut self,
        name: &str,
        part: Box<dyn Part>,
        place: Option<Place>,
        order: u8,
    ) -> Result<Queue, CarryError> {
        let (queue, waiting) = queue();
        let backlog = (self.backlogs)(name)?;
        let outlet = Outlet { place, ..self.outlet.clone() };
        let stop = CancellationToken::new();
        let shown = name.split('?').next().unwrap_or(name).to_owned();
        self.outlet.stats.watch(&shown, &queue);
        let (stats, ending) = (self.outlet.stats.clone(), self.ending.clone());
        let part = Asked::new(shown.clone(), part, stats, ending);
        let worker = Worker::new(shown, part, waiting, outlet, backlog, stop.clone());
        let id = self.workers.spawn(worker.run()).id();
        self.stops.push((order, id, stop));
        Ok(queue)
    }

    /// A worker that ended although nobody told it to.
    pub async fn ended(&mut self) -> Option<Result<(), Stopped>> {
        match self.workers.join_next().await? {
            Ok(ended) => Some(ended),
            Err(crashed) => Some(Err(crashed.into())),
        }
    }

    /// Has every worker do what is left, one after the other.
    pub async fn close(&mut self) -> Result<(), Stopped> {
        self.stops.sort_by_key(|(order, ..)| *order);
        for (_, id, stop) in std::mem::take(&mut self.stops) {
            stop.cancel();
            while let Some(ended) = self.workers.join_next_with_id().await {
                let (of, ended) = ended?;
                ended?;
                if of == id {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Events go forwards only: from the portal to status, from there to alerts, from there to
/// callbacks. Whatever went round would never end.
fn allowed(rules: &Rules) -> Result<(), CarryError> {
    for (place, part) in rules.ways() {
        let forwards = match place {
            Place::Portal => true,
            Place::Status | Place::Metrics => part != PartName::Status,
            Place::Alerts => part == PartName::Callbacks,
        };
        if !forwards {
            return Err(CarryError::Refused(format!(
                "a rule of the place {place} sends to {}, from where events came: they would go round",
                part.name()
            )));
        }
    }
    Ok(())
}
