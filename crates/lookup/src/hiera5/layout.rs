//! Where data lies.

use std::path::{Path, PathBuf};

use crate::Fault;
use crate::data::file;

/// How large an `environment.conf` may be, in bytes.
const LARGEST: u64 = 1 << 20;

/// Where data lies.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The `hiera.yaml` of the global layer.
    pub global: Option<PathBuf>,
    /// The directory of the environment, which has a `hiera.yaml` or not.
    pub environment: Option<PathBuf>,
    /// Directories of modules, the first counts most.
    pub modules: Vec<PathBuf>,
}

impl Layout {
    /// The layout of an environment: the first of `path` that has it. Its modules are in
    /// `modules`, or where `environment.conf` says; `base` are the directories that all
    /// environments share.
    ///
    /// # Errors
    /// Where there is no such environment, or its `environment.conf` cannot be read.
    pub fn of_environment(
        name: &str,
        path: &[PathBuf],
        base: &[PathBuf],
        global: Option<PathBuf>,
    ) -> Result<Self, Fault> {
        let is_name =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let found = path.iter().map(|path| path.join(name)).find(|path| is_name && path.is_dir());
        let Some(environment) = found else {
            let all: Vec<String> = path.iter().map(|path| path.display().to_string()).collect();
            let what = format!("there is no environment {name} in {}", all.join(", "));
            return Err(Fault::new(what, "name another one, or another --environmentpath"));
        };
        let modules = match file::read(&environment.join("environment.conf"), LARGEST)? {
            Some((text, _)) => modulepath(&text).map(|list| expanded(&list, &environment, base)),
            None => None,
        };
        let modules = modules.unwrap_or_else(|| {
            std::iter::once(environment.join("modules")).chain(base.iter().cloned()).collect()
        });
        Ok(Self { global, environment: Some(environment), modules })
    }
}

/// The value of `modulepath = a:b:$basemodulepath`.
fn modulepath(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (name, value) = line.split('#').next()?.split_once('=')?;
        (name.trim() == "modulepath").then(|| value.trim().to_owned())
    })
}

fn expanded(list: &str, environment: &Path, base: &[PathBuf]) -> Vec<PathBuf> {
    let parts = list.split(':').map(str::trim).filter(|part| !part.is_empty());
    parts
        .flat_map(|part| match part {
            "$basemodulepath" => base.to_vec(),
            part => vec![environment.join(part)],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn an_environment_says_where_its_modules_are() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        std::fs::create_dir_all(at("two/test")).unwrap();
        let path = [at("one"), at("two")];
        let of = |name: &str| Layout::of_environment(name, &path, &["/base".into()], None);
        assert_eq!(of("test").unwrap().modules, [at("two/test/modules"), "/base".into()]);
        let text = "manifest = x\nmodulepath = site : /abs:$basemodulepath # all\n";
        std::fs::write(at("two/test/environment.conf"), text).unwrap();
        let expected = [at("two/test/site"), "/abs".into(), "/base".into()];
        assert_eq!(of("test").unwrap().modules, expected);
        for name in ["nothing", "", "..", "../two/test"] {
            assert!(of(name).unwrap_err().to_string().contains("there is no environment"));
        }
    }
}
