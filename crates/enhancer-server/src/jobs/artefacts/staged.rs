//! Unfinished files in the folder of artefacts. A file appears under its name when it is complete.
//! If the process dies before that, the unfinished file stays, and no listing of the store shows
//! it.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// After this time without a write, a file counts as abandoned.
const OLD: Duration = Duration::from_secs(3600);

/// The folder of artefacts.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    folder: PathBuf,
}

impl Staged {
    pub(super) fn in_folder(folder: &Path) -> Staged {
        Staged { folder: folder.to_owned() }
    }

    /// Deletes all unfinished files. No other process may write to the folder.
    ///
    /// # Errors
    /// If the folder cannot be read, or a file in it cannot be deleted.
    pub(super) fn remove_all(&self) -> io::Result<()> {
        self.remove(Duration::ZERO)
    }

    /// Deletes unfinished files without a write in the last hour.
    ///
    /// # Errors
    /// The same as for [`remove_all`](Self::remove_all).
    pub(super) fn remove_old(&self) -> io::Result<()> {
        self.remove(OLD)
    }

    fn remove(&self, age: Duration) -> io::Result<()> {
        for folder in ["sources", "results"].map(|name| self.folder.join(name)) {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                remove_if_older(&entry?, age)?;
            }
        }
        Ok(())
    }
}

fn remove_if_older(entry: &DirEntry, age: Duration) -> io::Result<()> {
    // The store adds a number to the name: `ID#1`.
    if !entry.file_name().to_string_lossy().contains('#') {
        return Ok(());
    }
    let removed = entry.metadata().and_then(|found| {
        // A time in the future is not old.
        let written = found.modified()?.elapsed().unwrap_or_default();
        if written < age { Ok(()) } else { fs::remove_file(entry.path()) }
    });
    match removed {
        // Its writer has finished in the meantime.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn unfinished_files_go_and_finished_ones_stay() {
        let temporary = tempfile::tempdir().unwrap();
        let staged = Staged::in_folder(temporary.path());
        staged.remove_all().unwrap();
        let sources = temporary.path().join("sources");
        fs::create_dir(&sources).unwrap();
        let make = |name: &str, age| {
            let file = File::create(sources.join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        make("whole", 3 * OLD);
        make("old#1", 2 * OLD);
        make("new#1", Duration::ZERO);
        let names = || {
            let entries = fs::read_dir(&sources).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        staged.remove_old().unwrap();
        assert_eq!(names(), ["new#1", "whole"]);
        staged.remove_all().unwrap();
        assert_eq!(names(), ["whole"]);
    }
}
