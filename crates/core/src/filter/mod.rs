//! MCollective's filter language: which nodes a request is addressed to.
//!
//! `-C`, `-F`, `-I`, `-A`, `-W` and `-S` of its command line are all read into one [`Filter`],
//! which is parsed once and evaluated on whole sets.

mod fact;
mod parse;
#[cfg(test)]
mod properties;

use std::fmt;

use crate::pattern::Pattern;

pub use fact::{FactTest, Operator};
pub use parse::FilterError;

/// A condition on a node.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Something that a source can be asked directly.
    Test(Test),
    /// The opposite.
    Not(Box<Filter>),
    /// All of them; of none: every node.
    And(Vec<Filter>),
    /// One of them at least.
    Or(Vec<Filter>),
}

/// One question about a node.
#[derive(Clone, Debug)]
pub enum Test {
    /// It has a class of this name.
    Class(Pattern),
    /// A fact compares as wanted.
    Fact(FactTest),
    /// Its identity.
    Identity(Pattern),
    /// It runs this MCollective agent.
    Agent(Pattern),
    /// A data function, which only the machine itself can answer, as it was written.
    Data(String),
}

/// Sets that can be combined as a filter says; three-valued ones follow Kleene.
pub trait Combine {
    /// Everything that is not in it.
    #[must_use]
    fn complement(self) -> Self;
    /// What is in both.
    #[must_use]
    fn intersection(self, other: Self) -> Self;
    /// What is in one of them.
    #[must_use]
    fn union(self, other: Self) -> Self;
}

impl Filter {
    /// Reads a compound filter (`-S`): `(country=uk or /^web/) and not environment=dev`.
    ///
    /// # Errors
    /// When it cannot be read: where, and what is wrong.
    pub fn parse(written: &str) -> Result<Self, FilterError> {
        parse::compound(written)
    }

    /// Reads a fact filter (`-F`): `location=dc1`, `cores>=8`, `os=~^Deb`.
    ///
    /// # Errors
    /// When it is no comparison.
    pub fn fact(written: &str) -> Result<Self, FilterError> {
        parse::fact(written).map(|test| Self::Test(Test::Fact(test)))
    }

    /// Reads a class filter (`-C`): a name or `/regex/`.
    ///
    /// # Errors
    /// When the expression cannot be used.
    pub fn class(written: &str) -> Result<Self, FilterError> {
        parse::class(written).map(Self::Test)
    }

    /// Reads an identity filter (`-I`): a name or `/regex/`.
    ///
    /// # Errors
    /// When the expression cannot be used.
    pub fn identity(written: &str) -> Result<Self, FilterError> {
        let pattern = parse::pattern(written)?.map_plain(str::to_lowercase);
        Ok(Self::Test(Test::Identity(pattern)))
    }

    /// Reads an agent filter (`-A`): a name or `/regex/`.
    ///
    /// # Errors
    /// When the expression cannot be used.
    pub fn agent(written: &str) -> Result<Self, FilterError> {
        Ok(Self::Test(Test::Agent(parse::pattern(written)?)))
    }

    /// Reads a combined filter (`-W`): classes and facts separated by blanks, all of which hold.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn with(written: &str) -> Result<Self, FilterError> {
        written
            .split_whitespace()
            .map(|one| match parse::fact(one) {
                Ok(test) => Ok(Self::Test(Test::Fact(test))),
                Err(_) => Self::class(one),
            })
            .collect::<Result<_, _>>()
            .map(Self::And)
    }

    /// Every question that it asks, in the order in which they are written.
    #[must_use]
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Test(test) => vec![test],
            Self::Not(inner) => inner.tests(),
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::tests).collect(),
        }
    }

    /// Combines the answers to its questions, which come in the order of [`Filter::tests`].
    /// `everything` is the answer of a filter without questions.
    ///
    /// # Panics
    /// When there are fewer answers than questions.
    pub fn combine<S: Combine + Clone>(
        &self,
        everything: &S,
        answers: &mut impl Iterator<Item = S>,
    ) -> S {
        match self {
            Self::Test(_) => answers.next().expect("one answer for each question"),
            Self::Not(inner) => inner.combine(everything, answers).complement(),
            Self::And(all) => all
                .iter()
                .map(|one| one.combine(everything, answers))
                .reduce(S::intersection)
                .unwrap_or_else(|| everything.clone()),
            Self::Or(all) => all
                .iter()
                .map(|one| one.combine(everything, answers))
                .reduce(S::union)
                .unwrap_or_else(|| everything.clone().complement()),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, all: &[Self], word: &str| {
            f.write_str("(")?;
            for (n, one) in all.iter().enumerate() {
                if n > 0 {
                    write!(f, " {word} ")?;
                }
                write!(f, "{one}")?;
            }
            f.write_str(")")
        };
        match self {
            Self::Test(test) => write!(f, "{test}"),
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::And(all) => list(f, all, "and"),
            Self::Or(all) => list(f, all, "or"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(pattern) => match fact::slashed(pattern) {
                Some(expression) => f.write_str(&expression),
                None => write!(f, "{pattern}"),
            },
            Self::Fact(test) => write!(f, "{test}"),
            Self::Identity(pattern) => write!(f, "identity={pattern}"),
            Self::Agent(pattern) => write!(f, "agent={pattern}"),
            Self::Data(call) => f.write_str(call),
        }
    }
}
