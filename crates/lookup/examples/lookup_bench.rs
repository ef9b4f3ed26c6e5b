//! Times lookups in this process: `lookup_bench CONFIG LOOKUPS`, as JSON of microseconds each. Run by `ci/bench/lookup`, beside the Ruby library.
#![expect(clippy::unwrap_used, reason = "a measurement may fail where it stands")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use groundrule_lookup::data::Cache;
use groundrule_lookup::hiera3::{Hiera, Resolution, Scope};

const CASES: [(&str, &str, Resolution); 5] = [
    ("priority", "ntpserver", Resolution::Priority),
    ("array", "classes", Resolution::Array),
    ("hash", "users", Resolution::Hash),
    ("interpolated", "nested", Resolution::Priority),
    ("missing", "nosuchkey", Resolution::Priority),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let count: u32 = arguments[2].parse().unwrap();
    let hiera = Hiera::open(Path::new(&arguments[1]), Arc::new(Cache::default())).unwrap();
    let mut scope = Scope::default();
    scope.set("location", "dc1");
    scope.set("fqdn", "web1.example.net");
    let mut times = BTreeMap::new();
    let each = |start: Instant| start.elapsed().as_secs_f64() * 1e6 / f64::from(count);
    for (name, key, resolution) in CASES {
        // A request: it has a view of its own, and looks one key up.
        black_box(hiera.view(&scope, Instant::now()).lookup(key, resolution).unwrap());
        let start = Instant::now();
        for _ in 0..count {
            black_box(
                hiera.view(&scope, Instant::now()).lookup(black_box(key), resolution).unwrap(),
            );
        }
        times.insert(format!("{name}, own view"), each(start));
        // A catalog: one view, in which many keys are looked up.
        let view = hiera.view(&scope, Instant::now());
        let start = Instant::now();
        for _ in 0..count {
            black_box(view.lookup(black_box(key), resolution).unwrap());
        }
        times.insert(name.to_owned(), each(start));
    }
    let start = Instant::now();
    for number in 0..10_000 {
        let mut scope = Scope::default();
        scope.set("location", if number % 2 == 0 { "dc1" } else { "dc2" });
        scope.set("fqdn", format!("node{number}.example.net"));
        black_box(
            hiera.view(&scope, Instant::now()).lookup("ntpserver", Resolution::Priority).unwrap(),
        );
    }
    times.insert("10,000 nodes".to_owned(), start.elapsed().as_secs_f64() * 1e6);
    let text = serde_json::to_string(&times).unwrap();
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}
