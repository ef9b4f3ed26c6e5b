//! A copy of what was read from an estate directory, for the next time.
//!
//! It is a cache: its key is everything that it was made from, it is checked while it is read, and
//! whatever is wrong with it means that the files are read as if it were not there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use groundrule_core::source::Problem;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::found::Found;
use super::options::Options;
use super::{Documents, Estate, Relationships, Replied};
use crate::dump::{Dump, Reader, Writer};
use crate::files::Listed;

/// Begins every snapshot; changes with what is in it.
const FORMAT: &str = concat!("groundrule snapshot 1 ", env!("CARGO_PKG_VERSION"), "\n");

/// A file that was changed so shortly before it was listed may change again without its times
/// telling, in nanoseconds.
const RACY: i128 = 2_000_000_000;

/// The snapshot of one state of one estate.
pub struct Place {
    path: PathBuf,
    key: [u8; 16],
}

/// What a snapshot holds beside arrays.
type Words = (Documents, Documents, Documents, Replied, Relationships, Vec<Problem>);

impl Place {
    /// Where the snapshot of what was listed is; none if there should be none.
    pub(super) fn of(root: &Path, options: &Options, found: &Found) -> Option<Self> {
        let snapshots = options.snapshots.as_ref()?;
        let files = found.files();
        let size: u64 = files.iter().map(|file| file.size).sum();
        if size < snapshots.from || !found.is_whole() || files.iter().any(|file| racy(file, found))
        {
            return None;
        }
        let root = fs::canonicalize(root).ok()?;
        let made_with = format!(
            "{:?} {:?} {}",
            options.dependencies, options.redaction, options.skip_unreadable
        );
        let key = serde_json::to_vec(&(
            FORMAT,
            &root,
            &made_with,
            files,
            found.others(),
            &found.misnamed,
        ))
        .ok()?;
        let name = xxh3_64(format!("{} {made_with}", root.display()).as_bytes());
        Some(Self {
            path: snapshots.directory.join(format!("{name:016x}.snapshot")),
            key: xxh3_128(&key).to_ne_bytes(),
        })
    }

    /// The estate, if a sound snapshot of just this state is there.
    pub(super) fn read(&self, root: &Path, files: Vec<Listed>) -> Option<Estate> {
        let file = File::open(&self.path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut file = BufReader::new(file);
        let mut head = vec![0; FORMAT.len() + self.key.len()];
        file.read_exact(&mut head).ok()?;
        if !head.starts_with(FORMAT.as_bytes()) || !head.ends_with(&self.key) {
            return None;
        }
        let mut estate = Estate::empty(root, files);
        let mut reader = Reader::new(file, size - head.len() as u64);
        let mut words = Vec::new();
        arrays(&mut reader, &mut words, &mut estate).ok()?;
        reader.finish().ok()?;
        let words: Words = serde_json::from_slice(&words).ok()?;
        (
            estate.catalogs,
            estate.facts,
            estate.registrations,
            estate.discovery,
            estate.relationships,
            estate.problems,
        ) = words;
        estate.is_sound().then_some(estate)
    }

    /// Keeps an estate.
    ///
    /// # Errors
    /// When it cannot be written; nothing is lost then but time.
    pub(super) fn write(&self, estate: &mut Estate) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut private = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
        private.recursive(true).create(folder)?;
        let mut words = serde_json::to_vec(&(
            &estate.catalogs,
            &estate.facts,
            &estate.registrations,
            &estate.discovery,
            &estate.relationships,
            &estate.problems,
        ))?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut to = BufWriter::new(file.as_file_mut());
        to.write_all(FORMAT.as_bytes())?;
        to.write_all(&self.key)?;
        let mut writer = Writer::new(to);
        arrays(&mut writer, &mut words, estate)?;
        writer.finish()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

fn racy(file: &Listed, found: &Found) -> bool {
    found.at - file.changed.max(file.touched) < RACY
}

/// Every array of a snapshot, in its order.
fn arrays(dump: &mut impl Dump, words: &mut Vec<u8>, estate: &mut Estate) -> io::Result<()> {
    dump.array(words)?;
    estate.graph.dump(dump)?;
    estate.facts_rows.dump(dump)?;
    estate.registered.dump(dump)
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use super::super::options::Snapshots;
    use super::*;

    const CATALOG: &str = r#"{"name": "web1", "classes": ["shop"], "resources": [
        {"type": "Class", "title": "Shop"},
        {"type": "Service", "title": "shop", "parameters": {"require": "File[/etc/shop]"}},
        {"type": "File", "title": "/etc/shop", "parameters": {}}],
        "edges": [{"source": "Class[Shop]", "target": "Service[shop]"}]}"#;

