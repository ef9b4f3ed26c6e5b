//! The largest part of an action that may happen.

use groundrule_core::name::NodeName;
use groundrule_core::reservation::Action;

use super::{Gate, Verdict};

/// So many sets of nodes are judged at most.
const TRIES: usize = 5000;

/// Nodes that may go together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestion {
    /// The nodes, sorted; none if none may go.
    pub nodes: Vec<NodeName>,
    /// Whether it is certain that no larger set may go: else there were too many sets to try.
    pub largest: bool,
}

impl Gate {
    /// A largest set of the nodes of an action that may go together, the first one by name. Rules
    /// may forbid a set and allow a larger one, so every set counts: the larger ones are tried
    /// first, and where there are too many, nodes are added one by one as long as they may go.
    pub async fn suggest(&self, held: &[Action], action: &Action) -> Suggestion {
        let nodes = action.stopped();
        let mut tries = TRIES;
        for size in (1..nodes.len()).rev() {
            let mut chosen: Vec<usize> = (0..size).collect();
            loop {
                if tries == 0 {
                    return self.one_by_one(held, action).await;
                }
                tries -= 1;
                let part: Vec<_> = chosen.iter().map(|n| nodes[*n].clone()).collect();
                if self.allows(held, action, &part).await {
                    return Suggestion { nodes: part, largest: true };
                }
                if !next(&mut chosen, nodes.len()) {
                    break;
                }
            }
        }
        Suggestion { nodes: Vec::new(), largest: true }
    }

    async fn one_by_one(&self, held: &[Action], action: &Action) -> Suggestion {
        let mut part = Vec::new();
        for node in action.stopped() {
            part.push(node.clone());
            if !self.allows(held, action, &part).await {
                part.pop();
            }
        }
        Suggestion { nodes: part, largest: false }
    }

    async fn allows(&self, held: &[Action], action: &Action, part: &[NodeName]) -> bool {
        let part = action.of_nodes(part.to_vec());
        self.judge(held, &part).await.verdict() == Verdict::Allow
    }
}

/// The next choice of as many out of `of`; tells whether there is one.
fn next(chosen: &mut [usize], of: usize) -> bool {
    let size = chosen.len();
    let Some(place) = (0..size).rev().find(|place| chosen[*place] < of - size + place) else {
        return false;
    };
    chosen[place] += 1;
    for later in place + 1..size {
        chosen[later] = chosen[later - 1] + 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn every_choice_comes_once() {
        let mut chosen = vec![0, 1];
        let mut all = vec![chosen.clone()];
        while next(&mut chosen, 4) {
            all.push(chosen.clone());
        }
        assert_eq!(all, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert!(!next(&mut [0, 1, 2], 3));
    }
}
