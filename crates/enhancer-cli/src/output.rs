//! Writing results: complete, or not at all.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use tempfile::NamedTempFile;

use crate::failure::{Failure, Side};

/// A file that appears at its destination only when it is complete. Until then it is
/// a temporary file beside it, which is deleted on drop.
pub(crate) struct Output {
    file: NamedTempFile,
    destination: PathBuf,
    overwrite: bool,
}

impl Output {
    /// Starts a file for this destination. A symbolic link is followed: its target is
    /// replaced, the link stays.
    pub(crate) fn begin(destination: &Path, overwrite: bool) -> Result<Output, Failure> {
        let destination = follow(destination)?;
        let replaced = fs::metadata(&destination).ok();
        if let Some(replaced) = &replaced {
            check_replaceable(&destination, replaced, overwrite)?;
        }
        let folder = match destination.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let file = new_file(folder, replaced.as_ref())
            .with_context(|| format!("cannot write to the folder {}", folder.display()));
        Ok(Output { file: file.map_err(failure)?, destination, overwrite })
    }

    /// The temporary file.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Moves the complete file to its destination.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Output { file, destination, overwrite } = self;
        let cannot = || format!("cannot write {}", destination.display());
        // Some file systems report a full disk only now; and a rename must not reach
        // the disk before the bytes do.
        file.as_file().sync_all().with_context(cannot).map_err(failure)?;
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
            Err(error) => Err(failure(anyhow!(error.error).context(cannot()))),
        }
    }
}

/// The real path of a destination, which may be a link.
fn follow(destination: &Path) -> Result<PathBuf, Failure> {
    if !destination.is_symlink() {
        return Ok(destination.to_owned());
    }
    fs::canonicalize(destination)
        .with_context(|| format!("cannot follow the link {}", destination.display()))
        .map_err(failure)
}

/// Only files are replaced, and only with `--force`. Replacing a device or a pipe
/// would remove it, and its reader would wait forever.
fn check_replaceable(path: &Path, found: &Metadata, overwrite: bool) -> Result<(), Failure> {
    if !found.is_file() {
        let error =
            anyhow!("{} is not a regular file; the destination must be one", path.display());
        return Err(failure(error));
    }
    if !overwrite {
        return Err(exists(path));
    }
    Ok(())
}

/// A temporary file with the permissions of the one it replaces, or else those
/// of the user's other files.
fn new_file(folder: &Path, replaced: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".enhancer-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Some(replaced) = replaced {
        file.as_file().set_permissions(replaced.permissions())?;
    }
    Ok(file)
}

fn exists(destination: &Path) -> Failure {
    let error = anyhow!("{} already exists; use --force to overwrite it", destination.display());
    Failure::new(Side::Destination, "destination_exists", error)
}

fn failure(error: anyhow::Error) -> Failure {
    Failure::new(Side::Destination, "destination", error)
}
