//! Classes with their parameters: each parameter is looked up under its class's name and its own, in the same files as everything else.

use std::path::PathBuf;
use std::time::Instant;

use super::{Classification, environment, names};
use crate::Fault;
use crate::data::{Map, file};
use crate::extlookup::Extlookup;
use crate::hiera3::Scope;
use crate::manifest;

/// Most bytes of a manifest.
const MANIFEST: u64 = 4 << 20;

/// Where classes are defined: directories of modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modules(Vec<PathBuf>);

impl Modules {
    /// Of a path with colons in it.
    #[must_use]
    pub fn of(path: &str) -> Self {
        Self(path.split(':').filter(|directory| !directory.is_empty()).map(PathBuf::from).collect())
    }

    /// The names of a class's parameters.
    ///
    /// # Errors
    ///
    /// Where no module has the class, or its head cannot be read.
    pub fn parameters(&self, class: &str) -> Result<Vec<String>, Fault> {
        let inside = manifest::file_of(class);
        let files = self
            .0
            .iter()
            .zip(std::iter::repeat(inside.as_deref()))
            .filter_map(|(directory, inside)| Some(directory.join(inside?)));
        for path in files {
            let Some((text, _)) = file::read(&path, MANIFEST)? else { continue };
            if let Some(names) =
                manifest::parameters(&text, class).map_err(|fault| fault.of(&path))?
            {
                return Ok(names);
            }
        }
        let places: Vec<String> =
            self.0.iter().map(|directory| directory.display().to_string()).collect();
        Err(Fault::new(
            format!("the class {class} is in none of {}", places.join(", ")),
            "name the directories of Puppet's modules with --modulepath, or correct the class's name",
        ))
    }
}

/// What extlookup tells of a machine: `classes` and `environment`; and for each parameter of a class `CLASS::PARAMETER`, else `PARAMETER`. A
/// parameter that no file has is left to the class's own default.
///
/// # Errors
///
/// As lookups; where something else than names of classes stands in `classes`; and where a class is in no module.
pub fn by_extlookup(
    extlookup: &Extlookup,
    modules: &Modules,
    scope: &Scope,
    now: Instant,
) -> Result<Classification, Fault> {
    let ask = |key: &str, scope: &Scope| extlookup.lookup(key, scope, now);
    let mut classes = Vec::new();
    if let Some(answer) = ask("classes", scope)? {
        let names = names(&answer.value)
            .map_err(|fault| fault.at(answer.line, 0).of(&answer.file).key("classes"))?;
        for class in names {
            let mut own = scope.clone();
            own.set("calling_module", class.split("::").next().unwrap_or_default());
            own.set("calling_class", class.as_str());
            let mut parameters = Map::default();
            for name in modules.parameters(&class)? {
                let found = match ask(&format!("{class}::{name}"), &own)? {
                    Some(answer) => Some(answer),
                    None => ask(&name, &own)?,
                };
                if let Some(answer) = found {
                    parameters.insert(name.into(), answer.value);
                }
            }
            classes.push((class, parameters));
        }
    }
    let environment = environment(ask("environment", scope)?.map(|answer| answer.value).as_ref())?;
    Ok(Classification { classes, parameters: Map::default(), environment })
}
