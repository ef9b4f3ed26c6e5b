//! What a policy's tags say.

use std::time::Duration;

use groundrule_core::verdict::Severity;

/// Tags that mean something to us, without `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags<'t> {
    /// `id:…`
    pub id: Option<&'t str>,
    /// `warning` or `critical`
    pub severity: Severity,
    /// `owner:…`
    pub owner: Option<&'t str>,
    /// `allow-empty`
    pub allow_empty: bool,
}

/// A tag that cannot be used, what is wrong with it, and what to write.
pub type Bad = (String, String, String);

/// Tags with a value behind a colon.
const VALUED: [&str; 3] = ["id", "owner", "every"];

/// Tags without a value.
const PLAIN: [&str; 4] = ["critical", "warning", "allow-empty", "gate"];

impl<'t> Tags<'t> {
    /// Reads tags; the scenario's own come first and win.
    ///
    /// # Errors
    /// All that cannot be used.
    pub fn read(tags: &'t [String], own: &[String]) -> Result<Self, Vec<Bad>> {
        let mut bad: Vec<Bad> = tags
            .iter()
            .filter_map(|tag| wrong(tag).map(|(what, help)| (tag.clone(), what, help)))
            .collect();
        let mut ids = own.iter().filter(|tag| tag.starts_with("id:"));
        if let (Some(first), Some(second)) = (ids.next(), ids.next()) {
            let what = format!("two ids for one policy: @{first} and @{second}");
            bad.push((second.clone(), what, "take one of them away".to_owned()));
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        let value =
            |key: &str| tags.iter().find_map(|tag| tag.strip_prefix(key)?.strip_prefix(':'));
        let severity = tags.iter().find_map(|tag| match tag.as_str() {
            "warning" => Some(Severity::Warning),
            "critical" => Some(Severity::Critical),
            _ => None,
        });
        Ok(Self {
            id: value("id"),
            severity: severity.unwrap_or(Severity::Critical),
            owner: value("owner"),
            allow_empty: tags.iter().any(|tag| tag == "allow-empty"),
        })
    }
}

/// What is wrong with a tag, and what to write. Words of our own that are not quite right are faults:
/// a policy without its severity or id would be reported as something else.
fn wrong(tag: &str) -> Option<(String, String)> {
    let (key, value) = tag.split_once(':').map_or((tag, None), |(key, value)| (key, Some(value)));
    let lower = key.to_lowercase().replace('_', "-");
    if VALUED.contains(&lower.as_str()) {
        return match value {
            None | Some("") => Some((
                format!("the tag @{tag} has no value"),
                format!("write @{lower}:…, or take it away"),
            )),
            Some(value) if lower != key => Some((
                format!("the tag @{tag} is not known"),
                format!("did you mean @{lower}:{value}?"),
            )),
            Some(every) if key == "every" => duration(every).err().map(|why| {
                let what = format!("the tag @{tag} is no length of time: {why}");
                (what, "write for instance @every:90s or @every:1h".to_owned())
            }),
            Some(_) => None,
        };
    }
    if lower == "severity" {
        let help = "write @critical, which is the default, or @warning".to_owned();
        return Some((format!("the tag @{tag} is not known"), help));
    }
    if PLAIN.contains(&lower.as_str()) && tag != lower {
        return Some((format!("the tag @{tag} is not known"), format!("did you mean @{lower}?")));
    }
    if let Some(rest) = tag.strip_prefix("waived")
        && !(rest.len() > 2 && rest.starts_with('(') && rest.ends_with(')'))
    {
        let help = "write @waived(ID) with a waiver's id".to_owned();
        return Some((format!("the tag @{tag} names no waiver"), help));
    }
    if let Some(rest) = tag.strip_prefix("retry")
        && !is_retry(rest)
    {
        let help = "write @retry, @retry(3) or @retry(3).after(1s)".to_owned();
        return Some((format!("the tag @{tag} cannot be read"), help));
    }
    None
}

/// What may follow `@retry`: `(3)`, `.after(1s)`, both in this order, or nothing.
fn is_retry(rest: &str) -> bool {
    let (times, after) = rest.split_once(".after").map_or((rest, None), |(t, a)| (t, Some(a)));
    let inner = |text: &str| text.strip_prefix('(')?.strip_suffix(')').map(str::to_owned);
    let times = times.is_empty() || inner(times).is_some_and(|n| n.parse::<usize>().is_ok());
    times && after.is_none_or(|after| inner(after).is_some_and(|text| duration(&text).is_ok()))
}

/// A length of time as policies write it: `90s`, `1h`, `2d`, `1h 30m`.
///
/// # Errors
/// When it is none.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

/// Text as an id: letters and digits in lower case, everything else a dash.
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_a_policy() {
        let owned = |tags: &[&str]| tags.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let tags = owned(&["id:mysql-zones", "warning", "owner:dba", "allow-empty", "critical"]);
        let read = Tags::read(&tags, &tags).unwrap();
        assert_eq!(
            (read.id, read.severity, read.owner, read.allow_empty),
            (Some("mysql-zones"), Severity::Warning, Some("dba"), true)
        );
    }

    #[test]
    fn tags_that_cannot_be_used() {
        for bad in [
            "id",
            "id:",
            "ID:x",
            "owner",
            "every:often",
            "severity:high",
            "Critical",
            "allow_empty",
            "warning:",
            "waived",
            "waived(W-1",
            "waived()",
            "retry(x)",
            "retry(1).after(soon)",
            "retry3",
        ] {
            let tags = [bad.to_owned()];
            assert!(Tags::read(&tags, &tags).is_err(), "@{bad}");
        }
        for good in [
            "id:a",
            "every:1m",
            "waived(W-1)",
            "retry",
            "retry(3)",
            "retry.after(2s)",
            "retry(3).after(1s)",
            "serial",
            "allow.skipped",
            "criticality",
            "mine:x",
        ] {
            let tags = [good.to_owned()];
            assert!(Tags::read(&tags, &tags).is_ok(), "@{good}");
        }
        let two = ["id:a".to_owned(), "id:b".to_owned()];
        assert!(Tags::read(&two, &two).is_err());
        assert!(Tags::read(&two, &two[..1]).is_ok());
    }

    #[test]
    fn slugs() {
        assert_eq!(slug("Our MySQL databases, (all) of them!"), "our-mysql-databases-all-of-them");
        assert_eq!(slug("Überwacht"), "überwacht");
    }
}
