//! Puts together what the file holds.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use groundrule_core::name::NodeName;
use groundrule_core::source::Source;
use rusqlite::OptionalExtension as _;

use super::catalog::{Dependency, Kept};
use super::file::File;
use super::kind;
use super::parameters::InFile;
use crate::source::Role;
use crate::store::Assembly;
use crate::{Estate, Options};

/// A row of the documents: node, of when it is, why it cannot be relied on, what it is.
type Row = (String, Option<i64>, Option<String>, Option<String>);

/// The estate of these roles.
pub(super) fn estate(
    shared: &Arc<Mutex<File>>,
    roles: &[Role],
    options: &Options,
) -> Result<Estate, String> {
    let mut assembly = Assembly::new(options);
    {
        let file = shared.lock().unwrap_or_else(PoisonError::into_inner);
        // All of it as of one moment, though somebody may be loading.
        let begin = |error: rusqlite::Error| file.told(&error);
        file.connection.execute_batch("BEGIN").map_err(begin)?;
        for role in roles {
            match role {
                Role::Graph => {
                    source(&file, &mut assembly, Source::Catalogs)?;
                    beside(&file, &mut assembly)?;
                }
                Role::Facts => source(&file, &mut assembly, Source::Facts)?,
                Role::Registrations => source(&file, &mut assembly, Source::Registrations)?,
                Role::Discovery | Role::Checks => {}
            }
        }
        file.connection.execute_batch("COMMIT").map_err(begin)?;
    }
    let parameters = Arc::new(InFile(Arc::clone(shared)));
    Ok(assembly.finish(Path::new("sqlite"), parameters))
}

fn source(file: &File, assembly: &mut Assembly<'_>, source: Source) -> Result<(), String> {
    let told = |error: rusqlite::Error| file.told(&error);
    let load = "SELECT source, began, complete, there FROM loads WHERE kind = ?1";
    let load: Option<(String, String, bool, bool)> = file
        .connection
        .query_row(load, [kind(source)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()
        .map_err(told)?;
    let Some((from, began, complete, there)) = load else {
        return Err(file.wrong(&format!("no {} were loaded into it", source.plural())));
    };
    if !complete {
        let why = format!("the load from {from} that began at {began} has not come to its end");
        assembly.gap(source, why);
    }
    if there || !complete {
        assembly.there(source);
    }
    let gaps = "SELECT why FROM gaps WHERE kind = ?1 ORDER BY rowid";
    let mut gaps = file.connection.prepare(gaps).map_err(told)?;
    for why in gaps.query_map([kind(source)], |row| row.get(0)).map_err(told)? {
        assembly.gap(source, why.map_err(told)?);
    }
    let rows = "SELECT node, at, fault, document FROM documents WHERE kind = ?1 ORDER BY node";
    let mut rows = file.connection.prepare(rows).map_err(told)?;
    let rows = rows
        .query_map([kind(source)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .map_err(told)?;
    for row in rows {
        document(assembly, source, row.map_err(told)?).map_err(|why| file.wrong(&why))?;
    }
    Ok(())
}

fn document(
    assembly: &mut Assembly<'_>,
    source: Source,
    (name, at, fault, document): Row,
) -> Result<(), String> {
    let damaged = || format!("the {source} of {name} is damaged");
    let node = NodeName::new(&name).map_err(|_| damaged())?;
    let (document, at) = match (fault, document) {
        (Some(why), _) => {
            assembly.doubt(source, node, why);
            return Ok(());
        }
        (None, None) => return Err(damaged()),
        (None, Some(document)) => (document, at.unwrap_or_default()),
    };
    if source == Source::Catalogs {
        let kept: Kept = serde_json::from_str(&document).map_err(|_| damaged())?;
        let catalog = kept.catalog(&node, at).ok_or_else(damaged)?;
        assembly.catalog(node, at, &catalog);
    } else {
        assembly.document(format!("{}/{node}.json", source.plural()), at, Ok(&document));
    }
    Ok(())
}

fn beside(file: &File, assembly: &mut Assembly<'_>) -> Result<(), String> {
    let told = |error: rusqlite::Error| file.told(&error);
    let rows = "SELECT node, line, dependency FROM beside ORDER BY rowid";
    let mut rows = file.connection.prepare(rows).map_err(told)?;
    let rows =
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(told)?;
    for row in rows {
        let (name, line, text): (String, u32, String) = row.map_err(told)?;
        let damaged = || file.wrong(&format!("a dependency of {name} is damaged"));
        let node = NodeName::new(&name).map_err(|_| damaged())?;
        let kept: Dependency = serde_json::from_str(&text).map_err(|_| damaged())?;
        assembly.depend(&node, &kept.raw().ok_or_else(damaged)?, line);
    }
    let mut undeclared =
        file.connection.prepare("SELECT why FROM undeclared ORDER BY rowid").map_err(told)?;
    for why in undeclared.query_map([], |row| row.get(0)).map_err(told)? {
        assembly.undeclared(why.map_err(told)?);
    }
    Ok(())
}
