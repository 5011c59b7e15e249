//! What the user of a result should know. Readers, writers and jobs return warnings.

use serde::Serialize;

use crate::names::names;

/// Something that the user of a result should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct Warning {
    /// What it is about.
    pub code: WarningCode,
    /// What happened and what to do, as a sentence without a full stop.
    pub text: String,
}

impl Warning {
    /// Creates a warning. The text is a sentence without a full stop.
    pub fn new(code: WarningCode, text: impl Into<String>) -> Warning {
        Warning { code, text: text.into() }
    }

    /// The warning that a source has more seconds of audio than it declares.
    pub(crate) fn longer(declared: f64, there: f64) -> Warning {
        let text = format!(
            "the source declares {declared:.2} s of audio and has {there:.2} s, all of which was \
             read"
        );
        Warning { code: WarningCode::LengthDiffers, text }
    }
}

/// What a [`Warning`] is about. As JSON and as text it is in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningCode {
    /// The source is damaged.
    Damaged,
    /// The source has more audio than it declares.
    LengthDiffers,
    /// The sample rate or the channels of the source change; the rest was converted to the first.
    FormatChanges,
    /// The source has several audio tracks, and one of them was read.
    Track,
    /// The source shows only parts of its audio, or in another order, and so does the result.
    Edited,
    /// The sound of the source starts late or has gaps, which were filled with silence.
    SilenceAdded,
    /// Samples of the source are infinite or not numbers, and were replaced by silence.
    NotFinite,
    /// Samples of the result were above full scale and were cut off there.
    Clipped,
    /// Chunks of the source, which is a WAV or an AIFF file, are not in the result.
    ChunksLost,
    /// The source is a video, and the result is its audio.
    Video,
    /// The source is a video that cannot be copied, and so the result is only its audio.
    VideoNotCopied,
    /// A part of the video is missing in the source, and so in the result.
    VideoIncomplete,
    /// The model removed almost everything: the recording may be music, or its speech very
    /// quiet.
    AlmostEverythingRemoved,
    /// The result was to be levelled, but is silent or has too little speech for that.
    NotLevelled,
    /// The result does not have the loudness that was requested.
    LoudnessNotReached,
}

names!(WarningCode);
