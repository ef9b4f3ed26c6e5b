//! A server of MongoDB that does not do as it should. Every question ends in time, with a reason.

use std::time::{Duration, Instant};

use groundrule_core::fact::FactName;
use groundrule_core::ports::Sources;
use groundrule_inventory::source::{Access, Role, Secret};
use groundrule_services::Service;
use mongodb::bson::doc;

use crate::mongo::{address, collection};
use crate::open::open;

fn hurried() -> Access {
    Access { timeout: Duration::from_secs(3), ..Access::default() }
}

async fn registrations(address: &str, access: Access) -> Sources {
    open(address, Role::Registrations, access).await.unwrap().sources
}

/// Why the nodes cannot be told, which takes no longer than it may.
async fn why(sources: Sources, limit: u64) -> String {
    let begun = Instant::now();
    let why = sources.registry.unwrap().nodes().await.unwrap_err().to_string();
    assert!(begun.elapsed() < Duration::from_secs(limit), "{:?}: {why}", begun.elapsed());
    why
}

async fn filled(service: &Service) {
    let documents =
        (0..200).map(|n| doc! { "fqdn": format!("n{n}"), "lastseen": n, "classes": ["a"] });
    collection(service, "puppet.nodes").await.insert_many(documents).await.unwrap();
}

#[tokio::test]
async fn away_at_the_start_killed_and_stopped() {
    let port = groundrule_services::free_port();
    let nobody = format!("mongodb://127.0.0.1:{port}/");
    let refused = why(registrations(&nobody, hurried()).await, 5).await;
    assert!(refused.contains("not to be reached") && refused.contains("refused"), "{refused}");

    let service = groundrule_services::mongodb();
    filled(&service).await;
    let address = address(&service, "puppet.nodes");
    let killed = registrations(&address, hurried()).await;
    let store = killed.registry.clone().unwrap();
    assert_eq!(store.nodes().await.unwrap().readable.len(), 200);
    service.stop();
    let begun = Instant::now();
    let hung = store.values(&FactName::new("x")).await.unwrap_err().to_string();
    assert!(begun.elapsed() < Duration::from_secs(5), "{hung}");
    service.cont();
    assert_eq!(store.values(&FactName::new("x")).await.unwrap().len(), 200);
    service.kill();
    let begun = Instant::now();
    let gone = store.values(&FactName::new("x")).await.unwrap_err().to_string();
    assert!(begun.elapsed() < Duration::from_secs(5), "{gone}");
    assert!(gone.starts_with("mongodb://127.0.0.1:"), "{gone}");
    service.restart();
    assert_eq!(store.values(&FactName::new("x")).await.unwrap().len(), 200);
}

#[tokio::test]
async fn logins() {
    let service = groundrule_services::mongodb_with_login();
    let address = format!("{}?authSource=admin", address(&service, "puppet.nodes"));
    let access = |user: &str, password: &str| Access {
        user: Some(user.to_owned()),
        password: Some(Secret::new(password)),
        ..hurried()
    };
    let good = registrations(&address, access(service.user(), service.password())).await;
    let none = why(good, 5).await;
    assert!(none.contains("there is no such collection"), "{none}");
    let wrong = why(registrations(&address, access(service.user(), "hunter2")).await, 6).await;
    assert!(wrong.contains("wrong user or password") && !wrong.contains("hunter2"), "{wrong}");
    let nobody = why(registrations(&address, hurried()).await, 6).await;
    assert!(nobody.contains("refuses"), "{nobody}");
}

#[tokio::test]
async fn tls() {
    let service = groundrule_services::mongodb_with_tls();
    let address = format!("mongodb://localhost:{}/puppet.nodes", service.port());
    let (certificate, key) = service.certificate();
    let both = service.directory().join("tls/both.pem");
    let text = |file| std::fs::read_to_string(file).unwrap();
    std::fs::write(&both, format!("{}{}", text(&certificate), text(&key))).unwrap();
    let access = Access { ca: Some(service.authority()), cert: Some(both), ..hurried() };
    let good = why(registrations(&address, access.clone()).await, 5).await;
    assert!(good.contains("there is no such collection"), "{good}");
    // Another authority: its own certificate is signed by none that this one knows.
    let other = groundrule_services::mongodb_with_tls();
    let foreign = Access { ca: Some(other.authority()), ..access.clone() };
    let wrong = why(registrations(&address, foreign).await, 6).await;
    assert!(wrong.contains("certificate") && wrong.contains("authority"), "{wrong}");
    let without = Access { cert: None, ..access.clone() };
    let wrong = why(registrations(&address, without).await, 6).await;
    assert!(wrong.contains("ertificate"), "{wrong}");
    let plain = why(registrations(&address, hurried()).await, 6).await;
    assert!(plain.contains("not to be reached") || plain.contains("no answer"), "{plain}");
    let split = Access { key: Some(key), ..access };
    let error = open(&address, Role::Registrations, split).await.err().unwrap();
    assert!(error.help.contains("into the file of cert"), "{}", error.help);
}

#[tokio::test]
async fn a_document_of_16_mb_and_100000_nodes() {
    let service = groundrule_services::mongodb();
    let nodes = collection(&service, "puppet.nodes").await;
    for n in 0..10 {
        let documents = (0..10_000).map(|k| {
            doc! { "fqdn": format!("n{}", n * 10_000 + k), "lastseen": 1, "classes": ["a"], "facts": { "k": k } }
        });
        nodes.insert_many(documents).await.unwrap();
    }
    let large = "x".repeat((16 << 20) - 4096);
    let large = doc! { "fqdn": "large", "lastseen": 1, "classes": ["A"], "facts": { "large": large, "k": 7 } };
    nodes.insert_one(large).await.unwrap();
    let access = Access { timeout: Duration::from_secs(300), ..Access::default() };
    let store = registrations(&address(&service, "puppet.nodes"), access).await.registry.unwrap();
    assert_eq!(store.nodes().await.unwrap().readable.len(), 100_001);
    let values = store.values(&FactName::new("k")).await.unwrap();
    let present =
        |(_, known): &&(_, _)| matches!(known, groundrule_core::source::Known::Present(_));
    assert_eq!(values.iter().filter(present).count(), 100_001);
}
