//! `groundrule run`: judges policies.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use groundrule_core::source::Problem;
use groundrule_core::verdict::{Severity, Status};
use groundrule_engine::estate::Estate;
use groundrule_engine::event::{Event, RunFinished, Summary};
use groundrule_engine::policy::{PathSpec, Plan, Selection, read};
use groundrule_engine::run::{Options, run as judge};
use groundrule_engine::waiver::{Mode, Waivers};
use groundrule_report::{FORMATS, Format, Output, Reporter, Violating, format};

use super::{Ended, colored, open};
use crate::cli::{Global, ModeName, Run};
use crate::config::Config;
use crate::context::Context;
use crate::exit::{Exit, nagios};
use crate::failure::Failure;
use crate::nearest::{help, nearest};
use crate::outgoing::Outgoing;
use crate::sink::{self, Staged};

/// Judges the selected policies and reports.
pub fn run(context: &Context, global: &Global, options: Run) -> Result<Ended, Failure> {
    let for_nagios = options.format.iter().any(|format| format == NAGIOS);
    let exit_zero = options.exit_zero;
    let color = context.color(global.color, context.stderr_is_terminal);
    let ended = formats(&options.format)
        .and_then(|wanted| prepare_and_judge(context, global, options, wanted));
    let (exit, critical) = match ended {
        Ok((exit, _)) if exit_zero && exit != Exit::Failed => (Exit::Held, false),
        Ok(ended) => ended,
        Err(failure) if for_nagios => return Ok(unknown(&failure, color)),
        Err(failure) => return Err(failure),
    };
    Ok(if for_nagios { Ended(nagios(exit, critical)) } else { exit.into() })
}

/// Which of the configured policies are judged; all, where nothing is said.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selected {
    /// Tag expressions that must hold.
    #[serde(default)]
    tags: Vec<String>,
    /// Expressions of which a policy's name must match one.
    #[serde(default)]
    names: Vec<String>,
}

/// Judges configured policies on an estate, and tells all as one JSON document.
pub fn results(
    config: &Config,
    estate: &Arc<Estate>,
    problems: Vec<Problem>,
    selected: &Selected,
) -> Result<String, Failure> {
    let wrong = |error: String| Failure::new(error, "see `groundrule run --help`");
    let tags = selected.tags.iter().map(|tag| tag.parse().map_err(wrong));
    let names = selected.names.iter().map(|name| name.parse().map_err(wrong));
    let selection = Selection {
        tags: tags.collect::<Result<_, _>>()?,
        names: names.collect::<Result<_, _>>()?,
    };
    let vocabulary = super::vocabulary()?;
    let paths: Vec<_> = config.features.iter().map(|path| PathSpec::parse(path)).collect();
    let complete = selection.tags.is_empty() && selection.names.is_empty();
    let plan = read(&paths, &vocabulary, &selection).map_err(Failure::Faults)?;
    if let Some(failure) = nothing_selected(&plan) {
        return Err(failure);
    }
    let options = Options {
        run: ulid::Ulid::generate().to_string(),
        estate: config.shown(),
        fail_fast: false,
        concurrency: config.concurrency,
        waivers: waivers(config.waivers.as_deref())?,
        mode: config.mode,
        complete,
        problems,
    };
    let format = format("results").ok_or_else(|| Failure::new("no format", "this is a bug"))?;
    let written = sink::Memory::default();
    let mut reporter = (format.make)(Output {
        to: Box::new(written.clone()),
        color: false,
        progress: false,
        github_summary: None,
        version: env!("CARGO_PKG_VERSION"),
        violating: Violating::default(),
    });
    let mut told = Ok(());
    open::runtime()?.block_on(judge(plan, &vocabulary, Arc::clone(estate), options, |event| {
        if told.is_ok() {
            told = reporter.tell(&event);
        }
    }));
    told?;
    drop(reporter);
    Ok(written.text())
}

/// The format of status events.
const EVENTS: &str = "events";

/// The format whose exit codes are Nagios's.
const NAGIOS: &str = "nagios";

/// Tells a monitoring system that nothing is known, and everybody else why.
pub fn unknown(failure: &Failure, color: bool) -> Ended {
    failure.show(color);
    let mut out = sink::stdout();
    // Where it cannot be written, the exit code still says it.
    let _ = writeln!(out, "{}", groundrule_report::nagios_unknown(&failure.line()))
        .and_then(|()| out.flush());
    Ended(nagios(Exit::Failed, false))
}

