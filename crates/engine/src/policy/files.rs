//! Finding and parsing feature files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use cucumber::feature::Ext as _;
use cucumber::gherkin::{self, GherkinEnv};

use super::layout::{self, Wrong};
use super::{Fault, PathSpec};

/// A parsed feature file; outlines are expanded.
pub struct FeatureFile {
    /// The file, as it was named on the command line.
    pub file: String,
    /// Its text.
    pub text: String,
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
    /// Lines of what it shares with all others in the file or in its rule: names, backgrounds.
    pub shared: Vec<std::ops::RangeInclusive<usize>>,
    /// The last line before it that belongs to something else.
    pub after: usize,
    /// Its last line.
    pub last: usize,
    /// The row of an outline, from 1.
    pub row: Option<usize>,
    /// The lines of all rows of the outline.
    pub rows: Vec<usize>,
}

/// Reads every feature file below the given paths, in the order of their names.
///
/// # Errors
/// All paths that are not there and all files that are no Gherkin.
pub fn discover(paths: &[PathSpec]) -> Result<Vec<FeatureFile>, Vec<Fault>> {
    match find(paths) {
        (files, faults) if faults.is_empty() => Ok(files),
        (_, faults) => Err(faults),
    }
}

/// The files that can be read, and what is wrong with the others.
pub(super) fn find(paths: &[PathSpec]) -> (Vec<FeatureFile>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    for spec in paths {
        match below(&spec.path) {
            Ok(files) => {
                for path in files {
                    // One file may have several names.
                    let identity = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
                    match found.iter_mut().find(|known| known.identity == identity) {
                        Some(known) if spec.lines.is_empty() => known.lines.clear(),
                        Some(known) if !known.lines.is_empty() => known.lines.extend(&spec.lines),
                        Some(_) => {}
                        None => found.push(Found { path, identity, lines: spec.lines.clone() }),
                    }
                }
            }
            Err((what, help)) => faults.push(whole(&spec.path, what, help)),
        }
    }
    let mut files = Vec::new();
    for Found { path, lines, .. } in found {
        match parse(&path, lines) {
            Ok(file) => files.push(file),
            Err(wrong) => faults.extend(wrong),
        }
    }
    (files, faults)
}

struct Found {
    path: PathBuf,
    identity: PathBuf,
    lines: Vec<usize>,
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
    // A link may lead back to where it is.
    let mut seen = HashSet::new();
    while let Some(folder) = folders.pop() {
        if !seen.insert(fs::canonicalize(&folder).map_err(io)?) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("feature")) {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        let what = "there is no feature file in this directory".to_owned();
        return Err((what, "name a directory with files that end in .feature".to_owned()));
    }
    files.sort_unstable();
    Ok(files)
}

fn parse(path: &Path, lines: Vec<usize>) -> Result<FeatureFile, Vec<Fault>> {
    let text = read(path).map_err(|fault| vec![fault])?;
    let at = |wrong: Wrong| Fault {
        file: name(path),
        line: wrong.line,
        column: wrong.column,
        width: wrong.width,
        what: wrong.what,
        help: wrong.help,
    };
    let look = layout::look(&text);
    if !look.certain.is_empty() {
        return Err(look.certain.into_iter().map(at).collect());
    }
    let mut feature = gherkin::Feature::parse(&text, GherkinEnv::default()).map_err(|error| {
        let unknown = || vec![no_gherkin(path, &text, &error)];
        if look.likely.is_empty() { unknown() } else { look.likely.into_iter().map(at).collect() }
    })?;
    feature.path = Some(path.to_owned());
    let faults: Vec<_> = all(&feature)
        .filter(|scenario| is_outline(scenario) && rows(scenario, &text).is_empty())
        .map(|scenario| Fault {
            line: scenario.position.line,
            column: scenario.position.col,
            ..whole(
                path,
                format!("the outline {:?} has no examples, so it judges nothing", scenario.name),
                "write Examples: below it, with a table of names and at least one row of values",
            )
        })
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let origins = origins(&feature, &text);
    let mut feature = feature.expand_examples().map_err(|error| {
        let (line, column) = placeholder(&text, &error);
        vec![Fault {
            line,
            column,
            width: error.name.chars().count() + 2,
            ..whole(
                path,
                format!("no column of the examples is named {}", error.name),
                "add the column, or correct the name between < and >",
            )
        }]
    })?;
    // The expansion takes rows to stand in consecutive lines, right below `Examples:`.
    let of_rules = feature.rules.iter_mut().flat_map(|rule| &mut rule.scenarios);
    for (scenario, origin) in feature.scenarios.iter_mut().chain(of_rules).zip(&origins) {
        if let Some(line) = origin.row.and_then(|row| origin.rows.get(row - 1)) {
            scenario.position.line = *line;
        }
    }
    Ok(FeatureFile { file: name(path), text, feature, origins, lines })
}

