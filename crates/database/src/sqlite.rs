//! SQLite files that several processes share: opening, and what goes wrong in words.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::Trouble;

/// How long one process waits for another that writes to the same file, in milliseconds.
const PATIENCE: i32 = 15_000;

/// What a file holds.
pub struct Format {
    /// In words, with its article: "an archive".
    pub what: &'static str,
    /// Tells it from the files of others.
    pub application: i32,
    /// Of its tables.
    pub version: i32,
    /// Bytes of a page.
    pub page: u32,
    /// The statements that make its tables.
    pub tables: &'static str,
}

/// Opens a file to write, and makes it if there is none.
///
/// # Errors
/// When it cannot be opened, or is another kind of file.
pub fn open(path: &Path, format: &Format) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let explained = |error: rusqlite::Error| told(path, format, &error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(explained)?;
    connection.busy_handler(Some(wait)).map_err(explained)?;
    if is_new(&connection).map_err(explained)? {
        make(&mut connection, format).map_err(explained)?;
    }
    known(&connection, path, format)?;
    // With FULL, a commit is on the disk when it returns. What a transaction changes has room in
    // 32 MiB of memory, and the journal is put into the file when it has 4,000 pages.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000;",
        )
        .map_err(explained)?;
    Ok(connection)
}

/// Opens a file to read; nothing is made.
///
/// # Errors
/// When there is none, it cannot be opened, or is another kind of file.
pub fn read_only(path: &Path, format: &Format) -> Result<Connection, Trouble> {
    if !path.exists() {
        return Err(Trouble::Refused(format!(
            "{}: no such file; {} is made there when something is written",
            path.display(),
            format.what
        )));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let explained = |error: rusqlite::Error| told(path, format, &error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(explained)?;
    connection.busy_handler(Some(wait)).map_err(explained)?;
    known(&connection, path, format)?;
    Ok(connection)
}

/// Which file a path means now, as long as that is the same one: a file that was moved or removed
/// takes what nobody finds again.
#[must_use]
pub fn inode(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|metadata| metadata.ino())
}

/// Looks again soon: a transaction takes a few milliseconds, and SQLite's own way of waiting up to a
/// hundred.
fn wait(times: i32) -> bool {
    std::thread::sleep(Duration::from_millis(1));
    times < PATIENCE
}

fn is_new(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0 && number(connection, "user_version")? == 0)
}

fn make(connection: &mut Connection, format: &Format) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", format.page)?;
    write_ahead(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have made it meanwhile.
    if is_new(&transaction)? {
        transaction.execute_batch(format.tables)?;
        transaction.pragma_update(None, "application_id", format.application)?;
        transaction.pragma_update(None, "user_version", format.version)?;
    }
    transaction.commit()
}

/// Two processes that change the journal's mode at once are told at once that the file is in use,
/// without waiting.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries = 50;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if busy(&error) && tries > 0 => tries -= 1,
            done => return done,
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn known(connection: &Connection, path: &Path, format: &Format) -> Result<(), Trouble> {
    let explained = |error: rusqlite::Error| told(path, format, &error);
    let application = number(connection, "application_id").map_err(explained)?;
    let version = number(connection, "user_version").map_err(explained)?;
    let (path, what) = (path.display(), format.what);
    if application != format.application {
        return Err(Trouble::Refused(format!(
            "{path}: an SQLite database, but not {what}; name another file"
        )));
    }
    if version > format.version {
        return Err(Trouble::Refused(format!(
            "{path}: {what} of version {version}, made by a newer groundrule; this one knows version {}: upgrade it, or name another file",
            format.version
        )));
    }
    Ok(())
}

/// The number that a pragma tells.
///
/// # Errors
/// When it tells none.
pub fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

/// What went wrong, in words, and whether it may pass.
#[must_use]
pub fn told(path: &Path, format: &Format, error: &rusqlite::Error) -> Trouble {
    let (at, what) = (path.display(), format.what);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            Trouble::Away(format!("{at}: the disk is full; it goes on when there is space again"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::Away(format!(
            "{at}: another process has been writing for longer than {} seconds",
            PATIENCE / 1000
        )),
        Some(ErrorCode::NotADatabase) => {
            Trouble::Refused(format!("{at}: not {what}; name another file, or move this one away"))
        }
        Some(ErrorCode::DatabaseCorrupt) => Trouble::Refused(format!(
            "{at}: damaged ({error}); move it away, and take it from a backup"
        )),
        Some(ErrorCode::CannotOpen) => Trouble::Refused(format!("{at}: {}", unopened(path))),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Trouble::Refused(format!(
            "{at}: cannot be written; give the user that this runs as the right to, also in its directory"
        )),
        Some(ErrorCode::SystemIoFailure) => Trouble::Away(format!("{at}: {error}")),
        _ => Trouble::Refused(format!("{at}: {error}")),
    }
}

fn unopened(path: &Path) -> String {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    match directory {
        Some(directory) if !directory.exists() => {
            format!("there is no directory {}; make it", directory.display())
        }
        _ if path.is_dir() => "a directory; name a file".to_owned(),
        _ => {
            "cannot be opened; give the user that this runs as the right to read and write it and \
              its directory"
                .to_owned()
        }
    }
}
