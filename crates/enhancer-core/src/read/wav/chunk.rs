//! The chunks of a WAV file, and their declared sizes.

use std::io::{Read, Seek, SeekFrom};

use crate::error::{Error, Result};
use crate::read::pcm::Stretch;
use crate::read::sniff::{begins_tag, is_chunk};

/// The maximum number of chunks that are read on either side of the samples. Files have a dozen; a
/// file that consists only of chunks would take for ever.
const MAX_CHUNKS: usize = 4096;

/// The header of a chunk.
pub(super) struct Chunk {
    pub(super) id: [u8; 4],
    pub(super) len: u32,
    /// The offset of the first byte after the header.
    pub(super) body: u64,
}

impl Chunk {
    /// Reads the header at `offset`, where there must be one.
    pub(super) fn read<R: Read + Seek>(source: &mut R, offset: u64) -> Result<Chunk> {
        let mut header = [0; 8];
        source.seek(SeekFrom::Start(offset)).map_err(Error::read)?;
        source.read_exact(&mut header).map_err(Error::read)?;
        let [a, b, c, d, len @ ..] = header;
        Ok(Chunk { id: [a, b, c, d], len: u32::from_le_bytes(len), body: offset + 8 })
    }

    /// Offset of the header.
    pub(super) fn start(&self) -> u64 {
        self.body - 8
    }

    /// Reads up to `max` bytes of the body, as many as exist.
    pub(super) fn read_body<R: Read + Seek>(&self, source: &mut R, max: u32) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        source.seek(SeekFrom::Start(self.body)).map_err(Error::read)?;
        let len = u64::from(self.len.min(max));
        source.take(len).read_to_end(&mut body).map_err(Error::read)?;
        Ok(body)
    }
}

/// Iterates over chunks.
pub(super) struct Chunks {
    /// The offset of the next chunk.
    pub(super) offset: u64,
    end: u64,
    left: usize,
}

impl Chunks {
    /// The chunks from `offset` on in a file of `end` bytes.
    pub(super) fn new(offset: u64, end: u64) -> Chunks {
        Chunks { offset, end, left: MAX_CHUNKS }
    }

    /// The next header; `None` at the end of the file or after too many chunks.
    pub(super) fn next<R: Read + Seek>(&mut self, source: &mut R) -> Result<Option<Chunk>> {
        if self.left == 0 || self.offset.saturating_add(8) > self.end {
            return Ok(None);
        }
        self.left -= 1;
        let chunk = Chunk::read(source, self.offset)?;
        self.offset = padded(chunk.body, u64::from(chunk.len));
        Ok(Some(chunk))
    }
}

/// The offset of the next chunk. Chunks are padded to an even length.
pub(super) fn padded(body: u64, len: u64) -> u64 {
    body.saturating_add(len).saturating_add(len % 2)
}

/// Whether programs write this size when they do not know the real one. sox, arecord and LAME write
/// the largest size that others can surely read, with or without the header; some services write
/// 2000000000.
pub(in crate::read) fn is_placeholder(size: u64) -> bool {
    matches!(size, 2_000_000_000 | 0x7fff_0000..=0x8000_0000 | 0xffff_0000..=0xffff_ffff)
}

/// The sizes that a file states.
pub(super) struct Sizes {
    /// The size of everything after the first 8 bytes.
    file: u64,
    /// The size of the samples, if a chunk of its own states it.
    samples: Option<u64>,
}

impl Sizes {
    /// The size that the first chunk states. This chunk contains the whole file.
    pub(super) fn stated(file: &Chunk) -> Sizes {
        Sizes { file: file.len.into(), samples: None }
    }

    /// Reads the chunk with 64-bit sizes. It is ignored if it is too short.
    pub(super) fn read_long<R: Read + Seek>(&mut self, source: &mut R, ds64: &Chunk) -> Result<()> {
        let body = ds64.read_body(source, 16)?;
        if let ([file, samples], _) = body.as_chunks() {
            self.file = u64::from_le_bytes(*file);
            self.samples = Some(u64::from_le_bytes(*samples));
        }
        Ok(())
    }

