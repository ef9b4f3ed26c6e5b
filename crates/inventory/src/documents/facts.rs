//! Facts documents: `facter --json` output, and Puppet's node facts in YAML or JSON.

use groundrule_core::name::NodeName;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::time;
use super::whole::Whole;
use crate::fault::Fault;
use crate::files::Listed;

/// The facts of one node.
#[derive(Debug)]
pub struct FactsDocument {
    /// The node, where the document names it.
    pub node: Option<String>,
    /// Of when they are, where the document tells.
    pub made: Option<Timestamp>,
    /// The facts.
    pub facts: Map<String, Value>,
}

/// Reads a document as its file's ending says.
///
/// # Errors
/// When it is none of that form.
pub fn read(file: &Listed, text: &str) -> Result<FactsDocument, Fault> {
    match file.ending() {
        "yaml" => yaml(text),
        _ => json(text),
    }
}

/// Reads `facter --json` output, or `{"name", "values"}`.
///
/// # Errors
/// When it is no JSON object.
pub fn json(text: &str) -> Result<FactsDocument, Fault> {
    document(serde_json::from_str::<Whole>(text)?.0)
}

/// Reads Puppet's node facts: `name`, `values`, `timestamp`; or a plain mapping of facts.
///
/// # Errors
/// When it is no YAML mapping.
pub fn yaml(text: &str) -> Result<FactsDocument, Fault> {
    document(serde_saphyr::from_str::<Whole>(text)?.0)
}

fn document(value: Value) -> Result<FactsDocument, Fault> {
    let Value::Object(mut map) = value else {
        return Err(Fault::new(
            "these are no facts: a mapping of names to values is expected",
            "write what `facter --json` prints, or Puppet's node facts",
        ));
    };
    let facts = match map.remove("values") {
        Some(Value::Object(facts)) => facts,
        // Somebody's fact is called so.
        other => {
            map.extend(other.map(|value| ("values".to_owned(), value)));
            return Ok(FactsDocument { node: text(&map, "clientcert"), made: None, facts: map });
        }
    };
    Ok(FactsDocument { node: text(&map, "name"), made: map.get("timestamp").and_then(time), facts })
}

fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    Some(map.get(key)?.as_str()?.to_owned())
}

impl FactsDocument {
    /// Facts of which nothing else is known.
    #[must_use]
    pub fn of(facts: Map<String, Value>) -> Self {
        Self { node: text(&facts, "clientcert"), made: None, facts }
    }

    /// Whose facts they are: who the document names; else the file's name, which `fqdn` completes
    /// where it is a bare host name.
    ///
    /// # Errors
    /// When none of these is a node's name.
    pub fn owner(&self, stem: &str) -> Result<NodeName, Fault> {
        let fqdn = self
            .facts
            .get("fqdn")
            .or_else(|| self.facts.get("networking")?.get("fqdn"))
            .and_then(Value::as_str)
            .filter(|fqdn| {
                let host = fqdn.split('.').next().unwrap_or_default();
                !stem.contains('.') && host.eq_ignore_ascii_case(stem)
            });
        let name = self.node.as_deref().or(fqdn).unwrap_or(stem);
        NodeName::new(name).map_err(|error| {
            Fault::new(error.to_string(), "name the file after the node: NODE.json or NODE.yaml")
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn puppets_node_facts() {
        let read = yaml(
            "--- !ruby/object:Puppet::Node::Facts\nname: Web1.example.net\nvalues:\n  role: web\n  \
             os: {family: Debian, release: {major: '12'}}\n  cores: 4\n  up: true\n\
             timestamp: '2026-01-01T00:00:00.000000000+00:00'\n",
        )
        .unwrap();
        assert_eq!(read.owner("x").unwrap().as_str(), "web1.example.net");
        assert_eq!(read.made.unwrap().as_second(), 1_767_225_600);
        assert_eq!(
            Value::Object(read.facts),
            json!({"role": "web", "os": {"family": "Debian", "release": {"major": "12"}}, "cores": 4, "up": true})
        );
    }

    #[test]
    fn who_owns_facters_output() {
        let owner = |stem: &str, facts: &str| json(facts).unwrap().owner(stem).unwrap().to_string();
        assert_eq!(owner("web1.example.net", "{}"), "web1.example.net");
        assert_eq!(owner("web1", r#"{"fqdn": "web1.example.net"}"#), "web1.example.net");
        assert_eq!(
            owner("web1", r#"{"networking": {"fqdn": "web1.example.net"}}"#),
            "web1.example.net"
        );
        assert_eq!(owner("web1.prod", r#"{"fqdn": "ip-10-0-0-1.internal"}"#), "web1.prod");
        assert_eq!(owner("x", r#"{"clientcert": "web1"}"#), "web1");
    }

    #[test]
    fn a_fact_may_be_called_values() {
        let read = json(r#"{"values": [1], "zone": "a"}"#).unwrap();
        assert_eq!(Value::Object(read.facts), json!({"values": [1], "zone": "a"}));
    }

    #[test]
    fn what_is_no_document() {
        assert_eq!(
            json("[1]").unwrap_err().what,
            "these are no facts: a mapping of names to values is expected"
        );
        let half = json("{\"a\": {\"b\":").unwrap_err();
        assert_eq!((half.line, half.help.as_str()), (Some(1), "copy it again, whole"));
        assert!(yaml("a: [1").unwrap_err().line.is_some());
        assert!(json(&"[".repeat(100_000)).unwrap_err().help.contains("nested too deep"));
        assert!(yaml(&"[".repeat(100_000)).is_err());
    }
}
