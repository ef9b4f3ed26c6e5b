//! Finding and parsing feature files.

use std::fs;
use std::path::{Path, PathBuf};

use cucumber::feature::Ext as _;
use cucumber::gherkin::{self, GherkinEnv};
use regex::Regex;

use super::{Fault, PathSpec};

/// A parsed feature file; outlines are expanded.
pub struct FeatureFile {
    /// The file, as it was named on the command line.
    pub file: String,
    /// What it holds; each row of an outline is a scenario.
    pub feature: gherkin::Feature,
    /// For each scenario, those of rules after the others: what it was before expansion.
    pub origins: Vec<Origin>,
    /// Lines that it was restricted to; none for all of it.
    pub lines: Vec<usize>,
}

/// Where a scenario was written.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The last line before it that belongs to something else.
    pub after: usize,
    /// Its last line.
    pub last: usize,
    /// The row of an outline, from 1.
    pub row: Option<usize>,
}

/// Reads every feature file below the given paths, in the order of their names.
///
/// # Errors
/// All paths that are not there and all files that are no Gherkin.
pub fn discover(paths: &[PathSpec]) -> Result<Vec<FeatureFile>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found: Vec<(PathBuf, Vec<usize>)> = Vec::new();
    for spec in paths {
        match below(&spec.path) {
            Ok(files) => {
                for file in files {
                    match found.iter_mut().find(|(known, _)| *known == file) {
                        Some((_, lines)) if spec.lines.is_empty() => lines.clear(),
                        Some((_, lines)) if !lines.is_empty() => lines.extend(&spec.lines),
                        Some(_) => {}
                        None => found.push((file, spec.lines.clone())),
                    }
                }
            }
            Err((what, help)) => faults.push(whole(&spec.path, what, help)),
        }
    }
    let mut files = Vec::new();
    for (path, lines) in found {
        match parse(&path, lines) {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

fn whole(path: &Path, what: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { file: name(path), line: 0, column: 0, width: 0, what: what.into(), help: help.into() }
}

fn name(path: &Path) -> String {
    let name = path.to_string_lossy();
    name.strip_prefix("./").unwrap_or(&name).to_owned()
}

fn below(path: &Path) -> Result<Vec<PathBuf>, (String, String)> {
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no such file or directory".to_owned(),
            "name a feature file or a directory of them".to_owned(),
        ),
        _ => (format!("it cannot be read: {error}"), "check that you may read it".to_owned()),
    };
    if !fs::metadata(path).map_err(io)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let path = entry.path();
            if entry.file_type().map_err(io)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("feature")) {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn parse(path: &Path, lines: Vec<usize>) -> Result<FeatureFile, Fault> {
    let mut feature = gherkin::Feature::parse_path(path, GherkinEnv::default())
        .map_err(|e| no_gherkin(path, e))?;
    feature.path = Some(path.to_owned());
    let mut origins = Vec::new();
    let of_rules = feature.rules.iter().flat_map(|rule| &rule.scenarios);
    let mut after = header(&feature);
    for scenario in feature.scenarios.iter().chain(of_rules) {
        let last = last_line(scenario);
        let rows: usize = scenario
            .examples
            .iter()
            .filter_map(|e| e.table.as_ref())
            .map(|t| t.rows.len().saturating_sub(1))
            .sum();
        if scenario.examples.is_empty() {
            origins.push(Origin { after, last, row: None });
        }
        origins.extend((1..=rows).map(|row| Origin { after, last, row: Some(row) }));
        after = last;
    }
    let feature = feature.expand_examples().map_err(|error| Fault {
        line: error.pos.line,
        column: error.pos.col,
        ..whole(
            path,
            format!("no column of the examples is named {}", error.name),
            "add the column, or correct the name between < and >",
        )
    })?;
    Ok(FeatureFile { file: name(path), feature, origins, lines })
}

/// The last line of what stands before the first scenario.
fn header(feature: &gherkin::Feature) -> usize {
    let background = feature.background.iter().flat_map(|b| &b.steps).map(|s| s.position.line);
    background.max().unwrap_or(feature.position.line)
}

fn last_line(scenario: &gherkin::Scenario) -> usize {
    let rows = |table: &gherkin::Table| table.position.line + table.rows.len().saturating_sub(1);
    let steps =
        scenario.steps.iter().map(|step| step.table.as_ref().map_or(step.position.line, rows));
    let examples = scenario.examples.iter().map(|e| e.table.as_ref().map_or(e.position.line, rows));
    steps.chain(examples).max().unwrap_or(scenario.position.line)
}

fn no_gherkin(path: &Path, error: gherkin::ParseFileError) -> Fault {
    match error {
        gherkin::ParseFileError::Reading { source, .. } => match source.kind() {
            std::io::ErrorKind::InvalidData => {
                whole(path, "the text is not UTF-8", "convert it, for instance with iconv -t UTF-8")
            }
            _ => whole(
                path,
                format!("it cannot be read: {source}"),
                "check that it is there and that you may read it",
            ),
        },
        gherkin::ParseFileError::Parsing { error, source, .. } => {
            let (line, column) = place(&source.to_string());
            let (what, help) = match error {
                Some(error) => (error.to_string(), "correct it: see https://cucumber.io/docs/gherkin/reference".to_owned()),
                None => (
                    "this is no Gherkin".to_owned(),
                    "a file begins with `Feature:`, a policy with `Scenario:`, a sentence with Given, When, Then, And or But".to_owned(),
                ),
            };
            Fault { line, column, ..whole(path, what, help) }
        }
    }
}

/// The parser keeps its position to itself; its text tells it.
fn place(text: &str) -> (usize, usize) {
    let place = Regex::new("^Error at ([0-9]+):([0-9]+):").ok().and_then(|place| {
        let found = place.captures(text)?;
        Some((found[1].parse().ok()?, found[2].parse().ok()?))
    });
    place.unwrap_or((0, 0))
}
