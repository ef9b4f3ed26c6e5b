//! Patterns of conditions, made once and not for every event.

use std::collections::HashMap;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, LiteralValue};
use cel::extractors::This;
use cel::{Context, IdedExpr};
use regex::Regex;

/// The method that conditions are written with.
pub(super) const WRITTEN: &str = "matches";
/// What stands for it where the interpreter answers; no condition can be written with it.
const NAME: &str = "@matches";

/// The patterns of a condition.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns(Arc<HashMap<String, Regex>>);

impl Patterns {
    /// Makes the patterns of an expression that was checked, and has them used by it.
    pub(super) fn of(expression: &mut IdedExpr) -> Self {
        let mut patterns = HashMap::new();
        collect(expression, &mut patterns);
        Self(Arc::new(patterns))
    }

    /// Lets expressions use them.
    pub(super) fn add(&self, context: &mut Context<'_, '_>) {
        if self.0.is_empty() {
            return;
        }
        let patterns = Arc::clone(&self.0);
        let matches = move |This(text): This<Arc<String>>, pattern: Arc<String>| -> bool {
            patterns.get(&*pattern).is_some_and(|pattern| pattern.is_match(&text))
        };
        // Nothing else has that name.
        let _ = context.add_function(NAME, matches);
    }
}

fn collect(expression: &mut IdedExpr, patterns: &mut HashMap<String, Regex>) {
    match &mut expression.expr {
        Expr::Call(call) => {
            if call.func_name == WRITTEN
                && let Some(Expr::Literal(LiteralValue::String(pattern))) =
                    call.args.last().map(|pattern| &pattern.expr)
                && let Ok(regex) = Regex::new(pattern.inner())
            {
                patterns.insert(pattern.inner().to_owned(), regex);
                NAME.clone_into(&mut call.func_name);
            }
            let parts = call.args.iter_mut().chain(call.target.as_deref_mut());
            parts.for_each(|part| collect(part, patterns));
        }
        Expr::Comprehension(all) => {
            for part in [&mut all.iter_range, &mut all.loop_cond, &mut all.loop_step] {
                collect(part, patterns);
            }
        }
        Expr::Select(select) => collect(&mut select.operand, patterns),
        Expr::List(list) => list.elements.iter_mut().for_each(|part| collect(part, patterns)),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    collect(&mut entry.key, patterns);
                    collect(&mut entry.value, patterns);
                }
            }
        }
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
    }
}
