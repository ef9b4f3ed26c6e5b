//! Policies with the verdicts that the vocabulary gives them.

use std::{fmt, fs};

use groundrule_core::verdict::Status;
use groundrule_engine::event::Judged;
use groundrule_engine::policy::Keyword;

use super::estate::{Estate, NOW};
use crate::in_process::judge;

/// A sentence of the vocabulary with its cases.
pub struct Sentence {
    pub keyword: Keyword,
    pub expression: &'static str,
    /// What its cases are judged on, unless they have an estate of their own.
    estate: Estate,
    pub cases: Vec<Case>,
}

/// What a case shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Held,
    Violated,
    Undecided,
    Nothing,
}

/// One policy and what it comes to.
pub struct Case {
    pub kind: Kind,
    rule: &'static str,
    estate: Option<Estate>,
    allow_empty: bool,
    status: Status,
    /// For each violation its subjects, with a space between them.
    subjects: Vec<&'static str>,
    says: Vec<&'static str>,
    path: Vec<&'static str>,
    because: Option<&'static str>,
}

fn sentence(
    keyword: Keyword,
    expression: &'static str,
    estate: Estate,
    cases: Vec<Case>,
) -> Sentence {
    Sentence { keyword, expression, estate, cases }
}

pub fn given(expression: &'static str, estate: Estate, cases: Vec<Case>) -> Sentence {
    sentence(Keyword::Given, expression, estate, cases)
}

pub fn when(expression: &'static str, estate: Estate, cases: Vec<Case>) -> Sentence {
    sentence(Keyword::When, expression, estate, cases)
}

pub fn then(expression: &'static str, estate: Estate, cases: Vec<Case>) -> Sentence {
    sentence(Keyword::Then, expression, estate, cases)
}

/// A rule is a policy's steps with `; ` between them; where it has no double quotes, single ones
/// stand for them.
fn case(kind: Kind, rule: &'static str, status: Status, subjects: &[&'static str]) -> Case {
    Case {
        kind,
        rule,
        estate: None,
        allow_empty: false,
        status,
        subjects: subjects.to_vec(),
        says: Vec::new(),
        path: Vec::new(),
        because: None,
    }
}

pub fn held(rule: &'static str) -> Case {
    case(Kind::Held, rule, Status::Held, &[])
}

/// Violated by these: subjects of one violation have a space between them.
pub fn violated(rule: &'static str, subjects: &[&'static str]) -> Case {
    case(Kind::Violated, rule, Status::Violated, subjects)
}

pub fn undecided(rule: &'static str) -> Case {
    case(Kind::Undecided, rule, Status::Undecided, &[])
}

/// Violated since there is nothing to judge.
pub fn nothing(rule: &'static str) -> Case {
    case(Kind::Nothing, rule, Status::Violated, &[""])
}

impl Case {
    /// Judged on an estate of its own.
    pub fn on(mut self, estate: Estate) -> Self {
        self.estate = Some(estate);
        self
    }

    /// The set that it judges is empty.
    pub fn of_nothing(mut self) -> Self {
        self.kind = Kind::Nothing;
        self
    }

    /// Tagged `@allow-empty`.
    pub fn allowing_empty(mut self) -> Self {
        self.allow_empty = true;
        self
    }

    /// One of its violations has this message.
    pub fn says(mut self, message: &'static str) -> Self {
        self.says.push(message);
        self
    }

    /// One of its violations has this path.
    pub fn path(mut self, path: &[&'static str]) -> Self {
        self.path = path.to_vec();
        self
    }

    /// The reason why it is undecided has these words.
    pub fn because(mut self, words: &'static str) -> Self {
        self.because = Some(words);
        self
    }

    fn feature(&self) -> String {
        let quoted = match self.rule.contains('"') {
            true => self.rule.to_owned(),
            false => self.rule.replace('\'', "\""),
        };
        let steps = quoted.replace("; ", "\n    ");
        let tag = if self.allow_empty { "  @allow-empty\n" } else { "" };
        format!("Feature: a sentence\n\n{tag}  Scenario: a case\n    {steps}\n")
    }

    /// What is not as it should be.
    fn differences(&self, judged: &Judged) -> Vec<String> {
        let mut different = Vec::new();
        if judged.status != self.status {
            different.push(format!("it is {}, not {}", judged.status, self.status));
        }
        let violations: Vec<_> = judged.findings.iter().map(|f| &f.violation).collect();
        let mut found: Vec<_> = violations.iter().map(|v| v.subjects.join(" ")).collect();
        found.sort();
        let mut wanted = self.subjects.clone();
        wanted.sort_unstable();
        if found != wanted {
            different.push(format!("it names {found:?}, not {wanted:?}"));
        }
        let messages: Vec<_> = violations.iter().map(|v| v.message.as_str()).collect();
        for says in &self.says {
            if !messages.contains(says) {
                different.push(format!("it says {messages:#?}, not {says:?}"));
            }
        }
        if self.kind == Kind::Nothing && self.subjects == [""] && self.says.is_empty() {
            let refused = |message: &&str| message.starts_with("there is nothing to judge: ");
            if !messages.iter().all(refused) {
                different.push(format!("it says {messages:?}"));
            }
        }
        if !self.path.is_empty() && !violations.iter().any(|v| v.path == self.path) {
            let paths: Vec<_> = violations.iter().map(|v| &v.path).collect();
            different.push(format!("its paths are {paths:#?}, not {:#?}", self.path));
        }
        let reason = judged.undecided.as_ref().map_or("", |undecided| &undecided.reason);
        if self.status == Status::Held && !reason.is_empty() {
            different.push(format!("it holds, but {reason}"));
        }
        if let Some(because) = self.because.filter(|because| !reason.contains(because)) {
            different.push(format!("it is undecided since {reason:?}, not since {because:?}"));
        }
        different
    }
}

/// What is not as it should be. It is returned rather than panicked with: the runner keeps panics
/// quiet while it runs, those of tests in other threads too.
pub struct Different(Vec<String>);

impl fmt::Debug for Different {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} differences:\n{}", self.0.len(), self.0.join("\n"))
    }
}

/// Judges every case.
pub fn check(sentences: &[Sentence]) -> Result<(), Different> {
    let mut different = Vec::new();
    for Sentence { keyword, expression, estate, cases } in sentences {
        for case in cases {
            let directory = tempfile::tempdir().unwrap();
            let feature = directory.path().join("case.feature");
            fs::write(&feature, case.feature()).unwrap();
            let estate_directory = directory.path().join("estate");
            case.estate.as_ref().unwrap_or(estate).write(&estate_directory);
            let mut problems = Vec::new();
            match judge(&estate_directory, &feature, NOW).as_deref() {
                Ok([judged]) => {
                    let is_it = |step: &groundrule_engine::policy::Step| {
                        step.definition.keyword == *keyword
                            && step.definition.expression == *expression
                    };
                    if !judged.policy.steps.iter().any(is_it) {
                        problems.push("it does not have the sentence".to_owned());
                    }
                    problems.extend(case.differences(judged));
                }
                Ok(judged) => problems.push(format!("{} policies were judged", judged.len())),
                Err(faults) => problems.push(format!("it cannot run: {faults:?}")),
            }
            for problem in problems {
                different.push(format!("{keyword} {expression}\n  {}\n  {problem}", case.rule));
            }
        }
    }
    if different.is_empty() { Ok(()) } else { Err(Different(different)) }
}
