//! The chunk that describes how samples are stored.

use std::io::{Read, Seek};

use super::chunk::Chunk;
use crate::audio::riff::{
    SUB_FORMAT_TAIL, TAG_A_LAW, TAG_EXTENSIBLE, TAG_FLOAT, TAG_MU_LAW, TAG_PCM,
};
use crate::audio::{AudioFormat, Container};
use crate::error::{Error, Result};
use crate::read::pcm::Encoding;

/// The storage format of samples, or a description of a format that is not supported here.
pub(super) type Samples = std::result::Result<Format, String>;

/// A storage format that is supported here.
pub(super) struct Format {
    pub(super) audio: AudioFormat,
    pub(super) samples: Encoding,
}

/// Reads a format chunk.
pub(super) fn read<R: Read + Seek>(source: &mut R, chunk: &Chunk) -> Result<Samples> {
    let body = chunk.read_body(source, 40)?;
    if body.len() < 16 {
        return Err(Error::corrupt_audio(chunk.body, "the format chunk is shorter than 16 bytes"));
    }
    let u16_at = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
    let u32_at =
        |at: usize| u32::from_le_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);

    let (tag, channel_mask) = match u16_at(0) {
        TAG_EXTENSIBLE if body.len() < 40 => {
            let reason = "an extensible format without its extension";
            return Err(Error::corrupt_audio(chunk.body, reason));
        }
        TAG_EXTENSIBLE if body[26..] == SUB_FORMAT_TAIL => (u16_at(24), u32_at(20)),
        tag => (tag, 0),
    };
    let (channels, sample_rate) = (u16_at(2), u32_at(4));
    if channels == 0 || sample_rate == 0 {
        return Err(Error::corrupt_audio(
            chunk.body,
            format!("{channels} channels at {sample_rate} Hz; both must be above 0"),
        ));
    }
    let (frame, bits) = (u16_at(12), u16_at(14));
    // Samples that do not fill their bytes may have extra bytes, such as 24 bits in 4 bytes.
    let bytes = frame.checked_div(channels).filter(|_| frame % channels == 0).unwrap_or(0);
    let is_wider = tag == TAG_PCM && (9..=32).contains(&bits) && matches!(bytes, 2..=4);
    let samples = match encoding(tag, if is_wider { bits.max(bytes * 8) } else { bits }) {
        Ok(samples) => samples,
        Err(found) => return Ok(Err(found)),
    };
    let (frame, expected) = (usize::from(frame), samples.bytes() * usize::from(channels));
    // Some programs do not fill it in.
    if frame != expected && frame != 0 {
        return Err(Error::corrupt_audio(
            chunk.body + 12,
            format!("{frame} bytes per frame, expected {expected}"),
        ));
    }
    let audio = AudioFormat {
        container: Container::Wav,
        sample_format: samples.effective(),
        sample_rate,
        channels,
        channel_mask,
        lossy: false,
        bitrate: None,
    };
    Ok(Ok(Format { audio, samples }))
}

/// The encoding of samples with this many bits.
fn encoding(tag: u16, bits: u16) -> std::result::Result<Encoding, String> {
    let found = match (tag, bits) {
        (TAG_PCM, bits) => Encoding::integer(bits.into()),
        (TAG_FLOAT, bits) => Encoding::float(bits.into()),
        (TAG_A_LAW, 8) => Some(Encoding::ALaw),
        (TAG_MU_LAW, 8) => Some(Encoding::MuLaw),
        _ => None,
    };
    found.ok_or_else(|| match (tag, codec_name(tag)) {
        (TAG_PCM, _) => format!("this is a WAV file with {bits}-bit integer samples"),
        (TAG_FLOAT, _) => format!("this is a WAV file with {bits}-bit float samples"),
        (_, Some(name)) => format!("this is a WAV file with {name}"),
        (_, None) => format!("this is a WAV file with {bits}-bit samples of codec {tag:#06x}"),
    })
}

/// The name of a codec of WAV.
pub(in crate::read) fn codec_name(tag: u16) -> Option<&'static str> {
    Some(match tag {
        TAG_PCM => "integer samples of an unusual size",
        TAG_FLOAT => "float samples of an unusual size",
        0x02 | 0x11 => "ADPCM samples",
        TAG_A_LAW => "A-law samples of an unusual size",
        TAG_MU_LAW => "mu-law samples of an unusual size",
        0x08 | 0x2001 => "DTS audio",
        0x0a => "Windows Media Audio (voice)",
        0x22 => "TrueSpeech audio",
        0x31 | 0x32 => "GSM 6.10 audio",
        0x42 => "G.723.1 audio",
        0x14 | 0x40 | 0x45 | 0x64 | 0x85 => "G.726 (or G.721) audio",
        0x41 | 0x83 | 0x133 | 0x134 => "G.729 audio",
        0x50 => "MP2 audio",
        0x55 => "MP3 audio",
        0x57 | 0x136 => "AMR audio",
        0x65 | 0x28f => "G.722 audio",
        0x92 | 0x2000 => "AC-3 (Dolby Digital) audio",
        0xff | 0x1600 | 0x1601 | 0x1610 => "AAC audio",
        0x160..=0x163 => "Windows Media Audio",
        0x270 => "ATRAC3 audio",
        0x674f..=0x6771 => "Vorbis audio",
        0x704f => "Opus audio",
        0xa109 => "Speex audio",
        0xf1ac => "FLAC audio",
        _ => return None,
    })
}
