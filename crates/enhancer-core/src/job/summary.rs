//! The report on an enhanced recording.

use serde::Serialize;

use crate::audio::{Container, SampleFormat, duration};
use crate::read::{AudioReader, AudioTrack, Damage};
use crate::signal::loudness::Reached;
use crate::signal::{Finished, NotLevelled};
use crate::tags::Tags;
use crate::warning::{Warning, WarningCode};
use crate::write::Clipping;

/// What was enhanced.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// The number of samples in each channel.
    pub samples: u64,
    /// The number of channels.
    pub channels: u16,
    /// The sample rate in Hz.
    pub sample_rate: u32,
    /// The duration of the audio in seconds.
    pub duration_seconds: f64,
    /// Whether the source is a video.
    pub video: bool,
    /// The container of an audio result if no other is requested.
    pub usual_container: Container,
    /// The sample format of an audio result if no other is requested.
    pub usual_sample_format: SampleFormat,
    /// Which audio track of the source was enhanced, and of how many.
    pub track: AudioTrack,
    /// Damage in the source, if any.
    pub damage: Option<Damage>,
    /// The loudness of the result in LUFS, if a loudness was requested and the result is loud
    /// and long enough to have one.
    pub loudness: Option<f64>,
    /// What the user should know about the result.
    pub warnings: Vec<Warning>,
}

impl Summary {
    /// Creates a summary for this many samples of a source, with the warnings about the source.
    pub fn new(samples: u64, source: &dyn AudioReader) -> Summary {
        let format = source.format();
        let usual = format.writable();
        let mut summary = Summary {
            samples,
            channels: format.channels,
            sample_rate: format.sample_rate,
            duration_seconds: duration(samples, format.sample_rate).as_secs_f64(),
            video: source.has_video(),
            usual_container: usual.container,
            usual_sample_format: usual.sample_format,
            track: source.track(),
            damage: source.damage().cloned(),
            loudness: None,
            warnings: Vec::new(),
        };
        if let Some(damage) = source.damage() {
            summary.warn(WarningCode::Damaged, format!("the source is {damage}"));
        }
        summary.warnings.extend_from_slice(source.notes());
        if summary.video {
            summary.warn(WarningCode::Video, "the source is a video; the result is its audio");
        }
        summary
    }

    /// Notes that the result is the video, and the warnings about the copy.
    pub(crate) fn note_video(&mut self, notes: &[Warning]) {
        self.warnings.retain(|warning| warning.code != WarningCode::Video);
        self.warnings.extend_from_slice(notes);
    }

    /// Notes why the result is only the audio of the video.
    pub(crate) fn note_not_copied(&mut self, reason: &str) {
        self.note_video(&[]);
        let text = format!("the source is a video, but the result is only its audio: {reason}");
        self.warn(WarningCode::VideoNotCopied, text);
    }

    /// Notes that almost everything was removed. `fall` is the fall of the loudness in LU.
    pub(crate) fn note_fall(&mut self, fall: Option<f64>) {
        let Some(fall) = fall else { return };
        let left = match fall.is_finite() {
            true => format!("{fall:.0} LU quieter than the recording"),
            false => "silent".into(),
        };
        let text = format!(
            "almost everything was removed: the result is {left}. Is this music, or is the \
             speech very quiet? Try an attenuation limit of 12 dB, or an automatic input gain if \
             you changed it"
        );
        self.warn(WarningCode::AlmostEverythingRemoved, text);
    }

    /// Notes the outcome of levelling and of the loudness.
    pub fn note_finished(&mut self, finished: &Finished) {
        let text = match finished.not_levelled {
            // There is nothing to hear.
            None | Some(NotLevelled::Empty) => None,
            Some(NotLevelled::Silent) => Some("the result is not levelled: it is silent"),
            Some(NotLevelled::TooLittleSpeech) => Some(
                "the result is not levelled: less than a second of speech was found in it. Is this \
                 music, or is the speech very quiet?",
            ),
        };
        if let Some(text) = text {
            self.warn(WarningCode::NotLevelled, text);
        }
        if let Some(reached) = &finished.loudness {
            self.note_loudness(reached);
        }
    }

    /// Notes the loudness of the result.
    fn note_loudness(&mut self, reached: &Reached) {
        self.loudness = reached.lufs;
        if let Some(why) = reached.shortfall() {
            self.warn(WarningCode::LoudnessNotReached, why);
        }
    }

    /// Notes which samples of the result were cut off at full scale, if any.
    pub fn note_clipping(&mut self, clipping: Option<Clipping>) {
        let Some(Clipping { samples, at_seconds, excess }) = clipping else { return };
        let these = if samples == 1 { "1 sample is" } else { &format!("{samples} samples are") };
        let text = format!(
            "{these} above full scale, by up to {excess:.1} dB, from {at_seconds:.2} s on, and \
             clipped in the result. Normalise the loudness (such as -16 LUFS), or write 32-bit \
             float samples (f32le), which hold them"
        );
        self.warn(WarningCode::Clipped, text);
    }

    /// Notes which chunks of the source a result in that container lacks, if any.
    pub fn note_chunks(&mut self, tags: &Tags, container: Container) {
        let Some(names) = tags.lost_chunks(container) else { return };
        let has_known = container != Container::Wav && !tags.chunks.is_empty();
        let advice = if has_known { ". A WAV result keeps those of recorders" } else { "" };
        let text = format!("the result does not have these chunks of the source: {names}{advice}");
        self.warn(WarningCode::ChunksLost, text);
    }

    fn warn(&mut self, code: WarningCode, text: impl Into<String>) {
        self.warnings.push(Warning { code, text: text.into() });
    }
}
