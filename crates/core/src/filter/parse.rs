//! Reading filters.

use super::{FactTest, Filter, Operator, Test};
use crate::fact::FactName;
use crate::name::class_name;
use crate::pattern::{Pattern, PatternError};

/// Parentheses and negations may nest this deep.
const DEPTH: usize = 100;

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at character {}", .at + 1)]
pub struct FilterError {
    /// Where in the filter, in characters from 0.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

impl FilterError {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }

    fn pattern(at: usize) -> impl FnOnce(PatternError) -> Self {
        move |error| Self::new(at, error.to_string())
    }
}

pub(super) fn compound(written: &str) -> Result<Filter, FilterError> {
    let mut parser = Parser { letters: written.chars().collect(), at: 0, depth: 0 };
    let filter = parser.alternatives()?;
    match parser.peek() {
        None => Ok(filter),
        Some(')') => Err(parser.error("a \")\" without its \"(\"")),
        Some(_) => Err(parser.error("\"and\" or \"or\" is missing")),
    }
}

pub(super) fn fact(written: &str) -> Result<FactTest, FilterError> {
    let mut parser = Parser { letters: written.trim().chars().collect(), at: 0, depth: 0 };
    let name = parser.word();
    let Some(operator) = parser.operator().filter(|_| !name.is_empty()) else {
        return Err(
            parser.error("a fact filter is a comparison such as location=dc1;  there is none")
        );
    };
    let at = parser.at;
    let rest: String = parser.letters[at..].iter().collect();
    if rest.trim().is_empty() {
        return Err(parser.error("the value is missing"));
    }
    fact_test(&name, operator, rest.trim(), at)
}

pub(super) fn class(written: &str) -> Result<Test, FilterError> {
    pattern(written).map(|pattern| Test::Class(pattern.map_plain(class_name)))
}

pub(super) fn pattern(written: &str) -> Result<Pattern, FilterError> {
    if written.trim().is_empty() {
        return Err(FilterError::new(0, "nothing is written"));
    }
    Pattern::parse(written.trim()).map_err(FilterError::pattern(0))
}

