//! Lines that Nagios writes and reads.

use super::perfdata::shown;
use super::{Check, HOST, Output, Reading};
use crate::event::{Kind, Severity};

/// A line that is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadLine {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads every line that is neither empty nor a comment.
pub fn lines<'a>(
    text: &'a [u8],
    origin: &'a str,
) -> impl Iterator<Item = Result<Reading, BadLine>> + 'a {
    let numbered = text.split(|&byte| byte == b'\n').zip(1..);
    numbered.filter_map(move |(line, number)| read_line(number, line, origin).transpose())
}

/// Reads one line: a passive result, or a line of performance data. An empty line and a comment are
/// nothing.
///
/// # Errors
/// When it is something else, or lacks something.
pub fn read_line(number: usize, line: &[u8], origin: &str) -> Result<Option<Reading>, BadLine> {
    let text = String::from_utf8_lossy(line);
    // Tabs divide a line of performance data, whose last part may be empty.
    let text = text.trim_matches(['\r', '\n', ' ', '\0']);
    if text.trim().is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let read = match text.split('\t').next().unwrap_or_default() {
        "[SERVICEPERFDATA]" => service_perfdata(text, origin),
        "[HOSTPERFDATA]" => host_perfdata(text, origin),
        first if first.starts_with("DATATYPE::") => named(text, origin),
        _ => command(text, origin),
    };
    read.map(Some).map_err(|reason| BadLine { line: number, reason })
}

/// `[epoch] PROCESS_SERVICE_CHECK_RESULT;host;service;code;output` and the same for hosts.
fn command(text: &str, origin: &str) -> Result<Reading, String> {
    let inside = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (time, command) = inside.ok_or_else(|| {
        format!("{} is neither [EPOCH] COMMAND nor performance data", shown(text))
    })?;
    let time = epoch(time)?;
    let (name, arguments) = command.trim_start().split_once(';').unwrap_or((command.trim(), ""));
    let counted = |count| {
        let parts: Vec<_> = arguments.splitn(count, ';').collect();
        if parts.len() == count {
            Ok(parts)
        } else {
            Err(format!("{name} has {} of {count} parts", parts.len()))
        }
    };
    match name {
        "PROCESS_SERVICE_CHECK_RESULT" => {
            let parts = counted(4)?;
            let check = checked(origin, parts[0], parts[1], time)?;
            let severity = Severity::of(code(parts[2])?).unwrap_or(Severity::Unknown);
            Ok(check.status(severity, &Output::unescaped(parts[3])))
        }
        "PROCESS_HOST_CHECK_RESULT" => {
            let parts = counted(3)?;
            let check = checked(origin, parts[0], HOST, time)?;
            Ok(check.status(host_severity(code(parts[1])?), &Output::unescaped(parts[2])))
        }
        _ => Err(format!("{} is no check result", shown(name))),
    }
}

/// Up, down, unreachable: of a host behind a broken link nobody knows.
fn host_severity(code: u8) -> Severity {
    match code {
        0 => Severity::Ok,
        1 => Severity::Critical,
        _ => Severity::Unknown,
    }
}

/// Nagios' default template for services: it has figures but no state.
fn service_perfdata(text: &str, origin: &str) -> Result<Reading, String> {
    let [_, time, host, service, execution, latency, output, perfdata] = parts(text)?;
    let check = checked(origin, host, service, epoch(time)?)?;
    figures(&check, output, perfdata, &[("execution_time", execution), ("latency", latency)])
}

/// Nagios' default template for hosts.
fn host_perfdata(text: &str, origin: &str) -> Result<Reading, String> {
    let [_, time, host, execution, output, perfdata] = parts(text)?;
    let check = checked(origin, host, HOST, epoch(time)?)?;
    figures(&check, output, perfdata, &[("execution_time", execution)])
}

/// The template of graphing add-ons: `NAME::value`, with the state.
fn named(text: &str, origin: &str) -> Result<Reading, String> {
    let find = |name: &str| {
        let mut parts = text.split('\t').filter_map(|part| part.split_once("::"));
        parts.find(|(found, _)| *found == name).map(|(_, value)| value)
    };
    let given = |name: &str| find(name).ok_or_else(|| format!("{name} is missing"));
    let time = epoch(given("TIMET")?)?;
    let host = given("HOSTNAME")?;
    let (service, kind) = match given("DATATYPE")? {
        "SERVICEPERFDATA" => (given("SERVICEDESC")?, "SERVICE"),
        "HOSTPERFDATA" => (HOST, "HOST"),
        other => return Err(format!("DATATYPE {} is no performance data", shown(other))),
    };
    let check = checked(origin, host, service, time)?;
    let perfdata = given(&format!("{kind}PERFDATA"))?;
    let output = find(&format!("{kind}OUTPUT")).unwrap_or_default();
    match find(&format!("{kind}STATE")) {
        None => figures(&check, output, perfdata, &[]),
        Some(state) => Ok(check.status(named_severity(state), &written(output, perfdata))),
    }
}

