//! Videos in MP4 and MOV (ISO/IEC 14496-12, QuickTime File Format).
//!
//! The index of the source is kept in memory and becomes that of the result. Only the offsets of
//! chunks and the track of the sound change. For a fragmented source, an index is made first.
//! Chunks are copied unchanged, interleaved with the new sound by time.

mod fragments;
mod index;
mod muxer;
mod sound;
#[cfg(test)]
mod tests;
mod trim;

pub(super) use muxer::Mp4Muxer;

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use self::sound::Described;
use self::trim::Trim;
use crate::audio::Container;
use crate::audio::Pcm;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::read::mp4::Track;
use crate::read::mp4::boxes::{BROKEN, Header, boxes, only};
use crate::read::mp4::tables::{Tables, Walk};
use crate::read::read_box_header;
use crate::warning::{Warning, WarningCode};
use crate::write::video::{JOINED, Outcome, Reason};

/// The maximum number of boxes in a file without those of fragments; recordings have a few. And the
/// maximum number of fragments, as in the reader.
const MOST_BOXES: usize = 4096;
const MOST_FRAGMENTS: usize = 200_000;

/// Boxes that state where fragments are, when they were made, and what happens in them. Without
/// fragments they are wrong.
const OF_FRAGMENTS: [&[u8; 4]; 6] = [b"mfra", b"sidx", b"ssix", b"styp", b"prft", b"emsg"];

/// The maximum size in bytes of a `meta` box that is examined.
const MOST_META: u64 = 1 << 20;

/// What is copied, and what is replaced.
pub(super) struct Plan {
    /// The content of the `moov` box, and the range in it of the replaced track.
    index: Vec<u8>,
    sound: Range<usize>,
    /// Time units of the movie per second, and the number of units before anything is shown.
    timescale: u32,
    late: u64,
    container: Container,
    /// The description of the sound, if it is PCM.
    pcm: Option<Described>,
    /// Ranges of the file with other boxes than the index and the samples.
    others: Vec<Range<u64>>,
    /// The other tracks, in the order of the index.
    copied: Vec<Copied>,
    notes: Vec<Warning>,
}

/// A track that is copied.
struct Copied {
    /// The content of its box.
    body: Range<usize>,
    tables: Tables,
    /// Its time units per second, and the units of the movie at its start in which it shows
    /// nothing.
    timescale: u32,
    empty_start: u64,
    /// The duration of the track in units of the movie; `None` if it is unknown.
    duration: Option<u64>,
    /// What is left if samples are missing.
    trim: Option<Trim>,
    bytes: u64,
}

/// The boxes of a file.
struct Layout {
    index: Option<Range<u64>>,
    container: Container,
    others: Vec<Range<u64>>,
    /// The ranges of fragments, including their headers.
    fragments: Vec<Range<u64>>,
    notes: Vec<Warning>,
}

