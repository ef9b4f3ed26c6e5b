//! Classes of variables.

use super::lexer::{Kind, Token};
use super::literal;
use crate::Fault;
use crate::data::{Limits, Map, Value};

/// A class.
pub(super) struct Class {
    pub(super) name: String,
    pub(super) variables: Map,
    pub(super) places: Vec<(u64, u64)>,
    pub(super) nodes: usize,
}

pub(super) struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    limits: &'a Limits,
    nodes: usize,
    last: (u64, u64),
}

const LITERAL: &str = "only numbers, texts, true, false, undef, lists and hashes are data; move the value into YAML if it has to be computed";

impl<'a> Parser<'a> {
    pub(super) fn new(tokens: Vec<Token>, limits: &'a Limits) -> Self {
        Self { tokens: tokens.into_iter().peekable(), limits, nodes: 0, last: (1, 1) }
    }

    pub(super) fn classes(mut self) -> Result<Vec<Class>, Fault> {
        let mut classes = Vec::new();
        while let Some(token) = self.take() {
            match token.kind {
                Kind::Word(word) if word == "class" => classes.push(self.class()?),
                kind => {
                    return Err(unexpected(&kind, "only classes with variables are data")
                        .at(token.place.0, token.place.1));
                }
            }
        }
        Ok(classes)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.next()?;
        self.last = token.place;
        Some(token)
    }

    fn need(&mut self) -> Result<Token, Fault> {
        let end = Fault::new("the manifest ends in the middle of a class", "close it")
            .at(self.last.0, self.last.1);
        self.take().ok_or(end)
    }

    fn mark(&mut self, mark: &str) -> Result<(), Fault> {
        let token = self.need()?;
        match token.kind {
            Kind::Mark(found) if found == mark => Ok(()),
            kind => Err(unexpected(&kind, &format!("{mark} is expected here"))
                .at(token.place.0, token.place.1)),
        }
    }

    fn next_is(&mut self, mark: &str) -> bool {
        matches!(self.tokens.peek(), Some(Token { kind: Kind::Mark(found), .. }) if *found == mark)
    }

    fn class(&mut self) -> Result<Class, Fault> {
        let token = self.need()?;
        let name = match token.kind {
            Kind::Word(name) => name.trim_start_matches("::").to_lowercase(),
            kind => {
                return Err(unexpected(&kind, "the class's name is expected here")
                    .at(token.place.0, token.place.1));
            }
        };
        if let Some(Token { kind, place }) = self.tokens.peek()
            && *kind != Kind::Mark("{")
        {
            let what = match kind {
                Kind::Mark("(") => "the class has parameters",
                Kind::Word(word) if word == "inherits" => "the class inherits from another",
                _ => "something stands between the class's name and its body",
            };
            return Err(Fault::new(what, "a class of data holds variables only: leave it out")
                .at(place.0, place.1));
        }
        self.mark("{")?;
        let mut class = Class { name, variables: Map::default(), places: Vec::new(), nodes: 0 };
        let before = self.nodes;
        loop {
            let token = self.need()?;
            match token.kind {
                Kind::Mark("}") => break,
                Kind::Variable(name) => self.assignment(name, token.place, &mut class)?,
                kind => {
                    return Err(unexpected(&kind, "a class of data holds variables only")
                        .at(token.place.0, token.place.1));
                }
            }
        }
        class.nodes = self.nodes - before;
        Ok(class)
    }

    fn assignment(
        &mut self,
        name: String,
        place: (u64, u64),
        class: &mut Class,
    ) -> Result<(), Fault> {
        let in_variable = |fault: Fault| fault.key(&format!("${name}"));
        self.mark("=").map_err(in_variable)?;
        let value = self.value(&class.variables, 0).map_err(in_variable)?;
        if let Some(token) = self.tokens.peek()
            && !matches!(token.kind, Kind::Variable(_) | Kind::Mark("}"))
        {
            let fault = unexpected(&token.kind, LITERAL).at(token.place.0, token.place.1);
            return Err(in_variable(fault));
        }
        if class.variables.contains_key(name.as_str()) {
            let fault = Fault::new("it is set twice", "set it once: Puppet refuses this")
                .at(place.0, place.1);
            return Err(in_variable(fault));
        }
        class.variables.insert(name.into(), value);
        class.places.push(place);
        Ok(())
    }

    fn value(&mut self, known: &Map, depth: usize) -> Result<Value, Fault> {
        let token = self.need()?;
        let (line, column) = token.place;
        self.nodes += 1;
        if depth > self.limits.depth || self.nodes > self.limits.nodes {
            return Err(Fault::new(
                "more data than can be read",
                "make the data smaller or flatter",
            )
            .at(line, column));
        }
        match token.kind {
            Kind::Mark("[") => self.list(known, depth),
            Kind::Mark("{") => self.hash(known, depth),
            Kind::Text(text) => Ok(literal::plain(&text)),
            Kind::Parts(parts) => {
                literal::parts(parts, known).map_err(|fault| fault.at(line, column))
            }
            Kind::Number(text) => literal::number(&text).map_err(|fault| fault.at(line, column)),
            Kind::Word(word) => {
                literal::word(&word, self.next_is("(")).map_err(|fault| fault.at(line, column))
            }
            Kind::Variable(name) => {
                literal::variable(&name, known).map_err(|fault| fault.at(line, column))
            }
            kind => Err(unexpected(&kind, LITERAL).at(line, column)),
        }
    }

    fn list(&mut self, known: &Map, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        while !self.next_is("]") {
            items.push(self.value(known, depth + 1)?);
            if !self.next_is("]") {
                self.mark(",")?;
            }
        }
        self.mark("]")?;
        Ok(Value::list(items))
    }

    fn hash(&mut self, known: &Map, depth: usize) -> Result<Value, Fault> {
        let mut map = Map::default();
        while !self.next_is("}") {
            let key = self.value(known, depth + 1)?;
            self.mark("=>")?;
            let value = self.value(known, depth + 1)?;
            map.insert(key, value);
            if !self.next_is("}") {
                self.mark(",")?;
            }
        }
        self.mark("}")?;
        Ok(Value::map(map))
    }
}

fn unexpected(kind: &Kind, help: &str) -> Fault {
    let what = match kind {
        Kind::Word(word) => format!("'{word}'"),
        Kind::Variable(name) => format!("'${name}'"),
        Kind::Number(text) => format!("'{text}'"),
        Kind::Text(_) | Kind::Parts(_) => "a text".to_owned(),
        Kind::Mark(mark) => format!("'{mark}'"),
        Kind::Other(c) => format!("'{c}'"),
    };
    Fault::new(format!("{what} is no literal data"), help)
}