    struct Kept {
        estate: tempfile::TempDir,
        cache: tempfile::TempDir,
    }

    impl Kept {
        fn new() -> Self {
            let kept =
                Self { estate: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
            kept.write("catalogs/web1.json", CATALOG);
            kept.write("catalogs/web2.json", "{");
            kept.write("facts/web1.json", r#"{"rack": "a1", "os": {"family": "Debian"}}"#);
            kept.write(
                "registrations/web1.json",
                r#"{"fqdn": "web1", "lastseen": 1, "facts": {"rack": "a2"}, "classes": ["shop"], "agentlist": ["puppet"]}"#,
            );
            kept.write("discovery.json", r#"["web1"]"#);
            kept.write("relationships.yaml", "- {node: web1, on: Service[x], nodes: web3}\n");
            kept
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.estate.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn settled(self) -> Self {
            sleep(Duration::from_nanos(u64::try_from(RACY).unwrap()) + Duration::from_millis(50));
            self
        }

        fn options(&self) -> Options {
            let directory = self.cache.path().join("groundrule");
            Options { snapshots: Some(Snapshots { directory, from: 0 }), ..Options::default() }
        }

        /// Everything that is known of the estate, but for the seed of the hash tables.
        fn open(&self, options: &Options) -> String {
            let estate = Estate::open(self.estate.path(), options).unwrap();
            format!("{estate:?}")
        }

        fn snapshot(&self) -> Option<PathBuf> {
            let mut entries = fs::read_dir(self.cache.path().join("groundrule")).ok()?;
            Some(entries.next()?.unwrap().path())
        }
    }

    /// The seed tells whether an estate was read again: each reading has its own.
    #[test]
    fn a_snapshot_is_what_was_read() {
        let kept = Kept::new().settled();
        let options = kept.options();
        let read = kept.open(&options);
        assert!(read.contains("web2.json"), "the fault is kept too");
        assert_eq!(kept.open(&options), read);

        let path = kept.snapshot().unwrap();
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, damaged).unwrap();
            assert_ne!(kept.open(&options), read, "damaged at {at}");
        }
        let read = kept.open(&options);
        assert_eq!(kept.open(&options), read, "a damaged snapshot is replaced");

        let skipping = Options { skip_unreadable: true, ..kept.options() };
        assert_ne!(kept.open(&skipping), read);
        kept.write("catalogs/web4.txt", "");
        assert!(kept.open(&options).contains("web4.txt"));
    }

    #[test]
    fn what_was_just_written_is_not_kept() {
        let kept = Kept::new();
        kept.open(&kept.options());
        assert_eq!(kept.snapshot(), None);
    }

    #[test]
    fn what_may_pass_is_not_kept() {
        let kept = Kept::new().settled();
        fs::create_dir_all(kept.estate.path().join("facts/web2.json")).unwrap();
        kept.open(&kept.options());
        assert_eq!(kept.snapshot(), None);
    }

    #[test]
    fn small_estates_are_read_each_time() {
        let kept = Kept::new().settled();
        let mut options = kept.options();
        options.snapshots.as_mut().unwrap().from = 1 << 20;
        kept.open(&options);
        assert_eq!(kept.snapshot(), None);
    }
}
