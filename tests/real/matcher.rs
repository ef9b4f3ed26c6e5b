//! Filters beside MCollective's own matcher: its Ruby, run on the same nodes with the same filters.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use groundrule_core::filter::{Filter, FilterError};
use groundrule_engine::estate::{Estate, Settings};
use groundrule_engine::world::World;
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use crate::real;
use crate::running::Place;

/// Options of `mco find`, each with its value.
type Options = Vec<(&'static str, String)>;

/// What a filter selects; none where it is refused, or fails on a node.
type Selected = Option<BTreeSet<String>>;

/// What MCollective says of each filter.
fn mcollective(nodes: &[Value], filters: &[Options]) -> Vec<Selected> {
    let input = json!({"nodes": nodes, "filters": filters}).to_string();
    let mut ruby = real::ruby("matcher/matcher.rb");
    let said = real::run(&mut ruby, &input, "mcollective-common ruby");
    let answers: Vec<Value> = serde_json::from_str(&said).unwrap();
    assert_eq!(answers.len(), filters.len());
    answers
        .into_iter()
        .map(|answer| {
            let failed = answer["failed"].as_object().is_none_or(|failed| !failed.is_empty());
            (!failed).then(|| serde_json::from_value(answer["nodes"].clone()).unwrap())
        })
        .collect()
}

/// What groundrule says of each filter.
fn groundrule(nodes: &[Value], filters: &[Options]) -> Vec<Selected> {
    let place = Place::new();
    let rows = nodes.iter().map(|node| {
        let row = json!({"fqdn": node["identity"], "lastseen": 0, "facts": node["facts"],
            "classes": node["classes"], "agentlist": node["agents"]});
        format!("{row}\n")
    });
    place.write("estate/registrations/all.ndjson", rows.collect::<String>());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let world = runtime.block_on(open(&place.path("estate")));
    let select = |options: &Options| {
        let filter = read(options).ok()?;
        let truth = runtime.block_on(world.filter(&filter));
        assert!(truth.maybe.is_empty(), "{options:?}");
        Some(truth.yes.ones().map(|node| world.name(node).to_string()).collect())
    };
    filters.iter().map(select).collect()
}

async fn open(estate: &Path) -> World {
    let options = groundrule_inventory::Options::default();
    let directory = Arc::new(groundrule_inventory::Estate::open(estate, &options).unwrap());
    assert!(directory.problems().is_empty());
    let settings = Settings::at(Timestamp::UNIX_EPOCH);
    World::today(Arc::new(Estate::open(directory.sources(), settings).await))
}

/// All options together, as `groundrule estate nodes` puts them.
fn read(options: &Options) -> Result<Filter, FilterError> {
    let mut all = Vec::new();
    let mut identities = Vec::new();
    for (option, text) in options {
        match *option {
            "-F" => all.push(Filter::fact(text)?),
            "-C" => all.push(Filter::class(text)?),
            "-A" => all.push(Filter::agent(text)?),
            "-W" => all.push(Filter::with(text)?),
            "-S" => all.push(Filter::parse(text)?),
            _ => identities.push(Filter::identity(text)?),
        }
    }
    if !identities.is_empty() {
        all.push(Filter::Or(identities));
    }
    Ok(Filter::And(all))
}

fn one<T: Clone>(rng: &mut SmallRng, of: &[T]) -> T {
    of.choose(rng).unwrap().clone()
}

fn some(rng: &mut SmallRng, of: &[&str]) -> Vec<String> {
    of.iter().filter(|_| rng.random_bool(0.4)).map(|name| (*name).to_owned()).collect()
}

const ROLES: [&str; 4] = ["web", "db", "lb", "größe"];
const CORES: [&str; 5] = ["1", "4", "8", "16", "128"];
const LOADS: [&str; 4] = ["0.5", "1.25", "9.75", "10.0"];
const CLASSES: [&str; 6] = ["nginx", "nginx::vhost", "mysql::server", "ntp", "android", "notary"];
const AGENTS: [&str; 4] = ["rpcutil", "discovery", "nrpe", "puppet"];

/// Every node has a role and cores; the other facts it may have.
fn node(rng: &mut SmallRng, n: usize) -> Value {
    let cores = one(rng, &CORES);
    let cores = if rng.random() { json!(cores) } else { json!(cores.parse::<u32>().unwrap()) };
    let mut facts = Map::new();
    facts.insert("role".into(), one(rng, &ROLES).into());
    facts.insert("cores".into(), cores);
    let maybe: [(&str, Value); 5] = [
        ("load", one(rng, &LOADS).into()),
        ("up", rng.random::<bool>().into()),
        ("tags", some(rng, &["a", "b", "8", "web"]).into()),
        ("net", some(rng, &["eth0", "eth1", "lo"]).into_iter().map(|k| (k, json!("x"))).collect()),
        ("empty", "".into()),
    ];
    facts
        .extend(maybe.into_iter().filter(|_| rng.random_bool(0.6)).map(|(k, v)| (k.to_owned(), v)));
    let place = one(rng, &["web", "db"]);
    json!({"identity": format!("{place}{n}.example.net"), "facts": facts,
        "classes": some(rng, &CLASSES), "agents": some(rng, &AGENTS)})
}

/// A comparison of a fact, with blanks around the operator where it may have some.
fn comparison(rng: &mut SmallRng, blanks: bool) -> String {
    let (names, values): (&[&str], &[&str]) = match rng.random_range(0..6) {
        0 => (&["role", "tags", "nosuch"], &["web", "db", "c", "a", "x"]),
        1 => (&["cores"], &["1", "5", "8", "16", "100"]),
        2 => (&["load"], &["0.5", "1.5", "10.0"]),
        3 => (&["up"], &["true", "false"]),
        4 => (&["tags", "net"], &["a", "b", "9", "eth0", "lo", "m"]),
        _ => (
            &["role", "tags", "net", "cores", "up", "nosuch"],
            &["/^w/", "/b$/", "/e|1/", "/^(db|8)$/", "/./"],
        ),
    };
    let value = one(rng, values);
    let operators: &[&str] =
        if value.starts_with('/') { &["="] } else { &["=", "=", "<", "<=", ">", ">="] };
    let gap = if blanks && rng.random_bool(0.3) { " " } else { "" };
    format!("{}{gap}{}{gap}{value}", one(rng, names), one(rng, operators))
}

fn class(rng: &mut SmallRng) -> String {
    let regexes = ["/^n/", "/server$/", "/ng.*x/", "/zzz/", "/::/"];
    let absent = ["apache", "nosuch::class"];
    match rng.random_range(0..8) {
        0..4 => one(rng, &CLASSES).to_owned(),
        4..7 => one(rng, &regexes).to_owned(),
        _ => one(rng, &absent).to_owned(),
    }
}

/// `fact('role').value=web`, of a fact that every node has.
fn function(rng: &mut SmallRng) -> String {
    let (name, values): (&str, &[&str]) = if rng.random() {
        ("role", &["web", "db", "/^w/", "/x/"])
    } else {
        ("cores", &["8", "16", "/6/"])
    };
    let quote = one(rng, &["'", "\""]);
    format!("fact({quote}{name}{quote}).value{}{}", one(rng, &["=", "!="]), one(rng, values))
}

fn compound(rng: &mut SmallRng, depth: u32) -> String {
    match rng.random_range(0..if depth == 0 { 3 } else { 8 }) {
        0 => class(rng),
        1 => comparison(rng, true),
        2 => {
            if rng.random_bool(0.3) {
                function(rng)
            } else {
                comparison(rng, false)
            }
        }
        3 => format!("not {}", compound(rng, depth - 1)),
        4 => format!(
            "{}({})",
            one(rng, &["!", "! ", "not ", "not", "", ""]),
            compound(rng, depth - 1)
        ),
        5 => format!("!{}", class(rng)),
        _ => {
            let word = one(rng, &["and", "or"]);
            format!("{} {word} {}", compound(rng, depth - 1), compound(rng, depth - 1))
        }
    }
}

fn options(rng: &mut SmallRng) -> Options {
    let count = one(rng, &[1, 1, 1, 2, 3]);
    let mut named = false;
    (0..count)
        .map(|_| match rng.random_range(0..10) {
            0 | 1 => {
                let operator = one(rng, &["==", "!=", "=>", "=<"]);
                let fact = if rng.random_bool(0.3) {
                    format!("{}{operator}{}", one(rng, &["role", "nosuch"]), one(rng, &ROLES))
                } else if rng.random_bool(0.2) {
                    format!("{}=~{}", one(rng, &["role", "tags"]), one(rng, &["^w", "b", "/^d/"]))
                } else {
                    comparison(rng, true)
                };
                ("-F", fact)
            }
            2 => ("-C", class(rng)),
            3 => ("-A", one(rng, &["rpcutil", "nrpe", "/^d/", "/p/", "nosuch"]).to_owned()),
            4 if !named => {
                named = true;
                (
                    "-I",
                    one(rng, &["web1.example.net", "/^web/", "/1/", "/example/", "nosuch"])
                        .to_owned(),
                )
            }
            5 => ("-W", format!("{} {}", class(rng), comparison(rng, false))),
            _ => ("-S", compound(rng, 3)),
        })
        .collect()
}

/// What MCollective's scanner stumbles over, and we read: a blank around an operator of two letters,
/// a `/regex/` at a closing parenthesis.
fn is_only_refused_there(filter: &Options) -> bool {
    filter.iter().any(|(option, text)| {
        let two = ["<=", ">=", "!="];
        let blank =
            |op: &&str| text.contains(&format!("{op} ")) || text.contains(&format!(" {op}"));
        *option == "-S" && (two.iter().any(blank) || text.contains("/)") || text.contains("/ )"))
    })
}

/// What MCollective takes for a class, since no blank follows, and we for a filter without its end.
fn is_only_refused_here(filter: &Options) -> bool {
    let last =
        |text: &str| text.split(' ').next_back().is_some_and(|w| ["and", "or", "not"].contains(&w));
    filter.iter().any(|(option, text)| *option == "-S" && last(text))
}

/// Both answers, side by side, where they are not the same for no known reason.
fn differences(nodes: &[Value], filters: &[Options]) -> Vec<String> {
    let (theirs, ours) = (mcollective(nodes, filters), groundrule(nodes, filters));
    let both = filters.iter().zip(ours).zip(theirs);
    both.filter(|((filter, ours), theirs)| {
        let known = (theirs.is_none() && is_only_refused_there(filter))
            || (ours.is_none() && is_only_refused_here(filter));
        ours != theirs && !known
    })
    .map(|((filter, ours), theirs)| format!("{filter:?}\n  ours {ours:?}\n  theirs {theirs:?}"))
    .collect()
}

/// Fails with the first of them.
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn random_filters_select_the_same_nodes() {
    let mut rng = SmallRng::seed_from_u64(20_261_122);
    let nodes: Vec<_> = (0..24).map(|n| node(&mut rng, n)).collect();
    let filters: Vec<_> = (0..4_000).map(|_| options(&mut rng)).collect();
    none(&differences(&nodes, &filters));
    // A comparison of nothing with nothing would prove nothing.
    let selected = groundrule(&nodes, &filters);
    let telling = selected.iter().flatten().filter(|found| !found.is_empty() && found.len() < 24);
    assert!(telling.count() > 1_500);
}

/// Words in any order: what is no filter there is none here.
#[test]
fn random_words_are_refused_alike() {
    let words = [
        "and",
        "or",
        "not",
        "!",
        "(",
        ")",
        "nginx",
        "/^n/",
        "role=web",
        "cores>4",
        "fact('role').value=db",
    ];
    let mut rng = SmallRng::seed_from_u64(20_261_123);
    let nodes: Vec<_> = (0..6).map(|n| node(&mut rng, n)).collect();
    let filters: Vec<Options> = (0..4_000)
        .map(|_| {
            let count = rng.random_range(1..8);
            let words: Vec<_> = (0..count).map(|_| one(&mut rng, &words)).collect();
            vec![("-S", words.join(" "))]
        })
        .collect();
    none(&differences(&nodes, &filters));
}

/// Where we mean to differ: the filter, what it selects here and there (`-` where it is refused or
/// fails), and why. W is a web server, D a database. docs/filters.md tells the same.
const DIFFERENT: [(&str, &str, &str, &str, &str); 33] = [
    ("-S", "role!=web", "D", "", "MCollective knows != in -F only, and looks for a fact `role!`"),
    ("-S", "cores=>9", "D", "", "as => and =<: in -F only, else a value `>9`"),
    ("-S", "cores=<9", "W", "", "as above"),
    ("-S", "role==web", "W", "", "as above: the value is empty"),
    ("-S", "role=~^w", "W", "", "as above: a value `~^w`"),
    ("-S", "cores >= 9", "D", "-", "blanks around operators of two letters"),
    ("-S", "(/^ng/)", "W", "-", "a /regex/ at a closing parenthesis"),
    ("-S", "role=web\tand nginx", "W", "-", "any blank separates"),
    ("-F", " role=web", "W", "-", "blanks around a filter do not count"),
    ("-F", "role=web ", "W", "", "as above"),
    ("-S", "or", "-", "", "words of the language are no classes"),
    ("-S", "not", "-", "", "as above"),
    ("-F", "role!=/^w/", "D", "WD", "a /regex/ is one with != too"),
    ("-F", "role=/^W/i", "W", "", "/regex/i ignores case"),
    ("-F", "cores>=/8/", "-", "WD", "a /regex/ is in no order"),
    ("-F", "cores<9.5", "W", "WD", "numbers compare as numbers, with and without fraction"),
    ("-F", "cores>9.5", "D", "", "as above"),
    ("-F", "temp<-4", "W", "", "as above, below zero"),
    ("-F", "temp>-6", "WD", "D", "as above"),
    ("-F", "pad<9", "W", "-", "08 is a number: Ruby refuses it, and the node does not answer"),
    ("-F", "odd<2.5", "W", "-", "1x5 is text: Ruby fails on it as a number"),
    ("-F", "nothing!=x", "", "W", "null is no value"),
    ("-F", "UPPER=x", "W", "", "names of facts in any case"),
    ("-F", "os.family=Debian", "W", "", "dots go into structures"),
    ("-S", "fact('a.b').value=1", "W", "-", "a name with a dot is looked up whole first"),
    ("-S", "fact('cores').value>=9", "D", "", "a function compares like a fact"),
    ("-S", "fact('list').value=a", "W", "", "as above: one element of a list"),
    (
        "-S",
        "not fact('nosuch').value=x",
        "WD",
        "-",
        "an absent fact does not match; there it is an error",
    ),
    ("-S", "fact('nosuch').value=false", "", "WD", "as above: there it is false"),
    ("-C", "Nginx", "W", "", "classes in any case"),
    ("-C", "::nginx", "W", "", "and from the top"),
    ("-A", "mcollective", "", "WD", "only agents that registered count"),
    ("-I", "WEB1.x", "W", "", "nodes in any case"),
];

#[test]
fn the_known_differences_are_these() {
    let nodes = [
        json!({"identity": "web1.x", "classes": ["nginx"], "agents": ["rpcutil"], "facts": {
            "role": "web", "cores": "8", "temp": "-5", "os": {"family": "Debian"}, "nothing": null,
            "Upper": "x", "list": ["a", "b"], "a.b": "1", "odd": "1x5", "pad": "08"}}),
        json!({"identity": "db1.x", "classes": ["mysql::server"], "agents": ["nrpe"], "facts": {
            "role": "db", "cores": "10", "temp": "3", "list": ["c"]}}),
    ];
    let filters: Vec<Options> =
        DIFFERENT.iter().map(|(option, text, ..)| vec![(*option, (*text).to_owned())]).collect();
    let shown = |selected: &Selected| match selected {
        None => "-".to_owned(),
        Some(nodes) => {
            let letter = |node: &str, letter| if nodes.contains(node) { letter } else { "" };
            format!("{}{}", letter("web1.x", "W"), letter("db1.x", "D"))
        }
    };
    let (ours, theirs) = (groundrule(&nodes, &filters), mcollective(&nodes, &filters));
    for ((option, text, here, there, why), (ours, theirs)) in
        DIFFERENT.iter().zip(ours.iter().zip(&theirs))
    {
        assert_ne!(here, there);
        assert_eq!(
            (shown(ours).as_str(), shown(theirs).as_str()),
            (*here, *there),
            "{option} {text}: {why}"
        );
    }
    // Two identities: one of them here, exactly one of them there.
    let both: Options = vec![("-I", "/x/".into()), ("-I", "/^web/".into())];
    let both = [both];
    assert_eq!(shown(&groundrule(&nodes, &both)[0]), "WD");
    assert_eq!(shown(&mcollective(&nodes, &both)[0]), "D");
}
