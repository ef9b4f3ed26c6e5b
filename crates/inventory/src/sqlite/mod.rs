//! Catalogs, facts and registrations in an SQLite file: what was loaded, kept for the next time.
//!
//! The file holds documents; to answer, they are put together in memory as those of an estate
//! directory are, so that both give the same answers. Only parameters stay in the file.

mod catalog;
mod file;
mod load;
mod parameters;
mod read;
mod record;

use std::path::Path;
use std::sync::{Arc, Mutex};

use groundrule_core::source::Source;

use crate::source::{Location, Named, Opened, Opening, Role, SourceError, Targets};
use file::File;
pub(crate) use record::Recorder;

/// Reads what is asked for.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let file = Arc::new(Mutex::new(File::read_only(Path::new(location.rest()))?));
    let estate = read::estate(&file, &opening.roles, &opening.reading)
        .map_err(|why| SourceError::new(why, "load it again, or name another file"))?;
    let problems = estate.problems().to_vec();
    let sources = Arc::new(estate).sources();
    let health = Arc::new(Named(format!("the SQLite file {}", location.rest())));
    Ok(Opened { sources, problems, health })
}

/// Opens the file, or makes it.
pub async fn target(location: &Location, opening: &Opening) -> Result<Targets, SourceError> {
    let file = Arc::new(Mutex::new(File::open(Path::new(location.rest()))?));
    let file = || Arc::clone(&file);
    let mut targets = Targets::default();
    for role in &opening.roles {
        match role {
            Role::Graph => targets.graph = Some(Box::new(load::Loading::into(file()))),
            Role::Facts => targets.facts = Some(Box::new(load::Loading::into(file()))),
            Role::Registrations => {
                targets.registrations = Some(Box::new(load::Loading::into(file())));
            }
            Role::Discovery | Role::Checks => {}
        }
    }
    Ok(targets)
}

/// The name of a kind of document in the file.
fn kind(source: Source) -> &'static str {
    source.plural()
}
