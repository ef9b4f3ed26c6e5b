//! A hundred thousand machines.

use std::collections::BTreeSet;

use groundrule_core::pattern::Pattern;

use crate::server::{about, entry, graph, load, loader, turn};

#[tokio::test]
async fn answers_come_page_by_page() {
    let turn = turn();
    let server = turn.0;
    let mut many = loader(server).await;
    many.begin(&about("many")).await.unwrap();
    let mut names = BTreeSet::new();
    for start in (0..100_000).step_by(1000) {
        let entries: Vec<_> = (start..start + 1000).map(|n| entry(&format!("n{n}"))).collect();
        names.extend(entries.iter().map(|entry| entry.node.clone()));
        many.put(entries).await.unwrap();
    }
    many.finish(&names, true).await.unwrap();
    let open = graph(server).await;
    let listing = open.nodes().await.unwrap();
    assert_eq!(listing.readable.len(), 100_000);
    assert!(listing.gaps.is_empty(), "{:?}", listing.gaps);
    assert_eq!(open.environments().await.unwrap().len(), 100_000);
    assert_eq!(open.classes(&Pattern::Plain("app".into())).await.unwrap().len(), 100_000);
    load(server, "few", &["a"]).await.unwrap();
    assert_eq!(graph(server).await.nodes().await.unwrap().readable.len(), 1);
}
