//! Where events go, by rule files as people write them.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::Path;

use groundrule_core::event::Event;
use groundrule_pipeline::routes::{Destination, Place, Reloader, RouteFault, Routed, Rules};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tempfile::TempDir;

fn valid(url: &str) -> Result<(), String> {
    match url.split_once("://") {
        Some(("stomp" | "http", _)) => Ok(()),
        _ => Err(format!("{url} has a scheme that nobody knows")),
    }
}

fn event(json: &str) -> Event {
    Event::read(json.to_owned().into()).unwrap()
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

fn loaded(files: &[(&str, &str)]) -> Rules {
    Rules::load(directory(files).path(), &valid).unwrap()
}

/// Where it goes, and as what, if rules changed it.
fn routed(rules: &Rules, place: Place, event: &Event) -> (Vec<String>, Routed) {
    let mut routed = Routed::default();
    rules.route(place, event, &mut SmallRng::seed_from_u64(1), &mut routed);
    let to = routed.deliveries.iter().map(|delivery| {
        let to = rules.destinations()[delivery.to].to_string();
        match &delivery.altered {
            None => to,
            Some(event) => format!("{to} {}", String::from_utf8_lossy(event.raw())),
        }
    });
    (to.collect(), routed)
}

fn goes(rules: &Rules, place: Place, event: &Event) -> Vec<String> {
    routed(rules, place, event).0
}

const STATUS: &str = r#"{"name":"puppetmaster","eventid":"4d9a33eb2bce3479f50a86e0","text":"PROCS OK","metrics":{},"tags":{},"subject":"monitor2.foo.net","origin":"nagios bridge","type":"status","eventtime":1301951466,"severity":0}"#;
const METRIC: &str = r#"{"name":"um.bridge.nagios","created_at":1301940072,"eventid":"4d9a34462bce3479f50a8839","text":"um internal stats","metrics":{"events":49},"tags":{"version":"0.0.1"},"subject":"monitor2.foo.net","origin":"um stat","type":"metric","extended_data":{"start_time":1301940072},"eventtime":1301951558,"severity":0}"#;

fn examples() -> Rules {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/routes");
    Rules::load(&directory, &valid).unwrap()
}

#[test]
fn the_sample_routes() {
    let rules = examples();
    assert_eq!(rules.count(Place::Portal), 4);
    let trial = |json: &str| rules.trial(Place::Portal, &event(json));
    let development = "10 % of stomp:///topic/development.portal";
    assert_eq!(trial(STATUS), format!("{development}, stomp:///queue/events.status"));
    assert_eq!(trial(METRIC), format!("{development}, stomp:///queue/events.graphite"));
    let archive = r#"{"name":"commit","subject":"x","type":"archive","metrics":{"files":3}}"#;
    assert_eq!(trial(archive), development);
    let scratch = STATUS.replace(r#""tags":{}"#, r#""tags":{"environment":"scratch"}"#);
    assert_eq!(trial(&scratch), "dropped");
    assert!(routed(&rules, Place::Portal, &event(&scratch)).1.dropped);
}

#[test]
fn a_sample_is_a_random_share() {
    let rules = examples();
    let (event, mut dice) = (event(METRIC), SmallRng::seed_from_u64(7));
    let wanted = Destination::Url("stomp:///topic/development.portal".to_owned());
    let mut routed = Routed::default();
    let mut development = 0;
    for _ in 0..10_000 {
        rules.route(Place::Portal, &event, &mut dice, &mut routed);
        let to = routed.deliveries.iter().map(|delivery| &rules.destinations()[delivery.to]);
        development += to.filter(|to| **to == wanted).count();
    }
    assert!((900..1100).contains(&development), "{development}");
}

#[test]
fn without_rule_files_there_are_defaults() {
    let (status, metric) = (event(STATUS), event(METRIC));
    let alert =
        event(r#"{"name":"n","subject":"s","type":"alert","severity":2,"metrics":{"x":1}}"#);
    let rules = Rules::defaults();
    for (place, event, to) in [
        (Place::Portal, &status, &["status"][..]),
        (Place::Portal, &metric, &["metrics"]),
        (Place::Portal, &alert, &["status", "metrics"]),
        (Place::Status, &status, &["alerts"]),
        (Place::Status, &metric, &["alerts"]),
        (Place::Metrics, &metric, &[]),
        (Place::Alerts, &alert, &[]),
    ] {
        assert_eq!(goes(&rules, place, event), to, "{place}");
    }
    // One place's rule files leave the others' defaults alone.
    let rules = loaded(&[("portal/a.yaml", "to: alerts"), ("callbacks/x.yaml", "other: kind")]);
    assert_eq!(goes(&rules, Place::Portal, &metric), ["alerts"]);
    assert_eq!(goes(&rules, Place::Status, &metric), ["alerts"]);
}

#[test]
fn all_that_match_apply_and_a_destination_gets_an_event_once() {
    let rules = loaded(&[
        ("portal/10.yaml", "to: [status, metrics, status]"),
        ("portal/20.yaml", "to: [metrics, 'stomp:///queue/x']\nwhen: event.severity == 0"),
        ("portal/30.yaml", "to: callbacks\nwhen: event.severity == 1"),
    ]);
    let to = goes(&rules, Place::Portal, &event(STATUS));
    assert_eq!(to, ["status", "metrics", "stomp:///queue/x"]);
}

#[test]
fn a_drop_wins() {
    let rules = loaded(&[
        ("portal/10.yaml", "to: status"),
        ("portal/20.yaml", "drop: true\nwhen: event.name == 'puppetmaster'"),
    ]);
    let (to, all) = routed(&rules, Place::Portal, &event(STATUS));
    assert!(to.is_empty() && all.dropped);
    let (to, all) = routed(&rules, Place::Portal, &event(METRIC));
    assert!(to == ["status"] && !all.dropped);
}

#[test]
fn set_changes_what_goes_to_its_destinations() {
    let rules = loaded(&[
        ("portal/10.yaml", "set: {text: t, tags: {a: 1, b: 2}}"),
        ("portal/20.yaml", "to: [status, metrics]"),
        ("portal/30.yaml", "to: metrics\nset: {tags: {b: null, c: x}, severity: 1}"),
        ("portal/40.yaml", "set: {text: never}\nwhen: event.text == 't'"),
    ]);
    let plain = event(r#"{"name":"n","subject":"s","type":"metric","u":[1]}"#);
    assert_eq!(
        goes(&rules, Place::Portal, &plain),
        [
            r#"status {"name":"n","subject":"s","type":"metric","u":[1],"text":"t","tags":{"a":1,"b":2}}"#,
            r#"metrics {"name":"n","subject":"s","type":"metric","u":[1],"text":"t","tags":{"a":1,"c":"x"},"severity":1}"#,
        ]
    );
}

#[test]
fn what_would_not_be_valid_is_not_set_and_said_once() {
    let rules = loaded(&[("portal/x.yaml", "to: status\nset: {type: status}")]);
    let plain = event(r#"{"name":"n","subject":"s","type":"metric"}"#);
    let (to, all) = routed(&rules, Place::Portal, &plain);
    assert_eq!(to, ["status"]);
    let said = all.problems[0].to_string();
    assert!(said.contains("rule x") && said.contains("severity is missing"), "{said}");
    assert!(routed(&rules, Place::Portal, &plain).1.problems.is_empty());
    assert_eq!(rules.failures().collect::<Vec<_>>(), [("x", 2)]);
}

#[test]
fn a_field_that_is_missing_is_no_match_and_said_once() {
    let rules = loaded(&[
        ("portal/1.yaml", "to: status\nwhen: event.tags.dc == 'x'"),
        ("portal/2.yaml", "to: metrics\nwhen: event.extended_data.a.b > 1"),
        ("portal/3.yaml", "to: alerts\nwhen: has(event.tags.dc) || !has(event.extended_data)"),
    ]);
    let (to, all) = routed(&rules, Place::Portal, &event(STATUS));
    assert_eq!(to, ["alerts"]);
    let said: Vec<String> = all.problems.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("rule 1") && said[0].contains("No such key: dc"), "{said:?}");
    assert!(said[1].contains("rule 2") && said[1].contains("extended_data"), "{said:?}");
    assert!(routed(&rules, Place::Portal, &event(STATUS)).1.problems.is_empty());
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let directory = directory(files);
    let faults: Vec<RouteFault> = Rules::load(directory.path(), &valid).unwrap_err();
    let base = format!("{}/", directory.path().display());
    faults.iter().map(|fault| fault.to_string().replace(&base, "")).collect()
}

#[test]
fn every_fault_of_every_file_is_told_with_its_place() {
    let told = faults(&[
        ("portal/a.yaml", "to: [status, metrcs]\nsampel: 1\nsample: 2\n"),
        ("portal/b.yaml", "types: [metric, satus]\nwhen: event.severity >\nto: ftp://x\n"),
        ("portal/c.yaml", "to: status\nwhen: |\n  event.severity > 1 &&\n    evnt.name == 'x'\n"),
        ("portal/d.yaml", "drop: true\nto: status\n"),
        ("portal/e.yaml", "name: only\n"),
        ("portal/f.yaml", "# nothing\n"),
        ("portal/g.yaml", "to: status\nset: {severity: 9}\n"),
        ("portal/h.yaml", "- to: status\n"),
        ("portal/i.yaml", "to: status\nwhen: event.text.matches('(')\n"),
        ("portal/j.yaml", "to: status\nwhen: event.name.beginsWith('x') && size(event) > 1\n"),
        ("portal/k.yaml", "name: twice\nto: status\n"),
        ("portal/l.yaml", "name: twice\nto: status\n"),
        ("portal/m.yml", "to: status\n"),
        ("potral/a.yaml", "to: status\n"),
        ("status/a.yaml", "to: status\n"),
        ("a.yaml", "to: status\n"),
    ]);
    let text = told.join("\n");
    for wanted in [
        "a.yaml: a rule file outside of a place's folder",
        "portal/a.yaml:2:1: unknown key \"sampel\": a rule has name, types, when, to, sample, set, drop; did you mean sample?",
        "portal/a.yaml:1:14: unknown part \"metrcs\"",
        "did you mean metrics?",
        "portal/a.yaml:3:9: sample is 2",
        "portal/b.yaml:1:17: unknown type \"satus\"",
        "portal/b.yaml:2:",
        "portal/b.yaml:3:5: ftp://x has a scheme that nobody knows",
        "portal/c.yaml:4:5: evnt is not known: conditions know event and its fields; did you mean event?",
        "portal/d.yaml:1:1: what is dropped goes nowhere",
        "portal/e.yaml:1:1: the rule does nothing",
        "portal/f.yaml: the file is empty",
        "portal/g.yaml:2:6: set makes of every event one that is not valid: severity is 9",
        "portal/h.yaml:1:1: ",
        "portal/i.yaml:2:",
        "portal/j.yaml:2:",
        "there is no function beginsWith",
        "the event as a whole is no value",
        "portal/l.yaml: its name twice is that of ",
        "portal/m.yml: a rule file whose name does not end with .yaml",
        "potral: unknown place potral: places are portal, status, metrics, alerts, callbacks; did you mean portal?",
        "status/a.yaml:1:5: what comes from status would go back to it, for ever",
    ] {
        assert!(text.contains(wanted), "{wanted}\nis not in\n{text}");
    }
    assert_eq!(told.len(), 20, "{text}");
}

#[test]
fn a_condition_that_takes_long_ends() {
    let rules = loaded(&[
        (
            "portal/1.yaml",
            "to: status\nwhen: event.l.all(a, event.l.all(b, event.l.all(c, a + b + c > 0)))",
        ),
        (
            "portal/2.yaml",
            "to: metrics\nwhen: size(event.l.map(a, event.l.map(b, event.l.filter(c, c > a)))) > 0",
        ),
        (
            "portal/3.yaml",
            "to: alerts\nwhen: event.l.exists(a, a == 1999) && event.l.exists_one(a, a == 2)",
        ),
        (
            "portal/4.yaml",
            "to: callbacks\nwhen: size(event.l.filter(a, a < 10).map(a, a * 2)) == 9",
        ),
    ]);
    let list: Vec<String> = (1..2000).map(|n| n.to_string()).collect();
    let json = format!(r#"{{"name":"n","subject":"s","type":"metric","l":[{}]}}"#, list.join(","));
    let (to, all) = routed(&rules, Place::Portal, &event(&json));
    assert_eq!(to, ["alerts", "callbacks"]);
    assert_eq!(all.problems.len(), 2);
    assert!(all.problems.iter().all(|problem| problem.what.contains("takes more than")));
}

/// Conditions that go down further than a stack would bear are told, and the deepest that are read
/// do no harm in a thread as small as those that route.
#[test]
fn no_condition_ends_the_process() {
    let chain = |sign: &str, n: usize| vec!["1"; n].join(sign);
    let around = |open: &str, n: usize, close: &str| open.repeat(n) + "true" + &close.repeat(n);
    let told = [
        (chain("+", 30_000), "the condition has 59999 bytes, more than 8192"),
        (chain("+", 4000), "its parts stand in each other 4000 deep"),
        (chain("<", 4000), "its parts stand in each other 4000 deep"),
        (chain("- -", 2000), "its parts stand in each other 2000 deep"),
        (format!("event{}", ".a".repeat(4000)), "deep"),
        (around("(", 4000, ")"), "no condition"),
        (around("[", 4000, "]"), "no condition"),
        (around("!(", 2000, ")"), "no condition"),
        (around("int(", 1500, ")"), "no condition"),
        (around("event.a[", 900, "]"), "no condition"),
        ("true?1:".repeat(1000) + "1", "no condition"),
    ];
    let fine = [
        chain("+", 190) + " == 190",
        format!("event{} == 1", ".a".repeat(190)),
        chain("<", 199),
        around("(", 90, ")"),
        around("!(", 90, ")"),
        around("[1].exists(x, ", 20, ")"),
        "!".repeat(4000) + "true",
        vec!["event.name == 'n'"; 400].join("||"),
        vec!["event.severity >= 0"; 350].join(" && "),
        format!("event.name in ['{}']", vec!["web1.example.com"; 400].join("', '")),
    ];
    let small = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for (condition, what) in told {
            let rule = format!("to: status\nwhen: \"{condition}\"\n");
            let directory = directory(&[("portal/a.yaml", &rule)]);
            let faults = Rules::load(directory.path(), &valid).unwrap_err();
            assert!(faults[0].to_string().contains(what), "{what}: {}", faults[0]);
            assert_eq!(faults[0].line, Some(2), "{}", faults[0]);
        }
        for condition in fine {
            let rules = loaded(&[("portal/a.yaml", &format!("to: status\nwhen: \"{condition}\""))]);
            let event = event(r#"{"name":"n","subject":"s","type":"metric"}"#);
            routed(&rules, Place::Portal, &event);
            assert_eq!(rules.explain(Place::Portal, &event).len(), 1);
        }
    });
    small.unwrap().join().unwrap();
}

#[test]
fn of_many_rules_only_those_of_the_name_are_asked() {
    let files: Vec<(String, String)> = (0..500)
        .map(|n| {
            let when = format!("event.name == 'n{n}' && event.severity >= 0");
            (format!("portal/{n:04}.yaml"), format!("to: 'stomp:///queue/{n}'\nwhen: \"{when}\""))
        })
        .chain([(
            "portal/0100a.yaml".to_owned(),
            "to: status\nwhen: event.subject in ['s', 't']".to_owned(),
        )])
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (&**n, &**t)).collect();
    let rules = loaded(&files);
    for (n, to) in [
        (7, ["stomp:///queue/7", "status"]),
        (100, ["stomp:///queue/100", "status"]),
        (499, ["status", "stomp:///queue/499"]),
    ] {
        let json = format!(r#"{{"name":"n{n}","subject":"s","type":"metric"}}"#);
        assert_eq!(goes(&rules, Place::Portal, &event(&json)), to);
    }
}

#[test]
fn rules_are_read_again_when_reload_is_touched() {
    let directory = directory(&[("portal/a.yaml", "to: status"), ("reload", "")]);
    let mut reloader = Reloader::new(directory.path());
    assert!(reloader.check(&valid).is_none());
    let touch = |seconds| {
        let file = fs::File::options().write(true).open(directory.path().join("reload")).unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        file.set_modified(time).unwrap();
    };
    fs::write(directory.path().join("portal/a.yaml"), "to: alerts").unwrap();
    assert!(reloader.check(&valid).is_none());
    touch(2_000_000_000);
    let rules = reloader.check(&valid).unwrap().unwrap();
    assert_eq!(goes(&rules, Place::Portal, &event(STATUS)), ["alerts"]);
    assert!(reloader.check(&valid).is_none());
    fs::write(directory.path().join("portal/a.yaml"), "to: alrts").unwrap();
    touch(1_000_000_000);
    assert_eq!(reloader.check(&valid).unwrap().unwrap_err().len(), 1);
}

#[test]
fn every_rule_is_explained() {
    let rules = loaded(&[
        ("portal/a.yaml", "types: metric\nto: metrics"),
        ("portal/b.yaml", "when: event.severity == 0\nto: [status, alerts]\nsample: 0.25"),
        ("portal/c.yaml", "when: event.severity > 0\ndrop: true"),
        ("portal/d.yaml", "when: event.tags.x == 'y'\nto: status"),
        ("portal/e.yaml", "types: [status]\nto: status\nsample: 0.5"),
    ]);
    let told: Vec<String> =
        rules.explain(Place::Portal, &event(STATUS)).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "- a: type is status",
            "+ b: is so: event.severity == 0 -> 25 % of status, alerts",
            "- c: is not so: event.severity > 0",
            "- d: cannot be said: event.tags.x == 'y': No such key: x",
            "+ e: type is status -> 50 % of status",
        ]
    );
    let event = event(STATUS);
    assert_eq!(rules.trial(Place::Portal, &event), "62.5 % of status, 25 % of alerts");
    assert_eq!(rules.trial(Place::Metrics, &event), "nowhere");
}
