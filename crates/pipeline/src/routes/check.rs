//! Finds what is wrong with a condition before any event comes.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SourceInfo, operators};

use super::fault::meant;
use super::patterns::WRITTEN;

/// The functions and methods that conditions have; `has` and the comprehensions are none.
const FUNCTIONS: [&str; 17] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "hasValue",
    "int",
    "matches",
    "or",
    "orValue",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
    "value",
];

/// Names that stand for types.
const TYPES: [&str; 10] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// How deep the parts of a condition may stand in each other: all work on it goes down by calls,
/// in threads whose stack is small. A chain such as `a + b + c` is as deep as it is long; `&&`, `||`
/// and lists are not.
pub(super) const DEEPEST: usize = 200;

/// What is wrong with a condition, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Line and column from 1, in characters.
    pub at: (u64, u64),
    pub what: String,
    pub help: String,
}

/// Looks through the whole expression.
pub(super) fn check(text: &str, expression: &IdedExpr, places: &SourceInfo) -> Vec<Wrong> {
    let (variables, wrong) = (Vec::new(), Vec::new());
    let mut check = Check { text, places, variables, depth: 0, deepest: 0, wrong };
    check.value(expression);
    if check.deepest > DEEPEST {
        let what = format!("its parts stand in each other {} deep", check.deepest);
        let help = format!("write it no deeper than {DEEPEST}: with fewer operators in a row");
        check.wrong.push(Wrong { at: (1, 1), what, help });
    }
    check.wrong
}

struct Check<'x> {
    text: &'x str,
    places: &'x SourceInfo,
    /// What comprehensions around name their items.
    variables: Vec<&'x str>,
    depth: usize,
    deepest: usize,
    wrong: Vec<Wrong>,
}

impl<'x> Check<'x> {
    fn says(&mut self, id: u64, what: String, help: impl Into<String>) {
        let offset = self.places.offset_for(id).map_or(0, |(start, _)| start as usize);
        self.wrong.push(Wrong { at: position(self.text, offset), what, help: help.into() });
    }

    /// An expression whose value is needed.
    fn value(&mut self, expression: &'x IdedExpr) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        self.part(expression);
        self.depth -= 1;
    }

    fn part(&mut self, expression: &'x IdedExpr) {
        match &expression.expr {
            Expr::Ident(name) => self.name(expression.id, name),
            Expr::Call(call) => self.call(expression.id, call),
            Expr::Select(select) => self.operand(&select.operand),
            Expr::List(list) => list.elements.iter().for_each(|part| self.value(part)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    self.value(&entry.key);
                    self.value(&entry.value);
                }
            }),
            Expr::Comprehension(all) => {
                self.value(&all.iter_range);
                self.value(&all.accu_init);
                self.variables.extend([&*all.iter_var, &*all.accu_var]);
                for part in [&all.loop_cond, &all.loop_step, &all.result] {
                    self.value(part);
                }
                self.variables.truncate(self.variables.len() - 2);
            }
            Expr::Struct(made) => self.says(
                expression.id,
                format!("{} is no type that conditions can make", made.type_name),
                "compare single fields",
            ),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    /// An expression of which a member is asked for: here the event may stand alone.
    fn operand(&mut self, expression: &'x IdedExpr) {
        if !matches!(&expression.expr, Expr::Ident(name) if name == "event") {
            self.value(expression);
        }
    }

    fn name(&mut self, id: u64, name: &str) {
        if self.variables.contains(&name) || TYPES.contains(&name) {
            return;
        }
        if name == "event" {
            self.says(
                id,
                "the event as a whole is no value".to_owned(),
                "name a field of it, such as event.name",
            );
            return;
        }
        let help = format!("conditions know event and its fields{}", meant(["event"], name));
        self.says(id, format!("{name} is not known"), help);
    }

    fn call(&mut self, id: u64, call: &'x CallExpr) {
        let operator = !call.func_name.starts_with(char::is_alphabetic);
        if !operator && !FUNCTIONS.contains(&&*call.func_name) {
            let near = meant(FUNCTIONS, &call.func_name);
            let help = format!("there are {}{near}", FUNCTIONS.join(", "));
            self.says(id, format!("there is no function {}", call.func_name), help);
        }
        if call.func_name == WRITTEN {
            self.pattern(id, call);
        }
        let of_event = match &*call.func_name {
            operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT => Some(0),
            operators::IN => Some(1),
            _ => None,
        };
        for (at, part) in call.args.iter().enumerate() {
            if of_event == Some(at) { self.operand(part) } else { self.value(part) }
        }
        if let Some(target) = &call.target {
            self.value(target);
        }
    }

    /// Patterns stand in the condition, so that they are made only once.
    fn pattern(&mut self, id: u64, call: &CallExpr) {
        match call.args.last().map(|pattern| &pattern.expr) {
            Some(Expr::Literal(LiteralValue::String(pattern))) => {
                if let Err(error) = regex::Regex::new(pattern.inner()) {
                    let error = error.to_string();
                    let last = error.lines().last().unwrap_or_default();
                    let what = format!("{:?} is no pattern", pattern.inner());
                    self.says(id, what, last.trim_start_matches("error: "));
                }
            }
            _ => self.says(
                id,
                "the pattern is no text that stands here".to_owned(),
                "write it as matches(\"…\")",
            ),
        }
    }
}

/// Line and column from 1 of an offset in characters.
fn position(text: &str, offset: usize) -> (u64, u64) {
    let (mut line, mut column) = (1, 1);
    for character in text.chars().take(offset) {
        match character {
            '\n' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
    }
    (line, column)
}
