//! Figures in a real carbon.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use groundrule_core::event::{Draft, Event, Kind};
use groundrule_pipeline::metrics::{Address, Counters, GraphitePart, Mapping};
use groundrule_pipeline::part::{Part, PartError};
use groundrule_services::Service;

/// The time, for the retention of whisper's files: by the files' own clock.
fn now(carbon: &Service) -> u64 {
    let probe = carbon.directory().join("probe");
    std::fs::write(&probe, "").unwrap();
    let time = std::fs::metadata(probe).unwrap().modified().unwrap();
    time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn part(carbon: &Service, mapping: Mapping) -> GraphitePart {
    counting(carbon, mapping, Counters::memory().unwrap())
}

fn counting(carbon: &Service, mapping: Mapping, counters: Counters) -> GraphitePart {
    let address = Address::parse(&format!("tcp://{}:{}", carbon.host(), carbon.port())).unwrap();
    GraphitePart::new(address, mapping, counters, Arc::new(|| 0.0))
}

fn figure(subject: &str, time: u64, value: f64) -> Event {
    Draft::new(Kind::Metric, "o", subject, "load", time as f64 + 0.5).metric("x", value).event()
}

/// What whisper's own module reads at a time; none before it is there.
fn read(carbon: &Service, path: &str, time: u64) -> Option<f64> {
    let file = carbon.directory().join("whisper").join(path.replace('.', "/") + ".wsp");
    if !file.exists() {
        return None;
    }
    let output = Command::new("whisper-fetch")
        .args(["--json", &format!("--from={}", time - 1), &format!("--until={time}")])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["start"], time, "{found}");
    found["values"][0].as_f64()
}

/// Carbon writes its files some time after it has read the lines.
fn wait(carbon: &Service, path: &str, time: u64, value: f64) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let found = read(carbon, path, time);
        if found == Some(value) {
            return;
        }
        assert!(Instant::now() < deadline, "{path} at {time} is {found:?}, not {value}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

async fn until_taken(part: &mut GraphitePart, events: &[Event]) -> usize {
    for attempt in 0..1000 {
        match part.take(events).await {
            Ok(_) => return attempt,
            Err(PartError::Away(why)) => {
                assert!(why.contains("carbon at tcp://127.0.0.1:"), "{why}");
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("it was never taken");
}

#[tokio::test]
async fn figures_and_counts_are_kept_with_their_times() {
    let carbon = groundrule_services::carbon();
    let now = now(&carbon);
    let mapping = Mapping::parse("{subject:reversed}.{name}.{metric}").unwrap();
    let mut part = part(&carbon, mapping.prefixed("seen").unwrap());
    let login =
        Draft::new(Kind::SimpleCounter, "o", "web1.example.net", "login", now as f64).event();
    let events = [
        figure("web1.example.net", now - 20, 17.5),
        figure("web1.example.net", now - 10, -3.0),
        login.clone(),
        figure("../../../../tmp/x", now, 1.0),
        login.clone(),
    ];
    part.take(&events).await.unwrap();
    part.take(&[login]).await.unwrap();
    part.finish().await.unwrap();
    wait(&carbon, "seen.net.example.web1.load.x", now - 20, 17.5);
    wait(&carbon, "seen.net.example.web1.load.x", now - 10, -3.0);
    wait(&carbon, "seen.net.example.web1.login.count", now, 3.0);
    wait(&carbon, "seen._tmp_x._._._.load.x", now, 1.0);
    let below = |path: &Path| std::fs::read_dir(path).unwrap().count();
    assert_eq!(below(&carbon.directory().join("whisper/seen")), 2);
}

#[tokio::test]
async fn nothing_is_lost_when_carbon_does_not_read_and_is_killed() {
    let carbon = groundrule_services::carbon();
    let now = now(&carbon);
    let mut part = part(&carbon, Mapping::default());
    part.take(&[figure("before", now, 1.0)]).await.unwrap();
    // Sure that this one is in a file, for carbon's own memory goes with it.
    wait(&carbon, "before.load.x", now, 1.0);
    // These are written into the connection, but never read.
    carbon.stop();
    for number in 0..50 {
        part.take(&[figure(&format!("unread{number}"), now, f64::from(number))]).await.unwrap();
    }
    carbon.kill();
    assert!(part.take(&[figure("away", now, 2.0)]).await.is_err());
    assert!(part.tick().await.is_err());
    carbon.restart();
    let away = until_taken(&mut part, &[figure("away", now, 2.0)]).await;
    assert!(away < 50, "{away}");
    part.finish().await.unwrap();
    wait(&carbon, "away.load.x", now, 2.0);
    for number in 0..50 {
        wait(&carbon, &format!("unread{number}.load.x"), now, f64::from(number));
    }
}

#[tokio::test]
async fn what_a_broken_connection_lost_does_not_wait_for_the_next_event() {
    let carbon = groundrule_services::carbon();
    let now = now(&carbon);
    let mut part = part(&carbon, Mapping::default());
    assert!(part.tick().await.is_ok(), "nothing was sent yet");
    carbon.stop();
    part.take(&[figure("last", now, 5.0)]).await.unwrap();
    carbon.kill();
    carbon.restart();
    while part.tick().await.is_err() {}
    wait(&carbon, "last.load.x", now, 5.0);
}

#[tokio::test]
async fn processes_count_together_and_go_on_counting() {
    let carbon = groundrule_services::carbon();
    let now = now(&carbon);
    let file = carbon.directory().join("counts.db");
    let open = || counting(&carbon, Mapping::default(), Counters::open(&file).unwrap());
    let login = Draft::new(Kind::SimpleCounter, "o", "web1", "login", now as f64).event();
    let (mut one, mut other) = (open(), open());
    one.take(&[login.clone(), login.clone()]).await.unwrap();
    other.take(std::slice::from_ref(&login)).await.unwrap();
    drop(one);
    let mut next = open();
    next.take(&[login.clone(), login.clone()]).await.unwrap();
    next.finish().await.unwrap();
    wait(&carbon, "web1.login.count", now, 5.0);
    // What `other` writes again is the sum, and not what it had counted.
    carbon.kill();
    carbon.restart();
    let again = until_taken(&mut other, &[figure("web1", now, 1.0)]).await;
    assert!(again < 50, "{again}");
    other.finish().await.unwrap();
    wait(&carbon, "web1.load.x", now, 1.0);
    assert_eq!(read(&carbon, "web1.login.count", now), Some(5.0));
}
