//! Reads what symphonia does not report about a track of MP4: its visible parts, the start of its
//! fragments, and its codec if that cannot be decoded. And hides tags from symphonia, which keeps
//! everything that it reads in memory (ISO/IEC 14496-12).

use std::io::{self, Read, Seek, SeekFrom};

use super::fragments::{Defaults, Fragment};
use super::plain::Plain;
use super::source::Overlay;
use crate::audio::Pcm;
use crate::read::pcm::Encoding;
use crate::tags::{MAX_ENTRIES, MAX_TAG_BYTES};

/// The boxes that contain the boxes of interest.
const NESTS: [&[u8; 4]; 9] =
    [b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"];

/// The maximum number of boxes, without those after the description of the tracks, and the maximum
/// number of edits. Recordings have a few dozen.
const MOST_BOXES: usize = 4096;
const MOST_BOXES_IN_ALL: usize = 2_000_000;

/// The maximum number of fragments, counted per track. For each fragment, symphonia keeps something
/// about each track, and it repeatedly walks through those without data for a track. A day of two
/// tracks in fragments of one second has 172 800.
const MOST_FRAGMENTS: usize = 200_000;
const MOST_EDITS: u32 = 4096;

/// The number of bytes of a sample description that are read.
const ENTRY: usize = 256;

/// Boxes that contain tags, directly or in nested boxes.
const TAGS: [&[u8; 4]; 2] = [b"udta", b"meta"];

/// A part of a track that is shown, or a period in which nothing is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// In units of the movie.
    pub(super) duration: u64,
    /// The start of the part in units of the track; `None` if nothing is shown.
    pub(super) start: Option<u64>,
}

/// The facts about one track.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) id: u32,
    /// Whether it is among the tracks that are normally played.
    pub(super) is_enabled: bool,
    /// `soun`, `vide`, ...
    pub(super) handler: [u8; 4],
    /// The codec of its samples, such as `mp4a`; `enca` if they are encrypted.
    pub(super) codec: [u8; 4],
    /// The storage format of its samples, if they are PCM.
    plain: Option<Plain>,
    /// Time units per second.
    pub(super) timescale: u32,
    /// Its visible parts in order; all of it if none are stated.
    pub(super) edits: Vec<Edit>,
    /// By how much its samples are later than the ones before suggest, and from which time on, both
    /// in its units. The first entry is its start.
    pub(super) shifts: Vec<(u64, i64)>,
    /// The expected start of the next fragment.
    next_fragment: u64,
}

impl Track {
    /// The number of inaudible time units at the beginning.
    pub(super) fn edit_start(&self) -> u64 {
        self.edits.iter().find_map(|edit| edit.start).unwrap_or(0)
    }

    /// The units of the movie at the start in which it shows nothing.
    pub(super) fn empty_start(&self) -> u64 {
        let empty = self.edits.iter().take_while(|edit| edit.start.is_none());
        empty.fold(0, |all, edit| all.saturating_add(edit.duration))
    }

    /// The start of its fragments in seconds.
    pub(super) fn start(&self) -> Option<f64> {
        let (_, shift) = self.shifts.first()?;
        (self.timescale > 0).then(|| *shift as f64 / f64::from(self.timescale))
    }

    /// By how much packets are later than the ones before suggest, and from which time on.
    pub(super) fn later_shifts(&self) -> Vec<(u64, i64)> {
        let first = self.shifts.first().map_or(0, |(_, shift)| *shift);
        self.shifts.iter().map(|(from, shift)| (*from, shift.saturating_sub(first))).collect()
    }

    /// Notes the start of a fragment.
    fn note_fragment(&mut self, fragment: &Fragment) {
        let before = self.shifts.last().map_or(0, |(_, shift)| *shift);
        let shift = fragment.start.map_or(before, |start| {
            i64::try_from(start).unwrap_or(i64::MAX).saturating_sub_unsigned(self.next_fragment)
        });
        if shift != before || self.shifts.is_empty() {
            self.shifts.push((self.next_fragment, shift));
        }
        self.next_fragment = self.next_fragment.saturating_add(fragment.duration);
    }

