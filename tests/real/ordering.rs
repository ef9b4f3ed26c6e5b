//! `expanded` is the order in which real Puppet would apply a catalog, less what Puppet adds by
//! itself (a file after its directory). `edges` are those that PuppetDB stores.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::graph::{self, Pair, without_whits};
use crate::real::{self, captured, here};
use crate::running::{Place, shipped};

/// Manifests and catalogs with Puppet's answers beside them.
pub struct Asked {
    place: Place,
}

impl Asked {
    pub fn puppet(files: &[PathBuf]) -> Self {
        let place = Place::new();
        fs::create_dir(place.path("out")).unwrap();
        let mut ruby = real::ruby("puppet/graph.rb");
        ruby.arg(place.path("out")).arg(shipped("puppet")).args(files);
        real::run(&mut ruby, "", "puppet-agent");
        Self { place }
    }

    fn answer(&self, name: &str, what: &str) -> Option<String> {
        fs::read_to_string(self.place.path(&format!("out/{name}.{what}"))).ok()
    }

    /// What Puppet answered; or else the test fails with its words.
    pub fn expect(&self, name: &str, what: &str) -> String {
        self.answer(name, what)
            .unwrap_or_else(|| panic!("{name}: {:?}", self.answer(name, "error")))
    }

    pub fn catalog(&self, name: &str) -> String {
        self.expect(name, "catalog.json")
    }

    pub fn expanded(&self, name: &str) -> BTreeSet<Pair> {
        let edges: Vec<Pair> = serde_json::from_str(&self.expect(name, "expanded.json")).unwrap();
        without_whits(&edges)
    }
}

