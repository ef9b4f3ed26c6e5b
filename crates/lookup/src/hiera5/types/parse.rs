//! Reads type expressions: `Array[String[1], 1, 3]`.

use regex::Regex;

use super::lexer::{Token, split};
use super::{Bounds, Case, Member, Type};
use crate::Fault;

/// How deep types lie in each other at most.
const DEEPEST: usize = 32;

/// Reads a type expression.
///
/// # Errors
/// What cannot be read, or the type that is not known here.
pub fn parse(source: &str) -> Result<Type, Fault> {
    let tokens = split(source)?;
    let mut parser = Parser { source, tokens: &tokens, depth: 0 };
    let read = parser.argument()?;
    if !parser.tokens.is_empty() {
        return Err(parser.unreadable());
    }
    parser.of_type(read)
}

struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    depth: usize,
}

/// What can stand between brackets.
#[derive(Clone, Debug)]
enum Argument {
    Type(Type),
    Text(String),
    Regex(String),
    Number(String),
    Default,
    Bool(bool),
    Struct(Vec<(Argument, Argument)>),
}

impl Parser<'_> {
    fn unreadable(&self) -> Fault {
        let source = self.source;
        Fault::new(
            format!("the type {source} cannot be read"),
            "write it as Puppet does: Array[String]",
        )
    }

    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn takes(&mut self, sign: char) -> bool {
        let is_next = self.tokens.first() == Some(&Token::Sign(sign));
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    fn argument(&mut self) -> Result<Argument, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.unreadable());
        }
        let read = match self.next().cloned() {
            Some(Token::Text(text)) => Argument::Text(text),
            Some(Token::Regex(text)) => Argument::Regex(text),
            Some(Token::Number(text)) => Argument::Number(text),
            Some(Token::Word(word)) => match word.as_str() {
                "default" => Argument::Default,
                "true" => Argument::Bool(true),
                "false" => Argument::Bool(false),
                name => {
                    let arguments = if self.takes('[') { self.list(']')? } else { Vec::new() };
                    Argument::Type(self.build(name, &arguments)?)
                }
            },
            Some(Token::Sign('{')) => Argument::Struct(self.members()?),
            _ => return Err(self.unreadable()),
        };
        self.depth -= 1;
        Ok(read)
    }

    fn list(&mut self, end: char) -> Result<Vec<Argument>, Fault> {
        let mut list = Vec::new();
        while !self.takes(end) {
            list.push(self.argument()?);
            if !self.takes(',') && self.tokens.first() != Some(&Token::Sign(end)) {
                return Err(self.unreadable());
            }
        }
        Ok(list)
    }

    fn members(&mut self) -> Result<Vec<(Argument, Argument)>, Fault> {
        let mut members = Vec::new();
        while !self.takes('}') {
            // A key may be written as a bare word.
            let bare = match self.tokens.first() {
                Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_lowercase()) => {
                    Some(word.clone())
                }
                _ => None,
            };
            let key = match bare {
                Some(word) => {
                    self.next();
                    Argument::Text(word)
                }
                None => self.argument()?,
            };
            if !self.takes('>') {
                return Err(self.unreadable());
            }
            members.push((key, self.argument()?));
            if !self.takes(',') && self.tokens.first() != Some(&Token::Sign('}')) {
                return Err(self.unreadable());
            }
        }
        Ok(members)
    }

    fn of_type(&self, argument: Argument) -> Result<Type, Fault> {
        match argument {
            Argument::Type(read) => Ok(read),
            _ => Err(self.unreadable()),
        }
    }

    fn types(&self, arguments: &[Argument]) -> Result<Vec<Type>, Fault> {
        arguments.iter().cloned().map(|argument| self.of_type(argument)).collect()
    }

    fn texts(&self, arguments: &[Argument]) -> Result<Vec<String>, Fault> {
        let text = |argument: &Argument| match argument {
            Argument::Text(text) => Ok(text.clone()),
            _ => Err(self.unreadable()),
        };
        arguments.iter().map(text).collect()
    }

    /// The types before bounds, and the bounds.
    fn bounded<'a>(
        &self,
        arguments: &'a [Argument],
    ) -> Result<(&'a [Argument], Bounds<i128>), Fault> {
        let is_bound =
            |argument: &&Argument| matches!(argument, Argument::Number(_) | Argument::Default);
        let bounds = arguments.iter().rev().take_while(is_bound).count();
        let (rest, bounds) = arguments.split_at(arguments.len() - bounds);
        Ok((rest, self.bounds(bounds)?))
    }

    fn bounds<T: std::str::FromStr>(&self, arguments: &[Argument]) -> Result<Bounds<T>, Fault> {
        let one = |argument: Option<&Argument>| match argument {
            None | Some(Argument::Default) => Ok(None),
            Some(Argument::Number(text)) => text.parse().map(Some).map_err(|_| self.unreadable()),
            Some(_) => Err(self.unreadable()),
        };
        if arguments.len() > 2 {
            return Err(self.unreadable());
        }
        Ok(Bounds { least: one(arguments.first())?, most: one(arguments.get(1))? })
    }

    fn regexes(&self, arguments: &[Argument]) -> Result<Vec<Regex>, Fault> {
        let one = |argument: &Argument| match argument {
            Argument::Regex(text) | Argument::Text(text) => {
                Regex::new(text).map_err(|error| Fault::new(format!("/{text}/: {error}"), ""))
            }
            _ => Err(self.unreadable()),
        };
        arguments.iter().map(one).collect()
    }

    fn inner(&self, arguments: &[Argument]) -> Result<Box<Type>, Fault> {
        Ok(Box::new(match arguments {
            [] => Type::Any,
            [Argument::Text(text)] => Type::Enum(vec![text.clone()], Case::Sensitive),
            [one] => self.of_type(one.clone())?,
            _ => return Err(self.unreadable()),
        }))
    }

    fn build(&self, name: &str, arguments: &[Argument]) -> Result<Type, Fault> {
        Ok(match (name, arguments) {
            ("Any", []) => Type::Any,
            ("Data" | "RichData", []) => Type::Data,
            ("Scalar" | "ScalarData", []) => Type::Scalar,
            ("Undef", []) => Type::Undef,
            ("Numeric", []) => Type::Numeric,
            ("NotUndef", inner) => Type::NotUndef(self.inner(inner)?),
            ("Optional", inner) => Type::Optional(self.inner(inner)?),
            ("Sensitive", inner) => Type::Sensitive(self.inner(inner)?),
            ("Boolean", []) => Type::Boolean(None),
            ("Boolean", [Argument::Bool(only)]) => Type::Boolean(Some(*only)),
            ("Integer", bounds) => Type::Integer(self.bounds(bounds)?),
            ("Float", bounds) => Type::Float(self.bounds(bounds)?),
            ("String", bounds) => Type::String(self.bounds(bounds)?),
            ("Collection", bounds) => Type::Collection(self.bounds(bounds)?),
            ("Enum", [texts @ .., Argument::Bool(ignore)]) => {
                let case = if *ignore { Case::Insensitive } else { Case::Sensitive };
                Type::Enum(self.texts(texts)?, case)
            }
            ("Enum", texts) => Type::Enum(self.texts(texts)?, Case::Sensitive),
            ("Pattern", expressions) => Type::Pattern(self.regexes(expressions)?),
            ("Variant", types) => Type::Variant(self.types(types)?),
            ("Array", arguments) => {
                let (types, bounds) = self.bounded(arguments)?;
                Type::Array(self.inner(types)?, bounds)
            }
            ("Tuple", arguments) => {
                let (types, bounds) = self.bounded(arguments)?;
                let types = self.types(types)?;
                let count = types.len() as i128;
                let bounds = if arguments.len() == types.len() {
                    Bounds { least: Some(count), most: Some(count) }
                } else {
                    bounds
                };
                Type::Tuple(types, bounds)
            }
            ("Hash", arguments) => {
                let (types, bounds) = self.bounded(arguments)?;
                match types {
                    [] => Type::Hash(Box::new(Type::Any), Box::new(Type::Any), bounds),
                    [key, value] => Type::Hash(
                        self.inner(std::slice::from_ref(key))?,
                        self.inner(std::slice::from_ref(value))?,
                        bounds,
                    ),
                    _ => return Err(self.unreadable()),
                }
            }
            ("Struct", [Argument::Struct(members)]) => {
                let member = |(key, value): &(Argument, Argument)| self.member(key, value);
                Type::Struct(members.iter().map(member).collect::<Result<_, _>>()?)
            }
            _ => {
                let help = "the types of data are known here, aliases of modules are not";
                return Err(Fault::new(
                    format!("{name} in the type {} is not known", self.source),
                    help,
                ));
            }
        })
    }

    fn member(&self, key: &Argument, value: &Argument) -> Result<Member, Fault> {
        let value = self.of_type(value.clone())?;
        let (name, optional) = match key {
            Argument::Text(name) => (name.clone(), matches!(value, Type::Optional(_) | Type::Any)),
            Argument::Type(Type::Optional(inner)) => (self.only(inner)?, true),
            Argument::Type(Type::NotUndef(inner)) => (self.only(inner)?, false),
            _ => return Err(self.unreadable()),
        };
        Ok(Member { name, optional, value })
    }

    fn only(&self, key: &Type) -> Result<String, Fault> {
        match key {
            Type::Enum(texts, _) if texts.len() == 1 => Ok(texts[0].clone()),
            _ => Err(self.unreadable()),
        }
    }
}
