//! Reviewed, dated exceptions for single findings.

use std::collections::BTreeMap;

use groundrule_core::redaction::glob;
use groundrule_core::verdict::Violation;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::event::Waived;
use crate::nearest::nearest;
use crate::policy::Fault;

/// What a run is for; a waiver says where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A check of a change, and the default.
    Ci,
    /// A regular check of what is there.
    Audit,
    /// A decision before an action.
    Gate,
}

impl Mode {
    /// The mode of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [("ci", Self::Ci), ("audit", Self::Audit), ("gate", Self::Gate)]
            .into_iter()
            .find_map(|(known, mode)| (known == name).then_some(mode))
    }
}

/// One exception.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// The policy's id; `*` stands for any letters.
    pub policy: String,
    /// Whom it excepts; none: every finding of the policy.
    pub subjects: Option<Vec<String>>,
    /// Whether a finding may have further subjects.
    pub any: bool,
    /// Why.
    pub reason: String,
    /// Who is to mend it.
    pub owner: String,
    /// When it was made.
    pub created: Option<Date>,
    /// The last day on which it counts.
    pub expires: Date,
    /// Where it is discussed.
    pub ticket: Option<String>,
    /// Where it applies.
    pub applies_to: Vec<Mode>,
    /// Its line in the file.
    pub line: usize,
}

/// All exceptions of a file.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    /// The file, as the user would name it.
    pub file: String,
    /// In the order of the file.
    pub all: Vec<Waiver>,
    /// Whether those that are expired, unused or for an unknown policy are failures.
    pub strict: bool,
}

/// What the waivers say of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Nothing.
    Stands,
    /// It is excepted.
    Waived(Waived),
    /// It was excepted until then.
    Expired(String, Date),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: Option<u32>,
    defaults: Option<RawDefaults>,
    waivers: Vec<Spanned<RawWaiver>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawDefaults {
    max_days: Option<i64>,
    #[serde(default)]
    require: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaiver {
    id: Option<String>,
    policy: Option<String>,
    scope: Option<String>,
    #[serde(alias = "entities")]
    subjects: Option<Vec<String>>,
    #[serde(rename = "match")]
    matching: Option<String>,
    reason: Option<String>,
    owner: Option<String>,
    approved_by: Option<String>,
    created: Option<String>,
    expires: Option<String>,
    ticket: Option<String>,
    risk: Option<String>,
    applies_to: Option<Vec<Mode>>,
}

impl Waivers {
    /// Reads a file: a list of waivers, or a mapping with `waivers` and `defaults`.
    ///
    /// # Errors
    /// Everything that is wrong with it, with lines.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let is_list = text
            .lines()
            .map(str::trim_start)
            .find(|line| !line.is_empty() && !line.starts_with('#') && *line != "---");
        let raw = match is_list {
            None => return Ok(Self { file: file.to_owned(), ..Self::default() }),
            Some(line) if line.starts_with('-') || line.starts_with('[') => {
                serde_saphyr::from_str(text).map(|waivers| RawFile {
                    version: None,
                    defaults: None,
                    waivers,
                })
            }
            Some(_) => serde_saphyr::from_str(text),
        };
        let raw: RawFile = raw.map_err(|error| {
            let place = error.location();
            let text = error.without_snippet().to_string();
            let first = text.lines().next().unwrap_or_default();
            vec![Fault {
                file: file.to_owned(),
                line: place.map_or(0, |place| place.line() as usize),
                column: place.map_or(0, |place| place.column() as usize),
                width: 0,
                what: first.split(" at line ").next().unwrap_or(first).to_owned(),
                help: help(first),
            }]
        })?;
        let mut reader = Reader {
            file,
            defaults: raw.defaults.unwrap_or_default(),
            faults: Vec::new(),
            ids: BTreeMap::new(),
        };
        if raw.version.is_some_and(|version| version != 1) {
            reader.fault(1, "the file is of a version that is not known", "write version: 1");
        }
        let all: Vec<_> =
            raw.waivers.into_iter().filter_map(|waiver| reader.waiver(waiver)).collect();
        if reader.faults.is_empty() {
            Ok(Self { file: file.to_owned(), all, strict: false })
        } else {
            Err(reader.faults)
        }
    }

    /// What they say of a violation of a policy. Nothing to judge is never excepted.
    #[must_use]
    pub fn rule(
        &self,
        policy: &str,
        violation: &Violation,
        mode: Mode,
        now: Timestamp,
    ) -> (Ruling, Option<usize>) {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut ruling = (Ruling::Stands, None);
        for (n, waiver) in self.all.iter().enumerate() {
            if violation.subjects.is_empty()
                || !waiver.applies_to.contains(&mode)
                || !waiver.covers(policy, violation)
            {
                continue;
            }
            if waiver.expires >= today {
                return (Ruling::Waived(waiver.waived(today)), Some(n));
            }
            ruling = (Ruling::Expired(waiver.id.clone(), waiver.expires), Some(n));
        }
        ruling
    }
}

