//! The contract of `GraphStore`.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use groundrule_core::dependency::{Declared, End};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{Cause, Ends, GraphStore, Links, Origin, ResourceQuery, Rows};
use groundrule_core::source::Known;
use serde_json::{Value, json};

use crate::stores::{GRAPHS, Store};

/// Names that are hard to quote, in every language that they pass through.
const HOSTILE: &str = "it's \"${x}\" `n` \\ {}) RETURN 1 //\n\t$names \u{1f980}";

fn name(text: &str) -> NodeName {
    NodeName::new(text).unwrap()
}

fn reference(text: &str) -> ResourceRef {
    ResourceRef::stored(text).unwrap()
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "json! makes them")]
fn resource(of_type: &str, title: &str, parameters: Value) -> Value {
    json!({"type": of_type, "title": title, "parameters": parameters})
}

/// Two machines with everything that a catalog can have, one without a catalog, one whose catalog is
/// broken, and dependencies beside them.
fn estate() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let mut config = resource(
        "File",
        "config",
        json!({"path": "/etc/app.conf", "content": "x", "password": "hunter2", "mode": "0640",
            "settings": {"token": "hunter3", "size": 7}, "secretive": "hunter4"}),
    );
    config["sensitive_parameters"] = json!(["secretive"]);
    let app = json!({
        "name": "a", "version": 1_790_000_000, "environment": "production", "classes": ["app", "settings", HOSTILE],
        "resources": [
            resource("Stage", "main", json!({})),
            resource("Class", "app", json!({})),
            config,
            resource("Service", "app", json!({"require": "File[config]", "ensure": "running", "n": 12345678901i64})),
            resource("Notify", HOSTILE, json!({"subscribe": "Service[app]", "message": HOSTILE})),
            resource("Groundrule::Dependency", "db", json!({
                "from": "Service[app]", "nodes": ["b", "gone"], "on": "Service[db]", "needs": "all"})),
            resource("Groundrule::Dependency", "soft", json!({
                "from": "File[/etc/app.conf]", "matching": "role=db", "kind": "soft"})),
            resource("Groundrule::Dependency", "lost", json!({
                "from": "Service[nosuch]", "nodes": ["b"], "needs": 2})),
        ],
        "edges": [
            {"source": "Stage[main]", "target": "Class[App]"},
            {"source": "Class[App]", "target": "File[config]"},
            {"source": "Class[App]", "target": "Service[app]"},
        ],
    });
    let db = json!({
        "name": "b", "version": 1_790_000_100, "environment": "", "classes": ["db"],
        "resources": [
            resource("Stage", "main", json!({})),
            resource("Class", "db", json!({})),
            resource("Service", "db", json!({"ensure": "running", "password": "hunter5"})),
        ],
        "edges": [
            {"source": "Stage[main]", "target": "Class[Db]"},
            {"source": "Class[Db]", "target": "Service[db]"},
        ],
    });
    write("catalogs/a.json", app.to_string());
    write("catalogs/b.json", db.to_string());
    write("catalogs/c.json", "{".into());
    write("facts/d.json", json!({"fqdn": "d"}).to_string());
    write(
        "relationships.yaml",
        "- {node: a, from: 'File[config]', nodes: [d], on: 'Service[x]'}\n\
         - {node: d, from: 'Service[x]', nodes: [a]}\n- {node: c, nodes: [a], needs: all}\n"
            .into(),
    );
    place
}

