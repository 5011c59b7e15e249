//! What is answered.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::enhancement::Done;

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnhancedFile {
    /// Names this enhancement in the server's log and its webhook.
    session_id: Uuid,
    /// Where the result is, as the request had it.
    #[schema(example = "talks/monday.enhanced.wav")]
    output_path: String,
    /// How long the audio plays, in seconds.
    #[schema(example = 61.5)]
    duration_seconds: f64,
    /// How long enhancing it took, in seconds.
    #[schema(example = 2.1)]
    elapsed_seconds: f64,
    /// Samples per second.
    #[schema(example = 48_000)]
    sample_rate: u32,
    /// Channels.
    #[schema(example = 1)]
    channels: u16,
    /// The model that was used.
    #[schema(example = "deepfilternet3")]
    model: String,
    /// What is to be known of the source: where it was damaged, that it is a video.
    /// Missing if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

impl EnhancedFile {
    pub(super) fn new(session_id: Uuid, output_path: String, done: Done) -> EnhancedFile {
        let warnings = done.warnings();
        let Done { summary, model, elapsed, .. } = done;
        EnhancedFile {
            session_id,
            output_path,
            duration_seconds: summary.duration_seconds,
            elapsed_seconds: elapsed.as_secs_f64(),
            sample_rate: summary.sample_rate,
            channels: summary.channels,
            model,
            warnings,
        }
    }
}
