use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::extlookup::{Config, Extlookup};
use crate::hiera3::{self, Hiera, Resolution, Scope};
use crate::hiera5::Merge;

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn classes_of_all_levels_are_told() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("common.json", r#"{"classes": "users::common", "parameters": {"a": 1, "b": 2}}"#),
            ("production.json", r#"{"classes": "users::production", "environment": "production"}"#),
            ("dc1.json", r#"{"classes": ["users::dc1", "users::common"], "parameters": {"a": 3}}"#),
            ("odd.json", r#"{"classes": ["Users"]}"#),
        ],
    );
    let text = format!(
        ":backends: json\n:hierarchy: ['%{{location}}', '%{{environment}}', common]\n:json:\n  :datadir: {}\n",
        folder.path().display()
    );
    let hiera = Hiera::new(hiera3::Config::parse(&text).unwrap(), Arc::default());
    let mut scope = Scope::default();
    let told = |scope: &Scope| {
        let view = hiera.view(scope, Instant::now());
        let look = |key: &str, merge: Merge| {
            let resolution = match merge {
                Merge::Unique => Resolution::Array,
                Merge::Hash => Resolution::Hash,
                _ => Resolution::Priority,
            };
            Ok(view.lookup(key, resolution)?.map(|answer| answer.value))
        };
        by_hiera(look).map(|told| told.yaml())
    };
    assert_eq!(
        told(&scope).unwrap(),
        "---\nclasses:\n  users::common: {}\nparameters:\n  a: 1\n  b: 2\n"
    );
    scope.set("environment", "production");
    scope.set("location", "dc1");
    assert_eq!(
        told(&scope).unwrap(),
        "---\nclasses:\n  users::dc1: {}\n  users::common: {}\n  users::production: {}\nparameters:\n  a: 3\n  b: 2\nenvironment: production\n"
    );
    scope.set("location", "odd");
    assert_eq!(
        told(&scope).unwrap_err().headline(),
        "key 'classes': 'Users' is no name of a class"
    );
}

#[test]
fn parameters_are_looked_up_under_both_names() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            (
                "data/common.csv",
                "classes,ntp::config,users\nntpservers,a,b\nusers::shell,/bin/zsh\nshell,/bin/sh\nenvironment,dev\n",
            ),
            ("data/dc1.csv", "ntpservers,%{location}\n"),
            (
                "modules/ntp/manifests/config.pp",
                "class ntp::config($ntpservers = [], $other = 1) { }",
            ),
            ("modules/users/manifests/init.pp", "class users ($shell) { }"),
        ],
    );
    let text = format!(
        ":precedence: ['%{{location}}', common]\n:csv:\n  :datadir: {}\n",
        folder.path().join("data").display()
    );
    let extlookup = Extlookup::new(Config::parse(&text).unwrap(), Arc::default());
    let mut scope = Scope::default();
    scope.set("location", "dc1");
    let modules = Modules::of(&folder.path().join("modules").display().to_string());
    let told = by_extlookup(&extlookup, &modules, &scope, Instant::now()).unwrap();
    assert_eq!(
        told.yaml(),
        "---\nclasses:\n  ntp::config:\n    ntpservers: dc1\n  users:\n    shell: \"/bin/zsh\"\nparameters: {}\nenvironment: dev\n"
    );
    let fault =
        by_extlookup(&extlookup, &Modules::of("/nonexistent"), &scope, Instant::now()).unwrap_err();
    assert!(fault.what.contains("ntp::config is in none of /nonexistent"), "{fault}");
}
