//! Logins, certificates and deadlines.

use std::time::{Duration, Instant};

use groundrule_inventory::source::{Access, Location, Secret};

use crate::server::{access, graph_by, load, location, turn};

#[tokio::test]
async fn a_wrong_password_is_told_and_not_shown() {
    let server = turn().0;
    let wrong = Access { password: Some(Secret::new("hunter2hunter2")), ..access(server) };
    let graph = graph_by(&location(server, "bolt"), wrong).await.unwrap();
    let error = graph.nodes().await.unwrap_err().to_string();
    assert!(error.contains("refuses the user neo4j") && !error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn certificates_are_checked() {
    let turn = turn();
    let server = turn.0;
    load(server, "tls", &["a"]).await.unwrap();
    let authority = server.authority();
    let secured = location(server, "bolt+s");
    let right = Access { ca: Some(authority.clone()), ..access(server) };
    let graph = graph_by(&secured, right.clone()).await.unwrap();
    assert_eq!(graph.nodes().await.unwrap().readable.len(), 1);
    let of = |url: String| Location::parse(&url).unwrap();
    let other = of(format!("neo4j+s://localhost:{}", server.port()));
    assert_eq!(graph_by(&other, right).await.unwrap().nodes().await.unwrap().readable.len(), 1);
    for ca in [None, Some(server.certificate().0)] {
        let wrong = Access { ca, ..access(server) };
        let graph = graph_by(&secured, wrong).await.unwrap();
        let error = graph.nodes().await.unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
    }
    let missing = Access { ca: Some("/no/such.pem".into()), ..access(server) };
    let error = graph_by(&secured, missing).await.err().unwrap();
    assert!(error.what.contains("/no/such.pem cannot be read"), "{error}");
    let plain = Access { ca: Some(authority), ..access(server) };
    let error = graph_by(&location(server, "bolt"), plain).await.err().unwrap();
    assert!(error.what.contains("not secured by TLS") && error.help.contains("bolt+s"), "{error}");
}

#[tokio::test]
async fn a_query_past_its_deadline_is_ended_and_the_next_one_answered() {
    let turn = turn();
    let server = turn.0;
    load(server, "deadline", &["a", "b"]).await.unwrap();
    let short = Access { timeout: Duration::from_secs(5), ..access(server) };
    let graph = graph_by(&location(server, "bolt"), short).await.unwrap();
    // A cold server takes its time to plan.
    while graph.nodes().await.is_err() {}
    let long = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b
WITH a, b WHERE a * b % 1000003 = 7 RETURN count(*) AS n";
    let begun = Instant::now();
    let error = graph.query(long).await.unwrap_err().to_string();
    assert!(error.contains("did not answer within 5 s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    let rows = graph.query("MATCH (n:Node) RETURN n.name AS node").await;
    assert_eq!(rows.unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_can_be_written() {
    let turn = turn();
    let server = turn.0;
    load(server, "reading", &["a"]).await.unwrap();
    let graph = graph_by(&location(server, "bolt"), access(server)).await.unwrap();
    for text in [
        "CREATE (x:Node {name: 'evil'})",
        "MATCH (n) DETACH DELETE n",
        "MATCH (n:Node) SET n.name = 'x' RETURN n",
        "MERGE (n:Node {name: 'evil'}) RETURN n",
        "CREATE INDEX evil FOR (n:Node) ON (n.x)",
        "CALL db.createLabel('Evil')",
        "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS",
        "CREATE USER evil SET PASSWORD 'evilevil'",
    ] {
        let error = graph.query(text).await.unwrap_err().to_string();
        assert!(error.contains("refuses the query: it writes"), "{text}: {error}");
    }
    assert_eq!(graph.nodes().await.unwrap().readable.len(), 1);
}
