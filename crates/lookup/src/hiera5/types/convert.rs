//! Makes a value of a type from another one, as `convert_to` asks for.

use super::{Type, name};
use crate::Fault;
use crate::data::{Map, Value};

/// What a conversion made.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// The value.
    pub value: Value,
    /// Whether it is not to be shown.
    pub is_secret: bool,
}

/// Makes a value of this type; `arguments` are those of Puppet's `new` after the value.
///
/// # Errors
/// Where the value cannot be made into such a one. The text tells no value.
pub fn convert(to: &Type, value: &Value, arguments: &[Value]) -> Result<Converted, Fault> {
    if let Type::Sensitive(inner) = to {
        return match &**inner {
            Type::Any => Ok(Converted { value: value.clone(), is_secret: true }),
            inner => Ok(Converted { is_secret: true, ..convert(inner, value, arguments)? }),
        };
    }
    let made = make(to, value, arguments)?;
    if !to.holds(&made) {
        let what = format!("{} cannot be converted: the result is not of the type", name(value));
        return Err(Fault::new(what, HELP));
    }
    Ok(Converted { value: made, is_secret: false })
}

const HELP: &str = "change the data, or convert_to in lookup_options";

fn make(to: &Type, value: &Value, arguments: &[Value]) -> Result<Value, Fault> {
    let refused = || Fault::new(format!("{} cannot be converted to this type", name(value)), HELP);
    let made = match (to, arguments) {
        (Type::Optional(_), _) if value.is_null() => Some(Value::Null),
        (Type::Optional(inner) | Type::NotUndef(inner), _) => Some(make(inner, value, arguments)?),
        (Type::Integer(_), [] | [_]) => integer(value, arguments.first()),
        (Type::Float(_), []) => float(value).map(Value::Float),
        (Type::Numeric, []) => numeric(value),
        (Type::Boolean(_), []) => boolean(value).map(Value::Bool),
        (Type::String(_) | Type::Enum(..) | Type::Pattern(_), []) => Some(string(value).into()),
        (Type::Array(..) | Type::Tuple(..), [] | [Value::Bool(_)]) => {
            array(value, matches!(arguments, [Value::Bool(true)]))
        }
        (Type::Hash(..) | Type::Struct(_), []) => hash(value),
        _ => None,
    };
    made.ok_or_else(refused)
}

fn integer(value: &Value, radix: Option<&Value>) -> Option<Value> {
    let number = match (value, radix) {
        (Value::Int(number), _) => *number,
        #[expect(clippy::cast_possible_truncation, reason = "what is cut off is the fraction")]
        (Value::Float(number), _) if number.is_finite() => number.trunc() as i128,
        (Value::Bool(yes), _) => i128::from(*yes),
        (Value::Str(text), None) => whole(text, None)?,
        (Value::Str(text), Some(Value::Int(radix @ (2 | 8 | 10 | 16)))) => {
            whole(text, u32::try_from(*radix).ok())?
        }
        _ => return None,
    };
    Some(Value::Int(number))
}

/// A whole number: with 0x, 0b or 0 before it, in that base.
fn whole(text: &str, radix: Option<u32>) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest.trim_start()),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, base) = match lower.as_str() {
        one if one.starts_with("0x") && radix.is_none_or(|radix| radix == 16) => (&one[2..], 16),
        one if one.starts_with("0b") && radix.is_none_or(|radix| radix == 2) => (&one[2..], 2),
        one if one.len() > 1 && one.starts_with('0') && radix.is_none() => (&one[1..], 8),
        one => (one, radix.unwrap_or(10)),
    };
    let is_digits = digits.chars().all(|c| c.is_digit(base)) && !digits.is_empty();
    let number = i128::from_str_radix(digits, base).ok().filter(|_| is_digits)?;
    Some(if negative { -number } else { number })
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "as Puppet does it")]
        Value::Int(number) => Some(*number as f64),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Str(text) => match numeric(&Value::Str(text.clone()))? {
            Value::Float(number) => Some(number),
            #[expect(clippy::cast_precision_loss, reason = "as Puppet does it")]
            Value::Int(number) => Some(number as f64),
            _ => None,
        },
        _ => None,
    }
}

fn numeric(value: &Value) -> Option<Value> {
    match value {
        Value::Int(_) | Value::Float(_) => Some(value.clone()),
        Value::Bool(yes) => Some(Value::Int(i128::from(*yes))),
        Value::Str(text) => whole(text, None).map(Value::Int).or_else(|| {
            let text = text.trim();
            let is_number = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
            text.parse().ok().filter(|_| is_number).map(Value::Float)
        }),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::Int(number) => Some(*number != 0),
        Value::Float(number) => Some(*number != 0.0),
        Value::Str(text) => match text.to_lowercase().as_str() {
            "true" | "yes" | "y" => Some(true),
            "false" | "no" | "n" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn array(value: &Value, wrap: bool) -> Option<Value> {
    let items = match value {
        Value::Array(_) => return Some(value.clone()),
        other if wrap => vec![other.clone()],
        Value::Hash(map) => {
            map.iter().map(|(key, value)| Value::list(vec![key.clone(), value.clone()])).collect()
        }
        Value::Str(text) => text.chars().map(|c| Value::from(c.to_string())).collect(),
        _ => return None,
    };
    Some(Value::list(items))
}

fn hash(value: &Value) -> Option<Value> {
    match value {
        Value::Hash(_) => Some(value.clone()),
        Value::Array(items) => {
            let pair = |item: &Value| match item.as_array() {
                Some([key, value]) => Some((key.clone(), value.clone())),
                _ => None,
            };
            let pairs: Option<Map> = items.iter().map(pair).collect();
            let flat = || {
                let (pairs, rest) = items.as_chunks::<2>();
                rest.is_empty().then(|| {
                    pairs.iter().map(|[key, value]| (key.clone(), value.clone())).collect()
                })
            };
            pairs.or_else(flat).map(Value::map)
        }
        _ => None,
    }
}

/// As Puppet's `String.new` writes it: text by itself as it is, and in quotes inside of others.
fn string(value: &Value) -> String {
    match value {
        Value::Str(text) | Value::Symbol(text) | Value::Time(text) => text.to_string(),
        other => inner(other),
    }
}

fn inner(value: &Value) -> String {
    match value {
        Value::Str(text) => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
        }
        Value::Null => "undef".to_owned(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        Value::Hash(map) => {
            let pair =
                |(key, value): (&Value, &Value)| format!("{} => {}", inner(key), inner(value));
            format!("{{{}}}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        other => other.to_s(),
    }
}
