//! WAV files; see [`riff`](crate::audio::riff) for the origin of the format.
//!
//! This is our own reader, because the available crates support at most 18 channels or refuse the
//! sizes that programs write into a pipe. Also, a WAV file is raw PCM after a header, and raw PCM
//! is already supported.

mod chunk;
mod format;
mod tags;

use std::io::{Read, Seek, SeekFrom};

use super::pcm::{PcmReader, Stretch};
use super::{OpenOptions, byte_len};
use crate::error::{Error, Result};
use crate::tags::Tags;
use chunk::{Chunk, Chunks, Sizes, goes_on};
pub(super) use chunk::{MOST_REST, is_placeholder};
pub(super) use format::codec_name;
use format::{Format, Samples};
use tags::TagChunks;

/// The content of a WAV file.
#[derive(Debug)]
pub(super) enum Wav<R> {
    /// Samples that are supported here.
    Samples(Box<PcmReader<R>>),
    /// Samples in a codec that is not supported here. `source` is at its start.
    Coded {
        /// The whole file.
        source: R,
        /// The format, in words that begin an error message.
        found: String,
    },
}

/// Opens a WAV file that was recognised as one: reads its header and the tags on both sides of the
/// samples, and leaves `source` at the first sample.
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

/// Facts about a WAV file that other code decodes.
pub(super) struct Coded {
    pub(super) tags: Tags,
    /// The declared size of the coded samples in bytes, and the part of it that exists.
    pub(super) declared: u64,
    pub(super) there: u64,
    /// Bytes that are read instead of the actual ones, so that the other code sees the actual size
    /// of the samples, and no tags.
    pub(super) overlays: Vec<(u64, Vec<u8>)>,
}

/// Examines a WAV file of `end` bytes that other code decodes. Leaves `source` at any position.
///
/// # Errors
/// The errors of [`open`].
pub(super) fn look<R: Read + Seek>(source: &mut R, end: u64) -> Result<Coded> {
    let Head { samples, mut tags, lists, .. } = Head::read(source, end)?;
    let there = if goes_on(source, samples, end)? {
        end - samples.offset
    } else {
        tags.read_behind(source, samples, end)?;
        samples.there
    };
    let size = |size: u64| u32::try_from(size).unwrap_or(u32::MAX - 1).to_le_bytes().to_vec();
    let mut overlays: Vec<_> = lists.into_iter().map(|at| (at, b"JUNK".to_vec())).collect();
    overlays.push((4, size(samples.offset + there - 8)));
    overlays.push((samples.offset - 4, size(there)));
    Ok(Coded { tags: tags.into_tags(), declared: samples.claimed, there, overlays })
}

/// Everything before the samples.
struct Head {
    format: Samples,
    samples: Stretch,
    tags: TagChunks,
    /// The offsets of lists. Some of them contain tags.
    lists: Vec<u64>,
}

impl Head {
    /// Reads the chunks of a file of `end` bytes up to the samples.
    fn read<R: Read + Seek>(source: &mut R, end: u64) -> Result<Head> {
        let mut sizes = Sizes::stated(&Chunk::read(source, 0)?);
        let (mut format, mut lists) = (None, Vec::new());
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
                    return Ok(Head { format, samples: sizes.samples(&chunk, end), tags, lists });
                }
                id => {
                    if id == b"LIST" {
                        lists.push(chunk.start());
                    }
                    tags.read(source, &chunk, end)?;
                }
            }
        }
        Err(Error::corrupt_audio(chunks.offset.min(end), "the file ends without a data chunk"))
    }
}
