//! `%{variable}` in values and levels.

use crate::Fault;
use crate::data::Value;
use crate::hiera3::Scope;

/// How often values are put into a value before that is taken for endless.
const ROUNDS: usize = 20;

/// Most text that may become of one.
const LONGEST: usize = 1 << 20;

/// A text with the values of its variables, and with those of the variables that they bring in. Where `or_nothing` is set, a variable that is not
/// there is an empty text, which is for levels; else it is a fault.
///
/// # Errors
///
/// Where a variable is not there, or brings itself in again.
pub(super) fn variables(text: &str, scope: &Scope, or_nothing: bool) -> Result<String, Fault> {
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let Some((start, end)) = first(&text) else { return Ok(text) };
        let site = text[start..end].to_owned();
        let name = &site[2..site.len() - 1];
        let value = match scope.dig(name).ok().flatten() {
            Some(Value::Null) | None if or_nothing => String::new(),
            Some(Value::Null) | None => {
                return Err(Fault::new(
                    format!("there is no variable '{name}' for {site}"),
                    format!("give it: {name}=…, or correct its name"),
                ));
            }
            Some(value) => value.to_s(),
        };
        text = text.replace(&site, &value);
        if text.len() > LONGEST {
            break;
        }
    }
    match first(&text) {
        None if text.len() <= LONGEST => Ok(text),
        _ => Err(Fault::new(
            "its variables bring each other in without end",
            "take one of them out of the circle",
        )),
    }
}

/// Where the first `%{…}` stands that has something in it.
fn first(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("%{")?;
        // At least one character stands inside, whatever it is: `%{}x}` asks for `}x`.
        let inner = text[start + 2..].chars().next()?;
        let search = start + 2 + inner.len_utf8();
        match text[search..].find('}') {
            Some(end) => return Some((start, search + end + 1)),
            None => from = start + 2,
        }
    }
}
