//! Conditions in the forms that nearly all rules have, answered without the interpreter.
//!
//! Whatever has another form stays with the interpreter, as a leaf of the tree; the answers are
//! the same either way.

use std::borrow::Cow;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use groundrule_core::event::Event;
use regex::Regex;

use super::member::{Member, figure, tag};

/// What a condition says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// It cannot be said: something is missing, or not of the right kind.
    Fails,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// A text of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Name,
    Subject,
    Origin,
    Words,
    Kind,
    Tag(Box<str>),
}

/// A number of the event.
#[derive(Clone, Debug)]
pub(super) enum Number {
    Severity,
    Metric(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Is,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Known(bool),
    Not(Box<Test>),
    All(Box<[Test; 2]>),
    Any(Box<[Test; 2]>),
    /// The text is one of these.
    Is(Text, Vec<Box<str>>),
    Starts(Text, Box<str>),
    Ends(Text, Box<str>),
    Contains(Text, Box<str>),
    Matches(Text, Regex),
    Number(Number, Compare, f64),
    HasTag(Box<str>),
    HasMetric(Box<str>),
    SomeMetrics,
    SomeTags,
    /// Left to the interpreter.
    Other(IdedExpr),
}

impl Test {
    /// What it says of the event; `other` asks the interpreter.
    pub(super) fn answer(
        &self,
        event: &Event,
        other: &mut dyn FnMut(&IdedExpr) -> Answer,
    ) -> Answer {
        match self {
            Self::Known(yes) => (*yes).into(),
            Self::Not(test) => match test.answer(event, other) {
                Answer::Yes => Answer::No,
                Answer::No => Answer::Yes,
                Answer::Fails => Answer::Fails,
            },
            Self::All(tests) => both(Answer::No, tests, event, other),
            Self::Any(tests) => both(Answer::Yes, tests, event, other),
            Self::Is(text, values) => match text.of(event) {
                Some(Member::Text(text)) => values.iter().any(|value| **value == *text).into(),
                Some(Member::Other) => Answer::No,
                None => Answer::Fails,
            },
            Self::Starts(text, part) => text.is(event, |text| text.starts_with(&**part)),
            Self::Ends(text, part) => text.is(event, |text| text.ends_with(&**part)),
            Self::Contains(text, part) => text.is(event, |text| text.contains(&**part)),
            Self::Matches(text, pattern) => text.is(event, |text| pattern.is_match(text)),
            Self::Number(number, compare, value) => match number.of(event) {
                None => Answer::Fails,
                Some(number) => compare.holds(number, *value).into(),
            },
            Self::HasTag(name) => tag(event, name).is_some().into(),
            Self::HasMetric(name) => figure(event, name).is_some().into(),
            Self::SomeMetrics => event.has_metrics().into(),
            Self::SomeTags => event.tags_json().is_some().into(),
            Self::Other(expression) => other(expression),
        }
    }
}

/// Two tests of which one may decide alone, even if the other fails.
fn both(
    decides: Answer,
    tests: &[Test; 2],
    event: &Event,
    other: &mut dyn FnMut(&IdedExpr) -> Answer,
) -> Answer {
    let first = tests[0].answer(event, other);
    if first == decides {
        return first;
    }
    match tests[1].answer(event, other) {
        second if second == decides => second,
        second if first != Answer::Fails => second,
        _ => Answer::Fails,
    }
}

impl Text {
    fn of<'e>(&self, event: &'e Event) -> Option<Member<'e>> {
        let text = |text: &'e str| Some(Member::Text(Cow::Borrowed(text)));
        match self {
            Self::Name => text(event.name()),
            Self::Subject => text(event.subject()),
            Self::Origin => text(event.origin()),
            Self::Words => text(event.text()),
            Self::Kind => text(event.kind().name()),
            Self::Tag(name) => tag(event, name),
        }
    }

    fn is(&self, event: &Event, so: impl FnOnce(&str) -> bool) -> Answer {
        match self.of(event) {
            Some(Member::Text(text)) => so(&text).into(),
            Some(Member::Other) | None => Answer::Fails,
        }
    }
}

impl Number {
    fn of(&self, event: &Event) -> Option<f64> {
        match self {
            Self::Severity => Some(f64::from(event.severity().number())),
            Self::Metric(name) => figure(event, name),
        }
    }
}

impl Compare {
    fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            operators::EQUALS => Self::Is,
            operators::LESS => Self::Less,
            operators::LESS_EQUALS => Self::AtMost,
            operators::GREATER => Self::More,
            operators::GREATER_EQUALS => Self::AtLeast,
            _ => return None,
        })
    }

    fn turned(self) -> Self {
        match self {
            Self::Is => Self::Is,
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::More => Self::Less,
            Self::AtLeast => Self::AtMost,
        }
    }

    #[expect(clippy::float_cmp, reason = "equality is what was asked for")]
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Is => left == right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

/// Reads an expression that was checked.
pub(super) fn read(expression: &IdedExpr) -> Test {
    known(expression).unwrap_or_else(|| Test::Other(expression.clone()))
}

