//! Hides parts of the head of a FLAC file from symphonia. It would keep every comment, every block
//! and every seek point in memory, however many there are, and sort the points one by one (RFC
//! 9639, section 8).

use std::io::{self, Read, Seek, SeekFrom};

use super::source::Overlay;
use crate::tags::{Chapter, MAX_ENTRIES, MAX_TAG_BYTES, chapters};

const STREAM_INFO: u8 = 0;
const PADDING: u8 = 1;
const COMMENT: u8 = 4;
const PICTURE: u8 = 6;
const IS_LAST: u8 = 0x80;

/// The maximum number of blocks before the first frame. Files have a dozen.
const MOST_BLOCKS: usize = 4096;

/// Finds overlays such that comments and pictures keep to the budget of tags and all other blocks
/// look like padding. Leaves `source` at any position.
///
/// # Errors
/// If the source fails, and `InvalidData` if there are too many blocks. A file that ends
/// inside a block is not an error.
pub(super) fn look(source: &mut (impl Read + Seek)) -> io::Result<Found> {
    let (room, entries, found) = (MAX_TAG_BYTES, MAX_ENTRIES, Found::default());
    let mut head = Head { room, entries, found };
    match head.walk(source) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(head.found),
    }
}

/// The end of the blocks of a FLAC file that begins at `start`, where its frames begin. `None` if
/// the file ends inside a block.
///
/// # Errors
/// If the source fails.
pub(in crate::read) fn frames_at(source: &mut (impl Read + Seek), start: u64) -> io::Result<u64> {
    let mut at = start + b"fLaC".len() as u64;
    for _ in 0..MOST_BLOCKS {
        source.seek(SeekFrom::Start(at))?;
        let mut header = [0; 4];
        match source.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            read => read?,
        }
        let [kind, len @ ..] = header;
        at += 4 + len.iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
        if kind & IS_LAST != 0 {
            break;
        }
    }
    Ok(at)
}

struct Head {
    /// The bytes and the number of comments and pictures that may still be shown.
    room: u64,
    entries: usize,
    found: Found,
}

/// The result of examining a file.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Bytes that symphonia reads instead of the actual ones.
    pub(super) overlays: Vec<Overlay>,
    /// Chapters, which symphonia does not report.
    pub(super) chapters: Vec<Chapter>,
}

impl Head {
    fn walk(&mut self, source: &mut (impl Read + Seek)) -> io::Result<()> {
        let mut at = b"fLaC".len() as u64;
        for _ in 0..MOST_BLOCKS {
            source.seek(SeekFrom::Start(at))?;
            let mut header = [0; 4];
            source.read_exact(&mut header)?;
            let [kind, len @ ..] = header;
            let len = len.iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
            if !self.shows(source, kind & !IS_LAST, at + 4, len)? {
                self.found.overlays.push((at, vec![PADDING | kind & IS_LAST]));
            }
            if kind & IS_LAST != 0 {
                return Ok(());
            }
            at += 4 + len;
        }
        let reason = "more than 4096 blocks before the first frame, expected about a dozen";
        Err(io::Error::new(io::ErrorKind::InvalidData, reason))
    }

    /// Whether symphonia should see a block of this kind with `len` bytes at the offset `at`.
    fn shows(
        &mut self,
        source: &mut (impl Read + Seek),
        kind: u8,
        at: u64,
        len: u64,
    ) -> io::Result<bool> {
        match kind {
            STREAM_INFO => return Ok(true),
            COMMENT | PICTURE if len <= self.room && self.entries > 0 => {}
            _ => return Ok(false),
        }
        self.room -= len;
        if kind == PICTURE {
            self.entries -= 1;
            return Ok(true);
        }
        let vendor = read_u32(source)?;
        let count_at = at + 4 + u64::from(vendor);
        source.seek(SeekFrom::Start(count_at))?;
        let count = read_u32(source)?;
        let shown = count.min(self.entries as u32);
        if shown < count && count_at + 4 <= at + len {
            self.found.overlays.push((count_at, shown.to_le_bytes().into()));
        }
        self.entries -= shown as usize;
        let mut comments = Vec::new();
        source.seek(SeekFrom::Start(at))?;
        source.take(len).read_to_end(&mut comments)?;
        self.found.chapters.extend(chapters::of_comments(&comments));
        Ok(true)
    }
}

fn read_u32(source: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    source.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn block(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind], &(body.len() as u32).to_be_bytes()[1..], body].concat()
    }

    fn comments(count: u32) -> Vec<u8> {
        [&3u32.to_le_bytes(), &b"abc"[..], &count.to_le_bytes(), &[0; 9]].concat()
    }

    /// The file as symphonia sees it, with the kinds of its blocks.
    fn seen(blocks: &[Vec<u8>]) -> Vec<u8> {
        let mut file = [b"fLaC".to_vec(), blocks.concat()].concat();
        for (at, bytes) in look(&mut Cursor::new(&file)).unwrap().overlays {
            file[at as usize..at as usize + bytes.len()].copy_from_slice(&bytes);
        }
        file
    }

    #[test]
    fn blocks_that_are_of_no_use_are_padding() {
        let blocks = [
            block(0, &[7; 34]),
            block(3, &[1; 36]),
            block(4, &comments(2)),
            block(6, &[6; 40]),
            block(5 | IS_LAST, &[5; 9]),
        ];
        let mut expected = blocks.clone();
        expected[1][0] = PADDING;
        expected[4][0] = PADDING | IS_LAST;
        assert_eq!(seen(&blocks), [b"fLaC".to_vec(), expected.concat()].concat());
    }

    #[test]
    fn comments_and_pictures_share_a_number_and_a_budget() {
        let blocks = [
            block(4, &comments(MAX_ENTRIES as u32 - 1)),
            block(6, &[]),
            block(6, &[]),
            block(4 | IS_LAST, &comments(9)),
        ];
        let mut expected = blocks.clone();
        expected[2][0] = PADDING;
        expected[3][0] = PADDING | IS_LAST;
        assert_eq!(seen(&blocks), [b"fLaC".to_vec(), expected.concat()].concat());

        let many = [block(4 | IS_LAST, &comments(u32::MAX))];
        let few = [block(4 | IS_LAST, &comments(MAX_ENTRIES as u32))];
        assert_eq!(seen(&many), [b"fLaC".to_vec(), few.concat()].concat());

        let large = block(6, &vec![0; (1 << 24) - 1]);
        let blocks = [large.clone(), large, block(6 | IS_LAST, &[])];
        let file = [b"fLaC".to_vec(), blocks.concat()].concat();
        let second = 4 + blocks[0].len() as u64;
        let hidden = look(&mut Cursor::new(file)).unwrap().overlays;
        assert_eq!(hidden, [(second, vec![PADDING])]);
    }

    #[test]
    fn cut_files_are_seen_as_they_are_and_endless_blocks_are_refused() {
        let whole = [b"fLaC".to_vec(), block(4 | IS_LAST, &comments(u32::MAX))].concat();
        for cut in 0..whole.len() {
            look(&mut Cursor::new(&whole[..cut])).unwrap();
        }
        let endless = [b"fLaC".to_vec(), block(1, &[]).repeat(5000)].concat();
        let error = look(&mut Cursor::new(endless)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
