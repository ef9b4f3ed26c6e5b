//! The same policies on the same estates, with everything in an SQLite file, and with facts and
//! registrations in MongoDB: the results are those of the directory.

use std::sync::{Arc, LazyLock};

use groundrule_core::ports::Sources;
use groundrule_engine::estate::Settings;
use groundrule_inventory::source::{self, Access, Location, Opening, Role, Run};
use groundrule_inventory::{Estate, Options};
use groundrule_oracle::generate;
use groundrule_services::Service;
use jiff::Timestamp;

use crate::alike::{ESTATES, results};
use crate::cases::{Place as Cases, can_run, expect_none, policies, seeds};
use crate::in_process::judge_sources;
use crate::random::told;
use crate::running::{NOW, Place, Ran, shipped};

static MONGODB: LazyLock<Service> = LazyLock::new(groundrule_services::mongodb);

/// The address of a collection.
pub fn mongodb(name: &str) -> String {
    format!("mongodb://127.0.0.1:{}/{name}", MONGODB.port())
}

/// Runs the shipped policies on an estate of which these parts come from elsewhere.
fn judged(place: &Place, estate: &str, urls: &[(&str, String)]) -> Ran {
    let (features, directory) = (shipped("features"), shipped(estate));
    let mut arguments =
        vec![features, "--now".into(), NOW.into(), "--format".into(), "results".into()];
    arguments.extend(["--estate".into(), directory]);
    arguments.extend(urls.iter().flat_map(|(role, url)| [format!("--{role}"), url.clone()]));
    place.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

pub fn load(place: &Place, estate: &str, urls: &[(&str, String)]) {
    let mut arguments =
        vec!["load".to_owned(), "--from".into(), format!("estate:{}", shipped(estate))];
    arguments.extend(["--prune".into(), "--quiet".into()]);
    arguments.extend(urls.iter().flat_map(|(role, url)| [format!("--{role}"), url.clone()]));
    let ran = place.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn shipped_policies_come_to_the_same() {
    for estate in ESTATES {
        let place = Place::new();
        let embedded = judged(&place, estate, &[]);
        let has = |folder: &str| std::path::Path::new(&shipped(estate)).join(folder).exists();
        let kinds = [("graph", "catalogs"), ("facts", "facts"), ("registrations", "registrations")];
        let kinds = kinds.into_iter().filter(|(_, folder)| has(folder)).map(|(kind, _)| kind);
        let file = format!("sqlite:{}", place.path("estate.db").display());
        let sqlite: Vec<_> = kinds.clone().map(|kind| (kind, file.clone())).collect();
        let name = |kind: &str| mongodb(&format!("{}.{kind}", estate.replace(['/', '-'], "_")));
        let mongodb: Vec<_> =
            kinds.filter(|kind| *kind != "graph").map(|kind| (kind, name(kind))).collect();
        for urls in [sqlite, mongodb] {
            load(&place, estate, &urls);
            let there = judged(&place, estate, &urls);
            assert_eq!(embedded.code, there.code, "{estate} {urls:?}: {}", there.stderr);
            assert_eq!(results(&embedded), results(&there), "{estate} {urls:?}");
        }
    }
}

/// What an estate directory has, from another place.
async fn elsewhere(directory: &Estate, address: &str, roles: &[Role], run: &str) -> Sources {
    let location = Location::parse(address).unwrap();
    let reading = Options::default();
    let opening = Opening { roles: roles.to_vec(), access: Access::default(), reading };
    let targets = source::target(&location, &opening).await.unwrap();
    let run = Run { id: run.to_owned(), at: Timestamp::UNIX_EPOCH, prune: true, all: false };
    source::copy(directory, &opening.reading, targets, &run, &mut |_| {}).await.unwrap();
    source::open(&location, &opening).await.unwrap().sources
}

#[test]
fn random_policies_come_to_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut different = Vec::new();
    for seed in seeds(200).take(200) {
        let mut rng = generate::seeded(seed);
        let estate = generate::estate(&mut rng);
        let place = Cases::new();
        let directory = place.estate("estate", &estate);
        let policies: Vec<_> = policies(&mut rng, &estate).into_iter().filter(can_run).collect();
        let feature = place.feature("policies", &policies);
        let directory = Arc::new(Estate::open(&directory, &Options::default()).unwrap());
        let settings = Settings::at(Timestamp::from_second(estate.now).unwrap());
        runtime.block_on(async {
            let sources = directory.sources();
            let embedded = judge_sources(sources.clone(), &feature, settings.clone()).await;
            let Ok(embedded) = embedded else { return };
            let there = [
                (Role::Graph, sources.graph.is_some()),
                (Role::Facts, sources.facts.is_some()),
                (Role::Registrations, sources.registry.is_some()),
            ];
            let roles: Vec<_> =
                there.iter().filter(|(_, there)| *there).map(|(role, _)| *role).collect();
            let seed = seed.to_string();
            let file = format!("sqlite:{}", place.path().join("estate.db").display());
            let mut sqlite = elsewhere(&directory, &file, &roles, &seed).await;
            sqlite.discovery.clone_from(&sources.discovery);
            let mut mongodb = sources.clone();
            for role in roles {
                match role {
                    Role::Facts => {
                        let at = self::mongodb("random.facts");
                        mongodb.facts = elsewhere(&directory, &at, &[role], &seed).await.facts;
                    }
                    Role::Registrations => {
                        let at = self::mongodb("random.nodes");
                        mongodb.registry =
                            elsewhere(&directory, &at, &[role], &seed).await.registry;
                    }
                    _ => {}
                }
            }
            for (name, other) in [("SQLite", sqlite), ("MongoDB", mongodb)] {
                let Ok(there) = judge_sources(other, &feature, settings.clone()).await else {
                    different.push(format!("seed {seed}: {name} cannot be judged"));
                    continue;
                };
                for (embedded, there) in told(&embedded).iter().zip(told(&there)) {
                    if *embedded != there {
                        different
                            .push(format!("seed {seed}:\ndirectory: {embedded}\n{name}: {there}"));
                    }
                }
            }
        });
    }
    expect_none(&different);
}
