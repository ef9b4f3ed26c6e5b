//! Events on their way out of a run: onto the disk first, then to where they go.

mod dead_letters;
mod held;
mod naming;
mod outbox;
mod sending;
mod waiting;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use groundrule_core::delivery::{CarryError, Message};
use groundrule_core::event::{Event, EventId};
use groundrule_engine::event::Event as Told;
use groundrule_engine::policy::{PathSpec, Plan};
use groundrule_report::{Memory, Translator, Violating};
use groundrule_transport::{Settings, sink};
use tokio::time::Instant;

use crate::config::{Config, pipeline};
use crate::context::Context;
use crate::failure::Failure;
use crate::remembered::Remembered;

pub use dead_letters::DeadLetters;
pub use naming::{absolute, from_the_root, host, slug};
use outbox::Outbox;
pub use sending::{Sending, Tally};
pub use waiting::{Waiting, open, slots, spools};

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
    letters: DeadLetters,
    wait: Duration,
    settings: Settings,
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
        settings.max_message = max.get();
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
        let letters = DeadLetters::new(&directory);
        Ok((
            Self { translator, remembered, found, notes, boxes, letters, wait, settings },
            violating,
        ))
    }

    /// Takes down what a run tells.
    pub fn tell(&mut self, told: &Told) {
        let events = self.translator.tell(told);
        let messages: Vec<_> = events.into_iter().map(named).collect();
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
            notes.extend(outbox.send(&self.settings, &self.letters, deadline).await);
        }
        notes
    }
}

/// An event with an identity: it may be sent again although it has arrived.
fn named(event: Event) -> Message {
    let time = event.time().unwrap_or_default();
    let id = EventId::of(time, &[event.raw()]);
    Message::new(event.identified(|| id, time).raw().clone())
}

/// Remembered policies that this run would have read, and that are no longer there.
fn gone(memory: &Memory, (paths, plan): (&[PathSpec], &Plan)) -> Vec<String> {
    let roots: Vec<_> = paths.iter().map(|spec| absolute(Path::new(&spec.path))).collect();
    let read = |file: &str| roots.iter().any(|root| Path::new(file).starts_with(root));
    let known = |id: &String| plan.known.contains(id);
    let here = memory.policies.iter();
    here.filter(|(id, of)| !known(id) && read(&of.file)).map(|(id, _)| id.clone()).collect()
}
