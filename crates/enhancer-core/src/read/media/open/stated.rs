//! What a container states about the length of its sound.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::formats::{FormatReader, Track};

use super::Opening;
use crate::audio::Container;
use crate::error::Error;
use crate::read::media::facts::{Extent, scaled};
use crate::read::media::{MediaReader, codec};
use crate::warning::Warning;

impl Opening<'_> {
    /// The maximum number of samples at the end of a track that may be padding. MP3 encoders state
    /// the number. In Ogg it follows from the position of the last page, which holds at most a
    /// second.
    pub(super) fn longest_tail(&self, track: &Track, sample_rate: u32) -> u64 {
        match self.container {
            Container::Mp3 => track.padding.unwrap_or(0).into(),
            _ => sample_rate.into(),
        }
    }

    /// The error that samples which the file declares are missing.
    pub(super) fn missing_sound(&self) -> Option<Error> {
        let Extent { declared, there } = self.facts.sound.filter(Extent::is_cut)?;
        let reason = format!("the file ends early: it has {there} of {declared} bytes of samples");
        Some(Error::corrupt_audio(self.len, reason))
    }

    /// The warning that there are more samples than the file declares.
    pub(super) fn longer(&self, reader: &MediaReader<'_>) -> Option<Warning> {
        let Extent { declared, there } =
            self.facts.sound.filter(|sound| sound.declared > 0 && sound.declared < sound.there)?;
        let all = reader.seconds(reader.len?);
        Some(Warning::longer(all * declared as f64 / there as f64, all))
    }

    /// Whether a file has exactly the stated number of samples.
    pub(super) fn len_is_exact(&self, track: &Track, parameters: &AudioCodecParameters) -> bool {
        match self.container {
            Container::Flac => true,
            // Others only state the number of packets, or an estimate.
            Container::Aiff | Container::Caf => codec::is_pcm(parameters.codec),
            // An estimate is a duration, and not a number of frames.
            Container::Mp3 => track.num_frames.is_some(),
            _ => false,
        }
    }
}

/// The number of samples in a track, as its container states it.
pub(super) fn stated_len(
    demuxer: &dyn FormatReader,
    track: &Track,
    sample_rate: u32,
) -> Option<u64> {
    // In Ogg, a position of -1 means none.
    if let Some(frames) = track.num_frames.filter(|frames| i64::try_from(*frames).is_ok()) {
        let rate = track.codec_params.as_ref().and_then(|parameters| match parameters {
            CodecParameters::Audio(audio) => audio.sample_rate,
            _ => None,
        });
        return Some(scaled(frames, sample_rate, rate.unwrap_or(sample_rate)));
    }
    let duration = track.duration.filter(|duration| i64::try_from(duration.get()).is_ok());
    if let (Some(duration), Some(base)) = (duration, track.time_base) {
        let units = duration.get().checked_mul(base.numer.get().into())?;
        return Some(scaled(units, sample_rate, base.denom.get()));
    }
    let media = demuxer.media_info();
    let (base, duration) = (media.time_base?, media.duration?);
    let units = duration.get().checked_mul(base.numer.get().into())?;
    Some(scaled(units, sample_rate, base.denom.get()))
}
