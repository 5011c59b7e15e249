//! Writing results: complete, or not at all.

mod unfinished;

use std::fs::{self, File, Metadata};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use unfinished::Unfinished;

use enhancer_core::ErrorCode;

use crate::failure::{Code, Failure, Side};
use crate::jobs::{self, Job};

/// Where a result is written before it is complete.
pub(crate) enum Output {
    File(NewFile),
    /// A temporary file. Headers contain sizes that are known only at the end, so nothing goes to
    /// standard output before the result is complete.
    StandardOutput(File),
}

impl Output {
    /// Starts the result of a job.
    pub(crate) fn begin(job: &Job, overwrite: bool) -> Result<Output, Failure> {
        if job.is_to_standard_output() {
            let file = tempfile::tempfile().context("cannot create a temporary file");
            return file.map(Output::StandardOutput).map_err(failure);
        }
        if job.creates_folder {
            let folder = jobs::folder_of(&job.destination);
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create the folder {}", folder.display()))
                .map_err(failure)?;
        }
        NewFile::begin(&job.destination, overwrite).map(Output::File)
    }

    /// The temporary file.
    pub(crate) fn file(&self) -> &File {
        match self {
            Output::File(new) => new.file.file(),
            Output::StandardOutput(file) => file,
        }
    }

    /// Puts the complete result at its destination.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Output::File(new) => new.finish(),
            Output::StandardOutput(file) => print(file)
                .context("cannot write to standard output")
                .map_err(|error| Failure::new(Side::Destination, ErrorCode::Write, error)),
        }
    }
}

/// Copies a file to standard output.
fn print(mut file: File) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    file.rewind()?;
    io::copy(&mut file, &mut stdout)?;
    stdout.flush()
}

/// A file that appears at its destination only when it is complete.
pub(crate) struct NewFile {
    file: Unfinished,
    destination: PathBuf,
    overwrite: bool,
}

impl NewFile {
    /// Starts a file for this destination. A symbolic link is followed: its target is
    /// replaced, the link stays.
    fn begin(destination: &Path, overwrite: bool) -> Result<NewFile, Failure> {
        let destination = follow(destination)?;
        let replaced = fs::metadata(&destination).ok();
        if let Some(replaced) = &replaced {
            check_replaceable(&destination, replaced, overwrite)?;
        }
        let folder = jobs::folder_of(&destination);
        if !folder.is_dir() {
            let error = anyhow!("the folder {} does not exist; create it first", folder.display());
            return Err(failure(error));
        }
        let file = Unfinished::create(folder, replaced.as_ref())
            // The error itself names the temporary file, which the user does not know.
            .map_err(|error| anyhow!("{}", error.kind()))
            .with_context(|| format!("cannot write to the folder {}", folder.display()));
        Ok(NewFile { file: file.map_err(failure)?, destination, overwrite })
    }

    /// Moves the complete file to its destination.
    fn finish(self) -> Result<(), Failure> {
        let NewFile { file, destination, overwrite } = self;
        let cannot = || format!("cannot write {}", destination.display());
        // Some file systems report a full disk only here. Also, the bytes must reach the disk
        // before the rename.
        file.file().sync_all().with_context(cannot).map_err(failure)?;
        match file.finish(&destination, overwrite) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&destination)),
            Err(error) => Err(failure(anyhow!(error).context(cannot()))),
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

/// Checks that a destination may be replaced: only a regular file, and only with `--force`.
/// Replacing a pipe would remove it, and its reader would wait forever.
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

fn exists(destination: &Path) -> Failure {
    let error = anyhow!(
        "{} already exists; use --force (-y) to overwrite it, or --skip-existing",
        destination.display()
    );
    Failure::new(Side::Destination, Code::DestinationExists, error)
}

fn failure(error: anyhow::Error) -> Failure {
    Failure::new(Side::Destination, Code::Destination, error)
}
