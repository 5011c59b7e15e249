//! Where results go: whole, or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use tempfile::NamedTempFile;

use crate::failure::{Failure, Side};

/// A file that appears at its destination only when it is whole; until then it
/// is a temporary one beside it, which goes when this is dropped.
pub(crate) struct Output {
    file: NamedTempFile,
    destination: PathBuf,
    overwrite: bool,
}

impl Output {
    /// Starts a file for that destination.
    pub(crate) fn begin(destination: &Path, overwrite: bool) -> Result<Output, Failure> {
        if !overwrite && destination.exists() {
            return Err(exists(destination));
        }
        let folder = match destination.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".enhancer-").suffix(".part");
        #[cfg(unix)]
        {
            // Readable as the user's other files are, not for the owner alone.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder
            .tempfile_in(folder)
            .with_context(|| format!("cannot write to the folder {}", folder.display()));
        let file = file.map_err(|error| Failure::new(Side::Destination, "destination", error))?;
        Ok(Output { file, destination: destination.to_owned(), overwrite })
    }

    /// The temporary file.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Moves the file, which is whole now, to its destination.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Output { file, destination, overwrite } = self;
        let persisted = if overwrite {
            file.persist(&destination)
        } else {
            file.persist_noclobber(&destination)
        };
        match persisted {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(exists(&destination))
            }
            Err(error) => Err(Failure::new(
                Side::Destination,
                "destination",
                anyhow!(error.error).context(format!("cannot write {}", destination.display())),
            )),
        }
    }
}

fn exists(destination: &Path) -> Failure {
    let error = anyhow!("{} exists already; --force overwrites it", destination.display());
    Failure::new(Side::Destination, "destination_exists", error)
}
