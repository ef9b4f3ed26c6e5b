//! The configuration: its layers, its paths, its faults.

use crate::running::{Place, Ran};
use crate::told;

const FEATURE: &str =
    "Feature: x\n  Scenario: s\n    Given all nodes\n    Then there are exactly 3 of them\n";

fn show(place: &Place, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = place.command(&[&["config", "show", "--origin"], arguments].concat());
    command.envs(environment.iter().copied()).output().unwrap().into()
}

fn line(ran: &Ran, key: &str) -> String {
    let start = format!("{key} = ");
    let found = ran.stdout.lines().find_map(|line| line.strip_prefix(&start));
    found.unwrap_or_else(|| panic!("{key} in {ran:?}")).to_owned()
}

#[test]
fn each_layer_wins_over_the_one_before() {
    let place = Place::new();
    let environment = [("GROUNDRULE_ESTATE", "c"), ("GROUNDRULE_MODE", "gate")];
    assert_eq!(line(&show(&place, &[], &[]), "estate"), "\"estate\"  # built in");
    assert_eq!(line(&show(&place, &[], &[]), "concurrency"), "4  # built in");
    place.write("groundrule.toml", "estate = \"b\"\nmode = \"audit\"\nconcurrency = 2\n");
    assert_eq!(line(&show(&place, &[], &[]), "estate"), "\"b\"  # groundrule.toml");
    let ran = show(&place, &[], &environment);
    assert_eq!(line(&ran, "estate"), "\"c\"  # GROUNDRULE_ESTATE");
    assert_eq!(line(&ran, "mode"), "\"gate\"  # GROUNDRULE_MODE");
    assert_eq!(line(&ran, "concurrency"), "2  # groundrule.toml");
    let ran = show(&place, &["--estate", "d"], &environment);
    assert_eq!(line(&ran, "estate"), "\"d\"  # --estate");
    // An empty variable is none.
    assert_eq!(
        line(&show(&place, &[], &[("GROUNDRULE_ESTATE", "")]), "estate"),
        "\"b\"  # groundrule.toml"
    );
}

#[test]
fn an_estate_may_be_written_as_a_url() {
    let place = Place::with_estate();
    place
        .write("below/x.feature", FEATURE)
        .write("below/groundrule.toml", "estate = \"estate:../estate\"");
    assert_eq!(place.run(&["below/x.feature", "--estate", "estate:estate"]).code, 0);
    let ran = place.run(&["-c", "below/groundrule.toml", "below/x.feature"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Whoever mistypes a variable does not have another estate judged in silence; what is nothing like
/// ours is not ours.
#[test]
fn a_mistyped_variable_is_a_fault() {
    let place = Place::new();
    let ran = show(&place, &[], &[("GROUNDRULE_ESTAT", "x")]);
    let what = "there is no variable GROUNDRULE_ESTAT";
    assert!(ran.code == 2 && ran.stderr.contains(what), "{ran:?}");
    assert!(ran.stderr.contains("did you mean GROUNDRULE_ESTATE?"), "{ran:?}");
    assert_eq!(show(&place, &[], &[("GROUNDRULE_SERVICE_HOST", "10.0.0.1")]).code, 0);
}

#[test]
fn the_nearest_file_upwards_counts_and_its_paths_start_at_its_folder() {
    let place = Place::with_estate();
    place.write(
        "groundrule.toml",
        "estate = \"estate\"\nfeatures = [\"rules\"]\nwaivers = \"w.yaml\"\n",
    );
    place.write("rules/x.feature", FEATURE).write("w.yaml", "[]").write("deep/er/x.txt", "");
    let mut command = place.command(&[]);
    let ran: Ran = command.current_dir(place.path("deep/er")).output().unwrap().into();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("../../rules/x.feature"), "{}", ran.stdout);
    place.write("deep/groundrule.toml", "estate = \"nowhere\"\n");
    let mut command = place.command(&["../../rules"]);
    let ran: Ran = command.current_dir(place.path("deep/er")).output().unwrap().into();
    assert!(ran.code == 2 && ran.stderr.contains("../nowhere"), "{ran:?}");
    // A file that is named counts instead of the nearest one.
    place.write("other.toml", "estate = \"other\"\n");
    assert_eq!(
        line(&show(&place, &["-c", "other.toml"], &[]), "estate"),
        "\"other\"  # other.toml"
    );
    let named = show(&place, &[], &[("GROUNDRULE_CONFIG", "other.toml")]);
    assert_eq!(line(&named, "estate"), "\"other\"  # other.toml");
}

#[test]
fn faults_say_where_and_what_to_do() {
    let place = Place::judging(FEATURE);
    for (name, text) in [
        ("unknown_key", "estate = \"estate\"\nfeaturs = [\"x\"]\n"),
        ("unknown_section", "[source]\nexpect = []\n"),
        ("unknown_nested_key", "[sources.facts]\nmaxage = \"1h\"\n"),
        ("wrong_type", "estate = \"estate\"\n\nconcurrency = \"four\"\n"),
        ("wrong_list", "features = \"features\"\n"),
        ("wrong_word", "mode = \"prod\"\n"),
        ("no_toml", "estate = \n"),
        ("duration", "[sources.facts]\nmax_age = \"soon\"\n"),
        ("nothing_at_a_time", "concurrency = 0\n"),
    ] {
        place.write("groundrule.toml", text);
        let ran = place.run(&["x.feature"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{name}: {ran:?}");
        told!(format!("config_{name}"), ran);
    }
    for (variable, value, what) in [
        ("GROUNDRULE_CONCURRENCY", "many", "GROUNDRULE_CONCURRENCY=\"many\" is no number"),
        ("GROUNDRULE_CONCURRENCY", "0", "GROUNDRULE_CONCURRENCY: concurrency is 0"),
        ("GROUNDRULE_MODE", "prod", "GROUNDRULE_MODE=\"prod\" is no mode"),
    ] {
        place.write("groundrule.toml", "");
        let ran = show(&place, &[], &[(variable, value)]);
        assert!(ran.code == 2 && ran.stderr.contains(what), "{ran:?}");
    }
}

#[test]
fn several_features_from_the_environment() {
    let place = Place::judging(FEATURE);
    place.write("y/y.feature", FEATURE.replace("Feature: x", "Feature: y"));
    let mut command = place.command(&["--dry-run"]);
    let ran: Ran = command.env("GROUNDRULE_FEATURES", "x.feature, y").output().unwrap().into();
    assert!(ran.stdout.contains("2 policies can be judged"), "{ran:?}");
}
