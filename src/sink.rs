//! Where reports go: standard output, or a file that is there only when it is complete.

use std::cell::Cell;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::failure::Failure;

/// Standard output in blocks.
pub fn stdout() -> Box<dyn Write> {
    Box::new(io::BufWriter::new(io::stdout()))
}

/// What is written, kept in memory.
#[derive(Clone, Default)]
pub struct Memory(Rc<std::cell::RefCell<Vec<u8>>>);

impl Memory {
    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is written beside its place and moved there at the end.
pub struct Staged {
    path: PathBuf,
    staged: PathBuf,
    /// Whether writing failed; the place is left alone then.
    broken: Rc<Cell<bool>>,
}

struct Stream {
    file: io::BufWriter<fs::File>,
    broken: Rc<Cell<bool>>,
}

impl Staged {
    /// Begins a file; folders on the way are made.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path) -> Result<(Self, Box<dyn Write>), Failure> {
        let failed = |error: io::Error| {
            Failure::new(
                format!("the report {} cannot be written: {error}", path.display()),
                "name a place where you may write",
            )
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        if path.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let mut staged = path.as_os_str().to_owned();
        staged.push(format!(".{}.part", std::process::id()));
        let staged = PathBuf::from(staged);
        let file = fs::File::create(&staged).map_err(failed)?;
        let broken = Rc::new(Cell::new(false));
        let stream = Stream { file: io::BufWriter::new(file), broken: Rc::clone(&broken) };
        Ok((Self { path: path.to_owned(), staged, broken }, Box::new(stream)))
    }

    /// Puts the complete file in its place.
    ///
    /// # Errors
    /// When it was not written whole or cannot be moved.
    pub fn publish(self) -> Result<(), Failure> {
        let path = self.path.display().to_string();
        if self.broken.get() {
            return Err(Failure::new(
                format!("the report {path} could not be written whole"),
                "check the disk",
            ));
        }
        fs::rename(&self.staged, &self.path).map_err(|error| {
            Failure::new(format!("the report {path} cannot be written: {error}"), "check the path")
        })
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After publishing there is nothing left of it.
        let _ = fs::remove_file(&self.staged);
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write(buffer).inspect_err(|_| self.broken.set(true))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().inspect_err(|_| self.broken.set(true))
    }
}
