//! Checks that are run on nodes.

use fixedbitset::FixedBitSet;
use groundrule_core::check::{CheckName, Checked};
use groundrule_core::source::{Known, Source};

use super::{Column, World};

impl World {
    /// What a check comes to on each node of a set; it is not known for the others.
    pub async fn check(&self, check: &CheckName, on: &FixedBitSet) -> Column<Checked> {
        let unknown = |why: String| Known::Unknown(why.into());
        let mut values =
            vec![unknown(format!("the check {check} was not run on it")); self.estate.size()];
        let supposed = format!("the check {check} cannot be run on a node that is only supposed");
        values.resize(self.size(), unknown(supposed));
        let of_estate: FixedBitSet = on.ones().filter(|node| *node < self.estate.size()).collect();
        match &self.estate.sources.checks {
            Some(store) => {
                for (node, result) in self.estate.checked(&**store, check, &of_estate).await {
                    values[node] = result.map_or_else(Known::Unknown, Known::Present);
                }
            }
            None => {
                let why = "no source of checks is configured: set url under [sources.checks] in groundrule.toml, or --checks mco:";
                of_estate.ones().for_each(|node| values[node] = unknown(why.to_owned()));
            }
        }
        Column { source: Source::Checks, values }
    }
}
