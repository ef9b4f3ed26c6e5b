//! Replies of the agent `nrpe` of MCollective and Choria.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use groundrule_core::Text;
use groundrule_core::check::{CheckName, Checked};
use groundrule_core::event::Severity;
use groundrule_core::name::NodeName;
use groundrule_core::plain;
use serde::Deserialize;

use super::whole::Whole;
use crate::fault::Fault;

/// What a check came to by node, or why that is not known.
pub type Results = BTreeMap<NodeName, Result<Checked, Text>>;

/// Choria puts the replies into an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Replies {
    Plain(Vec<Reply>),
    Within { replies: Vec<Reply> },
}

#[derive(Deserialize)]
struct Reply {
    sender: String,
    statuscode: i64,
    #[serde(default)]
    statusmsg: String,
    #[serde(default)]
    data: serde_json::Value,
}

/// Reads the reply of `mco rpc nrpe runcommand -j` or `choria req nrpe runcommand --json`.
///
/// # Errors
/// When it is neither.
pub fn read(text: &str, check: &CheckName) -> Result<Results, Fault> {
    let whole = serde_json::from_str::<Whole>(text)?.0;
    let replies = match serde_json::from_value(whole) {
        Ok(Replies::Plain(replies) | Replies::Within { replies }) => replies,
        Err(_) => {
            let help = "see what the program prints when you run it yourself";
            return Err(Fault::new("these are no replies of an agent", help));
        }
    };
    let mut results = Results::new();
    for reply in replies {
        let Ok(node) = NodeName::new(&reply.sender) else { continue };
        let result = reply.result(check);
        match results.entry(node) {
            Entry::Vacant(free) => {
                free.insert(result);
            }
            Entry::Occupied(mut taken) if *taken.get() != result => {
                *taken.get_mut() = Err("several machines answer by its name, not the same".into());
            }
            Entry::Occupied(_) => {}
        }
    }
    Ok(results)
}

impl Reply {
    /// The agent says that it failed also where the plugin ran and found something.
    fn result(&self, check: &CheckName) -> Result<Checked, Text> {
        let found = |state: &Severity| self.statusmsg.eq_ignore_ascii_case(state.name());
        let ran = match self.statuscode {
            0 => true,
            1 => Severity::ALL.iter().any(found),
            _ => false,
        };
        if !ran {
            let said = plain::line(&self.statusmsg);
            return Err(format!("its agent nrpe failed: {said}").into());
        }
        let output = self.data.get("output").and_then(serde_json::Value::as_str).unwrap_or("");
        // It is told as UNKNOWN, but nothing was checked.
        if output.trim() == format!("No such command: {check}") {
            return Err(format!("it has no command {check}").into());
        }
        match self.data.get("exitcode").and_then(serde_json::Value::as_i64) {
            Some(code) => Ok(Checked::new(code, output)),
            None => Err("its plugin was ended before it had a result".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn reply(code: i64, message: &str, data: &Value) -> Value {
        json!({"agent": "nrpe", "action": "runcommand", "sender": "A",
            "statuscode": code, "statusmsg": message, "data": data})
    }

    fn of(replies: &Value) -> String {
        let results = read(&replies.to_string(), &CheckName::new("disk").unwrap()).unwrap();
        let told: Vec<_> = results
            .iter()
            .map(|(node, result)| match result {
                Ok(Checked { code, state, output }) => format!("{node} {code} {state} {output}"),
                Err(why) => format!("{node}: {why}"),
            })
            .collect();
        told.join("; ")
    }

    #[test]
    fn a_result_is_one_also_where_the_agent_says_that_it_failed() {
        let result = |code: i64, state: &str, exit: Value| {
            of(&json!([reply(code, state, &json!({"exitcode": exit, "output": "x"}))]))
        };
        assert_eq!(result(0, "OK", json!(0)), "a 0 OK x");
        assert_eq!(result(1, "WARNING", json!(1)), "a 1 WARNING x");
        assert_eq!(result(1, "CRITICAL", json!(2)), "a 2 CRITICAL x");
        assert_eq!(result(1, "UNKNOWN", json!(127)), "a 127 UNKNOWN x");
        assert_eq!(result(1, "UNKNOWN", json!(-1)), "a -1 UNKNOWN x");
    }

    #[test]
    fn what_did_not_run_has_no_result() {
        let result = |code, message: &str, data: Value| of(&json!([reply(code, message, &data)]));
        let defaults = json!({"exitcode": 3, "output": "", "perfdata": ""});
        for (told, why) in [
            (
                result(1, "UNKNOWN", json!({"exitcode": 3, "output": "No such command: disk"})),
                "it has no command disk",
            ),
            (
                result(1, "UNKNOWN", json!({"exitcode": null, "output": ""})),
                "its plugin was ended before it had a result",
            ),
            (
                result(0, "OK", json!({"exitcode": "0"})),
                "its plugin was ended before it had a result",
            ),
            (result(0, "OK", json!({})), "its plugin was ended before it had a result"),
            // The defaults of its interface are no result.
            (
                result(1, "not authorized", defaults.clone()),
                "its agent nrpe failed: not authorized",
            ),
            (
                result(2, "Unknown action", defaults.clone()),
                "its agent nrpe failed: Unknown action",
            ),
            (result(5, "a\u{1b}[2J\nb", defaults), "its agent nrpe failed: a\u{fffd}[2J b"),
        ] {
            assert_eq!(told, format!("a: {why}"));
        }
    }

    #[test]
    fn the_forms_of_both_programs() {
        let ok = reply(0, "OK", &json!({"exitcode": 0, "output": "x"}));
        let bad = reply(1, "WARNING", &json!({"exitcode": 1, "output": "x"}));
        assert_eq!(of(&json!({"replies": [ok], "request_stats": {}})), "a 0 OK x");
        assert_eq!(of(&json!([])), "");
        assert_eq!(of(&json!([ok, ok])), "a 0 OK x");
        assert_eq!(of(&json!([ok, bad])), "a: several machines answer by its name, not the same");
        for none in ["", "{}", "7", "[7]", "[{}]", "[] []"] {
            assert!(read(none, &CheckName::new("disk").unwrap()).is_err(), "{none}");
        }
    }
}
