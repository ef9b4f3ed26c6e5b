//! `groundrule waivers`: looks at exceptions.

use std::fs;

use groundrule_core::plain::line;
use groundrule_engine::waiver::Waivers;
use jiff::tz::TimeZone;

use super::Ended;
use crate::cli::{self, Global};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// Lists every exception with the days that are left; exits with 1 where one has expired.
pub fn look(context: &Context, global: &Global, what: cli::Waivers) -> Result<Ended, Failure> {
    let cli::Waivers::List { file } = what;
    let config = Config::load(context, global)?;
    let file = file.or(config.waivers).ok_or_else(|| {
        Failure::new(
            "no waivers are configured",
            "name the file, or set waivers in groundrule.toml",
        )
    })?;
    let name = file.display().to_string();
    let text = fs::read_to_string(&file).map_err(|error| {
        Failure::new(
            format!("the waivers {name} cannot be read: {error}"),
            "name a file that you may read",
        )
    })?;
    let waivers = Waivers::read(&name, &text).map_err(Failure::Faults)?;
    let today = config.trust.now.to_zoned(TimeZone::UTC).date();
    let mut out = sink::stdout();
    let mut expired = false;
    for waiver in &waivers.all {
        let left = match waiver.days_left(today) {
            days if waiver.expires < today => {
                expired = true;
                format!("expired {} ago", days_in_words(-days))
            }
            days => format!("{} left", days_in_words(days)),
        };
        let subjects =
            waiver.subjects.as_ref().map_or_else(|| "every finding".to_owned(), |s| s.join(", "));
        let told = format!(
            "{}  {} ({subjects}): {left}: {}, {}",
            waiver.id, waiver.policy, waiver.reason, waiver.owner
        );
        writeln!(out, "{}", line(&told))?;
    }
    out.flush()?;
    Ok(if expired { Exit::Violated } else { Exit::Held }.into())
}

fn days_in_words(days: i64) -> String {
    format!("{days} {}", if days == 1 { "day" } else { "days" })
}
