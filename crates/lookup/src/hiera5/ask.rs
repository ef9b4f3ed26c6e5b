//! One question while it is answered: the search through layers, levels and files.

use std::rc::Rc;
use std::sync::Arc;

use crate::Fault;
use crate::data::Value;
use crate::interpolate::Guard;

use super::config::Function;
use super::eyaml;
use super::layer::{DataFile, Layer, Placed, Sources};
use super::session::Session;
use super::types::convert;
use super::{Key, Merge};
use crate::outcome::{Origin, Saw, Step};

/// A question that is being answered.
pub(super) struct Ask<'s, 'h> {
    pub(super) session: &'s Session<'h>,
    pub(super) guard: Guard,
    /// A variable that only counts here.
    pub(super) local: Option<(String, Value)>,
    /// Whether something secret has a part in the answer.
    pub(super) is_secret: bool,
    /// How deep in questions that the first one led to.
    depth: usize,
    /// Where values of the first question were found.
    pub(super) origins: Vec<Arc<Origin>>,
    /// What was seen, if somebody wants to know.
    pub(super) steps: Option<Vec<Step>>,
}

/// The layers, the one that counts most first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Global,
    Environment,
    Module,
}

const LAYERS: [Which; 3] = [Which::Global, Which::Environment, Which::Module];

impl<'s, 'h> Ask<'s, 'h> {
    pub(super) fn new(session: &'s Session<'h>, explain: bool) -> Self {
        Self {
            session,
            guard: Guard::default(),
            local: None,
            is_secret: false,
            depth: 0,
            origins: Vec::new(),
            steps: explain.then(Vec::new),
        }
    }

