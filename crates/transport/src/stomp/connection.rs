//! A connection to a broker: made, agreed upon, and kept alive.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use groundrule_core::delivery::CarryError;
use tokio::time::{Instant, timeout};
use tokio_util::codec::Encoder;

use super::codec::Codec;
use super::encode::Outgoing;
use super::frame::{Frame, Version};
use super::halves::{Incoming, Outlet, Place};
use super::options::Options;
use super::socket::{self, Socket};

/// How long a broker has to greet.
const GREETING: Duration = Duration::from_secs(5);

/// A connection on which both sides agreed.
pub struct Connection {
    /// What comes in.
    pub incoming: Incoming,
    /// What goes out.
    pub outlet: Outlet,
    /// What both speak.
    pub version: Version,
    /// What the broker calls itself.
    pub server: String,
}

/// Connects to the first host that takes us, beginning with number `next`, which then is the one
/// that took us or the one to try next.
///
/// # Errors
/// When none takes us.
pub async fn connect(options: &Options, next: &mut usize) -> Result<Connection, CarryError> {
    let count = options.hosts.len();
    let begin = *next;
    let mut refused = false;
    let mut told = Vec::new();
    for (number, host) in options.hosts.iter().enumerate().cycle().skip(begin).take(count) {
        // Said before it is tried, so that a caller out of patience comes to the others as well.
        *next = (number + 1) % count;
        match greet(options, host).await {
            Ok(connection) => {
                *next = number;
                return Ok(connection);
            }
            Err(CarryError::Refused(why)) => {
                refused = true;
                told.push(why);
            }
            Err(CarryError::Away(why)) => told.push(why),
        }
    }
    let told = told.join("; ");
    Err(if refused { CarryError::Refused(told) } else { CarryError::Away(told) })
}

async fn greet(options: &Options, host: &(String, u16)) -> Result<Connection, CarryError> {
    let made = timeout(GREETING, async {
        let socket = socket::open(host, options.tls.as_ref()).await?;
        agree(options, &format!("{}:{}", host.0, host.1), socket).await
    });
    made.await.unwrap_or_else(|_| {
        Err(CarryError::Away(format!("{}:{} does not greet us", host.0, host.1)))
    })
}

async fn agree(
    options: &Options,
    place: &str,
    socket: Box<dyn Socket>,
) -> Result<Connection, CarryError> {
    let (reading, writing) = tokio::io::split(socket);
    let authorities = options.tls.as_ref().and_then(|(_, authorities)| authorities.clone());
    let place = Place { name: place.to_owned(), authorities };
    let mut outlet =
        Outlet { half: writing, place: place.clone(), beat: None, last: Instant::now() };
    let mut incoming = Incoming {
        half: reading,
        buffer: BytesMut::new(),
        codec: Codec::new(options.max_message),
        silence: None,
        place,
        passcode: options.passcode.clone(),
    };
    outlet.write(&[introduction(options)?]).await?;
    let greeting = incoming.frame().await?;
    let place = &incoming.place.name;
    if greeting.command() != b"CONNECTED" {
        return Err(CarryError::Refused(format!("{place} does not greet as a STOMP broker does")));
    }
    let spoken = greeting.header("version").unwrap_or_else(|| "1.0".into());
    let version = Version::named(spoken.trim())
        .ok_or_else(|| CarryError::Refused(format!("{place} speaks STOMP {spoken:?}")))?;
    incoming.codec.agree(version);
    let (sends, wants) = beats(&greeting);
    outlet.beat = slower(options.beat, wants).map(|beat| beat / 2);
    incoming.silence = slower(options.beat, sends).map(|beat| beat * 2);
    let server = greeting.header("server").unwrap_or_default();
    Ok(Connection { incoming, outlet, version, server })
}

/// The frame that begins it all.
fn introduction(options: &Options) -> Result<Bytes, CarryError> {
    let beat = options.beat.as_millis();
    let beat = format!("{beat},{beat}");
    let mut headers = vec![
        ("accept-version", options.versions.as_str()),
        ("host", &options.vhost),
        ("heart-beat", &beat),
    ];
    headers.extend(options.login.as_deref().map(|login| ("login", login)));
    headers.extend(options.passcode.as_deref().map(|passcode| ("passcode", passcode)));
    let mut bytes = BytesMut::new();
    Codec::new(0)
        .encode(Outgoing { command: "CONNECT", headers: &headers, body: b"" }, &mut bytes)
        .map_err(|error| CarryError::Refused(format!("{}: {error}", options.shown)))?;
    Ok(bytes.freeze())
}

/// How often the broker gives a sign of life, and how often it wants one.
fn beats(greeting: &Frame) -> (Duration, Duration) {
    let header = greeting.header("heart-beat").unwrap_or_default();
    let mut numbers = header
        .split(',')
        .map(|number| Duration::from_millis(number.trim().parse::<u32>().unwrap_or(0).into()));
    let mut next = || numbers.next().unwrap_or_default();
    (next(), next())
}

/// The slower of two paces, if both are kept at all.
fn slower(ours: Duration, theirs: Duration) -> Option<Duration> {
    (!ours.is_zero() && !theirs.is_zero()).then(|| ours.max(theirs))
}
