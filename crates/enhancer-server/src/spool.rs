//! Files that nobody but this process sees: uploads, and results on their way out.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::data_root;

/// A folder for files without a name, which are gone when they are closed, however the
/// process ends.
#[derive(Clone, Debug)]
pub(crate) struct Spool(PathBuf);

impl Spool {
    /// The folder `spool` of the data root, made if missing and open to nobody else.
    ///
    /// # Errors
    /// If it cannot be made or written, or if the data root is open to others.
    pub(crate) fn open(data_root: &Path) -> io::Result<Spool> {
        data_root::prepare(data_root)?;
        let folder = data_root.join("spool");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let spool = Spool(folder);
        spool.file().map(|_| spool)
    }

    /// A new file, empty.
    ///
    /// # Errors
    /// If there is no room, or too many files are open.
    pub(crate) fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.0)
    }
}
