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

/// A tag that cannot be used, and what to write.
pub type Bad = (String, String);

impl<'t> Tags<'t> {
    /// Reads tags; the scenario's own come first and win.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn read(tags: &'t [String]) -> Result<Self, Bad> {
        let value =
            |key: &str| tags.iter().find_map(|tag| tag.strip_prefix(key)?.strip_prefix(':'));
        if let Some(tag) =
            tags.iter().find(|tag| matches!(tag.as_str(), "id:" | "owner:" | "every:"))
        {
            return Err((
                format!("the tag @{tag} has no value"),
                format!("write @{tag}… or take it away"),
            ));
        }
        if let Some(every) = value("every") {
            duration(every).map_err(|why| {
                (
                    format!("the tag @every:{every} is no length of time: {why}"),
                    "write for instance @every:90s or @every:1h".to_owned(),
                )
            })?;
        }
        if let Some(tag) = tags.iter().find(|tag| tag.starts_with("waived(") && !tag.ends_with(')'))
        {
            return Err((
                format!("the tag @{tag} does not end"),
                "write @waived(ID) with a waiver's id".to_owned(),
            ));
        }
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
        let read = Tags::read(&tags).unwrap();
        assert_eq!(
            (read.id, read.severity, read.owner, read.allow_empty),
            (Some("mysql-zones"), Severity::Warning, Some("dba"), true)
        );
        assert!(Tags::read(&owned(&["id:"])).is_err());
        assert!(Tags::read(&owned(&["every:often"])).is_err());
        assert!(Tags::read(&owned(&["every:1m", "waived(W-1)"])).is_ok());
        assert!(Tags::read(&owned(&["waived(W-1"])).is_err());
    }

    #[test]
    fn slugs() {
        assert_eq!(slug("Our MySQL databases, (all) of them!"), "our-mysql-databases-all-of-them");
        assert_eq!(slug("Überwacht"), "überwacht");
    }
}
