//! Conditions that select nodes: `with class …`, `whose fact … is …`, and so on. They stand behind
//! `Given nodes`, and behind `only those` and `except those`.

use groundrule_core::comparison::Expected;
use groundrule_core::fact::FactName;
use groundrule_core::filter::{Combine, Filter};
use groundrule_core::pattern::Pattern;
use groundrule_engine::estate::Truth;
use groundrule_engine::policy::{Unreadable, Written};
use groundrule_engine::world::World;

use crate::words::{class, expected, pattern};

/// A condition on a node.
#[derive(Clone, Debug)]
pub enum Tail {
    /// It has the class.
    Class(Pattern),
    /// It does not.
    WithoutClass(Pattern),
    /// It has the fact.
    Fact(FactName),
    /// It has facts, but not this one.
    WithoutFact(FactName),
    /// Its fact compares as wanted.
    Compares(FactName, Expected),
    /// Its catalog is of this environment.
    Environment(Pattern),
    /// It runs the MCollective agent.
    Agent(Pattern),
    /// The filter selects it.
    Matching(Filter),
    /// It has registered.
    Registered,
    /// It answers discovery.
    Discovered,
}

impl Tail {
    /// `with class {name}`
    pub fn class(written: &Written, at: usize) -> Result<Self, Unreadable> {
        Ok(Self::Class(class(written.text(at))?))
    }

    /// `without class {name}`
    pub fn without_class(written: &Written, at: usize) -> Result<Self, Unreadable> {
        Ok(Self::WithoutClass(class(written.text(at))?))
    }

    /// `with the fact {name}`
    pub fn fact(written: &Written, at: usize) -> Result<Self, Unreadable> {
        Ok(Self::Fact(FactName::new(written.text(at))))
    }

    /// `without the fact {name}`
    pub fn without_fact(written: &Written, at: usize) -> Result<Self, Unreadable> {
        Ok(Self::WithoutFact(FactName::new(written.text(at))))
    }

    /// `whose fact {name} {comparison} {value}`
    pub fn compares(written: &Written, at: usize) -> Result<Self, Unreadable> {
        Ok(Self::Compares(FactName::new(written.text(at)), expected(written, at + 1)?))
    }

    /// `in environment {name}`
    pub fn environment(written: &Written, at: usize) -> Result<Self, Unreadable> {
        Ok(Self::Environment(pattern(written.text(at))?))
    }

    /// `with the agent {name}`
    pub fn agent(written: &Written, at: usize) -> Result<Self, Unreadable> {
        Ok(Self::Agent(pattern(written.text(at))?))
    }

    /// `matching {filter}`
    pub fn matching(written: &Written, at: usize) -> Result<Self, Unreadable> {
        let text = written.text(at);
        Filter::parse(text).map(Self::Matching).map_err(|error| {
            let help = "write an MCollective compound filter, for instance \"(country=uk or country=de) and /mysql/\"";
            Unreadable::new(format!("the filter {text:?} cannot be read: {error}"), help)
        })
    }

    /// Of which nodes it is true.
    pub async fn truth(&self, world: &World) -> Truth {
        match self {
            Self::Class(name) => world.has_class(name).await,
            Self::WithoutClass(name) => world.has_class(name).await.complement(),
            Self::Fact(name) => world.fact(name).await.truth(world, |_| true),
            Self::WithoutFact(name) => world.fact(name).await.truth(world, |_| true).complement(),
            Self::Compares(name, expected) => {
                world.fact(name).await.truth(world, |value| expected.accepts(value))
            }
            Self::Environment(name) => {
                world.environment().await.truth(world, |is| name.matches(is))
            }
            Self::Agent(name) => world.agents(name).await.truth(world, |()| true),
            Self::Matching(filter) => world.filter(filter).await,
            Self::Registered => world.is_registered().truth(world, |()| true),
            Self::Discovered => world.answers().truth(world, |()| true),
        }
    }

    /// Whether a node that no source told us about might fit: not where one source alone tells
    /// who fits, and has told everything.
    pub fn may_fit_strangers(&self, world: &World) -> bool {
        match self {
            Self::Registered => {
                !(world.estate.registrations.there && world.estate.registrations.gaps.is_empty())
            }
            Self::Discovered => world.estate.answering.is_err(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_cannot_be_read() {
        let read = |text: &str| {
            let parameters = vec![text.to_owned()];
            Tail::matching(&Written { parameters, table: None, docstring: None }, 0)
        };
        assert!(read("(country=uk or country=de) and /mysql/ and not environment=dev").is_ok());
        for text in ["", "country=", "(a", "a or", "/(/", "a b"] {
            let unreadable = read(text).unwrap_err();
            let what = format!("the filter {text:?} cannot be read: ");
            assert!(unreadable.what.starts_with(&what), "{}", unreadable.what);
            assert!(unreadable.help.contains("compound filter"));
        }
    }
}
