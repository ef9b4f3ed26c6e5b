//! Says where events would go, and why.

use std::fmt;
use std::path::PathBuf;

use groundrule_core::event::Event;

use super::condition::Scope;
use super::place::{Destination, Place};
use super::rule::Rule;
use super::rules::{Rules, defaults};

/// What a rule says of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleOutcome {
    /// The rule's name.
    pub rule: String,
    /// Its file; none for the defaults.
    pub file: Option<PathBuf>,
    /// Whether it applies; with a sample, to its share of such events.
    pub matched: bool,
    /// In words.
    pub why: String,
    /// Where it sends the event.
    pub to: Vec<Destination>,
    /// Which share of such events it applies to.
    pub sample: Option<f64>,
    /// It says that the event goes nowhere.
    pub drop: bool,
}

impl fmt::Display for RuleOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.matched { '+' } else { '-' };
        write!(f, "{sign} {}: {}", self.rule, self.why)?;
        if self.matched && (self.drop || !self.to.is_empty()) {
            write!(f, " -> {}", share(self.sample))?;
            if self.drop {
                f.write_str("dropped")?;
            }
            let to: Vec<String> = self.to.iter().map(ToString::to_string).collect();
            f.write_str(&to.join(", "))?;
        }
        Ok(())
    }
}

/// "10 % of ".
fn share(sample: Option<f64>) -> String {
    match sample {
        Some(share) if share < 1.0 => format!("{} % of ", (share * 1e6).round() / 1e4),
        _ => String::new(),
    }
}

impl Rules {
    /// What each rule of a place says of an event, in the order of file names.
    #[must_use]
    pub fn explain(&self, place: Place, event: &Event) -> Vec<RuleOutcome> {
        let rules = &self.places[place as usize].rules;
        if rules.is_empty() {
            return vec![by_default(place, event)];
        }
        let scope = Scope::new(event);
        rules.iter().map(|rule| outcome(rule, event, &scope)).collect()
    }

    /// Where an event goes, in words: shares of samples are given, not thrown for.
    #[must_use]
    pub fn trial(&self, place: Place, event: &Event) -> String {
        let mut dropped = None;
        let mut to: Vec<(Destination, f64)> = Vec::new();
        for outcome in self.explain(place, event).into_iter().filter(|outcome| outcome.matched) {
            let sample = outcome.sample.unwrap_or(1.0);
            if outcome.drop {
                let kept = (1.0 - dropped.unwrap_or(0.0)) * (1.0 - sample);
                dropped = Some(1.0 - kept);
            }
            for destination in outcome.to {
                match to.iter_mut().find(|(known, _)| *known == destination) {
                    // Rules throw their dice independently of each other.
                    Some((_, known)) => *known = 1.0 - (1.0 - *known) * (1.0 - sample),
                    None => to.push((destination, sample)),
                }
            }
        }
        to.retain(|(_, sample)| *sample > 0.0);
        let mut words: Vec<String> =
            to.iter().map(|(to, sample)| format!("{}{to}", share(Some(*sample)))).collect();
        match dropped {
            Some(share) if share >= 1.0 => words = vec!["dropped".to_owned()],
            Some(part) if part > 0.0 => words.push(format!("{}dropped", share(Some(part)))),
            _ if words.is_empty() => words.push("nowhere".to_owned()),
            _ => {}
        }
        words.join(", ")
    }
}

fn by_default(place: Place, event: &Event) -> RuleOutcome {
    let to: Vec<Destination> = defaults(place, event).map(Destination::Part).collect();
    RuleOutcome {
        rule: "default".to_owned(),
        file: None,
        matched: !to.is_empty(),
        why: format!("{place} has no rule files"),
        to,
        sample: None,
        drop: false,
    }
}

fn outcome(rule: &Rule, event: &Event, scope: &Scope<'_>) -> RuleOutcome {
    let of_type = rule.types.contains(&event.kind());
    let (matched, why) = match &rule.when {
        _ if !of_type => (false, format!("type is {}", event.kind())),
        None if rule.types.len() < groundrule_core::event::Kind::ALL.len() => {
            (true, format!("type is {}", event.kind()))
        }
        None => (true, "every event".to_owned()),
        Some(when) => match when.interpreted(scope) {
            Ok(true) => (true, format!("is so: {}", when.text.trim())),
            Ok(false) => (false, format!("is not so: {}", when.text.trim())),
            Err(why) => (false, format!("cannot be said: {}: {why}", when.text.trim())),
        },
    };
    RuleOutcome {
        rule: rule.name.clone(),
        file: Some(rule.file.clone()),
        matched,
        why,
        to: rule.to.clone(),
        sample: rule.sample,
        drop: rule.drop,
    }
}
