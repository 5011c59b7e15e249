//! Which files of this machine requests may name.

use std::path::PathBuf;

/// Which files of this machine requests may name.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Files")]
pub(crate) struct FilesSettings {
    /// Root folder for POST /enhance-file; paths are relative to it and cannot leave it
    #[arg(long, env = "ENHANCER_FILES_ROOT", value_name = "FOLDER", default_value = ".")]
    pub(crate) files_root: PathBuf,
}
