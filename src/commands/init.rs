//! `groundrule init`: a first policy and configuration.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::Ended;
use crate::cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

const FEATURE: &str = "\
Feature: Our ground rules

  # `groundrule steps` lists every sentence.

  @id:every-machine-has-facts @warning
  Scenario: We know the facts of every machine
    Given all nodes
    Then every one has the fact \"fqdn\"

  @id:dependencies-are-managed @allow-empty
  Scenario: Nothing depends on what nobody manages
    Given all declared dependencies
    Then every dependency is managed
";

/// Writes what is not there yet.
pub fn init(init: &cli::Init) -> Result<Ended, Failure> {
    let directory = &init.directory;
    let estate = directory.join("estate");
    let there: Vec<_> = [
        ("catalogs", "catalogs"),
        ("facts", "facts"),
        ("registrations", "registrations"),
        ("discovery.json", "discovery"),
    ]
    .into_iter()
    .filter(|(name, _)| estate.join(name).exists())
    .map(|(_, source)| format!("{source:?}"))
    .collect();
    let config = format!(
        "# What groundrule judges, and how. docs/configuration.md lists every key.\n\
         estate = \"estate\"\n\
         features = [\"features\"]\n\n\
         [sources]\n\
         # An estate without one of these is undecided, instead of judged by what is left.\n\
         expect = [{}]\n",
        there.join(", ")
    );
    let mut out = sink::stdout();
    for (path, text) in
        [("groundrule.toml", config.as_str()), ("features/ground-rules.feature", FEATURE)]
    {
        let written = write_new(&directory.join(path), text)?;
        writeln!(
            out,
            "{} {}",
            if written { "wrote" } else { "kept " },
            directory.join(path).display()
        )?;
    }
    writeln!(
        out,
        "\nPut your catalogs into {}/catalogs, facts into {0}/facts, and run `groundrule`.",
        estate.display()
    )?;
    out.flush()?;
    Ok(Exit::Held.into())
}

/// Writes a file unless there is one.
fn write_new(path: &Path, text: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            format!("{} cannot be written: {error}", path.display()),
            "name a directory where you may write",
        )
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    match fs::OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}
