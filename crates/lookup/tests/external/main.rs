//! External facts: as they were captured of Facter, beside the real one, and hostile files.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod captured;
mod facter;
mod hostile;
mod keeping;

use std::path::{Path, PathBuf};
use std::time::Duration;

use groundrule_lookup::external::{Gathered, Options, Programs, read};

/// The captured directory of that name.
fn captured(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/external/captured").join(name)
}

fn programs() -> Programs {
    Programs {
        environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        limit: Duration::from_secs(20),
        most: 64 * 1024,
        now: 1_790_000_000,
    }
}

fn gather_with(directories: &[PathBuf], options: &Options) -> Gathered {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(read(directories, options))
}

fn gather(directory: &Path) -> Gathered {
    gather_with(
        &[directory.to_owned()],
        &Options { programs: Some(programs()), environment: Vec::new() },
    )
}

fn json(gathered: &Gathered) -> serde_json::Value {
    serde_json::Value::from(&gathered.values())
}