fn fact_test(
    name: &str,
    operator: Operator,
    value: &str,
    at: usize,
) -> Result<FactTest, FilterError> {
    let operator = match operator {
        Operator::Equal if Pattern::is_expression(value) => Operator::Matches,
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast
            if Pattern::is_expression(value) =>
        {
            return Err(FilterError::new(at, "a /regex/ is searched, with = or !=, not compared"));
        }
        other => other,
    };
    let wanted = match operator {
        Operator::Matches => Pattern::parse_regex(value),
        Operator::NotEqual => Pattern::parse(value),
        _ => Ok(Pattern::Plain(value.to_owned())),
    };
    Ok(FactTest {
        name: FactName::new(name),
        operator,
        wanted: wanted.map_err(FilterError::pattern(at))?,
    })
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn error(&self, what: impl Into<String>) -> FilterError {
        FilterError::new(self.at, what)
    }

    /// The next letter that is not blank.
    fn peek(&mut self) -> Option<char> {
        while self.letters.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        self.letters.get(self.at).copied()
    }

    fn take(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        self.at += usize::from(found);
        found
    }

    /// A word of the language counts only before a blank, a parenthesis or the end.
    fn take_word(&mut self, word: &str) -> bool {
        self.peek();
        let end = self.at + word.len();
        let here =
            self.letters.get(self.at..end).is_some_and(|s| s.iter().copied().eq(word.chars()));
        let free =
            self.letters.get(end).is_none_or(|c| c.is_whitespace() || *c == '(' || *c == ')');
        if here && free {
            self.at = end;
        }
        here && free
    }

    fn alternatives(&mut self) -> Result<Filter, FilterError> {
        let mut all = vec![self.conjunction()?];
        while self.take_word("or") {
            all.push(self.conjunction()?);
        }
        Ok(if all.len() > 1 { Filter::Or(all) } else { all.remove(0) })
    }

    fn conjunction(&mut self) -> Result<Filter, FilterError> {
        let mut all = vec![self.negation()?];
        while self.take_word("and") {
            all.push(self.negation()?);
        }
        Ok(if all.len() > 1 { Filter::And(all) } else { all.remove(0) })
    }

    fn negation(&mut self) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error("the filter is nested too deep"));
        }
        let filter = if self.take('!') || self.take_word("not") {
            Filter::Not(Box::new(self.negation()?))
        } else if self.take('(') {
            let open = self.at - 1;
            let inner = self.alternatives()?;
            if !self.take(')') {
                return Err(FilterError::new(open, "a \"(\" without its \")\""));
            }
            inner
        } else {
            Filter::Test(self.statement()?)
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn statement(&mut self) -> Result<Test, FilterError> {
        let start = self.at;
        match self.peek() {
            None => return Err(self.error("a class or a comparison is missing")),
            Some(')') => return Err(self.error("a class or a comparison is missing before \")\"")),
            Some('/') => {
                let at = self.at;
                let expression = self.expression()?;
                return match self.letters.get(self.at) {
                    None | Some(' ' | ')' | '\t' | '\n') => Pattern::parse(&expression)
                        .map(Test::Class)
                        .map_err(FilterError::pattern(at)),
                    Some(_) => Err(self.error("a /regex/ stands alone, as a class")),
                };
            }
            Some(_) => {}
        }
        for word in ["and", "or"] {
            if self.take_word(word) {
                self.at = start;
                return Err(
                    self.error(format!("a class or a comparison is missing before {word:?}"))
                );
            }
        }
        let name = self.word();
        if self.letters.get(self.at) == Some(&'(') {
            return self.data(&name, start);
        }
        let after_name = self.at;
        let Some(operator) = self.operator() else {
            self.at = after_name;
            if name.is_empty() {
                return Err(self.error("a class or a comparison is missing"));
            }
            let class = class_name(&name);
            if ["and", "or", "not"].contains(&class.as_str()) {
                let what = format!("{name:?} is no class: write {class} in lower case");
                return Err(FilterError::new(start, what));
            }
            if class.is_empty() || class.contains(['!', '/', '"', '\'', '\\']) {
                return Err(FilterError::new(start, format!("{name:?} is no class")));
            }
            return Ok(Test::Class(Pattern::Plain(class)));
        };
        if name.is_empty() {
            return Err(FilterError::new(start, "the fact's name is missing"));
        }
        let at = self.at;
        let value = self.value()?;
        fact_test(&name, operator, &value, at).map(Test::Fact)
    }

    /// Letters up to a blank, a parenthesis or an operator.
    fn word(&mut self) -> String {
        self.peek();
        let start = self.at;
        while let Some(&c) = self.letters.get(self.at) {
            let operator =
                "=<>".contains(c) || (c == '!' && self.letters.get(self.at + 1) == Some(&'='));
            if c.is_whitespace() || c == '(' || c == ')' || operator {
                break;
            }
            self.at += 1;
        }
        self.letters[start..self.at].iter().collect()
    }

    fn operator(&mut self) -> Option<Operator> {
        self.peek();
        let table = [
            ("!=", Operator::NotEqual),
            ("=~", Operator::Matches),
            ("==", Operator::Equal),
            ("=>", Operator::AtLeast),
            (">=", Operator::AtLeast),
            ("=<", Operator::AtMost),
            ("<=", Operator::AtMost),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        let rest = &self.letters[self.at..];
        let (text, operator) = table
            .into_iter()
            .find(|(text, _)| text.chars().eq(rest.iter().copied().take(text.len())))?;
        self.at += text.len();
        Some(operator)
    }

    fn value(&mut self) -> Result<String, FilterError> {
        match self.peek() {
            None | Some(')') => Err(self.error("the value is missing")),
            Some('/') => self.expression(),
            Some('"' | '\'') => {
                let quoted = self.delimited()?;
                Ok(quoted[1..quoted.len() - 1].to_owned())
            }
            Some(_) => {
                let start = self.at;
                while self.letters.get(self.at).is_some_and(|c| !c.is_whitespace() && *c != ')') {
                    self.at += 1;
                }
                Ok(self.letters[start..self.at].iter().collect())
            }
        }
    }

    /// `/…/`, or `/…/i`.
    fn expression(&mut self) -> Result<String, FilterError> {
        let mut text = self.delimited()?;
        if self.letters.get(self.at) == Some(&'i') && self.take_word("i") {
            text.push('i');
        }
        Ok(text)
    }

    /// Text between two of the letter that stands here, both included; a backslash keeps the next
    /// letter from ending it.
    fn delimited(&mut self) -> Result<String, FilterError> {
        let (start, delimiter) = (self.at, self.letters[self.at]);
        self.at += 1;
        let mut text = String::from(delimiter);
        while let Some(&c) = self.letters.get(self.at) {
            self.at += 1;
            text.push(c);
            if c == delimiter {
                return Ok(text);
            }
            if c == '\\' {
                let escaped = self.letters.get(self.at).copied();
                if delimiter != '/' || escaped == Some('/') {
                    text.pop();
                }
                text.extend(escaped);
                self.at += 1;
            }
        }
        Err(FilterError::new(start, format!("{delimiter} has no end")))
    }

    /// `fact('role').value=web` asks a fact; every other function asks the machine itself.
    fn data(&mut self, function: &str, start: usize) -> Result<Test, FilterError> {
        self.at += 1;
        let argument = match self.peek() {
            Some('"' | '\'') => {
                let quoted = self.delimited()?;
                quoted[1..quoted.len() - 1].to_owned()
            }
            Some(')') => String::new(),
            _ => return Err(self.error("a function takes a quoted argument")),
        };
        if function.is_empty() || !self.take(')') {
            return Err(self.error("this is no function call such as fact('role').value=web"));
        }
        let field = self.word();
        let operator = self.operator();
        let at = self.at;
        let value = match operator {
            Some(_) => self.value()?,
            None => String::new(),
        };
        match (function, field.as_str(), operator) {
            ("fact", ".value", Some(_)) if argument.trim().is_empty() => {
                Err(FilterError::new(start, "the fact's name is missing"))
            }
            ("fact", ".value", Some(operator)) => {
                fact_test(&argument, operator, &value, at).map(Test::Fact)
            }
            _ => {
                let call: String = self.letters[start..self.at].iter().collect();
                Ok(Test::Data(call.trim().to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(written: &str) -> String {
        compound(written).map_or_else(|e| format!("error: {e}"), |f| f.to_string())
    }

    #[test]
    fn compound_filters() {
        for (written, read) in [
            ("role=web and location=dc2", "(role=web and location=dc2)"),
            (
                "(nginx or haproxy) and !environment=staging",
                "((nginx or haproxy) and not environment=staging)",
            ),
            ("/^mongodb/ and location=dc1", "(/^mongodb/ and location=dc1)"),
            ("role=/^(web|lb)$/ and not location=dc1", "(role=/^(web|lb)$/ and not location=dc1)"),
            ("processorcount>=4 and country=uk", "(processorcount>=4 and country=uk)"),
            ("a or b and c", "(a or (b and c))"),
            ("not not a", "not not a"),
            ("country = uk", "country=uk"),
            ("country='united kingdom' or b", "(country=\"united kingdom\" or b)"),
            ("fact('role').value=smarthost", "role=smarthost"),
            (
                "fstat('/etc/hosts').md5=/^[0-9a-f]+$/ and role=lb",
                "(fstat('/etc/hosts').md5=/^[0-9a-f]+$/ and role=lb)",
            ),
            ("android", "android"),
            ("::Mysql::Server", "mysql::server"),
            ("(/^web/)", "/^web/"),
            ("/^Web/i and role=/^W/i", "(/^Web/i and role=/^W/i)"),
            ("(role!=/^W/i)", "role!=/^W/i"),
            ("path=/usr\\/lib/", "path=/usr\\/lib/"),
            ("os=~^Deb", "os=~^Deb"),
            ("fact('a b').value>=2", "fact(\"a b\").value>=2"),
            ("a!=b", "a!=b"),
        ] {
            assert_eq!(shown(written), read, "{written}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (written, error) in [
            ("role=web and", "a class or a comparison is missing at character 13"),
            ("(role=web", "a \"(\" without its \")\" at character 1"),
            ("role=web)", "a \")\" without its \"(\" at character 9"),
            ("a b", "\"and\" or \"or\" is missing at character 3"),
            ("and a", "a class or a comparison is missing before \"and\" at character 1"),
            ("role=", "the value is missing at character 6"),
            ("=web", "the fact's name is missing at character 1"),
            (
                "role=/(/",
                "the regular expression /(/ cannot be used: unclosed group at character 6",
            ),
            ("/foo", "/ has no end at character 1"),
            ("cores>=/8/", "a /regex/ is searched, with = or !=, not compared at character 8"),
            ("/foo/ib", "a /regex/ stands alone, as a class at character 6"),
            ("/foo/ i", "\"and\" or \"or\" is missing at character 7"),
            ("/foo/=bar", "a /regex/ stands alone, as a class at character 6"),
            ("", "a class or a comparison is missing at character 1"),
            ("a and NOT b", "\"NOT\" is no class: write not in lower case at character 7"),
            ("fact('').value=1", "the fact's name is missing at character 1"),
            ("foo(", "a function takes a quoted argument at character 5"),
        ] {
            assert_eq!(shown(written), format!("error: {error}"), "{written}");
        }
        assert!(shown(&"(".repeat(5000)).contains("nested too deep"));
    }

    #[test]
    fn fact_filters() {
        let accepts =
            |written: &str, value: serde_json::Value| fact(written).unwrap().accepts(&value);
        assert!(accepts("cores>=8", "16".into()) && !accepts("cores>=8", "4".into()));
        assert!(accepts("mem_mb<4096", 2048.into()));
        assert!(accepts("location=~^dc1", "dc1".into()));
        assert!(accepts("location=/^dc[12]$/", "dc2".into()));
        assert!(
            accepts("location=/^DC/i", "dc2".into()) && accepts("path=/srv/a", "/srv/a".into())
        );
        assert!(accepts("location!=dc1", "dc2".into()) && !accepts("location!=dc1", "dc1".into()));
        assert!(accepts("deps=b", serde_json::json!(["a", "b"])));
        assert!(accepts("os=family", serde_json::json!({"family": "Debian"})));
        assert!(accepts("name = united kingdom", "united kingdom".into()));
        assert!(fact("location").is_err());
    }
}
