//! WAV files; see [`riff`](crate::riff) for where the format comes from.
//!
//! Our own reader, since the crates at hand stop at 18 channels or refuse the
//! sizes that programs write into a pipe, and since a WAV file is raw PCM behind
//! a header, which is read already.

mod chunk;
mod format;
mod tags;

use std::io::{Read, Seek, SeekFrom};

use super::pcm::{PcmReader, Stretch};
use super::{OpenOptions, byte_len};
use crate::error::{Error, Result};
use crate::tags::Tags;
pub(super) use chunk::is_placeholder;
use chunk::{Chunk, Chunks, Sizes, goes_on};
pub(super) use format::codec_name;
use format::{Format, Samples};
use tags::TagChunks;

/// What a WAV file was found to hold.
#[derive(Debug)]
pub(super) enum Wav<R> {
    /// Samples that are read here.
    Samples(Box<PcmReader<R>>),
    /// Samples of a codec that is not; `source` stands at its start.
    Coded {
        /// The whole file.
        source: R,
        /// What it is, in words that begin an error message.
        found: String,
    },
}

/// Opens a WAV file that has been recognised as one: reads its header and the tags
/// on both sides of the samples, and leaves `source` at the first sample.
pub(super) fn open<R: Read + Seek>(mut source: R, options: &OpenOptions) -> Result<Wav<R>> {
    let end = byte_len(&mut source)?;
    let head = Head::read(&mut source, end)?;
    let Format { audio, samples } = match head.format {
        Ok(format) => format,
        Err(found) => {
            source.rewind().map_err(Error::read)?;
            return Ok(Wav::Coded { source, found });
        }
    };
    let (mut tags, mut stretch) = (head.tags, head.samples);
    let declared = stretch.claimed;
    let frame = samples.bytes() * usize::from(audio.channels);
    if goes_on(&mut source, stretch, end)? {
        stretch.there = (end - stretch.offset) / frame as u64 * frame as u64;
        stretch.claimed = stretch.there;
    } else {
        tags.read_behind(&mut source, stretch, end)?;
    }
    source.seek(SeekFrom::Start(stretch.offset)).map_err(Error::read)?;
    let reader = PcmReader::new(source, audio, samples, stretch, options.strict)?;
    let reader = reader.with_tags(tags.into_tags());
    Ok(Wav::Samples(Box::new(if stretch.claimed > declared {
        reader.noting_more_than(declared)
    } else {
        reader
    })))
}

/// The tags of a WAV file of `end` bytes that others read, and where the lists are, before the
/// samples, that others would read them from. Leaves `source` anywhere.
pub(super) fn tags<R: Read + Seek>(source: &mut R, end: u64) -> Result<(Tags, Vec<u64>)> {
    let (mut tags, mut lists) = (TagChunks::default(), Vec::new());
    let mut chunks = Chunks::new(12, end);
    let mut is_before = true;
    while let Some(chunk) = chunks.next(source)? {
        is_before &= &chunk.id != b"data";
        tags.read(source, &chunk, end)?;
        if is_before && &chunk.id == b"LIST" {
            lists.push(chunk.start());
        }
    }
    Ok((tags.into_tags(), lists))
}

/// What comes before the samples.
struct Head {
    format: Samples,
    samples: Stretch,
    tags: TagChunks,
}

impl Head {
    /// Reads the chunks of a file of `end` bytes up to the one of the samples.
    fn read<R: Read + Seek>(source: &mut R, end: u64) -> Result<Head> {
        let mut sizes = Sizes::stated(&Chunk::read(source, 0)?);
        let mut format = None;
        let mut tags = TagChunks::default();
        let mut chunks = Chunks::new(12, end);
        while let Some(chunk) = chunks.next(source)? {
            match &chunk.id {
                b"ds64" => sizes.read_long(source, &chunk)?,
                b"fmt " => format = Some(format::read(source, &chunk)?),
                b"data" => {
                    let format = format.ok_or_else(|| {
                        let reason = "a data chunk comes before the format";
                        Error::corrupt_audio(chunk.start(), reason)
                    })?;
                    return Ok(Head { format, samples: sizes.samples(&chunk, end), tags });
                }
                _ => tags.read(source, &chunk, end)?,
            }
        }
        Err(Error::corrupt_audio(chunks.offset.min(end), "the file ends without a data chunk"))
    }
}
