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
use super::patterns::Patterns;

/// No condition has more bytes than this.
const LONGEST: usize = 8 * 1024;

/// The stack for reading one. The longest chain takes less than a sixth of it, and has to: only what
/// was read can be found too deep.
const STACK: usize = 64 * 1024 * 1024;

/// One with no more bytes than this fits into any stack, however it is put together.
const SHORT: usize = 512;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A condition that was checked.
#[derive(Debug)]
pub(super) struct Condition {
    /// As it was written.
    pub text: String,
    whole: IdedExpr,
    test: Test,
    patterns: Patterns,
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
        let whole = |what: String, help: &str| vec![Wrong { at: (1, 1), what, help: help.into() }];
        if text.len() > LONGEST {
            let what = format!("the condition has {} bytes, more than {LONGEST}", text.len());
            return Err(whole(what, "write several rules, or a shorter condition"));
        }
        if text.len() <= SHORT {
            return Self::read(text);
        }
        let unread = |why: &str| whole(format!("cannot be read: {why}"), "try it again");
        std::thread::scope(|scope| {
            let reading = std::thread::Builder::new().stack_size(STACK);
            let reading = reading
                .spawn_scoped(scope, || Self::read(text))
                .map_err(|error| unread(&error.to_string()))?;
            reading.join().unwrap_or_else(|_| Err(unread("the parser crashed")))
        })
    }

    fn read(text: &str) -> Result<Self, Vec<Wrong>> {
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
        budget::count(&mut whole);
        let test = direct::read(&whole);
        let patterns = Patterns::of(&mut whole);
        Ok(Self { text: text.to_owned(), test, whole, patterns })
    }

    /// What it says of the event.
    pub(super) fn answer(&self, scope: &Scope<'_>) -> Answer {
        self.test.answer(scope.event, &mut |expression| match self.evaluated(expression, scope) {
            Ok(yes) => yes.into(),
            Err(_) => Answer::Fails,
        })
    }

    /// What the interpreter says of the event, and why if it cannot say.
    pub(super) fn interpreted(&self, scope: &Scope<'_>) -> Result<bool, String> {
        self.evaluated(&self.whole, scope)
    }

    /// The names or subjects without which it is never so.
    pub(super) fn keys(&self) -> Option<Keys<'_>> {
        Keys::of(&self.test)
    }

    fn evaluated(&self, expression: &IdedExpr, scope: &Scope<'_>) -> Result<bool, String> {
        let budget = Budget::new(scope.event.raw().len());
        let variables = Variables { fields: &scope.fields, budget };
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(&variables);
        self.patterns.add(&mut context);
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
}

