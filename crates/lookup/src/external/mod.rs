//! External facts: directories of text, JSON and YAML files and of programs, read as Facter 4 reads
//! them.
//!
//! The last file in order of name wins, whatever its form, and of several directories the first.
//! Names are in lower case; a value replaces another one whole. What Facter dies of or passes over
//! in silence is a [`Fault`] here, and everything else is read all the same.

mod directory;
mod kept;
mod pairs;
mod program;
mod query;
mod render;
mod structured;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Fault;
use crate::data::Value;
use directory::{Entry, Form};
pub use query::find;
pub use render::{Format, render};

/// What may be done to get facts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How programs are run; none if they are not.
    pub programs: Option<Programs>,
    /// Facts of the environment, such as `FACTER_role=web`: names with values.
    pub environment: Vec<(String, String)>,
}

/// How programs are run.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Their whole environment.
    pub environment: Vec<(String, String)>,
    /// How long each of them may take.
    pub limit: Duration,
    /// How many bytes each of them may print.
    pub most: usize,
    /// Now, in seconds since 1970: the age of kept results is told by it.
    pub now: i64,
}

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its value; never null.
    pub value: Value,
    /// The file that it is from; none for the environment.
    pub file: Option<PathBuf>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// Facts by their names, which are in lower case.
    pub facts: BTreeMap<String, Fact>,
    /// What is wrong, in order of reading.
    pub remarks: Vec<Remark>,
}

/// What is wrong with a file or directory of facts. All else was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Remark {
    /// Facts may be missing: Facter ends with 1.
    Error(Fault),
    /// Worth to be known.
    Warning(Fault),
}

impl Remark {
    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        let (Self::Error(fault) | Self::Warning(fault)) = self;
        fault
    }

    fn into_fault(self) -> Fault {
        let (Self::Error(fault) | Self::Warning(fault)) = self;
        fault
    }

    fn error(path: &Path, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Error(Fault::new(what, help).of(path))
    }

    fn warning(path: &Path, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Warning(Fault::new(what, help).of(path))
    }
}

impl Gathered {
    /// Whether something could not be read.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.remarks.iter().any(|remark| matches!(remark, Remark::Error(_)))
    }

    /// All facts as one hash.
    #[must_use]
    pub fn values(&self) -> Value {
        let pair =
            |(name, fact): (&String, &Fact)| (Value::from(name.as_str()), fact.value.clone());
        Value::map(self.facts.iter().map(pair).collect())
    }

    fn take(&mut self, read: Result<Vec<(String, Value)>, Remark>, path: &Path) {
        match read {
            Ok(facts) => self.add(facts, Some(path)),
            Err(remark) => self.remarks.push(remark),
        }
    }

    /// Adds facts that count less than those that are there. One without a value is none.
    fn add(&mut self, facts: Vec<(String, Value)>, file: Option<&Path>) {
        for (name, value) in facts {
            if let (false, Place::Vacant(place)) =
                (value.is_null(), self.facts.entry(name.to_lowercase()))
            {
                place.insert(Fact { value, file: file.map(Path::to_owned) });
            }
        }
    }
}

/// Reads directories of external facts. One that does not exist has none.
pub async fn read(directories: &[PathBuf], options: &Options) -> Gathered {
    let mut gathered = Gathered::default();
    for (name, value) in &options.environment {
        gathered.add(vec![(name.clone(), value.as_str().into())], None);
    }
    for directory in directories {
        match directory::entries(directory) {
            Ok(entries) => {
                for entry in entries {
                    one(&entry, options, &mut gathered).await;
                }
            }
            Err(remark) => gathered.remarks.push(remark),
        }
    }
    gathered
}

/// The facts of a directory's files, without programs and the environment.
///
/// # Errors
/// The first file that cannot be read.
pub fn of_files(directory: &Path) -> Result<serde_json::Map<String, serde_json::Value>, Fault> {
    let mut gathered = Gathered::default();
    for entry in directory::entries(directory).map_err(Remark::into_fault)? {
        if entry.form != Form::Program {
            file(&entry, &mut gathered);
        }
    }
    if let Some(Remark::Error(fault)) =
        gathered.remarks.iter().find(|remark| matches!(remark, Remark::Error(_)))
    {
        return Err(fault.clone());
    }
    let json = |(name, fact): (String, Fact)| (name, serde_json::Value::from(&fact.value));
    Ok(gathered.facts.into_iter().map(json).collect())
}

/// The facts that environment variables are: `FACTER_role` and `facter_role` are the fact `role`.
#[must_use]
pub fn of_environment(variables: &[(String, String)]) -> Vec<(String, String)> {
    let fact = |(name, value): &(String, String)| {
        let (prefix, rest) = name.split_at_checked(6)?;
        let rest = rest.strip_prefix('_').unwrap_or(rest);
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let fits = prefix.eq_ignore_ascii_case("facter") && !rest.is_empty();
        (fits && rest.chars().all(is_word)).then(|| (rest.to_lowercase(), value.clone()))
    };
    variables.iter().filter_map(fact).collect()
}

async fn one(entry: &Entry, options: &Options, gathered: &mut Gathered) {
    if entry.form != Form::Program {
        return file(entry, gathered);
    }
    if let Some(programs) = &options.programs {
        let read = printed(&entry.path, programs, &mut gathered.remarks).await;
        gathered.take(read, &entry.path);
    }
}

/// Reads a file that is no program.
fn file(entry: &Entry, gathered: &mut Gathered) {
    let path = &entry.path;
    let read = match entry.form {
        Form::Json => structured::json(path, &mut gathered.remarks),
        Form::Yaml => structured::yaml(path, &mut gathered.remarks),
        Form::Text | Form::Program => directory::text(path).map(|text| pairs::read(&text)),
    };
    gathered.take(read, path);
}

async fn printed(
    path: &Path,
    programs: &Programs,
    remarks: &mut Vec<Remark>,
) -> Result<Vec<(String, Value)>, Remark> {
    let printed = kept::or_run(path, programs)
        .await
        .map_err(|what| Remark::error(path, what, "its facts are missing"))?;
    remarks.extend(printed.warning.map(|what| Remark::warning(path, what, "")));
    Ok(structured::printed(&printed.text))
}

#[cfg(test)]
mod tests;
