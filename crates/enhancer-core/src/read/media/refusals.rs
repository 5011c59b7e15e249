//! Error messages: why a container cannot be read.

use std::io::ErrorKind as IoErrorKind;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::Track;

use super::open::Opening;
use super::tracks::Step;
use super::{codec, mp4};
use crate::audio::Container;
use crate::error::Error;
use crate::read::{convertible, unsupported, wav};

impl Opening<'_> {
    /// The error for a file that cannot be opened.
    pub(super) fn failed(&self, error: SymphoniaError) -> Error {
        match error {
            SymphoniaError::IoError(_) if self.allowance.is_spent() => {
                self.options.limits.memory_exceeded()
            }
            SymphoniaError::IoError(error) if self.allowance.has_failed() => Error::read(error),
            SymphoniaError::IoError(error)
                if error.kind() == IoErrorKind::UnexpectedEof
                    && self.facts.unusual_frames.is_none() =>
            {
                Error::corrupt_audio(self.len, "the file ends before its audio begins")
            }
            _ if self.facts.unusual_frames.is_some() => {
                convertible(format!("this is {}", self.facts.unusual_frames.unwrap_or_default()))
            }
            _ if self.container == Container::Mp4 && self.facts.tracks.is_empty() => {
                let reason = "the index of this MP4 (moov), which often stands at the end, is \
                              missing: the file was cut off, or its recording never finished";
                Error::corrupt_audio(self.len, reason)
            }
            error => {
                let name = self.container.name();
                if let Some(codec) = self.facts.codec.as_ref().and_then(codec_name) {
                    return convertible(format!("the audio of this {name} is {codec}"));
                }
                Error::corrupt_audio(
                    0,
                    format!("this looks like {name} and cannot be read: {error}"),
                )
            }
        }
    }

    /// The error for a file without an audio track that can be chosen.
    pub(super) fn no_audio(&self, has_video: bool) -> Error {
        let name = self.container.name();
        let sound = self.facts.tracks.iter().find(|track| &track.handler == b"soun");
        match sound {
            Some(track) => unknown_mp4(track),
            None if has_video => unsupported(format!(
                "this is {name} with video, but without any audio that can be decoded"
            )),
            None => unsupported(format!("this is {name} without any audio that can be decoded")),
        }
    }

    /// The error for a track whose samples cannot be decoded.
    pub(super) fn undecodable(
        &self,
        track: &Track,
        parameters: &AudioCodecParameters,
        reason: &str,
    ) -> Error {
        let found = self.facts.track(track.id);
        let name = self.container.name();
        match (codec::name(parameters.codec), found) {
            (Some(codec), _) => convertible(format!("the audio of this {name} is {codec}")),
            (None, Some(found)) => unknown_mp4(found),
            _ => convertible(format!("the audio of this {name} cannot be decoded ({reason})")),
        }
    }

    /// The error for a track with an unknown codec.
    pub(super) fn unknown(&self, track: &Track) -> Option<Error> {
        if let Some(track) = self.facts.track(track.id) {
            return Some(unknown_mp4(track));
        }
        let track = self.facts.matroska_track(track.id)?;
        let tag = track.private.first_chunk().map(|tag| u16::from_le_bytes(*tag));
        let name = tag.filter(|_| track.codec == "A_MS/ACM").and_then(wav::codec_name);
        Some(convertible(match name {
            Some(name) => format!("this is a Matroska file with {name}"),
            None => format!("the audio of this Matroska file is of the kind {:?}", track.codec),
        }))
    }

    /// The error for a track whose packets have an encoding that is not supported.
    pub(super) fn encoded(&self, track: u32) -> Option<Error> {
        let encodings = &self.facts.matroska_track(track)?.encodings;
        let other = encodings.iter().find_map(|encoding| match encoding {
            Step::Other(name) => Some(name),
            _ => None,
        })?;
        Some(unsupported(format!("the audio of this Matroska file is {other}")))
    }
}

fn unknown_mp4(track: &mp4::Track) -> Error {
    if track.is_encrypted() {
        let text = "the audio of this MP4 is encrypted (DRM), and only its seller's programs can \
                    read it";
        return unsupported(text.into());
    }
    convertible(match codec_name(&track.codec) {
        Some(name) => format!("the audio of this MP4 is {name}"),
        None => {
            let kind = track.codec.escape_ascii().to_string();
            format!("the audio of this MP4 is of the unknown kind {kind:?}")
        }
    })
}

/// The name of a codec of MP4, MOV and CAF that is not supported.
fn codec_name(codec: &[u8; 4]) -> Option<&'static str> {
    Some(match codec {
        b"samr" => "AMR",
        b"sawb" | b"sawp" => "AMR-WB",
        b"ac-3" => "AC-3 (Dolby Digital)",
        b"ec-3" => "E-AC-3 (Dolby Digital Plus)",
        b"ac-4" => "AC-4",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "DTS",
        b"mlpa" => "Dolby TrueHD",
        b"mha1" | b"mhm1" => "MPEG-H",
        b"mp4a" => "neither AAC nor MP3",
        b"agsm" | b"ms\x00\x31" => "GSM 6.10",
        b"ilbc" => "iLBC",
        b"ima4" | b"ms\0\x11" | b"ms\0\x02" => "ADPCM",
        b"QDMC" | b"QDM2" => "QDesign Music",
        b"Qclp" | b"Qclq" | b"sqcp" => "QCELP",
        b"sevc" => "EVRC",
        b"MAC3" | b"MAC6" => "MACE",
        b"wma " | b"owma" => "Windows Media Audio",
        b"spex" => "Speex",
        _ => return None,
    })
}
