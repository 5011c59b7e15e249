//! Finds the parts of a file.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::BROKEN;
use crate::read::ebml::Stream;
use crate::read::ebml::ids::{
    ATTACHMENTS, CHAPTERS, CLUSTER, CUES, EBML, INFO, SEEK_HEAD, SEGMENT, TAGS, TRACKS,
};
use crate::write::video::{JOINED, Outcome};

/// The maximum number of elements, as in the reader: all blocks of a day if the clusters have no
/// sizes.
const MOST_ELEMENTS: usize = 16_000_000;

/// The maximum number of copied parts. Files have three.
const MOST_PARTS: usize = 64;

/// The maximum size in bytes of a file's first element.
const MOST_HEADER: u64 = 4096;

/// The parts of a file.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The first element, and the bodies of the elements that describe the file and its tracks.
    pub(super) header: Vec<u8>,
    pub(super) info: Vec<u8>,
    pub(super) tracks: Vec<u8>,
    /// Chapters, tags and attachments: their identifiers and ranges.
    pub(super) others: Vec<(u32, Range<u64>)>,
    /// From the first cluster to the end, and the start of the last one.
    pub(super) clusters: Range<u64>,
    pub(super) last_cluster: u64,
    /// Whether the file ends before its last element does.
    pub(super) is_cut: bool,
}

/// What follows an element.
enum Next {
    More,
    End,
}

impl Layout {
    /// Walks through the elements of a file. Parts that are kept in memory have at most `most`
    /// bytes.
    ///
    /// # Errors
    /// If the source fails.
    pub(super) fn read(source: &mut (impl Read + Seek), most: u64) -> io::Result<Outcome<Layout>> {
        let len = source.seek(SeekFrom::End(0))?;
        let mut walk = Walk {
            stream: Stream::new(source)?,
            end: len,
            len,
            most,
            is_inside: false,
            is_sized: false,
            layout: Layout::default(),
        };
        for _ in 0..MOST_ELEMENTS {
            match walk.next()? {
                Ok(Next::More) => {}
                Ok(Next::End) => return Ok(walk.finish()),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Err(format!("it has more than {MOST_ELEMENTS} elements")))
    }
}

struct Walk<S> {
    stream: Stream<S>,
    /// The end of the segment, or of the file if that is earlier; and the end of the file.
    end: u64,
    len: u64,
    most: u64,
    /// Whether the segment has begun.
    is_inside: bool,
    /// Whether the segment states its size.
    is_sized: bool,
    layout: Layout,
}

impl<S: Read + Seek> Walk<S> {
    fn next(&mut self) -> io::Result<Outcome<Next>> {
        let at = self.stream.at();
        if at >= self.end {
            let is_joined = self.end < self.len && self.another_follows()?;
            return Ok(if is_joined { Err(JOINED.into()) } else { Ok(Next::End) });
        }
        let (id, size) = match self.stream.header() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.layout.is_cut = true;
                self.end = at;
                return Ok(Ok(Next::End));
            }
            header => header?,
        };
        let body = self.stream.at();
        match (id, size) {
            (SEGMENT, _) if self.is_inside => return Ok(Err(BROKEN.into())),
            (SEGMENT, size) => {
                self.is_inside = true;
                self.is_sized = size.is_some();
                let end = size.map_or(self.len, |size| body.saturating_add(size));
                self.layout.is_cut = end > self.len;
                self.end = end.min(self.len);
                return Ok(Ok(Next::More));
            }
            (EBML, _) if self.is_inside => return Ok(Err(JOINED.into())),
            // Zeros. No element begins with one.
            (0, _) if self.is_inside => {
                self.layout.is_cut |= self.is_sized;
                self.end = at;
                return Ok(Ok(Next::End));
            }
            (CLUSTER, size) => {
                self.note_cluster(at);
                if size.is_none() {
                    // The elements of the cluster follow.
                    return Ok(Ok(Next::More));
                }
            }
            _ => {}
        }
        let Some(end) = size.map(|size| body.saturating_add(size)) else {
            return Ok(Err("an element other than its segment and clusters has no size".into()));
        };
        if end > self.end {
            // The index of the source is not needed.
            self.layout.is_cut |= !matches!(id, SEEK_HEAD | CUES);
            // The existing part of a cluster is copied.
            return Ok(Ok(Next::End));
        }
        if let Err(reason) = self.part(id, at..end, body)? {
            return Ok(Err(reason));
        }
        self.stream.go_to(end)?;
        Ok(Ok(Next::More))
    }

    /// Whether another file begins where this one ends.
    fn another_follows(&mut self) -> io::Result<bool> {
        self.stream.go_to(self.end)?;
        match self.stream.header() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            header => Ok(header?.0 == EBML),
        }
    }

    fn note_cluster(&mut self, at: u64) {
        let layout = &mut self.layout;
        if layout.clusters.start == 0 {
            layout.clusters.start = at;
        }
        layout.last_cluster = at;
    }

    /// Keeps an element if it is needed.
    fn part(&mut self, id: u32, whole: Range<u64>, body: u64) -> io::Result<Outcome<()>> {
        let layout = &self.layout;
        match id {
            EBML if whole.end - whole.start > MOST_HEADER => return Ok(Err(BROKEN.into())),
            EBML => self.layout.header = self.bytes(whole)?,
            INFO | TRACKS if whole.end - body > self.most => {
                return Ok(Err("its description is larger than the memory of a decoder".into()));
            }
            INFO if layout.info.is_empty() => self.layout.info = self.bytes(body..whole.end)?,
            TRACKS if layout.tracks.is_empty() => {
                self.layout.tracks = self.bytes(body..whole.end)?;
            }
            CHAPTERS | TAGS | ATTACHMENTS if layout.others.len() >= MOST_PARTS => {
                return Ok(Err(format!("it has more than {MOST_PARTS} parts beside its clusters")));
            }
            CHAPTERS | TAGS | ATTACHMENTS => self.layout.others.push((id, whole)),
            // Clusters and their content, indexes, and padding.
            _ => {}
        }
        Ok(Ok(()))
    }

    fn bytes(&mut self, place: Range<u64>) -> io::Result<Vec<u8>> {
        self.stream.go_to(place.start)?;
        let mut bytes = vec![0; usize::try_from(place.end - place.start).unwrap_or(0)];
        self.stream.read(&mut bytes)?;
        Ok(bytes)
    }

    fn finish(self) -> Outcome<Layout> {
        let Walk { mut layout, end, .. } = self;
        if layout.header.is_empty() || layout.tracks.is_empty() || layout.clusters.start == 0 {
            return Err(BROKEN.into());
        }
        layout.clusters.end = end;
        Ok(layout)
    }
}
