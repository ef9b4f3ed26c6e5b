//! Every question, and the gate, on every shipped estate: with the graph in Neo4j and documents in
//! MongoDB the answers are those of the directory.

use std::path::Path;

use crate::alike::ESTATES;
use crate::documents::{load, mongodb};
use crate::running::{NOW, Place, Ran, shipped};
use crate::server::Neo4j;

/// So many nodes of an estate are asked about.
const NODES: usize = 4;

/// What is asked about a node.
const OF_A_NODE: [&[&str]; 6] = [
    &["ask", "impact"],
    &["ask", "suppress"],
    &["ask", "downtime"],
    &["ask", "stakeholders"],
    &["ask", "shutdown-order"],
    &["gate", "terminate", "--hold", "0s", "--policies"],
];

/// What is asked about the whole estate.
const OF_ALL: [&[&str]; 5] = [
    &["ask", "spof"],
    &["ask", "unmanaged"],
    &["ask", "undeclared"],
    &["ask", "missing"],
    &["ask", "place", "--class", "mysql::server", "--count", "2", "--zone", "ZONE"],
];

#[test]
fn questions_and_the_gate_answer_the_same() {
    let neo4j = Neo4j::turn();
    let features = shipped("features");
    for estate in ESTATES {
        let (place, directory) = (Place::new(), shipped(estate));
        neo4j.load(estate);
        let has = |folder: &&str| Path::new(&directory).join(folder).exists();
        let name =
            |kind: &str| mongodb(&format!("asking_{}.{kind}", estate.replace(['/', '-'], "_")));
        let kinds: Vec<_> = ["facts", "registrations"].into_iter().filter(has).collect();
        let urls: Vec<_> = kinds.iter().map(|kind| (*kind, name(kind))).collect();
        load(&place, estate, &urls);
        let options: Vec<_> = urls.iter().map(|(kind, url)| (format!("--{kind}"), url)).collect();
        let both = |question: &[&str]| -> [Ran; 2] {
            let common = ["-f", "json", "--now", NOW, "--estate", &directory];
            let own = [question, &common].concat();
            let there = options.iter().flat_map(|(option, url)| [option.as_str(), url.as_str()]);
            let there: Vec<_> = own.iter().copied().chain(there).collect();
            [place.run(&own), neo4j.run(&place, &there)]
        };
        let nodes = place.run(&["estate", "nodes", "--estate", &directory]).stdout;
        let nodes: Vec<_> = nodes.lines().collect();
        let captured = estate.contains("captured");
        let zone = if captured { "location" } else { "availability_zone" };
        let word = |word: &'static str| if word == "ZONE" { zone } else { word };
        let mut questions: Vec<Vec<&str>> =
            OF_ALL.iter().map(|question| question.iter().copied().map(word).collect()).collect();
        for node in nodes.iter().take(NODES) {
            for question in OF_A_NODE {
                let paths = question.ends_with(&["--policies"]).then_some(features.as_str());
                questions.push(question.iter().copied().chain(paths).chain([*node]).collect());
            }
            questions.extend(nodes.iter().take(NODES).map(|to| vec!["ask", "path", node, to]));
        }
        for question in questions {
            let [here, there] = both(&question);
            assert!([0, 1, 3].contains(&here.code), "{estate} {question:?}: {here:?}");
            assert_eq!(here.code, there.code, "{estate} {question:?}: {there:?}");
            assert_eq!(here.stdout, there.stdout, "{estate} {question:?}");
        }
    }
}
