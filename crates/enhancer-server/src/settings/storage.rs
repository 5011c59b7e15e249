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

    /// Reject uploads and results with 507 when the data root would become larger than this, in
    /// bytes [default: no limit but --min-free]
    #[arg(long, env = "ENHANCER_MAX_STORAGE", value_name = "BYTES")]
    pub(crate) max_storage: Option<u64>,

    /// Reject uploads and results with 507 when less than this would stay free on the disk of
    /// the data root, in bytes
    #[arg(long, env = "ENHANCER_MIN_FREE", value_name = "BYTES", default_value_t = 256 << 20)]
    pub(crate) min_free: u64,
}
