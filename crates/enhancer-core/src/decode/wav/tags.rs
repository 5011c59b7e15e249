//! The chunks in which a WAV file tells of itself.

use std::io::{Read, Seek};

use super::chunk::{Chunk, Chunks, padded};
use crate::decode::pcm::Stretch;
use crate::error::Result;
use crate::tags::chunks::{self, MOST_CHUNKS};
use crate::tags::{Chunk as Carried, Gathering, MAX_TAG_BYTES, Tags, id3, info};

/// What was read of them so far.
pub(super) struct TagChunks {
    info: Gathering,
    id3: Gathering,
    carried: Vec<Carried>,
    /// How many bytes may still be read.
    room: u64,
}

impl Default for TagChunks {
    fn default() -> Self {
        TagChunks {
            info: Gathering::default(),
            id3: Gathering::default(),
            carried: Vec::new(),
            room: MAX_TAG_BYTES,
        }
    }
}

impl TagChunks {
    /// Reads a chunk if it is one of tags and whole, and there is room for it.
    pub(super) fn read<R>(&mut self, source: &mut R, chunk: &Chunk, end: u64) -> Result<()>
    where
        R: Read + Seek,
    {
        let (len, id) = (u64::from(chunk.len), chunk.id);
        let is_id3 = id.eq_ignore_ascii_case(b"id3 ");
        let is_carried = chunks::is_carried(&id) && self.carried.len() < MOST_CHUNKS;
        if !is_id3 && !is_carried && &id != b"LIST" || chunk.body + len > end {
            return Ok(());
        }
        if len > self.room {
            if is_carried {
                self.carried.push(Carried { id, body: Vec::new() });
            }
            return Ok(());
        }
        self.room -= len;
        let body = chunk.read_body(source, chunk.len)?;
        if is_id3 {
            self.id3.complete_with(id3::read(&body));
        } else if !is_carried && !chunks::has_labels(&body) {
            self.info.complete_with(info::read(&body));
        } else if !body.is_empty() && self.carried.len() < MOST_CHUNKS {
            self.carried.push(Carried { id, body });
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
        Tags { chunks: self.carried, ..tags.finish() }
    }
}
