//! What a pipeline left on disk is sent by the next one, though it has another slot.

use std::fs;

use groundrule_services::free_port;

use crate::lines::{piped, status};
use crate::process::{Pipeline, until};
use crate::running::Place;

#[test]
fn what_a_process_left_that_is_gone_is_taken_over() {
    let place = Place::new();
    let out = place.path("there/out.ndjson");
    place.write("routes/portal/all.yaml", format!("to: file:{}\n", out.display()));
    let lines: Vec<_> = (0..5).map(|n| status("web1", &format!("e{n}"), 0, 1000.0)).collect();
    let ran = piped(&place, &["--routes", "routes"], &lines.join("\n"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let spools = fs::read_dir(place.path(".local/state/groundrule/spool")).unwrap();
    let of_out = |path: &std::path::PathBuf| {
        fs::read_to_string(path.join("url")).unwrap().contains("there/out.ndjson")
    };
    let outer = spools.map(|entry| entry.unwrap().path()).find(of_out).unwrap();
    // As if it had been the fourth process at that time.
    fs::rename(outer.join("0"), outer.join("3")).unwrap();
    place.write("there/other", "");
    let from = format!("http://127.0.0.1:{}/events", free_port());
    let pipeline = Pipeline::start(&place, &["--from", &from, "--routes", "routes"], &[]);
    until("all is sent", || {
        let sent = fs::read_to_string(&out).unwrap_or_default();
        let all = (0..5).all(|n| sent.contains(&format!("\"e{n}\"")));
        if all && sent.lines().count() == 5 { Ok(()) } else { Err(sent) }
    });
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
    assert_eq!(place.run(&["spool", "list"]).stdout, "nothing waits\n");
}
