//! A graph that is not what was loaded, or changes while it is asked.

use groundrule_core::pattern::Pattern;
use groundrule_core::ports::ResourceQuery;
use groundrule_inventory::source::About;

use crate::server::{about, entry, graph, load, loader, meddle, put, turn};

fn services() -> ResourceQuery {
    ResourceQuery::OfType(Pattern::Plain("Service".into()))
}

#[tokio::test]
async fn a_node_that_goes_between_two_questions_is_missed() {
    let turn = turn();
    let server = turn.0;
    load(server, "going", &["a", "b", "c"]).await.unwrap();
    let open = graph(server).await;
    assert_eq!(open.nodes().await.unwrap().readable.len(), 3);
    assert_eq!(open.resources(&services()).await.unwrap().len(), 3);
    meddle(server, "MATCH (n:Node {name: 'b'}) DETACH DELETE n").await;
    let error = open.resources(&services()).await.unwrap_err().to_string();
    assert!(error.contains("changed while it was being judged"), "{error}");
    assert!(open.classes(&Pattern::Plain("app".into())).await.is_err());
    // Whoever opens it afterwards sees that something is missing.
    let listing = graph(server).await.nodes().await.unwrap();
    assert!(
        listing.gaps[0].contains("had 3 nodes") && listing.gaps[0].contains("load it again"),
        "{listing:?}"
    );
}

#[tokio::test]
async fn a_load_between_two_questions_is_noticed() {
    let turn = turn();
    let server = turn.0;
    load(server, "first", &["a", "b"]).await.unwrap();
    let open = graph(server).await;
    open.nodes().await.unwrap();
    load(server, "second", &["a", "b"]).await.unwrap();
    let error = open.dependencies().await.unwrap_err().to_string();
    assert!(error.contains("loaded anew"), "{error}");
    assert_eq!(open.nodes().await.unwrap().readable.len(), 2);
    open.dependencies().await.unwrap();
}

#[tokio::test]
async fn a_graph_that_is_half_loaded_says_so() {
    let turn = turn();
    let server = turn.0;
    load(server, "whole", &["a", "b"]).await.unwrap();
    let mut half = loader(server).await;
    half.begin(&about("half")).await.unwrap();
    half.put(vec![entry("a")]).await.unwrap();
    drop(half);
    let open = graph(server).await;
    let listing = open.nodes().await.unwrap();
    assert_eq!(listing.readable.len(), 2);
    assert!(listing.gaps[0].contains("incomplete: its load from estate:half"), "{listing:?}");
    assert_eq!(open.undeclared().await.unwrap().len(), 1);
    // A further load puts it right.
    load(server, "again", &["a", "b"]).await.unwrap();
    assert!(graph(server).await.nodes().await.unwrap().gaps.is_empty());
}

#[tokio::test]
async fn a_graph_of_another_form_or_of_nobody_is_refused() {
    let turn = turn();
    let server = turn.0;
    load(server, "form", &["a"]).await.unwrap();
    meddle(server, "MATCH (l:GroundruleLoad) SET l.schema = 0").await;
    let error = graph(server).await.nodes().await.unwrap_err().to_string();
    assert!(error.contains("form 0") && error.contains("load it again"), "{error}");
    meddle(server, "MATCH (l:GroundruleLoad) DETACH DELETE l").await;
    let error = graph(server).await.nodes().await.unwrap_err().to_string();
    assert!(error.contains("no graph was loaded there"), "{error}");
    load(server, "form again", &["a"]).await.unwrap();
    meddle(server, "MATCH (r:Resource) SET r.position = 'x'").await;
    let open = graph(server).await;
    let origin = groundrule_core::ports::Origin { node: entry("a").node, from: None };
    let error = open.fallen(&[origin]).await.unwrap_err().to_string();
    assert!(error.contains("load --all"), "{error}");
    // No load notices it by the numbers of what there is.
    put(server, &About { all: true, ..about("all") }, vec![entry("a")]).await.unwrap();
}