impl Waiver {
    fn covers(&self, policy: &str, violation: &Violation) -> bool {
        let subjects = match &self.subjects {
            None => true,
            Some(subjects) if self.any => subjects.iter().all(|s| violation.subjects.contains(s)),
            Some(subjects) => *subjects == violation.subjects,
        };
        subjects && glob(&self.policy, policy)
    }

    /// Days that are left, the last one included; negative after it.
    #[must_use]
    pub fn days_left(&self, today: Date) -> i64 {
        let days =
            today.until((Unit::Day, self.expires)).map_or(0, |span| i64::from(span.get_days()));
        if self.expires >= today { days + 1 } else { days }
    }

    fn waived(&self, today: Date) -> Waived {
        Waived {
            id: self.id.clone(),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires: self.expires,
            days_left: self.days_left(today),
            ticket: self.ticket.clone(),
        }
    }
}

/// What to do about something that the parser refuses: the field that was meant, if one is near.
fn help(complaint: &str) -> String {
    const FIELDS: [&str; 12] = [
        "id",
        "policy",
        "scope",
        "subjects",
        "match",
        "reason",
        "owner",
        "approved_by",
        "created",
        "expires",
        "ticket",
        "applies_to",
    ];
    let wrong = complaint.strip_prefix("unknown field `").and_then(|text| text.split('`').next());
    let near = wrong.and_then(|wrong| nearest(FIELDS, wrong, 2));
    match near {
        Some(near) => format!("did you mean {near}?"),
        None => "a waiver has id, policy, subjects, reason, owner and expires".to_owned(),
    }
}

struct Reader<'f> {
    file: &'f str,
    defaults: RawDefaults,
    faults: Vec<Fault>,
    ids: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn fault(&mut self, line: usize, what: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault {
            file: self.file.to_owned(),
            line,
            column: 1,
            width: 0,
            what: what.into(),
            help: help.into(),
        });
    }

    fn date(&mut self, line: usize, field: &str, text: Option<&str>) -> Option<Date> {
        let text = text?;
        let date = text.parse().ok();
        if date.is_none() {
            self.fault(
                line,
                format!("{field} is {text:?}, which is no date"),
                "write it as 2026-12-31",
            );
        }
        date
    }

    fn waiver(&mut self, raw: Spanned<RawWaiver>) -> Option<Waiver> {
        let line = raw.referenced.line() as usize;
        let raw = raw.value;
        let before = self.faults.len();
        let name = raw.id.as_deref().unwrap_or("without an id").to_owned();
        let fields = [
            ("id", raw.id.is_some()),
            ("policy", raw.policy.is_some()),
            ("reason", raw.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty())),
            ("owner", raw.owner.is_some()),
            ("expires", raw.expires.is_some()),
            ("created", raw.created.is_some() || !self.requires("created")),
            ("ticket", raw.ticket.is_some() || !self.requires("ticket")),
            ("approved_by", raw.approved_by.is_some() || !self.requires("approved_by")),
            ("risk", raw.risk.is_some() || !self.requires("risk")),
        ];
        for (field, there) in fields {
            if !there {
                let help = match field {
                    "expires" => "write the last day on which it counts: expires: 2026-12-31",
                    "created" => "write the day on which it was made: created: 2026-10-01",
                    _ => "write it down: an exception is reviewed like code",
                };
                self.fault(line, format!("the waiver {name} has no {field}"), help);
            }
        }
        if let Some(id) = &raw.id
            && let Some(other) = self.ids.insert(id.clone(), line)
        {
            self.fault(
                line,
                format!("two waivers have the id {id}: the other one is on line {other}"),
                "give one of them another id",
            );
        }
        if raw.policy.as_deref().is_some_and(|policy| policy.trim_matches('*').is_empty()) {
            self.fault(line, format!("the waiver {name} is for every policy"), "name the policy");
        }
        let subjects = match (raw.subjects, raw.scope.as_deref()) {
            (Some(subjects), None) if !subjects.is_empty() => {
                let mut subjects: Vec<_> = subjects.iter().map(|s| normal(s)).collect();
                subjects.sort_unstable();
                subjects.dedup();
                Some(subjects)
            }
            (None, Some("policy")) => None,
            _ => {
                let help = "name the subjects of the finding under subjects, or write scope: policy for all of them";
                self.fault(
                    line,
                    format!("the waiver {name} does not say which findings it is for"),
                    help,
                );
                None
            }
        };
        if raw.matching.as_deref().is_some_and(|m| m != "any" && m != "exact") {
            self.fault(
                line,
                format!("the waiver {name} matches in no way that is known"),
                "write match: exact or match: any",
            );
        }
        let created = self.date(line, "created", raw.created.as_deref());
        let expires = self.date(line, "expires", raw.expires.as_deref());
        if let (Some(created), Some(expires), Some(max)) =
            (created, expires, self.defaults.max_days)
        {
            let days =
                created.until((Unit::Day, expires)).map_or(0, |span| i64::from(span.get_days()));
            if days > max {
                self.fault(
                    line,
                    format!("the waiver {name} lasts {days} days, and at most {max} are allowed"),
                    "shorten it",
                );
            }
        }
        let ok = self.faults.len() == before;
        ok.then_some(())?;
        Some(Waiver {
            id: raw.id?,
            policy: raw.policy?,
            subjects,
            any: raw.matching.as_deref() == Some("any"),
            reason: raw.reason?.trim().to_owned(),
            owner: raw.owner?,
            created,
            expires: expires?,
            ticket: raw.ticket,
            applies_to: raw.applies_to.unwrap_or_else(|| vec![Mode::Ci, Mode::Audit]),
            line,
        })
    }

    fn requires(&self, field: &str) -> bool {
        let listed = self.defaults.require.iter().any(|required| required == field);
        listed || (field == "created" && self.defaults.max_days.is_some())
    }
}

