//! When output is coloured.

use crate::running::Place;

const FEATURE: &str = "Feature: x\n  Scenario: s\n    Given all nodes\n    Then there are none\n";

#[test]
fn the_command_line_wins_over_the_environment_over_the_terminal() {
    let place = Place::judging(FEATURE);
    for (arguments, environment, colored) in [
        (&[][..], &[][..], false),
        (&["--color", "always"], &[], true),
        (&["--color", "always"], &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
        (&[], &[("FORCE_COLOR", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("FORCE_COLOR", "0")], false),
        (&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false),
        (&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "")], true),
        (&[], &[("FORCE_COLOR", "1"), ("TERM", "dumb")], true),
        (&["--color", "never"], &[("FORCE_COLOR", "1")], false),
        (&["--color=auto"], &[("TERM", "xterm")], false),
    ] {
        for (wrong, file) in [(false, "x.feature"), (true, "nowhere")] {
            let mut command = place.command(&[&[file], arguments].concat());
            let output = command.envs(environment.iter().copied()).output().unwrap();
            let text = if wrong { output.stderr } else { output.stdout };
            let found = text.contains(&0x1b);
            assert_eq!(found, colored, "{arguments:?} {environment:?} {file}");
        }
    }
}

#[test]
fn files_are_never_colored() {
    let place = Place::judging(FEATURE);
    place.run(&["x.feature", "--color", "always", "-f", "pretty:report.txt", "-f", "nagios"]);
    assert!(!place.read("report.txt").contains('\u{1b}'));
}