    /// The answer for a key, merged and converted as is asked for, or as `lookup_options` say; and
    /// how it was merged.
    pub(super) fn value_of(
        &mut self,
        key: &Key,
        merge: Option<&Merge>,
    ) -> Result<Option<(Value, Merge)>, Fault> {
        // The key is Hiera's own.
        if key.root() == OPTIONS {
            return Ok(None);
        }
        let options = self.session.options(key.module())?;
        let entry = options.entry(key.root())?;
        let merge = merge.or(entry.merge.as_ref()).cloned().unwrap_or_default();
        let whole = self.in_layers(key, &merge)?;
        let found = match whole {
            Some(value) => key.dig(value)?,
            None => None,
        };
        let (value, merge) = match found {
            Some(value) => (value, merge),
            None => match self.in_fallback(key)? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        let Some((to, arguments)) = &entry.convert else { return Ok(Some((value, merge))) };
        let converted = convert(to, &value, arguments).map_err(|fault| fault.key(key.text()))?;
        if converted.is_secret {
            self.is_secret = true;
            self.hide();
        }
        Ok(Some((converted.value, merge)))
    }

    /// The same for a key that an interpolation asks for.
    pub(super) fn inner_value_of(&mut self, key: &str) -> Result<Option<Value>, Fault> {
        let key = Key::read(key)?;
        self.depth += 1;
        let found = self.value_of(&key, None);
        self.depth -= 1;
        Ok(found?.map(|(value, _)| value))
    }

    fn in_layers(&mut self, key: &Key, merge: &Merge) -> Result<Option<Value>, Fault> {
        self.fold(merge, &LAYERS, |ask, which| ask.in_one(*which, key, merge))
    }

    /// The answer of one layer.
    pub(super) fn in_one(
        &mut self,
        which: Which,
        key: &Key,
        merge: &Merge,
    ) -> Result<Option<Value>, Fault> {
        let layer = match (which, key.module()) {
            (Which::Global, _) => self.session.global(),
            (Which::Environment, _) => self.session.environment(),
            (Which::Module, Some(module)) => self.session.module(module)?,
            (Which::Module, None) => None,
        };
        match layer {
            Some(layer) => self.in_layer(&layer, &layer.levels, key, merge),
            None => Ok(None),
        }
    }

    /// The answer of the levels that a module has for when there is no other.
    fn in_fallback(&mut self, key: &Key) -> Result<Option<(Value, Merge)>, Fault> {
        let Some(module) = key.module() else { return Ok(None) };
        let Some(layer) = self.session.module(module)? else { return Ok(None) };
        let Some(levels) = &layer.fallback else { return Ok(None) };
        let entry = self.session.fallback_options(module)?.entry(key.root())?;
        let merge = entry.merge.clone().unwrap_or_default();
        match self.in_layer(&layer, levels, key, &merge)? {
            Some(value) => Ok(key.dig(value)?.map(|value| (value, merge))),
            None => Ok(None),
        }
    }

    pub(super) fn in_layer(
        &mut self,
        layer: &Rc<Layer>,
        levels: &[Placed],
        key: &Key,
        merge: &Merge,
    ) -> Result<Option<Value>, Fault> {
        self.guard.check(key.text())?;
        self.fold(merge, levels, |ask, level| ask.in_level(layer, level, key, merge))
    }

    fn in_level(
        &mut self,
        layer: &Rc<Layer>,
        level: &Placed,
        key: &Key,
        merge: &Merge,
    ) -> Result<Option<Value>, Fault> {
        match &level.sources {
            Sources::Uris(uris) => {
                for uri in uris {
                    self.saw(layer, level, uri, || Saw::NotAsked);
                    self.session.notice(&format!(
                        "the level \"{}\" is left out: addresses are not asked ({uri})",
                        level.name
                    ));
                }
                Ok(None)
            }
            Sources::None => {
                let what = format!(
                    "the level \"{}\" of the {} layer has no files",
                    level.name, layer.title
                );
                Err(Fault::new(what, "give it a path; functions that need none are not known here"))
            }
            Sources::Files(files) => {
                if let Function::Other(kind, name) = &level.function {
                    let what = format!(
                        "the level \"{}\" is read by {kind}: {name}, which is not known here",
                        level.name
                    );
                    return Err(Fault::new(
                        what,
                        "known are yaml_data, json_data, hocon_data and eyaml_lookup_key",
                    ));
                }
                self.fold(merge, files, |ask, file| ask.in_file(layer, level, file, key))
            }
        }
    }

    fn in_file(
        &mut self,
        layer: &Rc<Layer>,
        level: &Placed,
        file: &DataFile,
        key: &Key,
    ) -> Result<Option<Value>, Fault> {
        let name = &file.original;
        let document = match self.session.read(layer, level, file) {
            Ok(Some(document)) => document,
            Ok(None) => {
                self.saw(layer, level, name, || Saw::NoFile(Some(file.origin.file.clone())));
                return Ok(None);
            }
            Err(fault) => {
                self.saw(layer, level, name, || Saw::Fault(file.origin.file.clone()));
                return Err((**fault).clone());
            }
        };
        let at = |fault: Fault| fault.of(&file.origin.file);
        let Some((raw, is_dynamic)) = document.get(key.root()).map_err(at)? else {
            self.saw(layer, level, name, || Saw::NoKey(file.origin.file.clone()));
            return Ok(None);
        };
        let was_secret = std::mem::take(&mut self.is_secret);
        let read = match level.function {
            Function::Eyaml => self.open(key, |ask| eyaml::decrypted(ask, raw, &level.options))?,
            _ if is_dynamic => self.open(key, |ask| ask.interpolated(raw, true))?,
            _ => Ok(raw.clone()),
        };
        let value = read.map_err(|fault| {
            if fault.file.is_some() {
                return fault;
            }
            let (line, column) = document.place(key.root());
            at(fault.at(line, column)).key(key.text())
        })?;
        let is_secret = self.is_secret;
        self.is_secret |= was_secret;
        self.saw(layer, level, name, || {
            Saw::Value(file.origin.file.clone(), (!is_secret).then(|| value.clone()))
        });
        if self.depth == 0 {
            self.origins.push(Arc::clone(&file.origin));
        }
        Ok(Some(value))
    }

    /// Reads a value of a key, which nothing in it may ask for.
    fn open<T>(&mut self, key: &Key, read: impl FnOnce(&mut Self) -> T) -> Result<T, Fault> {
        self.guard.enter(Arc::clone(key.text()))?;
        let read = read(self);
        self.guard.leave();
        Ok(read)
    }

    fn saw(&mut self, layer: &Layer, level: &Placed, source: &str, saw: impl FnOnce() -> Saw) {
        if let (0, Some(steps)) = (self.depth, &mut self.steps) {
            steps.push(Step {
                layer: layer.title.clone(),
                level: level.name.clone(),
                source: source.to_owned(),
                saw: saw(),
            });
        }
    }

    /// Takes out of what was seen of the first question what is sensitive.
    fn hide(&mut self) {
        for step in self.steps.iter_mut().flatten().filter(|_| self.depth == 0) {
            if let Saw::Value(_, value) = &mut step.saw {
                *value = None;
            }
        }
    }

    /// Asks one after the other, and joins what they say.
    fn fold<T>(
        &mut self,
        merge: &Merge,
        all: &[T],
        mut one: impl FnMut(&mut Self, &T) -> Result<Option<Value>, Fault>,
    ) -> Result<Option<Value>, Fault> {
        if let ([only], true) = (all, *merge != Merge::First) {
            return Ok(one(self, only)?.map(|value| merge.alone(value)));
        }
        let mut joined = None;
        for each in all {
            let Some(value) = one(self, each)? else { continue };
            joined = Some(match joined {
                _ if *merge == Merge::First => return Ok(Some(value)),
                None => merge.begin(value),
                Some(higher) => merge.join(higher, value)?,
            });
        }
        Ok(joined)
    }
}

/// The key that says how other keys are merged.
pub(super) const OPTIONS: &str = "lookup_options";
