//! What is wrong with data, as far as that can be told without a machine.

mod files;
mod values;

use std::collections::BTreeSet;

use crate::Fault;
use crate::hiera3::Config;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing: `unreadable`, `unreached`, `unused`, `shadowed`, `unknown` or `secret`.
    pub kind: &'static str,
    /// Where and what.
    pub fault: Fault,
}

/// What is known of the machines; what is not known is not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The names of all facts.
    pub facts: Option<BTreeSet<String>>,
    /// The names of all classes in catalogs.
    pub classes: Option<BTreeSet<String>>,
}

/// Looks at all data files of a configuration.
///
/// # Errors
///
/// Where a data directory cannot be listed, or has too many files.
pub fn lint(config: &Config, known: &Known) -> Result<Vec<Finding>, Fault> {
    let mut findings = Vec::new();
    let mut files = Vec::new();
    for (backend, datadir) in config.backends.iter().zip(&config.datadirs) {
        files.extend(files::of(backend, datadir, config, &mut findings)?);
    }
    values::judge(config, &files, known, &mut findings);
    findings.sort_by(|a, b| {
        let place =
            |finding: &Finding| (finding.fault.file.clone(), finding.fault.line, finding.kind);
        place(a).cmp(&place(b))
    });
    findings.dedup();
    Ok(findings)
}

#[cfg(test)]
mod tests;
