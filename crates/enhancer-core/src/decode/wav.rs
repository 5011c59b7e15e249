//! WAV files; see [`riff`](crate::riff) for where the format comes from.
//!
//! Our own reader, since the crates at hand stop at 18 channels or refuse the
//! sizes that programs write into a pipe, and since a WAV file is raw PCM behind
//! a header, which is read already.

use std::io::{Read, Seek, SeekFrom};

use super::pcm::PcmReader;
use super::{SUPPORTED, byte_len};
use crate::error::{Error, ErrorKind, Result};
use crate::format::{AudioFormat, Container, SampleFormat};
use crate::riff::{SUB_FORMAT_TAIL, TAG_EXTENSIBLE, TAG_FLOAT, TAG_PCM};

/// Opens a WAV file that has been recognised as one: reads its header and leaves
/// `source` at its first sample.
pub(super) fn open<R: Read + Seek>(mut source: R) -> Result<PcmReader<R>> {
    let end = byte_len(&mut source)?;
    let stated = riff_bytes(&mut source)?;
    let mut offset = 12;
    let mut format = None;
    loop {
        let chunk = Chunk::read(&mut source, offset, end)?;
        match (&chunk.id, format) {
            (b"fmt ", _) => format = Some(read_format(&mut source, &chunk)?),
            (b"data", Some(format)) => {
                let bytes = chunk.data_bytes(end, stated)?;
                return PcmReader::new(source, format, chunk.body, bytes);
            }
            (b"data", None) => {
                return Err(Error::corrupt_audio(offset, "a data chunk comes before the format"));
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        offset = chunk.body + u64::from(chunk.len) + u64::from(chunk.len % 2);
    }
}

/// The size that the file states of itself.
fn riff_bytes<R: Read + Seek>(source: &mut R) -> Result<u32> {
    Ok(Chunk::read(source, 0, u64::MAX)?.len)
}

/// The header of a chunk.
struct Chunk {
    id: [u8; 4],
    len: u32,
    /// Offset of its first byte behind the header.
    body: u64,
}

impl Chunk {
    /// Reads the header at `offset` of a file that is `end` bytes long.
    fn read<R: Read + Seek>(source: &mut R, offset: u64, end: u64) -> Result<Chunk> {
        if offset + 8 > end {
            return Err(Error::corrupt_audio(
                offset.min(end),
                "the file ends without a data chunk",
            ));
        }
        let mut header = [0; 8];
        source.seek(SeekFrom::Start(offset)).map_err(Error::read)?;
        source.read_exact(&mut header).map_err(Error::read)?;
        let [a, b, c, d, len @ ..] = header;
        Ok(Chunk { id: [a, b, c, d], len: u32::from_le_bytes(len), body: offset + 8 })
    }

    /// How many bytes of samples a data chunk holds in a file of `end` bytes.
    /// Programs that write into a pipe, or that crash, do not come back to fill in
    /// this size and the one the file states of itself: then it is all the rest.
    fn data_bytes(&self, end: u64, stated: u32) -> Result<u64> {
        let there = end - self.body;
        let unfinished = matches!(stated, 0 | u32::MAX) || u64::from(stated) + 8 < end;
        if self.len == u32::MAX || (self.len == 0 && unfinished) {
            return Ok(there);
        }
        let claimed = u64::from(self.len);
        if claimed > there {
            return Err(Error::corrupt_audio(
                end,
                format!("the file ends early: of {claimed} bytes of samples {there} are there"),
            ));
        }
        Ok(claimed)
    }
}

/// Reads a format chunk whose header has just been read.
fn read_format(source: &mut impl Read, chunk: &Chunk) -> Result<AudioFormat> {
    let mut body = Vec::new();
    source.take(u64::from(chunk.len.min(40))).read_to_end(&mut body).map_err(Error::read)?;
    if body.len() < 16 {
        return Err(Error::corrupt_audio(chunk.body, "the format chunk is shorter than 16 bytes"));
    }
    let u16_at = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
    let u32_at =
        |at: usize| u32::from_le_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);

    let (tag, channel_mask) = match u16_at(0) {
        TAG_EXTENSIBLE if body.len() < 40 => {
            return Err(Error::corrupt_audio(
                chunk.body,
                "an extensible format without its extension",
            ));
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
    let sample_format = sample_format(tag, u16_at(14))?;
    let format = AudioFormat {
        container: Container::Wav,
        sample_format,
        sample_rate,
        channels,
        channel_mask,
    };
    let block_align = usize::from(u16_at(12));
    if block_align != format.frame_bytes() {
        return Err(Error::corrupt_audio(
            chunk.body + 12,
            format!(
                "{block_align} bytes a sample of all channels, expected {}",
                format.frame_bytes()
            ),
        ));
    }
    Ok(format)
}

fn sample_format(tag: u16, bits: u16) -> Result<SampleFormat> {
    match (tag, bits) {
        (TAG_PCM, 16) => Ok(SampleFormat::S16le),
        (TAG_PCM, 24) => Ok(SampleFormat::S24le),
        (TAG_PCM, 32) => Ok(SampleFormat::S32le),
        (TAG_FLOAT, 32) => Ok(SampleFormat::F32le),
        _ => {
            let what = match tag {
                TAG_PCM => "integer samples".into(),
                TAG_FLOAT => "float samples".into(),
                2 | 0x11 => "ADPCM samples".into(),
                6 => "A-law samples".into(),
                7 => "mu-law samples".into(),
                tag => format!("samples of codec {tag:#06x}"),
            };
            let found = format!("this is a WAV file with {bits}-bit {what}");
            Err(ErrorKind::UnsupportedAudio { found, supported: SUPPORTED }.into())
        }
    }
}
