//! `groundrule pipeline`: takes events in, keeps them, and makes status, metrics, alerts and
//! actions of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::delivery::{Backlog, CarryError};
use groundrule_pipeline::actions::{Ledger, Means};
use groundrule_pipeline::alerts::{AlertState, AlertsPart, AlertsSetup, NotifierSetting};
use groundrule_pipeline::archive::{self, ArchiveError, Limits};
use groundrule_pipeline::callbacks::CallbacksPart;
use groundrule_pipeline::flow::{self, Connect, Role, Setup, Stopped, Valid};
use groundrule_pipeline::metrics::{Address, GraphitePart, Mapping};
use groundrule_pipeline::part::{Clock, Part, PartError};
use groundrule_pipeline::routes::{PartName, Reloader, Rules};
use groundrule_pipeline::status::{self, StatusPart, StatusStore};
use groundrule_transport::{Settings, sink, source};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Ended, open};
use crate::causes;
use crate::cli::{Global, PipelineArgs};
use crate::config::{Config, pipeline};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outgoing;

/// How often the pipeline tells figures of itself, unless the configuration says otherwise.
const STATS: Duration = Duration::from_secs(60);

/// Runs the pipeline until its sources end, or until it is told to stop.
pub fn run(context: &Context, global: &Global, options: PipelineArgs) -> Result<Ended, Failure> {
    let mut config = Config::load(context, global)?;
    options.lay_over(&mut config.pipeline);
    let runtime = open::runtime()?;
    log(context);
    let notifiers = std::mem::take(&mut config.notifiers);
    runtime.block_on(async {
        let building = Building::new(context, &config)?;
        let setup = building.setup(notifiers).await?;
        let stop = stopping()?;
        let summary = flow::run(setup, stop).await.map_err(|stopped| stopped_early(&stopped))?;
        tracing::info!(received = summary.received, dead_letters = summary.dead, "done");
        Ok(Exit::Held.into())
    })
}

fn stopped_early(stopped: &Stopped) -> Failure {
    let help = match stopped {
        Stopped::Late(_) => "what was not acknowledged comes again; see that the destination works",
        Stopped::Archive(_) => "name another archive, or mend this one",
        Stopped::Source(_) | Stopped::Undelivered(_) => "docs/pipeline.md describes every part",
    };
    Failure::new(format!("the pipeline stopped: {stopped}"), help)
}

/// Comes true with the first SIGTERM or SIGINT.
fn stopping() -> Result<CancellationToken, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        let stop = stop.clone();
        tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

/// What a pipeline is built from.
struct Building<'c> {
    context: &'c Context,
    config: &'c Config,
    options: &'c pipeline::Pipeline,
    settings: Settings,
    roles: Roles,
    clock: Clock,
    state: Option<PathBuf>,
}

/// The roles of this process.
struct Roles {
    wanted: BTreeSet<String>,
    /// Whether parts are named, or just all meant that can work.
    named: bool,
}

/// The names of all roles.
const ROLES: [&str; 6] = ["portal", "router", "status", "metrics", "alerts", "callbacks"];

impl Roles {
    fn read(words: &[String]) -> Result<Self, Failure> {
        let mut wanted = BTreeSet::new();
        let mut named = !words.is_empty();
        for word in words.iter().flat_map(|word| word.split(',')).map(str::trim) {
            match word {
                "all" => named = false,
                role if ROLES.contains(&role) => {
                    wanted.insert(role.to_owned());
                }
                other => {
                    let help = format!("choose among {}, all", ROLES.join(", "));
                    return Err(Failure::new(format!("there is no role {other:?}"), help));
                }
            }
        }
        if !named {
            wanted = ROLES.iter().map(|role| (*role).to_owned()).collect();
        }
        Ok(Self { wanted, named })
    }

    fn has(&self, role: &str) -> bool {
        self.wanted.contains(role)
    }

    /// What sources are for.
    fn entrance(&self) -> Result<Role, Failure> {
        let parts: Vec<_> =
            PartName::ALL.into_iter().filter(|part| self.has(part.name())).collect();
        match (self.has("portal"), self.has("router"), &*parts) {
            (true, routes, _) => Ok(Role::Portal { routes }),
            (false, true, _) => Ok(Role::Router),
            (false, false, [part]) => Ok(Role::Part(*part)),
            _ => Err(Failure::new(
                "several parts without portal or router cannot share a queue",
                "run one process for each of them, with a queue of its own",
            )),
        }
    }
}

impl<'c> Building<'c> {
    fn new(context: &'c Context, config: &'c Config) -> Result<Self, Failure> {
        let options = &config.pipeline;
        let mut settings = outgoing::settings(context, config)?;
        for url in &options.from {
            // Addresses without a host mean the broker that events come from.
            if let Ok(endpoint) = groundrule_transport::Endpoint::parse(url)
                && !endpoint.hosts.is_empty()
            {
                settings.brokers.push(endpoint);
            }
        }
        let roles = Roles::read(&options.roles)?;
        let clock = clock();
        let state = outgoing::directory(context, config).ok();
        Ok(Self { context, config, options, settings, roles, clock, state })
    }