/// PuppetDB's edges in our words: ends are objects where Puppet sends them, and flat in answers.
pub fn stored_edges(edges: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let end = |edge: &Value, end: &str| {
        let flat =
            |part: &str| edge.get(format!("{end}_{part}")).unwrap_or(&edge[end][part]).clone();
        format!("{}[{}]", text(&flat("type")), text(&flat("title")))
    };
    let edges = edges.as_array().unwrap().iter();
    edges.map(|e| (end(e, "source"), end(e, "target"), text(&e["relationship"]))).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// What one has and the other has not, so that a failure can be read.
fn differences(ours: &BTreeSet<Pair>, puppets: &BTreeSet<Pair>) -> [Vec<Pair>; 2] {
    [ours.difference(puppets).cloned().collect(), puppets.difference(ours).cloned().collect()]
}

#[test]
fn manifests_are_ordered_as_puppet_orders_them() {
    let manifests = files(&here("puppet/manifests"));
    let asked = Asked::puppet(&manifests);
    let mut wrong = Vec::new();
    for manifest in &manifests {
        let name = stem(manifest);
        let graph = graph::of(&asked.catalog(&name), "node.example.net");
        let puppets = asked.expanded(&name);
        assert!(!puppets.is_empty(), "{name}: Puppet orders nothing");
        let [surplus, missing] = differences(&graph.expanded, &puppets);
        if !surplus.is_empty() || !missing.is_empty() {
            wrong.push(format!("{name}: only ours {surplus:?}, only Puppet's {missing:?}"));
        }
        let stored: Value = serde_json::from_str(&asked.expect(&name, "puppetdb.json")).unwrap();
        assert_eq!(graph.edges, stored_edges(&stored["edges"]), "{name}");
        // PuppetDB's form names the same resources, and is read to the same graph.
        let again = graph::of(&stored.to_string(), "node.example.net");
        assert_eq!((&again.resources, &again.edges), (&graph.resources, &graph.edges), "{name}");
        // It does not tell which types are defined: one without content and `::` looks like any other.
        let hollow = |pair: &Pair| pair.0 == "Hollow[h]" || pair.1 == "Hollow[h]";
        if again.expanded.iter().any(hollow) {
            assert_eq!(name, "defines");
        } else {
            assert_eq!(again.expanded, graph.expanded, "{name}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn captured_and_shipped_catalogs_are_ordered_as_puppet_orders_them() {
    for estate in [captured("estate"), shipped("examples/estate").into()] {
        let catalogs = files(&estate.join("catalogs"));
        assert!(catalogs.len() >= 9);
        let asked = Asked::puppet(&catalogs);
        for catalog in &catalogs {
            let node = stem(catalog);
            let ours = graph::read(&asked.place, &estate, &node).expanded;
            let puppets = asked.expanded(&node);
            assert!(!puppets.is_empty());
            assert_eq!(differences(&ours, &puppets), [vec![], vec![]], "{node}");
        }
    }
}

/// The captured picture, of a catalog that was made from its manifest again. All automatic
/// relationships in it are those of the files below the directory, which is declared by nobody to
/// come before anything.
#[test]
fn the_captured_picture_of_puppet_apply() {
    let manifest = captured("apply/site.pp");
    let asked = Asked::puppet(&[manifest]);
    let ours = graph::of(&asked.catalog("site"), "node.example.net").expanded;
    let picture = dot(&real::text("apply/expanded_relationships.dot"));
    let automatic = "File[/tmp/real-run/apply]";
    let mut puppets = without_whits(&picture);
    let before = puppets.len();
    puppets.retain(|(source, _)| source != automatic);
    assert_eq!(before - puppets.len(), 10, "files below the directory");
    assert_eq!(differences(&ours, &puppets), [vec![], vec![]]);
    // By hand, from the manifest: five arrows and the require of the class's notify.
    assert!(ours.contains(&("Exec[fails]".into(), "File[/tmp/real-run/apply/never]".into())));
    assert_eq!(ours.len(), 6);
}

/// The edges of a picture as Puppet writes it.
fn dot(text: &str) -> Vec<Pair> {
    let name = |text: &str| text.trim().trim_end_matches('[').trim().trim_matches('"').to_owned();
    text.lines()
        .filter_map(|line| line.split_once(" -> "))
        .map(|(source, target)| (name(source), name(target)))
        .collect()
}

/// `puppet apply --noop --graph` itself draws what the script of the other tests asks for.
#[test]
fn puppet_apply_draws_the_same() {
    let place = Place::new();
    let manifest = here("puppet/manifests/defines.pp");
    let state = place.path("state").display().to_string();
    let mut puppet = std::process::Command::new("/usr/bin/puppet");
    puppet.args(["apply", "--noop", "--graph", "--color", "false"]).arg(&manifest);
    for folder in ["confdir", "vardir", "logdir", "rundir", "publicdir", "graphdir"] {
        puppet.args([format!("--{folder}"), format!("{state}/{folder}")]);
    }
    puppet.env("HOME", place.path("")).env("LC_ALL", "C.UTF-8");
    real::run(&mut puppet, "", "puppet-agent");
    let drawn = place.read("state/graphdir/expanded_relationships.dot");
    let asked = Asked::puppet(&[manifest]);
    // Schedules and the filebucket, which every agent has, are related to nothing.
    assert_eq!(without_whits(&dot(&drawn)), asked.expanded("defines"));
}

#[test]
fn cycles_are_those_that_puppet_finds() {
    let names = ["captured-cycle", "captured-multi-cycle", "captured-containment-cycle", "cycles"];
    let manifests: Vec<_> =
        names.iter().map(|name| here(&format!("puppet/manifests/{name}.pp"))).collect();
    let asked = Asked::puppet(&manifests);
    let cycles = |name: &str| graph::of(&asked.catalog(name), "node.example.net").cycles;
    // As the captured errors of `puppet apply` name them, less their order.
    assert_eq!(cycles(names[0]), [["Notify[a]", "Notify[b]", "Notify[c]"]]);
    assert_eq!(cycles(names[1]), [["Notify[a]", "Notify[b]"], ["Notify[x]", "Notify[y]"]]);
    assert_eq!(cycles(names[2]), [["Class[One]", "Notify[in one]", "Notify[z]"]]);
    for name in ["cycle", "multi-cycle", "containment-cycle"] {
        let said = real::text(&format!("apply/{name}.out"));
        for resource in cycles(&format!("captured-{name}")).concat() {
            assert!(said.contains(&resource), "{name}: {resource}");
        }
    }
    assert_eq!(
        cycles(names[3]),
        [vec!["Class[Ring]", "Notify[in]", "Notify[out]"], vec!["Notify[a]", "Notify[b]"]]
    );
}