/// Whether a command line that could not be read is one of a monitoring system.
pub fn is_for_nagios(arguments: &[std::ffi::OsString]) -> bool {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    words.windows(2).any(|pair| ["-f", "--format"].contains(&&*pair[0]) && pair[1] == NAGIOS)
        || words.iter().any(|word| ["-fnagios", "-f=nagios", "--format=nagios"].contains(&&**word))
}

fn prepare_and_judge(
    context: &Context,
    global: &Global,
    options: Run,
    wanted: Vec<(&'static Format, Option<PathBuf>)>,
) -> Result<(Exit, bool), Failure> {
    let config = Config::load(context, global)?;
    let vocabulary = super::vocabulary()?;
    let paths = if options.paths.is_empty() { &config.features } else { &options.paths };
    let paths: Vec<_> = paths.iter().map(|path| PathSpec::parse(path)).collect();
    let complete = options.paths.is_empty() && options.tags.is_empty() && options.name.is_empty();
    let selection = Selection { tags: options.tags, names: options.name };
    let plan = read(&paths, &vocabulary, &selection).map_err(Failure::Faults)?;
    let mut waivers = waivers(options.waivers.as_deref().or(config.waivers.as_deref()))?;
    waivers.strict = options.strict_waivers;
    if let Some(failure) = nothing_selected(&plan) {
        if wanted.iter().any(|(format, path)| format.name == NAGIOS && path.is_none()) {
            return Err(failure);
        }
        failure.show(context.color(global.color, context.stderr_is_terminal));
        return Ok((Exit::NothingSelected, false));
    }
    if options.dry_run {
        return list(&plan);
    }
    let mode = match options.mode {
        None => config.mode,
        Some(ModeName::Ci) => Mode::Ci,
        Some(ModeName::Audit) => Mode::Audit,
        Some(ModeName::Gate) => Mode::Gate,
    };
    let runtime = open::runtime()?;
    let opened = runtime.block_on(open::sources(&config))?;
    let urls = [config.events.to.clone(), options.events].concat();
    let as_report = wanted.iter().any(|(format, _)| format.name == EVENTS);
    let (mut outgoing, violating) = match as_report || !urls.is_empty() {
        true => {
            let (outgoing, violating) = Outgoing::open(context, &config, &urls, (&paths, &plan))?;
            (Some(outgoing), violating)
        }
        false => (None, Violating::default()),
    };
    let mut reports = Reports::open(context, global, wanted, &violating)?;
    let engine_options = Options {
        run: ulid::Ulid::generate().to_string(),
        estate: config.shown(),
        fail_fast: options.fail_fast,
        concurrency: options.concurrency.map_or(config.concurrency, usize::from),
        waivers,
        mode,
        complete,
        problems: opened.problems.clone(),
    };
    let summary = runtime.block_on(async {
        let estate = opened.estate(&config).await;
        let tell = |event| {
            reports.tell(&event);
            if let Some(outgoing) = &mut outgoing {
                outgoing.tell(&event);
            }
        };
        judge(plan, &vocabulary, estate, engine_options, tell).await
    });
    let ended = reports.close(summary);
    if let Some(outgoing) = outgoing {
        // The verdict stands, whatever becomes of the news of it.
        let color = context.color(global.color, context.stderr_is_terminal);
        for note in runtime.block_on(outgoing.close()) {
            Failure::warn(&note, color);
        }
    }
    ended
}

/// Says what selects nothing: a run that judges nothing must not look like one that found nothing.
fn nothing_selected(plan: &Plan) -> Option<Failure> {
    if let Some((file, line)) = plan.missed.first() {
        let help =
            "name a line of a scenario, of one of its sentences, or of a row of its examples";
        return Some(Failure::new(format!("no policy is on line {line} of {file}"), help));
    }
    let of = plan.known.len();
    plan.policies.is_empty().then(|| {
        Failure::new(
            format!(
                "no policy was selected, of {of} that {} read",
                if of == 1 { "was" } else { "were" }
            ),
            "change the paths, --tags or --name",
        )
    })
}

/// Formats and where they go; only one may go to standard output.
fn formats(wanted: &[String]) -> Result<Vec<(&'static Format, Option<PathBuf>)>, Failure> {
    let mut formats = Vec::new();
    for wanted in wanted {
        let (name, path) = match wanted.split_once(':') {
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (wanted.as_str(), None),
        };
        let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        let found = format(name).ok_or_else(|| {
            Failure::new(
                format!("there is no format {name:?}"),
                help(
                    nearest(names.iter().copied(), name),
                    &format!("choose one of {}", names.join(", ")),
                ),
            )
        })?;
        if path.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            return Err(Failure::new(
                format!("the format {name} has no path behind its colon"),
                format!("write {name}:report.txt, or {name} for standard output"),
            ));
        }
        if path.is_some() && formats.iter().any(|(_, other)| *other == path) {
            return Err(Failure::new(
                format!("two formats go to {}", path.unwrap_or_default().display()),
                "give each of them a path of its own",
            ));
        }
        formats.push((found, path));
    }
    let to_stdout: Vec<_> =
        formats.iter().filter(|(_, path)| path.is_none()).map(|(format, _)| format.name).collect();
    if to_stdout.len() > 1 {
        return Err(Failure::new(
            format!("the formats {} all go to standard output", to_stdout.join(" and ")),
            "give all but one of them a path: --format junit:report.xml",
        ));
    }
    if to_stdout.is_empty() {
        formats.push((&FORMATS[0], None));
    }
    Ok(formats)
}

