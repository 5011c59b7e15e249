//! Every setting, as a flag and an environment variable. `--help` and the README list
//! them; their texts stand here once.

mod enhancement;
mod files;
mod jobs;
mod listen;
mod secret;
mod storage;
mod webhook;

use clap::Args;

pub(crate) use enhancement::EnhancementSettings;
pub(crate) use files::FilesSettings;
pub(crate) use jobs::JobSettings;
pub(crate) use listen::ListenSettings;
pub(crate) use secret::Secret;
pub(crate) use storage::StorageSettings;
pub(crate) use webhook::WebhookSettings;

/// The settings of `enhancer serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    #[command(flatten)]
    pub(crate) listen: ListenSettings,
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
}
