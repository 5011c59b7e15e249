//! What a request may ask of an enhancement.

use enhancer_core::EnhanceOptions;
use serde::{Deserialize, Serialize};

/// How one recording is to be enhanced: checked, and complete enough to be stored with
/// a job. Limits are the server's own at the time when it runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Options {
    /// The model's name; the server's own default if none.
    pub(crate) model: Option<String>,
    /// Whether to rate the recording before and after. Older versions did not.
    #[serde(default)]
    pub(crate) score: bool,
    /// All that the core knows.
    pub(crate) enhance: EnhanceOptions,
}
