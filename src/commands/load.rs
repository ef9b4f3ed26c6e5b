//! `groundrule load`: fills the sources that keep what they are given.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use groundrule_core::plain;
use groundrule_inventory::Estate;
use groundrule_inventory::source::{self, Copied, Location, Opening, Progress, Role, Run, Targets};

use super::{Ended, open};
use crate::cli::{Global, Load};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// How often people are told how far it is.
const TOLD: Duration = Duration::from_secs(1);

/// Loads an estate directory into the graph, the facts and the registrations that are configured.
pub fn load(context: &Context, global: &Global, options: &Load) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let from = Location::parse(&options.from)
        .map_err(|error| Failure::new(format!("--from: {}", error.what), error.help))?;
    if from.scheme() != "estate" {
        return Err(Failure::new(format!("--from {from} is no directory"), "write estate:DIR"));
    }
    let asked: Vec<_> = global.sources().map(|(role, _)| role).collect();
    let wanted = |role: &Role, location: &Location| match asked.is_empty() {
        true => location.kind().takes.contains(role),
        false => asked.contains(role),
    };
    let mut places = config.sources.clone();
    places.retain(|role, place| wanted(role, &place.location));
    if places.is_empty() {
        let help = "name where to with --graph, --facts or --registrations, or in groundrule.toml";
        return Err(Failure::new("there is nothing to load into", help));
    }
    let directory = Estate::open(Path::new(from.rest()), &config.reading).map_err(|error| {
        Failure::new(
            format!("--from: {error}"),
            "name a directory with catalogs/, facts/, registrations/",
        )
    })?;
    let run = Run {
        id: ulid::Ulid::generate().to_string(),
        at: context.now,
        prune: options.prune,
        all: options.all,
    };
    let mut teller = Teller::new(options.quiet);
    let copied = open::runtime()?.block_on(async {
        let mut all = Targets::default();
        for (roles, place) in open::gathered(&places) {
            let (access, reading) = (place.access()?, config.reading.clone());
            let opening = Opening { roles, access, reading };
            let one = source::target(&place.location, &opening).await.map_err(open::refused)?;
            all.graph = all.graph.or(one.graph);
            all.facts = all.facts.or(one.facts);
            all.registrations = all.registrations.or(one.registrations);
        }
        let mut tell = |progress: Progress| teller.tell(progress);
        source::copy(&directory, &config.reading, all, &run, &mut tell).await.map_err(|error| {
            let help = "load again: until then, what is there is known to be incomplete";
            Failure::new(error.to_string(), help)
        })
    })?;
    teller.end();
    let mut out = sink::stdout();
    for copied in &copied {
        let place = &places[&copied.role].location;
        writeln!(out, "{}", plain::line(&format!("{place}: {}", in_words(copied))))?;
    }
    out.flush()?;
    Ok(Exit::Held.into())
}

fn in_words(copied: &Copied) -> String {
    let what = match copied.role {
        Role::Graph => "catalogs",
        other => other.name(),
    };
    let unreadable = match copied.unreadable {
        0 => String::new(),
        n => format!(" ({n} of them cannot be read)"),
    };
    let kept = match copied.rest.kept {
        0 => String::new(),
        n => format!(", {n} of them unchanged"),
    };
    let rest = match (copied.rest.others, copied.rest.pruned) {
        (0, _) => String::new(),
        (n, true) => format!(", {n} others removed"),
        (n, false) => format!(", {n} others left (--prune removes them)"),
    };
    format!("{} {what} loaded{unreadable}{kept}{rest}", copied.documents)
}

/// Tells on standard error how far a load has come.
struct Teller {
    quiet: bool,
    /// Whether a line is written over and over.
    over: bool,
    last: Option<Instant>,
}

impl Teller {
    fn new(quiet: bool) -> Self {
        Self { quiet, over: io::stderr().is_terminal(), last: None }
    }

    fn tell(&mut self, progress: Progress) {
        let now = Instant::now();
        let due = self.last.is_none_or(|last| now.duration_since(last) >= TOLD);
        if self.quiet || !due && progress.done < progress.of {
            return;
        }
        self.last = Some(now);
        let Progress { role, done, of } = progress;
        let end = if self.over { '\r' } else { '\n' };
        // Where standard error is closed there is nobody left to tell.
        let _ = write!(io::stderr(), "{}: {done} of {of}{end}", role.name());
    }

    fn end(&self) {
        if self.over && self.last.is_some() {
            let _ = writeln!(io::stderr());
        }
    }
}
