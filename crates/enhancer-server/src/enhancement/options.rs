//! The options of an enhancement.

use enhancer_core::EnhanceOptions;
use serde::{Deserialize, Serialize};

/// The checked options for one recording. They are stored with a job; limits are not, they are the
/// server's own when the job runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Options {
    /// The model's name; `None` for the server's default.
    pub(crate) model: Option<String>,
    /// Whether to rate the recording before and after. Jobs of older versions do not have this
    /// field.
    #[serde(default)]
    pub(crate) score: bool,
    /// The options of the core.
    pub(crate) enhance: EnhanceOptions,
}
