//! What kind of set a sentence needs and leaves, checked before anything is asked.

use std::collections::HashMap;

/// The kind of the current set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Nothing is selected.
    #[default]
    Nothing,
    /// Nodes.
    Nodes,
    /// Resources.
    Resources,
    /// Declared dependencies.
    Dependencies,
    /// Groups of nodes.
    Groups,
    /// Pairs of nodes.
    Pairs,
    /// Rows of a query.
    Rows,
}

/// A sentence that does not fit what stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What is wrong.
    pub what: String,
    /// What to write.
    pub help: String,
}

/// What the sentences of a scenario have made so far.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    /// The current set.
    pub current: Shape,
    /// Sets by name.
    pub named: HashMap<String, Shape>,
    /// Whether nodes are shut down one at a time.
    pub in_turn: bool,
    /// Whether something is looked up.
    pub looked_up: bool,
    /// Whether a check is run.
    pub checked: bool,
    /// Whether something was judged.
    pub judged: bool,
    /// Whether a sentence before could not be read, so that the current set is not known.
    pub unknown: bool,
}

impl Shape {
    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Nodes => "nodes",
            Self::Resources => "resources",
            Self::Dependencies => "dependencies",
            Self::Groups => "groups",
            Self::Pairs => "pairs",
            Self::Rows => "rows",
        }
    }
}

impl Shapes {
    /// Wants the current set to be one of these.
    ///
    /// # Errors
    /// When it is not, with what to write before this sentence.
    pub fn want(&self, fitting: &[Shape]) -> Result<(), Misfit> {
        if fitting.contains(&self.current) {
            return Ok(());
        }
        let wanted: Vec<_> = fitting.iter().map(|shape| shape.words()).collect();
        let wanted = wanted.join(" or ");
        let before = match fitting {
            [Shape::Groups] => "group nodes before it: When they are grouped by the fact …",
            [Shape::Pairs] => "follow dependencies before it: When I follow what they depend on",
            [Shape::Rows] => "query the graph before it: When I query the graph:",
            [Shape::Dependencies] => {
                "select dependencies before it: Given all declared dependencies"
            }
            _ => "select them before it with a Given",
        };
        let what = match self.current {
            Shape::Nothing => format!("this sentence is about {wanted}, and nothing is selected"),
            other => format!(
                "this sentence is about {wanted}, and the current set holds {}",
                other.words()
            ),
        };
        Err(Misfit { what, help: before.to_owned() })
    }
}
