//! Names of nodes and resources, as Puppet and MCollective write them.

use std::fmt;
use std::str::FromStr;

use crate::Text;
use crate::plain::misleads;

/// The identity of one machine: certname, MCollective identity and `fqdn` in one; lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName(Text);

/// Text that cannot name a node or a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was written.
    #[error("a node's name is empty")]
    EmptyNode,
    /// A slash or a control character, which no report could show unambiguously.
    #[error("{0:?} is no node's name: it holds a slash or a control character")]
    Node(String),
    /// Not of the form `Type[title]`.
    #[error("{0:?} is no resource: write it as Type[title], for instance Service[nginx]")]
    Resource(String),
}

impl NodeName {
    /// Takes a name in any case.
    ///
    /// # Errors
    /// When it is empty or holds a slash or a control character.
    pub fn new(name: &str) -> Result<Self, NameError> {
        if name.trim().is_empty() {
            return Err(NameError::EmptyNode);
        }
        if name.chars().any(|c| c == '/' || misleads(c)) {
            return Err(NameError::Node(name.to_owned()));
        }
        Ok(Self(name.trim().to_lowercase().into()))
    }

    /// Takes names in any case: sorted, each once.
    ///
    /// # Errors
    /// When one of them is no name.
    pub fn several(names: &[String]) -> Result<Vec<Self>, NameError> {
        let mut nodes = names.iter().map(|name| Self::new(name)).collect::<Result<Vec<_>, _>>()?;
        nodes.sort_unstable();
        nodes.dedup();
        Ok(nodes)
    }

    /// The name of the nth node that a policy supposes to be added, from 1.
    #[must_use]
    pub fn supposed(number: usize) -> Self {
        Self(format!("(new {number})").into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for NodeName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for NodeName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).map_err(serde::de::Error::custom)
    }
}

/// A Puppet resource `Type[title]`; the node that it is on is kept beside it.
///
/// Type names are capitalised piece by piece (`Mysql::Server`), and so are the titles of classes
/// (but for `Class[main]`); other titles keep their case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRef {
    text: Text,
    type_len: u32,
}

impl ResourceRef {
    /// Makes the reference of a resource from its type and title.
    #[must_use]
    pub fn new(type_name: &str, title: &str) -> Self {
        let (text, type_len) = Self::write(type_name, title);
        Self { text: text.into(), type_len }
    }

    /// The text of such a reference, for those who do not keep it.
    #[must_use]
    pub fn text(type_name: &str, title: &str) -> String {
        Self::write(type_name, title).0
    }

    fn write(type_name: &str, title: &str) -> (String, u32) {
        let mut text = String::with_capacity(type_name.len() + title.len() + 2);
        push_capitalised(&mut text, type_name);
        let type_len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        text.push('[');
        if text == "Class[" && !title.eq_ignore_ascii_case("main") {
            push_capitalised(&mut text, title);
        } else if text == "Class[" {
            text.push_str("main");
        } else {
            text.push_str(title);
        }
        text.push(']');
        (text, type_len)
    }

    /// `Type[title]`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The capitalised type, for instance `Mysql::Server`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.text[..self.type_len as usize]
    }

    /// The title between the brackets.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.text[self.type_len as usize + 1..self.text.len() - 1]
    }

    /// The reference of a catalog, whose titles are as they are: quotes belong to them.
    #[must_use]
    pub fn stored(text: &str) -> Option<Self> {
        let (type_name, rest) = text.split_once('[')?;
        Some(Self::new(type_name, rest.strip_suffix(']')?))
    }

    /// The same file without slashes at its end, where there are any: Puppet takes both for one.
    #[must_use]
    pub fn without_slashes(&self) -> Option<Self> {
        let title = self.title();
        let plain = file_name(title);
        (self.type_name() == "File" && plain.len() < title.len()).then(|| Self::new("File", plain))
    }

    /// Splits `Type[title]` at its first bracket; quotes around the title, as manifests have them,
    /// are dropped.
    #[must_use]
    pub fn split(text: &str) -> Option<(&str, &str)> {
        let (type_name, rest) = text.split_once('[')?;
        let title = rest.strip_suffix(']')?;
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        if type_name.is_empty() || !type_name.chars().all(good) || title.is_empty() {
            return None;
        }
        let unquoted = ['\'', '"'].iter().find_map(|&q| title.strip_prefix(q)?.strip_suffix(q));
        Some((type_name, unquoted.unwrap_or(title)))
    }
}

