//! The sentences that a policy can be written in, as a table.

use std::collections::HashMap;
use std::fmt;

use cucumber::gherkin::{self, StepType};
use cucumber::step::{Collection, Location};
use cucumber_expressions::Expression;
use futures::future::LocalBoxFuture;
use regex::Regex;

use crate::scene::Sentence;

/// Which keyword a sentence stands behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keyword {
    /// Selects.
    Given,
    /// Relates or supposes.
    When,
    /// Judges.
    Then,
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "Given",
            Self::When => "When",
            Self::Then => "Then",
        })
    }
}

impl From<StepType> for Keyword {
    fn from(step: StepType) -> Self {
        match step {
            StepType::Given => Self::Given,
            StepType::When => Self::When,
            StepType::Then => Self::Then,
        }
    }
}

/// A sentence of the vocabulary.
pub struct Definition {
    /// Which keyword it stands behind.
    pub keyword: Keyword,
    /// Its pattern, a cucumber expression. Parameters: `{name}` and `{value}` are quoted strings
    /// (a value may be a bare number), `{number}` is a whole number, `{comparison}` one of the
    /// phrases that compare, `{keep}` is `only` or `except`, `{kind}` is `hard` or `soft`, `{facts}`
    /// any number of `and the fact {name} as {value}`.
    pub expression: &'static str,
    /// What it means, in a line.
    pub doc: &'static str,
    /// A sentence as one would write it.
    pub example: &'static str,
    /// Reads what was written.
    pub read: fn(&Written) -> Result<Box<dyn Sentence>, Unreadable>,
}

/// What a policy's author wrote in the places that a pattern leaves open.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The parameters in their order, quotes removed.
    pub parameters: Vec<String>,
    /// The table below the step.
    pub table: Option<Vec<Vec<String>>>,
    /// The text below the step.
    pub docstring: Option<String>,
}

impl Written {
    /// The nth parameter, from 0.
    #[must_use]
    pub fn text(&self, n: usize) -> &str {
        self.parameters.get(n).map_or("", String::as_str)
    }

    /// The nth parameter as a count.
    ///
    /// # Errors
    /// When it is negative or too large.
    pub fn count(&self, n: usize) -> Result<usize, Unreadable> {
        self.text(n).parse().map_err(|_| Unreadable {
            what: format!("{} is no number of things", self.text(n)),
            help: "write a whole number from 0".to_owned(),
        })
    }
}

/// A sentence whose parameters cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong.
    pub what: String,
    /// What to write.
    pub help: String,
}

