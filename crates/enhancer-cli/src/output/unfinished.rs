//! A file that is not yet complete. On systems that allow it, the file has no name until then, so
//! nothing is left if the program is killed.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// A file in the folder of its destination.
pub(super) enum Unfinished {
    /// A file without a name.
    #[cfg(target_os = "linux")]
    Nameless(File),
    /// A file that is deleted on drop.
    Named(NamedTempFile),
}

impl Unfinished {
    /// Creates a file in a folder, with the permissions of the file that it replaces, or else the
    /// usual permissions.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub(super) fn create(folder: &Path, replaced: Option<&Metadata>) -> io::Result<Unfinished> {
        #[cfg(target_os = "linux")]
        let new = match nameless(folder) {
            Some(file) => Unfinished::Nameless(file),
            None => Unfinished::Named(named(folder)?),
        };
        #[cfg(not(target_os = "linux"))]
        let new = Unfinished::Named(named(folder)?);
        if let Some(replaced) = replaced {
            new.file().set_permissions(replaced.permissions())?;
        }
        Ok(new)
    }

    pub(super) fn file(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            Unfinished::Nameless(file) => file,
            Unfinished::Named(file) => file.as_file(),
        }
    }

    /// Gives the file its name. With `overwrite`, it replaces a file of that name.
    ///
    /// # Errors
    /// `AlreadyExists` if there is such a file and `overwrite` is false.
    pub(super) fn finish(self, destination: &Path, overwrite: bool) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Unfinished::Nameless(file) if overwrite => {
                // A new hard link cannot replace a file, so the file first gets a temporary name
                // and is then renamed.
                let folder = crate::jobs::folder_of(destination);
                let named = builder().make_in(folder, |path| link(&file, path))?;
                named.persist(destination).map_err(|error| error.error)?;
                Ok(())
            }
            #[cfg(target_os = "linux")]
            Unfinished::Nameless(file) => link(&file, destination),
            Unfinished::Named(file) => {
                let outcome = match overwrite {
                    true => file.persist(destination),
                    false => file.persist_noclobber(destination),
                };
                outcome.map(drop).map_err(|error| error.error)
            }
        }
    }
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".enhancer-").suffix(".part");
    builder
}

fn named(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = builder();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// A file without a name; none if the file system has no such files.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
    let file = rustix::fs::open(folder, flags, Mode::from_bits_truncate(0o666)).ok()?;
    // The file later gets its name through this path, which may be missing in a container.
    fs::exists("/proc/self/fd").unwrap_or(false).then(|| file.into())
}

/// Gives a name to a file without one.
#[cfg(target_os = "linux")]
fn link(file: &File, name: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD};
    let here = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, here, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}
