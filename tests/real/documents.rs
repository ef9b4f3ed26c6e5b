//! Facts, registrations and discovery replies as the real systems write them.

use serde_json::{Value, json};

use crate::real::{self, text};
use crate::running::Place;

/// The nodes that a filter selects.
fn nodes(place: &Place, filter: &[&str]) -> Vec<String> {
    let mut arguments = vec!["--estate", "estate", "estate", "nodes", "-f", "json"];
    arguments.extend(filter);
    let ran = place.run(&arguments);
    let answer: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|e| panic!("{filter:?}: {e}: {}", ran.stderr));
    assert_eq!(answer["unknown"], json!([]), "{filter:?}");
    serde_json::from_value(answer["nodes"].clone()).unwrap()
}

fn overview(place: &Place) -> Value {
    let ran = place.run(&["--estate", "estate", "estate", "show", "-f", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn facts_of_facter_and_of_puppet() {
    let place = Place::new();
    place.write("estate/facts/lab.example.net.json", text("facter/external-only.json"));
    for node in ["web1", "mysql1"] {
        let name = format!("estate/facts/{node}.example.net.yaml");
        place.write(&name, text(&name));
    }
    assert_eq!(overview(&place)["problems"], json!([]));
    for (filter, wanted) in [
        // Facter: structures, numbers beyond 64 bits, dots in names, letters beyond ASCII.
        ("json_struct.a.b.1=2", "lab"),
        ("json_big=12345678901234567890", "lab"),
        ("json_float>1", "lab"),
        ("json_bool=true", "lab"),
        ("exec_yaml.k=2", "lab"),
        ("dir.key=dotted", "lab"),
        ("unicode=é", "lab"),
        ("eq=a=b=c", "lab"),
        ("UPPER_CASE=Mixed", "lab"),
        // Puppet: under `values`, with the tag of its class.
        ("os.release.full=12.12", "mysql1 web1"),
        ("networking.ip=192.0.2.11", "web1"),
        ("processorcount=4", "web1"),
        ("role=db", "mysql1"),
        ("role=web", "lab web1"),
    ] {
        let found = nodes(&place, &["-F", filter]).join(" ").replace(".example.net", "");
        assert_eq!(found, wanted, "{filter}");
    }
    assert!(nodes(&place, &["-F", "processorcount=99"]).is_empty());
}

/// Facter as it is installed: every fact that it prints is found again.
#[test]
fn facts_of_facter_as_it_runs() {
    let place = Place::new();
    place.write("facter.conf", text("facter/facter.conf"));
    place.write("d/site.json", r#"{"rack": "a1", "nested": {"list": [{"deep": "here"}]}}"#);
    let mut facter = std::process::Command::new("/usr/bin/facter");
    facter.args(["--json", "--no-ruby", "--config"]).arg(place.path("facter.conf"));
    facter.arg("--external-dir").arg(place.path("d")).env("HOME", place.path(""));
    let printed = real::run(&mut facter, "", "facter");
    place.write("estate/facts/here.example.net.json", &printed);
    let facts: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(overview(&place)["problems"], json!([]));
    let version = facts["facterversion"].as_str().unwrap();
    for filter in ["rack=a1", "nested.list.0.deep=here", &format!("facterversion={version}")] {
        assert_eq!(nodes(&place, &["-F", filter]), ["here.example.net"], "{filter}");
    }
}

/// What Puppet writes itself: its own class, its own times.
#[test]
fn facts_of_puppet_as_it_writes_them() {
    let place = Place::new();
    let mut ruby = real::ruby("puppet/facts.rb");
    place.write("estate/facts/any.yaml", real::run(&mut ruby, "", "puppet-agent"));
    let shown = overview(&place);
    assert_eq!(shown["problems"], json!([]));
    assert_eq!(shown["facts"]["newest"], "2026-11-22T09:00:00Z");
    for filter in ["os.release.major=12", "list=two", "count>=8", "yes=true", "text=12:30"] {
        assert_eq!(nodes(&place, &["-F", filter]), ["web9.example.net"], "{filter}");
    }
}

#[test]
fn registrations_of_the_receiver_and_of_mongodb() {
    let place = Place::new();
    let receiver: Value =
        serde_json::from_str(&text("estate/registrations/web1.example.net.json")).unwrap();
    // The agent that writes to MongoDB puts the receiver's body into a document with these names.
    let mongodb = json!({
        "_id": {"$oid": "6541c0ffee6541c0ffee6541"},
        "fqdn": "web1.example.net",
        "lastseen": {"$numberLong": receiver["msgtime"].to_string()},
        "facts": receiver["body"]["facts"],
        "classes": receiver["body"]["classes"],
        "agentlist": receiver["body"]["agentlist"],
    });
    let body_as_text = {
        let mut message = receiver.clone();
        message["body"] = receiver["body"].to_string().into();
        message
    };
    for (form, document) in
        [("receiver", &receiver), ("body as text", &body_as_text), ("MongoDB", &mongodb)]
    {
        place.write("estate/registrations/web1.json", document.to_string());
        let shown = overview(&place);
        assert_eq!(shown["problems"], json!([]), "{form}");
        assert_eq!(shown["registrations"]["newest"], "2026-11-22T09:21:52Z", "{form}");
        let filter = ["-F", "location=dc1", "-C", "exim::satellite", "-A", "rpcutil"];
        assert_eq!(nodes(&place, &filter), ["web1.example.net"], "{form}");
        assert!(nodes(&place, &["-A", "registration"]).is_empty(), "{form}");
    }
}

/// The plugin that registers a list of agents and nothing else: facts and classes are not known.
#[test]
fn registration_of_agents_alone() {
    let place = Place::new();
    place.write("estate/registrations/web1.json", text("mcollective/registration-agentlist.json"));
    assert_eq!(nodes(&place, &["-A", "discovery"]), ["web1.example.net"]);
    let ran = place.run(&["--estate", "estate", "estate", "nodes", "-C", "nginx"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.starts_with("# perhaps web1.example.net: "), "{}", ran.stdout);
}

#[test]
fn discovery_in_its_three_forms() {
    let reply = text("estate/discovery.json");
    let nodes = r#"["web3.example.net", "web1.example.net", "Web2.example.net"]"#;
    let at = format!(r#"{{"at": "2026-11-22T09:21:23Z", "nodes": {nodes}}}"#);
    for (form, text, count) in [
        ("mco rpc rpcutil ping -j", reply.as_str(), 3),
        ("list", nodes, 3),
        ("at and nodes", at.as_str(), 3),
        ("one of two did not answer", &text("mcollective/1-term-rpc-nodes.out"), 2),
        ("nobody matched", &text("mcollective/rpc-none-json.out"), 0),
    ] {
        let place = Place::new();
        place.write("estate/discovery.json", text);
        let shown = overview(&place);
        assert_eq!(shown["problems"], json!([]), "{form}");
        assert_eq!(shown["discovery"]["nodes"], count, "{form}");
        if form.starts_with("mco") || form.starts_with("at") {
            assert_eq!(shown["discovery"]["at"], "2026-11-22T09:21:23Z", "{form}");
        }
    }
}
