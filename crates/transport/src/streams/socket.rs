//! A socket file that is there for this process alone, and only for its user.

use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The file, which is removed in the end.
pub struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl SocketFile {
    /// Listens on a socket file. One that nobody listens on any more is replaced.
    pub fn bind(path: &str) -> Result<(UnixListener, Self), String> {
        let path = Path::new(path);
        free(path)?;
        // It is made where nobody else can reach it, and appears with its rights.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let room = parent.join(format!(".{}", std::process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&room)
            .map_err(|error| format!("cannot make {}: {error}", room.display()))?;
        let bound = bind_in(&room, path);
        // What is left behind there harms nobody.
        let _ = fs::remove_dir_all(&room);
        let (listener, inode) = bound.map_err(|error| format!("cannot listen: {error}"))?;
        Ok((listener, Self { path: path.to_owned(), inode }))
    }
}

fn bind_in(room: &Path, path: &Path) -> std::io::Result<(UnixListener, u64)> {
    let inside = room.join("s");
    let listener = UnixListener::bind(&inside)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(&inside, Permissions::from_mode(0o600))?;
    let inode = fs::metadata(&inside)?.ino();
    fs::rename(&inside, path)?;
    Ok((listener, inode))
}

/// Makes sure that a path may be taken.
fn free(path: &Path) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("cannot listen: {error}")),
        Ok(file) if !file.file_type().is_socket() => {
            Err("there is a file that is no socket: remove it, or name another".to_owned())
        }
        Ok(_) => match UnixStream::connect(path) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            Err(error) => Err(format!("cannot tell whether somebody listens there: {error}")),
            Ok(_) => Err("another process listens there: end it, or name another file".to_owned()),
        },
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another process may have put its own in its place.
        if fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
