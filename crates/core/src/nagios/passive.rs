//! Events as passive results.

use std::fmt::Write as _;

use super::HOST;
use crate::event::{Event, Kind, Severity};

/// What Nagios reads of a command's line, its line feed included.
const LONGEST: usize = 8191;

/// How much of it a name may take.
const LONGEST_NAME: usize = 255;

/// How much of it the words may take, so that figures have room.
const LONGEST_TEXT: usize = 4096;

/// The line that tells a status to Nagios' command file, without a line feed. There is none for an
/// event that is no status, or has no time yet.
///
/// Whatever stands in the event, it stays one result of that host and service: what divides the
/// parts of a line is replaced in names, line feeds are escaped, a bar in the text is replaced by a
/// broken one, and figures that do not fit are left out.
#[must_use]
pub fn passive_result(event: &Event) -> Option<String> {
    if event.kind() != Kind::Status {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time that is out of range is the last one"
    )]
    let time = event.time()?.max(0.0) as i64;
    let subject = part(event.subject());
    let code = event.severity();
    let mut line = if event.name() == HOST {
        format!("[{time}] PROCESS_HOST_CHECK_RESULT;{subject};{};", host_code(code))
    } else {
        let name = part(event.name());
        format!("[{time}] PROCESS_SERVICE_CHECK_RESULT;{subject};{name};{};", code.number())
    };
    text(&mut line, event.text());
    let mut divider = '|';
    for (label, value) in event.metrics() {
        let figure = format!("{divider}'{}'={value}", self::label(&label));
        if line.len() + figure.len() >= LONGEST {
            break;
        }
        line.push_str(&figure);
        divider = ' ';
    }
    Some(line)
}

/// A host that could not be looked at is unreachable. A warning does not take one down.
fn host_code(severity: Severity) -> u8 {
    match severity {
        Severity::Ok | Severity::Warning => 0,
        Severity::Critical => 1,
        Severity::Unknown => 2,
    }
}

/// A name: nothing in it ends it.
fn part(name: &str) -> String {
    let clean = |c: char| if c == ';' || c.is_control() { '_' } else { c };
    cut(name, LONGEST_NAME).chars().map(clean).collect()
}

/// A figure's label: nothing in it ends it, and it has no line feed to go on with.
fn label(label: &str) -> String {
    let clean = |c: char| if matches!(c, '=' | '|' | '\\') || c.is_control() { '_' } else { c };
    let label: String = cut(label, LONGEST_NAME).chars().map(clean).collect();
    label.replace('\'', "''")
}

/// Adds the words.
fn text(line: &mut String, text: &str) {
    let end = line.len() + LONGEST_TEXT;
    for c in text.chars() {
        if line.len() + 2 > end {
            return;
        }
        match c {
            '\n' => line.push_str("\\n"),
            '\\' => line.push_str("\\\\"),
            '|' => line.push('¦'),
            c if c.is_control() => line.push(' '),
            // Writing to memory does not fail.
            c => drop(line.write_char(c)),
        }
    }
}

/// The start of a text, at most so many bytes.
fn cut(text: &str, longest: usize) -> &str {
    &text[..text.floor_char_boundary(longest)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Draft;

    fn status(subject: &str, name: &str) -> Draft {
        Draft::new(Kind::Status, "groundrule", subject, name, 1_301_951_466.9)
    }

    #[test]
    fn a_status_is_a_passive_result() {
        let event =
            status("web1", "policy.nginx").severity(Severity::Critical).text("nginx is gone");
        let event = event.metric("violations", 2.0).metric("it's slow", 0.25).event();
        assert_eq!(
            passive_result(&event).unwrap(),
            "[1301951466] PROCESS_SERVICE_CHECK_RESULT;web1;policy.nginx;2;nginx is gone|'violations'=2 'it''s slow'=0.25"
        );
        let down = status("web1", HOST).severity(Severity::Critical).event();
        assert_eq!(
            passive_result(&down).unwrap(),
            "[1301951466] PROCESS_HOST_CHECK_RESULT;web1;1;"
        );
        let metric = Draft::new(Kind::Metric, "o", "s", "n", 1.0).metric("a", 1.0).event();
        assert_eq!(passive_result(&metric), None);
    }

    #[test]
    fn nothing_in_an_event_makes_a_second_command() {
        let evil = "x;0;fine\n[1] SHUTDOWN_PROGRAM\r|'a'=1\\n\0";
        let line =
            passive_result(&status(evil, evil).text(evil).metric(evil, 1.0).event()).unwrap();
        assert_eq!(
            line,
            "[1301951466] PROCESS_SERVICE_CHECK_RESULT;x_0_fine_[1] SHUTDOWN_PROGRAM_|'a'=1\\n_;x_0_fine_[1] SHUTDOWN_PROGRAM_|'a'=1\\n_;0;x;0;fine\\n[1] SHUTDOWN_PROGRAM ¦'a'=1\\\\n |'x;0;fine_[1] SHUTDOWN_PROGRAM__''a''_1_n_'=1"
        );
    }

    #[test]
    fn a_line_is_never_longer_than_nagios_reads() {
        let mut draft = status(&"é".repeat(9000), &"n".repeat(9000)).text("\n".repeat(9000));
        for number in 0..2000 {
            draft = draft.metric(&format!("figure{number}"), f64::from(number));
        }
        let line = passive_result(&draft.event()).unwrap();
        assert!(line.len() < LONGEST && line.len() > LONGEST - 30, "{}", line.len());
    }
}
