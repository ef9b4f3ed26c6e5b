//! Which policies are judged: paths, lines, tags, names.

use crate::running::{Place, Ran};

fn policy(name: &str, tags: &str) -> String {
    format!(
        "Feature: {name}\n  {tags}\n  Scenario: {name} one\n    Given all nodes\n    Then there are exactly 3 of them\n"
    )
}

fn place() -> Place {
    let place = Place::with_estate();
    place
        .write("features/b.feature", policy("b", "@gate"))
        .write("features/a.feature", policy("a", "@slow @gate"))
        .write("features/deep/er/c.FEATURE", policy("c", "@slow"))
        .write("features/notes.txt", "no policy")
        .write("features/.hidden.feature", "no Gherkin")
        .write("features/.git/d.feature", "no Gherkin")
        .write("rules.txt", policy("d", "@waived(W-1)"));
    place
}

/// The ids of a dry run, in its order.
fn ids(ran: &Ran) -> Vec<String> {
    assert_eq!(ran.code, 0, "{ran:?}");
    let listed = ran.stdout.lines().filter(|line| line.ends_with(')'));
    listed.map(|l| l.rsplit_once('(').unwrap().1.trim_end_matches(')').to_owned()).collect()
}

fn listed(place: &Place, arguments: &[&str]) -> Vec<String> {
    ids(&place.run(&[&["--dry-run"], arguments].concat()))
}

#[test]
fn directories_are_searched_and_hidden_files_are_not() {
    let place = place();
    assert_eq!(listed(&place, &[]), ["a-a-one", "b-b-one", "c-c-one"]);
    assert_eq!(listed(&place, &["features/deep"]), ["c-c-one"]);
    assert_eq!(listed(&place, &["rules.txt", "features/deep/"]), ["d-d-one", "c-c-one"]);
    let hidden = place.run(&["features/.hidden.feature"]);
    assert_eq!(hidden.code, 2);
    assert!(hidden.stderr.contains("features/.hidden.feature:1:1"), "{}", hidden.stderr);
}

#[test]
fn a_file_with_several_names_is_judged_once() {
    let place = place();
    let absolute = place.path("features/a.feature").display().to_string();
    let names =
        ["features/a.feature", "./features/a.feature", "features/../features/a.feature", &absolute];
    assert_eq!(listed(&place, &names), ["a-a-one"]);
    assert_eq!(listed(&place, &["features/a.feature:99", "features"]).len(), 3);
}

#[test]
fn links_are_followed_once() {
    let place = place();
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, place.path(at)).unwrap();
    link("..", "features/deep/up");
    link("../rules.txt", "features/linked.feature");
    assert_eq!(listed(&place, &[]), ["a-a-one", "b-b-one", "c-c-one", "d-d-one"]);
}

#[test]
fn tag_expressions() {
    let place = place();
    let all = ["features", "rules.txt"];
    for (expression, expected) in [
        ("@gate", "ab"),
        ("@gate and @slow", "a"),
        ("@gate and not @slow", "b"),
        ("not (@gate or @slow)", "d"),
        ("@gate or @slow and @nothing", "ab"),
        ("(@gate or @slow) and @nothing", ""),
        ("not @gate and not @slow", "d"),
        (r"@waived\(W-1\)", "d"),
        ("@gat", ""),
    ] {
        let ran = place.run(&[&["--dry-run", "--tags", expression], &all[..]].concat());
        let found = if ran.code == 4 { Vec::new() } else { ids(&ran) };
        let found: String = found.iter().map(|id| &id[..1]).collect();
        assert_eq!(found, expected, "{expression}");
    }
    assert_eq!(listed(&place, &["-t", "@gate", "-t", "@slow"]), ["a-a-one"]);
}

#[test]
fn names_are_searched_and_one_must_match() {
    let place = place();
    assert_eq!(listed(&place, &["-n", "^a"]), ["a-a-one"]);
    assert_eq!(listed(&place, &["-n", "^a", "--name", "c o"]), ["a-a-one", "c-c-one"]);
    assert_eq!(listed(&place, &["-n", "one$"]).len(), 3);
    assert_eq!(place.run(&["-n", "ONE"]).code, 4);
}

#[test]
fn nothing_selected_is_said() {
    let place = place();
    for (arguments, what) in [
        (&["--tags", "@none"][..], "no policy was selected, of 3 that were read"),
        (&["features/a.feature:99"], "no policy is on line 99 of features/a.feature"),
        (&["features/b.feature:1", "features/a.feature:99"], "no policy is on line 99"),
        (&["features/a.feature:3:99"], "no policy is on line 99"),
        (&["--dry-run", "--tags", "@none"], "no policy was selected"),
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, 4, "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(ran.stderr.contains(what), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_dry_run_reads_no_estate() {
    let place = place();
    let ran = place.run(&["--dry-run", "--estate", "nowhere"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.ends_with("\n\n3 policies can be judged.\n"), "{}", ran.stdout);
}
