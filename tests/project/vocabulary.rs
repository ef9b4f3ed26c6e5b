//! The vocabulary and its page.

use std::fs;
use std::path::Path;
use std::process::Command;

use groundrule_engine::policy::{
    Definition, Fault, Keyword, PathSpec, Selection, Vocabulary, compile, discover,
};

#[test]
fn the_page_is_what_the_program_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/steps.md");
    let printed = Command::new(env!("CARGO_BIN_EXE_groundrule"))
        .args(["steps", "--format", "markdown"])
        .output()
        .unwrap();
    assert!(printed.status.success(), "{printed:?}");
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(
        fs::read_to_string(page).unwrap_or_default() == printed,
        "docs/steps.md is stale: cargo run -- steps --format markdown > docs/steps.md"
    );
}

/// What may have to stand before an example.
const BEFORE: [&str; 9] = [
    "Given all nodes as \"databases\"",
    "Given services",
    "Given all declared dependencies",
    "Given all nodes\nWhen they are grouped by environment",
    "Given all nodes\nWhen I follow what they depend on",
    "When I query the graph:\n\"\"\"\nMATCH (n:Node) RETURN n.name AS node\n\"\"\"",
    "Given all nodes\nWhen I look up \"a\"",
    "Given all nodes\nWhen I run the check \"a\"",
    "",
];

/// What judges what an example leaves; nothing where the example judges.
const AFTER: [&str; 5] = [
    "",
    "Then there are none",
    "Then every group has at least 1 member",
    "Then there are no pairs",
    "Then there are no rows",
];

/// Which sentences the steps of a policy are.
fn read(vocabulary: &Vocabulary, policy: &str) -> Result<Vec<&'static Definition>, Vec<Fault>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("example.feature");
    fs::write(&path, format!("Feature: f\nScenario: s\n{policy}\n")).unwrap();
    let files = discover(&[PathSpec { path, lines: Vec::new() }])?;
    let plan = compile(files, vocabulary, &Selection::default())?;
    Ok(plan.policies[0].steps.iter().map(|step| step.definition).collect())
}

fn is_same(a: &Definition, b: &Definition) -> bool {
    (a.keyword, a.expression) == (b.keyword, b.expression)
}

/// A step that several sentences match is a fault, so that one that compiles matches just one.
#[test]
fn every_example_is_a_policy_with_its_sentence() {
    let vocabulary = groundrule_steps::vocabulary().unwrap();
    for definition in vocabulary.definitions() {
        let mut faults = Vec::new();
        let fits = BEFORE.iter().any(|before| {
            AFTER.iter().any(|after| {
                let policy = format!("{before}\n{}\n{after}", definition.example);
                match read(&vocabulary, &policy) {
                    Ok(steps) => steps.iter().any(|step| is_same(step, definition)),
                    Err(why) => {
                        faults.extend(why.into_iter().map(|fault| fault.what));
                        false
                    }
                }
            })
        });
        faults.sort();
        faults.dedup();
        assert!(fits, "{} {}: {faults:?}", definition.keyword, definition.example);
    }
}

#[test]
fn every_sentence_is_explained_in_a_line() {
    let vocabulary = groundrule_steps::vocabulary().unwrap();
    let definitions = vocabulary.definitions();
    for (n, definition) in definitions.iter().enumerate() {
        let Definition { keyword, expression, doc, example, .. } = definition;
        assert!(!doc.is_empty() && !doc.contains('\n') && !doc.ends_with('.'), "{expression}");
        let starts: &[&str] = match keyword {
            Keyword::Given => &["Given ", "And "],
            Keyword::When => &["When "],
            Keyword::Then => &["Then "],
        };
        assert!(starts.iter().any(|start| example.starts_with(start)), "{example}");
        let twice = definitions[..n].iter().any(|other| is_same(other, definition));
        assert!(!twice, "{keyword} {expression} is there twice");
    }
}