    /// The storage format of its samples, if they are PCM.
    pub(super) fn plain(&self) -> Option<Plain> {
        self.plain
    }

    /// Whether its samples are encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        matches!(&self.codec, b"enca" | b"encv" | b"drms" | b"drmi")
    }
}

/// The result of examining a file.
pub(super) struct Found {
    /// The tracks, as far as the boxes are valid.
    pub(super) tracks: Vec<Track>,
    /// Bytes that symphonia reads instead of the actual ones.
    pub(super) overlays: Vec<Overlay>,
    /// Units of the movie per second.
    pub(super) timescale: u32,
    /// The defaults of each track for its fragments.
    defaults: Vec<Defaults>,
    /// The current fragment of a track.
    fragment: Option<Fragment>,
    /// The bytes and the number of texts of tags that may still be shown.
    room: u64,
    entries: usize,
}

/// Examines a file of `len` bytes. Leaves `source` at any position.
///
/// # Errors
/// If the source fails, and `InvalidData` if it has too many boxes. A file that ends inside a box
/// is not an error.
pub(super) fn look(source: &mut (impl Read + Seek), len: u64) -> io::Result<Found> {
    let (room, entries) = (MAX_TAG_BYTES, MAX_ENTRIES);
    let mut found = Found {
        tracks: Vec::new(),
        overlays: Vec::new(),
        timescale: 0,
        defaults: Vec::new(),
        fragment: None,
        room,
        entries,
    };
    match walk(source, len, &mut found) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => {
            found.end_fragment();
            Ok(found)
        }
    }
}

/// Walks through all boxes in order. It enters boxes that contain others, by continuing after their
/// header, and skips the rest.
fn walk(source: &mut (impl Read + Seek), len: u64, found: &mut Found) -> io::Result<()> {
    // The end of the description of all tracks; the number of boxes up to it; the number of
    // fragments after it.
    let (mut at, mut described, mut boxes, mut fragments) = (0, None, 0, 0);
    let mut all = 0;
    while at < len {
        source.seek(SeekFrom::Start(at))?;
        let (kind, header, size) = read_header(source, len - at)?;
        if size < header {
            return Ok(());
        }
        boxes += usize::from(described.is_none_or(|end| at < end));
        match &kind {
            b"moov" => described = Some(at.saturating_add(size)),
            b"moof" => fragments += 1,
            b"trak" => found.tracks.push(Track::default()),
            kind if TAGS.contains(&kind) && !found.shows_tags(source, size - header)? => {
                found.overlays.push((at + 4, b"free".into()));
            }
            _ => {}
        }
        all += 1;
        if boxes > MOST_BOXES || all > MOST_BOXES_IN_ALL {
            return Err(endless(
                "its boxes do not end, expected a few dozen before the end of its description",
            ));
        }
        if fragments * found.tracks.len().max(1) > MOST_FRAGMENTS {
            return Err(endless("more than 200000 fragments, counted for each track"));
        }
        found.read_box(source, &kind, size - header)?;
        if let Some(track) = found.tracks.last_mut() {
            read_box(source, &kind, track)?;
            if &kind == b"stsd" && track.plain.is_some() {
                // symphonia refuses some of them, and then the whole file.
                found.overlays.push((at + header + 12, b"hide".into()));
            }
        }
        at = at.saturating_add(if NESTS.contains(&&kind) { header } else { size });
    }
    Ok(())
}

