//! Hides comments in the head of an Ogg file from symphonia, which keeps every one in memory,
//! however many there are (RFC 3533; RFC 7845, section 5.2; Vorbis I specification, section 5; "Ogg
//! mapping for FLAC"). And reads the chapters of FLAC in Ogg, which symphonia does not report.

use std::io::{self, Read, Seek, SeekFrom};

use super::source::Overlay;
use crate::tags::{Chapter, MAX_TAG_BYTES, chapters};

/// The size of a page's header in bytes, before the lengths of its segments.
const HEADER: usize = 27;

/// The maximum size of a page in bytes.
const LONGEST_PAGE: u64 = (HEADER + 255 + 255 * 255) as u64;

/// The maximum number of pages, and of streams, that are read. Comments with a picture take a few
/// hundred pages.
const MOST_PAGES: usize = 20_000;
const MOST_STREAMS: usize = 64;

/// The maximum number of samples in a packet, which Vorbis has.
const LONGEST_PACKET: i64 = 8192;

/// The size of the header of a FLAC block in bytes.
const FLAC_HEADER: u64 = 4;

/// The maximum number of header packets of a stream. FLAC has one for each of its blocks.
const MOST_PACKETS: usize = 256;

/// Examines the streams of a source. If a stream has more than 65 535 comments, overlays lower the
/// count. Leaves `source` at any position.
///
/// # Errors
/// If the source fails, and `InvalidData` if the headers do not end. A file that ends inside a page
/// is not an error.
pub(super) fn look(source: &mut (impl Read + Seek)) -> io::Result<Found> {
    let mut found = Found::default();
    let mut streams = Streams::default();
    match walk(source, &mut streams, &mut found.overlays) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        _ => {}
    }
    found.chapters = streams.all.iter().filter_map(Stream::chapters).collect();
    let len = source.seek(SeekFrom::End(0))?;
    if let Some((at, last)) = page_before(source, len)? {
        found.is_chained = streams.all.iter().all(|stream| stream.serial != last.serial());
        found.overlays.extend(corrected_end(source, at, last)?);
    }
    Ok(found)
}

/// The last page with a position that can be right, if the last page's own position, which states
/// the end of the sound, is before those of the two pages before it. Nothing in that page is
/// padding then.
fn corrected_end(
    source: &mut (impl Read + Seek),
    at: u64,
    mut last: Page,
) -> io::Result<Option<Overlay>> {
    let whole = last.parts().iter().filter(|(_, is_whole)| *is_whole).count();
    let (mut before, mut positions) = (at, Vec::new());
    for _ in 0..MOST_STREAMS {
        let Some((start, page)) = page_before(source, before)? else { break };
        before = start;
        if page.serial() == last.serial() && page.position() >= 0 {
            positions.push(page.position());
        }
        if positions.len() == 2 {
            break;
        }
    }
    // If two positions disagree, the third one shows which is wrong.
    let is_wrong = positions.iter().all(|position| last.position() < *position);
    let Some(before) = positions.first().filter(|_| is_wrong && whole > 0) else { return Ok(None) };
    last.set_position(before.saturating_add(LONGEST_PACKET.saturating_mul(whole as i64)));
    Ok(Some((at, last.bytes)))
}

/// The result of examining a file.
#[derive(Default)]
pub(super) struct Found {
    /// Bytes that symphonia reads instead of the actual ones.
    pub(super) overlays: Vec<Overlay>,
    /// Whether other streams follow those at the start, so that these do not end with the file.
    pub(super) is_chained: bool,
    /// The chapters of FLAC streams that have some, with the number of the stream.
    pub(super) chapters: Vec<(u32, Vec<Chapter>)>,
}

/// The complete page that ends at this offset and its start, if there is one.
///
/// # Errors
/// If the source fails.
fn page_before(source: &mut (impl Read + Seek), end: u64) -> io::Result<Option<(u64, Page)>> {
    let start = end.saturating_sub(LONGEST_PAGE);
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(start))?;
    source.take(end - start).read_to_end(&mut bytes)?;
    let whole = |at: usize| {
        let mut rest = bytes.get(at..).filter(|rest| rest.starts_with(b"OggS"))?;
        let page = Page::read(&mut rest).ok().flatten().filter(|_| rest.is_empty())?;
        Some((start + at as u64, page))
    };
    Ok((0..bytes.len()).find_map(whole))
}

