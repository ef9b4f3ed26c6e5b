//! `groundrule pipeline`: takes events in, keeps them, and makes status, metrics, alerts and
//! actions of them.

mod build;
mod roles;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use groundrule_pipeline::archive::ArchiveError;
use groundrule_pipeline::flow::{self, Stopped};
use groundrule_pipeline::part::Clock;
use groundrule_pipeline::routes::Rules;
use groundrule_pipeline::status::StatusError;

use self::build::Building;
use super::{Ended, open};
use crate::cli::{Global, PipelineArgs};
use crate::config::{Config, pipeline};
use crate::context::Context;
use crate::daemon;
use crate::exit::Exit;
use crate::failure::Failure;

/// How long threads may take that are still at work in the end.
const LAST: Duration = Duration::from_secs(1);

/// Runs the pipeline until its sources end, or until it is told to stop.
pub fn run(context: &Context, global: &Global, options: PipelineArgs) -> Result<Ended, Failure> {
    let mut config = Config::load(context, global)?;
    options.lay_over(&mut config.pipeline);
    let runtime = open::runtime()?;
    daemon::log(context);
    daemon::open_many();
    let notifiers = std::mem::take(&mut config.notifiers);
    let ended = runtime.block_on(async {
        let building = Building::new(context, &config)?;
        let setup = building.setup(notifiers).await?;
        let stop = daemon::stopping()?;
        let summary = flow::run(setup, stop).await.map_err(|stopped| stopped_early(&stopped))?;
        tracing::info!(received = summary.received, dead_letters = summary.dead, "done");
        Ok(Exit::Held.into())
    });
    // A thread that waits for a file which another process holds ends with this one.
    runtime.shutdown_timeout(LAST);
    ended
}

fn stopped_early(stopped: &Stopped) -> Failure {
    let help = match stopped {
        Stopped::Late(_) => "what was not acknowledged comes again; see that the destination works",
        Stopped::Crashed(_) => "this is a bug: please report it",
        Stopped::Archive(_) => "name another archive, or mend this one",
        Stopped::Source(_) | Stopped::Undelivered(_) => "docs/pipeline.md describes every part",
    };
    Failure::new(format!("the pipeline stopped: {stopped}"), help)
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
pub fn no_status(error: &StatusError) -> Failure {
    Failure::new(format!("the status cannot be used: {error}"), "write sqlite:FILE")
}

/// The time.
#[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit")]
pub fn clock() -> Clock {
    Arc::new(|| jiff::Timestamp::now().as_microsecond() as f64 / 1e6)
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
