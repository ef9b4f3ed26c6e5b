//! MCollective's filters on the captured estate, with what `mco find` answered there.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::real::{captured, text};
use crate::running::Place;

/// A captured command: its name, exit code and arguments.
struct Captured {
    name: String,
    code: i32,
    arguments: Vec<String>,
}

/// The words of a command line as bash's `printf %q` wrote them.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = line.trim().chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.push(String::new()),
            '\\' => words.last_mut().unwrap().extend(letters.next()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}

fn commands() -> Vec<Captured> {
    let rows: Vec<_> = text("mcollective/index.tsv")
        .lines()
        .map(|line| {
            let [name, code, command] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let arguments = words(command);
            assert_eq!(arguments[..4], ["mco", "find", "-c", "client.cfg"], "{name}");
            Captured {
                name: name.to_owned(),
                code: code.parse().unwrap(),
                arguments: arguments[4..].to_vec(),
            }
        })
        .collect();
    assert_eq!(rows.len(), 30);
    rows
}

/// What the nodes told of themselves, and nothing else: their facts documents say less.
fn fleet() -> Place {
    let place = Place::new();
    for entry in std::fs::read_dir(captured("estate/registrations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        place.write(&format!("estate/registrations/{name}"), std::fs::read(&path).unwrap());
    }
    place
}

#[test]
fn every_captured_find() {
    let place = fleet();
    for Captured { name, code, arguments } in commands() {
        let filter: Vec<&str> = arguments
            .iter()
            .map(String::as_str)
            .filter(|word| !["--json", "-v", "--dt", "1"].contains(word))
            .collect();
        let mut command = vec!["--estate", "estate", "estate", "nodes", "-f", "json"];
        command.extend(&filter);
        let ran = place.run(&command);
        let found: BTreeSet<_> =
            text(&format!("mcollective/{name}.out")).lines().map(str::to_owned).collect();
        match name.as_str() {
            // What cannot be read is an error there and here.
            "find-bad-fact" | "select-bad-syntax" | "select-bad-paren" => {
                assert_eq!((code, ran.code, found.len()), (1, 2, 0), "{name}");
                assert!(ran.stderr.contains("cannot be read: "), "{name}: {}", ran.stderr);
            }
            // `mco find` prints a name that it is given without asking anybody. We know of no such node.
            "find-identity-absent" => {
                assert_eq!(found, BTreeSet::from(["nope.example.net".to_owned()]));
                assert_eq!((nodes(&ran.stdout).len(), ran.code), (0, 0));
            }
            // Only the machines themselves can answer these: every node may be meant, but for those
            // that the rest of the filter rules out.
            "select-data-fstat" | "select-data-agent" => {
                assert_eq!((ran.code, nodes(&ran.stdout).len()), (3, 0), "{name}");
                let perhaps = if name.ends_with("fstat") { 1 } else { 9 };
                let unknown = unknown(&ran.stdout);
                assert_eq!(unknown.len(), perhaps, "{name}");
                assert!(found.is_subset(&unknown), "{name}");
            }
            _ => {
                assert_eq!(nodes(&ran.stdout), found, "{name}: {filter:?}");
                assert_eq!((ran.code, unknown(&ran.stdout).len()), (0, 0), "{name}");
            }
        }
    }
}

fn answer(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn nodes(stdout: &str) -> BTreeSet<String> {
    serde_json::from_value(answer(stdout)["nodes"].clone()).unwrap()
}

fn unknown(stdout: &str) -> BTreeSet<String> {
    let unknown = answer(stdout)["unknown"].clone();
    unknown.as_array().unwrap().iter().map(|one| one["node"].as_str().unwrap().to_owned()).collect()
}
