//! The hierarchy as it is for one node, and its answers.

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use hashbrown::HashMap;

use crate::Fault;
use crate::data::{Document, Format, Value};

use super::ask::{Ask, OPTIONS, Which};
use super::config::{Function, Owner};
use super::eyaml;
use super::hocon;
use super::layer::{DataFile, Layer, Placed};
use super::lookup_options::{Options, check};
use super::{Hiera5, Key, Merge, Request, Scope};
use crate::outcome::{Answer, Outcome};

/// The hierarchy as it is for one node: files are found once, and read when they are asked for the
/// first time.
pub struct Session<'h> {
    pub(super) hiera: &'h Hiera5,
    pub(super) scope: Scope,
    now: Instant,
    global: Option<Rc<Layer>>,
    environment: Option<Rc<Layer>>,
    modules: RefCell<HashMap<String, Option<Rc<Layer>>>>,
    /// Those of keys of no module.
    options: OnceCell<Rc<Options>>,
    /// By module.
    module_options: RefCell<HashMap<String, Rc<Options>>>,
    fallback_options: RefCell<HashMap<String, Rc<Options>>>,
    notices: RefCell<Vec<String>>,
}

impl<'h> Session<'h> {
    pub(super) fn new(hiera: &'h Hiera5, scope: Scope, now: Instant) -> Result<Self, Fault> {
        let mut session = Self {
            hiera,
            scope,
            now,
            global: None,
            environment: None,
            modules: RefCell::default(),
            options: OnceCell::new(),
            module_options: RefCell::default(),
            fallback_options: RefCell::default(),
            notices: RefCell::default(),
        };
        let layout = &hiera.layout;
        if let Some(file) = &layout.global {
            session.global = session.layer(file, Owner::Global, "global".into(), None)?;
        }
        if let Some(directory) = &layout.environment {
            let file = directory.join("hiera.yaml");
            session.environment =
                session.layer(&file, Owner::Environment, "environment".into(), None)?;
        }
        Ok(session)
    }

    /// Answers: the first of these keys that has data, else the default.
    #[must_use]
    pub fn lookup(&self, keys: &[Key], request: &Request) -> Outcome {
        let mut ask = Ask::new(self, request.explain);
        let answer = self.first(&mut ask, keys, request);
        let steps = ask.steps.take().unwrap_or_default();
        Outcome { answer, steps, notices: self.notices.borrow().clone() }
    }

    fn first(
        &self,
        ask: &mut Ask<'_, '_>,
        keys: &[Key],
        request: &Request,
    ) -> Result<Option<Answer>, Fault> {
        let checked = |value| match &request.expected {
            Some((source, expected)) => expected.check(source, &value).map(|()| value),
            None => Ok(value),
        };
        for key in keys {
            let Some((value, merge)) = ask.value_of(key, request.merge.as_ref())? else { continue };
            return Ok(Some(Answer {
                key: Some(Arc::clone(key.text())),
                value: checked(value).map_err(|fault| fault.key(key.text()))?,
                is_secret: ask.is_secret,
                merge: merge.name(),
                origins: std::mem::take(&mut ask.origins),
            }));
        }
        let Some(default) = request.default.clone() else { return Ok(None) };
        let value = checked(default)?;
        Ok(Some(Answer { key: None, value, is_secret: false, merge: "first", origins: Vec::new() }))
    }

    pub(super) fn global(&self) -> Option<Rc<Layer>> {
        self.global.clone()
    }

    pub(super) fn environment(&self) -> Option<Rc<Layer>> {
        self.environment.clone()
    }

    /// The layer of a module; none if there is no such module, or it has no data.
    pub(super) fn module(&self, name: &str) -> Result<Option<Rc<Layer>>, Fault> {
        if let Some(known) = self.modules.borrow().get(name) {
            return Ok(known.clone());
        }
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let directories = self.hiera.layout.modules.iter().map(|path| path.join(name));
        let directory = directories.filter(|_| is_name).find(|path| path.is_dir());
        let layer = match directory {
            Some(directory) => {
                let title = format!("module {name}");
                let prefix = Some(format!("{name}::"));
                self.layer(&directory.join("hiera.yaml"), Owner::Module, title.into(), prefix)?
            }
            None => None,
        };
        self.modules.borrow_mut().insert(name.to_owned(), layer.clone());
        Ok(layer)
    }

    fn layer(
        &self,
        file: &Path,
        owner: Owner,
        title: Arc<str>,
        prefix: Option<String>,
    ) -> Result<Option<Rc<Layer>>, Fault> {
        let Some(config) = self.hiera.config(file, owner, self.now)? else { return Ok(None) };
        let Some(config) = config.as_ref() else {
            self.notice(&format!(
                "{} is of version 3, which counts in the global layer only: it is left out",
                file.display()
            ));
            return Ok(None);
        };
        Layer::place(&mut Ask::new(self, false), title, prefix, config)
            .map(|layer| Some(Rc::new(layer)))
    }

