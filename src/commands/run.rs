//! `groundrule run`: judges policies.

use std::fs;
use std::path::{Path, PathBuf};

use groundrule_core::verdict::{Severity, Status};
use groundrule_engine::event::{Event, RunFinished, Summary};
use groundrule_engine::policy::{PathSpec, Plan, Selection, compile, discover};
use groundrule_engine::run::{Options, run as judge};
use groundrule_engine::waiver::{Mode, Waivers};
use groundrule_report::{FORMATS, Format, Output, Reporter, format};

use super::{Ended, colored, open};
use crate::cli::{Global, ModeName, Run};
use crate::config::Config;
use crate::context::Context;
use crate::exit::{Exit, nagios};
use crate::failure::Failure;
use crate::sink::{self, Staged};

/// Judges the selected policies and reports.
pub fn run(context: &Context, global: &Global, options: Run) -> Result<Ended, Failure> {
    let wanted = formats(&options.format)?;
    let for_nagios = wanted.iter().any(|(format, path)| format.name == "nagios" && path.is_none());
    let exit_zero = options.exit_zero;
    let ended = match prepare_and_judge(context, global, options, wanted) {
        Ok((exit, critical)) if for_nagios => Ended(nagios(exit, critical)),
        Ok((exit, _)) => exit.into(),
        Err(Failure::ClosedPipe) => return Err(Failure::ClosedPipe),
        Err(failure) if for_nagios => {
            let mut out = sink::stdout();
            writeln!(out, "{}", groundrule_report::nagios_unknown(&failure.line()))?;
            out.flush()?;
            failure.show(context.color(global.color, context.stderr_is_terminal));
            return Ok(Ended(nagios(Exit::Failed, false)));
        }
        Err(failure) => return Err(failure),
    };
    Ok(match ended {
        Ended(code) if exit_zero && code != Exit::Failed.code() => Exit::Held.into(),
        other => other,
    })
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
    let files = discover(&paths).map_err(Failure::Faults)?;
    let plan = compile(files, &vocabulary, &selection).map_err(Failure::Faults)?;
    let waivers = waivers(options.waivers.as_deref().or(config.waivers.as_deref()))?;
    if options.dry_run {
        return list(&plan);
    }
    if plan.policies.is_empty() {
        let failure = Failure::new(
            format!("no policy was selected, of {} that were read", plan.known.len()),
            "change the paths, --tags or --name",
        );
        failure.show(context.color(global.color, context.stderr_is_terminal));
        return Ok((Exit::NothingSelected, false));
    }
    let mode = match options.mode {
        None => config.mode,
        Some(ModeName::Ci) => Mode::Ci,
        Some(ModeName::Audit) => Mode::Audit,
        Some(ModeName::Gate) => Mode::Gate,
    };
    let directory = open::directory(&config)?;
    let mut reports = Reports::open(context, global, wanted)?;
    let engine_options = Options {
        run: ulid::Ulid::generate().to_string(),
        estate: config.estate.display().to_string(),
        fail_fast: options.fail_fast,
        concurrency: options.concurrency.map_or(config.concurrency, usize::from),
        waivers,
        mode,
        complete,
        problems: directory.problems().to_vec(),
    };
    let runtime = open::runtime()?;
    let summary = runtime.block_on(async {
        let estate = open::estate(&config, &directory).await;
        judge(plan, &vocabulary, estate, engine_options, |event| reports.tell(&event)).await
    });
    reports.close(summary, options.strict_waivers)
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
                format!("choose one of {}", names.join(", ")),
            )
        })?;
        if path.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            return Err(Failure::new(
                format!("the format {name} has no path behind its colon"),
                format!("write {name}:report.txt, or {name} for standard output"),
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

fn waivers(file: Option<&Path>) -> Result<Waivers, Failure> {
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
        writeln!(out, "{}:{}: {} ({})", policy.file, policy.line, policy.name, policy.id)?;
    }
    let n = plan.policies.len();
    writeln!(out, "\n{n} {} can be judged.", if n == 1 { "policy" } else { "policies" })?;
    out.flush()?;
    Ok((if n == 0 { Exit::NothingSelected } else { Exit::Held }, false))
}

/// All reports of a run.
struct Reports {
    reporters: Vec<Box<dyn Reporter>>,
    files: Vec<Staged>,
    broken: Option<std::io::Error>,
    critical: bool,
    crashed: bool,
    notes: usize,
}

impl Reports {
    fn open(
        context: &Context,
        global: &Global,
        wanted: Vec<(&'static Format, Option<PathBuf>)>,
    ) -> Result<Self, Failure> {
        let mut reports = Self {
            reporters: Vec::new(),
            files: Vec::new(),
            broken: None,
            critical: false,
            crashed: false,
            notes: 0,
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
                let RunFinished { crashed, notes, .. } = &**finished;
                self.crashed = !crashed.is_empty();
                self.notes = notes.len();
            }
            Event::Started(_) => {}
        }
        for reporter in &mut self.reporters {
            if let Err(error) = reporter.tell(event) {
                self.broken.get_or_insert(error);
            }
        }
    }

    fn close(self, summary: Summary, strict_waivers: bool) -> Result<(Exit, bool), Failure> {
        drop(self.reporters);
        let exit = match Exit::of(&summary, self.crashed) {
            _ if strict_waivers && self.notes > 0 => Exit::Failed,
            exit => exit,
        };
        match self.broken.map(Failure::from) {
            None => {}
            // Whoever stopped reading still gets the verdict as the exit code.
            Some(Failure::ClosedPipe) => return Ok((exit, self.critical)),
            Some(failure) => return Err(failure),
        }
        for file in self.files {
            file.publish()?;
        }
        Ok((exit, self.critical))
    }
}
