//! Events on their way out of a run: onto the disk first, then to where they go.

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
    remembered: PathBuf,
    boxes: Vec<Outbox>,
    wait: Duration,
    settings: Settings,
}

/// The events of a run for one destination.
struct Outbox {
    url: String,
    spool: Spool,
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
    /// Prepares to send the events of a run on an estate, and checks every address.
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
        let remembered = directory.join("violating").join(format!("{}.json", slug(&key)));
        let memory = remember(&remembered)?;
        let gone = gone(&memory, scope);
        let violating = Violating { memory, gone };
        let mut boxes = Vec::new();
        for url in urls {
            let spool = slot(&directory, &url)?;
            boxes.push(Outbox { url, spool, held: Vec::new(), trouble: None });
        }
        let wait = match &config.events.wait {
            Some(text) => pipeline::duration("events.wait", text)?,
            None => WAIT,
        };
        let translator = Translator::new(violating.clone(), env!("CARGO_PKG_VERSION"));
        Ok((Self { translator, remembered, boxes, wait, settings }, violating))
    }

    /// Takes down what a run tells.
    pub fn tell(&mut self, told: &Told) {
        let events = self.translator.tell(told);
        let messages: Vec<_> =
            events.iter().map(|event| Message::new(event.raw().clone())).collect();
        for outbox in self.boxes.iter_mut().filter(|_| !messages.is_empty()) {
            if !outbox.held.is_empty() {
                outbox.held.extend(messages.iter().cloned());
            } else if let Err(error) = outbox.spool.append(&messages) {
                outbox.trouble = Some(error.to_string());
                outbox.held.extend(messages.iter().cloned());
            }
        }
    }

    /// Remembers what is violating, sends what can be sent, and says what could not.
    pub async fn close(mut self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Err(error) = save(&self.remembered, self.translator.memory()) {
            notes.push(format!(
                "what is violating cannot be remembered in {}: {error}; the next run will send no recoveries",
                self.remembered.display()
            ));
        }
        let deadline = Instant::now() + self.wait;
        for outbox in &mut self.boxes {
            if let Err(why) = outbox.send(&self.settings, deadline).await {
                let waiting = outbox.spool.waiting();
                notes.push(format!(
                    "{waiting} events for {} wait on disk: {why}; send them with `groundrule spool send`",
                    shown(&outbox.url)
                ));
                if let Some(trouble) = outbox.trouble.as_ref().filter(|_| !outbox.held.is_empty()) {
                    let lost = outbox.held.len();
                    notes.push(format!(
                        "{lost} more are lost, since the disk did not take them: {trouble}"
                    ));
                }
            }
        }
        notes
    }
}

impl Outbox {
    async fn send(&mut self, settings: &Settings, deadline: Instant) -> Result<(), CarryError> {
        drain(&self.url, &mut self.spool, settings, deadline).await?;
        if !self.held.is_empty() {
            let mut sink = sink(&self.url, settings)?;
            in_time(sink.send(&self.held), deadline).await?;
            self.held.clear();
        }
        Ok(())
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

/// What was violating at the last run.
fn remember(file: &Path) -> Result<Memory, Failure> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Memory::default()),
        Err(error) => return Err(forgotten(file, &error)),
    };
    serde_json::from_str(&text).map_err(|error| forgotten(file, &error))
}

fn forgotten(file: &Path, error: &impl std::fmt::Display) -> Failure {
    Failure::new(
        format!(
            "what was violating at the last run cannot be read from {}: {error}",
            file.display()
        ),
        "mend the file, or remove it: no recoveries are sent then",
    )
}

fn save(file: &Path, memory: &Memory) -> io::Result<()> {
    let mut memory = memory.clone();
    for remembered in memory.policies.values_mut() {
        remembered.file = absolute(Path::new(&remembered.file)).display().to_string();
    }
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    let staged = file.with_extension(format!("{}.part", std::process::id()));
    fs::write(&staged, serde_json::to_vec(&memory)?)?;
    fs::rename(&staged, file)
}

/// Remembered policies that this run would have read, and that are no longer there.
fn gone(memory: &Memory, (paths, plan): (&[PathSpec], &Plan)) -> Vec<String> {
    let roots: Vec<_> = paths.iter().map(|spec| absolute(Path::new(&spec.path))).collect();
    let read = |file: &str| roots.iter().any(|root| Path::new(file).starts_with(root));
    let known = |id: &String| plan.known.contains(id);
    let here = memory.policies.iter();
    here.filter(|(id, of)| !known(id) && read(&of.file)).map(|(id, _)| id.clone()).collect()
}