fn sorted<T: Debug>(rows: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut rows: Vec<_> = rows.into_iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

fn shown<T: Debug>(rows: Rows<T>) -> Vec<String> {
    sorted(rows.into_iter().map(|(node, row)| (node.to_string(), row)))
}

async fn with<F, Fut>(test: F)
where
    F: Fn(Store, std::sync::Arc<dyn GraphStore>) -> Fut,
    Fut: Future<Output = ()>,
{
    let place = estate();
    for store in GRAPHS {
        let filled = store.filled(place.path()).await;
        test(store, filled.sources.graph.clone().unwrap()).await;
    }
}

#[tokio::test]
async fn which_catalogs_there_are() {
    with(|store, graph| async move {
        let listing = graph.nodes().await.unwrap();
        assert!(!listing.absent && listing.gaps.is_empty(), "{store:?}: {listing:?}");
        let readable = listing.readable.iter();
        let readable = readable.map(|(node, made)| (node.to_string(), made.unwrap().as_second()));
        let expected = [("a".to_owned(), 1_790_000_000), ("b".to_owned(), 1_790_000_100)];
        assert_eq!(sorted(readable), sorted(expected), "{store:?}");
        let [(node, why)] = &listing.unreadable[..] else {
            panic!("{store:?}: {:?}", listing.unreadable);
        };
        assert_eq!(node, &name("c"));
        assert!(why.contains("catalogs/c.json"), "{store:?}: {why}");
        let environments = graph.environments().await.unwrap();
        assert_eq!(shown(environments), [r#"("a", "production")"#], "{store:?}");
        assert!(graph.undeclared().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn classes_by_name_and_by_expression() {
    with(|store, graph| async move {
        let hostile = HOSTILE.to_lowercase();
        for (asked, expected) in [
            ("db", vec![("b", vec!["db"])]),
            ("/^(app|db)$/", vec![("a", vec!["app"]), ("b", vec!["db"])]),
            ("/s/i", vec![("a", vec![hostile.as_str(), "settings"])]),
            ("nosuch", vec![]),
            (hostile.as_str(), vec![("a", vec![hostile.as_str()])]),
            ("db' OR true //", vec![]),
        ] {
            let wanted = match asked == hostile {
                true => Pattern::Plain(asked.to_owned()),
                false => pattern(asked),
            };
            let mut found = graph.classes(&wanted).await.unwrap();
            found.iter_mut().for_each(|(_, classes)| classes.sort_unstable());
            assert_eq!(shown(found), sorted(expected), "{store:?} {asked}");
        }
    })
    .await;
}

#[tokio::test]
async fn resources_by_type_by_name_and_by_alias() {
    with(|store, graph| async move {
        let named = |text: &str| ResourceQuery::Named(pattern(text));
        let of_type = |text: &str| ResourceQuery::OfType(pattern(text));
        let hostile = format!("Notify[{HOSTILE}]");
        for (query, expected) in [
            (of_type("Service"), vec![("a", "Service[app]"), ("b", "Service[db]")]),
            (of_type("/^(File|Notify)$/"), vec![("a", "File[config]"), ("a", &hostile)]),
            (of_type("Nosuch"), vec![]),
            (named("File[config]"), vec![("a", "File[config]")]),
            (named("File[/etc/app.conf]"), vec![("a", "File[config]")]),
            (named("File[/etc/app.conf/]"), vec![("a", "File[config]")]),
            (named("/app/"), vec![("a", "Service[app]")]),
            (named("nosuch"), vec![]),
            (ResourceQuery::Named(Pattern::Plain(hostile.clone())), vec![("a", &hostile)]),
        ] {
            let found = graph.resources(&query).await.unwrap();
            let expected = expected.into_iter().map(|(node, of)| (node, reference(of)));
            assert_eq!(shown(found), sorted(expected), "{store:?} {query:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn parameters_but_no_secrets() {
    with(|store, graph| async move {
        let all = [name("a"), name("b"), name("c"), name("d")];
        let of = async |resource: &str, parameter: &str| {
            shown(graph.parameters(&reference(resource), parameter, &all).await.unwrap())
        };
        let absent = || ("b".to_owned(), Known::<Value>::Absent);
        for (parameter, value) in [
            ("ensure", Known::Present(json!("running"))),
            ("n", Known::Present(json!(12_345_678_901_i64))),
            ("require", Known::Present(json!("File[config]"))),
            ("nosuch", Known::Absent),
        ] {
            let found = of("Service[app]", parameter).await;
            assert_eq!(found, sorted([("a".to_owned(), value), absent()]), "{store:?} {parameter}");
        }
        let found = of("File[/etc/app.conf]", "mode").await;
        assert_eq!(found, sorted([("a".to_owned(), Known::Present(json!("0640"))), absent()]));
        let found = of("File[config]", "secretive").await;
        let why = "the parameter is sensitive and never read".into();
        assert_eq!(found, sorted([("a".to_owned(), Known::<Value>::Unknown(why)), absent()]));
        let found = of(&format!("Notify[{HOSTILE}]"), "message").await;
        assert_eq!(found, sorted([("a".to_owned(), Known::Present(json!(HOSTILE))), absent()]));
    })
    .await;
}

fn declared(declared: &Declared) -> String {
    let kind = match &declared.from {
        End::Node => "node".to_owned(),
        End::Resource(of) => of.to_string(),
        End::Missing(of) => format!("missing {of}"),
    };
    format!("{} | {kind} | {}", declared.identity(), declared.declared_in)
}

#[tokio::test]
async fn declared_dependencies() {
    with(|store, graph| async move {
        let mut found: Vec<_> =
            graph.dependencies().await.unwrap().iter().map(declared).collect();
        found.sort_unstable();
        let mut expected = vec![
            "Service[app] on a needs all: Service[db] on b and gone (hard) | Service[app] | Groundrule::Dependency[db]",
            "File[config] on a needs 1: 1 of the nodes matching \"role=db\" (soft) | File[config] | Groundrule::Dependency[soft]",
            "Service[nosuch] on a needs 2: b (hard) | missing Service[nosuch] | Groundrule::Dependency[lost]",
            "File[config] on a needs 1: Service[x] on d (hard) | File[config] | relationships.yaml, line 1",
            "Service[x] on d needs 1: a (hard) | missing Service[x] | relationships.yaml, line 2",
            "c needs all: a (hard) | node | relationships.yaml, line 3",
        ];
        expected.sort_unstable();
        assert_eq!(found, expected, "{store:?}");
    })
    .await;
}

#[tokio::test]
async fn what_falls_with_what() {
    with(|store, graph| async move {
        let ends = |node: &str, from: &[&str], cause, on: &[&str]| Ends {
            node: name(node),
            from: from.iter().map(|of| reference(of)).collect(),
            cause,
            on: on.iter().map(|of| reference(of)).collect(),
        };
        let asked = [
            ends(
                "a",
                &["File[config]", "Service[app]"],
                Cause::Dependency,
                &["Service[app]", "Class[App]", "Service[no]"],
            ),
            ends("a", &["Service[app]"], Cause::Itself, &["File[config]", "Stage[main]"]),
            ends("b", &["Class[Db]"], Cause::Dependency, &["Service[db]"]),
            ends("b", &["Class[Db]"], Cause::Itself, &["Service[db]"]),
            ends("d", &["Service[x]"], Cause::Itself, &["Service[x]"]),
        ];
        let links = graph.links(&asked).await.unwrap();
        let expected = [
            (vec![true, true, false], vec![(0, 0), (0, 1), (1, 0), (1, 1)]),
            (vec![true, true], vec![(0, 1)]),
            (vec![true], vec![(0, 0)]),
            (vec![true], vec![]),
            (vec![false], vec![]),
        ];
        let expected = expected.map(|(has, falls)| Links { has, falls });
        assert_eq!(links, expected, "{store:?}");
        let origin =
            |node: &str, from: Option<&str>| Origin { node: name(node), from: from.map(reference) };
        let origins =
            [origin("a", Some("File[/etc/app.conf]")), origin("b", None), origin("d", None)];
        let fallen = graph.fallen(&origins);
        let hostile = format!("Notify[{HOSTILE}]");
        let expected =
            [("a", "File[config]"), ("a", "Service[app]"), ("a", &hostile), ("b", "Service[db]")];
        let expected = expected.map(|(node, of)| (node, reference(of)));
        assert_eq!(shown(fallen.await.unwrap()), sorted(expected), "{store:?}");
        let way =
            graph.way(&origin("a", Some("File[config]")), &reference(&hostile)).await.unwrap();
        let expected = ["File[config]", "Service[app]", &hostile].map(reference);
        assert_eq!(way, expected, "{store:?}");
        let none =
            graph.way(&origin("b", Some("Service[db]")), &reference("File[x]")).await.unwrap();
        assert!(none.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_nodes_have_by_every_name() {
    with(|store, graph| async move {
        let on = ["File[config]", "File[/etc/app.conf]", "File[/etc/app.conf/]", "Service[db]"];
        let ends = |node: &str, from: &[&str]| Ends {
            node: name(node),
            from: from.iter().map(|of| reference(of)).collect(),
            cause: Cause::Dependency,
            on: on.map(reference).to_vec(),
        };
        let alone = ["a", "b", "c", "d"].map(|node| ends(node, &[]));
        let expected = [
            vec![true, true, true, false],
            vec![false, false, false, true],
            vec![false; 4],
            vec![false; 4],
        ];
        let expected = expected.map(|has| Links { has, falls: Vec::new() });
        assert_eq!(graph.links(&alone).await.unwrap(), expected, "{store:?}");
        // One question about nodes with and without something that may fall, then again.
        let mixed = [ends("a", &[]), ends("b", &["Class[Db]"]), ends("a", &["Service[app]"])];
        for _ in 0..2 {
            let links = graph.links(&mixed).await.unwrap();
            assert_eq!((&links[0], &links[2].has), (&expected[0], &expected[0].has), "{store:?}");
            let falls = Links { has: expected[1].has.clone(), falls: vec![(0, 3)] };
            assert_eq!(links[1], falls, "{store:?}");
        }
        let nothing = Ends { on: Vec::new(), ..ends("a", &["Service[app]"]) };
        assert_eq!(graph.links(&[nothing]).await.unwrap(), [Links::default()], "{store:?}");
        assert!(graph.links(&[]).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_estate_without_catalogs_and_one_with_an_empty_folder() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("relationships.yaml"), "- {node: n1, nodes: [n2]}\n").unwrap();
    for store in GRAPHS {
        let filled = store.filled(place.path()).await;
        let graph = filled.sources.graph.clone().unwrap();
        let listing = graph.nodes().await.unwrap();
        assert!(listing.absent && listing.readable.is_empty(), "{store:?}: {listing:?}");
        assert_eq!(graph.undeclared().await.unwrap().len(), 1, "{store:?}");
        assert_eq!(graph.dependencies().await.unwrap().len(), 1, "{store:?}");
    }
    fs::create_dir(place.path().join("catalogs")).unwrap();
    fs::write(place.path().join("relationships.yaml"), "- {node: n1, node: [n2]}\n").unwrap();
    for store in GRAPHS {
        let filled = store.filled(place.path()).await;
        let graph = filled.sources.graph.clone().unwrap();
        assert!(!graph.nodes().await.unwrap().absent, "{store:?}");
        assert!(graph.undeclared().await.unwrap()[0].contains("relationships.yaml"), "{store:?}");
        assert!(graph.dependencies().await.unwrap().is_empty(), "{store:?}");
    }
}

/// Every catalog of the captured estate and of the examples gives the same answers in every store.
#[tokio::test]
async fn shipped_estates_answer_alike() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for estate in ["tests/real/captured/estate", "examples/estate", "examples/estate-broken"] {
        let directory: PathBuf = checkout.join(estate);
        let mut answers = Vec::new();
        for store in GRAPHS {
            let filled = store.filled(&directory).await;
            answers.push(everything(&*filled.sources.graph.clone().unwrap()).await);
        }
        assert!(answers[0].len() > 100, "{estate}");
        let differ = answers[0].iter().zip(&answers[1]).filter(|(a, b)| a != b);
        let differ: Vec<_> = differ.take(3).collect();
        assert!(differ.is_empty(), "{estate}: {differ:#?}");
        assert_eq!(answers[0].len(), answers[1].len(), "{estate}");
    }
}

async fn everything(graph: &dyn GraphStore) -> Vec<String> {
    let listing = graph.nodes().await.unwrap();
    let mut told = sorted(&listing.readable);
    told.extend(sorted(&listing.unreadable));
    told.extend(shown(graph.environments().await.unwrap()));
    let mut classes = graph.classes(&pattern("/./")).await.unwrap();
    classes.iter_mut().for_each(|(_, classes)| classes.sort_unstable());
    told.extend(shown(classes));
    let mut resources = graph.resources(&ResourceQuery::OfType(pattern("/./"))).await.unwrap();
    resources.sort_unstable();
    told.extend(shown(resources.clone()));
    told.extend(sorted(graph.dependencies().await.unwrap().iter().map(declared)));
    let nodes: Vec<_> = listing.readable.iter().map(|(node, _)| node.clone()).collect();
    for parameter in ["ensure", "path", "content", "from", "require"] {
        for (_, resource) in resources.iter().step_by(7) {
            let values = graph.parameters(resource, parameter, &nodes).await.unwrap();
            told.extend(shown(values));
        }
    }
    let of = |node: &NodeName| {
        let ours = resources.iter().filter(|(other, _)| other == node);
        ours.map(|(_, resource)| resource.clone()).collect::<Vec<_>>()
    };
    for cause in [Cause::Dependency, Cause::Itself] {
        let ends =
            |node: &NodeName| Ends { node: node.clone(), from: of(node), cause, on: of(node) };
        // Resources of a node come in any order: each is asked for in the same one.
        let mut all: Vec<_> = nodes.iter().map(ends).collect();
        all.sort_unstable_by(|a, b| a.node.cmp(&b.node));
        all.iter_mut().for_each(|ends| {
            ends.from.sort_unstable();
            ends.on.sort_unstable();
        });
        told.extend(graph.links(&all).await.unwrap().iter().map(|links| format!("{links:?}")));
    }
    let mut nodes = nodes;
    nodes.sort_unstable();
    for node in &nodes {
        let mut all = of(node);
        all.sort_unstable();
        for from in all.iter().step_by(5) {
            let origin = Origin { node: node.clone(), from: Some(from.clone()) };
            for to in all.iter().step_by(3) {
                told.push(format!("{:?}", graph.way(&origin, to).await.unwrap()));
            }
        }
    }
    told
}
