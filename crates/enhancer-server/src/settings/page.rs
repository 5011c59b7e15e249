//! What is at /.

use std::path::PathBuf;

/// What is at /.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Page")]
pub(crate) struct PageSettings {
    /// The folder of the built page, with an index.html, which is served at / to anybody,
    /// token or not [default: none, / leads to /docs]
    #[arg(long, env = "APP_PAGE", value_name = "FOLDER")]
    pub(crate) page: Option<PathBuf>,
}
