//! The header of a WAV file; see [`riff`](crate::riff) for its origin.

use crate::error::{ErrorKind, Result};
use crate::format::{AudioFormat, SampleFormat};
use crate::riff::{SUB_FORMAT_TAIL, TAG_EXTENSIBLE, TAG_FLOAT, TAG_PCM};

/// The most bytes of samples that fit: the size of all that follows the file's
/// first 8 bytes, the longest header and a pad byte among it, is a `u32`.
pub(super) const MAX_DATA_BYTES: u64 = u32::MAX as u64 - 128;

/// Everything of a WAV file that comes before its samples.
pub(super) fn header(format: &AudioFormat, data_bytes: u32) -> Result<Vec<u8>> {
    let fmt = format_chunk(format)?;
    let is_float = format.sample_format == SampleFormat::F32le;
    let fact_bytes = if is_float { 12 } else { 0 };
    let riff_bytes = 4 + 8 + fmt.len() as u32 + fact_bytes + 8 + data_bytes + data_bytes % 2;

    let mut header = Vec::with_capacity(80);
    header.extend(b"RIFF");
    header.extend(riff_bytes.to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend((fmt.len() as u32).to_le_bytes());
    header.extend(fmt);
    if is_float {
        // Formats other than integer PCM state their length in samples too.
        header.extend(b"fact");
        header.extend(4u32.to_le_bytes());
        header.extend((data_bytes / format.frame_bytes() as u32).to_le_bytes());
    }
    header.extend(b"data");
    header.extend(data_bytes.to_le_bytes());
    Ok(header)
}

/// The body of the format chunk: the plain form where it suffices, which every
/// program reads, and `WAVEFORMATEXTENSIBLE` for more than 16 bits of integer or
/// more than two channels, as its definition asks.
fn format_chunk(format: &AudioFormat) -> Result<Vec<u8>> {
    let bits = format.sample_format.bits();
    let tag = if format.sample_format == SampleFormat::F32le { TAG_FLOAT } else { TAG_PCM };
    let extensible =
        format.channels > 2 || format.channel_mask != 0 || (tag == TAG_PCM && bits > 16);
    let too_many =
        |what: &str| ErrorKind::Unwritable { reason: format!("too {what} for a WAV file") };
    let block_align = u16::try_from(format.frame_bytes()).map_err(|_| too_many("many channels"))?;
    let byte_rate = format.sample_rate.checked_mul(u32::from(block_align));
    let byte_rate =
        byte_rate.ok_or_else(|| too_many("high a sample rate with so many channels"))?;

    let mut fmt = Vec::with_capacity(40);
    fmt.extend(if extensible { TAG_EXTENSIBLE } else { tag }.to_le_bytes());
    fmt.extend(format.channels.to_le_bytes());
    fmt.extend(format.sample_rate.to_le_bytes());
    fmt.extend(byte_rate.to_le_bytes());
    fmt.extend(block_align.to_le_bytes());
    fmt.extend(bits.to_le_bytes());
    if extensible {
        fmt.extend(22u16.to_le_bytes());
        fmt.extend(bits.to_le_bytes());
        fmt.extend(format.channel_mask.to_le_bytes());
        fmt.extend(tag.to_le_bytes());
        fmt.extend(SUB_FORMAT_TAIL);
    } else if tag == TAG_FLOAT {
        fmt.extend(0u16.to_le_bytes());
    }
    Ok(fmt)
}
