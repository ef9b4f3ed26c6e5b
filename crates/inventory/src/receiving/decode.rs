//! What a message says: a registration as MCollective's receiver or MongoDB has it, or one of
//! Choria's in the layers that Choria puts around it.
//!
//! On its subject, Choria's registration is packed three times, each layer in base64 within JSON; the
//! broker's adapter takes those off and puts one of its own around. The inventory within may be
//! packed by gzip, in base64.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use groundrule_core::name::NodeName;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::documents::registrations;
use crate::documents::time;
use crate::fault::Fault;
use crate::source::Registration;

/// More layers than anybody puts around a registration.
const LAYERS: usize = 8;
/// The most bytes that an inventory may have when it is unpacked.
const LARGEST: u64 = 16 << 20;

/// A registration that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Who registered.
    pub node: NodeName,
    /// What it said.
    pub registration: Registration,
}

/// A message that is no registration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Unreadable {
    /// What is wrong with it.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl From<Fault> for Unreadable {
    fn from(fault: Fault) -> Self {
        let at = fault.line.zip(fault.column).map(|(line, column)| format!("{line}:{column}: "));
        Self { what: format!("{}{}", at.unwrap_or_default(), fault.what), help: fault.help }
    }
}

fn unreadable(what: impl Into<String>) -> Unreadable {
    Unreadable { what: what.into(), help: "look at who sends there: it is no registration".into() }
}

/// What the layers around a registration tell.
#[derive(Default)]
struct Envelope {
    sender: Option<String>,
    sent: Option<Timestamp>,
}

/// Reads a message.
///
/// # Errors
/// When it is no registration.
pub fn decode(body: &[u8]) -> Result<Received, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| unreadable("the message is no text"))?;
    let mut envelope = Envelope::default();
    let mut inner = text.to_owned();
    for _ in 0..LAYERS {
        let Some(layer) = layer(&inner) else { break };
        envelope.note(&layer);
        match open(layer)? {
            Opened::Layer(next) => inner = next,
            Opened::Inventory(inventory) => return of_inventory(inventory, envelope),
        }
    }
    let read = registrations::read(&inner)?;
    Ok(Received {
        node: read.node,
        registration: Registration {
            seen: read.seen.map(Timestamp::as_second),
            facts: read.facts,
            classes: read.classes,
            agents: read.agents,
        },
    })
}

/// The message, if it is one of Choria's.
fn layer(text: &str) -> Option<Map<String, Value>> {
    let Ok(Value::Object(layer)) = serde_json::from_str(text) else { return None };
    let protocol = layer.get("protocol")?.as_str()?;
    protocol.contains("choria").then_some(layer)
}

impl Envelope {
    fn note(&mut self, layer: &Map<String, Value>) {
        let text = |key: &str| Some(layer.get(key)?.as_str()?.to_owned());
        let sender = text("sender").or_else(|| text("senderid"));
        self.sender = sender.or_else(|| self.sender.take());
        let sent = layer.get("time").and_then(|sent| match sent.as_i64() {
            // Version 2 of the protocol counts nanoseconds.
            Some(count) if count > 1 << 40 => Timestamp::from_nanosecond(count.into()).ok(),
            _ => time(sent),
        });
        self.sent = sent.or(self.sent);
        if let Some(Value::Object(envelope)) = layer.get("envelope") {
            self.note(envelope);
        }
    }
}

enum Opened {
    /// What was in a layer.
    Layer(String),
    /// The inventory of a node.
    Inventory(Map<String, Value>),
}

fn open(mut layer: Map<String, Value>) -> Result<Opened, Unreadable> {
    let protocol = layer.get("protocol").and_then(Value::as_str).unwrap_or_default().to_owned();
    if protocol.starts_with("choria:registration:filecontent") {
        return Err(Unreadable {
            what: "it registers a file, not what the node is".to_owned(),
            help: "set registration = inventory_content on the node".to_owned(),
        });
    }
    if protocol.starts_with("choria:registration:inventorycontent") {
        return inventory(&mut layer).map(Opened::Inventory);
    }
    let inner = ["data", "request", "message"].iter().find_map(|key| layer.remove(*key));
    match inner {
        Some(Value::String(text)) if text.starts_with('{') => Ok(Opened::Layer(text)),
        Some(Value::String(text)) => {
            let bytes = STANDARD.decode(text.as_bytes());
            let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let broken = || unreadable(format!("what {protocol} holds is no text in base64"));
            text.map(Opened::Layer).ok_or_else(broken)
        }
        _ => Err(unreadable(format!("{protocol} holds nothing"))),
    }
}

fn inventory(layer: &mut Map<String, Value>) -> Result<Map<String, Value>, Unreadable> {
    if let Some(packed) = layer.get("zcontent").and_then(Value::as_str) {
        let packed = STANDARD
            .decode(packed)
            .map_err(|error| unreadable(format!("its zcontent is no base64: {error}")))?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*packed)
            .take(LARGEST + 1)
            .read_to_string(&mut text)
            .map_err(|error| unreadable(format!("its zcontent cannot be unpacked: {error}")))?;
        if text.len() as u64 > LARGEST {
            let most = LARGEST >> 20;
            return Err(unreadable(format!("its zcontent has more than {most} MB")));
        }
        return match serde_json::from_str(&text) {
            Ok(Value::Object(inventory)) => Ok(inventory),
            _ => Err(unreadable("what its zcontent holds is no JSON object")),
        };
    }
    match layer.remove("content") {
        Some(Value::Object(inventory)) => Ok(inventory),
        _ => Err(unreadable("it has neither content nor zcontent")),
    }
}

