//! Lists over the whole estate.

use std::time::Duration;

use groundrule_oracle::judge::questions as oracle;
use groundrule_questions::Question;

use super::{compare, ends, names, pairs};
use crate::cases::slow_seeds;

#[test]
fn spof_unmanaged_and_undeclared_agree_with_the_oracle() {
    let (mut points, mut lost) = (0, 0);
    let several = compare(slow_seeds(1000), |case| {
        if let Some(answer) = case.ask(&Question::Spof) {
            let theirs = oracle::single_points(&case.full);
            points += theirs.len();
            let ours = names(&answer.json["spofs"], Some("node"));
            case.same("single points of failure", &ours, &theirs);
        }
        if let Some(answer) = case.ask(&Question::Unmanaged) {
            let theirs = ends(&oracle::unmanaged(&case.full));
            lost += theirs.len();
            let ours = pairs(&answer.json["unmanaged"], "from");
            case.same("unmanaged", &ours, &theirs);
        }
        if let Some(answer) = case.ask(&Question::Undeclared) {
            let theirs = oracle::undeclared(&case.full);
            let ours = names(&answer.json["undeclared"], None);
            case.same("undeclared", &ours, &theirs);
        }
    });
    assert!(!several || (points > 50 && lost > 50), "{points} {lost}");
}

#[test]
fn missing_agrees_with_the_oracle() {
    let mut found = [0; 5];
    let several = compare(slow_seeds(1000), |case| {
        // Registrations are as old as this to the second, now and then.
        let stale = case.one(&[90, 91, 3600, 100_000]).unwrap();
        let question = Question::Missing { stale: Duration::from_secs(stale) };
        let Some(answer) = case.ask(&question) else { return };
        let ours = |list: &str| names(&answer.json[list], None);
        let theirs = oracle::missing(&case.full, i64::try_from(stale).unwrap());
        let ours = oracle::Missing {
            absent: ours("absent"),
            strangers: ours("strangers"),
            stale: ours("stale"),
            without_catalog: ours("without_catalog"),
            without_facts: ours("without_facts"),
        };
        case.same("missing", &ours, &theirs);
        let all = [
            &theirs.absent,
            &theirs.strangers,
            &theirs.stale,
            &theirs.without_catalog,
            &theirs.without_facts,
        ];
        for (found, list) in found.iter_mut().zip(all) {
            *found += list.len();
        }
    });
    assert!(!several || found.iter().all(|found| *found > 50), "{found:?}");
}
