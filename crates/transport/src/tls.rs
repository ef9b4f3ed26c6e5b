//! TLS for every kind of connection: who is trusted, and who one is.

use std::sync::Arc;

use groundrule_core::delivery::CarryError;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::Endpoint;

/// How a client speaks TLS: it trusts the authorities of `?ca=`, or else the system's, and shows
/// the certificate of `?cert=` and `?key=`.
///
/// # Errors
/// When one of the files is not what it should be.
pub fn client(endpoint: &Endpoint) -> Result<Arc<ClientConfig>, CarryError> {
    let roots = match endpoint.query.get("ca") {
        Some(file) => authorities(file)?,
        None => of_system()?,
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_root_certificates(roots);
    let config = match identity(endpoint)? {
        Some((file, chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| unusable("the certificate", &file, error))?,
        None => builder.with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

/// How a server speaks TLS: it shows the certificate of `?cert=` and `?key=`, and with `?ca=` asks
/// its clients for one that these authorities signed.
///
/// # Errors
/// When one of the files is missing or not what it should be.
pub fn server(endpoint: &Endpoint) -> Result<Arc<ServerConfig>, CarryError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(refused)?;
    let builder = match endpoint.query.get("ca") {
        Some(file) => {
            let roots = Arc::new(authorities(file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
                .build()
                .map_err(|error| unusable("the authorities", file, error))?;
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    let (file, chain, key) = identity(endpoint)?.ok_or_else(|| {
        CarryError::Refused(format!("{endpoint} needs a certificate: add ?cert=FILE&key=FILE"))
    })?;
    let config = builder
        .with_single_cert(chain, key)
        .map_err(|error| unusable("the certificate", &file, error))?;
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn authorities(file: &str) -> Result<RootCertStore, CarryError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("the authorities", file)? {
        roots.add(certificate).map_err(|error| unusable("the authorities", file, error))?;
    }
    Ok(roots)
}

fn of_system() -> Result<RootCertStore, CarryError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(CarryError::Refused(
            "the system trusts no certificate authority: name yours by ?ca=FILE".into(),
        ));
    }
    Ok(roots)
}

/// The file, the certificates in it and their key, where the address names some.
type Identity = (String, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn identity(endpoint: &Endpoint) -> Result<Option<Identity>, CarryError> {
    let (chain, key) = match (endpoint.query.get("cert"), endpoint.query.get("key")) {
        (None, None) => return Ok(None),
        (Some(chain), Some(key)) => (chain, key),
        _ => {
            return Err(CarryError::Refused(format!(
                "{endpoint} has one of ?cert=FILE and ?key=FILE: give both"
            )));
        }
    };
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| unusable("the key", key, error))?;
    Ok(Some((chain.clone(), certificates("the certificate", chain)?, secret)))
}

fn certificates(what: &str, file: &str) -> Result<Vec<CertificateDer<'static>>, CarryError> {
    let found: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(what, file, error))?;
    if found.is_empty() {
        return Err(unusable(what, file, "no certificate stands there"));
    }
    Ok(found)
}

fn unusable(what: &str, file: &str, why: impl std::fmt::Display) -> CarryError {
    CarryError::Refused(format!("{what} in {file}: {why}"))
}

fn refused(error: impl std::fmt::Display) -> CarryError {
    CarryError::Refused(format!("TLS: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(got: Result<T, CarryError>) -> String {
        match got {
            Err(CarryError::Refused(why)) => why,
            Err(CarryError::Away(why)) => panic!("not for ever: {why}"),
            Ok(_) => panic!("taken"),
        }
    }

    #[test]
    fn a_file_that_does_not_serve_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("empty.pem");
        std::fs::write(&file, "nothing\n").unwrap();
        let file = file.to_str().unwrap();
        let endpoint = |query: &str| Endpoint::parse(&format!("https://h/?{query}")).unwrap();
        for query in ["ca=FILE", "cert=FILE&key=FILE", "ca=/nowhere/ca.pem"] {
            let query = query.replace("FILE", file);
            let named = if query.contains("nowhere") { "/nowhere/ca.pem" } else { file };
            let why = refusal(client(&endpoint(&query)));
            assert!(why.contains(named), "{why}");
        }
        assert!(refusal(client(&endpoint("cert=a.pem"))).contains("give both"));
        assert!(refusal(server(&endpoint(""))).contains("?cert=FILE&key=FILE"));
    }
}
