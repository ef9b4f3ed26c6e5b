//! The sentences of the vocabulary as types. `query the graph` is left out: it asks another system.

use crate::gherkin;
use crate::model::Kind;

/// One scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The id, without `@id:`.
    pub id: String,
    /// Whether it is tagged `@allow-empty`.
    pub allow_empty: bool,
    /// The sentences in order.
    pub steps: Vec<Step>,
}

impl Policy {
    /// The scenario as Gherkin, tags included, indented by two.
    pub fn scenario(&self) -> String {
        gherkin::scenario(self)
    }
}

/// A whole feature file.
pub fn feature(policies: &[Policy]) -> String {
    gherkin::feature(policies)
}

/// One sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Selects; the name is that of `as {name}`.
    Given(Given, Option<String>),
    /// Relates or supposes.
    When(When),
    /// Judges.
    Then(Then),
}

/// What a Given selects.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// `all nodes`
    AllNodes,
    /// `the node {name}`
    Node(String),
    /// `the nodes:` and a table
    Nodes(Vec<String>),
    /// `nodes …` with one of the tails, `registered nodes` and `discovered nodes` among them
    NodesThat(Tail),
    /// `resources of type {type}`
    ResourcesOfType(String),
    /// `services`
    Services,
    /// `the resource {ref}`
    Resource(String),
    /// `all declared dependencies`, or all of a kind
    Dependencies(Option<Kind>),
    /// `only those …`
    Only(Tail),
    /// `except those …`
    Except(Tail),
}

/// What may narrow a set.
#[derive(Debug, Clone, PartialEq)]
pub enum Tail {
    /// `with class {name}`
    WithClass(String),
    /// `without class {name}`
    WithoutClass(String),
    /// `with the fact {fact}`
    WithFact(String),
    /// `without the fact {fact}`
    WithoutFact(String),
    /// `whose fact {fact} is {value}` and the other comparisons
    FactIs(String, Comparison),
    /// `in environment {name}`
    InEnvironment(String),
    /// `with the agent {name}`
    WithAgent(String),
    /// `matching {filter}`
    Matching(String),
    /// `that are registered`
    Registered,
    /// `that are discovered`
    Discovered,
    /// `of type {type}`
    OfType(String),
}

/// How a value is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The words between subject and value.
    pub operator: Operator,
    /// The value as it is written in the sentence.
    pub value: String,
}

/// The words of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `matches`
    Matches,
    /// `includes`
    Includes,
    /// `is at least`
    AtLeast,
    /// `is at most`
    AtMost,
    /// `is more than`
    MoreThan,
    /// `is less than`
    LessThan,
    /// `is at least version`
    AtLeastVersion,
    /// `is at most version`
    AtMostVersion,
    /// `is more than version`
    MoreThanVersion,
    /// `is less than version`
    LessThanVersion,
    /// `is one of`
    OneOf,
}

/// What a When does.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// `they are grouped by the fact {fact}`
    GroupByFact(String),
    /// `they are grouped by environment`
    GroupByEnvironment,
    /// `they are grouped by class matching {regex}`
    GroupByClass(String),
    /// `I follow …`
    Follow(Direction, Through),
    /// `they are shut down`, or `the {name} are shut down`
    ShutDown(Option<String>),
    /// `each of them is shut down in turn`
    InTurn,
    /// `a node with class {class} and the fact {fact} as {value} is added`
    Add {
        /// Its class.
        class: String,
        /// Its facts, at least one.
        facts: Vec<(String, String)>,
    },
    /// `I look up {key}`, ` as an array`, ` as a hash`
    LookUp(String, Merging),
    /// `I run the check {command}`
    Check(String),
}

/// How the values of several levels become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merging {
    /// The first value counts.
    First,
    /// ` as an array`
    Array,
    /// ` as a hash`
    Hash,
}

/// Which way dependencies are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `what they depend on`
    Needed,
    /// `what depends on them`
    Dependents,
}

/// Which paths are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// All of them.
    All,
    /// ` directly`
    Directly,
    /// ` through hard dependencies`, ` through soft dependencies`
    Kind(Kind),
}

/// A bound on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `at least n`
    AtLeast(usize),
    /// `at most n`
    AtMost(usize),
    /// `exactly n`
    Exactly(usize),
}

/// What a Then judges.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// `there are at least n of them`
    Count(Bound),
    /// `there are none`
    None,
    /// `every one has class {name}`
    HasClass(String),
    /// `none has class {name}`
    NoneHasClass(String),
    /// `every one has the fact {fact}`
    HasFact(String),
    /// `the fact {fact} of every one is {value}`
    FactIs(String, Comparison),
    /// `every one has the resource {ref}`
    HasResource(String),
    /// `none has the resource {ref}`
    NoneHasResource(String),
    /// `the parameter {p} of {ref} is {value} on every one`
    ParameterIs(String, String, Comparison),
    /// `no two of them share the fact {fact}`
    NoTwoShare(String),
    /// `they do not all share the fact {fact}`
    NotAllShare(String),
    /// `they span at least n values of the fact {fact}`
    Span(usize, String),
    /// `every group has at least n members`
    GroupHas(Bound),
    /// `every group spans at least n values of the fact {fact}`
    GroupSpans(usize, String),
    /// `every one declares a dependency`
    Declares,
    /// `every one has at least n declared dependencies`
    DeclaresAtLeast(usize),
    /// `no pair shares the fact {fact}`
    NoPairShares(String),
    /// `there are no pairs`
    NoPairs,
    /// `every dependency is managed`
    Managed,
    /// `every hard dependency is still met`
    HardMet,
    /// `nothing has fallen`
    NothingFallen,
    /// `none of them is a single point of failure`
    NoSinglePoint,
    /// `at most n services fall when any one of them is shut down`
    ServicesFall(usize),
    /// `at most n nodes fall when any one of them is shut down`
    NodesFall(usize),
    /// `every one answers discovery`
    AnswersDiscovery,
    /// `every one is registered`
    IsRegistered,
    /// `every one registered within {duration}`
    RegisteredWithin(String),
    /// `every one resolves it`
    Resolves,
    /// `the answer of every one is {value}` and the other comparisons
    AnswerIs(Comparison),
    /// `the answer of every one has at least n entries`
    AnswerHas(usize),
    /// `the answer of every one contains {value}`
    AnswerContains(String),
    /// `every result is OK`
    ResultsOk,
    /// `every result is at worst WARNING`
    ResultsAtWorstWarning,
}
