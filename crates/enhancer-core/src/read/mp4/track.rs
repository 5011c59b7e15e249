//! The description of a track in the index.

use std::ops::Range;

use super::boxes::{BROKEN, Header, Part, boxes, edit_entries, inside, only, u32_at};
use super::tables::Tables;
use crate::audio::atoms::Kind;

/// Kinds of encrypted samples.
const ENCRYPTED: [&Kind; 8] =
    [b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms", b"drmt", b"drmv"];

/// A track.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) id: u32,
    pub(crate) handler: Kind,
    /// Its time units per second.
    pub(crate) timescale: u32,
    /// The units of the movie at its start in which it shows nothing.
    pub(crate) empty_start: u64,
    /// The boxes of `minf` and `stbl`.
    media_info: Vec<Part>,
    table: Vec<Part>,
}

impl Track {
    /// Reads the content of a `trak` box.
    ///
    /// # Errors
    /// [`BROKEN`].
    pub(crate) fn read(index: &[u8], body: Range<usize>) -> Result<Track, &'static str> {
        let parts = boxes(index, body)?;
        let header = only(&parts, b"tkhd")?.ok_or(BROKEN)?;
        let header = Header::read(*b"tkhd", &index[header.body.clone()]).ok_or(BROKEN)?;
        let media = inside(index, &parts, b"mdia")?;
        let medium = only(&media, b"mdhd")?.ok_or(BROKEN)?;
        let medium = Header::read(*b"mdhd", &index[medium.body.clone()]).ok_or(BROKEN)?;
        let handler = only(&media, b"hdlr")?.map(|part| part.body.start + 8);
        let handler = handler.and_then(|at| index.get(at..)?.first_chunk()).ok_or(BROKEN)?;
        let media_info = inside(index, &media, b"minf")?;
        let table = inside(index, &media_info, b"stbl")?;
        let empty_start = match only(&parts, b"edts")? {
            Some(edits) => empty_start(index, &boxes(index, edits.body.clone())?)?,
            None => 0,
        };
        let (id, timescale) = (header.number, medium.number);
        Ok(Track { id, handler: *handler, timescale, empty_start, media_info, table })
    }

    /// Its tables.
    ///
    /// # Errors
    /// [`BROKEN`].
    pub(crate) fn tables(&self, index: &[u8]) -> Result<Tables, &'static str> {
        Tables::read(index, &self.table, &self.handler)
    }

    /// The range of the entries that describe its samples.
    pub(crate) fn descriptions(&self) -> Option<Range<usize>> {
        let list = only(&self.table, b"stsd").ok()??.body.clone();
        Some((list.start + 8).min(list.end)..list.end)
    }

    /// Whether its tables contain samples.
    ///
    /// # Errors
    /// [`BROKEN`].
    pub(crate) fn has_samples(&self, index: &[u8]) -> Result<bool, &'static str> {
        let sizes = only(&self.table, b"stsz")?.or(only(&self.table, b"stz2")?).ok_or(BROKEN)?;
        Ok(u32_at(index, sizes.body.start + 8).ok_or(BROKEN)? > 0)
    }

    /// The reason why it cannot be copied unchanged, as a clause; `None` if it can.
    ///
    /// # Errors
    /// [`BROKEN`].
    pub(crate) fn obstacle(&self, index: &[u8]) -> Result<Option<&'static str>, &'static str> {
        let description = only(&self.table, b"stsd")?.ok_or(BROKEN)?.body.clone();
        let entries = boxes(index, (description.start + 8).min(description.end)..description.end)?;
        if entries.iter().any(|entry| ENCRYPTED.contains(&&entry.kind)) {
            return Ok(Some("one of its tracks is encrypted"));
        }
        if self.table.iter().any(|part| matches!(&part.kind, b"saio" | b"saiz")) {
            return Ok(Some("one of its tracks has more data than its samples"));
        }
        if &self.handler == b"hint" {
            return Ok(Some("one of its tracks has instructions for streaming servers"));
        }
        if self.is_elsewhere(index)? {
            return Ok(Some("one of its tracks lies in another file"));
        }
        Ok(None)
    }

    /// Whether its samples may be in another file.
    fn is_elsewhere(&self, index: &[u8]) -> Result<bool, &'static str> {
        let Some(data) = only(&self.media_info, b"dinf")? else { return Ok(false) };
        let data = boxes(index, data.body.clone())?;
        let Some(references) = only(&data, b"dref")?.map(|part| part.body.clone()) else {
            return Ok(false);
        };
        let entries = boxes(index, (references.start + 8).min(references.end)..references.end)?;
        let is_here = |entry: &Part| u32_at(index, entry.body.start).is_some_and(|n| n & 1 != 0);
        Ok(!entries.iter().all(is_here))
    }
}

/// The units of the movie at the start of an edit list in which it shows nothing.
fn empty_start(index: &[u8], parts: &[Part]) -> Result<u64, &'static str> {
    let Some(list) = only(parts, b"elst")? else { return Ok(0) };
    let mut empty = 0u64;
    for entry in edit_entries(&index[list.body.clone()])? {
        let (duration, start) = entry?;
        if start >= 0 {
            break;
        }
        empty = empty.saturating_add(duration);
    }
    Ok(empty)
}
