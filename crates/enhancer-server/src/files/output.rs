//! Files that are written: whole, or not at all.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::source::FileId;
use super::{ConfinedPath, FileError};

/// A file that appears under its name only when it is whole; until then it is a
/// temporary one beside it, which goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    temporary: Temporary,
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
        let temporary = format!(".enhancer-{}.part", Uuid::now_v7());
        let file = folder.open_with(&temporary, OpenOptions::new().write(true).create_new(true))?;
        let temporary = Temporary { folder, name: temporary };
        if let Some(replaced) = replaced {
            file.set_permissions(replaced.permissions())?;
        }
        Ok(Output { file, temporary, name })
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
        let Output { file, temporary, name } = self;
        // Some file systems report a full disk only now; and a rename must not reach
        // the disk before the bytes do.
        file.sync_all()?;
        let Temporary { folder, name: part } = &temporary;
        Ok(folder.rename(part, folder, &name)?)
    }
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
