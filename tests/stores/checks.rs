//! Checks on a real fleet, by the program as its users run it.

use std::fs;

use crate::running::Place;

const FEATURE: &str = "Feature: Checks
  @id:ok
  Scenario: All are well
    Given nodes whose fact \"role\" is \"web\"
    When I run the check \"state\"
    Then every result is OK

  @id:warning
  Scenario: None is bad
    Given nodes whose fact \"role\" is \"web\"
    When I run the check \"state\"
    Then every result is at worst WARNING

  @id:none
  Scenario: Somebody has no such command
    Given all nodes
    When I run the check \"state\"
    Then every result is at worst WARNING
";

#[test]
fn policies_run_checks_on_a_real_fleet() {
    let broker = groundrule_services::activemq();
    let fleet = groundrule_services::mcollective(&broker);
    let place = Place::new();
    place.write("x.feature", FEATURE);
    let marked = |host: &str| fleet.directory().join(format!("nodes/{host}.example.net/ran"));
    for (host, role, code) in [("web1", "web", 0), ("web2", "web", 1), ("lb1", "lb", 0)] {
        let facts = format!("{{\"fqdn\": \"{host}.example.net\", \"role\": \"{role}\"}}");
        place.write(&format!("estate/facts/{host}.example.net.json"), facts);
        let line = format!(
            "command[state]=echo >>{}; /usr/lib/nagios/plugins/check_dummy {code} \"$(printf 'a\\033[2Jb')\"\n",
            marked(host).display()
        );
        let folder = fleet.directory().join(format!("nodes/{host}.example.net/nrpe.d"));
        if role == "web" {
            fs::write(folder.join("state.cfg"), line).unwrap();
        }
    }
    let checks = format!("mco:?config={}", fleet.client_config().display());

    let doctor = place.run(&["doctor", "--checks", &checks]);
    assert_eq!(doctor.code, 0, "{doctor:?}");
    let told =
        format!("{checks} (checks)\n  the program mco\n  4 nodes that run checks\n  no problems\n");
    assert!(doctor.stdout.contains(&told), "{}", doctor.stdout);

    // Without it nothing is run, and the reason says what to do.
    let without = place.run(&["x.feature"]);
    assert_eq!(without.code, 3, "{without:?}");
    assert!(without.stdout.contains("set url under [sources.checks]"), "{}", without.stdout);

    let results = place.results(&["--checks", &checks]).to_string();
    let message = "the check state is WARNING on web2.example.net: WARNING: a\u{fffd}[2Jb";
    for told in [
        message,
        r#""exit_code":1"#,
        r#""state":"WARNING""#,
        r#""check":"state""#,
        "it has no command state",
    ] {
        assert!(results.contains(told), "{told}: {results}");
    }
    assert!(!results.contains("\\u001b"), "{results}");
    let shown = place.run(&["x.feature", "--checks", &checks]).stdout;
    for status in ["1 held", "1 violated", "1 undecided"] {
        assert!(shown.contains(status), "{shown}");
    }
    // Three policies in each of two runs, and two calls on each node.
    let runs = |host: &str| fs::read_to_string(marked(host)).unwrap_or_default().lines().count();
    assert_eq!(["web1", "web2", "lb1"].map(runs), [2, 2, 0]);
}