fn known(expression: &IdedExpr) -> Option<Test> {
    match &expression.expr {
        Expr::Literal(LiteralValue::Boolean(value)) => Some(Test::Known(*value.inner())),
        Expr::Select(select) if select.test => match path(&select.operand)?[..] {
            ["tags"] => Some(Test::HasTag((*select.field).into())),
            ["metrics"] => Some(Test::HasMetric((*select.field).into())),
            _ => None,
        },
        Expr::Call(call) => called(call),
        _ => None,
    }
}

fn called(call: &CallExpr) -> Option<Test> {
    let not = |test| Test::Not(Box::new(test));
    match (&*call.func_name, call.target.as_deref(), &call.args[..]) {
        (operators::LOGICAL_NOT, None, [one]) => Some(not(read(one))),
        (operators::LOGICAL_AND, None, [one, two]) => {
            Some(Test::All(Box::new([read(one), read(two)])))
        }
        (operators::LOGICAL_OR, None, [one, two]) => {
            Some(Test::Any(Box::new([read(one), read(two)])))
        }
        (operators::NOT_EQUALS, None, [one, two]) => compared(one, Compare::Is, two).map(not),
        (operators::IN, None, [one, two]) => listed(one, two),
        (operator, None, [one, two]) => compared(one, Compare::of(operator)?, two),
        (method, Some(target), [part]) => asked(text(target)?, method, literal(part)?),
        _ => None,
    }
}

/// A comparison, whichever way round it is written.
fn compared(one: &IdedExpr, compare: Compare, two: &IdedExpr) -> Option<Test> {
    side(one, compare, two).or_else(|| side(two, compare.turned(), one))
}

fn side(field: &IdedExpr, compare: Compare, value: &IdedExpr) -> Option<Test> {
    match &value.expr {
        Expr::Literal(LiteralValue::String(value)) if compare == Compare::Is => {
            Some(Test::Is(text(field)?, vec![value.inner().into()]))
        }
        Expr::Literal(LiteralValue::Int(value)) => {
            let value = i32::try_from(*value.inner()).ok()?;
            emptiness(field, compare, value)
                .or_else(|| Some(Test::Number(number(field)?, compare, f64::from(value))))
        }
        Expr::Literal(LiteralValue::Double(value)) if !value.inner().is_nan() => {
            Some(Test::Number(number(field)?, compare, *value.inner()))
        }
        Expr::Map(map) if compare == Compare::Is && map.entries.is_empty() => {
            Some(Test::Not(Box::new(members(field)?)))
        }
        _ => None,
    }
}

/// `size(event.metrics) > 0` and what means the same or the opposite.
fn emptiness(field: &IdedExpr, compare: Compare, value: i32) -> Option<Test> {
    let Expr::Call(call) = &field.expr else { return None };
    let of = match (&*call.func_name, call.target.as_deref(), &call.args[..]) {
        ("size", None, [of]) | ("size", Some(of), []) => of,
        _ => return None,
    };
    let some = members(of)?;
    match (compare, value) {
        (Compare::More, 0) | (Compare::AtLeast, 1) => Some(some),
        (Compare::Is | Compare::AtMost, 0) | (Compare::Less, 1) => Some(Test::Not(Box::new(some))),
        _ => None,
    }
}

fn members(field: &IdedExpr) -> Option<Test> {
    match path(field)?[..] {
        ["metrics"] => Some(Test::SomeMetrics),
        ["tags"] => Some(Test::SomeTags),
        _ => None,
    }
}

fn listed(one: &IdedExpr, list: &IdedExpr) -> Option<Test> {
    let Expr::List(list) = &list.expr else { return None };
    if !list.optional_indices.is_empty() {
        return None;
    }
    let values: Option<Vec<Box<str>>> =
        list.elements.iter().map(|element| literal(element).map(Into::into)).collect();
    Some(Test::Is(text(one)?, values?))
}

fn asked(text: Text, method: &str, part: &str) -> Option<Test> {
    Some(match method {
        "startsWith" => Test::Starts(text, part.into()),
        "endsWith" => Test::Ends(text, part.into()),
        "contains" => Test::Contains(text, part.into()),
        "matches" => Test::Matches(text, Regex::new(part).ok()?),
        _ => return None,
    })
}

fn literal(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn text(expression: &IdedExpr) -> Option<Text> {
    match path(expression)?[..] {
        ["name"] => Some(Text::Name),
        ["subject"] => Some(Text::Subject),
        ["origin"] => Some(Text::Origin),
        ["text"] => Some(Text::Words),
        ["type"] => Some(Text::Kind),
        ["tags", name] => Some(Text::Tag(name.into())),
        _ => None,
    }
}

fn number(expression: &IdedExpr) -> Option<Number> {
    match path(expression)?[..] {
        ["severity"] => Some(Number::Severity),
        ["metrics", name] => Some(Number::Metric(name.into())),
        _ => None,
    }
}

/// The names that follow on `event`: `event.tags.dc` and `event["tags"]["dc"]` are tags, dc.
fn path(expression: &IdedExpr) -> Option<Vec<&str>> {
    let (of, name) = match &expression.expr {
        Expr::Ident(name) if name == "event" => return Some(Vec::new()),
        Expr::Select(select) if !select.test => (&*select.operand, &*select.field),
        Expr::Call(call) if call.func_name == operators::INDEX => match &call.args[..] {
            [of, name] => (of, literal(name)?),
            _ => return None,
        },
        _ => return None,
    };
    let mut path = path(of)?;
    path.push(name);
    Some(path)
}
