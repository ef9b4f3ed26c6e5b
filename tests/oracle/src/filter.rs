//! MCollective's compound filters: `(country=uk or country=de) and /mysql/ and not cpus>=4`.

use serde_json::Value;

use crate::pattern;
use crate::truth::Truth;
use crate::values;

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    /// A class name or `/regex/`.
    Class(String),
    /// A fact compared with a value.
    Fact {
        name: String,
        operator: String,
        value: String,
    },
}

/// Longest first, so that `<=` is not read as `<`.
const OPERATORS: [&str; 7] = ["!=", "<=", ">=", "=~", "=", "<", ">"];

impl Filter {
    pub fn parse(text: &str) -> Result<Filter, String> {
        let mut words = words(text)?;
        words.reverse();
        let filter = either(&mut words)?;
        match words.pop() {
            None => Ok(filter),
            Some(word) => Err(format!("{text}: did not expect {word}")),
        }
    }

    /// What the filter says, given what is known of each of its atoms.
    pub fn truth(&self, atom: &dyn Fn(&Filter) -> Truth) -> Truth {
        match self {
            Filter::And(left, right) => left.truth(atom).and(right.truth(atom)),
            Filter::Or(left, right) => left.truth(atom).or(right.truth(atom)),
            Filter::Not(inner) => inner.truth(atom).negate(),
            Filter::Class(_) | Filter::Fact { .. } => atom(self),
        }
    }
}

/// Parentheses, `!` and words; a word that has a `/…/` in it goes to the closing slash.
fn words(text: &str) -> Result<Vec<String>, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        let alone = "()".contains(letter) || (letter == '!' && letters.get(at + 1) != Some(&'='));
        if letter.is_whitespace() {
            at += 1;
        } else if alone {
            words.push(letter.to_string());
            at += 1;
        } else {
            let end = word_end(&letters, at)?;
            words.push(letters[at..end].iter().collect());
            at = end;
        }
    }
    Ok(words)
}

fn word_end(letters: &[char], start: usize) -> Result<usize, String> {
    let mut at = start;
    while at < letters.len() && !letters[at].is_whitespace() && !"()".contains(letters[at]) {
        // A slash opens a regular expression at the start of a class or of a value only.
        if letters[at] == '/' && (at == start || "=~<>".contains(letters[at - 1])) {
            let close = letters[at + 1..].iter().position(|letter| *letter == '/');
            at += 1 + close.ok_or("a regular expression without its closing slash")?;
        }
        at += 1;
    }
    Ok(at)
}

/// `a or b or c`; the words are a stack with the first one on top.
fn either(words: &mut Vec<String>) -> Result<Filter, String> {
    let mut left = both(words)?;
    while words.last().is_some_and(|word| word == "or") {
        words.pop();
        left = Filter::Or(Box::new(left), Box::new(both(words)?));
    }
    Ok(left)
}

fn both(words: &mut Vec<String>) -> Result<Filter, String> {
    let mut left = single(words)?;
    while words.last().is_some_and(|word| word == "and") {
        words.pop();
        left = Filter::And(Box::new(left), Box::new(single(words)?));
    }
    Ok(left)
}

fn single(words: &mut Vec<String>) -> Result<Filter, String> {
    let word = words.pop().ok_or("the filter ends too early")?;
    match word.as_str() {
        "not" | "!" => Ok(Filter::Not(Box::new(single(words)?))),
        "(" => {
            let inner = either(words)?;
            match words.pop().as_deref() {
                Some(")") => Ok(inner),
                _ => Err("a parenthesis is not closed".into()),
            }
        }
        ")" | "and" | "or" => Err(format!("did not expect {word}")),
        _ => atom(&word),
    }
}

fn atom(word: &str) -> Result<Filter, String> {
    if word.starts_with('/') {
        pattern::check(word)?;
        return Ok(Filter::Class(word.to_string()));
    }
    let Some(at) = word.find(['!', '<', '>', '=']) else {
        return Ok(Filter::Class(word.to_string()));
    };
    let (name, rest) = word.split_at(at);
    let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
    let operator = operator.ok_or_else(|| format!("no comparison in {word}"))?;
    let value = &rest[operator.len()..];
    if name.is_empty() || value.is_empty() {
        return Err(format!("{word}: a fact, a comparison and a value"));
    }
    if *operator == "=~" || value.starts_with('/') {
        pattern::regex(value)?;
    }
    Ok(Filter::Fact { name: name.into(), operator: (*operator).into(), value: value.into() })
}

/// Compares a fact that is there: of an array any element, of an object any key.
pub fn fact_matches(fact: &Value, operator: &str, value: &str) -> bool {
    match fact {
        Value::Array(list) => {
            list.iter().any(|one| text_matches(&values::text(one), operator, value))
        }
        Value::Object(map) => map.keys().any(|key| text_matches(key, operator, value)),
        other => text_matches(&values::text(other), operator, value),
    }
}

fn text_matches(fact: &str, operator: &str, value: &str) -> bool {
    if operator == "=~" || (operator == "=" && value.starts_with('/')) {
        return pattern::regex(value).is_ok_and(|regex| regex.is_match(fact));
    }
    if operator == "=" {
        return fact == value;
    }
    let order = match (values::number(fact), values::number(value)) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => Some(fact.cmp(value)),
    };
    let Some(order) = order else { return false };
    match operator {
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        _ => order.is_ge(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Judges a filter where the class `web` and the fact `cpus` are there and `x` is unknown.
    fn truth(text: &str) -> Truth {
        let filter = Filter::parse(text).expect("a good filter");
        filter.truth(&|atom| match atom {
            Filter::Class(name) if name == "x" => Truth::Maybe,
            Filter::Class(name) => pattern::names_class(name, "web").into(),
            Filter::Fact { operator, value, .. } => {
                fact_matches(&json!("8"), operator, value).into()
            }
            _ => Truth::No,
        })
    }

    #[test]
    fn words_bind_as_they_should() {
        assert_eq!(truth("web and cpus=8"), Truth::Yes);
        assert_eq!(truth("web or web and db"), Truth::Yes);
        assert_eq!(truth("(web or web) and db"), Truth::No);
        assert_eq!(truth("not db and web"), Truth::Yes);
        assert_eq!(truth("!(db or web)"), Truth::No);
        assert_eq!(truth("! web or !db"), Truth::Yes);
        assert_eq!(truth("/^(we|xx)b$/ and cpus=/^8$/"), Truth::Yes);
    }

    #[test]
    fn unknowns_are_kleenes() {
        assert_eq!(truth("x or web"), Truth::Yes);
        assert_eq!(truth("x and web"), Truth::Maybe);
        assert_eq!(truth("x and db"), Truth::No);
        assert_eq!(truth("not x"), Truth::Maybe);
    }

    #[test]
    fn facts_compare() {
        assert_eq!(truth("cpus=8.0"), Truth::No);
        assert_eq!(truth("cpus>=8.0"), Truth::Yes);
        assert_eq!(truth("cpus!=8.0"), Truth::No);
        assert_eq!(truth("cpus<10"), Truth::Yes);
        assert_eq!(truth("cpus<many"), Truth::Yes);
        assert_eq!(truth("cpus=~^8"), Truth::Yes);
        assert!(fact_matches(&json!(["a", "b"]), "=", "b"));
        assert!(fact_matches(&json!({"a": 1}), "=", "a"));
        assert!(!fact_matches(&json!([["a"]]), "=", "a"));
    }

    #[test]
    fn bad_filters_are_refused() {
        for bad in ["", "web and", "(web", "web)", "a b", "cpus>", "=8", "and", "/web", "x=/(/"] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }
}