    /// The range of the samples in a file of `end` bytes. Programs that write into a pipe, or that
    /// crash, do not fill in this size and that of the file. Then the samples are the rest of the
    /// file.
    pub(super) fn samples(&self, data: &Chunk, end: u64) -> Stretch {
        const UNKNOWN: u64 = u32::MAX as u64;
        let there = end - data.body;
        let stated = match (data.len, self.samples) {
            (u32::MAX, Some(long)) => long,
            (len, _) => len.into(),
        };
        let unfinished =
            matches!(self.file, 0 | UNKNOWN | u64::MAX) || self.file.saturating_add(8) < end;
        let is_unknown = match stated {
            0 => unfinished,
            UNKNOWN => self.samples.is_none(),
            stated => stated == u64::MAX || stated > there && is_placeholder(stated),
        };
        let claimed = match self.samples {
            _ if is_unknown => there,
            // 32 bits that have overflowed.
            None if stated < there => stated + ((there - stated) >> 32 << 32),
            _ => stated,
        };
        Stretch { offset: data.body, claimed, there: claimed.min(there) }
    }
}

/// The maximum number of bytes of other data after the samples: tags of other formats, padding.
pub(in crate::read) const MOST_REST: u64 = 4096;

/// Whether the samples of a file of `end` bytes continue after the declared size of their chunk. A
/// recorder that was switched off has not updated the size. Then no chunk begins there.
pub(super) fn goes_on<R: Read + Seek>(source: &mut R, samples: Stretch, end: u64) -> Result<bool> {
    let behind = samples.offset.saturating_add(samples.claimed);
    if end.saturating_sub(padded(samples.offset, samples.claimed)) <= MOST_REST {
        return Ok(false);
    }
    // Some programs omit the padding.
    for at in [behind, padded(samples.offset, samples.claimed)] {
        let chunk = Chunk::read(source, at)?;
        let end_of_chunk = chunk.body.saturating_add(chunk.len.into());
        // These chunks may be cut off.
        let is_known = begins_tag(&chunk.id)
            || matches!(&chunk.id, b"LIST" | b"id3 " | b"ID3 " | b"bext" | b"iXML");
        if is_known || is_chunk(&chunk.id, end_of_chunk, end) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn samples_go_on_where_no_chunk_begins() {
        let chunk = |id: &[u8; 4], len: u32| [&id[..], &len.to_le_bytes()].concat();
        for (behind, expected) in [
            (chunk(b"LIST", 5000), false),
            // Cut off, but known.
            (chunk(b"bext", 50_000), false),
            (chunk(b"own ", 5000), false),
            (chunk(b"own ", 50_000), true),
            (chunk(b"\x01\x02\xff\xfe", 50), true),
            (vec![0; 8], true),
        ] {
            for claimed in [10, 11] {
                let rest = vec![1; 6000];
                let bytes = [&vec![0; 44 + claimed][..], &behind, &rest].concat();
                let end = bytes.len() as u64;
                let claimed = claimed as u64;
                let samples = Stretch { offset: 44, claimed, there: claimed };
                assert_eq!(goes_on(&mut Cursor::new(&bytes), samples, end).unwrap(), expected);
                let short = &bytes[..1000];
                assert!(!goes_on(&mut Cursor::new(short), samples, 1000).unwrap());
            }
        }
    }

    /// The result for samples at offset 44, as their declared and existing size in bytes. `stated`
    /// is the size in the file, and `there` is the number of bytes after offset 44.
    fn samples(stated: u32, there: u64) -> (u64, u64) {
        let sizes = Sizes { file: u64::from(stated) + 36, samples: None };
        let data = Chunk { id: *b"data", len: stated, body: 44 };
        let Stretch { claimed, there, .. } = sizes.samples(&data, 44 + there);
        (claimed, there)
    }

    #[test]
    fn sizes_that_have_overflowed_are_corrected() {
        const GIB: u64 = 1 << 30;
        for more in [0, 30] {
            // Other chunks may follow.
            assert_eq!(samples(100, 100 + more), (100, 100));
            assert_eq!(samples(100, 4 * GIB + 100 + more), (4 * GIB + 100, 4 * GIB + 100));
            assert_eq!(samples(7, 12 * GIB + 7 + more), (12 * GIB + 7, 12 * GIB + 7));
        }
        assert_eq!(samples(100, 4 * GIB + 99), (100, 100));
    }

    #[test]
    fn sizes_of_pipes_are_the_rest_and_others_are_cut_off() {
        for stated in [0x7fff_f000, 0x7fff_ffff, 0x8000_0000, 2_000_000_000, u32::MAX - 36] {
            assert_eq!(samples(stated, 5000), (5000, 5000));
        }
        assert_eq!(samples(1_000_000_000, 5000), (1_000_000_000, 5000));
        // For once, this size is the real one.
        assert_eq!(samples(2_000_000_000, 2_000_000_030), (2_000_000_000, 2_000_000_000));
    }
}
