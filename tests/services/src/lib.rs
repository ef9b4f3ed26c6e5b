//! Real servers for tests.
//!
//! Each is started by its script in `ci/services`, on loopback ports that are free, with everything
//! that it writes in a directory of its own, and ends with its [`Service`]. None of them is ever
//! replaced by something easier: a test that needs one which can't be had fails and says what to
//! install.

mod port;
mod process;
mod service;

pub use port::free_port;
pub use service::Service;

/// ActiveMQ; its port speaks STOMP. More: `tls` (a client may have a certificate) and `mutual` (it
/// must), with the files of [`Service::authority`] and [`Service::certificate`].
#[must_use]
pub fn activemq() -> Service {
    Service::start("activemq", &[])
}

/// RabbitMQ; its port speaks STOMP. More: `tls` (a client may have a certificate) and `amqp`.
#[must_use]
pub fn rabbitmq() -> Service {
    Service::start("rabbitmq", &[])
}

/// NATS with JetStream. More: `monitor`, which speaks HTTP.
#[must_use]
pub fn nats() -> Service {
    Service::start("nats", &[])
}

/// carbon-cache; its port takes Graphite's plain lines. More: `pickle`, `query`. Its files are in
/// `whisper` of its directory.
#[must_use]
pub fn carbon() -> Service {
    Service::start("carbon", &[])
}

/// A server of MongoDB's protocol, without a login.
#[must_use]
pub fn mongodb() -> Service {
    Service::start("mongodb", &[])
}

/// MCollective on `broker`, which is [`activemq`] or [`rabbitmq`]: web1, web2, lb1 and mysql1, all
/// of `example.net`, which register each second (lb1 keeps that in `registrations` of the
/// directory). Their agent `puppet` has the action `runonce`, which adds a line to
/// `nodes/NAME/runs`. Each node is a process that may be killed by its name.
#[must_use]
pub fn mcollective(broker: &Service) -> Service {
    let broker_directory = format!("broker={}", broker.directory().display());
    Service::start_at("mcollective", broker.port(), &[&broker_directory])
}

/// NRPE without TLS, which `check_nrpe -n` asks; its plugins run as they do on every machine. The
/// commands are those of `nrpe.cfg` in its directory.
#[must_use]
pub fn nrpe() -> Service {
    Service::start("nrpe", &[])
}
