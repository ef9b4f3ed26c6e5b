//! Real servers for tests.
//!
//! Each is started by its script in `ci/services`, on loopback ports that are free, with everything
//! that it writes in a directory of its own, and ends with its [`Service`]. None of them is ever
//! replaced by something easier: a test that needs one which can't be had fails and says what to
//! install.

use std::path::Path;

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

/// Neo4j; its port speaks Bolt, with TLS (its authority is [`Service::authority`]) and without.
#[must_use]
pub fn neo4j() -> Service {
    Service::start("neo4j", &[])
}

/// The same with a login: [`Service::user`] may do everything.
#[must_use]
pub fn mongodb_with_login() -> Service {
    Service::start("mongodb", &["login=yes"])
}

/// The same with TLS: clients show the certificate of [`Service::certificate`].
#[must_use]
pub fn mongodb_with_tls() -> Service {
    Service::start("mongodb", &["tls=yes"])
}

/// MCollective on `broker`, which is [`activemq`] or [`rabbitmq`]: web1, web2, lb1 and mysql1, all
/// of `example.net`, which register each second (lb1 keeps that in `registrations` of the
/// directory). Their agent `puppet` has the action `runonce`, which adds a line to
/// `nodes/NAME/runs`. Their agent `nrpe` runs the commands in `nodes/NAME/nrpe.d/COMMAND.cfg`, of which
/// there is `check_root`. Each node is a process that may be killed by its name.
#[must_use]
pub fn mcollective(broker: &Service) -> Service {
    let broker_directory = format!("broker={}", broker.directory().display());
    Service::start_at("mcollective", broker.port(), &[&broker_directory])
}

/// The same, and lb1 sends what nodes register to a destination of the broker, or to a NATS server
/// with the password in a file.
#[must_use]
pub fn mcollective_forwarding(
    broker: &Service,
    destination: &str,
    password_file: Option<&Path>,
) -> Service {
    let mut options =
        vec![format!("broker={}", broker.directory().display()), format!("forward={destination}")];
    options.extend(password_file.map(|file| format!("password_file={}", file.display())));
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    Service::start_at("mcollective", broker.port(), &options)
}

/// NRPE without TLS, which `check_nrpe -n` asks; its plugins run as they do on every machine. The
/// commands are those of `nrpe.cfg` in its directory.
#[must_use]
pub fn nrpe() -> Service {
    Service::start("nrpe", &[])
}

/// TLS before a server at another port; a client needs the files of [`Service::authority`] and
/// [`Service::certificate`].
#[must_use]
pub fn tls_before(port: u16) -> Service {
    Service::start("tls", &[&format!("to={port}")])
}

/// Puppet's server, whose certificate is for `localhost`. Its manifests and modules are in
/// `code/environments/production` of its directory. It takes a minute or more to start.
#[must_use]
pub fn puppetserver() -> Service {
    Service::start("puppetserver", &[])
}

/// PuppetDB over plain HTTP. It takes minutes to start: only `ci/slow` runs tests that need it.
#[must_use]
pub fn puppetdb() -> Service {
    Service::start("puppetdb", &[])
}
