//! Lookups of policies.

use std::time::Instant;

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{self, Found, Lookup, Merging, Question};
use groundrule_core::source::Known;

use crate::hiera5::Merge;
use crate::hierarchy::{Asked, Facts, For, Hierarchy};

#[async_trait]
impl Lookup for Hierarchy {
    async fn answers(
        &self,
        question: &Question,
        nodes: Vec<(NodeName, Facts)>,
    ) -> ports::Answer<Vec<Known<Found>>> {
        let now = Instant::now();
        let merge = match question.merging {
            Merging::AsConfigured => None,
            Merging::Array => Some(Merge::Unique),
            Merging::Hash => Some(Merge::Hash),
        };
        let asked = Asked { key: question.key.to_string(), merge, explain: false };
        let known = |(node, facts): (NodeName, Facts)| match self
            .look(&asked, For { node: &node, facts: &facts, now })
            .answer
        {
            Ok(Some(answer)) => Known::Present(Found {
                levels: answer.levels().iter().map(|level| Text::from(&**level)).collect(),
                value: (&answer.value).into(),
                is_secret: answer.is_secret,
            }),
            Ok(None) => Known::Absent,
            Err(fault) => Known::Unknown(fault.to_string().into()),
        };
        Ok(nodes.into_iter().map(known).collect())
    }
}
