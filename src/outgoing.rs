//! Events on their way out of a run: onto the disk first, then to where they go.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use groundrule_core::delivery::{Backlog as _, CarryError, Message};
use groundrule_engine::event::Event as Told;
use groundrule_engine::policy::{PathSpec, Plan};
use groundrule_report::{Memory, Translator, Violating};
use groundrule_transport::spool::{Spool, SpoolError};
use groundrule_transport::{SCHEMES, Settings, sink};
use tokio::time::{Instant, timeout_at};

use crate::config::{Config, pipeline};
use crate::context::Context;
use crate::failure::Failure;
use crate::remembered::Remembered;

/// How many bytes may wait for one destination.
const SPOOL_BYTES: u64 = 1 << 30;

/// How many runs at a time may have events for one destination.
const SLOTS: u32 = 64;

/// How many events are sent at once.
const AT_ONCE: usize = 512;

/// How long a run tries to send, unless the configuration says otherwise.
const WAIT: Duration = Duration::from_secs(10);

/// What a run tells monitoring.
pub struct Outgoing {
    translator: Translator,
    remembered: Remembered,
    /// The policies of which this run finds out what violates them.
    found: BTreeSet<String>,
    /// What there is to tell at the end.
    notes: Vec<String>,
    boxes: Vec<Outbox>,
    wait: Duration,
    settings: Settings,
}

/// The events of a run for one destination.
struct Outbox {
    url: String,
    /// None where the disk gives no place for it.
    spool: Option<Spool>,
    /// Events that the disk did not take, and why.
    held: Vec<Message>,
    trouble: Option<String>,
}

/// What the connections of this process have in common.
pub fn settings(context: &Context, config: &Config) -> Result<Settings, Failure> {
    let mut brokers = Vec::new();
    for broker in &config.pipeline.brokers {
        brokers.push(groundrule_transport::Endpoint::parse(broker).map_err(wrong_address)?);
    }
    let variables = context.environment.clone();
    let mut settings = Settings { variables, brokers, ..Settings::default() };
    if let Some(max) = config.pipeline.max_message {
        settings.max_message = max;
    }
    Ok(settings)
}

/// An address that cannot be used.
#[expect(clippy::needless_pass_by_value, reason = "stands where errors are mapped")]
pub fn wrong_address(error: CarryError) -> Failure {
    Failure::new(error.to_string(), "docs/events.md lists the kinds of address")
}

/// The directory in which state is kept.
pub fn directory(context: &Context, config: &Config) -> Result<PathBuf, Failure> {
    config.events.directory.clone().or_else(|| context.state()).ok_or_else(|| {
        Failure::new(
            "there is no place for what waits and is remembered: HOME is not set",
            "set events.directory in groundrule.toml",
        )
    })
}

impl Outgoing {
    /// Prepares to send the events of a run on an estate, and checks every address. What is wrong
    /// with the disk is told at the end: the verdict does not depend on it.
    pub fn open(
        context: &Context,
        config: &Config,
        urls: &[String],
        scope: (&[PathSpec], &Plan),
    ) -> Result<(Self, Violating), Failure> {
        let directory = directory(context, config)?;
        let settings = settings(context, config)?;
        let urls: Vec<_> = urls.iter().map(|url| from_the_root(url)).collect();
        for url in &urls {
            sink(url, &settings).map_err(wrong_address)?;
        }
        let estate = match config.is_directory() {
            true => absolute(&config.estate).display().to_string(),
            false => config.shown(),
        };
        let key = format!("{estate}\n{}", urls.join("\n"));
        let file = directory.join("violating").join(format!("{}.json", slug(&key)));
        let remembered = Remembered::new(file);
        let (memory, unread) = remembered.read();
        let gone = gone(&memory, scope);
        let found = gone.iter().cloned().collect();
        let violating = Violating { memory, gone };
        let boxes = urls.into_iter().map(|url| Outbox::open(&directory, url)).collect();
        let wait = match &config.events.wait {
            Some(text) => pipeline::duration("events.wait", text)?,
            None => WAIT,
        };
        let translator = Translator::new(violating.clone(), env!("CARGO_PKG_VERSION"));
        let notes = unread.into_iter().collect();
        Ok((Self { translator, remembered, found, notes, boxes, wait, settings }, violating))
    }