    async fn setup(&self, notifiers: Vec<NotifierSetting>) -> Result<Setup, Failure> {
        let role = self.roles.entrance()?;
        if self.options.from.is_empty() {
            let help =
                "name where events come from: --from stomp://host/queue/events, --from stdin:";
            return Err(Failure::new("nothing comes in", help));
        }
        let valid = self.valid();
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
            host: host(),
            clock: self.clock.clone(),
            max_message: self.settings.max_message,
            stats_every: match &self.options.stats {
                Some(text) => pipeline::duration("pipeline.stats", text)?,
                None => STATS,
            },
            listen: self.listen().await?,
        })
    }

    fn sources(
        &self,
    ) -> Result<Vec<(String, Box<dyn groundrule_core::delivery::Source>)>, Failure> {
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

    /// Finds out what is wrong with an address, without connecting.
    fn valid(&self) -> Valid {
        let settings = self.settings.clone();
        Arc::new(move |url| sink(url, &settings).map(drop).map_err(|error| error.to_string()))
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
        Arc::new(move |name| {
            let Some(directory) = &directory else {
                return Ok(None);
            };
            let spool = outgoing::slot(directory, name)
                .map_err(|failure| CarryError::Refused(failure.line()))?;
            Ok(Some(Box::new(spool) as Box<dyn Backlog>))
        })
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
        Ok(GraphitePart::new(address, mapping, self.clock.clone()))
    }

    async fn alerts(
        &self,
        store: Arc<dyn StatusStore>,
        notifiers: Vec<NotifierSetting>,
    ) -> Result<AlertsPart, Failure> {
        let state = match (&self.config.alerts.state, &self.state) {
            (Some(file), _) => Some(file.clone()),
            (None, Some(state)) => Some(state.join("alerts.sqlite")),
            (None, None) => None,
        };
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
        let ledger = match &self.state {
            Some(state) => Ledger::open(&made(&state.join("callbacks.sqlite"))?)
                .map_err(|error| wrong_part("callbacks", &error))?,
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

/// Has the pipeline say on standard error what it does.
fn log(context: &Context) {
    let filter = context.variable("GROUNDRULE_LOG").unwrap_or("warn,groundrule=info");
    let filter = tracing_subscriber::EnvFilter::builder().parse_lossy(filter);
    let color = context.color(crate::context::Color::Auto, context.stderr_is_terminal);
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(color);
    // Only the first one counts, and there is but one.
    let _ = logging.with_writer(std::io::stderr).with_target(false).try_init();
}

/// The rules of a directory.
pub fn rules(
    directory: &Path,
    valid: &dyn Fn(&str) -> Result<(), String>,
) -> Result<Rules, Failure> {
    Rules::load(directory, valid).map_err(|faults| {
        let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
        Failure::Faults(
            faults
                .into_iter()
                .map(|fault| groundrule_engine::policy::Fault {
                    file: fault.file.display().to_string(),
                    line: number(fault.line),
                    column: number(fault.column),
                    width: 0,
                    what: fault.what,
                    help: fault.help,
                })
                .collect(),
        )
    })
}

/// An archive that cannot be used.
pub fn no_archive(error: &ArchiveError) -> Failure {
    Failure::new(format!("the archive cannot be used: {error}"), "write sqlite:FILE or mongodb://…")
}

/// A status store that cannot be used.
pub fn no_status(error: &status::StatusError) -> Failure {
    Failure::new(format!("the status cannot be used: {error}"), "write sqlite:FILE")
}

/// The time.
#[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit")]
pub fn clock() -> Clock {
    Arc::new(|| jiff::Timestamp::now().as_microsecond() as f64 / 1e6)
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

/// The name of this host.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_lowercase())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

impl PipelineArgs {
    /// Lays what the command line says over the configuration.
    fn lay_over(self, under: &mut pipeline::Pipeline) {
        let lists: [(Vec<String>, &mut Vec<String>); 2] =
            [(self.from, &mut under.from), (self.role, &mut under.roles)];
        for (over, under) in lists {
            if !over.is_empty() {
                *under = over;
            }
        }
        under.archive = self.archive.or(under.archive.take());
        under.status = self.status.or(under.status.take());
        under.routes = self.routes.or(under.routes.take());
        under.dead_letters = self.dead_letters.or(under.dead_letters.take());
        under.listen = self.listen.or(under.listen.take());
        let queues: BTreeMap<_, _> = self.queue.into_iter().collect();
        under.queues.extend(queues);
    }
}
