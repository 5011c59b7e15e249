//! Reads what symphonia does not report about Matroska: the padding in the last packet of a track,
//! and the chapters. And hides parts of the head from symphonia, which keeps everything that it
//! reads in memory (RFC 9559).

mod chapters;
mod shown;

use std::io::{self, Read, Seek, SeekFrom};

use self::shown::{MOST_PARTS, MOST_TAG_ELEMENTS, Shown};
use super::source::Overlay;
use super::tracks;
use crate::read::ebml::ids::{
    BLOCK, BLOCK_GROUP, CHAPTERS, CLUSTER, DISCARD_PADDING, EBML, LONG, SEEK_HEAD, SEGMENT,
    SIMPLE_TAG, TAG, TAGS, TRACKS,
};
use crate::read::ebml::{Stream, read_id, read_number, read_signed};
use crate::tags::{Chapter, MAX_TAG_BYTES};

/// An identifier without a meaning.
const HIDDEN: [u8; 4] = [0x1f, 0xff, 0xff, 0xf0];

/// The maximum number of elements that are read in total: a day of clusters of one second, and all
/// blocks of the last cluster.
const MOST_ELEMENTS: usize = 200_000;

/// The maximum number of elements in a recording: three tracks with a block every 20 ms for a day.
const MOST_HEADERS: usize = 16_000_000;

/// The result of examining a file.
#[derive(Default)]
pub(super) struct Found {
    /// For each track whose last block has padding, its number and the inaudible nanoseconds at its
    /// end. Nothing is known about a file that was written as a stream, without sizes.
    pub(super) paddings: Vec<(u32, u64)>,
    /// Bytes that symphonia reads instead of the actual ones.
    pub(super) overlays: Vec<Overlay>,
    pub(super) tracks: Vec<tracks::Track>,
    pub(super) chapters: Vec<Chapter>,
}

/// Examines a file of `len` bytes. Leaves `source` at any position.
///
/// # Errors
/// If the source fails, and `InvalidData` if too much precedes the clusters. A file that ends
/// inside an element is not an error.
pub(super) fn look(source: &mut (impl Read + Seek), len: u64) -> io::Result<Found> {
    let mut walk =
        Walk { source, len, left: MOST_ELEMENTS, is_lost: false, found: Found::default() };
    match walk.file() {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(walk.found),
    }
}

/// Whether a source ends at the end of an element.
///
/// # Errors
/// If the source fails.
pub(super) fn ends_whole(source: &mut (impl Read + Seek)) -> io::Result<bool> {
    let len = source.seek(SeekFrom::End(0))?;
    let mut all = Headers::new(source)?;
    loop {
        match all.next() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            header => header?,
        };
        if all.at() >= len {
            return Ok(all.at() == len);
        }
    }
}

/// The end of the segment at the start of a source of `len` bytes: the declared one, or else the
/// start of another file.
///
/// # Errors
/// If the source fails or ends.
pub(in crate::read) fn end_of_segment(
    source: &mut (impl Read + Seek),
    len: u64,
) -> io::Result<Option<u64>> {
    let mut all = Headers::new(source)?;
    let mut has_sound = false;
    loop {
        let at = all.at();
        if !has_sound && all.passed > MOST_ELEMENTS {
            return Ok(None);
        }
        match all.next()? {
            (SEGMENT, Some(size)) => return Ok(Some(all.at().saturating_add(size))),
            // Another file, or zeros. No element begins with a zero.
            (EBML | 0, _) if has_sound => return Ok(Some(at)),
            (CLUSTER, _) => has_sound = true,
            _ => {}
        }
        if all.at() >= len {
            return Ok(None);
        }
    }
}

/// Iterates over the headers of all elements in order. For a segment, or an element without a size,
/// the headers of its content follow its own.
struct Headers<'s, S> {
    stream: Stream<&'s mut S>,
    passed: usize,
}

