//! What nodes say of themselves: the receiver's messages and MongoDB's documents.

use groundrule_core::name::{NodeName, class_name};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::time;
use super::whole::Whole;
use crate::fault::Fault;

/// One registration.
#[derive(Debug)]
pub struct RegistrationDocument {
    /// Who registered.
    pub node: NodeName,
    /// When.
    pub seen: Option<Timestamp>,
    /// Its facts, if it told.
    pub facts: Option<Map<String, Value>>,
    /// Its classes, if it told.
    pub classes: Option<Vec<String>>,
    /// Its MCollective agents, if it told.
    pub agents: Option<Vec<String>>,
}

const FORMS: &str =
    "write {senderid, msgtime, body} or {fqdn, lastseen, facts, classes, agentlist}";

/// Reads one JSON document.
///
/// # Errors
/// When it is neither of the two forms.
pub fn read(text: &str) -> Result<RegistrationDocument, Fault> {
    let Value::Object(mut outer) = serde_json::from_str::<Whole>(text)?.0 else {
        return Err(Fault::new("this is no registration: a JSON object is expected", FORMS));
    };
    let seen = ["msgtime", "lastseen"].iter().find_map(|key| time(outer.get(*key)?));
    let sender = text_of(&outer, "senderid");
    let body = match outer.get_mut("body").map(Value::take) {
        // Receivers that store text keep the body as the JSON that it came in.
        Some(Value::String(text)) => Some(
            serde_json::from_str(&text)
                .map_err(|_| Fault::new("body is a text that is no JSON", FORMS))?,
        ),
        body => body,
    };
    let body = match body {
        None => outer,
        Some(Value::Object(body)) => body,
        Some(agents @ Value::Array(_)) => Map::from_iter([("agentlist".to_owned(), agents)]),
        Some(_) => return Err(Fault::new("body is neither an object nor a list", FORMS)),
    };
    let named = ["fqdn", "identity"].iter().find_map(|key| text_of(&body, key));
    let name =
        sender.or(named).ok_or_else(|| Fault::new("the registration names no node", FORMS))?;
    Ok(RegistrationDocument {
        node: NodeName::new(&name).map_err(|error| Fault::new(error.to_string(), FORMS))?,
        seen: seen.or_else(|| time(body.get("lastseen")?)),
        classes: list(&body, "classes")?.map(|names| names.iter().map(|n| class_name(n)).collect()),
        agents: list(&body, "agentlist")?,
        facts: facts(body)?,
    })
}

fn text_of(map: &Map<String, Value>, key: &str) -> Option<String> {
    Some(map.get(key)?.as_str()?.to_owned())
}

fn list(body: &Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, Fault> {
    let wrong = || Fault::new(format!("{key} is no list of names"), FORMS);
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(names)) => names
            .iter()
            .map(|name| name.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(wrong()),
    }
}

fn facts(mut body: Map<String, Value>) -> Result<Option<Map<String, Value>>, Fault> {
    match body.get_mut("facts").map(Value::take) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(facts)) => Ok(Some(facts)),
        Some(_) => Err(Fault::new("facts is no object", FORMS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let receiver = read(
            r#"{"senderid":"Web1.example.net","msgtime":1795339312,"body":{"identity":"web1.example.net",
                "agentlist":["rpcutil"],"facts":{"role":"web"},"classes":["Role::Web"]}}"#,
        )
        .unwrap();
        assert_eq!(receiver.node.as_str(), "web1.example.net");
        assert_eq!(receiver.seen.unwrap().as_second(), 1_795_339_312);
        assert_eq!(receiver.classes.unwrap(), ["role::web"]);
        let agents_only =
            read(r#"{"senderid":"a","msgtime":1,"body":["discovery","rpcutil"]}"#).unwrap();
        assert_eq!(agents_only.agents.unwrap(), ["discovery", "rpcutil"]);
        assert!(agents_only.facts.is_none() && agents_only.classes.is_none());
        let text = read(r#"{"senderid":"a","msgtime":1,"body":"{\"classes\":[\"x\"]}"}"#).unwrap();
        assert_eq!(text.classes.unwrap(), ["x"]);
        let mongo = read(r#"{"_id":{"$oid":"x"},"fqdn":"a","lastseen":{"$numberLong":"7"},"facts":{},"classes":[],"agentlist":[]}"#).unwrap();
        assert_eq!((mongo.seen.unwrap().as_second(), mongo.facts.unwrap().len()), (7, 0));
    }

    #[test]
    fn what_is_none() {
        for (text, what) in [
            ("[]", "this is no registration: a JSON object is expected"),
            (r#"{"facts":{}}"#, "the registration names no node"),
            (r#"{"fqdn":"a","classes":"web"}"#, "classes is no list of names"),
            (r#"{"fqdn":"a","facts":[]}"#, "facts is no object"),
            (r#"{"senderid":"a","body":"ping"}"#, "body is a text that is no JSON"),
            (r#"{"senderid":"a","body":"7"}"#, "body is neither an object nor a list"),
            (r#"{"senderid":"a","body":7}"#, "body is neither an object nor a list"),
        ] {
            assert_eq!(read(text).unwrap_err().what, what);
        }
    }
}