/// Whether a source ends at the end of a page.
///
/// # Errors
/// If the source fails.
pub(super) fn ends_whole(source: &mut (impl Read + Seek)) -> io::Result<bool> {
    let len = source.seek(SeekFrom::End(0))?;
    Ok(page_before(source, len)?.is_some())
}

fn walk(
    source: &mut (impl Read + Seek),
    streams: &mut Streams,
    overlays: &mut Vec<Overlay>,
) -> io::Result<()> {
    let mut at = 0;
    source.seek(SeekFrom::Start(0))?;
    for _ in 0..MOST_PAGES {
        let Some(mut page) = Page::read(source)? else { return Ok(()) };
        if streams.all.len() >= MOST_STREAMS {
            break;
        }
        if streams.lower_counts(&mut page) {
            page.seal();
            overlays.push((at, page.bytes.clone()));
        }
        // The first pages of all streams come before all other pages.
        if !page.is_first() && streams.all.iter().all(|stream| stream.is_done) {
            return Ok(());
        }
        at += page.bytes.len() as u64;
    }
    let reason = "the headers of its streams do not end, expected a few pages";
    Err(io::Error::new(io::ErrorKind::InvalidData, reason))
}

struct Page {
    bytes: Vec<u8>,
    /// The offset of the body.
    body: usize,
}

impl Page {
    /// Reads the next page; `None` if something else follows.
    fn read(source: &mut impl Read) -> io::Result<Option<Page>> {
        let mut bytes = vec![0; HEADER];
        source.read_exact(&mut bytes)?;
        if !bytes.starts_with(b"OggS\0") {
            return Ok(None);
        }
        let body = HEADER + usize::from(bytes[26]);
        bytes.resize(body, 0);
        source.read_exact(&mut bytes[HEADER..])?;
        let len: usize = bytes[HEADER..].iter().map(|len| usize::from(*len)).sum();
        bytes.resize(body + len, 0);
        source.read_exact(&mut bytes[body..])?;
        Ok(Some(Page { bytes, body }))
    }

    /// Whether it is the first page of a stream.
    fn is_first(&self) -> bool {
        self.bytes[5] & 0x02 != 0
    }

    /// The end position of the last packet that ends in this page; -1 if none does.
    fn position(&self) -> i64 {
        i64::from_le_bytes(std::array::from_fn(|n| self.bytes[6 + n]))
    }

    fn set_position(&mut self, position: i64) {
        self.bytes[6..14].copy_from_slice(&position.to_le_bytes());
        self.seal();
    }

    fn serial(&self) -> [u8; 4] {
        std::array::from_fn(|n| self.bytes[14 + n])
    }

    /// The parts of packets in this page: their ranges, and whether the packet ends there.
    fn parts(&self) -> Vec<(std::ops::Range<usize>, bool)> {
        let (mut parts, mut start, mut end) = (Vec::new(), self.body, self.body);
        for &len in &self.bytes[HEADER..self.body] {
            end += usize::from(len);
            // After a segment of maximum length, the packet continues.
            if len < 255 {
                parts.push((start..end, true));
                start = end;
            }
        }
        if start < end {
            parts.push((start..end, false));
        }
        parts
    }

    /// Updates the checksum.
    fn seal(&mut self) {
        self.bytes[22..26].fill(0);
        let sum = checksum(&self.bytes);
        self.bytes[22..26].copy_from_slice(&sum.to_le_bytes());
    }
}

/// The CRC of a page. The polynomial is 0x04c11db7, the highest bit first.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum: u32, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

/// The streams in order of appearance.
struct Streams {
    all: Vec<Stream>,
    /// The number of bytes of comments, of all streams, that may still be kept.
    room: usize,
}

