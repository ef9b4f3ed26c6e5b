//! For people: violations in full, everything else in one line.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Color, Style};
use groundrule_core::plain::line;
use groundrule_core::verdict::Status;
use groundrule_engine::event::{Event, Judged, RunFinished, RunStarted};

use crate::text::{count, exception, finding_lines, not_judged};
use crate::{Output, Reporter};

/// How many of a kind are listed that are not what the report is about.
const SHOWN: usize = 10;

pub struct Pretty {
    output: Output,
    feature: Option<String>,
    policies: usize,
    done: usize,
    started: Option<std::sync::Arc<RunStarted>>,
}

impl Pretty {
    pub fn new(output: Output) -> Self {
        Self { output, feature: None, policies: 0, done: 0, started: None }
    }

    fn paint(&self, text: &str, color: AnsiColor) -> String {
        self.style(text, Style::new().fg_color(Some(Color::Ansi(color))).bold())
    }

    fn faint(&self, text: &str) -> String {
        self.style(text, Style::new().dimmed())
    }

    fn style(&self, text: &str, style: Style) -> String {
        if self.output.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn status(&self, status: Status) -> String {
        match status {
            Status::Held => self.paint("held     ", AnsiColor::Green),
            Status::Violated => self.paint("VIOLATED ", AnsiColor::Red),
            Status::Undecided => self.paint("undecided", AnsiColor::Yellow),
            Status::Waived => self.paint("waived   ", AnsiColor::Cyan),
        }
    }

    fn progress(&mut self) -> io::Result<()> {
        if self.output.progress && self.done < self.policies {
            let line = self.faint(&format!("  judging {} of {} …", self.done + 1, self.policies));
            write!(self.output.to, "\r\x1b[K{line}")?;
            self.output.to.flush()?;
        }
        Ok(())
    }

    fn judged(&mut self, judged: &Judged) -> io::Result<()> {
        if self.output.progress {
            write!(self.output.to, "\r\x1b[K")?;
        }
        let policy = &judged.policy;
        if self.feature.as_ref() != Some(&policy.file) {
            let gap = if self.feature.is_some() { "\n" } else { "" };
            let file = self.faint(&line(&policy.file));
            writeln!(self.output.to, "{gap}{}  {file}\n", line(&policy.feature))?;
            self.feature = Some(policy.file.clone());
        }
        let status = self.status(judged.status);
        let mut told = format!("  {status}  {}", line(&policy.name));
        match judged.status {
            Status::Undecided => {
                let reason = judged.undecided.as_ref().map_or("", |undecided| &undecided.reason);
                told.push_str(&format!(": {}", line(reason)));
            }
            Status::Waived => {
                let why: Vec<_> = judged.findings.iter().filter_map(exception).collect();
                told.push_str(&format!(": {}", line(&why.join("; "))));
            }
            Status::Held | Status::Violated => {}
        }
        let mut remarks = vec![format!("{} judged", judged.population)];
        if judged.not_judged > 0 {
            remarks.push(format!("{} left out as unknown", count(judged.not_judged, "node")));
        }
        if judged.attempts > 1 {
            remarks.push(format!("at the {}. attempt", judged.attempts));
        }
        if judged.status == Status::Violated {
            remarks = vec![
                format!("{}:{}", policy.file, policy.line),
                policy.id.clone(),
                policy.severity.to_string(),
            ];
            remarks.extend(policy.owner.iter().map(|owner| format!("owner {owner}")));
        }
        let remarks = self.faint(&line(&format!("({})", remarks.join(", "))));
        writeln!(self.output.to, "{told}  {remarks}")?;
        if judged.status == Status::Violated {
            for finding in &judged.findings {
                for (n, text) in finding_lines(finding).iter().enumerate() {
                    let mark = if n == 0 { "- " } else { "    " };
                    let text = line(text);
                    let text = if n == 0 { text } else { self.faint(&text) };
                    writeln!(self.output.to, "      {mark}{text}")?;
                }
            }
        }
        self.done += 1;
        self.output.to.flush()
    }

    fn finished(&mut self, finished: &RunFinished) -> io::Result<()> {
        let summary = finished.summary;
        let mut parts = Vec::new();
        for (n, word, color) in [
            (summary.held, "held", AnsiColor::Green),
            (summary.violated, "violated", AnsiColor::Red),
            (summary.undecided, "undecided", AnsiColor::Yellow),
            (summary.waived, "waived", AnsiColor::Cyan),
        ] {
            if n > 0 {
                parts.push(self.paint(&format!("{n} {word}"), color));
            }
        }
        self.not_judged(finished)?;
        if !finished.not_judged.is_empty() {
            parts.push(format!("{} not judged", finished.not_judged.len()));
        }
        let seconds = self.faint(&format!("({:.3} s)", finished.seconds));
        let policies = count(summary.policies, "policy");
        writeln!(self.output.to, "\n{policies}: {}  {seconds}", parts.join(", "))?;
        for note in &finished.notes {
            let word = if finished.refused {
                self.paint("error", AnsiColor::Red)
            } else {
                "note".to_owned()
            };
            writeln!(self.output.to, "{word}: {}", line(note))?;
        }
        for bug in &finished.crashed {
            writeln!(self.output.to, "this is a bug, please report it: {}", line(bug))?;
        }
        self.problems()?;
        self.output.to.flush()
    }

    /// What a run that stopped early did not come to.
    fn not_judged(&mut self, finished: &RunFinished) -> io::Result<()> {
        let policies = &finished.not_judged;
        if policies.is_empty() {
            return Ok(());
        }
        writeln!(self.output.to, "\n  {}:", not_judged(finished))?;
        for policy in policies.iter().take(SHOWN) {
            let place = self.faint(&line(&format!("({}:{})", policy.file, policy.line)));
            writeln!(self.output.to, "      - {}  {place}", line(&policy.name))?;
        }
        if policies.len() > SHOWN {
            writeln!(self.output.to, "      … and {} more", policies.len() - SHOWN)?;
        }
        Ok(())
    }

    /// What is wrong with the estate, since verdicts rest on it.
    fn problems(&mut self) -> io::Result<()> {
        let Some(started) = self.started.clone() else {
            return Ok(());
        };
        if !started.problems.is_empty() {
            let problems = count(started.problems.len(), "problem");
            writeln!(self.output.to, "\n{problems} with the estate {}:", line(&started.estate))?;
        }
        for problem in started.problems.iter().take(SHOWN) {
            let help = self.faint(&line(&problem.help));
            writeln!(self.output.to, "  {}: {help}", line(&problem.to_string()))?;
        }
        if started.problems.len() > SHOWN {
            let more = started.problems.len() - SHOWN;
            writeln!(self.output.to, "  … and {more} more: `groundrule estate show` lists them")?;
        }
        Ok(())
    }
}

impl Reporter for Pretty {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(started) => {
                self.policies = started.policies;
                self.started = Some(std::sync::Arc::clone(started));
            }
            Event::Judged(judged) => self.judged(judged)?,
            Event::Finished(finished) => return self.finished(finished),
        }
        self.progress()
    }
}
