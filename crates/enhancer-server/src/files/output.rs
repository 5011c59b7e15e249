//! Files that are written: whole, or not at all.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::source::FileId;
use super::{ConfinedPath, FileError};

/// A file that appears under its name only when it is whole. Until then it has no name, so that
/// nothing is left of it even after a crash. Where the system has no such files, it is one
/// beside it, which goes when this is dropped.
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
    /// That there is nothing to begin in is [`FileError::NotFound`].
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

    /// Gives the file, which is whole now, its name.
    pub(crate) async fn finish(self) -> Result<(), FileError> {
        spawn_blocking(move || self.finish_blocking()).await?
    }

    fn finish_blocking(self) -> Result<(), FileError> {
        let Output { file, folder, temporary, name } = self;
        // Some file systems report a full disk only now; and a rename must not reach
        // the disk before the bytes do.
        file.sync_all()?;
        match temporary {
            Some(temporary) => folder.rename(&temporary.name, &folder, &name)?,
            None => match link(&file, &folder, &name) {
                Ok(()) => {}
                // A link does not replace a file, a new name does.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let temporary = Temporary::new(&folder)?;
                    link(&file, &folder, temporary.name.as_ref())?;
                    folder.rename(&temporary.name, &folder, &name)?;
                }
                Err(error) => return Err(error.into()),
            },
        }
        // Otherwise the name could be lost with the power, after the client was answered.
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

/// A file in a folder that has no name, if the system and the file system have such files.
#[cfg(target_os = "linux")]
fn nameless(folder: &Dir) -> Option<File> {
    let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o666);
    let file = rustix::fs::openat(folder, ".", flags, mode).ok()?;
    // It gets its name by way of /proc, which is not mounted everywhere.
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

/// Gives a file a name that has none.
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
        // Once it was renamed there is nothing of this name.
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

/// Only files are replaced: a device or a pipe would be gone, and what a link leads to
/// is not what was named.
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
