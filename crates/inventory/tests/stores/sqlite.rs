//! SQLite.

use groundrule_inventory::source::Role;

use crate::loading;
use crate::open::{access, open};

#[tokio::test]
async fn contract_and_loads() {
    let here = tempfile::tempdir().unwrap();
    // Both kinds in one file.
    loading::check(|_| format!("sqlite:{}", here.path().join("estate.db").display())).await;
}

#[tokio::test]
async fn files_that_are_none() {
    let here = tempfile::tempdir().unwrap();
    let fault = |path: std::path::PathBuf| async move {
        let opened = open(&format!("sqlite:{}", path.display()), Role::Facts, access()).await;
        let error = opened.err().unwrap();
        format!("{}; {}", error.what.replace(&*path.to_string_lossy(), "FILE"), error.help)
    };
    let missing = fault(here.path().join("missing.db")).await;
    assert!(missing.starts_with("FILE: no such file; ") && missing.contains("groundrule load"));
    let text = here.path().join("text.db");
    std::fs::write(&text, "x".repeat(5_000)).unwrap();
    let text = fault(text).await;
    assert!(text.starts_with("FILE: not an estate; name another file"), "{text}");
    let other = here.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let other = fault(other).await;
    assert!(other.starts_with("FILE: an SQLite database, but not an estate"), "{other}");

    let half = here.path().join("half.db");
    let address = format!("sqlite:{}", half.display());
    drop(loading::targets(&address, Role::Registrations).await);
    let empty = fault(half.clone()).await;
    assert!(empty.starts_with("FILE: no facts were loaded into it"), "{empty}");
    rusqlite::Connection::open(&half).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    let newer = fault(half).await;
    assert!(
        newer.starts_with("FILE: an estate of version 9, made by a newer groundrule"),
        "{newer}"
    );
}
