//! Whatever stands in a catalog's file, it is a catalog or a fault that tells where.
#![no_main]

use groundrule_inventory::{DependencyMap, read_catalog};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match read_catalog(text, &[DependencyMap::own()]) {
        Ok(catalog) => {
            let count = catalog.resources.len() as u32;
            assert!(catalog.edges.iter().all(|edge| edge.source < count && edge.target < count));
            assert!(catalog.aliases.iter().all(|(_, position)| *position < count));
        }
        Err(fault) => {
            let whole = fault.what.starts_with("this is no Puppet catalog");
            assert!(whole || fault.line.is_some(), "{fault:?}");
            assert!(!fault.help.is_empty(), "{fault:?}");
        }
    }
});
