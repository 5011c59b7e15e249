//! Files to write: complete, or not at all.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::source::FileId;
use super::{ConfinedPath, FileError};

/// A file that appears under its name only when it is complete. Until then it has no name, so
/// nothing is left of it even after a crash. On systems without nameless files, it is a temporary
/// file in the same folder, which is removed on drop.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    folder: Dir,
    temporary: Option<Temporary>,
    name: OsString,
}

/// A name that is removed when this is dropped.
#[derive(Debug)]
struct Temporary {
    folder: Dir,
    name: String,
}

impl Output {
    /// Starts a file. If its folder does not exist, the error is [`FileError::NotFound`].
    pub(super) fn begin(
        root: &Dir,
        path: &ConfinedPath,
        source: FileId,
    ) -> Result<Output, FileError> {
        let path = path.relative();
        let name =
            path.file_name().ok_or(FileError::Refused("does not end in a file name"))?.to_owned();
        let folder = open_parent(root, path)?;
        let replaced = metadata(&folder, &name)?;
        if let Some(replaced) = &replaced {
            check_replaceable(replaced, source)?;
        }
        let (file, temporary) = match nameless(&folder) {
            Some(file) => (file, None),
            None => {
                let temporary = Temporary::new(&folder)?;
                let options = OpenOptions::new().write(true).create_new(true).clone();
                (folder.open_with(&temporary.name, &options)?, Some(temporary))
            }
        };
        if let Some(replaced) = replaced {
            file.set_permissions(replaced.permissions())?;
        }
        Ok(Output { file, folder, temporary, name })
    }

    /// Where the temporary file is written.
    pub(crate) fn sink(&self) -> io::Result<std::fs::File> {
        self.file.try_clone().map(File::into_std)
    }

    /// Gives the complete file its name.
    pub(crate) async fn finish(self) -> Result<(), FileError> {
        spawn_blocking(move || self.finish_blocking()).await?
    }

    fn finish_blocking(self) -> Result<(), FileError> {
        let Output { file, folder, temporary, name } = self;
        // Some file systems report a full disk only here. Also, the bytes must reach the disk
        // before the rename.
        file.sync_all()?;
        match temporary {
            Some(temporary) => folder.rename(&temporary.name, &folder, &name)?,
            None => match link(&file, &folder, &name) {
                Ok(()) => {}
                // A new link cannot replace a file, but a rename can.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let temporary = Temporary::new(&folder)?;
                    link(&file, &folder, temporary.name.as_ref())?;
                    folder.rename(&temporary.name, &folder, &name)?;
                }
                Err(error) => return Err(error.into()),
            },
        }
        // Without this, a power failure could lose the name after the client got its answer.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(&folder, ".", flags, Mode::empty());
        let synced = folder.and_then(rustix::fs::fsync);
        Ok(synced.map_err(io::Error::from)?)
    }
}

impl Temporary {
    fn new(folder: &Dir) -> io::Result<Temporary> {
        let name = format!(".enhancer-{}.part", Uuid::now_v7());
        Ok(Temporary { folder: folder.try_clone()?, name })
    }
}

/// A file without a name in a folder, if the system and the file system support this.
#[cfg(target_os = "linux")]
fn nameless(folder: &Dir) -> Option<File> {
    let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o666);
    let file = rustix::fs::openat(folder, ".", flags, mode).ok()?;
    // The file later gets its name through /proc, which is not mounted everywhere.
    rustix::fs::stat(by_descriptor(&file)).ok()?;
    Some(File::from_std(file.into()))
}

#[cfg(target_os = "linux")]
fn by_descriptor(file: &impl std::os::fd::AsRawFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Dir) -> Option<File> {
    None
}

/// Gives a name to a file without one.
#[cfg(target_os = "linux")]
fn link(file: &File, folder: &Dir, name: &OsStr) -> io::Result<()> {
    let follow = AtFlags::SYMLINK_FOLLOW;
    Ok(rustix::fs::linkat(CWD, by_descriptor(file), folder, name, follow)?)
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Dir, _: &OsStr) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is no file of this name.
        let _ = self.folder.remove_file(&self.name);
    }
}

fn open_parent(root: &Dir, path: &Path) -> Result<Dir, FileError> {
    match path.parent() {
        Some(parent) if parent != Path::new("") => Ok(root.open_dir(parent)?),
        _ => Ok(root.try_clone()?),
    }
}

fn metadata(folder: &Dir, name: &OsString) -> Result<Option<Metadata>, FileError> {
    match folder.symlink_metadata(name) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Checks that a file may be replaced: it must be a regular file. Replacing a device or a pipe
/// would remove it, and the target of a link is not the file that the request named.
fn check_replaceable(found: &Metadata, source: FileId) -> Result<(), FileError> {
    if !found.is_file() {
        return Err(FileError::Refused(
            "exists but is not a regular file; use a new name, or the name of a regular file to replace",
        ));
    }
    if FileId::of(found) == source {
        return Err(FileError::Refused("is the source, which the result would overwrite"));
    }
    Ok(())
}
