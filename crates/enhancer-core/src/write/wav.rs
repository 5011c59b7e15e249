//! WAV files, and RF64 for more than 4 GiB; see [`riff`](crate::audio::riff) for the origin of the
//! formats.

use std::io::{Seek, SeekFrom, Write};

use super::raw::RawWriter;
use super::{AudioWriter, Clipping, unwritable};
use crate::audio::riff::{self, DS64_BYTES, SUB_FORMAT_TAIL, TAG_EXTENSIBLE, TAG_FLOAT, TAG_PCM};
use crate::audio::{AudioFormat, SampleFormat};
use crate::error::{Error, Result};
use crate::tags::{Tags, id3, info};

/// Writes header, samples and tags, then the header again with the final sizes.
pub(super) struct WavWriter<W> {
    samples: RawWriter<W>,
    /// The chunks of the source that come before the samples.
    carried: Vec<u8>,
    /// The chunks after the samples.
    tags: Vec<u8>,
}

impl<W: Write + Seek> WavWriter<W> {
    pub(super) fn create(mut sink: W, format: AudioFormat, tags: &Tags) -> Result<Self> {
        let (carried, tags) = (carried_chunks(tags, &format), tag_chunks(tags));
        let header = header(&format, 0, &carried, tags.len() as u64)?;
        sink.write_all(&header).map_err(Error::write)?;
        Ok(WavWriter { samples: RawWriter::new(sink, format), carried, tags })
    }

    fn complete(&mut self) -> std::io::Result<()> {
        let RawWriter { sink, bytes, .. } = &mut self.samples;
        if *bytes % 2 == 1 {
            sink.write_all(&[0])?;
        }
        sink.write_all(&self.tags)?;
        sink.rewind()
    }
}

impl<W: Write + Seek + Send> AudioWriter for WavWriter<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        self.samples.write(planes)
    }

    fn finish(&mut self) -> Result<()> {
        let (bytes, trailing) = (self.samples.bytes, self.tags.len() as u64);
        let header = header(&self.samples.format, bytes, &self.carried, trailing)?;
        self.complete().map_err(Error::write)?;
        self.samples.sink.write_all(&header).map_err(Error::write)?;
        self.samples.sink.seek(SeekFrom::End(0)).map_err(Error::write)?;
        self.samples.finish()
    }

    fn clipping(&self) -> Option<Clipping> {
        self.samples.clipping()
    }
}

/// First the texts, in a form that every program shows, then everything including pictures, for
/// programs that read ID3.
fn tag_chunks(tags: &Tags) -> Vec<u8> {
    let mut chunks = Vec::new();
    let bodies = [(b"LIST", info::list(tags)), (b"id3 ", id3::encode(tags))];
    for (id, body) in bodies {
        if let Some(body) = body {
            riff::append_chunk(&mut chunks, id, &body);
        }
    }
    chunks
}

/// The chunks that are copied from the source.
fn carried_chunks(tags: &Tags, format: &AudioFormat) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in &tags.chunks {
        riff::append_chunk(&mut chunks, &chunk.id, &chunk.in_result(format));
    }
    chunks
}

/// Everything before the samples of a WAV file. There are `data_bytes` of samples, and `trailing`
/// bytes of complete chunks after them.
///
/// The first chunk is padding. In a file that needs 64-bit sizes, these take its place (EBU Tech
/// 3306, "RF64: An extended File Format for Audio Data").
fn header(format: &AudioFormat, data_bytes: u64, carried: &[u8], trailing: u64) -> Result<Vec<u8>> {
    let fmt = format_chunk(format)?;
    let is_float = format.sample_format == SampleFormat::F32le;
    let fact_bytes = if is_float { 12 } else { 0 };
    let chunks =
        8 + DS64_BYTES as u64 + carried.len() as u64 + 8 + fmt.len() as u64 + fact_bytes + 8;
    let riff_bytes = 4 + chunks + data_bytes + data_bytes % 2 + trailing;
    let samples = data_bytes / format.frame_bytes() as u64;
    let is_long = riff_bytes > u64::from(u32::MAX);
    // In a long file, this value means that the size is in the `ds64` chunk.
    let short = |size: u64| if is_long { u32::MAX } else { size as u32 }.to_le_bytes();

    let mut header = Vec::with_capacity(128);
    header.extend(if is_long { b"RF64" } else { b"RIFF" });
    header.extend(short(riff_bytes));
    header.extend(b"WAVE");
    if is_long {
        let sizes = [riff_bytes, data_bytes, samples];
        let mut ds64: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
        // No other chunk is long.
        ds64.extend(0u32.to_le_bytes());
        riff::append_chunk(&mut header, b"ds64", &ds64);
    } else {
        riff::append_chunk(&mut header, b"JUNK", &[0; DS64_BYTES]);
    }
    header.extend(carried);
    riff::append_chunk(&mut header, b"fmt ", &fmt);
    if is_float {
        // Formats other than integer PCM also state their length in samples.
        riff::append_chunk(&mut header, b"fact", &short(samples));
    }
    header.extend(b"data");
    header.extend(short(data_bytes));
    Ok(header)
}

/// Refuses formats that WAV does not support.
pub(super) fn check(format: &AudioFormat) -> Result<()> {
    format_chunk(format).map(drop)
}

/// The body of the format chunk. The plain form is used where possible, because every program reads
/// it. `WAVEFORMATEXTENSIBLE` is used for integers of more than 16 bits or more than two channels,
/// as its definition requires.
fn format_chunk(format: &AudioFormat) -> Result<Vec<u8>> {
    let bits = format.sample_format.bits();
    let tag = if format.sample_format == SampleFormat::F32le { TAG_FLOAT } else { TAG_PCM };
    let extensible =
        format.channels > 2 || format.channel_mask != 0 || (tag == TAG_PCM && bits > 16);
    let too_many = |what: &str| unwritable(format!("too {what} for a WAV file"));
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
