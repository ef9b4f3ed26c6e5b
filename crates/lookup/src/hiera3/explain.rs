//! How an answer came about.

use std::path::Path;
use std::sync::Arc;

use super::View;
use super::answer::Resolution;
use crate::outcome::{Answer, Origin, Outcome, Saw, Step};

impl View<'_> {
    /// Looks a key up, and tells what was seen on the way if that is asked for.
    #[must_use]
    pub fn outcome(&self, key: &str, resolution: Resolution, explain: bool) -> Outcome {
        let answer = self.lookup(key, resolution).map(|answer| {
            let answer = answer?;
            let origin = |place: &(usize, usize)| self.origin(key, *place);
            let origins = answer.from.iter().filter_map(origin).map(|origin| {
                let (layer, level) = (origin.backend.into(), origin.level.into());
                Arc::new(Origin { layer, level, file: origin.file.into() })
            });
            Some(Answer {
                key: Some(key.into()),
                origins: origins.collect(),
                value: answer.value,
                is_secret: false,
                merge: resolution.merge(),
            })
        });
        let steps = if explain { self.steps(key) } else { Vec::new() };
        Outcome { answer, steps, notices: Vec::new() }
    }

    /// What each level of each backend has of a key.
    fn steps(&self, key: &str) -> Vec<Step> {
        let key = key.split('.').next().unwrap_or(key);
        let mut steps = Vec::new();
        for (number, backend) in self.hiera.config.backends.iter().enumerate() {
            for level in 0..self.levels(number) {
                let saw = match self.data(number, level, None) {
                    Ok(None) => Saw::NoFile(None),
                    Ok(Some(found)) => {
                        let file: Arc<Path> = found.file.as_path().into();
                        match found.document.hash().map(|map| map.and_then(|map| map.get(key))) {
                            Ok(None) => Saw::NoKey(file),
                            Ok(Some(value)) => Saw::Value(file, Some(value.clone())),
                            Err(_) => Saw::Fault(file),
                        }
                    }
                    Err(fault) => match &fault.file {
                        Some(file) => Saw::Fault(file.as_path().into()),
                        None => Saw::NoFile(None),
                    },
                };
                let hierarchy = &self.hiera.config.hierarchy;
                let source = hierarchy.get(level).cloned().unwrap_or_default();
                let name = match self.name_of(level) {
                    Some(name) => name,
                    // A level whose name is empty or no path for this machine is passed over.
                    None => continue,
                };
                steps.push(Step { layer: backend.name.into(), level: name.into(), source, saw });
            }
        }
        steps
    }

    fn name_of(&self, level: usize) -> Option<String> {
        match level < self.hiera.config.hierarchy.len() {
            true => self.name(level, None).ok().flatten().map(|name| name.to_string()),
            false => Some("the class that asks".to_owned()),
        }
    }
}

impl Resolution {
    /// The name of the same behaviour in Hiera 5.
    #[must_use]
    pub fn merge(self) -> &'static str {
        match self {
            Self::Priority => "first",
            Self::Array => "unique",
            Self::Hash => "hash",
        }
    }
}
