//! Every sentence of the vocabulary: held, violated, undecided, and with nothing to judge.

mod case;
mod checks;
mod classes;
mod counting;
mod dependencies;
mod estate;
mod facts;
mod following;
mod groups;
mod lookups;
mod narrowing;
mod nodes;
mod outages;
mod presence;
mod resources;
mod sharing;
mod suppositions;
mod tails;

use case::{Kind, Sentence};

fn all() -> Vec<Sentence> {
    let topics = [
        checks::sentences(),
        classes::sentences(),
        counting::sentences(),
        dependencies::sentences(),
        facts::sentences(),
        following::sentences(),
        groups::sentences(),
        lookups::sentences(),
        narrowing::sentences(),
        nodes::sentences(),
        outages::sentences(),
        presence::sentences(),
        resources::sentences(),
        sharing::sentences(),
        suppositions::sentences(),
        tails::sentences(),
    ];
    topics.into_iter().flatten().collect()
}

/// A new sentence comes with its cases; there is none for which one of the kinds is impossible.
#[test]
fn every_sentence_has_a_case_of_each_kind() {
    let vocabulary = groundrule_steps::vocabulary().unwrap();
    let all = all();
    let mut missing = Vec::new();
    // Rows come from a server: tests/stores judges them.
    let about_rows =
        |expression: &str| expression.starts_with("I query") || expression.contains("row");
    for definition in vocabulary.definitions() {
        if about_rows(definition.expression) {
            continue;
        }
        let of_it = all.iter().filter(|sentence| {
            (sentence.keyword, sentence.expression) == (definition.keyword, definition.expression)
        });
        let cases: Vec<_> = of_it.flat_map(|sentence| &sentence.cases).collect();
        for kind in [Kind::Held, Kind::Violated, Kind::Undecided, Kind::Nothing] {
            if !cases.iter().any(|case| case.kind == kind) {
                missing.push(format!("{} {}: {kind:?}", definition.keyword, definition.expression));
            }
        }
    }
    assert!(missing.is_empty(), "{} cases are missing:\n{}", missing.len(), missing.join("\n"));
}
