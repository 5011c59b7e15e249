//! What the server logs.

use std::io::{IsTerminal, stderr};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// What the server logs, on standard error.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogSettings {
    /// Log level: error, warn, info, debug or trace; or a filter such as
    /// info,enhancer_server=debug
    #[arg(long = "log", env = "ENHANCER_LOG", value_name = "FILTER", default_value = "info")]
    pub(crate) filter: String,

    /// Log format: lines of text, or one JSON object per line
    #[arg(long, env = "ENHANCER_LOG_FORMAT", value_name = "FORMAT", default_value = "human")]
    pub(crate) log_format: LogFormat,
}

/// See [`LogSettings::log_format`].
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines of text.
    Human,
    /// One JSON object per line.
    Json,
}

impl LogSettings {
    /// Starts logging.
    ///
    /// # Errors
    /// If the filter cannot be read.
    pub(crate) fn start(&self) -> anyhow::Result<()> {
        // Decoders log content of recordings, which may be of any length.
        let filter = format!("symphonia=off,{}", self.filter);
        let filter = EnvFilter::try_new(filter).map_err(|error| {
            anyhow::anyhow!("invalid value {:?} for --log (ENHANCER_LOG): {error}", self.filter)
        })?;
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(stderr().is_terminal())
            .with_writer(stderr);
        match self.log_format {
            LogFormat::Human => log.with_target(false).init(),
            LogFormat::Json => log.json().flatten_event(true).init(),
        }
        Ok(())
    }
}
