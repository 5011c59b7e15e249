//! Files that nobody but this process sees: uploads, and results on their way out.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use crate::data_root;
use crate::room::{CountedFile, Room, Rooms};
use crate::settings::StorageSettings;

/// A folder for files without a name, which are gone when they are closed, however the
/// process ends.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    rooms: Rooms,
}

impl Spool {
    /// The folder `spool` of the data root, made if missing and open to nobody else.
    ///
    /// # Errors
    /// If it cannot be made or written, or if the data root is open to others.
    pub(crate) fn open(settings: &StorageSettings) -> io::Result<Spool> {
        data_root::prepare(&settings.data_root)?;
        let folder = settings.data_root.join("spool");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let rooms = Rooms::new(&folder, settings);
        let spool = Spool { folder, rooms };
        spool.file().map(|_| spool)
    }

    /// A new file, empty.
    ///
    /// # Errors
    /// If there is no room, or too many files are open.
    pub(crate) fn file(&self) -> io::Result<CountedFile> {
        let file = tempfile::tempfile_in(&self.folder)?;
        Ok(CountedFile::new(file, self.room()))
    }

    /// The space of a file.
    pub(crate) fn room(&self) -> Room {
        self.rooms.room()
    }

    /// The space of all files, artefacts in the data root too.
    pub(crate) fn rooms(&self) -> &Rooms {
        &self.rooms
    }
}