impl FromStr for ResourceRef {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::split(text.trim())
            .map(|(type_name, title)| Self::new(type_name, title))
            .ok_or_else(|| NameError::Resource(text.to_owned()))
    }
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A file's name without slashes at its end, but for a root (`/`, `C:/`).
#[must_use]
pub fn file_name(path: &str) -> &str {
    let bare = path.trim_end_matches('/');
    let root = bare.is_empty() || bare.ends_with(':');
    &path[..path.len().min(bare.len() + usize::from(root))]
}

/// A class as Puppet names it: lower case, without a leading `::`.
#[must_use]
pub fn class_name(written: &str) -> String {
    let written = written.trim();
    written.trim_start_matches("::").to_lowercase()
}

/// A type as Puppet writes it in references: every piece capitalised.
#[must_use]
pub fn type_name(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    push_capitalised(&mut text, written.trim());
    text
}

fn push_capitalised(into: &mut String, written: &str) {
    let written = written.strip_prefix("::").unwrap_or(written);
    // Most types are one word, and an estate has millions of resources.
    if let Some(first) = written.bytes().next().filter(u8::is_ascii)
        && !written.bytes().any(|byte| byte == b':')
    {
        into.push(char::from(first.to_ascii_uppercase()));
        into.push_str(&written[1..]);
        return;
    }
    for (n, piece) in written.split("::").enumerate() {
        if n > 0 {
            into.push_str("::");
        }
        let mut letters = piece.chars();
        if let Some(first) = letters.next() {
            into.extend(first.to_uppercase());
            into.push_str(letters.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_lower_case_and_printable() {
        assert_eq!(NodeName::new("Web1.Example.net").unwrap().as_str(), "web1.example.net");
        assert_eq!(NodeName::new("  "), Err(NameError::EmptyNode));
        assert!(NodeName::new("../etc").is_err());
        let several = |names: &[&str]| {
            NodeName::several(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        let names = several(&["web2", "Web1", "web2"]).unwrap();
        assert_eq!(names.iter().map(NodeName::as_str).collect::<Vec<_>>(), ["web1", "web2"]);
        assert_eq!(several(&["web1", ""]), Err(NameError::EmptyNode));
        assert!(NodeName::new("a\u{1b}[2J").is_err());
        assert!(NodeName::new("web1\u{202e}bd").is_err());
    }

    #[test]
    fn references_are_written_as_puppet_writes_them() {
        for (written, reference, type_name, title) in [
            ("service[nginx]", "Service[nginx]", "Service", "nginx"),
            ("mysql::server[x]", "Mysql::Server[x]", "Mysql::Server", "x"),
            ("Class[::mysql::server]", "Class[Mysql::Server]", "Class", "Mysql::Server"),
            ("class[Main]", "Class[main]", "Class", "main"),
            ("File['/etc/a b']", "File[/etc/a b]", "File", "/etc/a b"),
            ("Exec[a[0] > b]", "Exec[a[0] > b]", "Exec", "a[0] > b"),
        ] {
            let parsed: ResourceRef = written.parse().unwrap();
            assert_eq!(parsed.as_str(), reference);
            assert_eq!((parsed.type_name(), parsed.title()), (type_name, title));
        }
        assert_eq!(ResourceRef::stored("Notify['it']").unwrap().title(), "'it'");
        for bad in ["nginx", "Service[]", "[x]", "Ser vice[x]", "Service[x"] {
            assert!(bad.parse::<ResourceRef>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_slash_at_the_end_makes_no_other_file() {
        for (written, name) in [
            ("/srv/data/", "/srv/data"),
            ("/srv//", "/srv"),
            ("/srv", "/srv"),
            ("/", "/"),
            ("//", "/"),
            ("C:/", "C:/"),
            ("C://", "C:/"),
            ("", ""),
        ] {
            assert_eq!(file_name(written), name, "{written}");
        }
        let plain = |text: &str| ResourceRef::stored(text).unwrap().without_slashes();
        assert_eq!(plain("File[/srv/]").unwrap().as_str(), "File[/srv]");
        assert_eq!((plain("File[/srv]"), plain("Exec[/srv/]")), (None, None));
    }
}