impl Unreadable {
    /// Something that is wrong, and what to write instead.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

/// All sentences, ready to be matched.
pub struct Vocabulary {
    definitions: Vec<&'static Definition>,
    patterns: Vec<Regex>,
}

/// What matches a step.
pub enum Match {
    /// One sentence, with what was written.
    One(&'static Definition, Written, Option<String>),
    /// None; the nearest one, if one is near.
    None(Option<&'static Definition>),
    /// Several.
    Several(Vec<&'static Definition>),
}

const STRING: &str = r#""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"#;

impl Vocabulary {
    /// A vocabulary of these lists.
    ///
    /// # Errors
    /// When a pattern is no cucumber expression, which is a bug.
    pub fn new(lists: &[&'static [Definition]]) -> Result<Self, String> {
        let definitions: Vec<_> = lists.iter().flat_map(|list| list.iter()).collect();
        let patterns =
            definitions.iter().map(|definition| pattern(definition)).collect::<Result<_, _>>()?;
        Ok(Self { definitions, patterns })
    }

    /// Every sentence, in the order of the lists.
    #[must_use]
    pub fn definitions(&self) -> &[&'static Definition] {
        &self.definitions
    }

    /// The sentences as a collection of `cucumber`, all carried out by one function; a sentence's
    /// place in the vocabulary is the line of its location.
    #[must_use]
    pub fn collection<W>(&self, run: cucumber::step::Step<W>) -> Collection<W> {
        let mut collection = Collection::new();
        for (n, (definition, pattern)) in (0u32..).zip(self.definitions.iter().zip(&self.patterns))
        {
            let place = Some(Location { path: "vocabulary", line: n, column: 0 });
            collection = match definition.keyword {
                Keyword::Given => collection.given(place, pattern.clone(), run),
                Keyword::When => collection.when(place, pattern.clone(), run),
                Keyword::Then => collection.then(place, pattern.clone(), run),
            };
        }
        collection
    }

    /// The sentence that a step is.
    #[must_use]
    pub fn find<W>(&self, collection: &Collection<W>, step: &gherkin::Step) -> Match {
        let at = |place: Option<Location>| self.definitions.get(place?.line as usize).copied();
        match collection.find(step) {
            Ok(Some((_, _, place, context))) => match at(place) {
                Some(definition) => {
                    let mut texts: Vec<_> = context
                        .matches
                        .into_iter()
                        .skip(1)
                        .map(|(_, text)| unquote(&text))
                        .collect();
                    let name = match definition.keyword {
                        Keyword::Given => texts.pop().filter(|name| !name.is_empty()),
                        Keyword::When | Keyword::Then => None,
                    };
                    let table = step.table.as_ref().map(|table| table.rows.clone());
                    let docstring = step.docstring.clone();
                    Match::One(definition, Written { parameters: texts, table, docstring }, name)
                }
                None => Match::None(None),
            },
            Ok(None) => Match::None(self.nearest(step)),
            Err(error) => {
                let places = error.possible_matches.iter();
                Match::Several(places.filter_map(|(_, place)| at(*place)).collect())
            }
        }
    }

    /// The sentence whose pattern differs least from a step, if it does not differ much.
    fn nearest(&self, step: &gherkin::Step) -> Option<&'static Definition> {
        let keyword = Keyword::from(step.ty);
        let bare = blank(&step.value);
        let distance = |definition: &Definition| {
            let penalty = usize::from(definition.keyword != keyword) * 3;
            strsim::damerau_levenshtein(&blank(definition.expression), &bare) + penalty
        };
        let (distance, nearest) =
            self.definitions.iter().map(|d| (distance(d), *d)).min_by_key(|(n, _)| *n)?;
        (distance * 2 <= bare.len()).then_some(nearest)
    }
}

/// A step without what was written in its open places.
fn blank(text: &str) -> String {
    let mut blank = String::with_capacity(text.len());
    let mut inside = None;
    for c in text.chars() {
        match (inside, c) {
            (None, '"' | '\'') => inside = Some(c),
            (None, '{') => inside = Some('}'),
            (Some(end), c) if c == end => {
                inside = None;
                blank.push('_');
            }
            (Some(_), _) | (None, '(' | ')') => {}
            (None, c) => blank.push(c),
        }
    }
    blank
}

fn pattern(definition: &Definition) -> Result<Regex, String> {
    let phrases: Vec<_> =
        groundrule_core::comparison::PHRASES.iter().map(|(words, _)| *words).collect();
    let value = format!("{STRING}|[-+]?[0-9]+(?:\\.[0-9]+)?");
    let phrases = phrases.join("|");
    let facts = format!("(?: and the fact (?:{STRING}) as (?:{value}))*");
    let parameters = HashMap::from([
        ("name", STRING),
        ("value", value.as_str()),
        ("number", "[-+]?[0-9]+"),
        ("comparison", phrases.as_str()),
        ("keep", "only|except"),
        ("kind", "hard|soft"),
        ("facts", facts.as_str()),
    ]);
    let failed = |error: &dyn fmt::Display| format!("{:?}: {error}", definition.expression);
    let regex = Expression::regex_with_parameters(definition.expression, &parameters)
        .map_err(|e| failed(&e))?;
    let (before, after) = match regex.as_str().strip_suffix(":$") {
        Some(before) => (before, ":$"),
        None => (regex.as_str().trim_end_matches('$'), "$"),
    };
    match definition.keyword {
        Keyword::Given => {
            let named = format!("{before}(?: as ({STRING}))?{after}");
            Regex::new(&named).map_err(|error| failed(&error))
        }
        Keyword::When | Keyword::Then => Ok(regex),
    }
}

/// A string without its quotes; anything else as it is.
fn unquote(text: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return inner.replace("\\\"", "\"").replace("\\'", "'");
        }
    }
    text.to_owned()
}

/// Carries out nothing: for collections that are only matched against.
pub fn nothing<W>(_: &mut W, _: cucumber::step::Context) -> LocalBoxFuture<'_, ()> {
    Box::pin(async {})
}
