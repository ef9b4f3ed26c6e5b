//! How much CPU time lookups take in the process: `hiera5 ENVIRONMENT FACTS.json` prints one JSON object with
//! microseconds for each kind, and for one key of 10,000 nodes. ci/bench/lookup.py runs it.

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use groundrule_lookup::data::{Limits, Map, Value, file, json};
use groundrule_lookup::hiera5::{Hiera5, Key, Layout, Merge, Request, Scope};
use nix::time::{ClockId, clock_gettime};

/// How often each is asked.
const TIMES: u32 = 300_000;

/// How many nodes one key is looked up for.
const NODES: u32 = 10_000;

/// The CPU time of this process so far.
fn cpu() -> Result<Duration, nix::errno::Errno> {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let environment = arguments.next().ok_or("name an environment")?;
    let facts = arguments.next().ok_or("name a file of facts")?;
    let (text, _) = file::read(&facts, 1 << 20)?.ok_or("there is no such file of facts")?;
    let facts: Map = json::read(&text, &Limits::default())?.hash()?.cloned().unwrap_or_default();
    let modules = vec![environment.join("modules")];
    let hiera = Hiera5::new(Layout { global: None, environment: Some(environment), modules });
    let now = Instant::now();
    let session = hiera.session(Scope::of_node("web1.example.net", "production", &facts), now)?;
    let mut figures = serde_json::Map::new();
    for (name, key, merge) in [
        ("first", "ntpserver", None),
        ("unique", "classes", Some("unique")),
        ("hash", "users", Some("hash")),
        ("deep", "users", Some("deep")),
        ("lookup-interp", "vialookup", None),
        ("missing", "nosuchkey", None),
    ] {
        let merge = merge.map(|merge| Merge::read(&merge.into())).transpose()?;
        let request = Request { merge, default: Some("dflt".into()), ..Request::default() };
        let ask = || -> Result<Option<Value>, Box<dyn Error>> {
            let keys = [Key::read(key)?];
            Ok(session.lookup(&keys, &request).answer?.map(|answer| answer.value))
        };
        ask()?;
        let start = cpu()?;
        for _ in 0..TIMES {
            std::hint::black_box(ask()?);
        }
        let each = (cpu()? - start).as_secs_f64() * 1e6 / f64::from(TIMES);
        figures.insert(name.to_owned(), each.into());
    }
    let start = cpu()?;
    for n in 0..NODES {
        let scope = Scope::of_node(&format!("node{n}.example.net"), "production", &facts);
        let session = hiera.session(scope, now)?;
        let outcome = session.lookup(&[Key::read("classes")?], &Request::default());
        std::hint::black_box(outcome.answer?);
    }
    let seconds = (cpu()? - start).as_secs_f64();
    figures.insert("seconds-for-10000-nodes".to_owned(), seconds.into());
    writeln!(std::io::stdout(), "{}", serde_json::Value::Object(figures))?;
    Ok(())
}
