//! Files that are read.

use std::fs::File;

use cap_fs_ext::{MetadataExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, Metadata, OpenOptions};

use super::{ConfinedPath, FileError};

/// A file to read, opened once: whatever its path leads to later, it stays the same.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: File,
    id: FileId,
}

/// What tells whether two names are of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl Source {
    pub(super) fn open(root: &Dir, path: &ConfinedPath) -> Result<Source, FileError> {
        // Merely opening some devices does something.
        check_regular(&root.metadata(path.relative())?)?;
        // Should it be a pipe by now, opening it must not wait for somebody to write.
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
