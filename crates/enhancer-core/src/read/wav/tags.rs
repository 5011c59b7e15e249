//! The chunks of a WAV file with its metadata.

use std::io::{Read, Seek};

use super::chunk::{Chunk, Chunks, padded};
use crate::error::Result;
use crate::read::pcm::Stretch;
use crate::tags::chunks::Fate;
use crate::tags::{Gathering, MAX_TAG_BYTES, Tags, id3, info};

/// The metadata that was read so far.
pub(super) struct TagChunks {
    info: Gathering,
    id3: Gathering,
    /// Chunks other than tags.
    others: Tags,
    /// The number of bytes that may still be read.
    room: u64,
}

impl Default for TagChunks {
    fn default() -> Self {
        TagChunks {
            info: Gathering::default(),
            id3: Gathering::default(),
            others: Tags::default(),
            room: MAX_TAG_BYTES,
        }
    }
}

/// The content of a chunk.
enum Holds {
    Info,
    Id3,
    Other(Fate),
}

impl Holds {
    fn find<R: Read + Seek>(source: &mut R, chunk: &Chunk) -> Result<Holds> {
        Ok(match &chunk.id {
            b"LIST" if chunk.read_body(source, 4)? == b"adtl" => Holds::Other(Fate::Carried),
            b"LIST" => Holds::Info,
            id if id.eq_ignore_ascii_case(b"id3 ") => Holds::Id3,
            id => Holds::Other(Fate::of(id)),
        })
    }
}

impl TagChunks {
    /// Reads a chunk if it is relevant for the result, complete, and fits the budget.
    pub(super) fn read<R>(&mut self, source: &mut R, chunk: &Chunk, end: u64) -> Result<()>
    where
        R: Read + Seek,
    {
        let len = u64::from(chunk.len);
        let holds = Holds::find(source, chunk)?;
        let is_whole = chunk.body + len <= end;
        match holds {
            Holds::Other(Fate::Replaced) => return Ok(()),
            Holds::Other(Fate::LeftOut) if !is_whole => return Ok(()),
            Holds::Other(Fate::Carried) if is_whole && len <= self.room => {}
            Holds::Other(_) => {
                self.others.leave_out(&chunk.id);
                return Ok(());
            }
            Holds::Info | Holds::Id3 if !is_whole || len > self.room => return Ok(()),
            Holds::Info | Holds::Id3 => {}
        }
        self.room -= len;
        let body = chunk.read_body(source, chunk.len)?;
        match holds {
            Holds::Id3 => self.id3.complete_with(id3::read(&body)),
            Holds::Info => self.info.complete_with(info::read(&body)),
            Holds::Other(_) => self.others.keep_chunk(chunk.id, body),
        }
        Ok(())
    }

    /// Reads the chunks after the samples of a file of `end` bytes.
    pub(super) fn read_behind<R>(
        &mut self,
        source: &mut R,
        samples: Stretch,
        end: u64,
    ) -> Result<()>
    where
        R: Read + Seek,
    {
        let mut chunks = Chunks::new(padded(samples.offset, samples.claimed), end);
        while let Some(chunk) = chunks.next(source)? {
            self.read(source, &chunk, end)?;
        }
        Ok(())
    }

    /// Returns all metadata. ID3 takes precedence, because its texts have an encoding.
    pub(super) fn into_tags(self) -> Tags {
        let mut tags = self.id3;
        tags.complete_with(self.info.finish());
        let Tags { chunks, left_out, .. } = self.others;
        Tags { chunks, left_out, ..tags.finish() }
    }
}
