//! Estates and policies in a few words, for the tables of hand-derived cases.

#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]
#![allow(clippy::allow_attributes, reason = "what is dead differs from file to file")]

use groundrule_oracle::judge::{Status, judge};
use groundrule_oracle::model::{
    Catalog, Dependency, Estate, Kind, Needs, Providers, Registration, Resource,
};
use groundrule_oracle::policy::{Comparison, Given, Operator, Policy, Step, Tail, Then, When};
use serde_json::{Value, json};

/// What a case should come to.
pub enum Expect {
    Held,
    Violated(&'static [&'static [&'static str]]),
    Undecided,
    CouldNotRun,
}

pub use Expect::{CouldNotRun, Held, Undecided, Violated};

/// A case: what it shows, the sentences, the outcome.
pub type Case = (&'static str, Vec<Step>, Expect);

/// Judges all cases on an estate and tells of every one that differs.
pub fn check(estate: &Estate, cases: Vec<Case>) {
    run(estate, false, cases);
}

/// The same with `@allow-empty`.
pub fn check_allowing_empty(estate: &Estate, cases: Vec<Case>) {
    run(estate, true, cases);
}

fn run(estate: &Estate, allow_empty: bool, cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for (name, steps, expect) in cases {
        let policy = Policy { id: "case".into(), allow_empty, steps };
        let outcome = judge(estate, &policy);
        let (status, subjects) = match expect {
            Expect::Held => (Status::Held, Vec::new()),
            Expect::Violated(subjects) => (Status::Violated, subjects.to_vec()),
            Expect::Undecided => (Status::Undecided, Vec::new()),
            Expect::CouldNotRun => (Status::CouldNotRun, Vec::new()),
        };
        let mut expected: Vec<Vec<String>> = subjects
            .iter()
            .map(|one| one.iter().map(|name| (*name).to_string()).collect())
            .collect();
        expected.sort();
        let mut found = outcome.violations.clone();
        found.sort();
        if (outcome.status, &found) != (status, &expected) {
            wrong.push(format!("{name}: expected {status:?} {expected:?}, got {outcome:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An estate that is built up source by source.
#[derive(Default, Clone)]
pub struct Make(pub Estate);

impl Make {
    pub fn new() -> Make {
        Make(Estate { now: 100_000, ..Estate::default() })
    }

    pub fn facts(mut self, node: &str, facts: Value) -> Make {
        let document = match facts {
            Value::Object(facts) => Some(facts),
            _ => None,
        };
        self.0.facts.get_or_insert_default().insert(node.into(), document);
        self
    }

    /// Facts `null` make a document that cannot be read.
    pub fn broken_facts(self, node: &str) -> Make {
        self.facts(node, Value::Null)
    }

    pub fn catalog(mut self, node: &str, catalog: MakeCatalog) -> Make {
        let mut catalog = catalog.0;
        for dependency in &mut catalog.dependencies {
            dependency.node = node.into();
        }
        self.0.catalogs.get_or_insert_default().insert(node.into(), Some(catalog));
        self
    }

    pub fn broken_catalog(mut self, node: &str) -> Make {
        self.0.catalogs.get_or_insert_default().insert(node.into(), None);
        self
    }

    /// The parts of a registration that are left out are not sent.
    pub fn registered(mut self, node: &str, ago: i64, parts: Value) -> Make {
        let Value::Object(mut parts) = parts else { return self };
        let names = |part: &str| {
            let list = parts.get(part)?.as_array()?;
            Some(list.iter().filter_map(|one| one.as_str().map(String::from)).collect())
        };
        let (classes, agents) = (names("classes"), names("agents"));
        let facts = parts.get_mut("facts").and_then(Value::as_object_mut).map(std::mem::take);
        let registration = Registration { lastseen: self.0.now - ago, facts, classes, agents };
        self.0.registrations.get_or_insert_default().insert(node.into(), Some(registration));
        self
    }

    pub fn broken_registration(mut self, node: &str) -> Make {
        self.0.registrations.get_or_insert_default().insert(node.into(), None);
        self
    }

    pub fn answers(mut self, nodes: &[&str]) -> Make {
        self.0.discovery = Some(Some(nodes.iter().map(|node| (*node).to_string()).collect()));
        self
    }

    pub fn broken_discovery(mut self) -> Make {
        self.0.discovery = Some(None);
        self
    }

    pub fn row(mut self, node: &str, mut dependency: Dependency) -> Make {
        dependency.node = node.into();
        let rows = self.0.relationships.get_or_insert_default().get_or_insert_default();
        rows.push(dependency);
        self
    }

    pub fn broken_rows(mut self) -> Make {
        self.0.relationships = Some(None);
        self
    }
}

/// A catalog that is built up resource by resource.
#[derive(Clone)]
pub struct MakeCatalog(pub Catalog);

/// An empty catalog of environment `production`.
pub fn catalog() -> MakeCatalog {
    MakeCatalog(Catalog { environment: "production".into(), ..Catalog::default() })
}

impl MakeCatalog {
    pub fn environment(mut self, name: &str) -> MakeCatalog {
        self.0.environment = name.into();
        self
    }

    /// A class with its resource, as the policy's author would write its name.
    pub fn class(mut self, name: &str, title: &str) -> MakeCatalog {
        self.0.classes.insert(name.into());
        self.resource(&format!("Class[{title}]"), true, None)
    }

    /// A resource in a container that is there already.
    pub fn leaf(self, reference: &str, inside: Option<&str>) -> MakeCatalog {
        self.resource(reference, false, inside)
    }

    pub fn site(self, title: &str, inside: Option<&str>) -> MakeCatalog {
        self.resource(&format!("App::Site[{title}]"), true, inside)
    }

    fn resource(mut self, reference: &str, container: bool, inside: Option<&str>) -> MakeCatalog {
        let parameters = json!({"ensure": "running", "port": "80", "tags": ["a", "b"]});
        let parameters = parameters.as_object().cloned().unwrap_or_default();
        self.0.resources.push(Resource { reference: reference.into(), container, parameters });
        if let Some(inside) = inside {
            self.0.contains.push((inside.into(), reference.into()));
        }
        self
    }

    pub fn requires(mut self, dependent: &str, needed: &str) -> MakeCatalog {
        self.0.requires.push((dependent.into(), needed.into()));
        self
    }

    pub fn needs(mut self, dependency: Dependency) -> MakeCatalog {
        self.0.dependencies.push(dependency);
        self
    }
}

/// A hard dependency of the node itself on one of these nodes themselves.
pub fn on_nodes(nodes: &[&str]) -> Dependency {
    Dependency {
        node: String::new(),
        from: None,
        on: None,
        providers: Providers::Nodes(nodes.iter().map(|node| (*node).to_string()).collect()),
        kind: Kind::Hard,
        needs: Needs::Number(1),
    }
}

pub fn on_matching(filter: &str) -> Dependency {
    Dependency { providers: Providers::Matching(filter.into()), ..on_nodes(&[]) }
}

/// Changes to a dependency, one word each.
pub trait Change {
    fn soft(self) -> Self;
    fn all(self) -> Self;
    fn needing(self, number: usize) -> Self;
    fn from(self, reference: &str) -> Self;
    fn on(self, reference: &str) -> Self;
}

impl Change for Dependency {
    fn soft(self) -> Dependency {
        Dependency { kind: Kind::Soft, ..self }
    }

    fn all(self) -> Dependency {
        Dependency { needs: Needs::All, ..self }
    }

    fn needing(self, number: usize) -> Dependency {
        Dependency { needs: Needs::Number(number), ..self }
    }

    fn from(self, reference: &str) -> Dependency {
        Dependency { from: Some(reference.into()), ..self }
    }

    fn on(self, reference: &str) -> Dependency {
        Dependency { on: Some(reference.into()), ..self }
    }
}

pub fn s(text: &str) -> String {
    text.to_string()
}

pub fn all() -> Step {
    Step::Given(Given::AllNodes, None)
}

pub fn node(name: &str) -> Step {
    Step::Given(Given::Node(s(name)), None)
}

pub fn nodes(names: &[&str]) -> Step {
    Step::Given(Given::Nodes(names.iter().map(|name| s(name)).collect()), None)
}

pub fn that(tail: Tail) -> Step {
    Step::Given(Given::NodesThat(tail), None)
}

pub fn with_class(name: &str) -> Step {
    that(Tail::WithClass(s(name)))
}

pub fn only(tail: Tail) -> Step {
    Step::Given(Given::Only(tail), None)
}

pub fn except(tail: Tail) -> Step {
    Step::Given(Given::Except(tail), None)
}

pub fn given(given: Given) -> Step {
    Step::Given(given, None)
}

/// The same Given with a name.
pub fn named(step: Step, name: &str) -> Step {
    match step {
        Step::Given(given, _) => Step::Given(given, Some(s(name))),
        other => other,
    }
}

pub fn when(when: When) -> Step {
    Step::When(when)
}

pub fn shut_down() -> Step {
    when(When::ShutDown(None))
}

pub fn add(class: &str, fact: &str, value: &str) -> Step {
    when(When::Add { class: s(class), facts: vec![(s(fact), s(value))] })
}

pub fn then(then: Then) -> Step {
    Step::Then(then)
}

pub fn how(operator: Operator, value: &str) -> Comparison {
    Comparison { operator, value: s(value) }
}

pub fn is(value: &str) -> Comparison {
    how(Operator::Is, value)
}
