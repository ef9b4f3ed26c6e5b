//! PuppetDB: what a real one answered, served again by a small server that understands the queries
//! which are asked of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use groundrule_core::fact::FactName;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{FactStore, GraphStore, Origin, ResourceQuery};
use groundrule_inventory::source::{Access, Role};
use groundrule_inventory::{Estate, Options};
use serde_json::{Value, json};

use crate::open::{access, open, sources};

/// The rows of each endpoint, and what was asked.
#[derive(Default)]
struct Database {
    rows: BTreeMap<&'static str, Vec<Value>>,
    asked: Mutex<Vec<Value>>,
}

fn captured() -> BTreeMap<&'static str, Vec<Value>> {
    let read = |text| serde_json::from_str::<Vec<Value>>(text).unwrap();
    let catalogs = read(include_str!("../../../../tests/real/captured/puppetdb/catalogs.json"));
    let resources = catalogs.iter().flat_map(|catalog| {
        let of = catalog["resources"]["data"].as_array().unwrap();
        of.iter().map(|resource| {
            let mut resource = resource.clone();
            resource["certname"] = catalog["certname"].clone();
            resource
        })
    });
    let resources = resources.collect();
    BTreeMap::from([
        ("nodes", read(include_str!("../captured/puppetdb/nodes.json"))),
        ("facts", read(include_str!("../captured/puppetdb/facts.json"))),
        ("resources", resources),
        ("fact-names", Vec::new()),
        ("catalogs", catalogs),
    ])
}

/// Whether a row is what a query asks for.
fn fits(query: &Value, row: &Value) -> bool {
    let part = |n: usize| query[n].as_str().unwrap();
    match part(0) {
        "and" => query.as_array().unwrap()[1..].iter().all(|query| fits(query, row)),
        "=" => row[part(1)] == query[2],
        "~" => regex::Regex::new(part(2)).unwrap().is_match(row[part(1)].as_str().unwrap()),
        other => panic!("{other} is not understood"),
    }
}

async fn answer(
    State(database): State<Arc<Database>>,
    Segment(endpoint): Segment<String>,
    body: String,
) -> Result<String, (StatusCode, String)> {
    let asked: Value = serde_json::from_str(&body).unwrap();
    database.asked.lock().unwrap().push(json!([endpoint, asked]));
    let Some(rows) = database.rows.get(endpoint.as_str()) else {
        return Err((StatusCode::FORBIDDEN, "Permission denied\nhunter2".to_owned()));
    };
    let query = &asked["query"];
    let mut rows: Vec<_> = rows.iter().filter(|row| query.is_null() || fits(query, row)).collect();
    rows.sort_by_key(|row| row["certname"].as_str());
    let number = |name: &str| usize::try_from(asked[name].as_u64().unwrap()).unwrap();
    if endpoint == "fact-names" {
        return Ok(json!(["role", "my_password", "os"]).to_string());
    }
    let page: Vec<_> = rows.into_iter().skip(number("offset")).take(number("limit")).collect();
    Ok(json!(page).to_string())
}