fn endless(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

impl Found {
    /// Reads a box with facts about the movie or its fragments. Its header was already read, and
    /// its body has `len` bytes.
    fn read_box(&mut self, source: &mut impl Read, kind: &[u8; 4], len: u64) -> io::Result<()> {
        match kind {
            b"mvhd" => {
                skip_times(source)?;
                self.timescale = read_u32(source)?;
            }
            b"trex" => self.defaults.push(Defaults::read(source)?),
            b"traf" => {
                self.end_fragment();
                self.fragment = Some(Fragment::default());
            }
            b"tfhd" | b"tfdt" | b"trun" => {
                if let Some(fragment) = &mut self.fragment {
                    fragment.read(&mut source.take(len), kind, &self.defaults)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds the current fragment to its track.
    fn end_fragment(&mut self) {
        if let Some(fragment) = self.fragment.take()
            && let Some(track) = self.tracks.iter_mut().find(|track| track.id == fragment.track)
        {
            track.note_fragment(&fragment);
        }
    }

    /// Whether the sound is in fragments.
    pub(super) fn has_fragments(&self) -> bool {
        !self.defaults.is_empty()
    }

    /// Whether the tags in the next `len` bytes are shown.
    fn shows_tags(&mut self, source: &mut impl Read, len: u64) -> io::Result<bool> {
        if len > self.room {
            return Ok(false);
        }
        let mut body = Vec::new();
        source.take(len).read_to_end(&mut body)?;
        // Each text and picture is in a box with this name. In a picture, the name appears by
        // chance once in four billion bytes.
        let entries = body.windows(4).filter(|kind| kind == b"data").count();
        let shows = entries <= self.entries;
        if shows {
            self.room -= len;
            self.entries -= entries;
        }
        Ok(shows)
    }
}

/// The kind of a box, the size of its header and its total size. `rest` is the number of bytes that
/// exist.
///
/// # Errors
/// If the source fails or ends.
pub(crate) fn read_header(source: &mut impl Read, rest: u64) -> io::Result<([u8; 4], u64, u64)> {
    let size = u64::from(read_u32(source)?);
    let kind = read_bytes(source)?;
    Ok(match size {
        0 => (kind, 8, rest),
        1 => (kind, 16, read_u64(source)?),
        size => (kind, 8, size),
    })
}

/// Reads a box, after its header, with facts about a track.
fn read_box(source: &mut impl Read, kind: &[u8; 4], track: &mut Track) -> io::Result<()> {
    match kind {
        b"tkhd" => {
            let [version, .., flags] = read_bytes::<4>(source)?;
            skip(source, if version == 1 { 16 } else { 8 })?;
            track.id = read_u32(source)?;
            track.is_enabled = flags & 1 != 0;
        }
        b"mdhd" => {
            skip_times(source)?;
            track.timescale = read_u32(source)?;
        }
        // QuickTime has another one, which states how the data is located.
        b"hdlr" if track.handler == [0; 4] => {
            skip(source, 8)?;
            track.handler = read_bytes(source)?;
        }
        b"stsd" => {
            skip(source, 12)?;
            track.codec = read_bytes(source)?;
            let mut entry = Vec::new();
            source.take(ENTRY as u64).read_to_end(&mut entry)?;
            if &track.handler == b"soun" {
                track.plain = plain(&track.codec, &entry);
            }
        }
        b"elst" => track.edits = read_edits(source)?,
        _ => {}
    }
    Ok(())
}

/// The format in which samples with the content that an entry describes are written, if they are
/// PCM; and whether that is exactly the described format.
pub(crate) fn stored(name: &[u8; 4], entry: &[u8]) -> Option<(Pcm, bool)> {
    plain(name, &entry[..entry.len().min(ENTRY)])?.stored()
}

/// The storage format that an entry describes, if it is PCM. The entry starts after its name
/// (QuickTime File Format, "Sound Sample Descriptions"; ISO/IEC 23003-5).
fn plain(name: &[u8; 4], entry: &[u8]) -> Option<Plain> {
    let u16_at = |at: usize| entry.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]]));
    let u32_at = |at: usize| Some(u32::from(u16_at(at)?) << 16 | u32::from(u16_at(at + 2)?));
    let (version, channels, bits) = (u16_at(8)?, u16_at(16)?, u32::from(u16_at(18)?));
    let find = |mark: &[u8]| entry.windows(mark.len()).position(|bytes| bytes == mark);
    let is_little_endian = find(b"enda\0\x01").is_some();
    let of = |encoding: Option<Encoding>, is_big_endian, is_signed| {
        let plain = Plain::new(encoding?, channels, u32_at(24)? >> 16)?;
        Some(Plain { is_big_endian, is_signed, ..plain })
    };
    match name {
        b"ulaw" => of(Some(Encoding::MuLaw), false, false),
        b"alaw" => of(Some(Encoding::ALaw), false, false),
        b"raw " | b"NONE" if bits <= 8 => of(Some(Encoding::U8), false, false),
        b"twos" => of(Encoding::integer(bits), true, true),
        b"sowt" => of(Encoding::integer(bits), false, true),
        b"in24" => of(Encoding::integer(24), !is_little_endian, true),
        b"in32" => of(Encoding::integer(32), !is_little_endian, true),
        b"fl32" => of(Encoding::float(32), !is_little_endian, true),
        b"fl64" => of(Encoding::float(64), !is_little_endian, true),
        b"ipcm" | b"fpcm" => {
            let [flags, bits] = *entry.get(find(b"pcmC")? + 8..)?.first_chunk()?;
            let is_float = name == b"fpcm";
            let kind = if is_float { Encoding::float } else { Encoding::integer };
            of(kind(bits.into()), flags & 1 == 0, true)
        }
        b"lpcm" if version == 2 => {
            let sample_rate = f64::from_bits(u64::from(u32_at(32)?) << 32 | u64::from(u32_at(36)?));
            let (channels, bits, flags) = (u32_at(40)?, u32_at(48)?, u32_at(52)?);
            let kind = if flags & 1 != 0 { Encoding::float } else { Encoding::integer };
            let plain = Plain::new(kind(bits)?, channels.try_into().ok()?, sample_rate as u32)?;
            let (is_big_endian, is_signed) = (flags & 2 != 0, flags & 4 != 0);
            // Unsigned samples with more than 8 bits were never in use.
            (is_signed || bits <= 8 || flags & 1 != 0).then_some(Plain {
                is_big_endian,
                is_signed,
                ..plain
            })
        }
        _ => None,
    }
}

/// The visible parts of a track, as far as the list goes.
fn read_edits(source: &mut impl Read) -> io::Result<Vec<Edit>> {
    let is_long = read_version(source)? == 1;
    let count = read_u32(source)?;
    if count > MOST_EDITS {
        return Err(endless("more than 4096 edits of a track"));
    }
    let mut edits = Vec::new();
    for _ in 0..count {
        let (duration, start) = if is_long {
            (read_u64(source)?, read_u64(source)? as i64)
        } else {
            (read_u32(source)?.into(), i64::from(read_u32(source)? as i32))
        };
        // The speed, which is 1 for sound.
        skip(source, 4)?;
        // -1 means an edit that shows nothing.
        edits.push(Edit { duration, start: u64::try_from(start).ok() });
    }
    Ok(edits)
}

/// Skips the version and the two times at the start of a box.
fn skip_times(source: &mut impl Read) -> io::Result<()> {
    let is_long = read_version(source)? == 1;
    skip(source, if is_long { 16 } else { 8 })
}

/// The version of a box, followed by three bytes of flags.
pub(super) fn read_version(source: &mut impl Read) -> io::Result<u8> {
    Ok(read_bytes::<4>(source)?[0])
}

pub(super) fn read_u32(source: &mut impl Read) -> io::Result<u32> {
    read_bytes(source).map(u32::from_be_bytes)
}

pub(super) fn read_u64(source: &mut impl Read) -> io::Result<u64> {
    read_bytes(source).map(u64::from_be_bytes)
}

pub(super) fn read_bytes<const N: usize>(source: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn skip(source: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut source.take(bytes), &mut io::sink()).map(|_| ())
}

#[cfg(test)]
mod tests;
