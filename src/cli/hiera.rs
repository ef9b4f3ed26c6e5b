//! The command line of `hiera`, as Ruby's OptionParser reads it: options anywhere, joined, shortened.

use std::ffi::OsString;
use std::path::PathBuf;

/// What `hiera --help` says.
pub const HELP: &str = "\
Usage: groundrule hiera [options] key [default value] [variable='text'...]

The default value will be used if no value is found for the key. Scope variables
will be interpolated into %{variable} placeholders in the hierarchy and in
returned values.

    -V, --version                    Version information
    -d, --debug                      Show debugging information
    -a, --array                      Return all values as an array
    -h, --hash                       Return all values as a hash
    -c, --config CONFIG              Configuration file [default: /etc/puppet/hiera.yaml]
    -j, --json SCOPE                 JSON format file to load scope from
    -y, --yaml SCOPE                 YAML format file to load scope from
    -m, --mcollective IDENTITY       Use facts from a node (via mcollective) as scope
    -i, --inventory_service IDENTITY Use facts from a node (of the estate) as scope
    -n, --node NODE                  The same
        --estate DIR                 The estate [default: that of groundrule.toml]
    -f, --format TYPE                Output the result in a specific format (ruby, yaml or json); default is 'ruby'

A missing key is nil and exits with 0, as in Ruby's hiera; what fails exits with 1.
";

/// The command line, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HieraArgs {
    pub version: bool,
    pub help: bool,
    pub debug: bool,
    /// `-a` or `-h`, the last of them.
    pub merge: Option<Merge>,
    pub config: Option<PathBuf>,
    /// The last one that is given counts, but all are read.
    pub scopes: Vec<ScopeFrom>,
    pub estate: Option<PathBuf>,
    pub format: Format,
    pub words: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    Array,
    Hash,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// As Ruby prints it
    #[default]
    Ruby,
    /// YAML
    Yaml,
    /// JSON
    Json,
}

/// Where a scope comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeFrom {
    Json(PathBuf),
    Yaml(PathBuf),
    Mcollective(String),
    Node(String),
}

/// Long name, short name, whether it takes a value.
const OPTIONS: &[(&str, char, bool)] = &[
    ("version", 'V', false),
    ("debug", 'd', false),
    ("array", 'a', false),
    ("hash", 'h', false),
    ("config", 'c', true),
    ("json", 'j', true),
    ("yaml", 'y', true),
    ("mcollective", 'm', true),
    ("inventory_service", 'i', true),
    ("node", 'n', true),
    ("estate", '\0', true),
    ("format", 'f', true),
    ("help", '\0', false),
];

impl HieraArgs {
    /// Reads what stands after `hiera`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a line.
    pub fn read(arguments: &[OsString]) -> Result<Self, String> {
        let mut read = Self::default();
        let mut rest = arguments.iter().map(|argument| argument.to_string_lossy().into_owned());
        while let Some(argument) = rest.next() {
            if argument == "--" {
                read.words.extend(rest.by_ref());
            } else if let Some(long) = argument.strip_prefix("--") {
                let (name, joined) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                };
                let (name, takes) = named(name)?;
                let value = match (takes, joined) {
                    (false, None) => String::new(),
                    (false, Some(_)) => return Err(format!("needless argument: {argument}")),
                    (true, Some(value)) => value,
                    (true, None) => rest.next().ok_or(format!("missing argument: {argument}"))?,
                };
                read.set(name, value)?;
            } else if let Some(letters) =
                argument.strip_prefix('-').filter(|letters| !letters.is_empty())
            {
                read.letters(letters, &mut rest)?;
            } else {
                read.words.push(argument);
            }
        }
        Ok(read)
    }

    fn letters(
        &mut self,
        letters: &str,
        rest: &mut impl Iterator<Item = String>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let option = OPTIONS.iter().find(|(_, short, _)| *short == letter);
            let (name, _, takes) = option.ok_or(format!("invalid option: -{letter}"))?;
            if !takes {
                self.set(name, String::new())?;
                continue;
            }
            let joined = &letters[at + letter.len_utf8()..];
            let value = match joined {
                "" => rest.next().ok_or(format!("missing argument: -{letter}"))?,
                joined => joined.to_owned(),
            };
            return self.set(name, value);
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "version" => self.version = true,
            "help" => self.help = true,
            "debug" => self.debug = true,
            "array" => self.merge = Some(Merge::Array),
            "hash" => self.merge = Some(Merge::Hash),
            "config" => self.config = Some(value.into()),
            "json" => self.scopes.push(ScopeFrom::Json(value.into())),
            "yaml" => self.scopes.push(ScopeFrom::Yaml(value.into())),
            "mcollective" => self.scopes.push(ScopeFrom::Mcollective(value)),
            "inventory_service" | "node" => self.scopes.push(ScopeFrom::Node(value)),
            "estate" => self.estate = Some(value.into()),
            _ => {
                self.format = match value.as_str() {
                    "ruby" => Format::Ruby,
                    "yaml" => Format::Yaml,
                    "json" => Format::Json,
                    other => return Err(format!("Unknown output format: {other}")),
                }
            }
        }
        Ok(())
    }
}

