//! Values as Ruby writes them into text.

use std::fmt::Write as _;

use super::Value;

impl Value {
    /// As Ruby's `to_s`: what becomes of a value inside a text.
    #[must_use]
    pub fn to_s(&self) -> String {
        let mut out = String::new();
        self.to_s_into(&mut out);
        out
    }

    /// The same, behind what is there already.
    pub fn to_s_into(&self, out: &mut String) {
        match self {
            Self::Null => {}
            Self::Str(text) | Self::Symbol(text) | Self::Time(text) => out.push_str(text),
            _ => inspect(self, out),
        }
    }

    /// As Ruby's `inspect`: the value as source text, on one line.
    #[must_use]
    pub fn inspect(&self) -> String {
        let mut out = String::new();
        inspect(self, &mut out);
        out
    }
}

fn inspect(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("nil"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Int(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Float(number) => out.push_str(&float(*number)),
        Value::Str(text) => quoted(text, out),
        Value::Symbol(name) => {
            out.push(':');
            if is_plain_symbol(name) { out.push_str(name) } else { quoted(name, out) }
        }
        Value::Time(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                inspect(item, out);
            }
            out.push(']');
        }
        Value::Hash(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                inspect(key, out);
                out.push_str("=>");
                inspect(value, out);
            }
            out.push('}');
        }
    }
}

/// As `Float#to_s`.
#[must_use]
pub fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if number == 0.0 {
        return if number.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    // The shortest digits that are read back as the same number, as `d.ddde±x`.
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // With 16 digits before the point, Ruby writes them out only if there are some behind it as well.
    let is_fraction = exponent == 15 && number.fract() != 0.0;
    if (-4..15).contains(&exponent) || is_fraction {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let digits = if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\u{b}' => out.push_str("\\v"),
            '\u{8}' => out.push_str("\\b"),
            '\u{7}' => out.push_str("\\a"),
            '\u{1b}' => out.push_str("\\e"),
            '#' => {
                // `#{`, `#$` and `#@` would be read as code.
                if matches!(chars.peek(), Some('{' | '$' | '@')) {
                    out.push('\\');
                }
                out.push('#');
            }
            // Ruby holds U+0085 for a printable one.
            c if (c.is_control() && c != '\u{85}') || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Names of operators are symbols without quotes.
const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "**", "%", "!", "~", "<", ">", "<=", ">=", "<=>", "==", "===", "=~", "!~",
    "!=", "<<", ">>", "[]", "[]=", "&", "|", "^", "`", "+@", "-@",
];

fn is_plain_symbol(name: &str) -> bool {
    if OPERATORS.contains(&name) {
        return true;
    }
    let bare = name.strip_suffix(['?', '!', '=']).unwrap_or(name);
    bare.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && bare.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_by_ruby() {
        for (number, text) in [
            (1.5, "1.5"),
            (100.0, "100.0"),
            (1e14, "100000000000000.0"),
            (1e15, "1.0e+15"),
            (1_391_428_571_428_571.5, "1391428571428571.5"),
            (1e16, "1.0e+16"),
            (1.25e20, "1.25e+20"),
            (0.0001, "0.0001"),
            (0.00001, "1.0e-05"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(float(number), text);
        }
    }

    #[test]
    fn texts_are_quoted_as_by_ruby() {
        let text = |text: &str| Value::from(text).inspect();
        assert_eq!(text("a\"b\\ \n\u{1b} #{x} #y ü"), r##""a\"b\\ \n\e \#{x} #y ü""##);
        assert_eq!(text("\u{1}\u{7f}"), r#""\u0001\u007F""#);
        assert_eq!(Value::Symbol("a b".into()).inspect(), ":\"a b\"");
        assert_eq!(Value::Symbol("ok?".into()).inspect(), ":ok?");
    }
}
