//! Words into which fields of an event are put.

use groundrule_core::event::Event;
use serde::Deserialize;

use super::ActionError;

/// How much of a field is put in: an argument of a program cannot be of any length.
const LONGEST: usize = 8192;

/// A field that can be put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Subject,
    Name,
    Text,
    Severity,
}

impl Field {
    const ALL: [(&'static str, Self); 4] = [
        ("{subject}", Self::Subject),
        ("{name}", Self::Name),
        ("{text}", Self::Text),
        ("{severity}", Self::Severity),
    ];

    fn of(self, event: &Event) -> &str {
        match self {
            Self::Subject => event.subject(),
            Self::Name => event.name(),
            Self::Text => event.text(),
            Self::Severity => event.severity().name(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Field(Field),
}

/// One word, with `{subject}`, `{name}`, `{text}` or `{severity}` in it. A value that is put in
/// stays inside this word, whatever stands in it, and is not looked through again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Template(Vec<Part>);

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        let mut words = String::new();
        while let Some(at) = rest.find('{') {
            words.push_str(&rest[..at]);
            rest = &rest[at..];
            let letters =
                rest[1..].find(|c: char| !c.is_ascii_lowercase()).map_or(rest.len(), |n| n + 1);
            if letters == 1 || !rest[letters..].starts_with('}') {
                words.push('{');
                rest = &rest[1..];
                continue;
            }
            let wanted = &rest[..=letters];
            let known = Field::ALL.iter().find(|(name, _)| *name == wanted);
            let (_, field) = known.ok_or_else(|| {
                format!("{wanted} is unknown: {}", Field::ALL.map(|(name, _)| name).join(", "))
            })?;
            parts.push(Part::Words(std::mem::take(&mut words)));
            parts.push(Part::Field(*field));
            rest = &rest[wanted.len()..];
        }
        words.push_str(rest);
        parts.push(Part::Words(words));
        parts.retain(|part| !matches!(part, Part::Words(words) if words.is_empty()));
        Ok(Self(parts))
    }
}

impl Template {
    /// Whether it has the same words for every event.
    pub(super) fn is_fixed(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Words(_)))
    }

    /// The words for an event.
    ///
    /// # Errors
    /// When a value would make an option of an argument, or cannot be in one.
    pub(super) fn fill(&self, event: &Event) -> Result<String, ActionError> {
        self.fill_if(event, |_| true)
    }

    /// The words for an event, where values may only have letters, digits and `. - _ : @` in them:
    /// for places where others would mean something.
    ///
    /// # Errors
    /// When a value has others in it.
    pub(super) fn fill_plainly(&self, event: &Event) -> Result<String, ActionError> {
        self.fill_if(event, |c| c.is_ascii_alphanumeric() || ".-_:@".contains(c))
    }

    fn fill_if(&self, event: &Event, may: fn(char) -> bool) -> Result<String, ActionError> {
        let mut filled = String::new();
        for part in &self.0 {
            let field = match part {
                Part::Words(words) => {
                    filled.push_str(words);
                    continue;
                }
                Part::Field(field) => field,
            };
            let value = shortened(field.of(event));
            let refused = |why| {
                Err(ActionError::refused(format!("{field:?} of the event {why}").to_lowercase()))
            };
            if filled.is_empty() && value.starts_with('-') {
                return refused("begins with a hyphen and would be taken for an option");
            }
            if value.contains('\0') {
                return refused("has a zero byte in it");
            }
            if !value.chars().all(may) {
                return refused("has other characters in it than may be here");
            }
            filled.push_str(value);
        }
        Ok(filled)
    }
}

fn shortened(value: &str) -> &str {
    &value[..value.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use groundrule_core::event::{Draft, Kind, Severity};

    use super::*;

    fn template(text: &str) -> Template {
        Template::try_from(text.to_owned()).unwrap()
    }

    fn event(subject: &str, text: &str) -> Event {
        let draft = Draft::new(Kind::Alert, "o", subject, "load", 1.0);
        draft.severity(Severity::Critical).text(text).event()
    }

    #[test]
    fn fields_are_put_into_one_word() {
        let event = event("web1 -x; {name}", "$(reboot)\n`id`");
        assert_eq!(template("--on={subject}").fill(&event).unwrap(), "--on=web1 -x; {name}");
        assert_eq!(template("{severity}:{name}").fill(&event).unwrap(), "CRITICAL:load");
        assert_eq!(template("{text}").fill(&event).unwrap(), "$(reboot)\n`id`");
        assert_eq!(template(r#"{"a":{}} {"#).fill(&event).unwrap(), r#"{"a":{}} {"#);
        assert!(template("{x y}{1}").is_fixed());
        assert!(Template::try_from("{host}".to_owned()).unwrap_err().contains("{subject}"));
    }

    #[test]
    fn no_value_becomes_an_option_or_a_pattern() {
        let hostile = event("--config=/tmp/evil", "x\0y");
        let error = template("{subject}").fill(&hostile).unwrap_err();
        assert!(error.reason.contains("option") && !error.again, "{error}");
        assert_eq!(template("x{subject}").fill(&hostile).unwrap(), "x--config=/tmp/evil");
        assert!(template("{text}").fill(&hostile).unwrap_err().reason.contains("zero byte"));
        assert!(template("{subject}").fill_plainly(&event("/.*/", "")).is_err());
        assert_eq!(template("{subject}").fill_plainly(&event("a-1.b", "")).unwrap(), "a-1.b");
        let long = event("s", &"é".repeat(8000));
        assert_eq!(template("{text}").fill(&long).unwrap().len(), LONGEST);
    }
}
