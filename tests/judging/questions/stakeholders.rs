//! Whom to tell.

use std::collections::BTreeSet;

use groundrule_oracle::judge::questions as oracle;
use groundrule_questions::{Keys, Question, nodes};
use serde_json::Value;

use super::{compare, names};
use crate::cases::slow_seeds;

/// The facts that tell of owners and of contacts: texts, numbers, lists of anything.
const OWNERS: [&str; 2] = ["roles", "os.family"];
const CONTACTS: [&str; 1] = ["version"];

/// Each with its role: as told, and as the oracle has it, which knows facts only.
type Told = BTreeSet<(String, String, BTreeSet<String>)>;

fn told(answer: &Value) -> Told {
    let one = |one: &Value| {
        let text = |key: &str| one[key].as_str().unwrap().to_owned();
        (text("role"), text("who"), names(&one["nodes"], Some("node")))
    };
    answer.as_array().unwrap().iter().map(one).collect()
}

fn theirs(all: &oracle::Stakeholders) -> Told {
    let mut told = Told::new();
    for (role, facts) in [("owner", &OWNERS[..]), ("contact", &CONTACTS[..])] {
        let of_role = || all.who.iter().filter(|((fact, _), _)| facts.contains(&fact.as_str()));
        for who in of_role().map(|((_, who), _)| who) {
            let nodes = of_role().filter(|((_, other), _)| other == who);
            let nodes = nodes.flat_map(|(_, nodes)| nodes.clone()).collect();
            told.insert((role.to_owned(), who.clone(), nodes));
        }
    }
    told
}

#[test]
fn stakeholders_agree_with_the_oracle() {
    let (mut heard, mut silent, mut hit) = (0, 0, 0);
    let several = compare(slow_seeds(1000), |case| {
        let of = case.some_nodes();
        if of.is_empty() {
            return;
        }
        let all = oracle::stakeholders(&case.full, &of, &[&OWNERS[..], &CONTACTS[..]].concat());
        let keys = Keys {
            owners: OWNERS.map(str::to_owned).to_vec(),
            contacts: CONTACTS.map(str::to_owned).to_vec(),
        };
        let question = Question::Stakeholders(nodes(&of).unwrap(), keys);
        let Some(answer) = case.ask(&question) else { return };
        let theirs = theirs(&all);
        case.same(&format!("whom to tell of {of:?}"), &told(&answer.json["stakeholders"]), &theirs);
        let ours = names(&answer.json["nobody"], None);
        case.same(&format!("of whom nobody is told for {of:?}"), &ours, &all.nobody);
        heard += theirs.len();
        silent += all.nobody.len();
        let others = theirs.iter().flat_map(|(_, _, nodes)| nodes);
        hit += others.filter(|node| !of.contains(node)).count();
    });
    assert!(!several || (heard > 500 && silent > 50 && hit > 50), "{heard} {silent} {hit}");
}
