//! A condition by itself, for rules of another kind.

use groundrule_core::event::Event;

use super::condition::{Condition, Scope};
use super::direct::Answer;

/// A condition, as routes have it.
#[derive(Debug)]
pub(crate) struct When(Condition);

impl When {
    /// Reads a condition.
    ///
    /// # Errors
    /// Everything that is wrong with it, in words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let words = |wrong: Vec<super::check::Wrong>| {
            let all = wrong.into_iter().map(|wrong| format!("{}: {}", wrong.what, wrong.help));
            all.collect::<Vec<_>>().join("; ")
        };
        Condition::parse(text).map(Self).map_err(words)
    }

    /// Whether it is so.
    ///
    /// # Errors
    /// When it cannot be said, such as where a field is missing: why.
    pub(crate) fn matches(&self, event: &Event) -> Result<bool, String> {
        let scope = Scope::new(event);
        match self.0.answer(&scope) {
            Answer::Yes => Ok(true),
            Answer::No => Ok(false),
            Answer::Fails => self.0.interpreted(&scope),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_see_the_whole_event() {
        let raw = r#"{"type":"archive","name":"Service[httpd]","subject":"web1",
            "extended_data":{"restarted":false,"tags":["a","b"],"n":7}}"#;
        let event = Event::read(raw.into()).unwrap();
        let says = |text: &str| When::parse(text).unwrap().matches(&event);
        assert_eq!(
            says("event.name == 'Service[httpd]' && !event.extended_data.restarted"),
            Ok(true)
        );
        assert_eq!(says("'b' in event.extended_data.tags && event.extended_data.n >= 7"), Ok(true));
        assert_eq!(says("event.severity > 0"), Ok(false));
        assert!(says("event.extended_data.absent == 1").unwrap_err().contains("absent"));
        assert!(When::parse("event.name ==").is_err());
    }
}
