//! Sends a mail by SMTP.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::Event;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use serde::Deserialize;
use tokio::time::timeout;

use super::{Action, ActionError, Means, Outcome, Plan, secret};

/// How many characters a line has at most, other than in the event's text.
const LINE: usize = 200;

/// How much of an event's text is in a mail.
const TEXT: usize = 64 * 1024;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encryption {
    /// From its beginning.
    Tls,
    /// After a greeting.
    #[default]
    Starttls,
    /// Not at all.
    None,
}

/// The options of `mail`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mail {
    /// To whom.
    to: Vec<String>,
    /// From whom.
    from: String,
    /// The mail server: a name, or a name and a port.
    server: String,
    /// How the connection is encrypted.
    #[serde(default)]
    tls: Encryption,
    /// A file with an authority's certificate that is trusted besides the system's.
    ca_file: Option<PathBuf>,
    /// Who logs in at the server.
    user: Option<String>,
    /// A file with the password.
    password_file: Option<PathBuf>,
}

impl Mail {
    /// The server's name and port.
    fn server(&self) -> Result<(String, u16), String> {
        let usual = match self.tls {
            Encryption::Tls => 465,
            Encryption::Starttls => 587,
            Encryption::None => 25,
        };
        let (host, port) = match self.server.rsplit_once(':') {
            Some((host, _)) if host.contains(':') && !host.ends_with(']') => (&*self.server, usual),
            Some((host, port)) => {
                let port = port.parse().map_err(|_| format!("server has a port {port:?}"))?;
                (host, port)
            }
            None => (&*self.server, usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            Err("server is empty".to_owned())
        } else {
            Ok((host.to_owned(), port))
        }
    }

    fn mailboxes(&self) -> Result<(Mailbox, Vec<Mailbox>), String> {
        let mailbox = |text: &String| {
            text.parse::<Mailbox>().map_err(|error| format!("{text:?} is no mail address: {error}"))
        };
        let to = self.to.iter().map(mailbox).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() { Err("to is empty".to_owned()) } else { Ok((mailbox(&self.from)?, to)) }
    }
}

impl Plan for Mail {
    fn check(&self) -> Result<(), String> {
        self.mailboxes()?;
        let (host, _) = self.server()?;
        if self.user.is_some() != self.password_file.is_some() {
            return Err("user and password_file belong together".to_owned());
        }
        let near = matches!(&*host, "localhost" | "::1") || host.starts_with("127.");
        if self.user.is_some() && self.tls == Encryption::None && !near {
            return Err("tls is none: the password could be read on its way".to_owned());
        }
        Ok(())
    }

    fn build(&self, _: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError> {
        let (host, port) = self.server().map_err(ActionError::refused)?;
        let (from, to) = self.mailboxes().map_err(ActionError::refused)?;
        let parameters = || self.parameters(&host);
        let tls = match self.tls {
            Encryption::Tls => Tls::Wrapper(parameters()?),
            Encryption::Starttls => Tls::Required(parameters()?),
            Encryption::None => Tls::None,
        };
        let login = self.user.clone().zip(self.password_file.clone());
        Ok(Box::new(Post { host, port, tls, login, from, to, limit }))
    }
}

impl Mail {
    fn parameters(&self, host: &str) -> Result<TlsParameters, ActionError> {
        let mut parameters = TlsParameters::builder(host.to_owned());
        if let Some(file) = &self.ca_file {
            let told = |why: String| ActionError::refused(format!("{}: {why}", file.display()));
            let pem = std::fs::read(file).map_err(|error| told(error.to_string()))?;
            let authority = Certificate::from_pem(&pem).map_err(|error| told(error.to_string()))?;
            parameters = parameters.add_root_certificate(authority);
        }
        parameters.build().map_err(|error| ActionError::refused(format!("tls: {error}")))
    }
}

struct Post {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<(String, PathBuf)>,
    from: Mailbox,
    to: Vec<Mailbox>,
    limit: Duration,
}

#[async_trait]
impl Action for Post {
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError> {
        let mut message = Message::builder().from(self.from.clone()).subject(subject(event));
        for to in &self.to {
            message = message.to(to.clone());
        }
        let message = message
            .header(ContentType::TEXT_PLAIN)
            .body(body(event))
            .map_err(|error| ActionError::refused(format!("no mail can be made: {error}")))?;
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&*self.host)
            .port(self.port)
            .tls(self.tls.clone())
            .timeout(Some(self.limit));
        if let Some((user, file)) = &self.login {
            server = server.credentials(Credentials::new(user.clone(), secret::read(file).await?));
        }
        let server = server.build();
        match timeout(self.limit, server.send(message)).await {
            Ok(Ok(_)) => Ok(Outcome::default()),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err(ActionError::away("the mail server did not take it in time")),
        }
    }
}

fn told(error: &lettre::transport::smtp::Error) -> ActionError {
    let mut reason = format!("mail: {error}");
    if let Some(cause) = std::error::Error::source(error)
        && !reason.contains(&cause.to_string())
    {
        reason = format!("{reason}: {cause}");
    }
    if error.is_permanent() { ActionError::refused(reason) } else { ActionError::away(reason) }
}

/// On one line, whatever the event has in it.
fn subject(event: &Event) -> String {
    line(&format!("{}: {} on {}", event.severity(), event.name(), event.subject()))
}

fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LINE).collect()
}

fn body(event: &Event) -> String {
    let time = event.time().and_then(|time| {
        #[expect(clippy::cast_possible_truncation, reason = "a time beyond that is no timestamp")]
        jiff::Timestamp::from_second(time as i64).ok()
    });
    let mut lines = vec![
        event.text()[..event.text().floor_char_boundary(TEXT)].to_owned(),
        String::new(),
        format!("subject:  {}", line(event.subject())),
        format!("name:     {}", line(event.name())),
        format!("severity: {}", event.severity()),
        format!("origin:   {}", line(event.origin())),
    ];
    lines.extend(time.map(|time| format!("time:     {time}")));
    lines.extend(event.eventid().map(|id| format!("event:    {id}")));
    let mut body = lines.join("\n");
    body.push('\n');
    body
}

#[cfg(test)]
mod tests {
    use groundrule_core::event::{Draft, Kind, Severity};

    use super::*;

    #[test]
    fn a_subject_is_one_line() {
        let event = Draft::new(Kind::Alert, "o", "web1\r\nBcc: all@example.net", "lo\u{85}ad", 1.0)
            .severity(Severity::Critical)
            .event();
        assert_eq!(subject(&event), "CRITICAL: load on web1Bcc: all@example.net");
    }

    #[test]
    fn servers_are_read() {
        let mail = |server: &str, tls| Mail {
            to: vec!["a@example.net".to_owned()],
            from: "b@example.net".to_owned(),
            server: server.to_owned(),
            tls,
            ca_file: None,
            user: None,
            password_file: None,
        };
        let server = |text, tls| mail(text, tls).server();
        assert_eq!(server("mail", Encryption::Tls), Ok(("mail".to_owned(), 465)));
        assert_eq!(server("mail:26", Encryption::None), Ok(("mail".to_owned(), 26)));
        assert_eq!(server("[::1]:26", Encryption::None), Ok(("::1".to_owned(), 26)));
        assert_eq!(server("::1", Encryption::Starttls), Ok(("::1".to_owned(), 587)));
        assert!(server("mail:x", Encryption::None).is_err());
        let mut open = mail("mail", Encryption::None);
        (open.user, open.password_file) = (Some("me".to_owned()), Some("pw".into()));
        assert!(open.check().unwrap_err().contains("could be read"));
    }
}
