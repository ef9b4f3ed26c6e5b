//! Reads all rule files of a directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::conditions::Conditions;
use super::fault::{RouteFault, meant};
use super::place::Place;
use super::rule::{Reader, Rule};
use super::rules::Rules;

/// The folder of callbacks: rule files of another kind.
const CALLBACKS: &str = "callbacks";
/// No rule is larger than this.
const LARGEST: u64 = 64 * 1024;

impl Rules {
    /// Reads the rule files `DIR/<place>/*.yaml`; `valid` says what is wrong with a URL.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn load(
        directory: &Path,
        valid: &dyn Fn(&str) -> Result<(), String>,
    ) -> Result<Self, Vec<RouteFault>> {
        let mut faults = Vec::new();
        let mut conditions = Conditions::default();
        let mut places = [const { Vec::new() }; Place::ALL.len()];
        for folder in entries(directory).map_err(|fault| vec![fault])? {
            match self::place(&folder) {
                Ok(None) => {}
                Ok(Some(place)) => {
                    places[place as usize] =
                        rules(place, &folder, valid, &mut conditions, &mut faults);
                }
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self::of(places)) } else { Err(faults) }
    }
}

/// What is in a directory, in the order of names, without what is hidden.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, RouteFault> {
    let unreadable = |error: std::io::Error| {
        RouteFault::new(directory, format!("cannot be read: {error}"), "give a readable directory")
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// The place whose folder it is; none where it is nothing of ours.
fn place(path: &Path) -> Result<Option<Place>, RouteFault> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let names = || Place::ALL.map(Place::name).into_iter().chain([CALLBACKS]);
    if !path.is_dir() {
        let rule = matches!(path.extension().and_then(|end| end.to_str()), Some("yaml" | "yml"));
        let help = format!("move it into {}", names().collect::<Vec<_>>().join(", "));
        let fault = || RouteFault::new(path, "a rule file outside of a place's folder", help);
        return if rule { Err(fault()) } else { Ok(None) };
    }
    if name == CALLBACKS {
        return Ok(None);
    }
    Place::parse(&name).map(Some).ok_or_else(|| {
        let all = names().collect::<Vec<_>>().join(", ");
        let help = format!("places are {all}{}", meant(names(), &name));
        RouteFault::new(path, format!("unknown place {name}"), help)
    })
}

/// The rules of a place.
fn rules(
    place: Place,
    folder: &Path,
    valid: &dyn Fn(&str) -> Result<(), String>,
    conditions: &mut Conditions,
    faults: &mut Vec<RouteFault>,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let files = entries(folder).map_err(|fault| faults.push(fault)).unwrap_or_default();
    for file in files {
        match file.extension().and_then(|end| end.to_str()) {
            Some("yaml") => {}
            Some("yml") => {
                let what = "a rule file whose name does not end with .yaml is not read";
                faults.push(RouteFault::new(&file, what, "name it .yaml"));
                continue;
            }
            _ => continue,
        }
        match text(&file).map_err(|fault| vec![fault]).and_then(|text| {
            let (file, text) = (&*file, &*text);
            Reader { place, file, text, valid, conditions }.read()
        }) {
            Ok(rule) => rules.push(rule),
            Err(all) => faults.extend(all),
        }
    }
    same_names(&rules, faults);
    rules
}

fn text(file: &Path) -> Result<String, RouteFault> {
    let fault = |what: String, help: &str| RouteFault::new(file, what, help);
    match fs::metadata(file) {
        Ok(data) if data.len() > LARGEST => {
            return Err(fault(
                format!("larger than {} KiB", LARGEST / 1024),
                "write one rule a file",
            ));
        }
        Ok(data) if !data.is_file() => return Err(fault("no file".to_owned(), "remove it")),
        _ => {}
    }
    fs::read_to_string(file)
        .map_err(|error| fault(format!("cannot be read: {error}"), "make it readable, as UTF-8"))
}

fn same_names(rules: &[Rule], faults: &mut Vec<RouteFault>) {
    let mut names: Vec<(&str, &Path)> =
        rules.iter().map(|rule| (&*rule.name, &*rule.file)).collect();
    names.sort_unstable();
    for pair in names.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let what = format!("its name {} is that of {} too", pair[1].0, pair[0].1.display());
        faults.push(RouteFault::new(pair[1].1, what, "give it a name of its own"));
    }
}
