//! Reads the blocks of all clusters, in the order of the file.

use std::io::{self, Read, Seek};
use std::ops::Range;

use crate::read::ebml::ids::{
    BLOCK, BLOCK_DURATION, BLOCK_GROUP, CLUSTER, CRC, EBML, REFERENCE_BLOCK, SIMPLE_BLOCK,
    TIMESTAMP,
};
use crate::read::ebml::{Stream, read_number};

/// The maximum number of elements that are read in a group, and of elements without a block that
/// are skipped.
const MOST_IN_GROUP: usize = 64;
const MOST_OTHERS: usize = 200_000;

/// The maximum size in bytes of a block's track number, time and flags.
const MOST_HEAD: u64 = 8 + 2 + 1;

/// The flag of blocks with a key frame.
pub(super) const IS_KEY: u8 = 0x80;

/// A block, alone or in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) track: u64,
    /// When it begins, in the file's time units.
    pub(super) time: i64,
    /// How long it is shown, in time units, if stated.
    pub(super) duration: Option<u64>,
    pub(super) is_key: bool,
    /// The range of its element, and the offset of the two bytes in it with the time relative to the
    /// cluster.
    pub(super) whole: Range<u64>,
    pub(super) stamp: u64,
    /// The offset of its group's checksum.
    pub(super) checksum: Option<u64>,
}

/// The beginning of a block.
struct Head {
    track: u64,
    stamp: i16,
    stamp_at: u64,
    flags: u8,
}

/// Reads the blocks.
pub(super) struct Blocks<S> {
    pub(super) stream: Stream<S>,
    /// The rest of the clusters.
    left: Range<u64>,
    /// The time of the current cluster, and its end if known.
    time: u64,
    end: Option<u64>,
    /// Whether blocks may have been skipped, because something is broken.
    pub(super) has_lost: bool,
}

impl<S: Read + Seek> Blocks<S> {
    /// The blocks of all clusters in this range.
    pub(super) fn new(stream: Stream<S>, clusters: Range<u64>) -> Self {
        Blocks { stream, left: clusters, time: 0, end: None, has_lost: false }
    }

    /// The next block; `None` after the last complete one.
    ///
    /// # Errors
    /// If the source fails.
    pub(super) fn next(&mut self) -> io::Result<Option<Block>> {
        match self.find() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.left.start = self.left.end;
                Ok(self.lose())
            }
            found => found,
        }
    }

    /// Notes that there may be blocks that cannot be found.
    fn lose(&mut self) -> Option<Block> {
        self.has_lost = true;
        None
    }

    fn find(&mut self) -> io::Result<Option<Block>> {
        for _ in 0..MOST_OTHERS {
            if self.left.is_empty() {
                return Ok(None);
            }
            let at = self.left.start;
            self.stream.go_to(at)?;
            let (id, size) = self.stream.header()?;
            let body = self.stream.at();
            self.end = self.end.filter(|end| at < *end);
            if id == CLUSTER {
                (self.time, self.end) = (0, size.map(|size| body.saturating_add(size)));
                self.left.start = body;
                continue;
            }
            let Some(end) = size.map(|size| body.saturating_add(size)) else {
                return Ok(self.lose());
            };
            let of_cluster = self.end.unwrap_or(self.left.end).min(self.left.end);
            if matches!(id, EBML | 0) && self.end.is_none() {
                return Ok(None);
            }
            if end > of_cluster {
                // In a broken cluster, the next element cannot be found.
                self.has_lost = true;
                self.left.start = of_cluster;
                continue;
            }
            self.left.start = end;
            let block = match id {
                TIMESTAMP => {
                    self.time = self.number(body..end)?;
                    None
                }
                SIMPLE_BLOCK => self.simple(at..end, body)?,
                BLOCK_GROUP => self.group(at..end, body)?,
                _ => None,
            };
            if block.is_some() {
                return Ok(block);
            }
        }
        Ok(self.lose())
    }

    fn simple(&mut self, whole: Range<u64>, body: u64) -> io::Result<Option<Block>> {
        let Some(head) = self.head(body..whole.end)? else { return Ok(self.lose()) };
        Ok(Some(self.block(&head, whole, head.flags & IS_KEY != 0, None)))
    }

    fn group(&mut self, whole: Range<u64>, body: u64) -> io::Result<Option<Block>> {
        let (mut at, mut head, mut duration, mut is_key) = (body, None, None, true);
        let mut checksum = None;
        for _ in 0..MOST_IN_GROUP {
            if at >= whole.end {
                break;
            }
            self.stream.go_to(at)?;
            let (id, size) = self.stream.header()?;
            let body = self.stream.at();
            let end = size.map(|size| body.saturating_add(size));
            let Some(end) = end.filter(|end| *end <= whole.end) else { break };
            match id {
                BLOCK if head.is_none() => head = self.head(body..end)?,
                BLOCK_DURATION => duration = Some(self.number(body..end)?),
                REFERENCE_BLOCK => is_key = false,
                CRC if head.is_none() => checksum = Some(at),
                _ => {}
            }
            at = end;
        }
        let Some(head) = head else { return Ok(self.lose()) };
        Ok(Some(Block { checksum, ..self.block(&head, whole, is_key, duration) }))
    }

    fn block(&self, head: &Head, whole: Range<u64>, is_key: bool, duration: Option<u64>) -> Block {
        let time = i64::try_from(self.time).unwrap_or(i64::MAX).saturating_add(head.stamp.into());
        let stamp = head.stamp_at;
        Block { track: head.track, time, duration, is_key, whole, stamp, checksum: None }
    }

    /// The beginning of a block's body, if the block is complete.
    fn head(&mut self, body: Range<u64>) -> io::Result<Option<Head>> {
        let mut bytes = [0; MOST_HEAD as usize];
        let count = (body.end - body.start).min(MOST_HEAD) as usize;
        self.stream.go_to(body.start)?;
        self.stream.read(&mut bytes[..count])?;
        let mut rest = &bytes[..count];
        let Ok((Some(track), len)) = read_number(&mut rest) else { return Ok(None) };
        let [high, low, flags, ..] = *rest else { return Ok(None) };
        let stamp = i16::from_be_bytes([high, low]);
        Ok(Some(Head { track, stamp, stamp_at: body.start + len, flags }))
    }

    /// A number of up to eight bytes.
    fn number(&mut self, body: Range<u64>) -> io::Result<u64> {
        let mut bytes = [0; 8];
        let count = (body.end - body.start).min(8) as usize;
        self.stream.go_to(body.start)?;
        self.stream.read(&mut bytes[8 - count..])?;
        Ok(u64::from_be_bytes(bytes))
    }
}
