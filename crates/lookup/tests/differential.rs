//! Random hierarchies, data, scopes and keys: the answers of Hiera 3 beside those of the real library.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod ruby;
mod sites;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use groundrule_lookup::data::{Cache, Value};
use groundrule_lookup::hiera3::{Hiera, Resolution, Scope};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Deserialize;
use sites::{Lookup, Site};

/// How many sites, of 40 lookups each.
const SITES: usize = 250;

#[derive(Deserialize)]
struct Answer {
    ok: Option<String>,
    error: Option<String>,
}

fn ours(hiera: &Hiera, lookup: &Lookup) -> Result<String, String> {
    let scope: Scope = lookup
        .scope()
        .iter()
        .map(|(name, value)| (Value::from(name.as_str()), Value::from(value.clone())))
        .collect();
    let resolution = match lookup.resolution() {
        "array" => Resolution::Array,
        "hash" => Resolution::Hash,
        _ => Resolution::Priority,
    };
    let view = hiera.view(&scope, Instant::now());
    view.lookup_or(lookup.key(), lookup.default(), resolution)
        .map(|value| value.inspect())
        .map_err(|fault| fault.to_string())
}

#[test]
fn answers_are_those_of_the_real_hiera() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = SmallRng::seed_from_u64(20_110_606);
    let sites: Vec<Site> = (0..SITES)
        .map(|number| Site::write(&folder.path().join(number.to_string()), &mut random))
        .collect();
    let answers: Vec<Vec<Answer>> = ruby::ask("hiera3.rb", &BTreeMap::from([("sites", &sites)]));
    let (mut same, mut both_fail, mut wrong) = (0, 0, Vec::new());
    for (site, answers) in sites.iter().zip(&answers) {
        let cache = Arc::new(Cache::default());
        let hiera = Hiera::open(&site.config, cache).unwrap();
        for (lookup, theirs) in site.lookups.iter().zip(answers) {
            match (ours(&hiera, lookup), &theirs.ok, &theirs.error) {
                (Ok(ours), Some(theirs), _) if ours == *theirs => same += 1,
                (Err(_), _, Some(_)) => both_fail += 1,
                // A literal twice in one text is taken for a circle there.
                (Ok(_), _, Some(error))
                    if error.contains("recursion detected") && error.contains("literal") =>
                {
                    same += 1;
                }
                (ours, _, _) => wrong.push(format!(
                    "{}: {lookup:?}\n  ours   {ours:?}\n  theirs {:?} {:?}",
                    site.config.display(),
                    theirs.ok,
                    theirs.error
                )),
            }
        }
    }
    if !wrong.is_empty() {
        let kept = folder.keep();
        panic!(
            "{} wrong, {same} same, {both_fail} fail in both; in {}\n{}",
            wrong.len(),
            kept.display(),
            wrong[..wrong.len().min(15)].join("\n")
        );
    }
    assert!(
        same > SITES * 20 && both_fail > SITES,
        "{same} same, {both_fail} fail in both: the cases have become dull"
    );
}