impl Plan {
    /// Examines a file. `sound` is the number of the track with the sound.
    ///
    /// # Errors
    /// `Read` if the source fails, `CorruptAudio` if samples are missing and damage is an error.
    pub(super) fn new(
        source: &mut (impl Read + Seek),
        sound: u32,
        limits: &Limits,
        strict: bool,
    ) -> Result<Outcome<Plan>> {
        let len = source.seek(SeekFrom::End(0)).map_err(Error::read)?;
        let layout = match Layout::read(source, len).map_err(Error::read)? {
            Ok(layout) => layout,
            Err(reason) => return Ok(Err(reason)),
        };
        let Some(range) = layout.index.clone() else { return Ok(Err(BROKEN.into())) };
        if range.end - range.start > limits.decoder_memory {
            return Ok(Err("its index is larger than the memory of a decoder".into()));
        }
        let mut index = Vec::new();
        source.seek(SeekFrom::Start(range.start)).map_err(Error::read)?;
        source.take(range.end - range.start).read_to_end(&mut index).map_err(Error::read)?;
        let mut later = 0;
        if !layout.fragments.is_empty() {
            let (fragments, most) = (&layout.fragments, limits.decoder_memory);
            match fragments::join(source, &index, fragments, sound, most).map_err(Error::read)? {
                Ok(joined) => (index, later) = (joined.index, joined.late),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let plan = match Plan::of_index(index, layout, sound, len) {
            Ok(plan) => Plan { late: plan.late.saturating_add(later), ..plan },
            Err(reason) => return Ok(Err(reason)),
        };
        match plan.notes.first().filter(|_| strict) {
            Some(note) => Err(Error::corrupt_audio(len, note.text.clone())),
            None => Ok(Ok(plan)),
        }
    }

    fn of_index(index: Vec<u8>, layout: Layout, sound: u32, len: u64) -> Outcome<Plan> {
        let parts = boxes(&index, 0..index.len())?;
        let metas = parts.iter().filter(|part| &part.kind == b"meta");
        if metas.clone().any(|part| has_items(&index[part.body.clone()])) {
            return Err(items());
        }
        let header = only(&parts, b"mvhd")?.ok_or(BROKEN)?.body.clone();
        let header = Header::read(*b"mvhd", &index[header]).ok_or(BROKEN)?;
        let timescale = header.number;
        let mut tracks = Vec::new();
        for part in parts.iter().filter(|part| &part.kind == b"trak") {
            tracks.push((Track::read(&index, part.body.clone())?, part.body.clone()));
        }
        let mut own = tracks.iter().filter(|(track, _)| track.id == sound);
        let (Some((track, body)), None, true) = (own.next(), own.next(), timescale > 0) else {
            return Err(BROKEN.into());
        };
        let shown = tracks.iter().filter(|(track, _)| matches!(&track.handler, b"vide" | b"soun"));
        let late = shown.map(|(track, _)| track.empty_start).min().unwrap_or(0);
        let mut plan = Plan {
            sound: body.clone(),
            timescale,
            late: late.min(track.empty_start),
            container: layout.container,
            pcm: track
                .descriptions()
                .and_then(|entries| Described::of(&index, entries, layout.container)),
            others: layout.others,
            copied: Vec::new(),
            notes: layout.notes,
            index: Vec::new(),
        };
        for (track, body) in tracks.iter().filter(|(track, _)| track.id != sound) {
            plan.copy(&index, track, body.clone(), len)?;
        }
        // A correct index copies each byte of the file at most once.
        if plan.bytes() > len {
            return Err("its index has more bytes than the file".into());
        }
        Ok(Plan { index, ..plan })
    }

    /// Adds a track that is copied.
    fn copy(&mut self, index: &[u8], track: &Track, body: Range<usize>, len: u64) -> Outcome<()> {
        if let Some(obstacle) = track.obstacle(index)? {
            return Err(obstacle.into());
        }
        let parts = boxes(index, body.clone())?;
        let header = only(&parts, b"tkhd")?.ok_or(BROKEN)?.body.clone();
        let duration = Header::read(*b"tkhd", &index[header]).ok_or(BROKEN)?.duration;
        let mut copied = Copied {
            body,
            tables: track.tables(index)?,
            timescale: track.timescale,
            empty_start: track.empty_start,
            duration,
            trim: None,
            bytes: 0,
        };
        if let Some(cut) = copied.tables.cut(index, len)? {
            self.notes.push(copied.cut(index, cut, self.timescale, &track.handler));
        }
        copied.bytes = copied.chunks(index).fold(0, |all, (_, bytes)| all.saturating_add(bytes));
        self.copied.push(copied);
        Ok(())
    }

    /// The container of the result, which is that of the source.
    pub(super) fn container(&self) -> Container {
        self.container
    }

    /// The storage format of the sound's samples, if it is PCM.
    pub(super) fn pcm(&self) -> Option<Pcm> {
        self.pcm.as_ref().map(|described| described.pcm)
    }

    /// The number of copied bytes.
    pub(super) fn bytes(&self) -> u64 {
        let others = self.others.iter().map(|place| place.end - place.start);
        let copied = self.copied.iter().map(|track| track.bytes);
        others.chain(copied).fold(0, u64::saturating_add)
    }

    /// Warnings about the copy.
    pub(super) fn notes(&self) -> &[Warning] {
        &self.notes
    }
}

impl Copied {
    /// The offset and the size in bytes of each of its chunks.
    fn chunks<'i>(&'i self, index: &'i [u8]) -> impl Iterator<Item = (u64, u64)> + 'i {
        let mut walk = Walk::default();
        let chunks = std::iter::from_fn(move || walk.next(index, &self.tables));
        chunks.map(|chunk| (chunk.place, chunk.bytes))
    }

    /// Removes everything after this many samples and chunks, and adds a warning.
    fn cut(
        &mut self,
        index: &[u8],
        (samples, chunks): (u64, usize),
        movie: u32,
        handler: &[u8; 4],
    ) -> Warning {
        let ends = |tables: &Tables| {
            let mut walk = Walk::default();
            while walk.next(index, tables).is_some() {}
            walk.time()
        };
        let whole = ends(&self.tables);
        let missing = self.tables.samples.saturating_sub(samples);
        (self.tables.samples, self.tables.chunks) = (samples, chunks);
        let duration = ends(&self.tables);
        let shorter = u128::from(whole - duration) * u128::from(movie);
        let shorter = (shorter / u128::from(self.timescale.max(1))).min(u64::MAX.into()) as u64;
        let last = self.tables.last_chunk(index);
        self.trim = Some(Trim { samples, last, duration, shorter });
        self.duration = self.duration.map(|duration| duration.saturating_sub(shorter));
        let seconds = duration as f64 / f64::from(self.timescale.max(1));
        let what = match handler {
            b"vide" => "the picture",
            b"soun" => "another audio track",
            _ => "a track",
        };
        let text = format!(
            "{what} of the source ends at {seconds:.2} s, and so does that of the result: {missing} \
             samples are missing from the file"
        );
        Warning { code: WarningCode::VideoIncomplete, text }
    }
}

impl Layout {
    /// Walks through the boxes of a file of `len` bytes.
    ///
    /// # Errors
    /// If the source fails.
    fn read(source: &mut (impl Read + Seek), len: u64) -> io::Result<Outcome<Layout>> {
        let (mut layout, mut at) = (Layout::default(), 0);
        let mut boxes = 0;
        while boxes < MOST_BOXES && layout.fragments.len() < MOST_FRAGMENTS {
            if len.saturating_sub(at) < 8 {
                return Ok(Ok(layout));
            }
            source.seek(SeekFrom::Start(at))?;
            let (kind, header, size) = match read_box_header(source, len - at) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(Ok(layout));
                }
                outcome => outcome?,
            };
            let end = at.saturating_add(size);
            // Cameras pad files with zeros.
            let is_rest = layout.index.is_some() && kind == [0; 4];
            if is_rest || size < header {
                return Ok(if is_rest { Ok(layout) } else { Err(BROKEN.into()) });
            }
            match &kind {
                b"moof" if end > len => layout.note_cut_box(&kind),
                b"moof" => layout.fragments.push(at..end),
                kind if OF_FRAGMENTS.contains(&kind) => {}
                b"moov" if layout.index.is_some() => {
                    return Ok(Err(JOINED.into()));
                }
                b"moov" if end > len => return Ok(Err(BROKEN.into())),
                b"moov" => layout.index = Some(at + header..end),
                b"mdat" | b"free" | b"skip" | b"wide" => {}
                _ if end > len => layout.note_cut_box(&kind),
                _ if end == len && is_open(source, at)? => {
                    return Ok(Err("a box without a size is at its end".into()));
                }
                _ => {
                    source.seek(SeekFrom::Start(at + header))?;
                    if &kind == b"ftyp" {
                        let mut brand = [0; 4];
                        source.take(4).read_exact(&mut brand)?;
                        layout.container = container(&brand);
                    }
                    if &kind == b"meta" {
                        let mut body = Vec::new();
                        source.take(MOST_META.min(size - header)).read_to_end(&mut body)?;
                        if size - header > MOST_META || has_items(&body) {
                            return Ok(Err(items()));
                        }
                    }
                    layout.others.push(at..end);
                }
            }
            let is_fragment = matches!(&kind, b"moof" | b"mdat") || OF_FRAGMENTS.contains(&&kind);
            boxes += usize::from(!is_fragment);
            at = end;
        }
        Ok(Err("it has more than 4096 boxes, or 200000 fragments".into()))
    }

