//! A web server starts anywhere, and Puppet runs on the load balancers: by real MCollective.

use std::fs;

use serde_json::{Value, json};

use crate::lines::{KEPT, piped};
use crate::process::until;
use crate::running::{Place, shipped};

#[test]
fn a_web_server_starts_and_puppet_runs_on_the_load_balancers() {
    let broker = groundrule_services::activemq();
    let fleet = groundrule_services::mcollective(&broker);
    let classes = fleet.directory().join("nodes/lb1.example.net/classes.txt");
    let more = fs::read_to_string(&classes).unwrap() + "roles::frontend_lb\n";
    fs::write(&classes, more).unwrap();
    let place = Place::new();
    let rule =
        fs::read_to_string(shipped("examples/routes/callbacks/web-server-starts.yaml")).unwrap();
    let config = format!("  kind: mco\n  config: {}\n", fleet.client_config().display());
    let rule = rule.replace("  kind: mco\n", &config);
    assert!(rule.contains(&config), "{rule}");
    place
        .write("routes/callbacks/web-server-starts.yaml", rule)
        .write("routes/portal/callbacks.yaml", "types: [archive]\nto: callbacks\n");
    let started = json!({
        "subject": "web1.example.net", "name": "Service[httpd]", "type": "archive", "eventtime": 1000,
        "origin": "puppet", "text": "ensure changed 'stopped' to 'running'",
        "extended_data": {"resource_title": "httpd", "resource_type": "Service", "restarted": false,
                          "tags": ["service", "roles::frontend_web"]},
    });
    let arguments = [&KEPT[..], &["--routes", "routes"]].concat();
    let ran = piped(&place, &arguments, &started.to_string());
    assert_eq!(ran.code, 0, "{ran:?}");
    let runs = |node: &str| {
        fs::read_to_string(fleet.directory().join("nodes").join(node).join("runs"))
            .unwrap_or_default()
    };
    until("Puppet ran on the load balancer", || {
        let seen = runs("lb1.example.net");
        if seen.lines().count() == 1 { Ok(()) } else { Err((seen, ran.stderr.clone())) }
    });
    for other in ["web1.example.net", "web2.example.net", "mysql1.example.net"] {
        assert_eq!(runs(other), "", "{other}");
    }
    let listed = place.run(&["events", "list", "--archive", "sqlite:events.db", "-f", "ndjson"]);
    let call = listed.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let call: Vec<_> = call.filter(|e| e["name"] == "callback.web-server-starts").collect();
    assert_eq!(call.len(), 1, "{}", listed.stdout);
    assert_eq!(
        (&call[0]["severity"], &call[0]["type"]),
        (&json!(0), &json!("archive")),
        "{call:?}"
    );
}
