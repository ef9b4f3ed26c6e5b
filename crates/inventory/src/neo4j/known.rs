//! What a load need not write, because the graph has it already.
//!
//! With each node stands a digest of all that was put there with it. It counts only while the graph is as
//! its last load has left it: whatever else was done to it is mended by the next one.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, StoreError};
use neo4rs::BoltType;
use ring::digest::{Context, SHA256};

use super::client::Client;
use super::record::{KNOWN, RECORD, SEALED, Seal, fault, still};
use super::schema::{SAME, VERSION};
use super::value::{Cells, list, or_null};
use crate::catalog::RawDependency;
use crate::source::CatalogDocument;

/// The digests of what the graph has, by node.
#[derive(Default)]
pub struct Known(HashMap<NodeName, String>);

impl Known {
    /// Asks for them; there are none in a graph that is not as its last load has left it.
    pub async fn ask(client: &Client) -> Answer<Self> {
        let mut rows = client.ask(&format!("{KNOWN}{SEALED}"), Vec::new()).await?;
        let Ok(seal) = Seal::take(&mut rows) else {
            return Ok(Self::default());
        };
        let (records, nodes): (Vec<_>, Vec<_>) =
            rows.iter().partition(|row| row.maybe_text(0) == Some(RECORD));
        if !records.iter().any(|row| matches!(fault(row, &seal), Ok(None))) {
            return Ok(Self::default());
        }
        let digest = |row: &&Cells| {
            Some((NodeName::new(row.maybe_text(0)?).ok()?, row.maybe_text(1)?.to_owned()))
        };
        Ok(Self(nodes.iter().filter_map(digest).collect()))
    }

    /// Whether the graph has what makes this digest.
    pub fn has(&self, node: &NodeName, digest: &str) -> bool {
        self.0.get(node).is_some_and(|known| known == digest)
    }
}

/// A node that the graph has already.
pub struct Same {
    pub node: NodeName,
    pub made: Option<i64>,
    pub digest: String,
}

impl Client {
    /// Notes that this load has these nodes, too. They might have been written by another one since they
    /// were asked about; this one is broken off then.
    pub async fn keep(&self, same: &[Same], run: &str) -> Answer<()> {
        let nodes = same.iter().map(|same| {
            let Same { node, made, digest } = same;
            list::<BoltType>([node.as_str().into(), or_null(*made), digest.as_str().into()])
        });
        let parameters = vec![("nodes", list(nodes)), ("run", run.into())];
        self.write_checked(vec![(SAME.to_owned(), parameters)], |rows| {
            still(rows, run)?;
            let kept = rows.first().and_then(|row| row.maybe_number(2));
            if kept == i64::try_from(same.len()).ok() {
                return Ok(());
            }
            Err(StoreError("the graph was changed while it was being loaded: load again".into()))
        })
        .await
    }
}

/// Of all that is put with a node, but the time of its catalog, which alone may be written by itself.
pub fn digest(document: &Result<CatalogDocument, &str>, beside: &[RawDependency]) -> String {
    let mut digest = Digest(Context::new(&SHA256));
    VERSION.hash(&mut digest);
    match document {
        Ok(catalog) => {
            let CatalogDocument { made: _, environment, classes, resources, aliases, dependencies } =
                catalog;
            (true, environment, classes, resources, aliases, dependencies).hash(&mut digest);
        }
        Err(why) => (false, why).hash(&mut digest),
    }
    beside.hash(&mut digest);
    digest.0.finish().as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct Digest(Context);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("the whole digest is taken instead")
    }
}
