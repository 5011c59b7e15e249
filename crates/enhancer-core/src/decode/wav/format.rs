//! The chunk that tells how samples are stored.

use std::io::{Read, Seek};

use super::chunk::Chunk;
use crate::decode::pcm::Encoding;
use crate::error::{Error, Result};
use crate::format::{AudioFormat, Container, SampleFormat};
use crate::riff::{SUB_FORMAT_TAIL, TAG_A_LAW, TAG_EXTENSIBLE, TAG_FLOAT, TAG_MU_LAW, TAG_PCM};

/// How samples are stored, or in words what they are that are not read here.
pub(super) type Samples = std::result::Result<Format, String>;

/// How samples that are read here are stored.
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
    let samples = match encoding(tag, u16_at(14)) {
        Ok(samples) => samples,
        Err(found) => return Ok(Err(found)),
    };
    let (frame, expected) = (usize::from(u16_at(12)), samples.bytes() * usize::from(channels));
    if frame != expected {
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
    };
    Ok(Ok(Format { audio, samples }))
}

/// Samples of so many bits; those that do not fill their bytes fill the upper bits of
/// them.
fn encoding(tag: u16, bits: u16) -> std::result::Result<Encoding, String> {
    match (tag, bits) {
        (TAG_PCM, 1..=8) => Ok(Encoding::U8),
        (TAG_PCM, 9..=16) => Ok(Encoding::Same(SampleFormat::S16le)),
        (TAG_PCM, 17..=24) => Ok(Encoding::Same(SampleFormat::S24le)),
        (TAG_PCM, 25..=32) => Ok(Encoding::Same(SampleFormat::S32le)),
        (TAG_FLOAT, 32) => Ok(Encoding::Same(SampleFormat::F32le)),
        (TAG_FLOAT, 64) => Ok(Encoding::F64le),
        (TAG_A_LAW, 8) => Ok(Encoding::ALaw),
        (TAG_MU_LAW, 8) => Ok(Encoding::MuLaw),
        _ => {
            let what = match tag {
                TAG_PCM => "integer samples".into(),
                TAG_FLOAT => "float samples".into(),
                2 | 0x11 => "ADPCM samples".into(),
                TAG_A_LAW => "A-law samples".into(),
                TAG_MU_LAW => "mu-law samples".into(),
                0x55 => "MP3 samples".into(),
                tag => format!("samples of codec {tag:#06x}"),
            };
            Err(format!("this is a WAV file with {bits}-bit {what}"))
        }
    }
}
