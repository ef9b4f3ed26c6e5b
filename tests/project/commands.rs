//! Every command of the documentation runs, and prints what the documentation says.
//!
//! In a `console` block a line that begins with `$ ` is a command, and what follows is what it
//! prints: all of it, but for what a line `…` stands for. A command with nothing below is only run;
//! it may find violations, but it must be able to run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What would run this very test.
const ELSEWHERE: [&str; 1] = ["./ci/test"];

/// A block whose first line names a file is that file.
fn files(document: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(document).unwrap();
    let mut files = Vec::new();
    for block in text.split("```").skip(1).step_by(2) {
        let (first, content) = block.split_once('\n').unwrap_or((block, ""));
        if let Some((_, name)) = first.split_once(' ') {
            files.push((name.to_owned(), content.to_owned()));
        }
    }
    files
}

struct Example {
    place: String,
    command: String,
    prints: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let folder = |name: &str| {
        let entries = fs::read_dir(root().join(name)).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "md"))
    };
    let mut documents: Vec<_> =
        ["", "docs", "examples", "puppet/groundrule"].into_iter().flat_map(folder).collect();
    documents.sort_unstable();
    documents
}

fn examples(document: &Path) -> Vec<Example> {
    let text = fs::read_to_string(document).unwrap();
    let name = document.strip_prefix(root()).unwrap().display();
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (n, line) in text.lines().enumerate() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match line.strip_prefix("$ ") {
                Some(command) => examples.push(Example {
                    place: format!("{name}:{}", n + 1),
                    command: command.split(" #").next().unwrap().trim().to_owned(),
                    prints: Vec::new(),
                }),
                None => examples.last_mut().unwrap().prints.push(line.to_owned()),
            },
            (false, _) => {}
        }
    }
    examples
}

/// A directory that looks like a checkout and may be written to.
fn checkout() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for name in ["examples", "features", "groundrule.toml"] {
        symlink(root().join(name), directory.path().join(name)).unwrap();
    }
    directory
}

fn run(example: &Example, directory: &Path) -> Result<String, String> {
    let command = example.command.replace("cargo run --release --", "groundrule");
    let program = Path::new(env!("CARGO_BIN_EXE_groundrule"));
    let ran = Command::new("bash")
        .args(["-c", &command])
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()))
        .output()
        .unwrap();
    match ran.status.code() {
        Some(0 | 1 | 3) => Ok(String::from_utf8(ran.stdout).unwrap()),
        code => Err(format!("ends with {code:?}: {}", String::from_utf8_lossy(&ran.stderr))),
    }
}

/// Durations differ from run to run.
fn without_durations(line: &str) -> String {
    match line.rsplit_once("  (") {
        Some((line, time)) if time.ends_with(" s)") => format!("{line}  (… s)"),
        _ => line.trim_end().to_owned(),
    }
}

fn fits(printed: &[String], expected: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((elision, rest)) if elision.trim() == "…" => {
            (0..=printed.len()).any(|n| fits(&printed[n..], rest))
        }
        Some((line, rest)) => printed.first() == Some(line) && fits(&printed[1..], rest),
    }
}

#[test]
fn documented_commands_do_what_they_say() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in documents() {
        let directory = checkout();
        for (name, content) in files(&document) {
            fs::write(directory.path().join(name), content).unwrap();
        }
        for example in examples(&document) {
            if ELSEWHERE.contains(&example.command.as_str()) {
                continue;
            }
            count += 1;
            match run(&example, directory.path()) {
                Err(why) => wrong.push(format!("{}: {} {why}", example.place, example.command)),
                Ok(_) if example.prints.is_empty() => {}
                Ok(text) => {
                    let printed: Vec<_> = text.lines().map(without_durations).collect();
                    let expected: Vec<_> =
                        example.prints.iter().map(|line| without_durations(line)).collect();
                    if !fits(&printed, &expected) {
                        wrong
                            .push(format!("{}: {} prints\n{text}", example.place, example.command));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 2, "the documentation has no commands");
}

/// What documents link to is there.
#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
            let path = link.0.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let target = document.parent().unwrap().join(path);
            assert!(target.exists(), "{} links to {path}", document.display());
        }
    }
}
