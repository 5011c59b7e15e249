//! What a request may ask of an enhancement.

use enhancer_core::{AudioFormat, Controls, Destination, Loudness, Priority};
use serde::{Deserialize, Serialize};

/// How one recording is to be enhanced: checked, and complete enough to be stored with
/// a job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Options {
    /// The model's name; the server's own default if none.
    pub(crate) model: Option<String>,
    /// That the source is raw samples, and which.
    pub(crate) raw: Option<AudioFormat>,
    /// How the result is written.
    pub(crate) destination: Destination,
    /// How the audio is treated.
    pub(crate) controls: Controls,
    /// The loudness that the result is brought to; jobs of older servers have none.
    #[serde(default)]
    pub(crate) loudness: Option<Loudness>,
    /// Whether damage is an error.
    pub(crate) strict: bool,
    /// Which other sessions it gives way to.
    pub(crate) priority: Priority,
}
