//! Builds results beside their destination and moves them into place when they are complete.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::ExportError;

/// A temporary folder beside a destination. Dropping it removes everything that was not published.
///
/// It is in the destination's own folder, so that publishing is a rename within one file system.
/// The result inside it gets the usual permissions, not a temporary file's private ones.
pub(crate) struct Staging {
    folder: TempDir,
    destination: PathBuf,
}

impl Staging {
    /// Creates the temporary folder. The destination's own folder must exist.
    pub(crate) fn beside(destination: &Path) -> Result<Self, ExportError> {
        if destination.file_name().is_none() {
            return Err(ExportError::destination(destination, "the path does not end in a name"));
        }
        let parent = match destination.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if !parent.is_dir() {
            let problem = format!("there is no folder `{}`; create it first", parent.display());
            return Err(ExportError::destination(destination, problem));
        }
        let folder = tempfile::Builder::new()
            .prefix(".model-exporter-")
            .tempdir_in(parent)
            .map_err(ExportError::io("create a temporary folder in", parent))?;
        Ok(Self { folder, destination: destination.to_owned() })
    }

    /// The path at which to build the result, as a file or a folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("new")
    }

    /// Moves the result to the destination and replaces what was there.
    pub(crate) fn publish(self) -> Result<(), ExportError> {
        let destination = &self.destination;
        let failed = ExportError::io("replace", destination);
        if !destination.is_dir() {
            return fs::rename(self.path(), destination).map_err(failed);
        }
        // A rename can replace a file in one step, but not a folder with content.
        let replaced = self.folder.path().join("replaced");
        fs::rename(destination, &replaced).map_err(failed)?;
        let Err(error) = fs::rename(self.path(), destination) else { return Ok(()) };
        match fs::rename(&replaced, destination) {
            Ok(()) => Err(ExportError::io("replace", destination)(error)),
            Err(_) => {
                let kept = self.folder.keep().join("replaced");
                let problem =
                    format!("{error}; the previous content is now in `{}`", kept.display());
                Err(ExportError::destination(&self.destination, problem))
            }
        }
    }
}

/// Writes the file `destination`. An existing file is replaced.
pub(crate) fn write_file(destination: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let staging = Staging::beside(destination)?;
    let staged = staging.path();
    fs::write(&staged, bytes).map_err(ExportError::io("write", &staged))?;
    staging.publish()
}

/// Checks that a destination may be replaced by a file that is made from `source`.
pub(crate) fn ensure_file_replaceable(
    destination: &Path,
    source: &Path,
) -> Result<(), ExportError> {
    if destination.exists() && !destination.is_file() {
        let problem = "it is not a file, and the result is one";
        return Err(ExportError::destination(destination, problem));
    }
    ensure_not_source(destination, source)
}

/// Checks that a destination is not what it is made from, which would be lost.
pub(crate) fn ensure_not_source(destination: &Path, source: &Path) -> Result<(), ExportError> {
    let same = |a: &Path, b: &Path| Some(fs::canonicalize(a).ok()? == fs::canonicalize(b).ok()?);
    if same(destination, source) == Some(true) {
        let problem = "it is the source itself";
        return Err(ExportError::destination(destination, problem));
    }
    Ok(())
}

/// Checks that a folder may be replaced, because its content is then lost: it must be empty, or
/// contain the file `mark` and otherwise only files that belong to `whole`.
pub(crate) fn ensure_folder_replaceable(
    destination: &Path,
    whole: &str,
    mark: &str,
    belongs: fn(&Path) -> bool,
) -> Result<(), ExportError> {
    if !destination.exists() {
        return Ok(());
    }
    if !destination.is_dir() {
        let problem = "it is not a folder, and a model is saved as one";
        return Err(ExportError::destination(destination, problem));
    }
    let failed = || ExportError::io("read", destination);
    let marked = destination.join(mark).is_file();
    for entry in fs::read_dir(destination).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let name = entry.file_name();
        if !marked || !belongs(Path::new(&name)) || !entry.path().is_file() {
            let problem = format!(
                "the folder holds `{}`, which is not part of {whole}; move it away first",
                name.display()
            );
            return Err(ExportError::destination(destination, problem));
        }
    }
    Ok(())
}
