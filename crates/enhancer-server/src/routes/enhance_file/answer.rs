//! The response, and the body of the webhook.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::enhancement::{Done, Warning};

/// The outcome of an enhancement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnhanceFileResponse)]
pub(crate) struct EnhancedFile {
    /// The id of this enhancement in the server's log and in the webhook.
    session_id: Uuid,
    /// The path of the result, as in the request.
    #[schema(example = "talks/monday.enhanced.wav")]
    output_path: String,
    /// Duration of the audio in seconds.
    #[schema(example = 61.5)]
    duration_seconds: f64,
    /// Time taken by the enhancement in seconds.
    #[schema(example = 2.1)]
    elapsed_seconds: f64,
    /// Samples per second.
    #[schema(example = 48_000)]
    sample_rate: u32,
    /// Number of channels.
    #[schema(example = 1)]
    channels: u16,
    /// The model that was used.
    #[schema(example = "deepfilternet3")]
    model: String,
    /// What the user of the result should know, such as that the source is damaged, or that
    /// samples of the result were cut off. Absent if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Warning>,
}

/// The end of a request for `POST /enhance-file`, as the receiver of its webhook is sent it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileEvent {
    /// The name of the source, without its folder.
    #[schema(example = "monday.wav")]
    pub(super) file_name: String,
    #[schema(value_type = FileOutcome)]
    pub(super) event: &'static str,
}

/// Whether the result was written.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only documents the names")]
enum FileOutcome {
    Success,
    Exception,
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