fn named_severity(state: &str) -> Severity {
    match state {
        "OK" | "UP" => Severity::Ok,
        "WARNING" => Severity::Warning,
        "CRITICAL" | "DOWN" => Severity::Critical,
        _ => Severity::Unknown,
    }
}

/// A metric event; how long the check took and how late it was are figures of the check, not of
/// what it checks.
fn figures(
    check: &Check<'_>,
    output: &str,
    perfdata: &str,
    seconds: &[(&str, &str)],
) -> Result<Reading, String> {
    let output = written(output, perfdata);
    if output.perfdata.is_empty() {
        return Err(format!("{}, {} has no performance data", check.host, check.service));
    }
    let mut draft = check.draft(Kind::Metric);
    for (name, text) in seconds {
        if let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) {
            draft = draft.with(name, value);
        }
    }
    Ok(check.reading(draft, &output))
}

fn written(output: &str, perfdata: &str) -> Output {
    Output { perfdata: perfdata.trim().to_owned(), ..Output::read(output) }
}

/// As many parts as there must be, divided by tabs; the last may hold tabs.
fn parts<const COUNT: usize>(text: &str) -> Result<[&str; COUNT], String> {
    let parts: Vec<_> = text.splitn(COUNT, '\t').collect();
    let found = parts.len();
    parts.try_into().map_err(|_| format!("{found} of {COUNT} parts, divided by tabs"))
}

fn checked<'a>(
    origin: &'a str,
    host: &'a str,
    service: &'a str,
    time: f64,
) -> Result<Check<'a>, String> {
    for (part, what) in [(host, "host"), (service, "service")] {
        if part.trim().is_empty() {
            return Err(format!("the {what} is missing"));
        }
    }
    Ok(Check { origin, host, service, time })
}

fn epoch(text: &str) -> Result<f64, String> {
    let digits = text.trim();
    let time =
        digits.parse::<f64>().ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_digit()));
    let time = time.filter(|time| time.is_finite());
    time.ok_or_else(|| format!("{} is no time in seconds since 1970", shown(text)))
}

