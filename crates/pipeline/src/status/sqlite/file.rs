//! The table of the status's file.

use std::path::Path;

use groundrule_core::event::Severity;
use groundrule_database::Trouble;
use groundrule_database::sqlite::{self, Format};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row as Columns, params};

use super::notes;
use crate::status::rules::{Entry, Heard};
use crate::status::{Identity, Query, Row, StatusError};

/// `due` is when to see whether nothing is known any more, and no later than that is so: what moves
/// the time on leaves it, since an index is not moved for nothing. The columns that begin with `heard` are what was
/// heard last, once that is so. `untold` has what was so before a change of which it is not certain
/// that it was told.
const FORMAT: Format = Format {
    what: "a status file of groundrule",
    application: 0x6772_7374,
    version: 1,
    page: 4096,
    tables: "
        CREATE TABLE statuses (
            id INTEGER PRIMARY KEY,
            subject TEXT NOT NULL,
            name TEXT NOT NULL,
            severity INTEGER NOT NULL,
            since REAL NOT NULL,
            last REAL NOT NULL,
            count INTEGER NOT NULL,
            text TEXT NOT NULL,
            origin TEXT NOT NULL,
            eventid TEXT NOT NULL,
            ttl REAL,
            acknowledged TEXT,
            suppressed TEXT,
            flapping INTEGER NOT NULL,
            due REAL,
            heard_severity INTEGER,
            heard_since REAL,
            heard_last REAL,
            heard_count INTEGER,
            untold TEXT,
            UNIQUE (subject, name)
        ) STRICT;
        CREATE INDEX by_due ON statuses (due) WHERE due IS NOT NULL;
        CREATE INDEX by_untold ON statuses (id) WHERE untold IS NOT NULL;
    ",
};

pub(super) fn open(path: &Path) -> Result<Connection, StatusError> {
    let connection = sqlite::open(path, &FORMAT)?;
    notes::make(&connection).map_err(|error| told(path, &error))?;
    Ok(connection)
}

pub(super) fn read_only(path: &Path) -> Result<Connection, StatusError> {
    Ok(sqlite::read_only(path, &FORMAT)?)
}

pub(super) fn told(path: &Path, error: &rusqlite::Error) -> StatusError {
    sqlite::told(path, &FORMAT, error).into()
}

impl From<Trouble> for StatusError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(words) => Self::Away(words),
            Trouble::Refused(words) => Self::Refused(words),
        }
    }
}

/// An entry with its place in the file; none if it is not there yet.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub id: Option<i64>,
    pub entry: Entry,
    /// When the file says that it will be due.
    due: Option<f64>,
    /// Whether that was asked: then it is noted when it really will be.
    pub asked: bool,
    /// Whether it is otherwise in the file.
    pub changed: bool,
}

impl Stored {
    pub fn new(entry: Entry) -> Self {
        Self { id: None, entry, due: None, asked: false, changed: false }
    }
}

pub(super) fn load(connection: &Connection, of: &Identity) -> rusqlite::Result<Option<Stored>> {
    connection
        .prepare_cached("SELECT * FROM statuses WHERE subject = ? AND name = ?")?
        .query_row([&of.subject, &of.name], stored)
        .optional()
}

/// Those of which it is time to see whether they are still heard of.
pub(super) fn due(
    connection: &Connection,
    now: f64,
    begun: f64,
) -> rusqlite::Result<Vec<Identity>> {
    connection
        .prepare_cached(
            "SELECT subject, name FROM statuses WHERE due < ? AND (ttl IS NULL OR ttl < ?)
             ORDER BY subject, name",
        )?
        .query_map([now, now - begun], |columns| {
            Ok(Identity { subject: columns.get(0)?, name: columns.get(1)? })
        })?
        .collect()
}

/// Those of which it is not certain that they were told.
pub(super) fn untold(connection: &Connection) -> rusqlite::Result<Vec<Stored>> {
    connection
        .prepare_cached("SELECT * FROM statuses WHERE untold IS NOT NULL ORDER BY last, id")?
        .query_map([], stored)?
        .collect()
}

pub(super) fn rows(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare(
            "SELECT * FROM statuses
             WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR name = ?2)
                 AND (NOT ?3 OR severity <> 0)
             ORDER BY subject, name",
        )?
        .query_map(params![query.subject, query.name, query.problems], |columns| {
            Ok(stored(columns)?.entry.row)
        })?
        .collect()
}

