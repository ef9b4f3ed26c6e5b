//! JUnit XML: one suite a feature, one case a policy. A violation is a failure, what could not be
//! decided an error, what is waived skipped.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use groundrule_core::verdict::Status;
use groundrule_engine::event::{Event, Judged, RunFinished};
use groundrule_engine::policy::Policy;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event as Xml};

use crate::text::{exception, finding_lines, not_judged};
use crate::{Output, Reporter};

pub struct Junit {
    writer: Writer<Box<dyn io::Write>>,
    /// The policies of one feature: a suite tells how many there are before it lists them.
    suite: Vec<Case>,
    names: HashSet<(String, String)>,
    /// How many policies each file has.
    per_file: HashMap<String, usize>,
}

/// A policy with what it came to, or why it was not judged.
struct Case {
    policy: Arc<Policy>,
    outcome: Result<Arc<Judged>, &'static str>,
}

impl Case {
    fn status(&self) -> Option<Status> {
        self.outcome.as_ref().ok().map(|judged| judged.status)
    }

    fn seconds(&self) -> f64 {
        self.outcome.as_ref().map_or(0.0, |judged| judged.seconds)
    }
}

/// Text that XML can hold.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

impl Junit {
    pub fn new(output: Output) -> Self {
        Self {
            writer: Writer::new_with_indent(output.to, b' ', 2),
            suite: Vec::new(),
            names: HashSet::new(),
            per_file: HashMap::new(),
        }
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer.write_event(Xml::Start(element(name, attributes)))
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer.write_event(Xml::Empty(element(name, attributes)))
    }

    fn end(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Xml::End(BytesEnd::new(name)))
    }

    /// Writes the suite that is complete.
    fn suite(&mut self) -> io::Result<()> {
        let suite = std::mem::take(&mut self.suite);
        let Some(first) = suite.first() else {
            return Ok(());
        };
        let of = |status: &[Option<Status>]| {
            suite.iter().filter(|case| status.contains(&case.status())).count().to_string()
        };
        let seconds: f64 = suite.iter().map(Case::seconds).sum();
        self.start(
            "testsuite",
            &[
                ("name", &first.policy.feature),
                ("file", &first.policy.file),
                ("tests", &suite.len().to_string()),
                ("failures", &of(&[Some(Status::Violated)])),
                ("errors", &of(&[Some(Status::Undecided)])),
                ("skipped", &of(&[Some(Status::Waived), None])),
                ("time", &format!("{seconds:.6}")),
            ],
        )?;
        for case in &suite {
            self.case(case)?;
        }
        self.end("testsuite")?;
        self.writer.get_mut().flush()
    }

    fn case(&mut self, case: &Case) -> io::Result<()> {
        let policy = &case.policy;
        let mut name = policy.name.clone();
        if !self.names.insert((policy.feature.clone(), name.clone())) {
            name = format!("{name} [{}]", policy.id);
            self.names.insert((policy.feature.clone(), name.clone()));
        }
        self.start(
            "testcase",
            &[
                ("classname", &policy.feature),
                ("name", &name),
                ("file", &policy.file),
                ("line", &policy.line.to_string()),
                ("time", &format!("{:.6}", case.seconds())),
            ],
        )?;
        self.start("properties", &[])?;
        let severity = policy.severity.to_string();
        for (key, value) in [
            ("policy", Some(&policy.id)),
            ("severity", Some(&severity)),
            ("owner", policy.owner.as_ref()),
        ] {
            if let Some(value) = value {
                self.empty("property", &[("name", key), ("value", value)])?;
            }
        }
        self.end("properties")?;
        match &case.outcome {
            Ok(judged) => self.outcome(judged)?,
            Err(why) => self.empty("skipped", &[("message", why)])?,
        }
        self.end("testcase")
    }

    fn outcome(&mut self, judged: &Judged) -> io::Result<()> {
        let (element, kind, message, lines): (_, _, _, Vec<String>) = match judged.status {
            Status::Held => return Ok(()),
            Status::Violated => {
                let lines = judged.findings.iter().flat_map(finding_lines).collect();
                let first = judged.findings.iter().find(|f| f.waiver.is_none());
                let message =
                    first.map_or(String::new(), |finding| finding.violation.message.clone());
                ("failure", "violation", message, lines)
            }
            Status::Undecided => {
                let undecided = judged.undecided.as_ref();
                let reason = undecided.map_or(String::new(), |undecided| undecided.reason.clone());
                let unknown = undecided.into_iter().flat_map(|undecided| &undecided.unknown);
                let lines = unknown.map(|unknown| {
                    let node = unknown.node.as_ref().map_or("", |node| node.as_str());
                    format!("{} {node}: {}", unknown.source, unknown.why)
                });
                ("error", "undecided", reason, lines.collect())
            }
            Status::Waived => {
                let why: Vec<_> = judged.findings.iter().filter_map(exception).collect();
                return self.empty("skipped", &[("message", &why.join("; "))]);
            }
        };
        self.start(element, &[("message", &message), ("type", kind)])?;
        self.writer.write_event(Xml::Text(BytesText::new(&clean(&lines.join("\n")))))?;
        self.end(element)
    }

    /// Adds a policy; the last one of a file ends its suite.
    fn add(&mut self, case: Case) -> io::Result<()> {
        if self.suite.first().is_some_and(|first| first.policy.file != case.policy.file) {
            self.suite()?;
        }
        let whole = self.per_file.get(&case.policy.file).copied();
        self.suite.push(case);
        if whole == Some(self.suite.len()) { self.suite() } else { Ok(()) }
    }

    fn finished(&mut self, finished: &RunFinished) -> io::Result<()> {
        for policy in &finished.not_judged {
            let (policy, outcome) = (Arc::clone(policy), Err(not_judged(finished)));
            self.add(Case { policy, outcome })?;
        }
        self.suite()?;
        for bug in &finished.crashed {
            self.start(
                "testsuite",
                &[
                    ("name", "groundrule"),
                    ("tests", "1"),
                    ("failures", "0"),
                    ("errors", "1"),
                    ("skipped", "0"),
                ],
            )?;
            self.start("testcase", &[("classname", "groundrule"), ("name", bug)])?;
            self.empty("error", &[("message", bug), ("type", "bug")])?;
            self.end("testcase")?;
            self.end("testsuite")?;
        }
        self.end("testsuites")?;
        writeln!(self.writer.get_mut())?;
        self.writer.get_mut().flush()
    }
}

fn element<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut element = BytesStart::new(name);
    for (key, value) in attributes {
        element.push_attribute((*key, clean(value).as_str()));
    }
    element
}

impl Reporter for Junit {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(started) => {
                self.per_file.clone_from(&started.per_file);
                self.writer.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
                self.start("testsuites", &[("name", "groundrule")])
            }
            Event::Judged(judged) => {
                let policy = Arc::clone(&judged.policy);
                self.add(Case { policy, outcome: Ok(Arc::clone(judged)) })
            }
            Event::Finished(finished) => self.finished(finished),
        }
    }
}
