//! `groundrule extlookup` and `groundrule extlookup2hiera`.

use std::fs;
use std::path::Path;
use std::time::Instant;

use groundrule_lookup::data::{Value, file};
use groundrule_lookup::extlookup::{Config, Converted, Extlookup, hiera_config};
use groundrule_lookup::hiera3::Scope;

use super::{Ended, Failure, answer, cache, failure, note, scope};
use crate::cli::{Global, data};
use crate::context::Context;
use crate::exit::Exit;
use crate::sink::Staged;

/// Most bytes of a CSV file.
const CSV: u64 = 32 << 20;

/// Looks a key up.
pub fn run(context: &Context, global: &Global, args: &data::Extlookup) -> Result<Ended, Failure> {
    let mut scope = variables(context, global, &args.variables)?;
    let mut default = None;
    for word in &args.words {
        match scope::assignment(word) {
            Some((name, value)) => scope.set(name, value),
            None if default.is_none() => default = Some(word),
            None => {
                let what = format!("{word} is a second default");
                return Err(Failure::new(what, "give one default, and variables as NAME=VALUE"));
            }
        }
    }
    if let Some(class) = &args.class {
        set_class(&mut scope, class);
    }
    let extlookup = Extlookup::open(&args.file, cache()).map_err(|fault| failure(&fault))?;
    let found =
        extlookup.lookup(&args.key, &scope, Instant::now()).map_err(|fault| failure(&fault))?;
    let value = match (found, default) {
        (Some(found), _) => found.value,
        (None, Some(default)) => Value::from(default.as_str()),
        (None, None) => {
            let what = format!("no file has the key '{}', and there is no default", args.key);
            Failure::new(
                what,
                "give a default, or see which files are asked with the variables that you give",
            )
            .show(context.color(global.color, context.stderr_is_terminal));
            return Ok(Ended(1));
        }
    };
    answer(context, &value, args.format)?;
    Ok(Exit::Held.into())
}

/// The variables that options ask for.
pub fn variables(
    context: &Context,
    global: &Global,
    from: &data::Variables,
) -> Result<Scope, Failure> {
    let (global, file) = global.facts_file();
    match (&file, &from.node) {
        (Some(_), Some(_)) => {
            Err(Failure::new("--facts and --node are both given", "give one of them"))
        }
        (Some(path), None) => scope::of_named_file(path),
        (None, Some(node)) => scope::of_node(context, &global, node),
        (None, None) => Ok(Scope::default()),
    }
}

/// The class that asks, and its module.
pub fn set_class(scope: &mut Scope, class: &str) {
    let class = class.trim_start_matches("::").to_lowercase();
    scope.set("calling_module", class.split("::").next().unwrap_or_default());
    scope.set("calling_class", class);
}

/// Makes Hiera's data of extlookup's.
pub fn convert(args: &data::Extlookup2Hiera) -> Result<Ended, Failure> {
    if args.from.is_dir() {
        return directory(args);
    }
    let as_json = match args.to.extension().and_then(|extension| extension.to_str()) {
        Some("json") => true,
        Some("yaml") => false,
        _ => {
            let what = format!("{} tells no format", args.to.display());
            return Err(Failure::new(what, "name a file that ends with .yaml or .json"));
        }
    };
    put(&args.to, &converted(&args.from, as_json)?)?;
    Ok(Exit::Held.into())
}

fn converted(path: &Path, as_json: bool) -> Result<String, Failure> {
    let missing = || {
        Failure::new(
            format!("there is no file {}", path.display()),
            "name a CSV file of extlookup's",
        )
    };
    let (text, _) = file::read(path, CSV).map_err(|fault| failure(&fault))?.ok_or_else(missing)?;
    let converted = Converted::of(&text).map_err(|fault| failure(&fault.of(path)))?;
    Ok(if as_json { converted.json } else { converted.yaml })
}

fn directory(args: &data::Extlookup2Hiera) -> Result<Ended, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(
            format!("{} cannot be read: {error}", args.from.display()),
            "see to it that it can be read",
        )
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&args.from).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let what = format!("there is no CSV file in {}", args.from.display());
        return Err(Failure::new(what, "name the directory of extlookup's data"));
    }
    if args.to.exists() {
        let what = format!("{} is there already", args.to.display());
        return Err(Failure::new(what, "name a new directory: nothing is written over"));
    }
    // All are read before anything is written.
    let extension = if args.json { "json" } else { "yaml" };
    let mut written = Vec::new();
    for path in &files {
        let name = path.with_extension(extension);
        let name = name.file_name().unwrap_or_default().to_owned();
        written.push((name, converted(path, args.json)?));
    }
    let config = args
        .file
        .as_ref()
        .map(|path| Config::read(path).map_err(|fault| failure(&fault)))
        .transpose()?;
    let unwritable = |error: std::io::Error| {
        Failure::new(
            format!("{} cannot be made: {error}", args.to.display()),
            "check the disk and the path",
        )
    };
    let data = args.to.join("data");
    fs::create_dir_all(&data).map_err(unwritable)?;
    for (name, text) in &written {
        put(&data.join(name), text)?;
    }
    // Hiera takes a relative directory from where it is called.
    let data = fs::canonicalize(&data).map_err(unwritable)?;
    match config {
        Some(config) => put(
            &args.to.join("hiera.yaml"),
            &hiera_config(&config, extension, &data.display().to_string()),
        )?,
        None => note(
            "no hiera.yaml was written: name extlookup's configuration with --file to get one with its precedence",
        ),
    }
    Ok(Exit::Held.into())
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let (staged, mut out) = Staged::create(path)?;
    out.write_all(text.as_bytes())?;
    out.flush()?;
    drop(out);
    staged.publish()
}