impl<'s, S: Read + Seek> Headers<'s, S> {
    fn new(source: &'s mut S) -> io::Result<Self> {
        Ok(Headers { stream: Stream::new(source)?, passed: 0 })
    }

    fn at(&self) -> u64 {
        self.stream.at()
    }

    /// The identifier and the size of the next element. After more elements than any recording has,
    /// it acts as if the source had ended.
    fn next(&mut self) -> io::Result<(u32, Option<u64>)> {
        self.passed += 1;
        if self.passed > MOST_HEADERS {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (id, size) = self.stream.header()?;
        self.stream.pass(size.filter(|_| id != SEGMENT).unwrap_or(0))?;
        Ok((id, size))
    }
}

/// An element. Its body is the range from `body` to `end`.
#[derive(Clone, Copy)]
struct Element {
    id: u32,
    at: u64,
    body: u64,
    end: u64,
}

/// The elements between two offsets.
struct Elements {
    at: u64,
    end: u64,
}

struct Walk<'s, S> {
    source: &'s mut S,
    len: u64,
    /// The number of further elements that may be read.
    left: usize,
    /// Whether an element was found after which nothing is known.
    is_lost: bool,
    found: Found,
}

impl<S: Read + Seek> Walk<'_, S> {
    fn file(&mut self) -> io::Result<()> {
        let mut all = Elements { at: 0, end: self.len };
        while let Some(element) = self.next(&mut all)? {
            if element.id == SEGMENT {
                return self.segment(&element);
            }
        }
        Ok(())
    }

    fn segment(&mut self, segment: &Element) -> io::Result<()> {
        let mut parts = self.inside(segment);
        let mut shown = Shown::default();
        let (mut last_cluster, mut seek_heads) = (None, Vec::new());
        while let Some(part) = self.next(&mut parts)? {
            let is_shown = match part.id {
                CLUSTER => {
                    last_cluster = Some(part);
                    true
                }
                SEEK_HEAD => {
                    seek_heads.push(part.at);
                    shown.seek_head(part.end - part.body)
                }
                TAGS => {
                    let elements = self.tag_elements(&part)?;
                    shown.tags(part.end - part.body, elements)
                }
                CHAPTERS => {
                    self.chapters(&part)?;
                    false
                }
                id => shown.part(id, part.end - part.body),
            };
            if !is_shown {
                self.hide(part.at);
            } else if part.id == TRACKS {
                self.tracks(&part)?;
            }
        }
        if self.is_lost {
            // Otherwise it may lead symphonia to parts that were not examined.
            seek_heads.into_iter().for_each(|at| self.hide(at));
        }
        match last_cluster {
            Some(cluster) => self.paddings(&cluster),
            None if self.left == 0 => {
                let reason = "more than 200000 elements before its sound";
                Err(io::Error::new(io::ErrorKind::InvalidData, reason))
            }
            None => Ok(()),
        }
    }

    fn tracks(&mut self, part: &Element) -> io::Result<()> {
        self.found.tracks = tracks::read(&self.body(part)?);
        Ok(())
    }

    /// Reads the chapters. Only the first part of a segment that has some counts.
    fn chapters(&mut self, part: &Element) -> io::Result<()> {
        if self.found.chapters.is_empty() && part.end - part.body <= MAX_TAG_BYTES {
            self.found.chapters = chapters::read(&self.body(part)?);
        }
        Ok(())
    }

    /// The body of an element, as far as it exists.
    fn body(&mut self, part: &Element) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        self.source.seek(SeekFrom::Start(part.body))?;
        self.source.by_ref().take(part.end - part.body).read_to_end(&mut body)?;
        Ok(body)
    }

    /// Hides the element at this offset, which must have an identifier of four bytes, by giving it
    /// one without a meaning.
    fn hide(&mut self, at: u64) {
        self.found.overlays.push((at, HIDDEN.into()));
    }

    /// The number of elements in tags, which may be nested.
    fn tag_elements(&mut self, tags: &Element) -> io::Result<usize> {
        let mut elements = 0;
        // It also visits the content of nested elements, one after the other, so that any depth is
        // fine.
        let mut inside = self.inside(tags);
        while elements <= MOST_TAG_ELEMENTS
            && let Some(element) = self.next(&mut inside)?
        {
            elements += 1;
            if matches!(element.id, TAG | SIMPLE_TAG) {
                inside.at = element.body;
            }
        }
        Ok(elements)
    }

    fn paddings(&mut self, cluster: &Element) -> io::Result<()> {
        let mut blocks = self.inside(cluster);
        while let Some(group) = self.next(&mut blocks)? {
            if group.id == BLOCK_GROUP {
                let (track, padding) = self.group(&group)?;
                self.found.paddings.retain(|(other, _)| *other != track);
                if padding > 0 && self.found.paddings.len() < MOST_PARTS {
                    self.found.paddings.push((track, padding));
                }
            }
        }
        Ok(())
    }

    /// The track of a group's block, and the padding in nanoseconds.
    fn group(&mut self, group: &Element) -> io::Result<(u32, u64)> {
        let (mut track, mut padding) = (0, 0);
        let mut parts = self.inside(group);
        while let Some(part) = self.next(&mut parts)? {
            self.source.seek(SeekFrom::Start(part.body))?;
            match part.id {
                BLOCK => track = read_number(self.source)?.0.unwrap_or(0) as u32,
                DISCARD_PADDING => padding = read_signed(self.source, part.end - part.body)?,
                _ => {}
            }
        }
        Ok((track, u64::try_from(padding).unwrap_or(0)))
    }

    fn inside(&self, element: &Element) -> Elements {
        Elements { at: element.body, end: element.end.min(self.len) }
    }

    /// The next element; `None` after the last one, after one of unknown size, and if too many were
    /// read.
    fn next(&mut self, elements: &mut Elements) -> io::Result<Option<Element>> {
        if elements.at >= elements.end {
            return Ok(None);
        }
        let Some(left) = self.left.checked_sub(1) else {
            self.is_lost = true;
            return Ok(None);
        };
        self.left = left;
        self.source.seek(SeekFrom::Start(elements.at))?;
        let mut header = Vec::new();
        self.source.by_ref().take(MOST_HEADER_BYTES).read_to_end(&mut header)?;
        let header = &mut &header[..];
        let (id, id_len) = read_id(header)?;
        let (size, size_len) = read_number(header)?;
        let body = elements.at + id_len + size_len;
        // Only a segment is useful without a size: it is the rest of the file.
        let end = match size {
            Some(size) => body.saturating_add(size),
            None if id == SEGMENT => elements.end,
            None if id == CLUSTER || id < LONG => {
                self.is_lost = true;
                return Ok(None);
            }
            None => {
                let reason = "an element other than the segment and its clusters has no size";
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
        };
        let at = std::mem::replace(&mut elements.at, end);
        Ok(Some(Element { id, at, body, end }))
    }
}

