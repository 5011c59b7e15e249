//! The files that requests may name: all are below one folder. The system itself resolves every
//! path, starting at the open folder, so no link, renamed folder or race leads out of it.

mod error;
mod output;
mod path;
mod source;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use tokio::task::spawn_blocking;

pub(crate) use error::FileError;
pub(crate) use output::Output;
pub(crate) use path::ConfinedPath;
pub(crate) use source::Source;

/// The folder of the files that requests may name.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    root: Arc<Dir>,
    /// The absolute paths of the folder: as it was set, and with links resolved.
    names: [PathBuf; 2],
    /// The server's own folder, if it is inside this one.
    own: Option<PathBuf>,
}

impl Files {
    /// Opens the folder. Requests may not use files below `data_root`.
    ///
    /// # Errors
    /// If the folder does not exist, is the server's own, or is the root of the file system.
    pub(crate) fn open(root: &Path, data_root: &Path) -> anyhow::Result<Files> {
        let what = || format!("cannot use the folder {}", root.display());
        let names = [std::path::absolute(root), root.canonicalize()];
        let [absolute, canonical] = names.map(|name| name.with_context(what));
        let (absolute, canonical) = (absolute?, canonical?);
        if canonical.parent().is_none() {
            bail!(
                "{} is the root of the file system; choose a folder of recordings",
                root.display()
            );
        }
        let dir = Dir::open_ambient_dir(&canonical, ambient_authority()).with_context(what)?;
        let data_root = data_root.canonicalize().or_else(|_| std::path::absolute(data_root))?;
        if canonical.starts_with(&data_root) {
            let (root, data_root) = (root.display(), data_root.display());
            bail!(
                "{root} is inside {data_root}, the --data-root of the server; choose another folder"
            );
        }
        let own = data_root.strip_prefix(&canonical).ok().map(Path::to_owned);
        Ok(Files { root: Arc::new(dir), names: [absolute, canonical], own })
    }

    /// The file that a request names. A relative path starts at the folder; an absolute one must
    /// lead into it. Does not check whether the file exists.
    ///
    /// # Errors
    /// A text that says what is wrong with the path and what is allowed.
    pub(crate) fn confine(&self, path: &str) -> Result<ConfinedPath, String> {
        let path = ConfinedPath::new(path, &self.names)?;
        match &self.own {
            Some(own) if path.is_below(own) => {
                Err("is inside the server's own data folder (--data-root)".to_owned())
            }
            _ => Ok(path),
        }
    }

    /// Opens a file to read.
    pub(crate) async fn read(&self, path: &ConfinedPath) -> Result<Source, FileError> {
        let (root, path) = (self.root.clone(), path.clone());
        spawn_blocking(move || Source::open(&root, &path)).await?
    }

    /// Starts a file that appears at `path` when it is complete. It does not replace `source`.
    pub(crate) async fn write(
        &self,
        path: &ConfinedPath,
        source: &Source,
    ) -> Result<Output, FileError> {
        let (root, path, source) = (self.root.clone(), path.clone(), source.id());
        spawn_blocking(move || Output::begin(&root, &path, source)).await?
    }
}
