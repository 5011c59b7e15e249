//! Limits how much silence may replace missing audio. A few bytes can declare that any length of a
//! recording is missing, so the silence is bounded by the amount of decoded audio.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;

/// The maximum length of the silence for one gap in seconds. Time stamps may be broken and have any
/// value.
const LONGEST_GAP: u64 = 60;

/// Samples of silence, over all channels, that any recording may have: a minute of stereo at 48
/// kHz, so that a gap early in a recording keeps its length.
const FREE: u64 = 60 * 48_000 * 2;

/// Samples of silence per decoded sample: as much may be missing as exists.
const RATIO: u64 = 1;

/// The same for Opus, which omits packets on purpose: during silence, an encoder with DTX sends 20
/// ms of every 400 ms (RFC 6716, section 2.1.9).
const RATIO_OF_OPUS: u64 = 20;

/// The number of bytes of a video that allow one more second of silence. Pictures take more than
/// this, so the sound of a video may begin at any time and pause for any time.
const BYTES_OF_VIDEO: u64 = 2_000;

/// The silence that a recording may still have.
pub(super) struct Silence {
    channels: u64,
    /// Samples per channel in the longest gap.
    longest: u64,
    ratio: u64,
    /// Samples over all channels.
    left: u64,
}

impl Silence {
    pub(super) fn new(codec: AudioCodecId, sample_rate: u32, channels: u16) -> Silence {
        Silence {
            channels: u64::from(channels).max(1),
            longest: LONGEST_GAP * u64::from(sample_rate),
            ratio: if codec == CODEC_ID_OPUS { RATIO_OF_OPUS } else { RATIO },
            left: FREE,
        }
    }

    /// Increases the silence for a video with this many bytes.
    pub(super) fn of_video(self, bytes: u64, sample_rate: u32) -> Silence {
        let more = (bytes / BYTES_OF_VIDEO).saturating_mul(sample_rate.into());
        Silence { longest: self.longest.max(more), left: self.left.saturating_add(more), ..self }
    }

    /// Notes that this many samples per channel were decoded.
    pub(super) fn note_decoded(&mut self, samples: u64) {
        let more = samples.saturating_mul(self.channels).saturating_mul(self.ratio);
        self.left = self.left.saturating_add(more);
    }

    /// The number of silent samples per channel for `missing` ones. They are subtracted from the
    /// rest.
    pub(super) fn spend(&mut self, missing: u64) -> u64 {
        let given = missing.min(self.longest).min(self.left / self.channels);
        self.left -= given * self.channels;
        given
    }
}

#[cfg(test)]
mod tests {
    use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;

    use super::*;

    #[test]
    fn a_minute_is_free_and_then_as_much_as_was_decoded() {
        let mut silence = Silence::new(CODEC_ID_FLAC, 48_000, 2);
        assert_eq!(silence.spend(u64::MAX), 60 * 48_000);
        assert_eq!(silence.spend(1), 0);
        silence.note_decoded(1000);
        assert_eq!((silence.spend(600), silence.spend(600)), (600, 400));
    }

    #[test]
    fn a_video_may_be_silent_for_longer() {
        let silence = |bytes| Silence::new(CODEC_ID_FLAC, 48_000, 2).of_video(bytes, 48_000);
        assert_eq!(silence(1999).spend(u64::MAX), 60 * 48_000);
        let mut long = silence(2_000_000);
        // For each of the two channels.
        assert_eq!(long.spend(u64::MAX), (60 + 1000 / 2) * 48_000);
    }

    #[test]
    fn more_channels_and_higher_rates_get_no_more_samples() {
        let mut silence = Silence::new(CODEC_ID_FLAC, 655_350, 8);
        assert_eq!(silence.spend(u64::MAX), FREE / 8);
        let mut opus = Silence::new(CODEC_ID_OPUS, 48_000, 1);
        while opus.spend(u64::MAX) > 0 {}
        opus.note_decoded(10);
        assert_eq!(opus.spend(u64::MAX), 200);
    }
}
