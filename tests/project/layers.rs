//! Each crate uses only crates of the layers below its own.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Every crate of the workspace with its layer; tools of the tests stand beside them.
const LAYERS: [(&str, u8); 15] = [
    ("groundrule-core", 0),
    ("groundrule-database", 0),
    ("groundrule-inventory", 1),
    ("groundrule-engine", 1),
    ("groundrule-transport", 1),
    ("groundrule-lookup", 1),
    ("groundrule-reservations", 1),
    ("groundrule-pipeline", 1),
    ("groundrule-steps", 2),
    ("groundrule-report", 2),
    ("groundrule-questions", 2),
    ("groundrule", 3),
    ("groundrule-oracle", 0),
    ("groundrule-bench", 0),
    ("groundrule-services", 0),
];

#[test]
fn crates_use_only_lower_layers() {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let layers = BTreeMap::from(LAYERS);
    for package in &metadata.packages {
        let layer = *layers
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("{} is in no layer: add it to LAYERS", package.name));
        for dependency in &package.dependencies {
            let Some(below) = layers.get(dependency.name.as_str()) else {
                continue;
            };
            assert!(
                dependency.kind == DependencyKind::Development || *below < layer,
                "{} (layer {layer}) uses {} (layer {below})",
                package.name,
                dependency.name
            );
        }
    }
}

/// The oracle shares nothing with what it checks.
#[test]
fn the_oracle_stands_alone() {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let oracle = metadata.packages.iter().find(|p| p.name.as_str() == "groundrule-oracle").unwrap();
    let ours = oracle.dependencies.iter().find(|d| d.name.starts_with("groundrule"));
    assert!(ours.is_none(), "the oracle uses {ours:?}");
}
