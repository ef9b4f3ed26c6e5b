//! Where a level's data lies.

use std::path::PathBuf;

use groundrule_lookup::data::Format;
use groundrule_lookup::hiera3::{Source, data_file};

use super::{DataOf, Failure, hiera};

/// A level's file and how it is read.
pub struct Place {
    pub file: PathBuf,
    pub format: Format,
}

impl Place {
    /// Of a level's name, or of a file that is named itself.
    pub fn of(level: &str, of: &DataOf) -> Result<Self, Failure> {
        if let Some((_, extension)) = level.rsplit_once('.')
            && let Some(format) = format(extension)
        {
            return Ok(Self { file: level.into(), format });
        }
        let hiera = hiera(of)?;
        let config = hiera.config();
        let mut files =
            config.backends.iter().zip(&config.datadirs).filter_map(|(backend, datadir)| {
                match &backend.source {
                    Source::File(extension, format) => {
                        Some((backend.name, datadir, *extension, *format))
                    }
                    Source::Manifest => None,
                }
            });
        let found = match &of.backend {
            Some(name) => files.find(|(backend, ..)| backend == name),
            None => files.next(),
        };
        let Some((_, datadir, extension, format)) = found else {
            let what = format!("{} has no such data files", of.hiera.display());
            return Err(Failure::new(
                what,
                "name one of its backends, yaml or json, with --backend",
            ));
        };
        if datadir.contains("%{") {
            let what = format!("the data directory {datadir} depends on the machine");
            return Err(Failure::new(what, "name the file itself"));
        }
        if level.is_empty() || level.starts_with('/') || level.split('/').any(|part| part == "..") {
            return Err(Failure::new(
                format!("{level:?} is no level's name"),
                "name a level below the data directory, or a file",
            ));
        }
        Ok(Self { file: data_file(datadir, level, extension), format })
    }
}

fn format(extension: &str) -> Option<Format> {
    match extension {
        "yaml" => Some(Format::Yaml),
        "json" => Some(Format::Json),
        _ => None,
    }
}
