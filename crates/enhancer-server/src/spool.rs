//! Files that only this process sees: uploads, and results that are being sent.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use crate::data_root;
use crate::room::{CountedFile, Room, Rooms};
use crate::settings::StorageSettings;

/// A folder for files without a name. They disappear when they are closed, even if the process is
/// killed.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    rooms: Rooms,
}

impl Spool {
    /// Opens the folder `spool` of the data root. Creates it if it is missing, closed to other
    /// users.
    ///
    /// # Errors
    /// If it cannot be created or written, or if the data root is open to others.
    pub(crate) fn open(settings: &StorageSettings) -> io::Result<Spool> {
        data_root::prepare(&settings.data_root)?;
        let folder = settings.data_root.join("spool");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let rooms = Rooms::new(&folder, settings);
        let spool = Spool { folder, rooms };
        spool.file().map(|_| spool)
    }

    /// A new, empty file.
    ///
    /// # Errors
    /// If there is no space, or too many files are open.
    pub(crate) fn file(&self) -> io::Result<CountedFile> {
        let file = tempfile::tempfile_in(&self.folder)?;
        Ok(CountedFile::new(file, self.room()))
    }

    /// The space of a file.
    pub(crate) fn room(&self) -> Room {
        self.rooms.room()
    }

    /// The space of all files, including artefacts in the data root.
    pub(crate) fn rooms(&self) -> &Rooms {
        &self.rooms
    }
}
