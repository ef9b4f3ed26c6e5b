//! What a process of a pipeline does.

use std::collections::BTreeSet;

use groundrule_pipeline::flow::Role;
use groundrule_pipeline::routes::PartName;

use crate::failure::Failure;

/// The roles of this process.
pub struct Roles {
    wanted: BTreeSet<String>,
    /// Whether parts are named, or just all meant that can work.
    pub named: bool,
}

/// The names of all roles.
const ROLES: [&str; 6] = ["portal", "router", "status", "metrics", "alerts", "callbacks"];

impl Roles {
    /// Reads the names of roles.
    pub fn read(words: &[String]) -> Result<Self, Failure> {
        let mut wanted = BTreeSet::new();
        let mut named = !words.is_empty();
        for word in words.iter().flat_map(|word| word.split(',')).map(str::trim) {
            match word {
                "all" => named = false,
                role if ROLES.contains(&role) => {
                    wanted.insert(role.to_owned());
                }
                other => {
                    let help = format!("choose among {}, all", ROLES.join(", "));
                    return Err(Failure::new(format!("there is no role {other:?}"), help));
                }
            }
        }
        if !named {
            wanted = ROLES.iter().map(|role| (*role).to_owned()).collect();
        }
        Ok(Self { wanted, named })
    }

    /// Whether this process has a role.
    pub fn has(&self, role: &str) -> bool {
        self.wanted.contains(role)
    }

    /// What sources are for.
    pub fn entrance(&self) -> Result<Role, Failure> {
        let parts: Vec<_> =
            PartName::ALL.into_iter().filter(|part| self.has(part.name())).collect();
        match (self.has("portal"), self.has("router"), &*parts) {
            (true, routes, _) => Ok(Role::Portal { routes }),
            (false, true, _) => Ok(Role::Router),
            (false, false, [part]) => Ok(Role::Part(*part)),
            _ => Err(Failure::new(
                "several parts without portal or router cannot share a queue",
                "run one process for each of them, with a queue of its own",
            )),
        }
    }
}
