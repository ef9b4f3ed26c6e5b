//! MongoDB.

use std::sync::{Arc, OnceLock};

use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{FactStore, Registry};
use groundrule_core::source::Known;
use groundrule_inventory::source::Role;
use groundrule_services::Service;
use mongodb::bson::{Bson, Document, doc};
use serde_json::Value;

use crate::contract;
use crate::open::sources;

/// A server that is started once and may be used by all tests that do it no harm.
fn server() -> &'static Service {
    static SERVER: OnceLock<Service> = OnceLock::new();
    SERVER.get_or_init(groundrule_services::mongodb)
}

pub fn address(service: &Service, collection: &str) -> String {
    format!("mongodb://127.0.0.1:{}/{collection}", service.port())
}

pub async fn collection(service: &Service, name: &str) -> mongodb::Collection<Document> {
    let url = format!("mongodb://127.0.0.1:{}", service.port());
    let client = mongodb::Client::with_uri_str(url).await.unwrap();
    let (database, name) = name.split_once('.').unwrap();
    client.database(database).collection(name)
}

pub fn bson(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(is) => (*is).into(),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().unwrap().into(), Bson::Int64)
        }
        Value::String(text) => text.as_str().into(),
        Value::Array(all) => all.iter().map(bson).collect::<Vec<_>>().into(),
        Value::Object(map) => {
            Bson::Document(map.iter().map(|(name, value)| (name.clone(), bson(value))).collect())
        }
    }
}

pub fn document(value: &Value) -> Document {
    let Bson::Document(document) = bson(value) else { panic!("{value} is no object") };
    document
}

async fn registry(name: &str, documents: Vec<Document>) -> Arc<dyn Registry> {
    collection(server(), name).await.insert_many(documents).await.unwrap();
    sources(&address(server(), name), Role::Registrations).await.registry.unwrap()
}

async fn facts(name: &str, documents: Vec<Document>) -> Arc<dyn FactStore> {
    collection(server(), name).await.insert_many(documents).await.unwrap();
    sources(&address(server(), name), Role::Facts).await.facts.unwrap()
}

#[tokio::test]
async fn contract_of_facts() {
    let documents = contract::facts().into_iter().map(|(node, at, values)| {
        doc! { "fqdn": node, "lastseen": at, "facts": bson(&values) }
    });
    contract::check_facts(facts("contract.facts", documents.collect()).await).await;
}

#[tokio::test]
async fn contract_of_registrations() {
    let documents = contract::registrations().iter().map(document).collect();
    contract::check_registry(registry("contract.nodes", documents).await).await;
}

#[tokio::test]
async fn loads() {
    crate::loading::check(|name| address(server(), &format!("loads.{name}"))).await;
}

#[tokio::test]
async fn documents_that_are_not_as_the_agent_writes_them() {
    let store = registry(
        "odd.nodes",
        vec![
            doc! { "fqdn": "old", "lastseen": 5, "classes": ["a"] },
            doc! { "fqdn": "OLD", "lastseen": 9.5, "classes": ["b"] },
            doc! { "fqdn": "list", "lastseen": "7", "classes": "web" },
            doc! { "fqdn": "number", "classes": ["a", 7] },
            doc! { "fqdn": "facts", "facts": [{ "a": 1 }] },
            doc! { "fqdn": "date", "lastseen": mongodb::bson::DateTime::from_millis(8_000) },
            doc! { "senderid": "message", "msgtime": 3, "body": { "classes": ["A"] } },
            doc! { "facts": {} },
            doc! { "fqdn": "upper", "classes": ["c", "Role::Web"] },
            doc! { "fqdn": " " },
            doc! { "fault": "not all of it was read" },
            doc! { "fqdn": "broken", "fault": "its file is cut off" },
        ],
    )
    .await;
    let listing = store.nodes().await.unwrap();
    let readable: Vec<_> = listing
        .readable
        .iter()
        .map(|(node, at)| format!("{node} {:?}", at.map(jiff::Timestamp::as_second)))
        .collect();
    assert_eq!(readable, ["date Some(8)", "message Some(3)", "old Some(9)", "upper None"]);
    let unreadable: Vec<_> =
        listing.unreadable.iter().map(|(node, why)| format!("{node}: {why}")).collect();
    assert_eq!(
        unreadable,
        [
            "broken: its file is cut off",
            "facts: the document of facts: facts is no object",
            "list: the document of list: classes is no list of names",
            "number: the document of number: classes is no list of names",
        ]
    );
    assert_eq!(listing.gaps.len(), 3);
    assert!(listing.gaps.iter().any(|gap| gap.contains("names no node")), "{listing:?}");
    assert!(listing.gaps.iter().any(|gap| &**gap == "not all of it was read"), "{listing:?}");
    let rows = store.classes(&Pattern::parse("/./").unwrap()).await.unwrap();
    let of = |name: &str| rows.iter().find(|(node, _)| node.as_str() == name).unwrap().1.clone();
    assert_eq!(of("message"), Known::Present(vec!["a".into()]));
    assert_eq!(of("old"), Known::Present(vec!["b".into()]));
    assert_eq!(of("upper"), Known::Present(vec!["c".into(), "role::web".into()]));
    assert!(matches!(of("date"), Known::Unknown(_)));
}

#[tokio::test]
async fn two_facts_documents_of_a_node_contradict_each_other() {
    let two = vec![doc! { "fqdn": "a", "facts": {} }, doc! { "fqdn": "a", "facts": {} }];
    let store = facts("two.facts", two).await;
    let listing = store.nodes().await.unwrap();
    assert_eq!(&*listing.unreadable[0].1, "2 documents are about a: keep the right one");
}

#[tokio::test]
async fn a_collection_that_is_not_there() {
    let store =
        sources(&address(server(), "missing.nodes"), Role::Registrations).await.registry.unwrap();
    let why = store.nodes().await.unwrap_err().to_string();
    assert!(
        why.ends_with("there is no such collection: correct the address, or load it first"),
        "{why}"
    );
}

#[tokio::test]
async fn a_node_that_goes_away_between_two_questions() {
    let documents =
        vec![doc! { "fqdn": "a", "classes": ["x"] }, doc! { "fqdn": "b", "classes": ["y"] }];
    let store = registry("going.nodes", documents).await;
    store.nodes().await.unwrap();
    collection(server(), "going.nodes").await.delete_one(doc! { "fqdn": "b" }).await.unwrap();
    let rows = store.classes(&Pattern::parse("x").unwrap()).await.unwrap();
    assert_eq!(rows[0].1, Known::Present(vec!["x".into()]));
    let Known::Unknown(why) = &rows[1].1 else { panic!("{rows:?}") };
    assert_eq!(&**why, "its registration went away while it was being judged");
}

#[tokio::test]
async fn a_collection_that_is_replaced_between_two_questions() {
    let documents = vec![doc! { "fqdn": "a", "classes": ["x"] }];
    let store = registry("replaced.nodes", documents.clone()).await;
    store.nodes().await.unwrap();
    let nodes = collection(server(), "replaced.nodes").await;
    nodes.delete_many(doc! {}).await.unwrap();
    nodes.insert_many(documents).await.unwrap();
    let rows = store.classes(&Pattern::parse("x").unwrap()).await.unwrap();
    assert!(matches!(rows[0].1, Known::Unknown(_)), "{rows:?}");
}
