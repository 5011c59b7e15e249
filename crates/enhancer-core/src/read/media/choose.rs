//! Chooses the audio track of a container.

use enhancer_networks::panics::contain;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::formats::{FormatReader, Track};

use super::codec::{self, Opened};
use super::open::Opening;
use super::{footprint, mp4};
use crate::error::{Error, Result};
use crate::read::{AudioTrack, no_track};
use crate::warning::{Warning, WarningCode};

/// The chosen track.
pub(super) struct Chosen {
    pub(super) track: Track,
    pub(super) number: AudioTrack,
    pub(super) parameters: AudioCodecParameters,
    pub(super) opened: Opened,
    /// The warning that there are several tracks.
    pub(super) note: Option<Warning>,
}

impl Opening<'_> {
    /// Chooses the requested track; else the default track, or the first one that can be read.
    ///
    /// # Errors
    /// The reason why the first of them cannot be read, and `InvalidValue` if there is no such
    /// track.
    pub(super) fn choose(&self, demuxer: &dyn FormatReader, has_video: bool) -> Result<Chosen> {
        let tracks: Vec<_> =
            demuxer.tracks().iter().filter(|track| self.is_audio(track)).cloned().collect();
        let count = u32::try_from(tracks.len()).unwrap_or(u32::MAX);
        let numbered =
            (1..).map(|number| AudioTrack { number, count }).zip(tracks).collect::<Vec<_>>();
        match self.options.track {
            Some(wanted) => {
                let mut numbered = numbered.into_iter();
                let asked_for = numbered.find(|(number, _)| number.number == wanted);
                let (number, track) = asked_for.ok_or_else(|| no_track(wanted, count))?;
                self.try_track(number, track, has_video)
            }
            None => self.default_track(numbered, has_video),
        }
    }

    /// The first track that can be read. Default tracks come before others.
    fn default_track(
        &self,
        mut numbered: Vec<(AudioTrack, Track)>,
        has_video: bool,
    ) -> Result<Chosen> {
        numbered.sort_by_key(|(_, track)| !self.is_default(track));
        let mut refused: Option<(u32, Error)> = None;
        for (number, track) in numbered {
            let is_default = self.is_default(&track);
            match self.try_track(number, track, has_video) {
                Ok(chosen) => {
                    let note =
                        (number.count > 1).then(|| note(number, is_default, refused.as_ref()));
                    return Ok(Chosen { note, ..chosen });
                }
                Err(error) => refused = refused.or(Some((number.number, error))),
            }
        }
        Err(refused.map_or_else(|| self.no_audio(has_video), |(_, error)| error))
    }

    fn is_audio(&self, track: &Track) -> bool {
        matches!(track.codec_params, Some(CodecParameters::Audio(_)))
            || self.facts.track(track.id).is_some_and(|found| &found.handler == b"soun")
            || self.facts.matroska_track(track.id).is_some_and(|found| found.is_audio)
    }

    fn is_default(&self, track: &Track) -> bool {
        self.facts.track(track.id).is_some_and(|found| found.is_enabled)
            || self.facts.matroska_track(track.id).is_some_and(|found| found.is_default)
    }

    fn try_track(&self, number: AudioTrack, track: Track, has_video: bool) -> Result<Chosen> {
        let own = self.facts.track(track.id).and_then(mp4::Track::plain).or(self.facts.plain);
        let plain = own.or_else(|| self.facts.matroska_track(track.id)?.plain());
        if let Some(error) = self.encoded(track.id) {
            return Err(error);
        }
        if let Some(plain) = plain {
            let parameters = plain.parameters();
            let opened = Opened { decoder: Box::new(plain), pre_skip: 0 };
            return Ok(Chosen { track, number, parameters, opened, note: None });
        }
        let Some(CodecParameters::Audio(parameters)) = track.codec_params.clone() else {
            return Err(self.unknown(&track).unwrap_or_else(|| self.no_audio(has_video)));
        };
        if footprint::bytes(&parameters) > self.options.limits.decoder_memory {
            return Err(self.options.limits.memory_exceeded());
        }
        let opened = contain(|| codec::open(&parameters, self.container))
            .flatten()
            .map_err(|reason| self.undecodable(&track, &parameters, &reason))?;
        Ok(Chosen { track, number, parameters, opened, note: None })
    }
}

fn note(track: AudioTrack, is_default: bool, refused: Option<&(u32, Error)>) -> Warning {
    let why = match refused {
        Some((other, error)) => {
            let reason = error.to_string();
            let reason = reason.split(';').next().unwrap_or_default();
            format!(", because track {other} cannot be read: {reason}")
        }
        None if is_default => ", the default one".into(),
        None => String::new(),
    };
    let text = format!("of the audio, track {} of {} was read{why}", track.number, track.count);
    Warning {
        code: WarningCode::Track,
        text: format!("{text}; the option `track` chooses another"),
    }
}
