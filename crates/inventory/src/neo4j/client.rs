//! The connection to a server: who, how long, and what its errors mean.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use groundrule_core::Text;
use groundrule_core::ports::{Answer, Row, StoreError};
use neo4rs::{BoltType, ConfigBuilder, Error, Graph, Query, Txn};
use tokio::time::{Instant, timeout};

use super::value::{Cells, row};
use crate::source::{Access, Location, SourceError};

/// Rows that are fetched at a time.
const PAGE: usize = 2000;

/// Connections that may be open at a time.
const CONNECTIONS: usize = 4;

/// How long a server that is away is not asked again.
const PAUSE: Duration = Duration::from_secs(5);

/// How much later than the server we give a statement up.
const GRACE: Duration = Duration::from_millis(500);

/// How long a change of the whole graph may take.
const CHANGE: Duration = Duration::from_secs(600);

/// How many rows a query of somebody's own may have.
const MOST_ROWS: usize = 10_000;

/// A server.
pub struct Client {
    graph: Graph,
    /// Its address, for people.
    shown: String,
    user: String,
    timeout: Duration,
    /// When it was away last, and why.
    away: Mutex<Option<(Instant, Text)>>,
    questions: AtomicUsize,
}

/// A name of a statement's parameter, and its value.
pub type Parameters = Vec<(&'static str, BoltType)>;

impl Client {
    /// A client of the server at an address; it connects with the first question.
    pub fn new(location: &Location, access: &Access) -> Result<Self, SourceError> {
        let rest = location.rest().strip_prefix("//").unwrap_or_default();
        let (host, database) = rest.split_once('/').unwrap_or((rest, ""));
        let shown = location.to_string();
        if host.is_empty() || database.contains(['/', '?']) {
            let help = format!("write {}", location.kind().doc);
            return Err(SourceError::new(format!("{shown} names no server"), help));
        }
        let secured = location.scheme().ends_with("+s");
        let files = [&access.ca, &access.cert, &access.key];
        if !secured && files.iter().any(|file| file.is_some()) {
            let help = format!("write {}+s://{rest}", location.scheme());
            let what = format!("{shown} is not secured by TLS, but certificates are set for it");
            return Err(SourceError::new(what, help));
        }
        for file in files.into_iter().flatten() {
            std::fs::File::open(file).map_err(|error| {
                let what = format!("{} cannot be read: {error}", file.display());
                SourceError::new(what, "name a PEM file that is there and that you may read")
            })?;
        }
        let user = access.user.clone().unwrap_or_else(|| "neo4j".to_owned());
        let password = access.password.as_ref().map_or("", |password| password.reveal());
        let mut config = ConfigBuilder::default()
            .uri(format!("{}://{host}", location.scheme()))
            .user(&user)
            .password(password)
            .fetch_size(PAGE)
            .max_connections(CONNECTIONS)
            .connection_timeout(access.timeout + GRACE)
            .max_lifetime(access.timeout);
        if !database.is_empty() {
            config = config.db(database);
        }
        config = match (&access.ca, &access.cert, &access.key) {
            (ca, Some(cert), Some(key)) => {
                config.with_mutual_tls_validation(ca.as_ref(), cert, key)
            }
            (_, Some(_), None) | (_, None, Some(_)) => {
                let what =
                    format!("for {shown} a certificate is set without its key, or a key alone");
                return Err(SourceError::new(what, "set both cert and key"));
            }
            (Some(ca), None, None) => config.with_client_certificate(ca),
            (None, None, None) => config,
        };
        let wrong = |error: Error| {
            let help = "correct the address and the certificates";
            SourceError::new(format!("{shown} cannot be used: {error}"), help)
        };
        let graph = config.build().and_then(Graph::connect).map_err(wrong)?;
        Ok(Self {
            graph,
            shown,
            user,
            timeout: access.timeout,
            away: Mutex::default(),
            questions: AtomicUsize::new(0),
        })
    }

    /// How many statements were sent for reading.
    pub fn questions(&self) -> usize {
        self.questions.load(Ordering::Relaxed)
    }

    /// Its address.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Rows of a question of ours, in read access.
    pub async fn ask(&self, text: &str, parameters: Parameters) -> Answer<Vec<Cells>> {
        let mut rows = Vec::new();
        self.read(text, parameters, |row| {
            rows.push(Cells::of(row)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// Rows of somebody's own query, in read access.
    pub async fn query(&self, text: &str) -> Answer<Vec<Row>> {
        let mut rows = Vec::new();
        self.read(text, Vec::new(), |found| {
            if rows.len() == MOST_ROWS {
                let why = format!("the query finds more than {MOST_ROWS} rows: add a LIMIT");
                return Err(StoreError(why.into()));
            }
            rows.push(row(found));
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn read(
        &self,
        text: &str,
        parameters: Parameters,
        mut each: impl FnMut(&neo4rs::Row) -> Answer<()>,
    ) -> Answer<()> {
        if let Some((since, why)) = &*self.away.lock().unwrap_or_else(PoisonError::into_inner)
            && since.elapsed() < PAUSE
        {
            return Err(StoreError(why.clone()));
        }
        self.questions.fetch_add(1, Ordering::Relaxed);
        let limit = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX);
        let query = statement(text, parameters).extra("tx_timeout", limit);
        let work = async {
            let mut stream = self.graph.execute_read(query).await?;
            while let Some(row) = stream.next().await? {
                if let Err(error) = each(&row) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        };
        self.answered(timeout(self.timeout + GRACE, work).await)?
    }

    /// Carries statements out in a transaction of their own; its rows are those of the last one.
    pub async fn write(&self, statements: Vec<(String, Parameters)>) -> Answer<Vec<Cells>> {
        let mut rows = Vec::new();
        self.write_checked(statements, |found| {
            rows = std::mem::take(found);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// The same; it is undone if what the last statement tells is not accepted.
    pub async fn write_checked(
        &self,
        statements: Vec<(String, Parameters)>,
        mut accept: impl FnMut(&mut Vec<Cells>) -> Answer<()> + Send,
    ) -> Answer<()> {
        // Locks of two writers may cross: the server then gives one of them up.
        for last in [false, false, false, false, true] {
            match self.attempt(&statements, &mut accept).await {
                Ok(Err(error)) if is_passing(&error) && !last => {}
                done => return self.answered(done)?,
            }
        }
        Ok(())
    }

    async fn attempt(
        &self,
        statements: &[(String, Parameters)],
        accept: &mut (impl FnMut(&mut Vec<Cells>) -> Answer<()> + Send),
    ) -> Result<Result<Answer<()>, Error>, tokio::time::error::Elapsed> {
        let work = async {
            let mut transaction = self.graph.start_txn().await?;
            let mut rows = Vec::new();
            for (text, parameters) in statements {
                let query = statement(text, parameters.clone());
                rows = rows_of(&mut transaction, query).await?;
            }
            if let Err(error) = accept(&mut rows) {
                transaction.rollback().await?;
                return Ok(Err(error));
            }
            transaction.commit().await?;
            Ok(Ok(()))
        };
        // A transaction of many statements may take longer than one question.
        timeout(self.timeout * 2 + GRACE, work).await
    }

    /// Carries out what must stand alone: a change of the schema, or transactions of its own.
    pub async fn change(&self, text: &str) -> Answer<()> {
        let work = async {
            let mut stream = self.graph.execute(statement(text, Vec::new())).await?;
            while stream.next().await?.is_some() {}
            Ok(())
        };
        self.answered(timeout(CHANGE, work).await)
    }

    fn answered<T, E>(&self, done: Result<Result<T, Error>, E>) -> Answer<T> {
        let (why, away) = match done {
            Ok(Ok(value)) => {
                *self.away.lock().unwrap_or_else(PoisonError::into_inner) = None;
                return Ok(value);
            }
            Ok(Err(error)) => self.in_words(&error),
            Err(_) => {
                let limit = humane(self.timeout);
                (format!("{} did not answer within {limit}", self.shown), true)
            }
        };
        let why: Text = why.into();
        if away {
            let mut since = self.away.lock().unwrap_or_else(PoisonError::into_inner);
            *since = Some((Instant::now(), why.clone()));
        }
        Err(StoreError(why))
    }

    /// What an error means, and whether the server as a whole is away.
    fn in_words(&self, error: &Error) -> (String, bool) {
        let Self { shown, user, .. } = self;
        match error {
            Error::AuthenticationError(_) => (
                format!(
                    "{shown} refuses the user {user}: set NEO4J_USER and NEO4J_PASSWORD (after three wrong \
                     passwords it refuses the right one for some seconds, too)"
                ),
                true,
            ),
            Error::IOError { detail } => {
                (format!("{shown} is away: {}", io_in_words(detail)), true)
            }
            Error::ConnectionTimedOut => {
                (format!("{shown} did not answer within {}", humane(self.timeout)), true)
            }
            Error::Neo4j(error) => match error.code() {
                "Neo.ClientError.Statement.AccessMode" => (
                    format!("{shown} refuses the query: it writes, and only reading is allowed"),
                    false,
                ),
                code if code.starts_with("Neo.ClientError.Transaction.TransactionTimedOut") => {
                    let limit = humane(self.timeout);
                    (format!("{shown} did not answer within {limit}: the query was ended"), false)
                }
                code => (format!("{shown} says {code}: {}", error.message()), false),
            },
            other => (format!("{shown}: {other}"), false),
        }
    }
}

fn statement(text: &str, parameters: Parameters) -> Query {
    parameters
        .into_iter()
        .fold(neo4rs::query(text), |query, (name, value)| query.param(name, value))
}

/// Every row is fetched: what is discarded instead is never computed, nor its errors.
async fn rows_of(transaction: &mut Txn, query: Query) -> Result<Vec<Cells>, Error> {
    let mut stream = transaction.execute(query).await?;
    let mut rows = Vec::new();
    while let Some(row) = stream.next(transaction.handle()).await? {
        rows.extend(Cells::of(&row));
    }
    Ok(rows)
}

fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Neo4j(error) if error.code().starts_with("Neo.TransientError"))
}

fn io_in_words(error: &io::Error) -> String {
    let text = error.to_string();
    if text.contains("UnknownIssuer") {
        return "its certificate is not of an authority that we trust: set ca to the right one"
            .into();
    }
    if text.contains("NotValidForName") || text.contains("certificate not valid for name") {
        return format!("its certificate is for another name ({text})");
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nobody listens there".into(),
        io::ErrorKind::UnexpectedEof => {
            "it closed the connection (it stopped, or one side speaks TLS and the other does not)"
                .into()
        }
        io::ErrorKind::ConnectionReset => "the connection broke".into(),
        _ => text,
    }
}

/// A limit as people write it.
fn humane(limit: Duration) -> String {
    match limit.subsec_millis() {
        0 => format!("{} s", limit.as_secs()),
        _ => format!("{} ms", limit.as_millis()),
    }
}