    /// Takes down what a run tells.
    pub fn tell(&mut self, told: &Told) {
        let events = self.translator.tell(told);
        let messages: Vec<_> =
            events.iter().map(|event| Message::new(event.raw().clone())).collect();
        if let Told::Judged(judged) = told {
            self.found.insert(judged.policy.id.clone());
        }
        for outbox in self.boxes.iter_mut().filter(|_| !messages.is_empty()) {
            outbox.put(&messages);
        }
    }

    /// Remembers what is violating, sends what can be sent, and says what could not.
    pub async fn close(mut self) -> Vec<String> {
        let mut notes = self.notes;
        if let Err(error) = self.remembered.write(self.translator.memory(), &self.found) {
            notes.push(format!(
                "what is violating cannot be remembered in {}: {error}; the next run does not know of it",
                self.remembered.place()
            ));
        }
        let deadline = Instant::now() + self.wait;
        for outbox in &mut self.boxes {
            let sent = outbox.send(&self.settings, deadline).await;
            notes.extend(outbox.notes(sent));
        }
        notes
    }
}

impl Outbox {
    fn open(directory: &Path, url: String) -> Self {
        let (spool, trouble) = match slot(directory, &url) {
            Ok(spool) => (Some(spool), None),
            Err(failure) => (None, Some(failure.line())),
        };
        Self { url, spool, held: Vec::new(), trouble }
    }

    /// Puts events onto the disk; what it does not take is held, and all that comes after it.
    fn put(&mut self, messages: &[Message]) {
        if let Some(spool) = self.spool.as_mut().filter(|_| self.held.is_empty()) {
            match spool.append(messages) {
                Ok(()) => return,
                Err(error) => self.trouble = Some(error.to_string()),
            }
        }
        self.held.extend_from_slice(messages);
    }

    async fn send(&mut self, settings: &Settings, deadline: Instant) -> Result<(), CarryError> {
        if let Some(spool) = &mut self.spool {
            drain(&self.url, spool, settings, deadline).await?;
        }
        if !self.held.is_empty() {
            let mut sink = sink(&self.url, settings)?;
            in_time(sink.send(&self.held), deadline).await?;
            self.held.clear();
        }
        Ok(())
    }

    /// What there is to tell when sending has ended.
    fn notes(&self, sent: Result<(), CarryError>) -> Vec<String> {
        let to = shown(&self.url);
        let trouble = self.trouble.as_deref().unwrap_or_default();
        let why = match sent {
            Ok(()) if trouble.is_empty() => return Vec::new(),
            Ok(()) => return vec![format!("the events for {to} were not kept on disk: {trouble}")],
            Err(why) => why,
        };
        let mut notes = Vec::new();
        let waiting = self.spool.as_ref().map_or(0, Spool::waiting);
        if waiting > 0 {
            notes.push(format!(
                "{waiting} events for {to} wait on disk: {why}; send them with `groundrule spool send`"
            ));
        }
        if !self.held.is_empty() {
            let lost = self.held.len();
            notes.push(format!(
                "{lost} events for {to} are lost, since the disk did not take them: {trouble}; nor could they be sent: {why}"
            ));
        }
        notes
    }
}

/// Sends what waits, in order, until the deadline; says how much it sent.
pub async fn drain(
    url: &str,
    spool: &mut Spool,
    settings: &Settings,
    deadline: Instant,
) -> Result<usize, CarryError> {
    let mut sent = 0;
    if spool.waiting() == 0 {
        return Ok(sent);
    }
    let mut sink = sink(url, settings)?;
    while spool.waiting() > 0 {
        let messages = spool.first(AT_ONCE)?;
        in_time(sink.send(&messages), deadline).await?;
        spool.forget(messages.len())?;
        sent += messages.len();
    }
    Ok(sent)
}