fn of_inventory(
    mut inventory: Map<String, Value>,
    envelope: Envelope,
) -> Result<Received, Unreadable> {
    let identity = inventory.get("status").and_then(|status| status.get("identity"));
    let identity = identity.and_then(Value::as_str).map(str::to_owned);
    let name = envelope.sender.or(identity).ok_or_else(|| unreadable("it names no node"))?;
    let node = NodeName::new(&name).map_err(|error| unreadable(error.to_string()))?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let wrong = |what: &str| unreadable(format!("its {what} are not as Choria writes them"));
    let classes = match inventory.get("classes") {
        None | Some(Value::Null) => None,
        Some(Value::Array(names)) => {
            let classes =
                names.iter().map(|name| Some(groundrule_core::name::class_name(name.as_str()?)));
            Some(classes.collect::<Option<_>>().ok_or_else(|| wrong("classes"))?)
        }
        Some(_) => return Err(wrong("classes")),
    };
    let agents = match inventory.get("agents") {
        None | Some(Value::Null) => None,
        Some(Value::Array(agents)) => {
            let name = |agent: &Value| agent.get("name").and_then(text).or_else(|| text(agent));
            let agents = agents.iter().map(name).collect::<Option<_>>();
            Some(agents.ok_or_else(|| wrong("agents"))?)
        }
        Some(_) => return Err(wrong("agents")),
    };
    let facts = match inventory.get_mut("facts").map(Value::take) {
        None | Some(Value::Null) => None,
        Some(Value::Object(facts)) => Some(facts),
        Some(_) => return Err(wrong("facts")),
    };
    let seen = envelope.sent.map(Timestamp::as_second);
    Ok(Received { node, registration: Registration { seen, facts, classes, agents } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(name: &str) -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captured/choria/");
        let text = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
        text.lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect()
    }

    /// Whoever registered by inventory, and what came of the node that registers a file.
    fn check(name: &str) {
        let messages = captured(name);
        let mut seen = Vec::new();
        for message in &messages {
            match decode(message.as_bytes()) {
                Ok(Received { node, registration }) => {
                    let classes = registration.classes.unwrap();
                    assert!(classes.iter().any(|class| class.starts_with("role::")), "{classes:?}");
                    assert!(registration.agents.unwrap().contains(&"rpcutil".to_owned()));
                    assert_eq!(registration.facts.unwrap()["fqdn"], node.as_str());
                    let at = registration.seen.unwrap();
                    assert!((1_795_366_000..1_795_368_000).contains(&at), "{at}");
                    seen.push(node.to_string());
                }
                Err(error) => assert!(error.help.contains("inventory_content"), "{error}"),
            }
        }
        seen.sort_unstable();
        let all = ["lb1", "mysql2", "web1", "web2"].map(|host| format!("{host}.example.net"));
        assert_eq!((seen, messages.len()), (all.into(), 5), "{name}");
    }

    #[test]
    fn chorias_registrations() {
        check("registration-raw.out");
        check("registration-adapter.out");
    }

    #[test]
    fn version_1_of_the_protocol() {
        let packed = |text: &str| STANDARD.encode(text);
        let body = r#"{"protocol":"choria:registration:inventorycontent:1","content":{"classes":["A"],"facts":{}}}"#;
        let request = format!(
            r#"{{"protocol":"choria:request:1","message":"{}","envelope":{{"senderid":"web1","time":1795367036}}}}"#,
            packed(body)
        );
        let secure = format!(
            r#"{{"protocol":"choria:secure:request:1","message":"{}","signature":"x"}}"#,
            packed(&request)
        );
        let message =
            format!(r#"{{"protocol":"choria:transport:1","data":"{}"}}"#, packed(&secure));
        let received = decode(message.as_bytes()).unwrap();
        assert_eq!(received.node.as_str(), "web1");
        let registration = received.registration;
        assert_eq!(registration.seen, Some(1_795_367_036));
        assert_eq!((registration.classes, registration.agents), (Some(vec!["a".into()]), None));
    }

    #[test]
    fn mcollectives_registrations() {
        let message = r#"{"senderid":"web1","msgtime":7,"body":{"facts":{"a":1},"classes":["X"],"agentlist":["y"]}}"#;
        let received = decode(message.as_bytes()).unwrap();
        assert_eq!(received.registration.seen, Some(7));
        assert_eq!(received.registration.classes.unwrap(), ["x"]);
    }

    #[test]
    fn what_is_none() {
        let bomb = {
            use std::io::Write as _;
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packer.write_all(&vec![b' '; 20 << 20]).unwrap();
            STANDARD.encode(packer.finish().unwrap())
        };
        let bomb = format!(
            r#"{{"protocol":"choria:registration:inventorycontent:1","zcontent":"{bomb}"}}"#
        );
        for (message, what) in [
            ("\u{0}", "expected value"),
            ("[]", "a JSON object is expected"),
            (r#"{"protocol":"choria:transport:1","data":"%"}"#, "no text in base64"),
            (r#"{"protocol":"choria:transport:1"}"#, "holds nothing"),
            (
                r#"{"protocol":"choria:registration:inventorycontent:1","zcontent":"AAAA"}"#,
                "cannot be unpacked",
            ),
            (&bomb, "more than 16 MB"),
        ] {
            let error = decode(message.as_bytes()).unwrap_err();
            assert!(error.what.contains(what), "{message:.60}: {error}");
        }
        assert!(decode(b"\xff").is_err());
    }
}
