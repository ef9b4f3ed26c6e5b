//! What holds of every text that is read as a catalog.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::declared::DependencyMap;
use super::read;

/// Catalogs that real Puppet has compiled.
static REAL: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/estate/catalogs");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect()
});

/// Reads a text: a catalog whose parts refer to each other only, or a fault that tells where.
fn reads_or_tells_where(text: &str) -> bool {
    match read(text, &[DependencyMap::own()]) {
        Ok(catalog) => {
            let count = u32::try_from(catalog.resources.len()).unwrap();
            assert!(catalog.edges.iter().all(|edge| edge.source < count && edge.target < count));
            assert!(catalog.aliases.iter().all(|(_, position)| *position < count));
            true
        }
        Err(fault) => {
            let whole = fault.what.starts_with("this is no Puppet catalog");
            assert!(whole || fault.line.is_some(), "{fault:?}");
            let lines = text.lines().count().max(1) as u64 + 1;
            assert!(fault.line.is_none_or(|line| line <= lines), "{fault:?}");
            assert!(!fault.what.is_empty() && !fault.help.is_empty(), "{fault:?}");
            false
        }
    }
}

/// The nearest place at which a text can be cut.
fn place(text: &str, index: Index) -> usize {
    text.floor_char_boundary(index.index(text.len() + 1))
}

#[test]
fn the_real_ones_are_read() {
    assert!(REAL.len() > 10);
    assert!(REAL.iter().all(|text| reads_or_tells_where(text)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn never_panics(text in ".{0,64}|[\\[\\]{}:,\"a-z0-9 ]{0,64}") {
        reads_or_tells_where(&text);
    }

    #[test]
    fn half_a_catalog_is_none(text in select(&REAL[..]), at in any::<Index>()) {
        let at = place(&text, at);
        prop_assume!(!text[at..].trim().is_empty());
        prop_assert!(!reads_or_tells_where(&text[..at]));
    }

    #[test]
    fn damaged_catalogs(
        text in select(&REAL[..]),
        damage in prop::collection::vec(
            (any::<Index>(), 0_usize..40, prop_oneof![
                "", "[{}\\[\\]:,\"0-9nt\\\\]{1,3}", "\"require\":\"Service\\[x\\]\",", "null", "\\\\u00e9", "\\\\n", "é",
            ]),
            1..4,
        ),
    ) {
        let mut text = text;
        for (at, cut, put) in damage {
            let at = place(&text, at);
            let end = text.ceil_char_boundary((at + cut).min(text.len()));
            text.replace_range(at..end, &put);
        }
        reads_or_tells_where(&text);
    }

    /// Parts of a catalog in the place of others.
    #[test]
    fn shuffled_catalogs(
        text in select(&REAL[..]),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 1..4),
    ) {
        let mut strings: Vec<&str> = text.split('"').collect();
        for (a, b) in swaps {
            let pick = |index: Index| index.index(strings.len() / 2) * 2 + 1;
            let (a, b) = (pick(a), pick(b));
            strings[a] = strings[b];
        }
        reads_or_tells_where(&strings.join("\""));
    }
}
