//! Why a container cannot be read, for people.

use std::io::ErrorKind as IoErrorKind;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::Track;

use super::open::Opening;
use super::tracks::Encoding;
use super::{codec, mp4};
use crate::decode::unsupported;
use crate::error::Error;
use crate::format::Container;

impl Opening<'_> {
    /// Why a file cannot be opened.
    pub(super) fn failed(&self, error: SymphoniaError) -> Error {
        match error {
            SymphoniaError::IoError(_) if self.allowance.is_spent() => {
                self.options.limits.memory_exceeded()
            }
            SymphoniaError::IoError(error) if self.allowance.has_failed() => Error::read(error),
            SymphoniaError::IoError(error) if error.kind() == IoErrorKind::UnexpectedEof => {
                Error::corrupt_audio(self.len, "the file ends before its audio begins")
            }
            _ if self.container == Container::Mp4 && self.facts.tracks.is_empty() => {
                let reason = "the index of this MP4 (moov), which often stands at the end, is \
                              missing: the file was cut off, or its recording never finished";
                Error::corrupt_audio(self.len, reason)
            }
            error => {
                let name = self.container.name();
                Error::corrupt_audio(
                    0,
                    format!("this looks like {name} and cannot be read: {error}"),
                )
            }
        }
    }

    /// Why there is no audio track that can be chosen.
    pub(super) fn no_audio(&self, has_video: bool) -> Error {
        let name = self.container.name();
        let sound = self.facts.tracks.iter().find(|track| &track.handler == b"soun");
        unsupported(match sound {
            Some(track) => self.unknown_mp4(track),
            None if has_video => {
                format!("this is {name} with video, but without any audio that can be decoded")
            }
            None => format!("this is {name} without any audio that can be decoded"),
        })
    }

    /// That the samples of a track cannot be decoded.
    pub(super) fn undecodable(
        &self,
        track: &Track,
        parameters: &AudioCodecParameters,
        reason: &str,
    ) -> Error {
        let found = self.facts.track(track.id);
        let name = self.container.name();
        unsupported(match (codec::name(parameters.codec), found) {
            (Some(codec), _) => format!("the audio of this {name} is {codec}"),
            (None, Some(found)) if found.is_encrypted() => self.unknown_mp4(found),
            _ => format!("the audio of this {name} cannot be decoded ({reason})"),
        })
    }

    /// That the codec of a track is not known.
    pub(super) fn unknown(&self, track: &Track) -> Option<Error> {
        let text = match (self.facts.track(track.id), self.facts.matroska_track(track.id)) {
            (Some(track), _) => self.unknown_mp4(track),
            (None, Some(track)) => {
                format!("the audio of this Matroska file is of the kind {:?}", track.codec)
            }
            (None, None) => return None,
        };
        Some(unsupported(text))
    }

    /// That the packets of a track are encoded in a way that cannot be undone.
    pub(super) fn encoded(&self, track: u32) -> Option<Error> {
        let encodings = &self.facts.matroska_track(track)?.encodings;
        let other = encodings.iter().find_map(|encoding| match encoding {
            Encoding::Other(name) => Some(name),
            _ => None,
        })?;
        Some(unsupported(format!("the audio of this Matroska file is {other}")))
    }

    fn unknown_mp4(&self, track: &mp4::Track) -> String {
        if track.is_encrypted() {
            return "the audio of this MP4 is encrypted (DRM), and only its seller's programs \
                    can read it"
                .into();
        }
        format!(
            "the audio of this MP4 is of the unknown kind {:?}",
            track.codec.escape_ascii().to_string()
        )
    }
}