/// Writes entries.
pub(super) struct Writing<'c> {
    connection: &'c Connection,
    update: CachedStatement<'c>,
    insert: CachedStatement<'c>,
    due: CachedStatement<'c>,
}

impl<'c> Writing<'c> {
    pub fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let update = connection.prepare_cached(
            "UPDATE statuses SET severity = ?1, since = ?2, last = ?3, count = ?4, text = ?5,
                 origin = ?6, eventid = ?7, ttl = ?8, acknowledged = ?9, suppressed = ?10,
                 flapping = ?11, heard_severity = ?12, heard_since = ?13, heard_last = ?14,
                 heard_count = ?15, untold = ?16
             WHERE id = ?17",
        )?;
        let insert = connection.prepare_cached(
            "INSERT INTO statuses (subject, name, severity, since, last, count, text, origin,
                 eventid, flapping)
             VALUES (?1, ?2, 0, 0, 0, 0, '', '', '', 0)",
        )?;
        let due = connection.prepare_cached("UPDATE statuses SET due = ?1 WHERE id = ?2")?;
        Ok(Self { connection, update, insert, due })
    }

    /// Writes an entry.
    pub fn store(&mut self, stored: &mut Stored) -> rusqlite::Result<()> {
        let Entry { row, heard, untold } = &stored.entry;
        let untold =
            untold.as_ref().map(|untold| serde_json::to_string(untold).unwrap_or_default());
        let suppressed = (!row.suppressed.is_empty())
            .then(|| serde_json::to_string(&row.suppressed).unwrap_or_default());
        let id = match stored.id {
            Some(id) => id,
            None => {
                self.insert.execute([&row.identity.subject, &row.identity.name])?;
                self.connection.last_insert_rowid()
            }
        };
        self.update.execute(params![
            row.severity.number(),
            row.since,
            row.last,
            row.count.cast_signed(),
            row.text,
            row.origin,
            row.eventid,
            row.ttl,
            row.acknowledged,
            suppressed,
            row.flapping,
            heard.map(|heard| heard.severity.number()),
            heard.map(|heard| heard.since),
            heard.map(|heard| heard.last),
            heard.map(|heard| heard.count.cast_signed()),
            untold,
            id,
        ])?;
        let due = stored.entry.due();
        let sooner = due.is_some_and(|due| stored.due.is_none_or(|noted| due < noted));
        if sooner || stored.asked {
            self.due.execute(params![due, id])?;
            stored.due = due;
        }
        (stored.id, stored.asked, stored.changed) = (Some(id), false, false);
        Ok(())
    }
}

pub(super) fn remove(connection: &Connection, of: &Identity) -> rusqlite::Result<bool> {
    let removed = connection
        .prepare_cached("DELETE FROM statuses WHERE subject = ? AND name = ?")?
        .execute([&of.subject, &of.name])?;
    Ok(removed > 0)
}

fn stored(columns: &Columns<'_>) -> rusqlite::Result<Stored> {
    let suppressed: Option<String> = columns.get("suppressed")?;
    let heard_severity: Option<u8> = columns.get("heard_severity")?;
    let heard = match heard_severity {
        None => None,
        Some(number) => Some(Heard {
            severity: severity(number),
            since: columns.get("heard_since")?,
            last: columns.get("heard_last")?,
            count: columns.get::<_, i64>("heard_count")?.cast_unsigned(),
        }),
    };
    let row = Row {
        identity: Identity { subject: columns.get("subject")?, name: columns.get("name")? },
        severity: severity(columns.get("severity")?),
        since: columns.get("since")?,
        last: columns.get("last")?,
        count: columns.get::<_, i64>("count")?.cast_unsigned(),
        text: columns.get("text")?,
        origin: columns.get("origin")?,
        eventid: columns.get("eventid")?,
        ttl: columns.get("ttl")?,
        acknowledged: columns.get("acknowledged")?,
        suppressed: suppressed
            .and_then(|lines| serde_json::from_str(&lines).ok())
            .unwrap_or_default(),
        flapping: columns.get("flapping")?,
    };
    let untold: Option<String> = columns.get("untold")?;
    let untold = untold.and_then(|text| serde_json::from_str(&text).ok());
    let entry = Entry { row, heard, untold };
    let (id, due) = (Some(columns.get("id")?), columns.get("due")?);
    Ok(Stored { id, due, ..Stored::new(entry) })
}

fn severity(number: u8) -> Severity {
    Severity::of(number).unwrap_or(Severity::Unknown)
}
