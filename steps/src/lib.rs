//! The vocabulary: the sentences that policies are written in, one file a topic.
//!
//! Each file holds a plain table of [`Definition`]s, and the [`Sentence`]s that they read into.
//! A new topic is one line in [`vocabulary`].
//!
//! [`Definition`]: groundrule_engine::policy::Definition
//! [`Sentence`]: groundrule_engine::scene::Sentence

mod checks;
mod classes;
mod counting;
mod dependencies;
mod extents;
mod facts;
mod following;
mod groups;
mod lookups;
mod narrowing;
mod nodes;
mod outages;
mod presence;
mod queries;
mod resources;
mod sharing;
mod suppositions;
mod tail;
mod words;

use groundrule_engine::policy::Vocabulary;

/// Every sentence, topic by topic.
///
/// # Errors
/// When a pattern cannot be used, which is a bug.
pub fn vocabulary() -> Result<Vocabulary, String> {
    Vocabulary::new(&[
        nodes::SENTENCES,
        resources::SELECTIONS,
        dependencies::SELECTIONS,
        narrowing::SENTENCES,
        groups::RELATIONS,
        following::RELATIONS,
        queries::RELATIONS,
        lookups::RELATIONS,
        checks::RELATIONS,
        suppositions::SENTENCES,
        counting::SENTENCES,
        classes::SENTENCES,
        facts::SENTENCES,
        resources::SENTENCES,
        sharing::SENTENCES,
        groups::SENTENCES,
        dependencies::SENTENCES,
        following::SENTENCES,
        outages::SENTENCES,
        extents::SENTENCES,
        presence::SENTENCES,
        queries::SENTENCES,
        lookups::SENTENCES,
        checks::SENTENCES,
    ])
}
