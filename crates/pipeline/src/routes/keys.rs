//! Which events a condition can be true of at all, told by name or subject.

use super::direct::{Test, Text};

/// A condition is never true of an event whose name (or subject) is none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Keys<'t> {
    Names(Vec<&'t str>),
    Subjects(Vec<&'t str>),
}

impl<'t> Keys<'t> {
    pub(super) fn of(test: &'t Test) -> Option<Self> {
        match test {
            Test::Is(Text::Name, values) => Some(Self::Names(texts(values))),
            Test::Is(Text::Subject, values) => Some(Self::Subjects(texts(values))),
            Test::All(tests) => Self::of(&tests[0]).or_else(|| Self::of(&tests[1])),
            Test::Any(tests) => match (Self::of(&tests[0])?, Self::of(&tests[1])?) {
                (Self::Names(a), Self::Names(b)) => Some(Self::Names([a, b].concat())),
                (Self::Subjects(a), Self::Subjects(b)) => Some(Self::Subjects([a, b].concat())),
                _ => None,
            },
            _ => None,
        }
    }
}

fn texts(values: &[Box<str>]) -> Vec<&str> {
    values.iter().map(|value| &**value).collect()
}
