//! Opening an estate directory: from a snapshot of just what is there, or by reading it.

use std::path::Path;

use super::Estate;
use super::found::{Found, OpenError};
use super::options::Options;
use super::snapshot::Place;

impl Estate {
    /// Reads an estate directory, or a snapshot of just what is there.
    ///
    /// # Errors
    /// When there is no such directory. Whatever is wrong with its files is a
    /// [problem](Estate::problems) of the estate.
    pub fn open(root: &Path, options: &Options) -> Result<Self, OpenError> {
        let found = Found::list(root)?;
        let place = Place::of(root, options, &found);
        if let Some(estate) = place.as_ref().and_then(|place| place.read(root, found.files())) {
            return Ok(estate);
        }
        let (mut estate, lasting) = Self::read(root, options, &found);
        if let Some(place) = place.filter(|_| lasting) {
            // Without a snapshot nothing is lost but time.
            let _ = place.write(&mut estate);
        }
        Ok(estate)
    }

    /// Whether every file is as it was when this was read.
    #[must_use]
    pub fn is_current(&self) -> bool {
        Found::list(&self.root).is_ok_and(|found| found.files() == self.files)
    }
}