async fn in_time(
    sending: impl Future<Output = Result<(), CarryError>>,
    deadline: Instant,
) -> Result<(), CarryError> {
    let late = || CarryError::Away("no answer in time".to_owned());
    timeout_at(deadline, sending).await.unwrap_or_else(|_| Err(late()))
}

/// A spool that waits: for which address, in which directory.
pub struct Waiting {
    /// Where its events go.
    pub url: String,
    /// Where they are.
    pub directory: PathBuf,
}

/// All spools, whether or not events wait there.
pub fn spools(directory: &Path) -> Result<Vec<Waiting>, Failure> {
    let mut found = Vec::new();
    for outer in entries(&directory.join("spool"))? {
        let Ok(url) = fs::read_to_string(outer.join("url")) else {
            continue;
        };
        let url = url.trim_end().to_owned();
        let slots = entries(&outer)?.into_iter().filter(|path| path.is_dir());
        found.extend(slots.map(|directory| Waiting { url: url.clone(), directory }));
    }
    Ok(found)
}

impl Waiting {
    /// Whether its events go to an address; those of a pipeline's parts go to the part.
    pub fn has_address(&self) -> bool {
        let scheme = self.url.split(':').next().unwrap_or_default();
        SCHEMES.iter().any(|known| known.name == scheme)
    }
}

/// The same address wherever it is used: a path in it begins at the root.
pub fn from_the_root(url: &str) -> String {
    match url.split_once(':') {
        Some((scheme @ ("file" | "unix" | "sqlite"), path)) if !path.starts_with('/') => {
            let (path, query) = path
                .split_once('?')
                .map_or((path, ""), |(path, _)| (path, &url[url.find('?').unwrap_or(url.len())..]));
            format!("{scheme}:{}{query}", absolute(Path::new(path)).display())
        }
        _ => url.to_owned(),
    }
}

/// Opens a spool.
pub fn open(directory: &Path) -> Result<Spool, SpoolError> {
    Spool::open(directory, SPOOL_BYTES)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = match fs::read_dir(directory) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(directory, &error)),
    };
    let mut paths: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// The spool of an address: the first that no other run has open.
pub fn slot(directory: &Path, url: &str) -> Result<Spool, Failure> {
    let outer = directory.join("spool").join(slug(url));
    fs::create_dir_all(&outer).map_err(|error| unusable(&outer, &error))?;
    fs::write(outer.join("url"), format!("{url}\n")).map_err(|error| unusable(&outer, &error))?;
    let mut last = None;
    for slot in 0..SLOTS {
        match open(&outer.join(slot.to_string())) {
            Ok(spool) => return Ok(spool),
            Err(error @ SpoolError::Locked { .. }) => last = Some(error),
            Err(error) => return Err(unusable(&outer, &error)),
        }
    }
    Err(unusable(&outer, &last.map_or_else(String::new, |error| error.to_string())))
}

fn unusable(path: &Path, error: &impl std::fmt::Display) -> Failure {
    Failure::new(
        format!("the spool {} cannot be used: {error}", path.display()),
        "name a directory where you may write as events.directory",
    )
}

/// A name for a directory: what can be read of a text, and a hash of all of it.
pub fn slug(text: &str) -> String {
    let hash = groundrule_core::verdict::Violation::new(Vec::new(), text, "").fingerprint("");
    let last = text.lines().last().unwrap_or_default();
    let words: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    format!("{}-{}", words.trim_matches('-'), &hash[..12])
}

/// An address without its query.
fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

pub fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// Remembered policies that this run would have read, and that are no longer there.
fn gone(memory: &Memory, (paths, plan): (&[PathSpec], &Plan)) -> Vec<String> {
    let roots: Vec<_> = paths.iter().map(|spec| absolute(Path::new(&spec.path))).collect();
    let read = |file: &str| roots.iter().any(|root| Path::new(file).starts_with(root));
    let known = |id: &String| plan.known.contains(id);
    let here = memory.policies.iter();
    here.filter(|(id, of)| !known(id) && read(&of.file)).map(|(id, _)| id.clone()).collect()
}
