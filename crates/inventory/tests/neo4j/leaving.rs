//! A server that stops, dies and comes back while it is asked.

use std::time::{Duration, Instant};

use groundrule_core::ports::GraphStore;
use groundrule_core::source::Listing;
use groundrule_inventory::source::Access;

use crate::server::{about, access, entry, graph_by, load, loader, location};

/// The nodes, once the server answers again: it is asked after some seconds, and starts cold.
async fn back(graph: &dyn GraphStore) -> Listing {
    let begun = Instant::now();
    loop {
        match graph.nodes().await {
            Ok(listing) => return listing,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(90), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_server_that_stops_or_dies_is_told_in_time_and_answers_when_it_is_back() {
    let server = groundrule_services::neo4j();
    load(&server, "leaving", &["a", "b"]).await.unwrap();
    let limit = Duration::from_secs(5);
    let short = Access { timeout: limit, ..access(&server) };
    let graph = graph_by(&location(&server, "bolt"), short).await.unwrap();
    back(&*graph).await;

    server.stop();
    let begun = Instant::now();
    for _ in 0..20 {
        let error = graph.nodes().await.unwrap_err().to_string();
        assert!(error.contains("did not answer within 5 s"), "{error}");
    }
    // The first waits for its time; those behind it are told at once.
    assert!(begun.elapsed() < limit * 3, "{:?}", begun.elapsed());
    server.cont();
    back(&*graph).await;

    let long = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b
WITH a, b WHERE a * b % 1000003 = 7 RETURN count(*) AS n";
    let patient = Access { timeout: Duration::from_secs(60), ..access(&server) };
    let other = graph_by(&location(&server, "bolt"), patient).await.unwrap();
    other.nodes().await.unwrap();
    let asked = tokio::spawn(async move { other.query(long).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    server.kill();
    let error = asked.await.unwrap().unwrap_err().to_string();
    assert!(error.contains("is away"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());

    let error = graph.environments().await;
    assert!(error.is_ok(), "what was told before is known still");
    let error = graph.dependencies().await.unwrap_err().to_string();
    assert!(error.contains("is away"), "{error}");

    // A load that the server dies in is an error, and the graph knows it.
    server.restart();
    back(&*graph).await;
    let mut loader = loader(&server).await;
    loader.begin(&about("broken off")).await.unwrap();
    loader.put(vec![entry("c")]).await.unwrap();
    server.kill();
    let names = std::collections::BTreeSet::from([entry("c").node]);
    assert!(loader.finish(&names, true).await.is_err());
    server.restart();
    let listing = back(&*graph).await;
    assert!(listing.gaps[0].contains("incomplete"), "{listing:?}");
}
