//! Literal values of manifests.

use super::lexer::Part;
use crate::Fault;
use crate::data::{Map, Value};

/// A text in which nothing is an expression. A `%{` in it would become one, so it is broken up.
pub(super) fn plain(text: &str) -> Value {
    if text.contains("%{") { text.replace("%{", "%{literal('%')}{").into() } else { text.into() }
}

/// A text of parts; variables of the class are put in, those of the machine become expressions.
///
/// # Errors
///
/// Where an expression is more than a variable.
pub(super) fn parts(parts: Vec<Part>, known: &Map) -> Result<Value, Fault> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(&plain(&part).to_s()),
            Part::Expression(expression) => {
                let name = expression.trim().trim_start_matches('$');
                match known.get(name) {
                    Some(value) => text.push_str(&value.to_s()),
                    None => text.push_str(&format!("%{{{}}}", scope_name(name)?)),
                }
            }
        }
    }
    Ok(text.into())
}

/// The machine's variable that an expression names: `x`, `::x`, `facts['os']['family']` or `facts[os]`.
fn scope_name(expression: &str) -> Result<String, Fault> {
    let refuse = || {
        Fault::new(
            format!("${{{expression}}} is more than a variable"),
            "use a variable of the class or of the machine in texts",
        )
    };
    let (name, mut rest) = expression.split_at(expression.find('[').unwrap_or(expression.len()));
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if !name.strip_prefix("::").unwrap_or(name).split("::").all(is_name) {
        return Err(refuse());
    }
    let mut out = name.to_owned();
    while !rest.is_empty() {
        let (index, after) =
            rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(refuse)?;
        let index = index.trim().trim_matches(['\'', '"']);
        if !is_name(index) {
            return Err(refuse());
        }
        out.push('.');
        out.push_str(index);
        rest = after;
    }
    Ok(out)
}

/// A variable that stands alone.
///
/// # Errors
///
/// Where the class has not set it above.
pub(super) fn variable(name: &str, known: &Map) -> Result<Value, Fault> {
    known.get(name).cloned().ok_or_else(|| {
        Fault::new(
            format!("${name} is not set above in the class"),
            format!("write \"${{{name}}}\" for the text of a machine's variable"),
        )
    })
}

/// A word without quotes.
///
/// # Errors
///
/// Where it is a function, a type or a resource.
pub(super) fn word(word: &str, is_call: bool) -> Result<Value, Fault> {
    let refuse = |what: &str| {
        Err(Fault::new(
            format!("{word} is {what}, no literal data"),
            "write the value that it comes to",
        ))
    };
    match word {
        _ if is_call => refuse("a function"),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "undef" => Ok(Value::Null),
        "if" | "unless" | "case" | "and" | "or" | "in" | "default" | "node" | "define"
        | "class" | "function" | "inherits" | "elsif" | "else" => refuse("a word of the language"),
        _ if word.starts_with(|c: char| c.is_ascii_uppercase()) || word.contains("::") => {
            refuse("a type or a class")
        }
        _ => Ok(word.into()),
    }
}

/// `12`, `-1`, `0755`, `0x1f`, `1.5`, `1e3`.
///
/// # Errors
///
/// Where it is no number.
pub(super) fn number(text: &str) -> Result<Value, Fault> {
    let (negative, bare) = text.strip_prefix('-').map_or((false, text), |bare| (true, bare));
    let whole = if let Some(digits) = bare.strip_prefix("0x").or_else(|| bare.strip_prefix("0X")) {
        i128::from_str_radix(digits, 16).ok()
    } else if bare.len() > 1 && bare.starts_with('0') && bare.bytes().all(|b| b.is_ascii_digit()) {
        i128::from_str_radix(bare, 8).ok()
    } else {
        bare.parse().ok()
    };
    if let Some(whole) = whole {
        return Ok(Value::Int(if negative { -whole } else { whole }));
    }
    let is_float = bare.contains(['.', 'e', 'E']) && !bare.ends_with('.') && !bare.contains("..");
    match text.parse::<f64>() {
        Ok(number) if is_float && number.is_finite() => Ok(Value::Float(number)),
        _ => Err(Fault::new(format!("{text} is no number"), "quote it if it is a text")),
    }
}
