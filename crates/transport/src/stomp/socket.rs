//! Sockets to a broker, plain or with TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::delivery::CarryError;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig, Error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a host has to answer at all.
const REACH: Duration = Duration::from_secs(3);

/// What frames go over.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

/// Opens one.
///
/// # Errors
/// When the host does not answer, or is not whom one trusts.
pub async fn open(
    (host, port): &(String, u16),
    tls: Option<&(Arc<ClientConfig>, Option<String>)>,
) -> Result<Box<dyn Socket>, CarryError> {
    let place = format!("{host}:{port}");
    let away = |error: io::Error| CarryError::Away(format!("{place}: {error}"));
    let stream = timeout(REACH, TcpStream::connect((host.as_str(), *port)))
        .await
        .map_err(|_| CarryError::Away(format!("{place} does not answer")))?
        .map_err(away)?;
    stream.set_nodelay(true).map_err(away)?;
    let Some((config, authorities)) = tls else {
        return Ok(Box::new(stream));
    };
    let name = ServerName::try_from(host.clone())
        .map_err(|_| CarryError::Refused(format!("{host:?} is no name that a certificate has")))?;
    let stream = TlsConnector::from(Arc::clone(config))
        .connect(name, stream)
        .await
        .map_err(|error| distrust(&place, &error, authorities.as_deref()))?;
    Ok(Box::new(stream))
}

/// What a failed read, write or handshake means.
pub fn distrust(place: &str, error: &io::Error, authorities: Option<&str>) -> CarryError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::InvalidCertificate(why)) => {
            let by = authorities.unwrap_or("the system's authorities");
            CarryError::Refused(format!("{place}: its certificate does not hold by {by}: {why}"))
        }
        Some(Error::AlertReceived(alert)) if is_final(*alert) => CarryError::Refused(format!(
            "{place}: it refuses TLS with us ({alert:?}): see ?cert=FILE&key=FILE"
        )),
        Some(error @ (Error::InvalidMessage(_) | Error::PeerIncompatible(_))) => {
            CarryError::Refused(format!("{place} does not speak TLS as we do: {error}"))
        }
        // Anything else may come of a broker that ends.
        Some(error) => CarryError::Away(format!("{place}: {error}")),
        None => CarryError::Away(format!("{place}: {error}")),
    }
}

/// Whether the other side will say this again.
fn is_final(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::CertificateRequired
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::HandshakeFailure
            | Alert::ProtocolVersion
    )
}
