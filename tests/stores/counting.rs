//! No policy asks the graph once per machine.

use std::fs;
use std::sync::Arc;

use groundrule_engine::estate::Settings;
use groundrule_inventory::source::{self, Access, Location, Opening, Role, Secret};
use groundrule_inventory::{Estate, Options};

use crate::in_process::judge_sources;
use crate::running::{NOW, Place, shipped};
use crate::server::Neo4j;

/// How many questions a shipped policy may ask the graph, who depends on whom included, whatever the
/// number of machines: all dependencies, the classes in their filters, what falls with what.
const QUESTIONS: usize = 3;

#[test]
fn each_shipped_policy_asks_the_graph_a_few_times() {
    let neo4j = Neo4j::turn();
    let features = fs::read_to_string(shipped("features/design-principles.feature")).unwrap();
    let policies: Vec<_> = features.split("\n\n").skip(1).collect();
    assert_eq!(policies.len(), 7);
    let place = Place::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for estate in ["examples/estate", "examples/estate-broken"] {
        neo4j.load(estate);
        let reading = Options::default();
        let directory = Estate::open(shipped(estate).as_ref(), &reading).unwrap();
        let directory = Arc::new(directory);
        for policy in &policies {
            place.write("one.feature", format!("Feature: f\n{policy}\n"));
            let questions = runtime.block_on(async {
                let location = Location::parse(&neo4j.url()).unwrap();
                let access = Access {
                    user: Some(neo4j.service.user().to_owned()),
                    password: Some(Secret::new(neo4j.service.password())),
                    ..Access::default()
                };
                let reading = reading.clone();
                let opening = Opening { roles: vec![Role::Graph], access, reading };
                let opened = source::open(&location, &opening).await.unwrap();
                let mut sources = directory.sources();
                sources.graph = opened.sources.graph;
                let settings = Settings::at(NOW.parse().unwrap());
                groundrule_engine::estate::Estate::open(sources.clone(), settings.clone()).await;
                let opening = opened.health.questions();
                let judged = judge_sources(sources, &place.path("one.feature"), settings).await;
                assert!(judged.unwrap()[0].undecided.is_none(), "{estate}: {policy}");
                // The estate was put together twice.
                opened.health.questions() - 2 * opening
            });
            assert!(questions <= QUESTIONS, "{questions} questions:\n{policy}");
        }
    }
}
