//! What is wrong with a command line: said with what to do, before anything is judged.

use crate::running::Place;

const FEATURE: &str =
    "Feature: x\n  Scenario: s\n    Given all nodes\n    Then there are exactly 3 of them\n";

#[test]
fn every_fault_says_what_and_what_to_do() {
    let place = Place::judging(FEATURE);
    place.write("empty/notes.txt", "").write("folder/x.feature", FEATURE);
    for (arguments, what, help) in [
        (&["rnu", "x.feature"][..], "rnu is no command", "did you mean run?"),
        (&["step"], "step is no command", "did you mean steps?"),
        (&["x.feature", "--dryrun"], "unexpected argument '--dryrun'", "'--dry-run'"),
        (&["nowhere"], "nowhere: there is no such file or directory", "name a feature file"),
        (&["empty"], "empty: there is no feature file in this directory", "end in .feature"),
        (&["x.feature", "empty"], "empty: there is no feature file", "end in .feature"),
        (&["x.feature", "-n", "("], "--name", "unclosed group"),
        (&["x.feature", "-t", "~@old"], "in the old style", "not @x"),
        (&["x.feature", "-t", "@a,@b"], "in the old style", "@a or @b"),
        (&["x.feature", "-t", "@a and"], "is no tag expression", "@gate and not"),
        (&["x.feature", "-t", ""], "is no tag expression", "@gate and not"),
        (&["x.feature", "-f", "juint"], "there is no format \"juint\"", "did you mean junit?"),
        (
            &["x.feature", "-f", "sarif"],
            "there is no format",
            "pretty, results, junit, json, github, events, nagios",
        ),
        (&["x.feature", "-f", "junit:"], "no path behind its colon", "junit:"),
        (&["x.feature", "-f", "junit", "-f", "json"], "all go to standard output", "a path"),
        (&["x.feature", "-f", "junit:a", "-f", "json:a"], "two formats go to a", "path of its own"),
        (
            &["x.feature", "-f", "junit:folder"],
            "the report folder cannot be written",
            "where you may write",
        ),
        (
            &["x.feature", "-f", "junit:/proc/x/y"],
            "the report /proc/x/y cannot be written",
            "where you may write",
        ),
        (&["x.feature", "--concurrency", "0"], "--concurrency", "1.."),
        (&["x.feature", "--concurrency", "many"], "--concurrency", "invalid digit"),
        (&["x.feature", "--now", "yesterday"], "--now \"yesterday\" is no time", "RFC 3339"),
        (
            &["x.feature", "--estate", "nowhere"],
            "there is no estate directory nowhere",
            "--estate DIR",
        ),
        (&["x.feature", "--estate", "x.feature"], "x.feature", "name a directory"),
        (
            &["x.feature", "--config", "nowhere.toml"],
            "configuration nowhere.toml cannot be read",
            "name a file",
        ),
        (
            &["x.feature", "--waivers", "nowhere.yaml"],
            "waivers nowhere.yaml cannot be read",
            "name a file",
        ),
        (&["x.feature", "--color", "red"], "--color", "always"),
        (&["x.feature", "--mode", "cd"], "--mode", "possible values: ci, audit, gate"),
        (&["steps", "--format", "xml"], "--format", "possible values: text, json, markdown"),
        (&["estate", "graph", "aa"], "no source knows the node aa", "did you mean a?"),
        (&["estate", "graph", "a"], "there is no catalog of a", "catalogs/"),
        (&["estate", "nodes", "-S", "(a=b"], "-S \"(a=b\" cannot be read", "mco"),
        (&["waivers", "list"], "no waivers are configured", "groundrule.toml"),
        (&["completions", "tcl"], "tcl", "bash"),
    ] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        for part in [what, help] {
            assert!(ran.stderr.contains(part), "{arguments:?} without {part:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn several_paths_are_all_complained_of() {
    let place = Place::judging(FEATURE);
    place.write(
        "bad.feature",
        "Feature: y\n  Scenario: s\n    Given all nodez\n    Then there are none\n",
    );
    let ran = place.run(&["nowhere", "bad.feature", "gone.feature"]);
    assert_eq!(ran.code, 2);
    for part in ["nowhere: there is no such", "gone.feature: there is no such", "bad.feature:3:5"] {
        assert!(ran.stderr.contains(part), "without {part:?}: {}", ran.stderr);
    }
}

#[test]
fn a_path_may_look_like_a_command() {
    let place = Place::with_estate();
    place.write("step", FEATURE).write("run", FEATURE);
    assert_eq!(place.run(&["step"]).code, 0);
    assert_eq!(place.run(&["run", "run"]).code, 0);
    assert_eq!(place.run(&["--", "run"]).code, 0);
}
