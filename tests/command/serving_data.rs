//! `groundrule serve`: facts, data and classes of nodes, and who may be told secrets.

use std::time::Duration;

use serde_json::{Value, json};

use crate::running::Place;
use crate::serving::Server;

/// Three nodes, of which `c` is in another zone, and data for them.
fn site() -> Place {
    let place = Place::judging(
        "Feature: F\n  @gate\n  Scenario: S\n    Given all nodes\n    Then there is at least 1 of them\n",
    );
    place.write(
        "estate/facts/a.json",
        r#"{"fqdn": "a", "zone": "1", "db": {"password": "x", "port": 3306}}"#,
    );
    place.write(
        "groundrule.toml",
        "features = [\"x.feature\"]\n[lookup]\nconfig = \"hiera/hiera.yaml\"\n[gate]\nhold = \"0s\"\n",
    );
    place.write(
        "hiera/hiera.yaml",
        "version: 5\nhierarchy:\n- name: Zone\n  path: \"zone%{zone}.yaml\"\n- name: Common\n  path: common.yaml\n",
    );
    place.write(
        "hiera/data/common.yaml",
        "lookup_options:\n  sealed: {convert_to: Sensitive}\nntp: one\nclasses: [base]\nroot_password: hunter2\nsealed: hunter3\nbroken: \"%{lookup('ntp')\"\nloop: \"%{lookup('loop')}\"\nport: \"%{db.port} of %{db.password}\"\n",
    );
    place.write("hiera/data/zone2.yaml", "ntp: two\nclasses: [far]\nenvironment: staging\n");
    place
}

fn get(server: &Server, path: &str) -> (u16, Value) {
    server.json("GET", path, &Value::Null)
}

#[test]
fn keys_are_looked_up_with_the_facts_of_a_node() {
    let place = site();
    let server = Server::start(&place, &[]);
    let expected = json!({"key": "ntp", "node": "c", "merge": "first", "secret": false, "levels": ["Zone"], "value": "two"});
    assert_eq!(get(&server, "/v1/lookup/ntp?node=c"), (200, expected));
    let (_, merged) = get(&server, "/v1/lookup/classes?node=c&merge=unique");
    assert_eq!(
        (&merged["value"], &merged["levels"]),
        (&json!(["far", "base"]), &json!(["Zone", "Common"]))
    );
    let (_, explained) = get(&server, "/v1/lookup/ntp?node=a&explain=1");
    let saw: Vec<_> =
        explained["steps"].as_array().unwrap().iter().map(|step| &step["saw"]).collect();
    assert_eq!(saw, ["no_file", "value"]);
    let document = get(&server, "/v1/openapi.json").1;
    let schema =
        json!({"$ref": "#/components/schemas/Answer", "components": document["components"]});
    for answer in [&merged, &explained] {
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(answer), "{answer}");
    }
    for (path, status, expected) in [
        ("nothing?node=a", 404, "there is no data for nothing of a"),
        ("nothing?node=a&explain=1", 404, "no_key"),
        ("ntp?node=cc", 404, "did you mean"),
        ("ntp?node=zebra", 404, "no source knows zebra"),
        ("ntp", 400, "node"),
        ("ntp?node=a&merge=both", 400, "first, unique, hash or deep"),
        ("ntp?node=a&x=1", 400, "unknown field"),
        ("loop?node=a", 422, "loop"),
        // What was taken from a fact must not become an empty text.
        ("port?node=a", 422, "is on the redaction list and never read"),
    ] {
        let (code, answer) = get(&server, &format!("/v1/lookup/{path}"));
        assert_eq!(code, status, "{path}: {answer}");
        assert!(answer.to_string().contains(expected), "{path}: {answer}");
        assert!(!answer.to_string().contains("hunter"), "{answer}");
    }
    // The same of Hiera 3.
    place.write(
        "hiera/hiera.yaml",
        format!(
            ":backends: [yaml]\n:hierarchy: [\"zone%{{zone}}\", common]\n:yaml:\n  :datadir: {}\n",
            place.path("hiera/data").display()
        ),
    );
    drop(server);
    let server = Server::start(&place, &[]);
    let (_, answer) = get(&server, "/v1/lookup/classes?node=c&merge=unique&explain=1");
    assert_eq!(answer["value"], json!(["far", "base"]), "{answer}");
    assert_eq!(answer["levels"], json!(["zone2", "common"]));
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&answer), "{answer}");
    let (code, answer) = get(&server, "/v1/lookup/port?node=a");
    assert_eq!(code, 422, "{answer}");
    let (code, answer) = get(&server, "/v1/lookup/classes?node=c&merge=deep");
    assert_eq!(code, 422, "{answer}");
}

