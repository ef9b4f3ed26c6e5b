//! Figures on their way to carbon, also when that is away.

use std::process::Command;

use serde_json::json;

use crate::lines::{KEPT, piped};
use crate::process::until;
use crate::running::Place;

fn metric(time: u64, value: f64) -> String {
    json!({"subject": "web1.example.net", "name": "load", "type": "metric", "eventtime": time,
           "metrics": {"one": value}})
    .to_string()
}

/// The value that carbon stored for a second.
fn stored(carbon: &groundrule_services::Service, time: u64) -> Option<f64> {
    let file = carbon.directory().join("whisper/web1_example_net/load/one.wsp");
    let (from, to) = ((time - 1).to_string(), time.to_string());
    let code = "import json,sys,whisper;print(json.dumps(whisper.fetch(sys.argv[1],int(sys.argv[2]),int(sys.argv[3]))[1][-1]))";
    let fetched =
        Command::new("/usr/bin/python3").args(["-c", code]).arg(file).args([from, to]).output();
    serde_json::from_slice(&fetched.unwrap().stdout).ok()
}

#[test]
fn figures_reach_carbon_though_it_was_away() {
    let carbon = groundrule_services::carbon();
    let place = Place::new();
    place.write(
        "groundrule.toml",
        format!("[graphite]\nto = \"tcp://127.0.0.1:{}\"\n", carbon.port()),
    );
    let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap();
    let ran = piped(&place, &KEPT, &metric(now, 1.5));
    assert_eq!(ran.code, 0, "{ran:?}");
    until("the first figure is stored", || match stored(&carbon, now) {
        Some(1.5) => Ok(()),
        other => Err(other),
    });
    carbon.kill();
    let ran = piped(&place, &KEPT, &metric(now + 1, 2.5));
    assert_eq!(ran.code, 0, "{ran:?}");
    carbon.restart();
    // The next pipeline sends what the one before could not.
    until("the second figure is stored", || {
        let ran = piped(&place, &KEPT, "");
        match stored(&carbon, now + 1) {
            Some(2.5) => Ok(()),
            other => Err((other, ran.stderr)),
        }
    });
}
