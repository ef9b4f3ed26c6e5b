//! What `doctor` says of real servers, and of those that are not there.

use crate::running::{NOW, Place, shipped};
use crate::server::{Neo4j, login};

#[test]
fn it_tells_what_each_source_is_and_how_old() {
    let neo4j = Neo4j::turn();
    neo4j.load("tests/real/captured/estate");
    let place = Place::new();
    let estate = format!("estate:{}", shipped("tests/real/captured/estate"));
    let ran = neo4j.run(&place, &["doctor", "--now", NOW, "--facts", &estate]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for said in ["Neo4j 5.", "(community)", "9 catalogs", "9 facts", "no problems"] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    place.write("groundrule.toml", "[sources]\ncatalogs.max_age = \"1s\"\n");
    let ran = neo4j.run(&place, &["doctor", "--now", "2027-01-01T00:00:00Z"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("9 are older than 1 second"), "{}", ran.stdout);
}

#[test]
fn it_tells_what_to_do_about_a_wrong_login() {
    let neo4j = Neo4j::turn();
    let place = Place::new();
    let url = neo4j.url();
    let mut command = place.command(&["doctor", "--graph", &url]);
    login(&mut command, neo4j.service);
    let output = command.env("NEO4J_PASSWORD", "hunter2hunter2").output().unwrap();
    let ran: crate::running::Ran = output.into();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("set NEO4J_USER and NEO4J_PASSWORD"), "{}", ran.stdout);
    assert!(!ran.told().contains("hunter2"));
    let ran = place.run(&["doctor", "--graph", "bolt://neo4j:hunter2@127.0.0.1"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(!ran.told().contains("hunter2") && ran.stderr.contains("NEO4J_USER"), "{ran:?}");
    let ran = place.run(&["doctor", "--graph", "bolt://127.0.0.1:1"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("nobody listens there"), "{}", ran.stdout);
}
