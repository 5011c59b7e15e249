//! Every setting, as a flag and an environment variable. `--help` and docs/server.md list
//! them; their texts are written only here.

mod access;
mod enhancement;
mod files;
mod jobs;
mod limits;
mod listen;
mod log;
mod page;
mod secret;
mod storage;
mod webhook;

use clap::Args;

pub(crate) use access::{AccessSettings, Token};
pub(crate) use enhancement::EnhancementSettings;
pub(crate) use files::FilesSettings;
pub(crate) use jobs::JobSettings;
pub(crate) use limits::LimitSettings;
pub(crate) use listen::ListenSettings;
pub(crate) use log::LogSettings;
pub(crate) use page::PageSettings;
pub(crate) use secret::Secret;
pub(crate) use storage::StorageSettings;
pub(crate) use webhook::{AllowedTarget, WebhookSettings};

/// The settings of `enhancer serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    #[command(flatten)]
    pub(crate) listen: ListenSettings,
    #[command(flatten)]
    pub(crate) page: PageSettings,
    #[command(flatten)]
    pub(crate) enhancement: EnhancementSettings,
    #[command(flatten)]
    pub(crate) storage: StorageSettings,
    #[command(flatten)]
    pub(crate) files: FilesSettings,
    #[command(flatten)]
    pub(crate) jobs: JobSettings,
    #[command(flatten)]
    pub(crate) webhook: WebhookSettings,
    #[command(flatten)]
    pub(crate) access: AccessSettings,
    #[command(flatten)]
    pub(crate) limits: LimitSettings,
    #[command(flatten)]
    pub(crate) log: LogSettings,
}

impl ServeSettings {
    /// Whether the server may be reachable from other machines: it does not listen on loopback, or
    /// a token, a host name or a trusted proxy is set.
    pub(crate) fn is_exposed(&self) -> bool {
        !self.listen.interface.is_loopback()
            || self.access.needs_token()
            || !self.access.allowed_host.is_empty()
            || !self.limits.trusted_proxy.is_empty()
    }
}

/// The settings of `enhancer worker`.
#[derive(Args, Clone, Debug)]
pub struct WorkerSettings {
    #[command(flatten)]
    pub(crate) enhancement: EnhancementSettings,
    #[command(flatten)]
    pub(crate) storage: StorageSettings,
    #[command(flatten)]
    pub(crate) jobs: JobSettings,
    #[command(flatten)]
    pub(crate) webhook: WebhookSettings,
    #[command(flatten)]
    pub(crate) log: LogSettings,

    /// How long running jobs may continue at shutdown, in seconds
    #[arg(long, env = "ENHANCER_SHUTDOWN_TIMEOUT", value_name = "SECONDS", default_value_t = 25)]
    pub(crate) shutdown_timeout: u64,
}
