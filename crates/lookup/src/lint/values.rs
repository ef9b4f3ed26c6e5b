//! What the files hold.

use std::collections::{BTreeMap, BTreeSet};

use super::files::DataFile;
use super::{Finding, Known};
use crate::Fault;
use crate::data::Value;
use crate::hiera3::Config;
use crate::interpolate::{self, Call, Piece, Segment};

/// Variables that are no facts.
const OTHERS: &[&str] = &[
    "trusted",
    "facts",
    "server_facts",
    "environment",
    "clientcert",
    "clientversion",
    "clientnoop",
    "servername",
    "serverip",
    "serverversion",
    "calling_class",
    "calling_class_path",
    "calling_module",
    "module_name",
    "fqdn",
];

/// Parts of names of what is kept secret.
const SECRET: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "private_key",
    "api_key",
    "apikey",
    "token",
    "credential",
];

pub(super) fn judge(
    config: &Config,
    files: &[DataFile],
    known: &Known,
    findings: &mut Vec<Finding>,
) {
    let keys: BTreeSet<&str> = files.iter().flat_map(entries).map(|(key, ..)| key).collect();
    for template in &config.hierarchy {
        let mut found = Vec::new();
        sites(template, known, &keys, &mut |fault| found.push(fault));
        let of_config =
            |fault: Fault| config.file.as_ref().map_or(fault.clone(), |file| fault.of(file));
        findings.extend(
            found.into_iter().map(|fault| Finding { kind: "unknown", fault: of_config(fault) }),
        );
    }
    for file in files {
        for (key, value, (line, column)) in entries(file) {
            let mut tell = |kind: &'static str, fault: Fault| {
                findings
                    .push(Finding { kind, fault: fault.at(line, column).of(&file.file).key(key) });
            };
            texts(value, &mut |text| {
                sites(text, known, &keys, &mut |fault| tell("unknown", fault));
            });
            if is_open_secret(key, value) {
                tell(
                    "secret",
                    Fault::new(
                        "its name says that it is secret, and it is in the clear",
                        "encrypt it with eyaml, or keep it elsewhere",
                    ),
                );
            }
            if let (Some(classes), Some((class, _))) = (&known.classes, key.rsplit_once("::"))
                && !classes.contains(&class.to_lowercase())
            {
                tell(
                    "unused",
                    Fault::new(
                        format!("no catalog has the class {class}"),
                        "remove it, or correct the class's name",
                    ),
                );
            }
        }
    }
    shadowed(config, files, findings);
}

fn entries(file: &DataFile) -> impl Iterator<Item = (&str, &Value, (u64, u64))> {
    let map = file.document.root.as_hash();
    let places = file.document.places.iter().copied().chain(std::iter::repeat((0, 0)));
    map.into_iter()
        .flatten()
        .zip(places)
        .filter_map(|((key, value), place)| Some((key.as_str()?, value, place)))
}

/// All texts of a value, keys of hashes as well.
fn texts(value: &Value, tell: &mut impl FnMut(&str)) {
    match value {
        Value::Str(text) => tell(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, tell)),
        Value::Hash(map) => map.iter().for_each(|(key, value)| {
            texts(key, tell);
            texts(value, tell);
        }),
        _ => {}
    }
}

/// Expressions of a text that ask for what nobody has.
fn sites(text: &str, known: &Known, keys: &BTreeSet<&str>, tell: &mut impl FnMut(Fault)) {
    for piece in interpolate::pieces(text) {
        let Piece::Site(site) = piece else { continue };
        if site.is_empty() {
            continue;
        }
        let first = |name: &str| {
            interpolate::split(name)
                .ok()
                .and_then(|all| all.first().map(Segment::text).map(str::to_owned))
        };
        match site.call() {
            Err(fault) => tell(fault),
            Ok(Call::Lookup { key, .. } | Call::Alias(key)) => {
                if !first(key).is_some_and(|first| keys.contains(first.as_str())) {
                    tell(Fault::new(
                        format!("{} asks for a key that no file has", site.whole),
                        "correct the key's name",
                    ));
                }
            }
            Ok(Call::Scope(name)) => {
                let Some(facts) = &known.facts else { continue };
                let name = first(name).unwrap_or_default();
                let bare = name.strip_prefix("::").unwrap_or(&name);
                if !facts.contains(bare) && !OTHERS.contains(&bare) {
                    tell(Fault::new(
                        format!("{} asks for a variable that no machine has as a fact", site.whole),
                        "correct its name, or give it a fact",
                    ));
                }
            }
            Ok(Call::Literal(_)) => {}
        }
    }
}

fn is_open_secret(key: &str, value: &Value) -> bool {
    let name = key.to_lowercase();
    let Value::Str(text) = value else { return false };
    SECRET.iter().any(|part| name.contains(part))
        && !text.is_empty()
        && !text.trim_start().starts_with("ENC[")
        && !interpolate::has_site(text)
}

/// Values that a level above hides from every machine, because it depends on no variable.
fn shadowed(config: &Config, files: &[DataFile], findings: &mut Vec<Finding>) {
    let is_fixed = |level: usize| !config.hierarchy[level].contains("%{");
    let mut fixed: BTreeMap<(&str, &str), (usize, &DataFile)> = BTreeMap::new();
    for file in files {
        let Some(level) = file.level.filter(|level| is_fixed(*level)) else { continue };
        for (key, ..) in entries(file) {
            let first = fixed.entry((file.backend, key)).or_insert((level, file));
            if level < first.0 {
                *first = (level, file);
            }
        }
    }
    for file in files {
        let Some(level) = file.level else { continue };
        for (key, value, (line, column)) in entries(file) {
            let Some((above, by)) =
                fixed.get(&(file.backend, key)).filter(|(above, _)| *above < level)
            else {
                continue;
            };
            // Lists and hashes may be looked up over all levels.
            if *above < level && !matches!(value, Value::Array(_) | Value::Hash(_)) {
                let what = format!(
                    "it is never seen: the level {} above has the key, too",
                    by.file.display()
                );
                findings.push(Finding {
                    kind: "shadowed",
                    fault: Fault::new(what, "remove one of them")
                        .at(line, column)
                        .of(&file.file)
                        .key(key),
                });
            }
        }
    }
}