/// A long option by its name, or by the beginning of it if that is nobody else's.
fn named(name: &str) -> Result<(&'static str, bool), String> {
    let all = OPTIONS.iter().filter(|(long, _, _)| long.starts_with(name));
    let near: Vec<_> = match OPTIONS.iter().find(|(long, _, _)| *long == name) {
        Some(exact) => vec![exact],
        None => all.collect(),
    };
    match near.as_slice() {
        [(name, _, takes)] => Ok((name, *takes)),
        [] => Err(format!("invalid option: --{name}")),
        _ => Err(format!("ambiguous option: --{name}")),
    }
}

/// Puts a `--` behind `hiera`, because what follows it has a grammar of its own, in which `-c` and `-h` are others than here.
pub fn shield(arguments: &mut Vec<OsString>) {
    let takes_value = ["--estate", "--config", "-c", "--now", "--color"];
    let mut at = 1;
    while let Some(argument) = arguments.get(at).and_then(|argument| argument.to_str()) {
        if takes_value.contains(&argument) {
            at += 2;
        } else if argument.starts_with('-') {
            at += 1;
        } else {
            if argument == "hiera" {
                arguments.insert(at + 1, "--".into());
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<HieraArgs, String> {
        HieraArgs::read(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read_as_by_ruby() {
        let args = read("-ac h.yaml key --form=json -yf.yaml -- -x a=b").unwrap();
        assert_eq!((args.merge, args.config), (Some(Merge::Array), Some("h.yaml".into())));
        assert_eq!(
            (args.format, args.scopes),
            (Format::Json, vec![ScopeFrom::Yaml("f.yaml".into())])
        );
        assert_eq!(args.words, ["key", "-x", "a=b"]);
        assert_eq!(read("-ah key").unwrap().merge, Some(Merge::Hash));
        for (line, what) in [
            ("-x key", "invalid option: -x"),
            ("--nope", "invalid option: --nope"),
            ("key -c", "missing argument: -c"),
            ("-f xml", "Unknown output format: xml"),
            ("--h key", "ambiguous option: --h"),
            ("--array=1", "needless argument: --array=1"),
        ] {
            assert_eq!(read(line).unwrap_err(), what);
        }
    }

    #[test]
    fn what_follows_hiera_is_left_alone() {
        let shielded = |line: &str| {
            let mut arguments: Vec<OsString> =
                line.split_whitespace().map(OsString::from).collect();
            shield(&mut arguments);
            arguments.join(std::ffi::OsStr::new(" ")).into_string().unwrap()
        };
        assert_eq!(shielded("groundrule hiera -c x"), "groundrule hiera -- -c x");
        assert_eq!(shielded("groundrule -c x hiera -h k"), "groundrule -c x hiera -- -h k");
        assert_eq!(shielded("groundrule -c hiera run hiera"), "groundrule -c hiera run hiera");
    }
}
