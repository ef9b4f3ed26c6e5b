//! Reads the rule files of a directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::rule::Rule;
use crate::actions::Means;

/// No rule is larger than this.
const LARGEST: u64 = 64 * 1024;

/// What is wrong with rule files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .faults.join("\n"))]
pub struct CallbackFaults {
    /// One for each file that is wrong, with its name.
    pub faults: Vec<String>,
}

/// Rules that were read.
#[derive(Debug, Default)]
pub struct CallbackRules(pub(super) Vec<Rule>);

impl CallbackRules {
    /// Reads `DIR/callbacks/*.yaml`, one rule a file; there are none if there is no such folder.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn load(directory: &Path, means: &Means) -> Result<Self, CallbackFaults> {
        let folder = directory.join("callbacks");
        let mut faults = Vec::new();
        let mut rules = Vec::new();
        let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
        for file in files(&folder).map_err(|fault| CallbackFaults { faults: vec![fault] })? {
            let usual = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let told = |why: String| format!("{}: {why}", file.display());
            match text(&file).and_then(|text| Rule::read(&text, &usual, means)) {
                Ok(rule) => match names.insert(rule.name.clone(), file.clone()) {
                    None => rules.push(rule),
                    Some(other) => faults.push(told(format!(
                        "its name {:?} is that of {} too: give it a name of its own",
                        rule.name,
                        other.display()
                    ))),
                },
                Err(why) => faults.push(told(why)),
            }
        }
        if faults.is_empty() { Ok(Self(rules)) } else { Err(CallbackFaults { faults }) }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The rule files in the order of their names, without what is hidden.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(told)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(told)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        match path.extension().and_then(|end| end.to_str()) {
            Some("yaml") if !hidden => files.push(path),
            Some("yml") if !hidden => {
                return Err(format!("{}: is not read: name it .yaml", path.display()));
            }
            _ => {}
        }
    }
    files.sort();
    Ok(files)
}

fn text(file: &Path) -> Result<String, String> {
    let data = fs::metadata(file).map_err(|error| error.to_string())?;
    if !data.is_file() {
        return Err("is no file".to_owned());
    }
    if data.len() > LARGEST {
        return Err(format!("is larger than {} KiB: write one rule a file", LARGEST / 1024));
    }
    fs::read_to_string(file).map_err(|error| error.to_string())
}