/// A subject as reports write it: the node's name in lower case.
fn normal(subject: &str) -> String {
    match subject.split_once('/') {
        Some((node, resource)) => format!("{}/{resource}", node.to_lowercase()),
        None => subject.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# reviewed\n- id: W-1\n  policy: mysql-*\n  subjects: [B, a]\n  reason: second zone comes with the move\n  owner: dba\n  expires: 2026-11-30\n";

    fn violation(subjects: &[&str]) -> Violation {
        Violation::new(subjects.iter().map(|s| (*s).to_owned()).collect(), "fact zone", "m")
    }

    fn ruling(waivers: &Waivers, policy: &str, subjects: &[&str], mode: Mode, now: &str) -> Ruling {
        waivers.rule(policy, &violation(subjects), mode, now.parse().unwrap()).0
    }

    #[test]
    fn a_waiver_excepts_one_finding_until_its_last_day() {
        let waivers = Waivers::read("waivers.yaml", GOOD).unwrap();
        let last_second = "2026-11-30T23:59:59Z";
        let Ruling::Waived(waived) =
            ruling(&waivers, "mysql-zones", &["a", "b"], Mode::Ci, last_second)
        else {
            panic!("not waived");
        };
        assert_eq!((waived.id.as_str(), waived.days_left), ("W-1", 1));
        let stands = |policy, subjects: &[&str], mode| {
            ruling(&waivers, policy, subjects, mode, last_second) == Ruling::Stands
        };
        assert!(stands("mysql-zones", &["a"], Mode::Ci));
        assert!(stands("mysql-zones", &["a", "b", "c"], Mode::Ci));
        assert!(stands("other", &["a", "b"], Mode::Ci));
        assert!(stands("mysql-zones", &["a", "b"], Mode::Gate));
        assert!(stands("mysql-zones", &[], Mode::Ci));
        let after =
            ruling(&waivers, "mysql-zones", &["a", "b"], Mode::Audit, "2026-12-01T00:00:00Z");
        assert_eq!(after, Ruling::Expired("W-1".into(), "2026-11-30".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_read_says_where_and_what_to_do() {
        let faults = |text: &str| {
            let faults = Waivers::read("w.yaml", text).unwrap_err();
            faults
                .into_iter()
                .map(|f| format!("{}: {}", f.line, f.what))
                .collect::<Vec<_>>()
                .join("; ")
        };
        assert_eq!(
            faults(&GOOD.replace("  expires: 2026-11-30\n", "")),
            "2: the waiver W-1 has no expires"
        );
        assert_eq!(
            faults(&GOOD.replace("2026-11-30", "soon")),
            "2: expires is \"soon\", which is no date"
        );
        assert_eq!(
            faults(&GOOD.replace("mysql-*", "'*'")),
            "2: the waiver W-1 is for every policy"
        );
        assert_eq!(
            faults(&GOOD.replace("  subjects: [B, a]\n", "")),
            "2: the waiver W-1 does not say which findings it is for"
        );
        assert_eq!(
            faults(&format!("{GOOD}{}", GOOD.replace("# reviewed\n", ""))),
            "8: two waivers have the id W-1: the other one is on line 2"
        );
        let limited = format!(
            "version: 1\ndefaults: {{max_days: 10, require: [ticket]}}\nwaivers:\n{}",
            GOOD.replace("# reviewed\n", "").replace("  owner", "  created: 2026-11-01\n  owner")
        );
        assert_eq!(
            faults(&limited),
            "4: the waiver W-1 has no ticket; 4: the waiver W-1 lasts 29 days, and at most 10 are allowed"
        );
        assert!(faults("- id: [").starts_with("1:"));
        assert!(Waivers::read("w.yaml", "# nothing yet\n").unwrap().all.is_empty());
    }
}