pub fn waivers(file: Option<&Path>) -> Result<Waivers, Failure> {
    let Some(file) = file else {
        return Ok(Waivers::default());
    };
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::new(
            format!("the waivers {name} cannot be read: {error}"),
            "name a file that is there and that you may read",
        )
    })?;
    Waivers::read(&name, &text).map_err(Failure::Faults)
}

/// Lists what would be judged.
fn list(plan: &Plan) -> Result<(Exit, bool), Failure> {
    let mut out = sink::stdout();
    for policy in &plan.policies {
        let told = format!("{}:{}: {} ({})", policy.file, policy.line, policy.name, policy.id);
        writeln!(out, "{}", groundrule_core::plain::line(&told))?;
    }
    let n = plan.policies.len();
    writeln!(out, "\n{n} {} can be judged.", if n == 1 { "policy" } else { "policies" })?;
    out.flush()?;
    Ok((Exit::Held, false))
}

/// All reports of a run.
struct Reports {
    reporters: Vec<Box<dyn Reporter>>,
    files: Vec<Staged>,
    broken: Option<std::io::Error>,
    critical: bool,
    failed: bool,
}

impl Reports {
    fn open(
        context: &Context,
        global: &Global,
        wanted: Vec<(&'static Format, Option<PathBuf>)>,
        violating: &Violating,
    ) -> Result<Self, Failure> {
        let mut reports = Self {
            reporters: Vec::new(),
            files: Vec::new(),
            broken: None,
            critical: false,
            failed: false,
        };
        for (format, path) in wanted {
            let (to, color, progress) = match &path {
                Some(path) => {
                    let (staged, stream) = Staged::create(path)?;
                    reports.files.push(staged);
                    (stream, false, false)
                }
                None => {
                    let progress =
                        context.stdout_is_terminal && context.variable("TERM") != Some("dumb");
                    (sink::stdout(), colored(context, global.color), progress)
                }
            };
            let github_summary = context.variable("GITHUB_STEP_SUMMARY").map(PathBuf::from);
            let version = env!("CARGO_PKG_VERSION");
            reports.reporters.push((format.make)(Output {
                to,
                color,
                progress,
                github_summary,
                version,
                violating: violating.clone(),
            }));
        }
        Ok(reports)
    }

    fn tell(&mut self, event: &Event) {
        match event {
            Event::Judged(judged) => {
                self.critical |= judged.status == Status::Violated
                    && judged.policy.severity == Severity::Critical;
            }
            Event::Finished(finished) => {
                let RunFinished { crashed, refused, .. } = &**finished;
                self.failed = *refused || !crashed.is_empty();
            }
            Event::Started(_) => {}
        }
        for reporter in &mut self.reporters {
            if let Err(error) = reporter.tell(event) {
                // A full disk is worse than a reader who has gone.
                let worse = error.kind() != std::io::ErrorKind::BrokenPipe;
                if worse || self.broken.is_none() {
                    self.broken = Some(error);
                }
            }
        }
    }

    fn close(self, summary: Summary) -> Result<(Exit, bool), Failure> {
        drop(self.reporters);
        let exit = Exit::of(&summary, self.failed);
        // Files are there even if nobody reads standard output any more.
        for file in self.files {
            file.publish()?;
        }
        match self.broken.map(Failure::from) {
            // Whoever stopped reading still gets the verdict as the exit code.
            None | Some(Failure::ClosedPipe) => Ok((exit, self.critical)),
            Some(failure) => Err(failure),
        }
    }
}
