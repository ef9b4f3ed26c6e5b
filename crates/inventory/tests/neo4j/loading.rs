//! Loads: again, two at once, of fewer nodes.

use std::collections::BTreeSet;

use groundrule_core::pattern::Pattern;
use groundrule_core::ports::ResourceQuery;

use crate::server::{about, entry, graph, load, loader, meddle, turn};

#[tokio::test]
async fn loading_again_changes_nothing_and_pruning_removes_what_is_gone() {
    let turn = turn();
    let server = turn.0;
    for run in ["one", "two"] {
        let loaded = load(server, run, &["a", "b", "c"]).await.unwrap();
        assert!(run == "one" || loaded.others == 0, "{loaded:?}");
        let open = graph(server).await;
        let services = ResourceQuery::OfType(Pattern::Plain("Service".into()));
        assert_eq!(open.resources(&services).await.unwrap().len(), 3);
    }
    let mut fewer = loader(server).await;
    fewer.begin(&about("fewer")).await.unwrap();
    fewer.put(vec![entry("a")]).await.unwrap();
    let names = BTreeSet::from([entry("a").node]);
    let loaded = fewer.finish(&names, false).await.unwrap();
    assert_eq!((loaded.others, loaded.pruned), (2, false));
    assert_eq!(graph(server).await.nodes().await.unwrap().readable.len(), 3);
    let loaded = load(server, "pruned", &["a"]).await.unwrap();
    assert_eq!((loaded.others, loaded.pruned), (2, true));
    let listing = graph(server).await.nodes().await.unwrap();
    assert_eq!((listing.readable.len(), listing.gaps.len()), (1, 0), "{listing:?}");
}

#[tokio::test]
async fn of_two_loads_at_once_the_later_one_counts() {
    let turn = turn();
    let server = turn.0;
    let mut first = loader(server).await;
    first.begin(&about("first")).await.unwrap();
    first.put(vec![entry("a"), entry("old")]).await.unwrap();
    load(server, "second", &["a", "new"]).await.unwrap();
    let names = BTreeSet::from([entry("a").node, entry("old").node]);
    let error = first.finish(&names, true).await.unwrap_err().to_string();
    assert!(error.contains("another load, from estate:second"), "{error}");
    let listing = graph(server).await.nodes().await.unwrap();
    let names: BTreeSet<_> = listing.readable.iter().map(|(node, _)| node.to_string()).collect();
    assert_eq!(names, BTreeSet::from(["a".to_owned(), "new".to_owned()]));
    assert!(listing.gaps.is_empty(), "{listing:?}");
}

#[tokio::test]
async fn two_loads_side_by_side_leave_one_of_them_whole() {
    let turn = turn();
    let server = turn.0;
    let names: Vec<_> = (0..300).map(|n| format!("n{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let (a, b) = tokio::join!(load(server, "left", &names), load(server, "right", &names));
    assert!(a.is_ok() != b.is_ok() || a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    let listing = graph(server).await.nodes().await.unwrap();
    assert_eq!(listing.readable.len(), 300);
    assert!(listing.gaps.is_empty(), "{:?}", listing.gaps);
    let services = ResourceQuery::OfType(Pattern::Plain("Service".into()));
    assert_eq!(graph(server).await.resources(&services).await.unwrap().len(), 300);
}

#[tokio::test]
async fn what_a_load_meets_that_is_not_its_own_stays() {
    let turn = turn();
    let server = turn.0;
    meddle(server, "MERGE (:Team {name: 'web'})").await;
    load(server, "others", &["a"]).await.unwrap();
    load(server, "others again", &["b"]).await.unwrap();
    let rows = graph(server).await.query("MATCH (t:Team) RETURN t.name AS name").await.unwrap();
    assert_eq!(rows.len(), 1);
    meddle(server, "MATCH (t:Team) DELETE t").await;
}
