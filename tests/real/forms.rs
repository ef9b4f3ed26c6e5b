//! The catalog of one node in every form gives the same graph.

use serde_json::{Value, json};

use crate::graph::{self, Graph};
use crate::ordering::stored_edges;
use crate::real::text;

fn parse(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

fn same(form: &str, ours: &Graph, wanted: &Graph) {
    assert_eq!(ours.resources, wanted.resources, "{form}");
    assert_eq!(ours.edges, wanted.edges, "{form}");
    assert_eq!(ours.expanded, wanted.expanded, "{form}");
}

#[test]
fn of_web1_in_every_form() {
    let node = "web1.example.net";
    let plain = text("estate/catalogs/web1.example.net.json");
    let wanted = graph::of(&plain, node);
    assert!(!wanted.expanded.is_empty());
    let catalog: Value = serde_json::from_str(&plain).unwrap();
    let stored = parse("puppetdb/catalog-web1.json");
    let unwrapped = {
        let mut stored = stored.clone();
        for key in ["resources", "edges"] {
            stored[key] = stored[key]["data"].take();
        }
        stored
    };
    for (form, text) in [
        ("Puppet server 7", text("puppetserver/catalog-web1.json")),
        // Puppet 3: the same under `data`, with `document_type` and `metadata` beside it.
        (
            "old envelope",
            json!({"document_type": "Catalog", "data": catalog, "metadata": {"api_version": 1}})
                .to_string(),
        ),
        ("PuppetDB's answer", stored.to_string()),
        ("PuppetDB's answer without data and href", unwrapped.to_string()),
        ("what is sent to PuppetDB", text("puppetdb/cmd-replace_catalog-web1.example.net.json")),
    ] {
        same(form, &graph::of(&text, node), &wanted);
    }
}

/// The rows of `/edges` are those of the catalog.
#[test]
fn edges_by_themselves_are_puppetdbs() {
    let wanted = graph::of(&text("estate/catalogs/web1.example.net.json"), "web1.example.net");
    let rows = parse("puppetdb/edges-web1.json");
    assert_eq!(wanted.edges, stored_edges(&rows));
}

#[test]
fn of_all_nodes_as_puppetdb_has_them() {
    let stored = parse("puppetdb/catalogs.json");
    let stored = stored.as_array().unwrap();
    assert_eq!(stored.len(), 9);
    let mut count = 0;
    for one in stored {
        let node = one["certname"].as_str().unwrap();
        let wanted = graph::of(&text(&format!("estate/catalogs/{node}.json")), node);
        assert_eq!(wanted.edges, stored_edges(&one["edges"]["data"]), "{node}");
        same(node, &graph::of(&one.to_string(), node), &wanted);
        count += wanted.edges.len();
    }
    // PuppetDB's own count of them all.
    assert_eq!(parse("puppetdb/edges-count.json")[0]["count"], count);
}