#[test]
fn facts_and_classes_are_told() {
    let place = site();
    let server = Server::start(&place, &[]);
    let expected = json!({"node": "a", "facts": {"fqdn": "a", "zone": "1", "db": {"port": 3306}}});
    assert_eq!(get(&server, "/v1/facts/a"), (200, expected));
    assert_eq!(get(&server, "/v1/facts/zebra").0, 404);
    let (code, head, yaml) = server.ask("GET", "/v1/enc/c", "");
    assert_eq!(code, 200, "{yaml}");
    assert!(head.contains("content-type: text/yaml"), "{head}");
    // As the command prints it.
    let ran = place.run(&["enc", "c", "--hiera", "hiera/hiera.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, yaml.as_str()), "{ran:?}");
    let expected =
        json!({"classes": {"far": {}, "base": {}}, "parameters": {}, "environment": "staging"});
    assert_eq!(get(&server, "/v1/enc/c?format=json"), (200, expected));
    assert_eq!(get(&server, "/v1/enc/c?format=xml").0, 400);
    place.write("estate/facts/b.json", "{");
    place.write("hiera/data/zone2.yaml", "classes: [Far]\n");
    drop(server);
    let server = Server::start(&place, &[]);
    let (code, answer) = get(&server, "/v1/facts/b");
    assert_eq!(code, 503, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("the facts of b are not known"), "{answer}");
    assert_eq!(get(&server, "/v1/enc/c").0, 422);
    place.write("groundrule.toml", "features = [\"x.feature\"]\n");
    drop(server);
    let server = Server::start(&place, &[]);
    let (code, answer) = get(&server, "/v1/lookup/ntp?node=a");
    assert_eq!((code, &answer["error"]), (404, &json!("no data to look up is configured")));
}

#[test]
fn secrets_are_told_to_who_may() {
    let place = site();
    place.write("secrets", "open sesame\n").write("token", "plain\n");
    let of_secrets = format!("secrets_token_file={}", place.path("secrets").display());
    let plain = format!("token_file={}", place.path("token").display());
    let as_who = |server: &Server, token: &str, path: &str| {
        let header = format!("Authorization: Bearer {token}\r\n");
        let header = if token.is_empty() { "" } else { &header };
        let (code, _, body) = server.ask_with("GET", path, header, b"");
        (code, body)
    };
    let open = Server::start(&place, &[]);
    let guarded =
        Server::listening(&place, &format!("http://127.0.0.1:0/?{plain}&{of_secrets}"), &[]);
    for key in ["root_password", "sealed"] {
        let path = format!("/v1/lookup/{key}?node=a");
        for (server, token, code) in [
            (&open, "", 403),
            (&open, "open sesame", 403),
            (&guarded, "plain", 403),
            (&guarded, "", 401),
            (&guarded, "wrong", 403),
        ] {
            let (status, body) = as_who(server, token, &path);
            assert_eq!(status, code, "{token} {body}");
            assert!(!body.contains("hunter"), "{body}");
        }
        let (status, body) = as_who(&guarded, "open sesame", &path);
        assert!(status == 200 && body.contains("hunter"), "{status} {body}");
        // An explanation is for everybody, without the value.
        let (status, body) = as_who(&open, "", &format!("{path}&explain=1"));
        assert!(status == 200 && body.contains("\"secret\":true"), "{status} {body}");
        assert!(!body.contains("hunter"), "{body}");
    }
    // Classes with a secret in them.
    place.write("hiera/data/zone1.yaml", "parameters: {api_key: hunter4}\n");
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(as_who(&guarded, "plain", "/v1/enc/a").0, 403);
    let (status, body) = as_who(&guarded, "open sesame", "/v1/enc/a");
    assert!(status == 200 && body.contains("hunter4"), "{status} {body}");
}

#[test]
fn the_estate_may_lie_in_stores() {
    let place = site();
    let file = format!("sqlite:{}", place.path("stores.db").display());
    let load = ["load", "--from", "estate:estate", "--facts", &file, "--registrations", &file];
    let ran = place.run(&load);
    assert_eq!(ran.code, 0, "{ran:?}");
    let server = Server::start(&place, &["--facts", &file, "--reload", "100ms"]);
    assert_eq!(get(&server, "/v1/facts/c").1["facts"]["zone"], "2");
    let (code, judged) = server.json("POST", "/v1/run", &json!({}));
    assert_eq!((code, &judged["summary"]["held"]), (200, &json!(1)), "{judged}");
    place.write("estate/facts/d.json", r#"{"fqdn": "d", "zone": "9"}"#);
    assert_eq!(place.run(&load).code, 0);
    let began = std::time::Instant::now();
    while get(&server, "/v1/facts/d").0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "a node came");
        std::thread::sleep(Duration::from_millis(50));
    }
}
