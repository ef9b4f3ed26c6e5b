//! Puts a pipeline together from what is configured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::delivery::{Backlog, CarryError};
use groundrule_pipeline::actions::{Ledger, Means};
use groundrule_pipeline::alerts::{AlertState, AlertsPart, AlertsSetup, NotifierSetting};
use groundrule_pipeline::archive::{self, Limits};
use groundrule_pipeline::callbacks::CallbacksPart;
use groundrule_pipeline::flow::{self, Connect, Role, Setup, Sources, Valid};
use groundrule_pipeline::metrics::{Address, Counters, GraphitePart, Mapping};
use groundrule_pipeline::part::{Clock, Part, PartError};
use groundrule_pipeline::routes::{PartName, Reloader, Rules};
use groundrule_pipeline::status::{self, StatusPart, StatusStore};
use groundrule_transport::{Endpoint, Settings, endpoint, sink, source};
use tokio::net::TcpListener;

use super::roles::Roles;
use super::{clock, no_archive, no_status, rules};
use crate::causes;
use crate::config::{Config, pipeline};
use crate::context::Context;
use crate::failure::Failure;
use crate::outgoing;

/// How much larger than `max_message` an event may be that a portal has let in: by its identity and
/// time, by what rules set, and an alert by the row before.
const GROWN: usize = 1 << 20;

/// How often the pipeline tells figures of itself, unless the configuration says otherwise.
const STATS: Duration = Duration::from_secs(60);

/// What a pipeline is built from.
pub struct Building<'c> {
    context: &'c Context,
    config: &'c Config,
    options: &'c pipeline::Pipeline,
    settings: Settings,
    roles: Roles,
    clock: Clock,
    state: Option<PathBuf>,
}

impl<'c> Building<'c> {
    /// Reads what is configured.
    pub fn new(context: &'c Context, config: &'c Config) -> Result<Self, Failure> {
        let options = &config.pipeline;
        let mut settings = outgoing::settings(context, config)?;
        for url in &options.from {
            // Addresses without a host mean the broker that events come from.
            if let Ok(endpoint) = Endpoint::parse(url)
                && !endpoint.hosts.is_empty()
            {
                settings.brokers.push(endpoint);
            }
        }
        let roles = Roles::read(&options.roles)?;
        if !matches!(roles.entrance()?, Role::Portal { .. }) {
            settings.max_message = settings.max_message.saturating_add(GROWN);
        }
        let clock = clock();
        let state = outgoing::directory(context, config).ok();
        Ok(Self { context, config, options, settings, roles, clock, state })
    }

    /// Opens everything that the pipeline needs.
    pub async fn setup(&self, notifiers: Vec<NotifierSetting>) -> Result<Setup, Failure> {
        let role = self.roles.entrance()?;
        if self.options.from.is_empty() {
            let help =
                "name where events come from: --from stomp://host/queue/events, --from stdin:";
            return Err(Failure::new("nothing comes in", help));
        }
        let valid = self.valid();
        // All processes may have one configuration: one of the queues is where this one takes from.
        let own = match role {
            Role::Portal { .. } => "",
            Role::Router => "router",
            Role::Part(part) => part.name(),
        };
        for (name, url) in self.options.queues.iter().filter(|(name, _)| *name != own) {
            valid(url).map_err(|why| {
                let help = "name the queue from which that process takes events";
                Failure::new(format!("pipeline.queues.{name}: {why}"), help)
            })?;
        }
        let reloader = self.options.routes.as_deref().map(Reloader::new);
        let rules = self.rules(&*valid)?;
        let connect = self.connect();
        let archive = match &self.options.archive {
            Some(url) => Some(
                archive::open(url, self.limits()?, self.clock.clone(), &self.settings.variables)
                    .await
                    .map_err(|error| no_archive(&error))?,
            ),
            None => None,
        };
        let dead_letters = match (&self.options.dead_letters, &archive, &self.state) {
            (Some(url), ..) => Some(url.clone()),
            (None, Some(_), _) => None,
            (None, None, Some(state)) => {
                Some(format!("file:{}", state.join("dead-letters.ndjson").display()))
            }
            (None, None, None) => {
                let what = "there is no place for messages that are no events";
                return Err(Failure::new(what, "name one with --dead-letters URL, or --archive"));
            }
        };
        let parts = self.parts(notifiers).await?;
        let sources = self.sources()?;
        Ok(Setup {
            sources,
            role,
            archive,
            rules,
            reloader,
            parts,
            elsewhere: self.options.queues.clone(),
            dead_letters,
            connect,
            valid,
            backlogs: self.backlogs(),
            host: outgoing::host(),
            clock: self.clock.clone(),
            max_message: self.settings.max_message,
            stats_every: match &self.options.stats {
                Some(text) => pipeline::duration("pipeline.stats", text)?,
                None => STATS,
            },
            listen: self.listen().await?,
        })
    }