impl Default for Streams {
    fn default() -> Streams {
        Streams { all: Vec::new(), room: MAX_TAG_BYTES as usize }
    }
}

impl Streams {
    /// Processes a page and lowers counts of comments in it. Returns whether it lowered any.
    fn lower_counts(&mut self, page: &mut Page) -> bool {
        let serial = page.serial();
        let known = self.all.iter().position(|stream| stream.serial == serial);
        let at = known.unwrap_or(self.all.len());
        if known.is_none() {
            self.all.push(Stream { serial, ..Stream::default() });
        }
        self.all[at].lower_counts(page, &mut self.room)
    }
}

/// A stream whose headers are being read.
#[derive(Default)]
struct Stream {
    serial: [u8; 4],
    /// The number of complete packets, and of bytes of the current one.
    packets: usize,
    passed: u64,
    /// The first bytes of the current packet.
    head: Vec<u8>,
    is_flac: bool,
    /// FLAC's block of comments, after its header.
    comments: Vec<u8>,
    /// Whether the relevant headers were read.
    is_done: bool,
}

impl Stream {
    /// See [`Streams::lower_counts`]. It keeps at most `room` bytes of comments.
    fn lower_counts(&mut self, page: &mut Page, room: &mut usize) -> bool {
        let mut lowered = false;
        for (range, is_whole) in page.parts() {
            if self.is_done {
                break;
            }
            let part = &mut page.bytes[range];
            let missing = 16usize.saturating_sub(self.head.len());
            self.head.extend(part.iter().take(missing));
            if let Some(count_at) = self.count_at() {
                // The upper two of four bytes.
                for place in count_at + 2..count_at + 4 {
                    if let Some(at) = place.checked_sub(self.passed)
                        && let Some(byte) = part.get_mut(at as usize)
                    {
                        lowered |= *byte != 0;
                        *byte = 0;
                    }
                }
            }
            if self.is_flac_comments() {
                let header = FLAC_HEADER.saturating_sub(self.passed) as usize;
                let before = self.comments.len();
                self.comments.extend(part.iter().skip(header).take(*room));
                *room -= self.comments.len() - before;
            }
            self.passed += part.len() as u64;
            if is_whole {
                self.end_packet();
            }
        }
        lowered
    }

    /// The offset in the current packet of the count of comments, if it has one: after a mark and a
    /// text with its length.
    fn count_at(&self) -> Option<u64> {
        let mark = match &self.head[..] {
            [0x03, b'v', b'o', b'r', b'b', b'i', b's', ..] => 7,
            [b'O', b'p', b'u', b's', b'T', b'a', b'g', b's', ..] => 8,
            _ if self.is_flac_comments() => FLAC_HEADER as usize,
            _ => return None,
        };
        let vendor = u32::from_le_bytes(*self.head.get(mark..)?.first_chunk()?);
        Some(mark as u64 + 4 + u64::from(vendor))
    }

    /// Whether the current packet is FLAC's block of comments.
    fn is_flac_comments(&self) -> bool {
        self.is_flac && self.packets > 0 && self.head.first().is_some_and(|kind| kind & 0x7f == 4)
    }

    /// The number of the stream, and the chapters in its FLAC comments, if there are any.
    fn chapters(&self) -> Option<(u32, Vec<Chapter>)> {
        let found = chapters::of_comments(&self.comments);
        (!found.is_empty()).then(|| (u32::from_le_bytes(self.serial), found))
    }

    fn end_packet(&mut self) {
        if self.packets == 0 {
            self.is_flac = self.head.starts_with(b"\x7fFLAC");
            let is_known = self.is_flac
                || self.head.starts_with(b"OpusHead")
                || self.head.starts_with(b"\x01vorbis");
            self.is_done = !is_known;
        } else {
            // Frames of FLAC begin with bits that no block begins with.
            let goes_on = self.is_flac && self.head.first() != Some(&0xff);
            self.is_done = !goes_on || self.packets > MOST_PACKETS;
        }
        self.packets += 1;
        self.passed = 0;
        self.head.clear();
    }
}

#[cfg(test)]
mod tests;
