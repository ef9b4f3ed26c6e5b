//! Reports are written while the run goes on.

use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::running::Place;

/// The first policy is judged at once; the second one's second attempt is far away.
const FIRST: &str = "Feature: x\n  Scenario: first\n    Given all nodes\n    Then there are none\n";
const SECOND: &str = "Feature: y\n  @retry(1).after(60s)\n  Scenario: second\n    Given all nodes\n    Then there are none\n";

#[test]
fn a_policy_is_told_when_it_is_judged() {
    let place = Place::judging(FIRST);
    place.write("y.feature", SECOND);
    for (format, told) in [
        ("pretty", "VIOLATED"),
        ("results", "\"id\":\"x-first\""),
        ("junit", "</testsuite>"),
        ("json", "\"status\":\"failed\""),
        ("github", "::error "),
    ] {
        let began = Instant::now();
        let mut command = place.command(&["x.feature", "y.feature", "-f", format]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut read = String::new();
        let mut stdout = child.stdout.take().unwrap();
        let mut buffer = [0; 4096];
        while !read.contains(told) {
            let n = stdout.read(&mut buffer).unwrap();
            assert!(n > 0, "{format} ended: {read}");
            read.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(running, "{format}: {read}");
        assert!(began.elapsed() < Duration::from_secs(50), "{format}");
    }
}
