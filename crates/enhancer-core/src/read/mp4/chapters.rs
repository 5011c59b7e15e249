//! Reads the chapters of a sound file: those of a text track, which Apple's players use, or else
//! those of the list of Nero's players.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::boxes::{Header, boxes, only, u32_at, u64_at};
use super::tables::Sample;
use super::track::Track;
use crate::read::read_box_header;
use crate::tags::Chapter;
use crate::tags::chapters::MOST_CHAPTERS;

/// The maximum number of boxes before the index, and the maximum size of an index in bytes.
const MOST_BOXES: usize = 4096;
const MOST_INDEX: u64 = 16 << 20;

/// The maximum size of a title in bytes.
const MOST_TITLE: u64 = 4096;

/// Time units of Nero's list per millisecond.
const UNITS: u64 = 10_000;

/// The chapters of a file of `len` bytes. A broken file has none.
///
/// # Errors
/// If the source fails.
pub(crate) fn chapters(source: &mut (impl Read + Seek), len: u64) -> io::Result<Vec<Chapter>> {
    let Some(place) = find_index(source, len)? else { return Ok(Vec::new()) };
    let mut index = Vec::new();
    source.seek(SeekFrom::Start(place.start))?;
    source.take(place.end - place.start).read_to_end(&mut index)?;
    let of_track = titles(&index).unwrap_or_default();
    let mut chapters = Vec::new();
    for title in of_track {
        chapters.push(title.read(source)?);
    }
    if chapters.is_empty() {
        chapters = list(&index).unwrap_or_default();
    }
    Ok(chapters)
}

/// The range of the index's content, if it exists and has a moderate size.
fn find_index(source: &mut (impl Read + Seek), len: u64) -> io::Result<Option<Range<u64>>> {
    let mut at: u64 = 0;
    for _ in 0..MOST_BOXES {
        if len.saturating_sub(at) < 8 {
            break;
        }
        source.seek(SeekFrom::Start(at))?;
        let (kind, header, size) = match read_box_header(source, len - at) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            outcome => outcome?,
        };
        let end = at.saturating_add(size);
        if size < header || end > len {
            break;
        }
        if &kind == b"moov" {
            let is_moderate = size - header <= MOST_INDEX;
            return Ok(is_moderate.then_some(at + header..end));
        }
        at = end;
    }
    Ok(None)
}

/// A title in a text track, with its times in milliseconds.
struct Title {
    place: u64,
    bytes: u64,
    start: u64,
    end: u64,
}

impl Title {
    /// Reads the text: its length, then as many bytes.
    fn read(&self, source: &mut (impl Read + Seek)) -> io::Result<Chapter> {
        let mut sample = Vec::new();
        source.seek(SeekFrom::Start(self.place))?;
        source.take(self.bytes.min(2 + MOST_TITLE)).read_to_end(&mut sample)?;
        let text = match &sample[..] {
            [high, low, text @ ..] => {
                &text[..text.len().min(u16::from_be_bytes([*high, *low]).into())]
            }
            _ => &[],
        };
        let title = match text {
            [0xfe, 0xff, text @ ..] => {
                let (units, _) = text.as_chunks();
                let units: Vec<_> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
                String::from_utf16_lossy(&units)
            }
            text => String::from_utf8_lossy(text).into_owned(),
        };
        Ok(Chapter::new(self.start, Some(self.end), &title))
    }
}

/// The titles in the text track that the sound refers to.
fn titles(index: &[u8]) -> Option<Vec<Title>> {
    let parts = boxes(index, 0..index.len()).ok()?;
    let tracks = parts.iter().filter(|part| &part.kind == b"trak");
    let tracks: Vec<_> = tracks.map(|part| part.body.clone()).collect();
    let read = |body: &Range<usize>| Track::read(index, body.clone()).ok();
    let named: Vec<u32> = tracks
        .iter()
        .filter(|body| read(body).is_some_and(|track| &track.handler == b"soun"))
        .filter_map(|body| named(index, body.clone()))
        .flatten()
        .collect();
    let movie = only(&parts, b"mvhd").ok()??.body.clone();
    let movie = Header::read(*b"mvhd", &index[movie])?.number;
    let mut tracks = tracks.iter().filter_map(read);
    let track = tracks
        .find(|track| named.contains(&track.id) && matches!(&track.handler, b"text" | b"sbtl"))?;
    let millis = |units: u64, scale: u32| {
        u64::try_from(u128::from(units) * 1000 / u128::from(scale.max(1))).unwrap_or(u64::MAX)
    };
    let late = millis(track.empty_start, movie);
    let time = |units| late.saturating_add(millis(units, track.timescale));
    let samples = track.tables(index).ok()?.first_samples(index, MOST_CHAPTERS);
    let title = |sample: Sample| Title {
        place: sample.place,
        bytes: sample.bytes,
        start: time(sample.time),
        end: time(sample.time.saturating_add(sample.duration)),
    };
    Some(samples.into_iter().map(title).collect())
}

/// The tracks of chapters that a track refers to.
fn named(index: &[u8], body: Range<usize>) -> Option<Vec<u32>> {
    let parts = boxes(index, body).ok()?;
    let references = only(&parts, b"tref").ok()??.body.clone();
    let references = boxes(index, references).ok()?;
    let chapters = only(&references, b"chap").ok()??.body.clone();
    let ids = index[chapters].chunks_exact(4);
    Some(ids.filter_map(|id| u32_at(id, 0)).collect())
}

/// The chapters of Nero's list.
fn list(index: &[u8]) -> Option<Vec<Chapter>> {
    let parts = boxes(index, 0..index.len()).ok()?;
    let user_data = only(&parts, b"udta").ok()??.body.clone();
    let user_data = boxes(index, user_data).ok()?;
    let list = &index[only(&user_data, b"chpl").ok()??.body.clone()];
    // The second version has four more reserved bytes.
    let mut at = if list.first() == Some(&0) { 4 } else { 8 };
    let count = *list.get(at)?;
    at += 1;
    let mut chapters = Vec::new();
    for _ in 0..count {
        let Some((start, len)) = u64_at(list, at).zip(list.get(at + 8)) else { break };
        at += 9;
        let Some(title) = list.get(at..at + usize::from(*len)) else { break };
        at += title.len();
        chapters.push(Chapter::new(start / UNITS, None, &String::from_utf8_lossy(title)));
    }
    Some(chapters)
}