/// A parser's complaint without the list of all that could stand there.
fn brief(complaint: &str) -> &str {
    let complaint = complaint.trim_start_matches("Syntax error: ");
    complaint.split(" expecting ").next().unwrap_or(complaint)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The direct answer, and the interpreter's.
    fn answers(condition: &str, event: &str) -> (Answer, Answer) {
        let event = Event::read(event.to_owned().into()).unwrap();
        let condition = Condition::parse(condition).unwrap();
        let scope = Scope::new(&event);
        let interpreted = condition.interpreted(&scope).map_or(Answer::Fails, Answer::from);
        (condition.answer(&scope), interpreted)
    }

    #[test]
    fn what_conditions_see_of_an_event() {
        let full = r#"{"name":"n","subject":"s","type":"status","severity":2,"origin":"o","text":"a b",
            "eventtime":5,"ttl":60,"eventid":"4d9a33eb2bce3479f50a86e0","metrics":{"a-b":1,"c":2.5},
            "tags":{"dc":"x","port":80,"a":"1","a":"2"},"list":[1,{"k":null}],"big":18446744073709551615}"#;
        let least = r#"{"name":"n","subject":"s","type":"metric"}"#;
        let (yes, no, fails) = (Answer::Yes, Answer::No, Answer::Fails);
        for (condition, of_full, of_least) in [
            ("true", yes, yes),
            ("event.type == 'status' && event.severity > 1", yes, no),
            ("2 <= event.severity", yes, no),
            ("event.origin == '' && event.text == '' && event.severity == 0", no, yes),
            ("event['name'] in ['m', 'n']", yes, yes),
            ("size(event.metrics) > 0", yes, no),
            ("event.metrics.size() == 0", no, yes),
            ("event.metrics != {}", yes, no),
            ("event.tags == {}", no, yes),
            ("event.metrics['a-b'] == 1 && event.metrics.c / 2.0 > 1.2", yes, fails),
            ("has(event.tags.dc) && event.tags.dc == 'x'", yes, no),
            ("event.tags.dc != 'y'", yes, fails),
            ("event.tags.port == 80 && event.tags.port != '80'", yes, fails),
            ("event.tags.port.startsWith('8')", fails, fails),
            ("event.tags.a == '2'", yes, fails),
            ("event.tags.dc == 'x' || true", yes, yes),
            ("event.tags.x == 'x' && false", no, no),
            ("!event.text.contains(' ')", no, yes),
            ("event.text.matches('^a.b$')", yes, no),
            ("event.tags.exists(t, t.matches('^d'))", yes, no),
            ("event.eventtime == 5 && event.ttl > 59.5", yes, fails),
            ("event.eventid.startsWith('4d9a')", yes, fails),
            ("event.list[0] == 1 && event.list[1].k == null", yes, fails),
            ("event.list.exists(x, x == 1)", yes, fails),
            ("'list' in event", yes, no),
            ("event.big == 18446744073709551615u", yes, fails),
            ("event.severity", fails, fails),
            ("event.severity == 2 ? event.name == 'n' : false", yes, no),
            ("has(event.list) && [1, 2].all(x, x < 3)", yes, no),
        ] {
            assert_eq!(answers(condition, full), (of_full, of_full), "{condition}");
            assert_eq!(answers(condition, least), (of_least, of_least), "{condition}");
        }
    }

    fn test() -> impl Strategy<Value = String> {
        let text = prop::sample::select(vec![
            "event.name",
            "event.subject",
            "event['origin']",
            "event.text",
            "event.type",
            "event.tags.a",
            "event.tags['b c']",
            "event.tags.none",
        ]);
        let number = prop::sample::select(vec![
            "event.severity",
            "event.metrics.m",
            "event.metrics['n']",
            "event.metrics.none",
            "size(event.metrics)",
            "event.tags.size()",
            "size(event.text)",
        ]);
        let literal = prop::sample::select(vec!["'a'", "'b'", "''", "'status'", "\"é\""]);
        let value =
            prop::sample::select(vec!["0", "1", "2", "-1", "1.0", "0.5", "2u", "'a'", "1e300"]);
        let operator = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
        let method = prop::sample::select(vec!["startsWith", "endsWith", "contains", "matches"]);
        prop_oneof![
            (text.clone(), operator.clone(), literal.clone())
                .prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            (text.clone(), literal.clone(), literal.clone())
                .prop_map(|(t, a, b)| format!("{t} in [{a}, {b}]")),
            (text, method, literal).prop_map(|(t, m, a)| format!("{t}.{m}({a})")),
            (number.clone(), operator.clone(), value.clone())
                .prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            (value, operator, number).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            prop::sample::select(vec![
                "has(event.tags.a)",
                "has(event.metrics.m)",
                "event.metrics == {}",
                "{} != event.tags",
                "true",
                "false",
                "event.severity",
                "event.none",
                "has(event.none)",
                "event.tags.all(t, t != 'a')",
            ])
            .prop_map(str::to_owned),
        ]
    }

    fn condition() -> impl Strategy<Value = String> {
        test().prop_recursive(4, 16, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| format!("!({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) || ({b})")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Direct answers are those of the interpreter.
        #[test]
        fn both_answer_alike(
            condition in condition(), severity in 0..4,
            name in prop::sample::select(vec!["a", "b", "aé"]),
            tags in prop::sample::select(vec!["{}", r#"{"a":"a"}"#, r#"{"a":1,"b c":"ab"}"#, r#"{"a":"\u00e9","a":"b"}"#]),
            metrics in prop::sample::select(vec!["{}", r#"{"m":1}"#, r#"{"m":0.5,"n":-1e3}"#]),
        ) {
            let event = format!(
                r#"{{"name":"{name}","subject":"b","type":"status","severity":{severity},"tags":{tags},"metrics":{metrics}}}"#
            );
            let (direct, interpreted) = answers(&condition, &event);
            prop_assert_eq!(direct, interpreted, "{} of {}", condition, event);
        }

        /// A condition is true of no event that its keys rule out.
        #[test]
        fn keys_rule_out_only_what_is_not_so(
            condition in condition(), name in prop::sample::select(vec!["a", "b", "c"]),
        ) {
            let json = format!(
                r#"{{"name":"{name}","subject":"b","type":"status","severity":1,"tags":{{"a":"a"}}}}"#
            );
            let event = Event::read(json.into()).unwrap();
            let condition = Condition::parse(&condition).unwrap();
            let ruled_out = match condition.keys() {
                None => false,
                Some(Keys::Names(names)) => !names.contains(&event.name()),
                Some(Keys::Subjects(subjects)) => !subjects.contains(&event.subject()),
            };
            if ruled_out {
                prop_assert_eq!(condition.answer(&Scope::new(&event)), Answer::No);
            }
        }
    }
}
