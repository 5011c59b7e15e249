//! Files to read.

use std::fs::File;

use cap_fs_ext::{MetadataExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, Metadata, OpenOptions};

use super::{ConfinedPath, FileError};

/// A file to read. It is opened once, so it stays the same file even if its path changes.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: File,
    id: FileId,
}

/// Identifies a file: two names with the same id belong to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl Source {
    pub(super) fn open(root: &Dir, path: &ConfinedPath) -> Result<Source, FileError> {
        // Opening some devices already has an effect.
        check_regular(&root.metadata(path.relative())?)?;
        // If it has become a pipe in the meantime, opening it must not wait for a writer.
        let mut options = OpenOptions::new();
        options.read(true).nonblock(true);
        let file = root.open_with(path.relative(), &options)?;
        let metadata = file.metadata()?;
        check_regular(&metadata)?;
        Ok(Source { file: file.into_std(), id: FileId::of(&metadata) })
    }

    pub(super) fn id(&self) -> FileId {
        self.id
    }
}

impl FileId {
    pub(super) fn of(metadata: &Metadata) -> FileId {
        FileId { device: metadata.dev(), inode: metadata.ino() }
    }
}

fn check_regular(metadata: &Metadata) -> Result<(), FileError> {
    match metadata {
        metadata if metadata.is_file() => Ok(()),
        metadata if metadata.is_dir() => Err(FileError::Refused("is a folder, expected a file")),
        _ => Err(FileError::Refused("is a device, pipe or socket, expected a regular file")),
    }
}
