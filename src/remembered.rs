//! What was violating at the last run on an estate: a file that runs at the same time share.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use groundrule_report::Memory;

use crate::outgoing::absolute;

/// The file with what was violating.
pub struct Remembered {
    file: PathBuf,
}

impl Remembered {
    /// The memory in a file, which need not be there.
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// What was violating, and what there is to tell of it: what cannot be read is not known.
    pub fn read(&self) -> (Memory, Option<String>) {
        let why = match fs::read(&self.file).map(|text| serde_json::from_slice(&text)) {
            Ok(Ok(memory)) => return (memory, None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return (Memory::default(), None);
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        let note = format!(
            "what was violating at the last run cannot be read from {}: {why}; no recoveries are sent of it",
            self.file.display()
        );
        (Memory::default(), Some(note))
    }

    /// Writes down what a run found of these policies. What other runs wrote meanwhile of other
    /// policies stays: only one run at a time reads, changes and writes.
    pub fn write(&self, found: &Memory, policies: &BTreeSet<String>) -> io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Beside the memory, since that is another file after each writing.
        let lock = self.file.with_extension("lock");
        let lock = File::options().create(true).append(true).open(lock)?;
        lock.lock()?;
        let (mut memory, _) = self.read();
        memory.time = memory.time.max(found.time);
        for id in policies {
            let Some(mut remembered) = found.policies.get(id).cloned() else {
                memory.policies.remove(id);
                continue;
            };
            remembered.file = absolute(Path::new(&remembered.file)).display().to_string();
            memory.policies.insert(id.clone(), remembered);
        }
        let staged = self.file.with_extension("part");
        let written = write(&staged, &serde_json::to_vec(&memory)?)
            .and_then(|()| fs::rename(&staged, &self.file));
        if written.is_err() {
            // What a full disk took of it helps nobody; that it cannot be written is told anyway.
            let _ = fs::remove_file(&staged);
        }
        written?;
        // The name is on the disk as well, where directories can be synchronised.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// Where it is.
    pub fn place(&self) -> std::path::Display<'_> {
        self.file.display()
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(policy: &str, time: f64, subjects: &[&str]) -> Memory {
        let mut memory = Memory { time, ..Memory::default() };
        let subjects: BTreeSet<_> = subjects.iter().map(ToString::to_string).collect();
        if !subjects.is_empty() {
            let one = groundrule_report::Remembered { subjects, ..Default::default() };
            memory.policies.insert(policy.to_owned(), one);
        }
        memory
    }

    fn of(policy: &str) -> BTreeSet<String> {
        BTreeSet::from([policy.to_owned()])
    }

    #[test]
    fn runs_at_the_same_time_do_not_forget_each_other() {
        let place = tempfile::tempdir().unwrap();
        let file = || Remembered::new(place.path().join("violating/x.json"));
        let names: Vec<_> = (0..20).map(|n| format!("p{n}")).collect();
        std::thread::scope(|scope| {
            for name in &names {
                scope.spawn(|| file().write(&found(name, 1.0, &["a"]), &of(name)).unwrap());
            }
        });
        let (memory, note) = file().read();
        assert_eq!((memory.policies.len(), note), (20, None));
        file().write(&found("p1", 0.5, &[]), &of("p1")).unwrap();
        let (memory, _) = file().read();
        assert!(memory.policies.len() == 19 && !memory.policies.contains_key("p1"));
        assert!((memory.time - 1.0).abs() < 0.001);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_written_anew() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x.json");
        let file = Remembered::new(path.clone());
        for broken in ["", "{\"time\":", "[]", "\u{0}"] {
            fs::write(&path, broken).unwrap();
            let (memory, note) = file.read();
            assert!(memory == Memory::default() && note.unwrap().contains("x.json"), "{broken}");
            file.write(&found("p", 1.0, &["a"]), &of("p")).unwrap();
            assert!(file.read().0.policies.contains_key("p"), "{broken}");
        }
    }
}
