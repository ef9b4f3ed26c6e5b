//! Where it is kept what gates have allowed, for all of them to see.
//!
//! Each place keeps a version that changes with every reservation and every release, so that a
//! gate reserves only what it has judged with all the others in view.

mod mongodb;
mod sqlite;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use groundrule_core::ports::{Answer, Reservations, StoreError};
use groundrule_database::Trouble;

/// Opens a place, given what stands behind its scheme and the variables with passwords.
type Open = for<'u> fn(&'u str, &'u BTreeMap<String, String>) -> BoxFuture<'u, Opened>;

/// An open place.
type Opened = Answer<Arc<dyn Reservations>>;

/// Kinds of places, by the beginning of their addresses.
const PLACES: [(&str, Open); 2] = [
    ("sqlite:", |url, _| Box::pin(sqlite::open(url))),
    ("mongodb://", |url, variables| Box::pin(mongodb::open(url, variables))),
];

/// Opens the place of an address: `sqlite:FILE`, or `mongodb://[user@]host/[database]`. Passwords
/// are taken from the variables.
///
/// # Errors
/// When there is no such kind of place, or it cannot be used.
pub async fn open(url: &str, variables: &BTreeMap<String, String>) -> Opened {
    let fits = |(scheme, _): &&(&str, Open)| url.starts_with(scheme);
    match PLACES.iter().find(fits) {
        Some((_, open)) => open(url, variables).await,
        None => {
            let known: Vec<_> = PLACES.iter().map(|(scheme, _)| *scheme).collect();
            let known = known.join(" or ");
            Err(StoreError(format!("{url:?} keeps no reservations: write {known}").into()))
        }
    }
}

fn told(trouble: Trouble) -> StoreError {
    let (Trouble::Away(words) | Trouble::Refused(words)) = trouble;
    StoreError(words.into())
}
