//! What a question finds with less knowledge is found with more, too, and it says that something is not
//! known where more is found with more. What falls with an outage may turn out to have fallen before: that
//! it is not known is said, too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use groundrule_oracle::generate;
use groundrule_questions::{Answer, Keys, Question, nodes};
use rand::Rng;
use serde_json::Value;

use super::{catalogs, known, target};
use crate::cases::{Place, expect_none, slow_seeds};
use crate::in_process::{block_on, opened_with};
use crate::partial::{Partial, settings};

/// What tells one row of a list from another: all that knowledge of other things does not change.
const KEYS: [&str; 8] = ["node", "resource", "from", "kind", "subject", "name", "role", "who"];

/// The lists of an answer, each as a set of what its rows are.
fn lists(answer: &Answer) -> BTreeMap<String, BTreeSet<String>> {
    let row = |row: &Value| match row {
        Value::Object(fields) => {
            let told = KEYS.iter().filter_map(|key| Some(format!("{key} {}", fields.get(*key)?)));
            told.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let fields = answer.json.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| *name != "unknown");
    let list = |(name, value): (&String, &Value)| {
        Some((name.clone(), value.as_array()?.iter().map(row).collect()))
    };
    fields.filter_map(list).collect()
}

/// Whether it is about what fails beyond what has failed before.
fn is_of_outage(question: &Question) -> bool {
    matches!(
        question,
        Question::Impact(_)
            | Question::Suppress(_)
            | Question::Stakeholders(..)
            | Question::Downtime(_)
    )
}

/// Questions that fit an estate; what is not asked of it by name comes each time.
fn questions(rng: &mut impl Rng, full: &groundrule_oracle::model::Estate) -> Vec<Question> {
    let mut all = vec![
        Question::Spof,
        Question::Unmanaged,
        Question::Undeclared,
        Question::Missing { stale: Duration::from_secs(3600) },
    ];
    let places = catalogs(full);
    for _ in 0..2 {
        if !places.is_empty() {
            let of = target(&places[rng.random_range(0..places.len())]);
            all.push(Question::Impact(of.clone()));
            all.push(Question::Suppress(of));
        }
    }
    let names = known(full);
    if !names.is_empty() {
        let of = [names[rng.random_range(0..names.len())].clone()];
        let of = nodes(&of).unwrap();
        let keys = Keys { owners: vec!["roles".to_owned()], contacts: vec!["version".to_owned()] };
        all.push(Question::Stakeholders(of.clone(), keys));
        all.push(Question::Downtime(of));
    }
    all
}

#[test]
fn an_answer_on_less_is_part_of_that_on_more_and_says_so() {
    let mut wrong = Vec::new();
    let (mut found, mut fewer, mut complete) = (0, 0, 0);
    let seeds = slow_seeds(2000);
    let several = seeds.end - seeds.start > 1;
    for seed in seeds {
        let mut rng = generate::seeded(11_000_000 + seed);
        let full = generate::estate(&mut rng);
        let settings = settings(&full);
        let partial = Partial::of(&mut rng, &full, &settings);
        let mut place = Place::new();
        if !several {
            place.keep();
            wrong.push(format!("seed {seed} is kept in {}", place.path().display()));
        }
        let more = opened_with(&place.estate("full", &full), settings);
        let less = opened_with(&partial.write(&place), partial.settings.clone());
        for question in questions(&mut rng, &full) {
            // Whoever is asked for may be what is hidden: that is an error then.
            let (Ok(all), Ok(some)) =
                (block_on(question.answer(&more)), block_on(question.answer(&less)))
            else {
                continue;
            };
            let (ours, theirs) = (lists(&some), lists(&all));
            let silent = some.unknown.is_empty();
            for (name, rows) in &ours {
                let told: Vec<_> = rows.difference(&theirs[name]).collect();
                let lacking: Vec<_> = theirs[name].difference(rows).collect();
                let certain = silent || !is_of_outage(&question);
                if certain && !told.is_empty() || silent && !lacking.is_empty() {
                    wrong.push(format!(
                        "seed {seed}: {question:?}: {name}, hidden: {}\ntold with less alone: {told:?}\nnot told with less: {lacking:?}\nunknown: {:?}",
                        partial.how.join("; "),
                        some.unknown
                    ));
                }
                found += rows.len();
                fewer += lacking.len();
            }
            complete += usize::from(silent);
        }
    }
    expect_none(&wrong);
    assert!(
        !several || (found > 2000 && fewer > 500 && complete > 200),
        "{found} {fewer} {complete}"
    );
}
