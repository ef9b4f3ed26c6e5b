//! Discovery replies: who answers now.

use groundrule_core::name::NodeName;
use jiff::Timestamp;
use serde_json::Value;

use super::time;
use super::whole::Whole;
use crate::fault::Fault;

const FORMS: &str = "write the reply of `mco rpc rpcutil ping -j` or `choria req rpcutil ping --json`, a list of names, or {\"at\", \"nodes\"}";

/// The nodes that answered, each once, and when, where the reply tells.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// Who answered.
    pub nodes: Vec<NodeName>,
    /// When.
    pub at: Option<Timestamp>,
}

/// Reads a reply in any of its four forms.
///
/// # Errors
/// When it is none of them.
pub fn read(text: &str) -> Result<Reply, Fault> {
    let (items, at) = match serde_json::from_str::<Whole>(text)?.0 {
        Value::Array(items) => (items, None),
        Value::Object(mut map) => {
            let asked = |stats: &Value| stats.get("start_time_utc").and_then(time);
            let at =
                map.get("at").and_then(time).or_else(|| map.get("request_stats").and_then(asked));
            let nodes = if map.contains_key("replies") { "replies" } else { "nodes" };
            match map.get_mut(nodes).map(Value::take) {
                Some(Value::Array(items)) => (items, at),
                _ => return Err(Fault::new("the reply has no list of nodes", FORMS)),
            }
        }
        _ => return Err(Fault::new("this is no discovery reply", FORMS)),
    };
    let pong = |item: &Value| time(item.get("data")?.get("pong")?);
    let at = at.or_else(|| items.iter().filter_map(pong).max());
    let mut nodes = items.iter().map(sender).collect::<Result<Vec<_>, _>>()?;
    nodes.sort_unstable();
    nodes.dedup();
    Ok(Reply { nodes, at })
}

fn sender(item: &Value) -> Result<NodeName, Fault> {
    let name = match item {
        Value::String(name) => Some(name.as_str()),
        Value::Object(reply) => reply.get("sender").and_then(Value::as_str),
        _ => None,
    };
    let name = name.ok_or_else(|| Fault::new(format!("{item} names no node"), FORMS))?;
    NodeName::new(name).map_err(|error| Fault::new(error.to_string(), FORMS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_forms() {
        let names = |text: &str| {
            let reply = read(text).unwrap();
            let names: Vec<_> = reply.nodes.iter().map(ToString::to_string).collect();
            (names.join(" "), reply.at.map(Timestamp::as_second))
        };
        assert_eq!(names(r#"["B","a","a"]"#), ("a b".into(), None));
        assert_eq!(names(r#"{"at":7,"nodes":["a"]}"#), ("a".into(), Some(7)));
        let mco = r#"[{"agent":"rpcutil","action":"ping","sender":"a","statuscode":0,"statusmsg":"OK","data":{"pong":5}},
                      {"sender":"b","data":{"pong":9}}]"#;
        assert_eq!(names(mco), ("a b".into(), Some(9)));
        let choria = r#"{"agent":"rpcutil","replies":[{"sender":"a","statuscode":0,"data":{"pong":5}}],
                        "request_stats":{"no_responses":["b"],"start_time_utc":"1970-01-01T00:00:08Z"}}"#;
        assert_eq!(names(choria), ("a".into(), Some(8)));
        for bad in ["{}", "7", r#"{"nodes":7}"#, "[7]", "[{}]", r#"[""]"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
