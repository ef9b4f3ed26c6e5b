//! The pipeline at work: sources, the portal, the archive, the routes, and a worker before every
//! destination.
//!
//! What comes in is acknowledged after the archive has it and every destination has it, or has it
//! safe on disk. Every queue is bounded: what cannot go on waits at its source.

mod asked;
mod http;
mod ids;
mod intake;
mod letter;
mod outlet;
mod portal;
mod queue;
mod sending;
mod stats;
mod table;
mod watch;
mod worker;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use groundrule_core::delivery::{Backlog, CarryError, Message, Sink, Source};
use groundrule_core::event::Event;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::archive::Archive;
use crate::part::{Clock, Part};
use crate::routes::{PartName, Place, Reloader, Rules};

use intake::{Entrance, Intake};
pub use letter::Refused;
use outlet::Outlet;
pub use outlet::Stopped;
use portal::Portal;
use stats::Stats;
use table::Destinations;
use watch::Watch;

/// How long everything that is under way may take when the pipeline is told to stop: what was taken
/// in, and then what destinations have still to do, unless a part asks for more.
const FAREWELL: Duration = Duration::from_secs(10);

/// Makes a sink of an address.
pub type Connect = Arc<dyn Fn(&str) -> Result<Box<dyn Sink>, CarryError> + Send + Sync>;

/// Makes the place on disk where events wait for a destination of this name, if there is one.
pub type Backlogs = Arc<dyn Fn(&str) -> Result<Option<Box<dyn Backlog>>, CarryError> + Send + Sync>;

/// Says what is wrong with an address.
pub type Valid = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// Where events come from, with what each is called in the log.
pub type Sources = Vec<(String, Box<dyn Source>)>;

/// What sources are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Messages from anywhere: they are checked, archived, and routed.
    Portal {
        /// Whether they are routed here, or handed on to a router elsewhere.
        routes: bool,
    },
    /// Events that a portal archived: they are routed.
    Router,
    /// Events that a router sent to a part.
    Part(PartName),
}

/// What a pipeline is made of.
pub struct Setup {
    /// What comes in, and from where.
    pub sources: Sources,
    /// What sources are for.
    pub role: Role,
    /// Where every event is kept.
    pub archive: Option<Arc<dyn Archive>>,
    /// What decides where events go.
    pub rules: Rules,
    /// Tells when the rules are to be read again.
    pub reloader: Option<Reloader>,
    /// The parts that work here.
    pub parts: Vec<(PartName, Box<dyn Part>)>,
    /// The addresses of parts that work elsewhere, and of a router elsewhere.
    pub elsewhere: BTreeMap<String, String>,
    /// Where messages go that are no events, and events that a destination refuses for good,
    /// instead of into the archive.
    pub dead_letters: Option<String>,
    /// Makes sinks.
    pub connect: Connect,
    /// Says what is wrong with an address.
    pub valid: Valid,
    /// Where events wait for what is away.
    pub backlogs: Backlogs,
    /// The name of this host.
    pub host: String,
    /// The time.
    pub clock: Clock,
    /// The most bytes that a message may have.
    pub max_message: usize,
    /// How often it tells figures of itself; never if it is none.
    pub stats_every: Duration,
    /// Where `/healthz` and `/metrics` are served, and the token that they demand.
    pub listen: Option<(TcpListener, Option<String>)>,
}

/// What a pipeline did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Messages that came in.
    pub received: u64,
    /// How many dead letters there were.
    pub dead: u64,
}

/// Runs until every source has ended, or until it is told to stop; then everything is delivered
/// that was taken.
///
/// # Errors
/// When it cannot go on, or not everything could be delivered in time. What was not acknowledged
/// comes again where its source can do that.
pub async fn run(setup: Setup, stop: CancellationToken) -> Result<Summary, Stopped> {
    let stats = Stats::default();
    let portal = Arc::new(Portal::new(setup.clock.clone(), setup.host.clone(), setup.max_message));
    let mut outlet = Outlet {
        place: Some(Place::Portal),
        table: Arc::new(RwLock::new(Arc::default())),
        portal,
        archive: setup.archive,
        dead: None,
        stats: stats.clone(),
    };
    let mut destinations = Destinations::new(
        outlet.clone(),
        setup.connect.clone(),
        setup.backlogs.clone(),
        setup.elsewhere.clone(),
        stop.clone(),
    );
    if let Some(url) = &setup.dead_letters {
        outlet.dead = Some(destinations.dead_letters(url)?);
    }
    // Parts end one after the other.
    let longer = setup.parts.iter().map(|(_, part)| part.patience().saturating_sub(FAREWELL));
    let patience = longer.fold(FAREWELL, |sum, longer| sum + longer);
    for (name, part) in setup.parts {
        destinations.part(name, part)?;
    }
    destinations.adopt(setup.rules)?;
    let entrance = match setup.role {
        Role::Portal { routes: true } => Entrance::Portal { to: None },
        Role::Portal { routes: false } => {
            Entrance::Portal { to: Some(destinations.elsewhere("router")?) }
        }
        Role::Router => Entrance::Router,
        Role::Part(part) => Entrance::Part(destinations.required(part)?),
    };
    let mut intakes = JoinSet::new();
    for (name, source) in setup.sources {
        stats.source(&name, source.health());
        let intake = Intake {
            name,
            source,
            entrance: entrance.clone(),
            outlet: outlet.clone(),
            stop: stop.clone(),
            asks: "the source",
        };
        intakes.spawn(intake.run());
    }
    let done = CancellationToken::new();
    let _done = done.clone().drop_guard();
    if let Some((listener, token)) = setup.listen {
        tokio::spawn(http::serve(listener, token, stats.clone(), done.clone()));
    }
    let watch = Watch {
        outlet: outlet.clone(),
        reloader: setup.reloader,
        valid: setup.valid,
        host: setup.host,
        clock: setup.clock,
        stats_every: setup.stats_every,
    };
    let ended = watch.over(&mut intakes, &mut destinations).await;
    if ended.is_err() {
        stop.cancel();
    }
    let closed = tokio::select! {
        closed = destinations.close() => closed,
        () = overdue(&stop, patience) => Err(Stopped::Late("a destination does not answer".to_owned())),
    };
    ended?;
    closed?;
    let (received, dead) = stats.counts();
    Ok(Summary { received, dead })
}

/// Comes true when there is no time left since it was told to stop. Where sources ended by
/// themselves, everything gets the time that it takes.
async fn overdue(stop: &CancellationToken, patience: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(patience).await;
}

/// The message of an event.
fn message(event: &Event) -> Message {
    Message::new(event.raw().clone())
}
