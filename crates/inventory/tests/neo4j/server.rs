//! The server, and catalogs to load into it.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, GraphStore};
use groundrule_inventory::Options;
use groundrule_inventory::source::{
    self, About, Access, CatalogDocument, Entry, Load, Loaded, Location, Opening, ResourceDocument,
    Role, Secret, SourceError,
};
use groundrule_services::Service;
use jiff::Timestamp;

static NEO4J: LazyLock<Service> = LazyLock::new(groundrule_services::neo4j);
static TURN: Mutex<()> = Mutex::new(());

/// The turn at the shared server.
pub struct Turn(
    pub &'static Service,
    #[expect(dead_code, reason = "held until the test ends")] MutexGuard<'static, ()>,
);

pub fn turn() -> Turn {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Turn(&NEO4J, turn)
}

pub fn access(server: &Service) -> Access {
    Access {
        user: Some(server.user().to_owned()),
        password: Some(Secret::new(server.password())),
        timeout: Duration::from_secs(20),
        ..Access::default()
    }
}

pub fn opening(access: Access) -> Opening {
    Opening { roles: vec![Role::Graph], access, reading: Options::default() }
}

pub fn location(server: &Service, scheme: &str) -> Location {
    Location::parse(&format!("{scheme}://127.0.0.1:{}", server.port())).unwrap()
}

/// The graph of a server.
pub async fn graph_by(
    location: &Location,
    access: Access,
) -> Result<Arc<dyn GraphStore>, SourceError> {
    Ok(source::open(location, &opening(access)).await?.sources.graph.unwrap())
}

pub async fn graph(server: &Service) -> Arc<dyn GraphStore> {
    graph_by(&location(server, "bolt"), access(server)).await.unwrap()
}

pub async fn loader(server: &Service) -> Box<dyn Load<CatalogDocument>> {
    let opening = opening(access(server));
    source::target(&location(server, "bolt"), &opening).await.unwrap().graph.unwrap()
}

/// A load that has a name.
pub fn about(run: &str) -> About {
    About {
        run: run.to_owned(),
        from: format!("estate:{run}"),
        at: Timestamp::UNIX_EPOCH,
        all: false,
        there: true,
        gaps: Vec::new(),
        undeclared: Vec::new(),
        beside: Vec::new(),
    }
}

/// A catalog with one class and one service.
pub fn entry(node: &str) -> Entry<CatalogDocument> {
    let resource = ResourceDocument {
        reference: "Service[app]".to_owned(),
        container: false,
        parents: Vec::new(),
        needs: Vec::new(),
        parameters: Some(serde_json::Map::new()),
        sensitive: Vec::new(),
    };
    let document = CatalogDocument {
        made: 1_790_000_000,
        environment: "production".to_owned(),
        classes: vec!["app".to_owned()],
        resources: vec![resource],
        aliases: Vec::new(),
        dependencies: Vec::new(),
    };
    Entry { node: NodeName::new(node).unwrap(), document: Ok(document) }
}

/// Loads nodes, and nothing else is there afterwards.
pub async fn load(server: &Service, run: &str, nodes: &[&str]) -> Answer<Loaded> {
    put(server, &about(run), nodes.iter().map(|node| entry(node)).collect()).await
}

/// Loads catalogs, and nothing else is there afterwards.
pub async fn put(
    server: &Service,
    about: &About,
    entries: Vec<Entry<CatalogDocument>>,
) -> Answer<Loaded> {
    let names: BTreeSet<_> = entries.iter().map(|entry| entry.node.clone()).collect();
    let mut loader = loader(server).await;
    loader.begin(about).await?;
    loader.put(entries).await?;
    loader.finish(&names, true).await
}

/// Changes a graph behind everybody's back.
pub async fn meddle(server: &Service, text: &str) {
    let uri = format!("bolt://127.0.0.1:{}", server.port());
    let graph = neo4rs::Graph::new(uri, server.user(), server.password()).unwrap();
    let mut rows = graph.execute(neo4rs::query(text)).await.unwrap();
    while rows.next().await.unwrap().is_some() {}
}

/// What a query finds, as JSON, sorted.
pub async fn rows(server: &Service, text: &str) -> Vec<String> {
    let found = graph(server).await.query(text).await.unwrap();
    let mut found: Vec<_> = found.iter().map(|row| row["row"].to_string()).collect();
    found.sort_unstable();
    found
}
