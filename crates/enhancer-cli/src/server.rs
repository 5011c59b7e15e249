//! `enhancer serve` and `enhancer worker`.

use std::process::ExitCode;

use crate::failure::{Code, Failure, Side};
use crate::report;

#[cfg(feature = "server")]
pub(crate) use enhancer_server::{ServeSettings, WorkerSettings};

#[cfg(not(feature = "server"))]
pub(crate) use without_server::{ServeSettings, WorkerSettings};

#[cfg(not(feature = "server"))]
use without_server as enhancer_server;

/// Runs the server until it is stopped.
pub(crate) fn serve(settings: &ServeSettings) -> ExitCode {
    exit_code(enhancer_server::serve(settings))
}

/// Runs the worker until it is stopped.
pub(crate) fn work(settings: &WorkerSettings) -> ExitCode {
    exit_code(enhancer_server::work(settings))
}

/// Reports a failure on standard error.
fn exit_code(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::print_failure(&Failure::new(Side::Usage, Code::Settings, error), false);
            Side::Usage.into()
        }
    }
}

/// Replaces the server in a build without it. `enhancer serve` then gives an error instead of
/// looking for a file called `serve`.
#[cfg(not(feature = "server"))]
mod without_server {
    use std::ffi::OsString;

    pub(crate) use Ignored as ServeSettings;
    pub(crate) use Ignored as WorkerSettings;

    #[derive(clap::Args)]
    pub(crate) struct Ignored {
        /// Any arguments that the server would accept.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
        _arguments: Vec<OsString>,
    }

    pub(crate) fn serve(_: &Ignored) -> anyhow::Result<()> {
        anyhow::bail!("this build of enhancer has no server; build it with the feature `server`")
    }

    pub(crate) use serve as work;
}
