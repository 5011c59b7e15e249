//! Boxes in memory: the parts of the index (ISO/IEC 14496-12).

use std::ops::Range;

use crate::audio::atoms::{Kind, full};

/// The maximum number of boxes inside one box. Recordings have a few dozen.
const MOST_BOXES: usize = 4096;

/// The reason for refusing an index that breaks the rules.
pub(crate) const BROKEN: &str = "its index is broken";

/// A box and its content, as ranges of the bytes that contain it.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) whole: Range<usize>,
    pub(crate) body: Range<usize>,
}

/// The boxes in a range of bytes, one after the other. A rest that is too short for a box is
/// ignored: QuickTime ends some lists with a zero.
///
/// # Errors
/// [`BROKEN`].
pub(crate) fn boxes(bytes: &[u8], range: Range<usize>) -> Result<Vec<Part>, &'static str> {
    let (mut at, mut parts) = (range.start, Vec::new());
    while let Some(size) = u32_at(bytes, at).filter(|_| at + 8 <= range.end) {
        let (header, size) = match size {
            0 => (8, range.end - at),
            1 => (16, usize::try_from(u64_at(bytes, at + 8).ok_or(BROKEN)?).map_err(|_| BROKEN)?),
            size => (8, size as usize),
        };
        let end = at.checked_add(size).filter(|end| *end <= range.end && size >= header);
        let end = end.ok_or(BROKEN)?;
        let kind = *bytes[at + 4..].first_chunk().ok_or(BROKEN)?;
        parts.push(Part { kind, whole: at..end, body: at + header..end });
        if parts.len() > MOST_BOXES {
            return Err(BROKEN);
        }
        at = end;
    }
    Ok(parts)
}

/// The only box of this kind, or `None` if there is none.
///
/// # Errors
/// [`BROKEN`] if there are several.
pub(crate) fn only<'p>(parts: &'p [Part], kind: &Kind) -> Result<Option<&'p Part>, &'static str> {
    let mut found = parts.iter().filter(|part| part.kind == *kind);
    let first = found.next();
    if found.next().is_some() { Err(BROKEN) } else { Ok(first) }
}

/// The boxes inside the only box of this kind.
///
/// # Errors
/// [`BROKEN`] if there are several or none.
pub(crate) fn inside(bytes: &[u8], parts: &[Part], kind: &Kind) -> Result<Vec<Part>, &'static str> {
    boxes(bytes, only(parts, kind)?.ok_or(BROKEN)?.body.clone())
}

/// The entries of an edit list: the duration in time units of the movie, and the start in those of
/// the track. An entry with a negative start shows nothing.
///
/// # Errors
/// [`BROKEN`]. An incomplete entry gives this error, too.
pub(crate) fn edit_entries(
    list: &[u8],
) -> Result<impl Iterator<Item = Result<(u64, i64), &'static str>> + '_, &'static str> {
    let (is_long, count) = (list.first() == Some(&1), u32_at(list, 4).ok_or(BROKEN)?);
    let long = |at| Some((u64_at(list, at)?, u64_at(list, at + 8)? as i64));
    let short = |at| Some((u32_at(list, at)?.into(), i64::from(u32_at(list, at + 4)? as i32)));
    let entry = move |n| if is_long { long(8 + 20 * n) } else { short(8 + 12 * n) };
    Ok((0..count as usize).map(move |n| entry(n).ok_or(BROKEN)))
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The header of a movie, a track or a medium: `mvhd`, `tkhd` or `mdhd`.
pub(crate) struct Header<'b> {
    kind: Kind,
    version: u8,
    flags: u32,
    /// The creation and modification time.
    times: [u64; 2],
    /// Time units per second; for a track, its number.
    pub(crate) number: u32,
    /// `None` if it is unknown.
    pub(crate) duration: Option<u64>,
    rest: &'b [u8],
}

