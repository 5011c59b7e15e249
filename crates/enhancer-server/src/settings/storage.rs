//! Where the server stores its data.

use std::path::PathBuf;

/// Where the server stores its data.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Storage")]
pub(crate) struct StorageSettings {
    /// Folder for uploads, jobs and results, created if missing; no other program may use
    /// it
    #[arg(
        long,
        env = "ENHANCER_DATA_ROOT",
        value_name = "FOLDER",
        default_value = "enhancer-data"
    )]
    pub(crate) data_root: PathBuf,
}
