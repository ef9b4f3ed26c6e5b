//! The options of an address.

use crate::source::SourceError;

/// Names and values in their order; a name may occur several times.
pub(super) struct Query {
    scheme: String,
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads what stands behind the question mark.
    pub fn parse(scheme: &str, text: &str) -> Result<Self, SourceError> {
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                let what = format!("{scheme}: the option {pair:?} has no value");
                SourceError::new(what, format!("write {pair}=…"))
            })?;
            Ok((decoded(key), decoded(value)))
        };
        let pairs = text.split('&').filter(|text| !text.is_empty()).map(pair);
        Ok(Self { scheme: scheme.to_owned(), pairs: pairs.collect::<Result<_, _>>()? })
    }

    /// Refuses options that are not among these: one that is misspelt must not be passed over.
    pub fn only(&self, known: &[&str]) -> Result<(), SourceError> {
        let Some((key, _)) = self.pairs.iter().find(|(key, _)| !known.contains(&key.as_str()))
        else {
            return Ok(());
        };
        let help = match known {
            [] => "leave it out".to_owned(),
            _ => format!("it has {}", known.join(", ")),
        };
        Err(SourceError::new(format!("{}: has no option {key}", self.scheme), help))
    }

    /// The value of an option.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// All of them.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// With `%41` decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let digits = more.get(..2).filter(|_| *first == b'%');
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
