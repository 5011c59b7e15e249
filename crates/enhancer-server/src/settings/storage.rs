//! Where the server keeps what it keeps.

use std::path::PathBuf;

/// Where the server keeps what it keeps.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Storage")]
pub(crate) struct StorageSettings {
    /// The folder for uploads, jobs and results, made if missing; nobody else's
    #[arg(
        long,
        env = "ENHANCER_DATA_ROOT",
        value_name = "FOLDER",
        default_value = "enhancer-data"
    )]
    pub(crate) data_root: PathBuf,
}
