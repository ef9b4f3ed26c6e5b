//! The condition of a rule: an expression in CEL over `event`.

use std::sync::{Arc, LazyLock};

use cel::common::types::CelBool;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, IdedExpr, Value};
use groundrule_core::event::Event;

use super::budget::{self, Budget};
use super::check::{Wrong, check};
use super::direct::{self, Answer, Test};
use super::fields::Fields;
use super::keys::Keys;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A condition that was checked.
#[derive(Debug)]
pub(super) struct Condition {
    /// As it was written.
    pub text: String,
    whole: IdedExpr,
    test: Test,
}

/// An event that conditions are asked about, with what they have read of it so far.
pub(super) struct Scope<'e> {
    event: &'e Event,
    fields: Fields<'e>,
}

impl<'e> Scope<'e> {
    pub(super) fn new(event: &'e Event) -> Self {
        Self { event, fields: Fields::new(event) }
    }
}

/// The variables of an expression.
struct Variables<'s, 'e> {
    fields: &'s Fields<'e>,
    budget: Budget,
}

impl VariableResolver for Variables<'_, '_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        match variable {
            "event" => Some(CowVal::Borrowed(self.fields)),
            budget::NAME => Some(CowVal::owned(CelBool::from(self.budget.take()))),
            _ => None,
        }
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<Wrong>> {
        let program = ENV.compile(text).map_err(|errors| {
            let number = |n: isize| u64::try_from(n).unwrap_or(0);
            let mut wrong: Vec<Wrong> = errors
                .errors
                .iter()
                .map(|error| Wrong {
                    at: (number(error.pos.0), number(error.pos.1)),
                    what: format!("no condition: {}", brief(&error.msg)),
                    help: "write it in CEL, as in event.severity >= 1 && event.tags.dc == \"x\""
                        .to_owned(),
                })
                .collect();
            wrong.dedup();
            wrong
        })?;
        let wrong = check(text, program.expression(), program.source_info());
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut whole = program.expression().clone();
        budget::counted(&mut whole);
        Ok(Self { text: text.to_owned(), test: direct::read(&whole), whole })
    }

    /// What it says of the event.
    pub(super) fn answer(&self, scope: &Scope<'_>) -> Answer {
        self.test.answer(scope.event, &mut |expression| match evaluated(expression, scope) {
            Ok(yes) => yes.into(),
            Err(_) => Answer::Fails,
        })
    }

    /// What the interpreter says of the event, and why if it cannot say.
    pub(super) fn interpreted(&self, scope: &Scope<'_>) -> Result<bool, String> {
        evaluated(&self.whole, scope)
    }

    /// The names or subjects without which it is never so.
    pub(super) fn keys(&self) -> Option<Keys<'_>> {
        Keys::of(&self.test)
    }
}

/// A parser's complaint without the list of all that could stand there.
fn brief(complaint: &str) -> &str {
    let complaint = complaint.trim_start_matches("Syntax error: ");
    complaint.split(" expecting ").next().unwrap_or(complaint)
}

fn evaluated(expression: &IdedExpr, scope: &Scope<'_>) -> Result<bool, String> {
    let budget = Budget::new(scope.event.raw().len());
    let variables = Variables { fields: &scope.fields, budget };
    let mut context = Context::with_env(Arc::clone(&ENV));
    context.set_variable_resolver(&variables);
    let value = Value::resolve_val(expression, &context);
    if variables.budget.exhausted() {
        return Err(format!("takes more than {} rounds", budget::ROUNDS));
    }
    let value = value.map_err(|error| error.to_string())?;
    match value.downcast_ref::<CelBool>() {
        Some(value) => Ok(*value.inner()),
        None => Err(format!("is a {}, neither true nor false", value.get_type().name())),
    }
}
