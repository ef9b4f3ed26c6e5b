//! `groundrule data`: looks at data files and changes them.

mod levels;
mod lint;
mod place;

use std::fs;
use std::io::Read as _;

use groundrule_lookup::data::{Limits, Value, file, yaml};
use groundrule_lookup::edit;
use groundrule_lookup::hiera3::Hiera;

use super::{Ended, Failure, answer, cache, failure, write};
use crate::cli::Global;
use crate::cli::data::{Data, DataGet, DataOf, DataSet, DataUnset};
use crate::context::Context;
use crate::exit::Exit;
use place::Place;

/// Most bytes of a value on standard input.
const VALUE: u64 = 1 << 20;

/// Does what is asked.
pub fn run(context: &Context, global: &Global, what: &Data) -> Result<Ended, Failure> {
    match what {
        Data::Get(args) => get(context, args),
        Data::Set(args) => set(args),
        Data::Unset(args) => unset(args),
        Data::Levels(args) => levels::list(context, global, args),
        Data::Lint(args) => lint::look(context, global, args),
    }
}

fn hiera(of: &DataOf) -> Result<Hiera, Failure> {
    Hiera::open(&of.hiera, cache()).map_err(|fault| failure(&fault))
}

/// The text of a level's file; none where there is no such file.
fn text(place: &Place) -> Result<Option<String>, Failure> {
    let read = file::read(&place.file, Limits::default().bytes).map_err(|fault| failure(&fault))?;
    Ok(read.map(|(text, _)| text))
}

fn missing(place: &Place, key: &str) -> Ended {
    Failure::new(
        format!("{} has no key '{key}'", place.file.display()),
        "see its keys by `groundrule data get LEVEL`",
    )
    .show(false);
    Ended(1)
}

fn get(context: &Context, args: &DataGet) -> Result<Ended, Failure> {
    let place = Place::of(&args.level, &args.of)?;
    let what = || {
        Failure::new(
            format!("there is no file {}", place.file.display()),
            "name a level that has one",
        )
    };
    let text = text(&place)?.ok_or_else(what)?;
    let of_file = |fault: groundrule_lookup::Fault| failure(&fault.of(&place.file));
    let document = place.format.read(&text, &Limits::default()).map_err(of_file)?;
    let map = document.hash().map_err(of_file)?;
    let Some(key) = &args.key else {
        let keys: String = map.into_iter().flatten().map(|(key, _)| key.to_s() + "\n").collect();
        write(&keys)?;
        return Ok(Exit::Held.into());
    };
    match map.and_then(|map| map.get(key.as_str())) {
        Some(value) => answer(context, value, args.format)?,
        None => return Ok(missing(&place, key)),
    }
    Ok(Exit::Held.into())
}

fn set(args: &DataSet) -> Result<Ended, Failure> {
    let place = Place::of(&args.level, &args.of)?;
    let value = value(&args.value)?;
    let old = text(&place)?;
    let new = edit::set(old.as_deref().unwrap_or_default(), place.format, &args.key, &value)
        .map_err(|fault| failure(&fault.of(&place.file).key(&args.key)))?;
    put(&place, old.as_deref().unwrap_or_default(), &new, args.dry_run)
}

fn unset(args: &DataUnset) -> Result<Ended, Failure> {
    let place = Place::of(&args.level, &args.of)?;
    let old = text(&place)?.unwrap_or_default();
    let new = edit::unset(&old, place.format, &args.key)
        .map_err(|fault| failure(&fault.of(&place.file).key(&args.key)))?;
    match new {
        Some(new) => put(&place, &old, &new, args.dry_run),
        None => Ok(missing(&place, &args.key)),
    }
}

fn put(place: &Place, old: &str, new: &str, dry_run: bool) -> Result<Ended, Failure> {
    if dry_run {
        write(&edit::diff(&place.file.display().to_string(), old, new))?;
    } else if old != new {
        if let Some(folder) = place.file.parent() {
            let failed = |error: std::io::Error| {
                Failure::new(
                    format!("{} cannot be made: {error}", folder.display()),
                    "check the path",
                )
            };
            fs::create_dir_all(folder).map_err(failed)?;
        }
        edit::replace(&place.file, new).map_err(|fault| failure(&fault))?;
    }
    Ok(Exit::Held.into())
}

/// A value that is written as YAML; `-` is standard input, for what is secret or long.
fn value(written: &str) -> Result<Value, Failure> {
    let mut text = written.to_owned();
    if written == "-" {
        text.clear();
        let unreadable = |error: std::io::Error| {
            Failure::new(
                format!("standard input cannot be read: {error}"),
                "write the value there as YAML",
            )
        };
        std::io::stdin().take(VALUE).read_to_string(&mut text).map_err(unreadable)?;
    }
    let fault = |fault: groundrule_lookup::Fault| {
        Failure::new(
            format!("the value: {}", fault.headline()),
            "write it as YAML, in quotes if it is a text",
        )
    };
    Ok(yaml::read(&text, &yaml::Options::default()).map_err(fault)?.root)
}
