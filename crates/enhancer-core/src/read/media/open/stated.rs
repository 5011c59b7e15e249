//! What a container says about how long its sound is.

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
    /// Samples at the end of a track that may be padding. An encoder of MP3 says how many
    /// there are; Ogg tells by the position of its last page, which holds a second at most.
    pub(super) fn longest_tail(&self, track: &Track, sample_rate: u32) -> u64 {
        match self.container {
            Container::Mp3 => track.padding.unwrap_or(0).into(),
            _ => sample_rate.into(),
        }
    }

    /// That samples which the file declares are not there.
    pub(super) fn missing_sound(&self) -> Option<Error> {
        let Extent { declared, there } = self.facts.sound.filter(Extent::is_cut)?;
        let reason = format!("the file ends early: it has {there} of {declared} bytes of samples");
        Some(Error::corrupt_audio(self.len, reason))
    }

    /// That there are more samples than the file declares.
    pub(super) fn longer(&self, reader: &MediaReader<'_>) -> Option<Warning> {
        let Extent { declared, there } =
            self.facts.sound.filter(|sound| sound.declared > 0 && sound.declared < sound.there)?;
        let all = reader.seconds(reader.len?);
        Some(Warning::longer(all * declared as f64 / there as f64, all))
    }

    /// Whether a file holds just as many samples as it says.
    pub(super) fn len_is_exact(&self, track: &Track, parameters: &AudioCodecParameters) -> bool {
        match self.container {
            Container::Flac => true,
            // Others only state how many packets there are, or guess.
            Container::Aiff | Container::Caf => codec::is_pcm(parameters.codec),
            // A guess is a time, and not a number.
            Container::Mp3 => track.num_frames.is_some(),
            _ => false,
        }
    }
}

/// Samples of a track, as its container states them.
pub(super) fn stated_len(
    demuxer: &dyn FormatReader,
    track: &Track,
    sample_rate: u32,
) -> Option<u64> {
    // A position of -1 in Ogg stands for none.
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
