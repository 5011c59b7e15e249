//! Every setting, as a flag and an environment variable. `--help` and the README list
//! them; their texts stand here once.

mod enhancement;
mod listen;
mod storage;

use clap::Args;

pub(crate) use enhancement::EnhancementSettings;
pub(crate) use listen::ListenSettings;
pub(crate) use storage::StorageSettings;

/// The settings of `enhancer serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    #[command(flatten)]
    pub(crate) listen: ListenSettings,
    #[command(flatten)]
    pub(crate) enhancement: EnhancementSettings,
    #[command(flatten)]
    pub(crate) storage: StorageSettings,
}