/// The maximum size in bytes of an identifier and a size.
const MOST_HEADER_BYTES: u64 = 12;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::read::ebml::ids::INFO;

    fn element(id: &[u8], body: &[&[u8]]) -> Vec<u8> {
        let body = body.concat();
        [id, &[0x40 | (body.len() >> 8) as u8, body.len() as u8], &body].concat()
    }

    fn group(track: u8, padding: &[u8]) -> Vec<u8> {
        let block = element(&[0xa1], &[&[0x80 | track, 0, 0, 0, 9, 9]]);
        let padding = if padding.is_empty() { vec![] } else { element(&[0x75, 0xa2], &[padding]) };
        element(&[0xa0], &[&block, &padding])
    }

    fn file(clusters: &[Vec<u8>]) -> Vec<u8> {
        let segment: Vec<_> = clusters
            .iter()
            .flat_map(|cluster| element(&[0x1f, 0x43, 0xb6, 0x75], &[cluster]))
            .collect();
        // A segment of unknown size, as encoders that cannot seek back leave it.
        [
            &element(&[0x1a, 0x45, 0xdf, 0xa3], &[&[0; 9]])[..],
            &[0x18, 0x53, 0x80, 0x67, 0xff],
            &segment,
        ]
        .concat()
    }

    fn read(bytes: &[u8]) -> Vec<(u32, u64)> {
        look(&mut Cursor::new(bytes), bytes.len() as u64).unwrap().paddings
    }

    #[test]
    fn the_last_block_of_a_track_counts() {
        let first = [group(1, &[1]), group(2, &[2])].concat();
        let last = [group(1, &[]), group(2, &[7]), group(1, &[0, 0xcd, 0xfe, 0x60])].concat();
        assert_eq!(read(&file(&[first, last])), [(2, 7), (1, 13_500_000)]);
    }

    #[test]
    fn negative_padding_and_cut_files_have_none() {
        let bytes = file(&[group(1, &[0xff])]);
        assert_eq!(read(&bytes), []);
        let bytes = file(&[group(1, &[5])]);
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), []);
        }
    }

    fn master(id: u32, body: &[u8]) -> Vec<u8> {
        [&id.to_be_bytes()[..], &(1 << 56 | body.len() as u64).to_be_bytes(), body].concat()
    }

    /// The identifiers that are visible in a segment, all with four bytes.
    fn shown(parts: &[Vec<u8>]) -> Vec<u32> {
        let mut bytes = [&[0x18, 0x53, 0x80, 0x67, 0xff], &parts.concat()[..]].concat();
        let found = look(&mut Cursor::new(&bytes), bytes.len() as u64).unwrap();
        for (at, overlay) in found.overlays {
            bytes[at as usize..at as usize + overlay.len()].copy_from_slice(&overlay);
        }
        let mut at = 5;
        let id = |part: &Vec<u8>| {
            let id = u32::from_be_bytes(*bytes[at..].first_chunk().unwrap());
            at += part.len();
            id
        };
        parts.iter().map(id).filter(|id| *id != u32::from_be_bytes(HIDDEN)).collect()
    }

    #[test]
    fn unused_and_large_parts_are_hidden() {
        const CUES: u32 = 0x1c53_bb6b;
        let tags =
            |count| master(TAGS, &element(&[0x73, 0x73], &[&[0x67, 0xc8, 0x80]]).repeat(count));
        let parts = [
            master(SEEK_HEAD, &[0; 90]),
            master(INFO, &[]),
            master(TRACKS, &[0; 900]),
            master(CUES, &[0; 90]),
            tags(1000),
            tags(1500),
            master(CLUSTER, &[]),
            tags(1000),
        ];
        assert_eq!(shown(&parts), [SEEK_HEAD, INFO, TRACKS, TAGS, CLUSTER, TAGS]);
        assert!(
            shown(&[master(SEEK_HEAD, &[0; 2000]), master(TRACKS, &vec![0; 5 << 20])]).is_empty()
        );
        // Anything may follow a cluster of unknown size.
        let live = [master(SEEK_HEAD, &[0; 90]), [&CLUSTER.to_be_bytes()[..], &[0xff]].concat()];
        assert_eq!(shown(&live), [CLUSTER]);
    }

    #[test]
    fn elements_without_end_are_not_gone_through() {
        let void = [0xec, 0x80].repeat(MOST_ELEMENTS + 1);
        let bytes = [&[0x18, 0x53, 0x80, 0x67, 0xff], &void[..]].concat();
        let error = look(&mut Cursor::new(&bytes), bytes.len() as u64).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let cluster = [master(CLUSTER, &[]), void].concat();
        assert_eq!(shown(&[cluster]), [CLUSTER]);
    }
}
