//! Just enough YAML: mappings by line, values in flow style, every string quoted.

use serde_json::{Map, Value};

/// Puppet's facts of a node.
pub fn node_facts(node: &str, facts: &Map<String, Value>) -> String {
    let mut text = format!("--- !ruby/object:Puppet::Node::Facts\nname: {node}\n");
    if facts.is_empty() {
        text.push_str("values: {}\n");
    } else {
        text.push_str("values:\n");
    }
    for (name, value) in facts {
        text.push_str(&format!("  {}: {}\n", quoted(name), flow(value)));
    }
    text.push_str("timestamp: '2026-01-01T00:00:00.000000000+00:00'\n");
    text
}

/// A value on one line.
pub fn flow(value: &Value) -> String {
    match value {
        Value::Array(list) => {
            let inner: Vec<String> = list.iter().map(flow).collect();
            format!("[{}]", inner.join(", "))
        }
        Value::Object(map) => {
            let inner = map.iter().map(|(key, value)| format!("{}: {}", quoted(key), flow(value)));
            format!("{{{}}}", inner.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// JSON's quoting is good YAML.
pub fn quoted(text: &str) -> String {
    Value::String(text.to_string()).to_string()
}