/// A number too large for a plugin's code is one that plugins do not have.
fn code(text: &str) -> Result<u8, String> {
    let number = text.trim().parse::<i64>();
    let number = number.map_err(|_| format!("the code {} is no number", shown(text)))?;
    Ok(u8::try_from(number).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    fn read(line: &str) -> Event {
        let reading = read_line(1, line.as_bytes(), "nagios").unwrap().unwrap();
        assert_eq!(reading.complaints, [""; 0]);
        reading.draft.event()
    }

    fn reason(line: &str) -> String {
        read_line(7, line.as_bytes(), "nagios").unwrap_err().to_string()
    }

    #[test]
    fn passive_results_are_statuses() {
        let event = read(
            "[1301951466] PROCESS_SERVICE_CHECK_RESULT;web1;load;1;WARNING; high|load1=5.5;4;8;0; 'a b'=20ms\n",
        );
        assert_eq!((event.subject(), event.name(), event.origin()), ("web1", "load", "nagios"));
        assert_eq!((event.kind(), event.severity()), (Kind::Status, Severity::Warning));
        assert_eq!((event.text(), event.time()), ("WARNING; high", Some(1_301_951_466.0)));
        assert_eq!(event.metrics(), [("load1".to_owned(), 5.5), ("a b".to_owned(), 0.02)]);
        let described = event.value()["extended_data"]["perfdata"].to_string();
        assert_eq!(described, r#"{"load1":{"warn":"4","crit":"8","min":0.0},"a b":{"unit":"s"}}"#);
    }

    #[test]
    fn hosts_are_up_down_or_out_of_reach() {
        for (code, severity) in [
            (0, Severity::Ok),
            (1, Severity::Critical),
            (2, Severity::Unknown),
            (9, Severity::Unknown),
        ] {
            let event = read(&format!("[1] PROCESS_HOST_CHECK_RESULT;web1;{code};ping"));
            assert_eq!((event.name(), event.severity()), ("host", severity));
        }
        for code in ["4", "255", "-1", "99999999999"] {
            let event = read(&format!("[1] PROCESS_SERVICE_CHECK_RESULT;h;s;{code};"));
            assert_eq!(event.severity(), Severity::Unknown);
        }
    }

    #[test]
    fn details_follow_escaped_line_feeds() {
        let event = read(r"[1] PROCESS_SERVICE_CHECK_RESULT;h;s;2;bad|a=1\nsee C:\\log|b=2");
        assert_eq!(event.text(), "bad");
        assert_eq!(event.value()["extended_data"]["details"], r"see C:\log");
        assert_eq!(event.metrics(), [("a".to_owned(), 1.0), ("b".to_owned(), 2.0)]);
    }

    #[test]
    fn lines_of_performance_data_are_metrics() {
        let event = read(
            "[SERVICEPERFDATA]\t1301951466\tweb1\tload\t0.05\t0.2\tLOAD OK\tload1=0.5 load5=1\r",
        );
        assert_eq!((event.subject(), event.name(), event.kind()), ("web1", "load", Kind::Metric));
        assert_eq!((event.text(), event.metrics().len()), ("LOAD OK", 2));
        assert_eq!(event.value()["extended_data"]["latency"], 0.2);
        let event = read("[HOSTPERFDATA]\t1301951466\tweb1\t0.05\tPING OK\trta=0.5ms");
        assert_eq!((event.name(), event.metrics()), ("host", vec![("rta".to_owned(), 0.0005)]));
    }

    #[test]
    fn lines_with_names_have_a_state() {
        let event = read(
            "DATATYPE::SERVICEPERFDATA\tTIMET::5\tHOSTNAME::web1\tSERVICEDESC::load\tSERVICEPERFDATA::a=1\tHOSTSTATE::UP\tSERVICESTATE::CRITICAL",
        );
        assert_eq!((event.kind(), event.severity()), (Kind::Status, Severity::Critical));
        let event = read(
            "DATATYPE::HOSTPERFDATA\tTIMET::5\tHOSTNAME::web1\tHOSTPERFDATA::a=1\tHOSTSTATE::DOWN",
        );
        assert_eq!((event.name(), event.severity()), ("host", Severity::Critical));
    }

    #[test]
    fn bad_lines_say_where_and_why() {
        for (line, expected) in [
            ("hello", "line 7: \"hello\" is neither [EPOCH] COMMAND nor performance data"),
            ("[now] X;y", "line 7: \"now\" is no time in seconds since 1970"),
            ("[inf] X;y", "line 7: \"inf\" is no time in seconds since 1970"),
            ("[1] DISABLE_NOTIFICATIONS", "line 7: \"DISABLE_NOTIFICATIONS\" is no check result"),
            (
                "[1] PROCESS_SERVICE_CHECK_RESULT;h;s;0",
                "line 7: PROCESS_SERVICE_CHECK_RESULT has 3 of 4 parts",
            ),
            ("[1] PROCESS_SERVICE_CHECK_RESULT;h;s;OK;x", "line 7: the code \"OK\" is no number"),
            ("[1] PROCESS_SERVICE_CHECK_RESULT; ;s;0;x", "line 7: the host is missing"),
            ("[1] PROCESS_SERVICE_CHECK_RESULT;h;;0;x", "line 7: the service is missing"),
            ("[SERVICEPERFDATA]\t1\th", "line 7: 3 of 8 parts, divided by tabs"),
            ("[HOSTPERFDATA]\t1\th\t0\tok\t", "line 7: h, host has no performance data"),
            ("DATATYPE::X\tTIMET::1\tHOSTNAME::h", "line 7: DATATYPE \"X\" is no performance data"),
            ("DATATYPE::HOSTPERFDATA\tTIMET::1", "line 7: HOSTNAME is missing"),
        ] {
            assert_eq!(reason(line), expected);
        }
    }

    #[test]
    fn a_file_is_read_to_its_end_whatever_stands_in_it() {
        let text = b"# comment\n\n[1] PROCESS_HOST_CHECK_RESULT;a;0;caf\xff|x=0,5 y=1\nbad\n[2] PROCESS_HOST_CHECK_RESULT;b;1;\n";
        let read: Vec<_> = lines(text, "nagios").collect();
        let first = read[0].as_ref().unwrap();
        assert_eq!(first.complaints.len(), 1);
        let event = first.draft.clone().event();
        assert_eq!((event.text(), event.metrics().len()), ("caf\u{fffd}", 1));
        assert!(
            event.value()["extended_data"]["perfdata_refused"][0]
                .as_str()
                .unwrap()
                .contains("comma")
        );
        assert_eq!(read[1].as_ref().unwrap_err().line, 4);
        assert_eq!(read[2].as_ref().unwrap().draft.clone().event().subject(), "b");
        assert_eq!(read.len(), 3);
    }
}