fn read(path: &Path) -> Result<String, Fault> {
    let bytes = fs::read(path).map_err(|error| {
        let help = "check that it is there and that you may read it";
        whole(path, format!("it cannot be read: {error}"), help)
    })?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let help = "convert the file, for instance with iconv -f latin1 -t UTF-8";
        Fault { line, column: 1, ..whole(path, "the text is not UTF-8", help) }
    })?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

/// All scenarios, those of rules after the others.
fn all(feature: &gherkin::Feature) -> impl Iterator<Item = &gherkin::Scenario> {
    feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios))
}

fn is_outline(scenario: &gherkin::Scenario) -> bool {
    let outline = ["Scenario Outline", "Scenario Template"].contains(&scenario.keyword.as_str());
    outline || !scenario.examples.is_empty()
}

/// The lines of the rows of an outline.
fn rows(scenario: &gherkin::Scenario, text: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for examples in &scenario.examples {
        let rows = examples.table.as_ref().map_or(0, |table| table.rows.len());
        let below = (1..).zip(text.lines()).skip(examples.position.line);
        let found = below.filter(|(_, text)| text.trim_start().starts_with('|'));
        lines.extend(found.map(|(line, _)| line).take(rows).skip(1));
    }
    lines
}

fn origins(feature: &gherkin::Feature, text: &str) -> Vec<Origin> {
    let mut origins = Vec::new();
    let header = header(feature.background.as_ref(), feature.position.line);
    let mut after = header;
    let mut add = |scenarios: &[gherkin::Scenario], shared: &[_], mut after: usize| {
        for scenario in scenarios {
            let (last, shared) = (last_line(scenario), shared.to_vec());
            let rows = rows(scenario, text);
            if scenario.examples.is_empty() {
                origins.push(Origin { shared, after, last, row: None, rows });
            } else {
                origins.extend((1..=rows.len()).map(|row| {
                    let (shared, rows) = (shared.clone(), rows.clone());
                    Origin { shared, after, last, row: Some(row), rows }
                }));
            }
            after = last;
        }
        after
    };
    after = add(&feature.scenarios, &[0..=header], after);
    for rule in &feature.rules {
        let header_of_rule = self::header(rule.background.as_ref(), rule.position.line);
        add(&rule.scenarios, &[0..=header, after + 1..=header_of_rule], header_of_rule);
        let last = rule.scenarios.iter().map(last_line).max();
        after = last.unwrap_or(header_of_rule);
    }
    origins
}

/// Where a name between `<` and `>` stands that no column has.
fn placeholder(text: &str, error: &cucumber::feature::ExpandExamplesError) -> (usize, usize) {
    let name = format!("<{}>", error.name);
    let at = |(line, text): (usize, &str)| {
        let before = text.split_once(&name)?.0;
        Some((line, before.chars().count() + 1))
    };
    let mut lines = (1..).zip(text.lines());
    let step = lines.clone().nth(error.pos.line.saturating_sub(1)).and_then(at);
    step.or_else(|| lines.find_map(at)).unwrap_or((error.pos.line, error.pos.col))
}

/// The last line of what stands before the first scenario.
fn header(background: Option<&gherkin::Background>, begins: usize) -> usize {
    let background = background.iter().flat_map(|b| &b.steps).map(|s| s.position.line);
    background.max().unwrap_or(begins)
}

fn last_line(scenario: &gherkin::Scenario) -> usize {
    let rows = |table: &gherkin::Table| table.position.line + table.rows.len().saturating_sub(1);
    let steps =
        scenario.steps.iter().map(|step| step.table.as_ref().map_or(step.position.line, rows));
    let examples = scenario.examples.iter().map(|e| e.table.as_ref().map_or(e.position.line, rows));
    steps.chain(examples).max().unwrap_or(scenario.position.line)
}

/// What the parser says where we cannot say it better.
fn no_gherkin(path: &Path, text: &str, error: &gherkin::ParseError) -> Fault {
    let line = line(&error.to_string()).min(text.lines().count());
    let language = (1..).zip(text.lines()).find_map(|(n, line)| {
        let language = line.trim_start().strip_prefix('#')?.trim().strip_prefix("language:")?;
        Some((n, language.trim()))
    });
    let (line, what) = match language {
        Some((line, language)) => {
            (line, format!("this is no Gherkin in the language {language:?}"))
        }
        None => (line, "this is no Gherkin".to_owned()),
    };
    let help = "a file begins with `Feature:`, a policy with `Scenario:`, a sentence with Given, When, Then, And or But";
    Fault { line, column: 1, ..whole(path, what, help) }
}

/// The parser keeps its position to itself; its text tells it.
fn line(text: &str) -> usize {
    let number = text.strip_prefix("Error at ").and_then(|text| text.split(':').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
