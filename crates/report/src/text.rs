//! Words that several formats use.

use groundrule_engine::event::{Finding, Judged, RunFinished};

/// A number of things in the plural where it is not one.
pub fn count(n: usize, one: &str) -> String {
    let stem = one.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (n, stem) {
        (1, _) => format!("1 {one}"),
        (n, Some(stem)) => format!("{n} {stem}ies"),
        (n, None) => format!("{n} {one}s"),
    }
}

/// Why a finding is excepted, or was.
pub fn exception(finding: &Finding) -> Option<String> {
    if let Some(waived) = &finding.waiver {
        let days = count(usize::try_from(waived.days_left).unwrap_or_default(), "day");
        let ticket =
            waived.ticket.as_ref().map_or_else(String::new, |ticket| format!(", {ticket}"));
        return Some(format!(
            "waived by {} until {} ({days} left): {}, {}{ticket}",
            waived.id, waived.expires, waived.reason, waived.owner
        ));
    }
    let (id, day) = finding.expired.as_ref()?;
    Some(format!("the waiver {id} expired on {day}"))
}

/// Why policies were not judged.
pub fn not_judged(finished: &RunFinished) -> &'static str {
    if finished.crashed.is_empty() {
        "not judged: the run stopped at the first policy that does not hold"
    } else {
        "not judged: the run met a bug"
    }
}

/// A whole finding as plain lines: what, who, how connected.
pub fn finding_lines(finding: &Finding) -> Vec<String> {
    let violation = &finding.violation;
    let mut lines = vec![violation.message.clone()];
    let unnamed: Vec<_> = violation
        .subjects
        .iter()
        .filter(|s| !names(&violation.message, s))
        .map(String::as_str)
        .collect();
    if !unnamed.is_empty() {
        lines.push(format!("who: {}", violation.subjects.join(", ")));
    }
    lines.extend(violation.path.iter().map(|hop| format!("how: {hop}")));
    lines.extend(exception(finding));
    lines
}

/// Whether a message names a subject: a node, or a resource and its node.
fn names(message: &str, subject: &str) -> bool {
    match subject.split_once('/') {
        Some((node, resource)) => message.contains(node) && message.contains(resource),
        None => message.contains(subject),
    }
}

/// The findings of a policy that nothing excepts.
pub fn standing(judged: &Judged) -> impl Iterator<Item = &Finding> {
    judged.findings.iter().filter(|finding| finding.waiver.is_none())
}
