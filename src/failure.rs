//! Why something could not be done: what is wrong, where, and what to do.

use std::fs;
use std::io::{self, Write as _};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use groundrule_core::plain::{line, lines};
use groundrule_engine::policy::Fault;

use crate::masking::{Masked, masked};

/// Something that stops the program.
#[derive(Debug)]
pub enum Failure {
    /// One thing, with what to do.
    Plain {
        /// What is wrong.
        what: String,
        /// What to do.
        help: Option<String>,
    },
    /// Things at places in files.
    Faults(Vec<Fault>),
    /// Nobody reads what is written: not worth a word.
    ClosedPipe,
}

impl Failure {
    /// A failure with what to do about it.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Plain { what: what.into(), help: Some(help.into()) }
    }

    /// A fault of data, with what to do about it.
    pub fn of(fault: &groundrule_lookup::Fault) -> Self {
        let text = fault.to_string();
        let what = text.strip_suffix(&format!(": {}", fault.help)).unwrap_or(&text).to_owned();
        Self::Plain { what, help: Some(fault.help.clone()).filter(|help| !help.is_empty()) }
    }

    /// Writes it to standard error.
    pub fn show(&self, color: bool) {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut stderr = io::stderr().lock();
        let mut write = |text: String| {
            // Where standard error is closed there is nobody left to tell.
            let _ = writeln!(stderr, "{text}");
        };
        match self {
            Self::Plain { what, help } => {
                let group = Level::ERROR
                    .primary_title(shown(what))
                    .elements(help.as_ref().map(|help| Level::HELP.message(shown(help))));
                write(renderer.render(&[group]).clone());
            }
            Self::Faults(faults) => faults.iter().for_each(|fault| write(point(&renderer, fault))),
            Self::ClosedPipe => {}
        }
    }

    /// Writes to standard error what people should know, and what stops nothing.
    pub fn warn(what: &str, color: bool) {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let group = Level::WARNING
            .primary_title(shown(what))
            .elements(None::<annotate_snippets::Message<'_>>);
        // Where standard error is closed there is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "{}", renderer.render(&[group]));
    }

    /// What is wrong, in a line.
    pub fn line(&self) -> String {
        match self {
            Self::Plain { what, .. } => masked(what),
            Self::Faults(faults) => faults.first().map_or_else(String::new, |fault| {
                let more = if faults.len() > 1 {
                    format!(" (and {} more)", faults.len() - 1)
                } else {
                    String::new()
                };
                format!("{}: {}{more}", place(fault), masked(&fault.what))
            }),
            Self::ClosedPipe => "nobody reads the output".to_owned(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::new(
                format!("the output cannot be written: {error}"),
                "check the disk and the path",
            ),
        }
    }
}

/// A text as it is shown: fit for a terminal, and without passwords.
fn shown(text: &str) -> String {
    masked(&lines(text))
}

/// Where a fault is, as far as that is known.
fn place(fault: &Fault) -> String {
    match (fault.line, fault.column) {
        (0, _) => fault.file.clone(),
        (line, 0) => format!("{}:{line}", fault.file),
        (line, column) => format!("{}:{line}:{column}", fault.file),
    }
}

/// Draws a fault into the line of the file that it is in.
fn point(renderer: &Renderer, fault: &Fault) -> String {
    let title = Level::ERROR.primary_title(shown(&fault.what));
    let help = Level::HELP.message(shown(&fault.help));
    let source = fs::read_to_string(&fault.file).ok();
    let wrong = source.as_deref().and_then(|text| text.lines().nth(fault.line.checked_sub(1)?));
    let group = match wrong {
        Some(text) => {
            let text = lines(text.trim_start_matches('\u{feff}'));
            let offset =
                |column: usize| text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
            let start = offset(fault.column.saturating_sub(1));
            let end = if fault.width == 0 {
                text.len()
            } else {
                offset(fault.column.saturating_sub(1) + fault.width)
            };
            let masked = Masked::of(&text);
            let (start, end) = (masked.moved(start.min(end)), masked.moved(end));
            let snippet = Snippet::source(masked.text)
                .path(line(&fault.file))
                .line_start(fault.line)
                .annotation(AnnotationKind::Primary.span(start..end));
            return renderer.render(&[title.element(snippet).element(help)]).clone();
        }
        None => {
            let what = format!("{}: {}", place(fault), fault.what);
            Level::ERROR.primary_title(shown(&what)).element(help)
        }
    };
    renderer.render(&[group]).clone()
}