    fn sources(&self) -> Result<Sources, Failure> {
        let open = |url: &String| {
            let source = source(url, &self.settings).map_err(outgoing::wrong_address)?;
            let shown = url.split('?').next().unwrap_or(url).to_owned();
            Ok((shown, source))
        };
        self.options.from.iter().map(open).collect()
    }

    fn connect(&self) -> Connect {
        let settings = self.settings.clone();
        Arc::new(move |url| sink(url, &settings))
    }

    /// Finds out what is wrong with an address that events go to, without connecting.
    fn valid(&self) -> Valid {
        let settings = self.settings.clone();
        let from = self.options.from.iter().filter_map(|url| endpoint(url, &settings).ok());
        let from: Vec<_> = from.collect();
        Arc::new(move |url| {
            let told = |error: CarryError| error.to_string();
            sink(url, &settings).map(drop).map_err(told)?;
            let to = endpoint(url, &settings).map_err(told)?;
            match from.iter().any(|from| to.is_same_place(from)) {
                true => Err(format!("{url} is where events come from: they would go round")),
                false => Ok(()),
            }
        })
    }

    fn rules(&self, valid: &dyn Fn(&str) -> Result<(), String>) -> Result<Rules, Failure> {
        match &self.options.routes {
            None => Ok(Rules::defaults()),
            Some(directory) => rules(directory, valid),
        }
    }

    fn limits(&self) -> Result<Limits, Failure> {
        let bytes = self.options.archive_bytes.as_deref();
        let age = self.options.archive_age.as_deref();
        Ok(Limits {
            bytes: bytes.map(|t| pipeline::bytes("pipeline.archive_bytes", t)).transpose()?,
            age: age.map(|t| pipeline::duration("pipeline.archive_age", t)).transpose()?,
        })
    }

    /// Where events wait for what is away: none where there is no place for state.
    fn backlogs(&self) -> flow::Backlogs {
        let directory = self.options.spool.clone().or_else(|| self.state.clone());
        let parts: BTreeMap<_, _> =
            PartName::ALL.into_iter().map(|part| (part.name(), self.identity(part))).collect();
        Arc::new(move |name| {
            let Some(directory) = &directory else {
                return Ok(None);
            };
            let key = parts.get(name).cloned().unwrap_or_else(|| outgoing::from_the_root(name));
            let slots = outgoing::slots(directory, &key)
                .map_err(|failure| CarryError::Refused(failure.line()))?;
            Ok(Some(Box::new(slots) as Box<dyn Backlog>))
        })
    }

    /// What tells a part from the same part of another pipeline of this user.
    fn identity(&self, part: PartName) -> String {
        let of = match part {
            PartName::Status | PartName::Alerts => {
                outgoing::from_the_root(self.options.status.as_deref().unwrap_or_default())
            }
            PartName::Metrics => self.config.graphite.as_ref().map_or("", |g| &g.to).to_owned(),
            PartName::Callbacks => {
                let routes = self.options.routes.as_deref().map(outgoing::absolute);
                routes.unwrap_or_default().display().to_string()
            }
        };
        format!("{} of {of}", part.name())
    }

    /// The file in which a part remembers what it did.
    fn remembered(&self, part: PartName) -> Option<PathBuf> {
        let name = format!("{}.sqlite", outgoing::slug(&self.identity(part)));
        Some(self.state.as_ref()?.join(part.name()).join(name))
    }

    /// The parts that work in this process.
    async fn parts(
        &self,
        notifiers: Vec<NotifierSetting>,
    ) -> Result<Vec<(PartName, Box<dyn Part>)>, Failure> {
        let mut parts: Vec<(PartName, Box<dyn Part>)> = Vec::new();
        let store = match &self.options.status {
            Some(url) => Some(
                status::open(url, &self.settings.variables)
                    .await
                    .map_err(|error| no_status(&error))?,
            ),
            None => None,
        };
        if self.wants(PartName::Status, store.is_some(), "--status URL")?
            && let Some(store) = &store
        {
            let part = StatusPart::new(Arc::clone(store), self.clock.clone());
            parts.push((PartName::Status, Box::new(part)));
        }
        if self.wants(PartName::Metrics, self.config.graphite.is_some(), "[graphite] to")?
            && let Some(graphite) = &self.config.graphite
        {
            parts.push((PartName::Metrics, Box::new(self.graphite(graphite)?)));
        }
        if self.wants(PartName::Alerts, store.is_some(), "--status URL")?
            && let Some(store) = store
        {
            parts.push((PartName::Alerts, Box::new(self.alerts(store, notifiers).await?)));
        }
        let callbacks = self.options.routes.as_ref().filter(|d| d.join("callbacks").is_dir());
        if self.wants(PartName::Callbacks, callbacks.is_some(), "--routes DIR with callbacks/")?
            && let Some(directory) = callbacks
        {
            parts.push((PartName::Callbacks, Box::new(self.callbacks(directory).await?)));
        }
        Ok(parts)
    }