    fn note_cut_box(&mut self, kind: &[u8; 4]) {
        let kind = kind.escape_ascii();
        let text = format!("the box {kind} at the end of the source is cut off and left out");
        self.notes.push(Warning { code: WarningCode::VideoIncomplete, text });
    }
}

impl Default for Layout {
    /// A file without boxes. Old QuickTime files do not even have one that states their brand.
    fn default() -> Layout {
        let (others, notes) = (Vec::new(), Vec::new());
        let (index, fragments) = (None, Vec::new());
        Layout { index, container: Container::Mov, others, fragments, notes }
    }
}

/// The container of a file with this brand. Audio files may have pictures for their chapters.
fn container(brand: &[u8; 4]) -> Container {
    match brand {
        b"qt  " => Container::Mov,
        b"M4A " | b"M4B " => Container::M4a,
        _ => Container::Mp4,
    }
}

/// Whether the box at this offset has no size and extends to the end.
fn is_open(source: &mut (impl Read + Seek), at: u64) -> io::Result<bool> {
    let mut size = [0; 4];
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(&mut size)?;
    Ok(size == [0; 4])
}

fn items() -> Reason {
    "it has items beside its tracks, such as images".into()
}

/// Whether a `meta` box refers to data elsewhere in the file. These four bytes appear by chance
/// once in four billion bytes.
fn has_items(body: &[u8]) -> bool {
    body.windows(4).any(|kind| kind == b"iloc")
}