    /// What `lookup_options` say of the keys of a module, or of no module.
    pub(super) fn options(&self, module: Option<&str>) -> Result<Rc<Options>, Fault> {
        // A module without data says nothing of its keys.
        let module = match module {
            Some(name) => self.module(name)?.map(|_| name),
            None => None,
        };
        let Some(module) = module else {
            if let Some(known) = self.options.get() {
                return Ok(Rc::clone(known));
            }
            let options = self.read_options(None)?;
            return Ok(Rc::clone(self.options.get_or_init(|| options)));
        };
        if let Some(known) = self.module_options.borrow().get(module) {
            return Ok(Rc::clone(known));
        }
        let options = self.read_options(Some(module))?;
        self.module_options.borrow_mut().insert(module.to_owned(), Rc::clone(&options));
        Ok(options)
    }

    fn read_options(&self, module: Option<&str>) -> Result<Rc<Options>, Fault> {
        let merged = self.merged_options(&mut Ask::new(self, false), module)?;
        let options = Options::read(merged.as_ref(), |pattern| self.hiera.pattern(pattern))?;
        Ok(Rc::new(options))
    }

    /// How `lookup_options` come together for the keys of a module, or of no module.
    #[must_use]
    pub fn explain_options(&self, module: Option<&str>) -> Outcome {
        let mut ask = Ask::new(self, true);
        let merged = self.merged_options(&mut ask, module);
        let answer = merged.map(|value| {
            value.map(|value| Answer {
                key: Some(OPTIONS.into()),
                value,
                is_secret: ask.is_secret,
                merge: Merge::Hash.name(),
                origins: std::mem::take(&mut ask.origins),
            })
        });
        let steps = ask.steps.take().unwrap_or_default();
        Outcome { answer, steps, notices: self.notices.borrow().clone() }
    }

    /// The `lookup_options` of all layers, the higher ones' keys count.
    fn merged_options(
        &self,
        ask: &mut Ask<'_, '_>,
        module: Option<&str>,
    ) -> Result<Option<Value>, Fault> {
        let key = Key::read(OPTIONS)?;
        let mut merged = None;
        for which in [Which::Global, Which::Environment, Which::Module] {
            let (value, owner) = match (which, module) {
                (Which::Module, None) => continue,
                (Which::Module, Some(name)) => match self.module(name)? {
                    Some(layer) => {
                        (ask.in_layer(&layer, &layer.levels, &key, &Merge::Hash)?, module)
                    }
                    None => continue,
                },
                _ => (ask.in_one(which, &key, &Merge::Hash)?, None),
            };
            let Some(value) = value else { continue };
            check(&value, owner)?;
            merged = Some(match merged {
                Some(higher) => Merge::Hash.join(higher, value)?,
                None => value,
            });
        }
        Ok(merged)
    }

    /// What the `lookup_options` say that lie in a module's `default_hierarchy`.
    pub(super) fn fallback_options(&self, module: &str) -> Result<Rc<Options>, Fault> {
        if let Some(known) = self.fallback_options.borrow().get(module) {
            return Ok(Rc::clone(known));
        }
        let layer = self.module(module)?;
        let levels = layer.as_ref().and_then(|layer| Some((layer, layer.fallback.as_ref()?)));
        let value = match levels {
            Some((layer, levels)) => {
                let key = Key::read(OPTIONS)?;
                Ask::new(self, false).in_layer(layer, levels, &key, &Merge::Hash)?
            }
            None => None,
        };
        if let Some(value) = &value {
            check(value, Some(module))?;
        }
        let options = Options::read(value.as_ref(), |pattern| self.hiera.pattern(pattern))?;
        let options = Rc::new(options);
        self.fallback_options.borrow_mut().insert(module.to_owned(), Rc::clone(&options));
        Ok(options)
    }

    /// What is in a file; none where there is no such file.
    pub(super) fn read<'f>(
        &self,
        layer: &Layer,
        level: &Placed,
        file: &'f DataFile,
    ) -> &'f Result<Option<Arc<Document>>, Arc<Fault>> {
        let format = match level.function {
            Function::Json => Format::Json,
            Function::Hocon => Format::Other("hocon", hocon::read),
            Function::Yaml | Function::Eyaml | Function::Other(..) => Format::Yaml,
        };
        file.read(|path| {
            let read = self.hiera.cache.get(path, format, self.now);
            if let (Ok(Some(document)), Some(prefix)) = (&read, &layer.prefix) {
                self.strangers(path, document, prefix);
            }
            read
        })
    }

    /// Tells of keys in a module's data that nobody can ever ask it for.
    fn strangers(&self, path: &Path, document: &Document, prefix: &str) {
        let is_own = |key: &str| key == OPTIONS || key.starts_with(prefix);
        let keys = document.root.as_hash().into_iter().flat_map(|map| map.keys());
        for key in keys.map(Value::to_s).filter(|key| !is_own(key)) {
            self.notice(&format!(
                "{}: key '{key}' is left out: keys of this module begin with {prefix}",
                path.display()
            ));
        }
    }

    /// Says once what is left out.
    pub(super) fn notice(&self, text: &str) {
        let mut notices = self.notices.borrow_mut();
        if !notices.iter().any(|notice| notice == text) {
            notices.push(text.to_owned());
        }
    }

    /// The files that a pattern matches.
    pub(super) fn files(
        &self,
        directory: &Path,
        pattern: &str,
    ) -> Result<Arc<Vec<PathBuf>>, Fault> {
        self.hiera.files(directory, pattern, self.now)
    }

    /// The key that decrypts a level's data.
    pub(super) fn private_key(&self, path: &Path) -> Result<Arc<eyaml::PrivateKey>, Fault> {
        self.hiera.private_key(path)
    }
}
