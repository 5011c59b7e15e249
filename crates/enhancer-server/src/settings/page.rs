//! The page at /.

use std::path::PathBuf;

/// The page at /.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Page")]
pub(crate) struct PageSettings {
    /// Folder with the built page, served at / without requiring a token; must contain
    /// index.html [default: none, / redirects to /docs]
    #[arg(long, env = "APP_PAGE", value_name = "FOLDER")]
    pub(crate) page: Option<PathBuf>,
}
