//! Which files of this machine requests may name.

use std::path::{Path, PathBuf};

/// Which files of this machine requests may name.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Files")]
pub(crate) struct FilesSettings {
    /// Root folder for POST /enhance-file; paths are relative to it and cannot leave it
    /// [default: the working directory; without one, POST /enhance-file is off if the server
    /// listens on another address than loopback, or has a token, an --allowed-host or a
    /// --trusted-proxy]
    #[arg(long, env = "ENHANCER_FILES_ROOT", value_name = "FOLDER")]
    pub(crate) files_root: Option<PathBuf>,
}

impl FilesSettings {
    /// The root folder, if requests may name files at all.
    pub(crate) fn root(&self, is_exposed: bool) -> Option<&Path> {
        let working_directory = || (!is_exposed).then_some(Path::new("."));
        self.files_root.as_deref().or_else(working_directory)
    }
}
