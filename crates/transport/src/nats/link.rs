//! A connection to a NATS server, which the client renews by itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event};
use groundrule_core::delivery::{CarryError, Health};

use super::options::Options;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How often it is asked whether the server is still there.
const PING: Duration = Duration::from_secs(10);
/// How many messages of a subscription may wait; without a stream, more are lost.
const WAITING: usize = 65_536;

/// What went wrong last with a connection.
#[derive(Clone, Default)]
pub struct Trouble {
    last: Arc<Mutex<Option<String>>>,
    /// Where it is shown.
    health: Health,
    /// Whether there is a subscription that the client renews together with the connection.
    subscribed: Arc<AtomicBool>,
}

impl Trouble {
    /// One that is shown there.
    pub fn shown_by(health: Health) -> Self {
        Self { health, ..Self::default() }
    }

    /// Messages come.
    pub fn ends(&self) {
        self.subscribed.store(true, Ordering::Relaxed);
        self.health.works();
    }

    /// No messages come, and why, until they are asked for anew.
    pub fn begins(&self, why: &str) {
        self.subscribed.store(false, Ordering::Relaxed);
        self.health.fails(why);
    }

    fn note(&self, event: &Event) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Connected => {
                tracing::info!("connected to NATS");
                *last = None;
                if self.subscribed.load(Ordering::Relaxed) {
                    self.health.works();
                }
            }
            Event::SlowConsumer(_) => {
                tracing::warn!("NATS: messages came faster than they were taken, and are lost");
            }
            Event::ServerError(error) => *last = Some(error.to_string()),
            Event::ClientError(error) => *last = Some(error.to_string()),
            Event::Disconnected => {
                const ENDED: &str = "the connection to NATS ended; it is renewed";
                tracing::warn!("{ENDED}");
                self.health.fails(ENDED);
                last.get_or_insert_with(|| "the connection ended".to_owned());
            }
            Event::LameDuckMode | Event::Draining | Event::Closed => {}
        }
    }

    /// It, with words before it.
    pub fn after(&self, why: &str) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map_or_else(|| why.to_owned(), |last| format!("{why}: {last}"))
    }
}

/// Connects once; notes there what goes wrong with the connection, now and later.
///
/// # Errors
/// When the server is away, or refuses who connects.
pub async fn connect(options: &Options, trouble: &Trouble) -> Result<Client, CarryError> {
    let noting = trouble.clone();
    let mut with = ConnectOptions::new()
        .name("groundrule")
        .connection_timeout(ATTEMPT)
        .ping_interval(PING)
        .subscription_capacity(WAITING)
        .retain_servers_order()
        // It was looked at once, when the address was read.
        .skip_subject_validation(true)
        .event_callback(move |event| {
            noting.note(&event);
            async {}
        });
    if let Some(user) = &options.user {
        with = with.user_and_password(user.clone(), options.password.clone().unwrap_or_default());
    }
    if let Some(token) = &options.token {
        with = with.token(token.clone());
    }
    if let Some(tls) = &options.tls {
        with = with.require_tls(true).tls_client_config(tls.clone());
    }
    match with.connect(&options.servers[..]).await {
        Ok(client) => Ok(client),
        Err(error) => Err(match error.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                options.refused("the server does not let this user in: look at user and password")
            }
            ConnectErrorKind::ServerParse => options.refused("its host cannot be read"),
            _ => options.away(&cause(&error)),
        }),
    }
}

/// What an error comes from, which says more than the error.
pub fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
