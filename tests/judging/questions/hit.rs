//! What is hit by an outage, and whose events are consequences of it.

use std::collections::BTreeSet;

use groundrule_oracle::judge::questions as oracle;
use groundrule_oracle::model::Kind;
use groundrule_questions::Question;
use serde_json::Value;

use super::{Pair, catalogs, compare, ends, outage, pairs, target};
use crate::cases::slow_seeds;

/// Subjects and names of events; `*` is what has no resource.
fn identities(list: &Value) -> BTreeSet<Pair> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let identity = |one: &Value| {
        let name = Some(text(&one["name"])).filter(|name| name != "*");
        (text(&one["subject"]), name)
    };
    list.as_array().unwrap().iter().map(identity).collect()
}

#[test]
fn impact_and_suppress_agree_with_the_oracle() {
    let (mut fell, mut softly) = (0, 0);
    let several = compare(slow_seeds(1000), |case| {
        let all = catalogs(&case.full);
        for _ in 0..3 {
            let Some(place) = case.one(&all) else { continue };
            let of = target(&place);
            let (gone, fails) = outage(&place);
            let hit = oracle::impact(&case.full, &gone, fails);
            let soft: BTreeSet<_> = ends(hit.unmet.iter().filter(|one| one.kind == Kind::Soft));
            fell += hit.fallen.len();
            softly += soft.len();
            if let Some(answer) = case.ask(&Question::Impact(of.clone())) {
                let ours = pairs(&answer.json["fallen"], "resource");
                case.same(&format!("what falls with {of}"), &ours, &hit.fallen);
                let ours = pairs(&answer.json["unmet"], "from");
                case.same(&format!("what is unmet without {of}"), &ours, &ends(&hit.unmet));
                let ours = pairs(&answer.json["soft"], "from");
                case.same(&format!("what misses {of} softly"), &ours, &soft);
            }
            if let Some(answer) = case.ask(&Question::Suppress(of.clone())) {
                let ours = identities(&answer.json["hard"]);
                case.same(&format!("consequences of {of}"), &ours, &hit.fallen);
                let ours = identities(&answer.json["soft"]);
                case.same(&format!("soft consequences of {of}"), &ours, &soft);
            }
        }
    });
    assert!(!several || (fell > 100 && softly > 50), "{fell} {softly}");
}
