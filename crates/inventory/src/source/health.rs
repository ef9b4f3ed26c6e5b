//! What a source says of itself when it is looked at.

use async_trait::async_trait;
use groundrule_core::ports::Answer;

/// What `doctor` asks a source beside which nodes it knows, which the ports tell.
#[async_trait]
pub trait Health: Send + Sync {
    /// What it is, as it says itself: `Neo4j 5.26.30 (community)`.
    async fn identity(&self) -> Answer<String>;
    /// What should be otherwise.
    async fn remarks(&self) -> Answer<Vec<Remark>>;
    /// Whether what was read is still what is there, for a source that was read as a whole.
    fn is_current(&self) -> bool {
        true
    }
    /// How many questions were sent to it so far, where that is counted.
    fn questions(&self) -> usize {
        0
    }
}

/// Something that should be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What is so.
    pub what: String,
    /// What to do.
    pub help: String,
    /// Whether verdicts are undecided because of it; else it is only worth a look.
    pub undecides: bool,
}

/// A source of which nothing but its name is known before it is asked.
pub(crate) struct Named(pub String);

#[async_trait]
impl Health for Named {
    async fn identity(&self) -> Answer<String> {
        Ok(self.0.clone())
    }

    async fn remarks(&self) -> Answer<Vec<Remark>> {
        Ok(Vec::new())
    }
}
