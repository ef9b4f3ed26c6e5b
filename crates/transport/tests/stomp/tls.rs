//! Brokers that speak TLS.

use std::path::Path;

use crate::help::*;
use groundrule_core::delivery::Sink;
use groundrule_services::Service;

fn secure(service: &Service, port: &str, authority: &Path, more: &str) -> String {
    let (host, port, user) = (service.host(), service.port_of(port), service.user());
    format!("stomp+tls://{user}@{host}:{port}/queue/tls?ca={}{more}", authority.display())
}

fn of_client(service: &Service) -> String {
    let (certificate, key) = service.certificate();
    format!("&cert={}&key={}", certificate.display(), key.display())
}

/// The ports where a certificate is asked for, and of those the ones where it must be shown.
fn ports(service: &Service) -> &'static [&'static str] {
    let mutual = service.directory().join("ports");
    let has = std::fs::read_to_string(mutual).unwrap().contains("mutual ");
    if has { &["tls", "mutual"] } else { &["tls"] }
}

pub async fn a_private_authority_is_trusted_and_a_client_shows_its_certificate(broker: &Broker) {
    let service = broker.shared();
    let settings = settings(&service);
    for port in ports(&service) {
        let address = secure(&service, port, &service.authority(), &of_client(&service));
        let mut sink = groundrule_transport::sink(&address, &settings).unwrap();
        sink.send(&messages([vec![b'x'; 300_000], b"y".to_vec()])).await.unwrap();
        let mut source = groundrule_transport::source(&address, &settings).unwrap();
        let got = gather(&mut *source, 2).await;
        assert_eq!((got[0].body.len(), got[1].body.len()), (300_000, 1));
        source.settle(2).await.unwrap();
    }
    for port in &ports(&service)[1..] {
        let address = secure(&service, port, &service.authority(), "");
        let mut sink = groundrule_transport::sink(&address, &settings).unwrap();
        let why = for_now(sink.send(&messages(["x"])).await);
        assert!(why.contains("?cert=FILE"), "{why}");
    }
}

pub async fn a_stranger_is_refused_with_the_file_that_does_not_know_it(broker: &Broker) {
    let service = broker.shared();
    let settings = settings(&service);
    let (stranger, _) = service.certificate();
    let address = secure(&service, "tls", &stranger, "");
    let mut sink = groundrule_transport::sink(&address, &settings).unwrap();
    let mut source = groundrule_transport::source(&address, &settings).unwrap();
    for why in [for_now(sink.send(&messages(["x"])).await), refusal(source.receive(1).await)] {
        assert!(why.contains(stranger.to_str().unwrap()), "{why}");
    }
    let nowhere = secure(&service, "tls", Path::new("/nowhere/ca.pem"), "");
    let why = refusal::<Box<dyn Sink>>(groundrule_transport::sink(&nowhere, &settings));
    assert!(why.contains("/nowhere/ca.pem"), "{why}");
}
