//! What the server knows: the estate as it was read last, and the gate on it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use groundrule_core::ports::{Lookup, Reservations};
use groundrule_engine::estate::Estate;
use groundrule_engine::gate::Gate;
use groundrule_lookup::hierarchy::Hierarchy;
use groundrule_questions::Settings;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::figures::Figures;
use crate::cli::Global;
use crate::commands::open::{self, Opened};
use crate::commands::{ask, run};
use crate::config::Config;
use crate::context::Context;
use crate::failure::Failure;
use crate::gates;

/// Everything that requests share.
pub struct State {
    pub config: Config,
    pub reservations: Arc<dyn Reservations>,
    pub questions: Settings,
    pub desk: Desk,
    pub figures: Figures,
    now: Now,
    current: RwLock<Arc<Current>>,
    /// Why the estate is not any more what it should be.
    trouble: RwLock<Option<String>>,
}

/// An estate as it was read, and what is judged on it.
pub struct Current {
    /// Grows with every reading.
    pub generation: u64,
    pub estate: Arc<Estate>,
    pub gate: Gate,
    /// The data that is looked up for nodes, if some is configured.
    pub data: Option<Arc<Hierarchy>>,
    /// Where the estate comes from.
    pub opened: Arc<Opened>,
}

/// The time: the real one, unless the command line says another.
#[derive(Clone, Copy)]
pub struct Now(Option<Timestamp>);

impl Now {
    pub fn get(self) -> Timestamp {
        self.0.unwrap_or_else(Timestamp::now)
    }
}

impl State {
    /// Reads the estate and the policies for the first time.
    pub async fn open(context: &Context, global: &Global, config: Config) -> Result<Self, Failure> {
        let variables: BTreeMap<_, _> = context.environment.clone();
        let place = gates::place(context, &config, None)?;
        let reservations = gates::reservations(&place, &variables).await;
        let now = Now(global.now.as_ref().map(|_| config.trust.now));
        let current = read(&config, now, 1, None).await?;
        let figures = Figures::default();
        figures.read(&current.estate, true);
        Ok(Self {
            questions: ask::settings(&config),
            desk: Desk::default(),
            current: RwLock::new(Arc::new(current)),
            trouble: RwLock::default(),
            figures,
            reservations,
            now,
            config,
        })
    }

    /// The estate as it was read last.
    pub fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why it cannot be relied on.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// Reads the estate and the policies anew as time goes by: what is too old today was not
    /// yesterday, even if no file changes.
    pub async fn watch(self: Arc<Self>, every: Duration, stop: CancellationToken) {
        let every = every.max(Duration::from_millis(100));
        while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            self.refresh().await;
        }
    }

    async fn refresh(&self) {
        let before = self.current();
        let looked = Arc::clone(&before.opened);
        let same = tokio::task::spawn_blocking(move || looked.is_current()).await.unwrap_or(false);
        // A server is asked anew: only it can tell whether it has changed.
        let kept = (same && self.config.is_directory()).then(|| Arc::clone(&before.opened));
        let read = read(&self.config, self.now, before.generation + 1, kept).await;
        let trouble = match read {
            Ok(current) => {
                self.figures.read(&current.estate, !same);
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(current);
                None
            }
            Err(failure) => Some(failure.line()),
        };
        if let Some(why) = &trouble {
            tracing::warn!(%why, "the estate or the policies could not be read anew");
        }
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

async fn read(
    config: &Config,
    now: Now,
    generation: u64,
    kept: Option<Arc<Opened>>,
) -> Result<Current, Failure> {
    let policies = gates::policies(&config.features)?;
    let waivers = run::waivers(config.waivers.as_deref())?;
    let opened = match kept {
        Some(kept) => kept,
        None => Arc::new(open::stores(config).await?),
    };
    let mut trust = config.trust.clone();
    trust.now = now.get();
    let data = open::hierarchy(config)?;
    let mut sources = opened.sources.clone();
    sources.lookup = data.clone().map(|data| data as Arc<dyn Lookup>);
    let estate = Arc::new(Estate::open(sources, trust).await);
    let gate = Gate::new(Arc::clone(&estate), policies, waivers);
    gate.warm().await;
    Ok(Current { generation, estate, gate, data, opened })
}
