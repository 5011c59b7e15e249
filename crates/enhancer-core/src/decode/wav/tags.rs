//! The chunks in which a WAV file tells of itself.

use std::io::{Read, Seek};

use super::chunk::{Chunk, Chunks, padded};
use crate::decode::pcm::Stretch;
use crate::error::Result;
use crate::tags::{Gathering, MAX_TAG_BYTES, Tags, id3, info};

/// What was read of them so far.
pub(super) struct TagChunks {
    info: Gathering,
    id3: Gathering,
    /// How many bytes may still be read.
    room: u64,
}

impl Default for TagChunks {
    fn default() -> Self {
        TagChunks { info: Gathering::default(), id3: Gathering::default(), room: MAX_TAG_BYTES }
    }
}

impl TagChunks {
    /// Reads a chunk if it is one of tags and whole, and there is room for it.
    pub(super) fn read<R>(&mut self, source: &mut R, chunk: &Chunk, end: u64) -> Result<()>
    where
        R: Read + Seek,
    {
        let len = u64::from(chunk.len);
        let is_id3 = chunk.id.eq_ignore_ascii_case(b"id3 ");
        if !is_id3 && &chunk.id != b"LIST" || len > self.room || chunk.body + len > end {
            return Ok(());
        }
        self.room -= len;
        let body = chunk.read_body(source, chunk.len)?;
        if is_id3 {
            self.id3.complete_with(id3::read(&body));
        } else {
            self.info.complete_with(info::read(&body));
        }
        Ok(())
    }

    /// Reads those behind the samples of a file of `end` bytes.
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

    /// Everything, as ID3 tells it where both do: its texts have an encoding.
    pub(super) fn into_tags(self) -> Tags {
        let mut tags = self.id3;
        tags.complete_with(self.info.finish());
        tags.finish()
    }
}