impl<'b> Header<'b> {
    /// Reads the content of such a box.
    pub(crate) fn read(kind: Kind, body: &'b [u8]) -> Option<Header<'b>> {
        let head = u32_at(body, 0)?;
        let (version, flags) = ((head >> 24) as u8, head & 0xff_ffff);
        let reserved = if &kind == b"tkhd" { 4 } else { 0 };
        let short = |at| u32_at(body, at).map(u64::from);
        let (times, number, duration, end) = match version {
            0 => ([short(4)?, short(8)?], 12, short(16 + reserved)?, 20 + reserved),
            1 => {
                let times = [u64_at(body, 4)?, u64_at(body, 12)?];
                (times, 20, u64_at(body, 24 + reserved)?, 32 + reserved)
            }
            _ => return None,
        };
        let unknown = if version == 0 { u32::MAX.into() } else { u64::MAX };
        let duration = (duration != unknown).then_some(duration);
        let (number, rest) = (u32_at(body, number)?, body.get(end..)?);
        Some(Header { kind, version, flags, times, number, duration, rest })
    }

    /// The box, in its original version if that can hold the values.
    pub(crate) fn write(&self) -> Vec<u8> {
        let duration = self.duration.unwrap_or(u64::MAX);
        let is_short = self.version == 0
            && (self.duration.is_none() || duration < u32::MAX.into())
            && self.times.iter().all(|time| u32::try_from(*time).is_ok());
        let field = |value: u64| match is_short {
            // In both versions, an unknown duration has all bits set.
            true => (value as u32).to_be_bytes().to_vec(),
            false => value.to_be_bytes().to_vec(),
        };
        let reserved: &[u8] = if &self.kind == b"tkhd" { &[0; 4] } else { &[] };
        let parts = [
            &field(self.times[0])[..],
            &field(self.times[1]),
            &self.number.to_be_bytes(),
            reserved,
            &field(duration),
            self.rest,
        ];
        full(&self.kind, u8::from(!is_short), self.flags, &parts.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::atoms::atom;

    #[test]
    fn boxes_are_those_that_follow_one_another() {
        let long = [&[0, 0, 0, 1][..], b"long", &17u64.to_be_bytes(), &[7]].concat();
        let bytes = [&atom(b"free", &[1, 2])[..], &long, &[0; 4]].concat();
        let parts = boxes(&bytes, 0..bytes.len()).unwrap();
        let found: Vec<_> = parts.iter().map(|part| (part.kind, part.body.clone())).collect();
        assert_eq!(found, [(*b"free", 8..10), (*b"long", 26..27)]);
        assert!(only(&parts, b"none").unwrap().is_none());
        let twice = bytes.repeat(2);
        let parts = boxes(&twice, 0..bytes.len()).unwrap();
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn boxes_that_are_longer_than_what_they_are_in_are_broken() {
        for size in [1u32, 7, 9, u32::MAX] {
            let bytes = [&size.to_be_bytes(), &b"free"[..]].concat();
            assert!(boxes(&bytes, 0..8).is_err(), "{size}");
        }
        let endless = [&[0, 0, 0, 1][..], b"long", &[255; 8]].concat();
        assert!(boxes(&endless, 0..16).is_err());
        assert!(boxes(&atom(b"free", &[]).repeat(5000), 0..40_000).is_err());
    }

    #[test]
    fn a_header_is_written_as_it_was_and_longer_only_if_it_must() {
        for kind in [b"mvhd", b"tkhd", b"mdhd"] {
            let reserved: &[u8] = if kind == b"tkhd" { &[0; 4] } else { &[] };
            let middle = [&[0, 0, 0, 9], reserved].concat();
            let short = full(kind, 0, 7, &[&[1; 8][..], &middle, &[0, 0, 2, 0, 5, 6]].concat());
            let long = [&[1; 16][..], &middle, &[0, 0, 0, 2, 0, 0, 0, 0, 5, 6]].concat();
            let long = full(kind, 1, 7, &long);
            for (bytes, duration) in [(&short, 512), (&long, 1 << 33)] {
                let mut header = Header::read(*kind, &bytes[8..]).unwrap();
                assert_eq!((header.number, header.duration), (9, Some(duration)));
                assert_eq!(&header.write(), bytes);
                header.duration = Some(1 << 40);
                let written = header.write();
                assert_eq!(written[8], 1);
                let again = Header::read(*kind, &written[8..]).unwrap();
                assert_eq!((again.number, again.duration), (9, Some(1 << 40)));
            }
            let mut header = Header::read(*kind, &short[8..]).unwrap();
            header.duration = None;
            assert_eq!(Header::read(*kind, &header.write()[8..]).unwrap().duration, None);
            assert!(Header::read(*kind, &short[8..20]).is_none());
        }
    }
}
