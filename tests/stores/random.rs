//! Random policies on random estates: Neo4j comes to what the directory comes to.

use std::sync::Arc;

use groundrule_core::ports::Sources;
use groundrule_engine::estate::Settings;
use groundrule_engine::event::Judged;
use groundrule_inventory::source::{self, Access, Location, Opening, Role, Run, Secret};
use groundrule_inventory::{Estate, Options};
use groundrule_oracle::generate;
use jiff::Timestamp;

use crate::cases::{Place, can_run, expect_none, policies, seeds};
use crate::in_process::judge_sources;
use crate::server::Neo4j;

/// Everything that a run says of its policies, but for how long they took.
pub fn told(judged: &[Arc<Judged>]) -> Vec<String> {
    let one = |judged: &Arc<Judged>| {
        let findings: Vec<_> = judged
            .findings
            .iter()
            .map(|finding| format!("{} {:?}", finding.fingerprint, finding.violation))
            .collect();
        format!("{} {:?} {findings:#?} {:?}", judged.policy.name, judged.status, judged.undecided)
    };
    judged.iter().map(one).collect()
}

#[test]
fn random_policies_come_to_the_same() {
    let neo4j = Neo4j::turn();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut different = Vec::new();
    for seed in seeds(200).take(200) {
        let mut rng = generate::seeded(seed);
        let estate = generate::estate(&mut rng);
        let place = Place::new();
        let directory = place.estate("estate", &estate);
        let policies: Vec<_> = policies(&mut rng, &estate).into_iter().filter(can_run).collect();
        let feature = place.feature("policies", &policies);
        let reading = Options::default();
        let directory = Arc::new(Estate::open(&directory, &reading).unwrap());
        let settings = Settings::at(Timestamp::from_second(estate.now).unwrap());
        let (embedded, graph) = runtime.block_on(async {
            let location = Location::parse(&neo4j.url()).unwrap();
            let access = Access {
                user: Some(neo4j.service.user().to_owned()),
                password: Some(Secret::new(neo4j.service.password())),
                ..Access::default()
            };
            let opening = Opening { roles: vec![Role::Graph], access, reading: reading.clone() };
            let targets = source::target(&location, &opening).await.unwrap();
            let run =
                Run { id: seed.to_string(), at: Timestamp::UNIX_EPOCH, prune: true, all: false };
            source::copy(&directory, &reading, targets, &run, &mut |_| {}).await.unwrap();
            let opened = source::open(&location, &opening).await.unwrap();
            let mut sources: Sources = directory.sources();
            let embedded = judge_sources(sources.clone(), &feature, settings.clone()).await;
            if sources.graph.is_some() {
                sources.graph = opened.sources.graph;
            }
            (embedded, judge_sources(sources, &feature, settings).await)
        });
        let (Ok(embedded), Ok(graph)) = (embedded, graph) else {
            continue;
        };
        for (embedded, graph) in told(&embedded).iter().zip(told(&graph)) {
            if *embedded != graph {
                different.push(format!("seed {seed}:\ndirectory: {embedded}\nNeo4j: {graph}"));
            }
        }
    }
    expect_none(&different);
}
