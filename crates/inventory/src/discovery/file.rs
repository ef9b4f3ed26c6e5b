//! A reply that somebody wrote down.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, Discovery, StoreError};
use jiff::Timestamp;

use super::{Asked, opened};
use crate::documents::discovery;
use crate::fault::Fault;
use crate::files;
use crate::source::{Location, Opened, Opening, SourceError};

struct Written(PathBuf);

/// Nothing is read yet.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let asked = Asked::of(location)?;
    asked.query.only(&[])?;
    let path = asked.path.unwrap_or_default();
    let what = format!("the file {}", path.display());
    Ok(opened(opening, Arc::new(Written(path)), None, what))
}

#[async_trait]
impl Discovery for Written {
    async fn answering(&self) -> Answer<(Vec<NodeName>, Option<Timestamp>)> {
        let name = self.0.file_name().unwrap_or_default().to_string_lossy();
        let root = self.0.parent().unwrap_or(&self.0);
        let told = |fault: Fault| {
            let problem = fault.problem(
                groundrule_core::source::Source::Discovery,
                &self.0.display().to_string(),
                true,
            );
            StoreError(format!("{problem}; {}", problem.help).into())
        };
        let file = files::single(root, &name).map_err(told)?.ok_or_else(|| {
            told(Fault::new("there is no such file", "write the reply of discovery there"))
        })?;
        let mut buffer = Vec::new();
        let reply =
            files::read(root, &file, &mut buffer).and_then(discovery::read).map_err(told)?;
        let at = reply.at.or_else(|| Timestamp::from_second(file.seconds()).ok());
        Ok((reply.nodes, at))
    }
}