    /// Whether a part works here; one that is named must have what it needs.
    fn wants(&self, part: PartName, can: bool, needs: &str) -> Result<bool, Failure> {
        let wanted = self.roles.has(part.name());
        if wanted && self.roles.named && !can {
            let what = format!("the role {} cannot work: it needs {needs}", part.name());
            return Err(Failure::new(what, "docs/pipeline.md describes every part"));
        }
        Ok(wanted && can)
    }

    fn graphite(&self, graphite: &pipeline::Graphite) -> Result<GraphitePart, Failure> {
        let wrong = |what: String| Failure::new(what, "docs/pipeline.md describes [graphite]");
        let address = Address::parse(&graphite.to).map_err(|error| wrong(error.to_string()))?;
        let mapping = match &graphite.template {
            Some(template) => Mapping::parse(template).map_err(|error| wrong(error.to_string()))?,
            None => Mapping::default(),
        };
        let counters = match self.remembered(PartName::Metrics) {
            Some(file) => Counters::open(&made(&file)?),
            None => Counters::memory(),
        };
        let counters = counters.map_err(|error| wrong_part("metrics", &error))?;
        Ok(GraphitePart::new(address, mapping, counters, self.clock.clone()))
    }

    async fn alerts(
        &self,
        store: Arc<dyn StatusStore>,
        notifiers: Vec<NotifierSetting>,
    ) -> Result<AlertsPart, Failure> {
        let state = self.config.alerts.state.clone();
        let state = state.or_else(|| self.remembered(PartName::Alerts));
        let state = match state {
            Some(file) => AlertState::open(&made(&file)?).map_err(|e| wrong_part("alerts", &e))?,
            None => AlertState::memory(),
        };
        let causes = causes::of(self.config).await;
        AlertsPart::open(AlertsSetup {
            rules: self.config.alerts.rules()?,
            notifiers,
            means: self.means(),
            store,
            causes,
            state,
            clock: self.clock.clone(),
        })
        .await
        .map_err(|error: PartError| wrong_part("alerts", &error))
    }

    async fn callbacks(&self, directory: &Path) -> Result<CallbacksPart, Failure> {
        let ledger = match self.remembered(PartName::Callbacks) {
            Some(file) => {
                Ledger::open(&made(&file)?).map_err(|error| wrong_part("callbacks", &error))?
            }
            None => Ledger::memory(),
        };
        CallbacksPart::open(directory, self.means(), ledger, self.clock.clone())
            .await
            .map_err(|error| wrong_part("callbacks", &error))
    }

    fn means(&self) -> Means {
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("groundrule"));
        let kept = ["PATH", "HOME", "LANG"];
        let environment = kept
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), self.context.variable(name)?.to_owned())));
        Means {
            sinks: self.connect(),
            features: vec![program.display().to_string(), "run".to_owned()],
            environment: environment.collect(),
        }
    }

    async fn listen(&self) -> Result<Option<(TcpListener, Option<String>)>, Failure> {
        let Some(address) = &self.options.listen else {
            return Ok(None);
        };
        let refused = |what: String| {
            Failure::new(format!("cannot listen on {address}: {what}"), "write 127.0.0.1:9180")
        };
        let token = match &self.options.token_file {
            Some(file) => Some(
                std::fs::read_to_string(file)
                    .map_err(|error| refused(format!("{}: {error}", file.display())))?
                    .trim()
                    .to_owned(),
            ),
            None => None,
        };
        let listener =
            TcpListener::bind(address).await.map_err(|error| refused(error.to_string()))?;
        let local = listener.local_addr().map_err(|error| refused(error.to_string()))?;
        if !local.ip().is_loopback() && token.as_deref().is_none_or(str::is_empty) {
            let what = format!("{address} is not loopback, and no token is demanded there");
            return Err(Failure::new(what, "set pipeline.token_file, or listen on 127.0.0.1"));
        }
        Ok(Some((listener, token)))
    }
}

fn wrong_part(part: &str, error: &impl std::fmt::Display) -> Failure {
    Failure::new(format!("{part} cannot work: {error}"), "docs/pipeline.md describes every part")
}

/// A file whose folder is there.
fn made(file: &Path) -> Result<PathBuf, Failure> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    Ok(file.to_owned())
}
