//! What the tests on real brokers share.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use groundrule_core::delivery::{CarryError, Message, Sink, Source};
use groundrule_services::Service;
use groundrule_transport::Settings;

/// Far longer than anything takes that works.
pub const LONG: Duration = Duration::from_secs(120);

/// A kind of broker, and the one that runs while any test needs it.
pub struct Broker {
    start: fn() -> Service,
    running: Mutex<Weak<Service>>,
}

impl Broker {
    /// A kind that starts like that.
    pub const fn new(start: fn() -> Service) -> Self {
        Self { start, running: Mutex::new(Weak::new()) }
    }

    /// One that tests share: none of them may harm it.
    pub fn shared(&self) -> Arc<Service> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let service = Arc::new((self.start)());
            *running = Arc::downgrade(&service);
            service
        })
    }

    /// One of the caller's own.
    pub fn own(&self) -> Service {
        (self.start)()
    }
}

/// What settings know the password of this broker.
pub fn settings(service: &Service) -> Settings {
    with_password(service.password())
}

/// What settings know this password.
pub fn with_password(password: &str) -> Settings {
    let mut settings = Settings::default();
    settings.variables.insert("GROUNDRULE_STOMP_PASSWORD".into(), password.into());
    settings
}

/// The address of a destination of this broker.
pub fn address(service: &Service, path: &str) -> String {
    format!("stomp://{}@{}:{}{path}", service.user(), service.host(), service.port())
}

/// Where messages of a destination come from.
pub fn source(service: &Service, path: &str) -> Box<dyn Source> {
    groundrule_transport::source(&address(service, path), &settings(service)).unwrap()
}

/// Where messages to a destination go.
pub fn sink(service: &Service, path: &str) -> Box<dyn Sink> {
    groundrule_transport::sink(&address(service, path), &settings(service)).unwrap()
}

/// Messages with these bodies.
pub fn messages<B: AsRef<[u8]>>(bodies: impl IntoIterator<Item = B>) -> Vec<Message> {
    bodies.into_iter().map(|body| Message::new(body.as_ref().to_vec().into())).collect()
}

/// So many messages, one after the other, none of them settled.
pub async fn gather(source: &mut dyn Source, count: usize) -> Vec<Message> {
    let mut got = Vec::new();
    let gathering = async {
        while got.len() < count {
            got.extend(source.receive(count - got.len()).await.unwrap());
        }
    };
    let gathered = tokio::time::timeout(LONG, gathering).await;
    assert!(gathered.is_ok(), "{} of {count} messages came", got.len());
    got
}

/// Why it will not work, however often it is tried.
pub fn refusal<T>(result: Result<T, CarryError>) -> String {
    match result {
        Err(CarryError::Refused(why)) => why,
        Err(CarryError::Away(why)) => panic!("only for now: {why}"),
        Ok(_) => panic!("it works"),
    }
}

/// Why it does not work now, and may later.
pub fn for_now<T>(result: Result<T, CarryError>) -> String {
    match result {
        Err(CarryError::Away(why)) => why,
        Err(CarryError::Refused(why)) => panic!("for ever: {why}"),
        Ok(_) => panic!("it works"),
    }
}

/// A port on which nobody listens.
pub fn free() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
