//! Bounds how long a condition may take.
//!
//! Only comprehensions (`all`, `exists`, `map`, `filter`, …) can take long. Each of their rounds
//! is made to ask for the variable [`NAME`], which no condition can be written with; it counts,
//! and is false when there were too many, so that every loop ends at once.

use std::sync::atomic::{AtomicU32, Ordering};

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};

/// The variable that counts.
pub(super) const NAME: &str = "@round";

/// How many rounds all comprehensions of one condition may take for one event, of up to
/// [`SMALL`] bytes; a larger event has fewer, for each round may take longer, but at least
/// [`FEWEST`].
pub(super) const ROUNDS: usize = 10_000;
const FEWEST: usize = 1_000;
const SMALL: usize = 16 * 1024;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Budget {
    /// The budget for an event of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let rounds = (ROUNDS * SMALL / bytes.max(1)).clamp(FEWEST, ROUNDS);
        Self(AtomicU32::new(u32::try_from(rounds).unwrap_or(u32::MAX)))
    }

    /// Takes one round; whether there was one.
    pub(super) fn take(&self) -> bool {
        // Evaluation is in one thread: nobody else counts between the two.
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left > 0
    }

    /// Whether it ran out.
    pub(super) fn exhausted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// The same expression with rounds that count; whether it has any.
pub(super) fn counted(expression: &mut IdedExpr) -> bool {
    let mut any = false;
    match &mut expression.expr {
        Expr::Comprehension(comprehension) => {
            let parts = [
                &mut comprehension.iter_range,
                &mut comprehension.accu_init,
                &mut comprehension.loop_cond,
                &mut comprehension.loop_step,
                &mut comprehension.result,
            ];
            parts.into_iter().for_each(|part| {
                counted(part);
            });
            count(comprehension);
            any = true;
        }
        Expr::Call(call) => {
            for part in call.args.iter_mut().chain(call.target.as_deref_mut()) {
                any |= counted(part);
            }
        }
        Expr::Select(select) => any = counted(&mut select.operand),
        Expr::List(list) => {
            for part in &mut list.elements {
                any |= counted(part);
            }
        }
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    any |= counted(&mut entry.key) | counted(&mut entry.value);
                }
            }
        }
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
    }
    any
}

/// Makes each round count. What goes on unconditionally (`map`, `filter`) keeps its constant loop
/// condition, because the interpreter appends to a list in place only then.
fn count(comprehension: &mut ComprehensionExpr) {
    let step = &mut comprehension.loop_step;
    let goes_on = matches!(&comprehension.loop_cond.expr, Expr::Literal(LiteralValue::Boolean(_)));
    match &mut step.expr {
        Expr::Call(call) if goes_on && call.func_name == operators::CONDITIONAL => {
            call.args[0] = call_of(operators::LOGICAL_AND, vec![round(), taken(&mut call.args[0])]);
        }
        _ if goes_on => {
            let same = of(Expr::Ident(comprehension.accu_var.clone()));
            *step = call_of(operators::CONDITIONAL, vec![round(), taken(step), same]);
        }
        _ => {
            let condition = taken(&mut comprehension.loop_cond);
            comprehension.loop_cond = call_of(operators::LOGICAL_AND, vec![round(), condition]);
        }
    }
}

fn taken(expression: &mut IdedExpr) -> IdedExpr {
    std::mem::take(expression)
}

fn round() -> IdedExpr {
    of(Expr::Ident(NAME.to_owned()))
}

fn call_of(function: &str, args: Vec<IdedExpr>) -> IdedExpr {
    of(Expr::Call(CallExpr { func_name: function.to_owned(), target: None, args }))
}

fn of(expr: Expr) -> IdedExpr {
    IdedExpr { id: 0, expr }
}