/// Serves rows; the address, and what was asked.
async fn serve(rows: BTreeMap<&'static str, Vec<Value>>) -> (String, Arc<Database>) {
    let database = Arc::new(Database { rows, ..Database::default() });
    let router = Router::new()
        .route("/pdb/query/v4/{endpoint}", post(answer))
        .route("/pdb/meta/v1/version", get(|| async { r#"{"version":"7.12.1"}"# }))
        .with_state(Arc::clone(&database));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("puppetdb:http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, database)
}

fn estate() -> groundrule_core::ports::Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real/captured/estate");
    Arc::new(Estate::open(&root, &Options::default()).unwrap()).sources()
}

fn sorted<T: std::fmt::Debug>(rows: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut rows: Vec<_> = rows.into_iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

async fn nodes(graph: &Arc<dyn GraphStore>) -> Vec<NodeName> {
    let listing = graph.nodes().await.unwrap();
    assert!(listing.unreadable.is_empty() && listing.gaps.is_empty(), "{listing:?}");
    let mut nodes: Vec<_> = listing.readable.into_iter().map(|(node, _)| node).collect();
    nodes.sort_unstable();
    nodes
}

/// The catalogs that this PuppetDB was given are those of the captured estate: all answers are the
/// same, but for what is sensitive, which PuppetDB is never given.
#[tokio::test]
async fn catalogs_are_those_of_the_estate() {
    let (address, database) = serve(captured()).await;
    let here = sources(&address, Role::Graph).await.graph.unwrap();
    let there = estate().graph.unwrap();
    let names = nodes(&here).await;
    assert_eq!(names, nodes(&there).await);
    let every = Pattern::parse("/./").unwrap();
    let (a, b) = (here.classes(&every).await.unwrap(), there.classes(&every).await.unwrap());
    let classes = |rows: Vec<(NodeName, Vec<groundrule_core::Text>)>| {
        // Puppet counts `settings` and the names of node blocks as classes, but has no resources of
        // them.
        let is_one = |class: &groundrule_core::Text| !["settings", "default"].contains(&&**class);
        sorted(rows.into_iter().map(|(node, of)| (node, sorted(of.into_iter().filter(is_one)))))
    };
    assert_eq!(classes(a), classes(b));
    assert_eq!(
        sorted(here.environments().await.unwrap()),
        sorted(there.environments().await.unwrap())
    );
    let all = ResourceQuery::OfType(every);
    let resources = there.resources(&all).await.unwrap();
    assert_eq!(sorted(here.resources(&all).await.unwrap()), sorted(resources.clone()));
    for (node, resource) in resources {
        let origin = Origin { node, from: Some(resource) };
        let fallen = |graph: Arc<dyn GraphStore>, origin: Origin| async move {
            sorted(graph.fallen(&[origin]).await.unwrap())
        };
        let (a, b) =
            (fallen(Arc::clone(&here), origin.clone()), fallen(Arc::clone(&there), origin.clone()));
        assert_eq!(a.await, b.await, "{origin:?}");
    }
    assert!(here.undeclared().await.unwrap().is_empty());
    // One question to each endpoint, however much is asked of the graph.
    assert_eq!(database.asked.lock().unwrap().len(), 2);

    for (resource, parameter) in [
        ("Service[nginx]", "ensure"),
        ("Package[ntp]", "ensure"),
        ("Package[ntp]", "nothing"),
        ("Package[mysql]", "ensure"),
        ("File[/etc/nginx/sites-enabled/www.example.net.conf]", "content"),
        ("Service[nosuch]", "ensure"),
    ] {
        let resource = ResourceRef::stored(resource).unwrap();
        let values = |graph: Arc<dyn GraphStore>| {
            let (resource, names) = (resource.clone(), names.clone());
            async move { sorted(graph.parameters(&resource, parameter, &names).await.unwrap()) }
        };
        let (a, b) = (values(Arc::clone(&here)).await, values(Arc::clone(&there)).await);
        assert_eq!(a, b, "{resource} {parameter}");
    }
}

async fn values(store: &Arc<dyn FactStore>, fact: &str) -> Vec<String> {
    sorted(store.values(&FactName::new(fact)).await.unwrap())
}

#[tokio::test]
async fn facts_are_those_of_the_estate() {
    let (address, database) = serve(captured()).await;
    let here = sources(&address, Role::Facts).await.facts.unwrap();
    let there = estate().facts.unwrap();
    for fact in
        ["role", "ROLE", "os.family", "OS.Release.Major", "processorcount", "no.such", "$ref"]
    {
        assert_eq!(values(&here, fact).await, values(&there, fact).await, "{fact}");
    }
    let names = here.names().await.unwrap();
    assert_eq!(names, [FactName::new("role"), FactName::new("os")]);
    let asked = database.asked.lock().unwrap();
    let query = json!(["~", "name", "(?i)^(OS\\.Release\\.Major|OS)$"]);
    assert!(asked.iter().any(|asked| asked[1]["query"] == query), "{asked:?}");
}

#[tokio::test]
async fn nodes_that_are_gone_and_nodes_without_facts() {
    let node = |name: &str, field: &str| {
        let at = "2026-11-22T09:43:42.870Z";
        let mut node = json!({"certname": name, "deactivated": null, "expired": null,
                              "facts_timestamp": at, "catalog_timestamp": at});
        if !field.is_empty() {
            node[field] = if field.ends_with("stamp") { Value::Null } else { json!(at) };
        }
        node
    };
    let fact = |name: &str| json!({"certname": name, "environment": "p", "name": "x", "value": 1});
    let names = [("a", ""), ("b", "deactivated"), ("c", "expired"), ("d", "facts_timestamp")];
    let rows = BTreeMap::from([
        ("nodes", names.map(|(name, field)| node(name, field)).to_vec()),
        ("facts", ["a", "b", "c"].map(fact).to_vec()),
        ("catalogs", Vec::new()),
    ]);
    let (address, _) = serve(rows).await;
    let facts = sources(&address, Role::Facts).await.facts.unwrap();
    let listed = crate::contract::times(&facts.nodes().await.unwrap());
    assert_eq!(listed, [("a".to_owned(), Some(1_795_340_622))].into());
    assert_eq!(facts.values(&FactName::new("x")).await.unwrap().len(), 1);
    // A catalog that should be there and is not can't be relied on.
    let graph = sources(&address, Role::Graph).await.graph.unwrap();
    let listing = graph.nodes().await.unwrap();
    let doubtful: Vec<_> = listing.unreadable.iter().map(|(node, _)| node.as_str()).collect();
    assert_eq!(doubtful, ["a", "d"]);
}

#[tokio::test]
async fn paging() {
    let nodes: Vec<_> = (0..10_001)
        .map(|n| json!({"certname": format!("n{n:05}"), "facts_timestamp": "2026-11-22T09:43:42Z"}))
        .collect();
    let fact = |n| json!({"certname": format!("n{n:05}"), "name": "x", "value": n});
    let facts = (0..10_001).map(fact).collect();
    let (address, database) = serve(BTreeMap::from([("nodes", nodes), ("facts", facts)])).await;
    let store = sources(&address, Role::Facts).await.facts.unwrap();
    assert_eq!(store.values(&FactName::new("x")).await.unwrap().len(), 10_001);
    assert_eq!(database.asked.lock().unwrap().len(), 5);
}

/// As PuppetDB is mostly reached: TLS by the authority of Puppet, and a certificate of our own.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_tell_who_asks() {
    let (address, _) = serve(captured()).await;
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let proxy = groundrule_services::tls_before(port);
    let address = format!("puppetdb:https://localhost:{}", proxy.port());
    let (cert, key) = proxy.certificate();
    let ours = Access { ca: Some(proxy.authority()), cert: Some(cert), key: Some(key), ..access() };
    let ask = |access: Access| async {
        let facts = open(&address, Role::Facts, access).await.unwrap().sources.facts.unwrap();
        facts.nodes().await.map(|listing| listing.readable.len()).map_err(|why| why.to_string())
    };
    assert!(ask(ours.clone()).await.unwrap() > 0);
    for (wrong, access) in [
        ("no certificate", Access { cert: None, key: None, ..ours.clone() }),
        ("the system's authorities", Access { ca: None, ..ours.clone() }),
    ] {
        let why = ask(access).await.unwrap_err();
        assert!(why.starts_with("puppetdb:https://localhost"), "{wrong}: {why}");
    }
}

#[tokio::test]
async fn faults() {
    let why = |address: String, access: Access| async move {
        let store = open(&address, Role::Facts, access).await.unwrap().sources.facts.unwrap();
        store.nodes().await.unwrap_err().to_string()
    };
    let (address, _) = serve(BTreeMap::new()).await;
    let refused = why(address.clone(), access()).await;
    assert!(refused.contains("403") && refused.contains("cert and key"), "{refused}");
    assert!(!refused.contains("hunter2"), "{refused}");
    let (broken, _) = serve(BTreeMap::from([("nodes", vec![json!({"certname": 7})])])).await;
    let unread = why(broken, access()).await;
    assert!(unread.contains("its answer about nodes cannot be read"), "{unread}");
    let nobody = format!("puppetdb:http://127.0.0.1:{}", groundrule_services::free_port());
    let away = why(nobody, access()).await;
    assert!(away.contains("refused"), "{away}");
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hurried = Access { timeout: std::time::Duration::from_millis(500), ..access() };
    let hung = why(format!("puppetdb:http://{}", silent.local_addr().unwrap()), hurried).await;
    assert!(hung.contains("no answer for 500ms"), "{hung}");
    for wrong in ["puppetdb:ftp://x", "puppetdb:x", "puppetdb:https://me:hunter2@x"] {
        let error = open(wrong, Role::Facts, access()).await.err().unwrap();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let missing = Access { ca: Some("/nowhere/ca.pem".into()), ..access() };
    let error = open("puppetdb:https://x", Role::Facts, missing).await.err().unwrap();
    assert!(error.what.starts_with("/nowhere/ca.pem: "), "{error:?}");
    let opened = open(&address, Role::Facts, access()).await.unwrap();
    assert_eq!(opened.health.identity().await.unwrap(), "PuppetDB 7.12.1");
}

/// The real server understands every question that is asked of it: the machine that is stored there
/// has the catalog and the facts of the captured estate.
#[tokio::test]
#[ignore = "PuppetDB takes minutes to start: ci/slow"]
async fn slow_the_real_server() {
    let service = groundrule_services::puppetdb();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let now = jiff::Timestamp::now();
    for (command, version, body) in [
        (
            "replace_facts",
            5,
            include_str!("../captured/puppetdb/cmd-replace_facts-web1.example.net.json"),
        ),
        (
            "replace_catalog",
            9,
            include_str!(
                "../../../../tests/real/captured/puppetdb/cmd-replace_catalog-web1.example.net.json"
            ),
        ),
    ] {
        let url = format!(
            "http://127.0.0.1:{}/pdb/cmd/v1?command={command}&version={version}&certname=web1.example.net&producer-timestamp={now}&secondsToWaitForCompletion=120",
            service.port()
        );
        let request = http.post(url).header("content-type", "application/json").body(body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    let address = format!("puppetdb:http://127.0.0.1:{}", service.port());
    let here = sources(&address, Role::Facts).await.facts.unwrap();
    let there = estate().facts.unwrap();
    for fact in
        ["role", "ROLE", "os.family", "OS.Release.Major", "processorcount", "no.such", "$ref"]
    {
        let of_web1 = values(&there, fact).await.into_iter().filter(|row| row.contains("web1"));
        assert_eq!(values(&here, fact).await, of_web1.collect::<Vec<_>>(), "{fact}");
    }
    assert!(here.names().await.unwrap().contains(&FactName::new("role")));
    let here = sources(&address, Role::Graph).await.graph.unwrap();
    let there = estate().graph.unwrap();
    let all = ResourceQuery::OfType(Pattern::parse("/./").unwrap());
    let of_web1 = there.resources(&all).await.unwrap();
    let of_web1 = of_web1.into_iter().filter(|(node, _)| node.as_str() == "web1.example.net");
    assert_eq!(sorted(here.resources(&all).await.unwrap()), sorted(of_web1));
    let (service_of, names) = (
        ResourceRef::stored("Service[nginx]").unwrap(),
        [NodeName::new("web1.example.net").unwrap()],
    );
    assert_eq!(
        sorted(here.parameters(&service_of, "ensure", &names).await.unwrap()),
        sorted(there.parameters(&service_of, "ensure", &names).await.unwrap())
    );
    let opened = open(&address, Role::Facts, access()).await.unwrap();
    assert!(opened.health.identity().await.unwrap().starts_with("PuppetDB "));
    service.kill();
    let store = open(&address, Role::Facts, access()).await.unwrap().sources.facts.unwrap();
    assert!(store.nodes().await.is_err());
}
