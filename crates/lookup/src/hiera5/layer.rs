//! The hierarchy of one `hiera.yaml`, as it is for one node.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Fault;
use crate::data::{Document, Value, place};
use crate::outcome::Origin;

use super::ask::Ask;
use super::config::{Config, Function, Level, Locations};

/// A `hiera.yaml` with the files that its levels are for one node.
#[derive(Debug)]
pub(super) struct Layer {
    /// `global`, `environment` or `module NAME`.
    pub(super) title: Arc<str>,
    /// With what the keys of its data begin, if it is a module.
    pub(super) prefix: Option<String>,
    pub(super) levels: Vec<Placed>,
    /// Levels that count only where nothing else has an answer.
    pub(super) fallback: Option<Vec<Placed>>,
}

/// A level with its files.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) name: Arc<str>,
    pub(super) function: Function,
    pub(super) options: Value,
    pub(super) sources: Sources,
}

/// Where the data of a level is.
#[derive(Debug)]
pub(super) enum Sources {
    Files(Vec<DataFile>),
    /// Addresses, which are never asked.
    Uris(Vec<String>),
    /// Nowhere: it is up to the function.
    None,
}

/// A file of data.
#[derive(Debug)]
pub(super) struct DataFile {
    /// As it is configured.
    pub(super) original: String,
    pub(super) origin: Arc<Origin>,
    read: OnceCell<Read>,
}

type Read = Result<Option<Arc<Document>>, Arc<Fault>>;

impl DataFile {
    fn new(original: &str, origin: Origin) -> Self {
        Self { original: original.to_owned(), origin: origin.into(), read: OnceCell::new() }
    }

    /// What is in it, read by the first who asks; none where there is no such file.
    pub(super) fn read(&self, read: impl FnOnce(&Path) -> Read) -> &Read {
        self.read.get_or_init(|| read(&self.origin.file))
    }
}

impl Layer {
    /// Finds the files of a configuration.
    pub(super) fn place(
        ask: &mut Ask<'_, '_>,
        title: Arc<str>,
        prefix: Option<String>,
        config: &Config,
    ) -> Result<Self, Fault> {
        let mut all = |levels: &[Level]| {
            levels
                .iter()
                .map(|level| placed(ask, &title, config, level))
                .collect::<Result<Vec<_>, _>>()
        };
        let levels = all(&config.hierarchy)?;
        let fallback = config.fallback.as_deref().map(all).transpose()?;
        Ok(Self { title, prefix, levels, fallback })
    }
}

fn placed(
    ask: &mut Ask<'_, '_>,
    layer: &Arc<str>,
    config: &Config,
    level: &Level,
) -> Result<Placed, Fault> {
    let name: Arc<str> = level.name.as_str().into();
    let origin = |file: PathBuf| {
        let (layer, level) = (Arc::clone(layer), Arc::clone(&name));
        Origin { layer, level, file: file.into() }
    };
    let sources = sources(ask, &origin, config, level).map_err(|fault| {
        fault.of(&config.root.join("hiera.yaml")).key(&format!("level \"{}\"", level.name))
    })?;
    let options = ask.interpolated(&level.options, false)?;
    Ok(Placed { name, function: level.function.clone(), options, sources })
}

fn sources(
    ask: &mut Ask<'_, '_>,
    origin: &impl Fn(PathBuf) -> Origin,
    config: &Config,
    level: &Level,
) -> Result<Sources, Fault> {
    if let Locations::None = &level.locations {
        return Ok(Sources::None);
    }
    let datadir = config.root.join(inside(ask, &level.datadir)?);
    let mut files = Vec::new();
    match &level.locations {
        Locations::Paths(paths) => {
            for path in paths {
                files.push(DataFile::new(path, origin(datadir.join(inside(ask, path)?))));
            }
        }
        Locations::Globs(patterns) => {
            for pattern in patterns {
                let inner = inside(ask, pattern)?;
                for path in ask.session.files(&datadir, &inner)?.iter() {
                    files.push(DataFile::new(pattern, origin(path.clone())));
                }
            }
        }
        Locations::Mapped { variable, name, template } => {
            for value in mapped(ask, variable)? {
                ask.local = Some((name.clone(), value));
                let path = inside(ask, template);
                ask.local = None;
                files.push(DataFile::new(template, origin(datadir.join(path?))));
            }
        }
        Locations::Uris(uris) => {
            let texts = uris.iter().map(|uri| ask.text(uri, false));
            return Ok(Sources::Uris(texts.collect::<Result<_, _>>()?));
        }
        Locations::None => {}
    }
    Ok(Sources::Files(files))
}

/// A name of a file with its variables; they do not lead out of the directory.
fn inside(ask: &mut Ask<'_, '_>, template: &str) -> Result<String, Fault> {
    let name = ask.text(template, false)?;
    place::stays(template, &name)?;
    if name.starts_with('/') && !template.starts_with('/') {
        let what =
            format!("the level {template} becomes {name}, which leads out of the data directory");
        return Err(Fault::new(what, "a variable must not begin with /: correct its value"));
    }
    Ok(name)
}

/// The values of the variable that a level is mapped by.
fn mapped(ask: &mut Ask<'_, '_>, variable: &str) -> Result<Vec<Value>, Fault> {
    Ok(match ask.variable(variable)? {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.to_vec(),
        Some(text @ Value::Str(_)) if text.as_str() == Some("") => Vec::new(),
        Some(text @ Value::Str(_)) => vec![text],
        Some(other) => {
            let what =
                format!("mapped_paths: the variable {variable} is {}", other.kind_in_words());
            return Err(Fault::new(what, "it must be a list of texts, or a text"));
        }
    })
}
