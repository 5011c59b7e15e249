//! What Matroska says of the end of a track and symphonia does not pass on: how
//! much of the last packet is padding (RFC 9559, `DiscardPadding`).

use std::io::{self, Read, Seek, SeekFrom};

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const DISCARD_PADDING: u32 = 0x75a2;

/// Elements that are looked at: a day of clusters of one second.
const MOST_ELEMENTS: usize = 100_000;

/// An element: its body is the bytes from `body` up to `end`.
struct Element {
    id: u32,
    body: u64,
    end: u64,
}

/// For each track whose last block has padding, its number and the nanoseconds at
/// its end that are not to be heard. Nothing is known of a file that is written as a
/// stream, without sizes. Leaves `source` anywhere.
///
/// # Errors
/// If the source fails. A file that ends amid an element is no error.
pub(super) fn end_paddings(
    source: &mut (impl Read + Seek),
    len: u64,
) -> io::Result<Vec<(u32, u64)>> {
    let mut paddings = Vec::new();
    match read_paddings(source, len, &mut paddings) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(paddings),
    }
}

fn read_paddings(
    source: &mut (impl Read + Seek),
    len: u64,
    paddings: &mut Vec<(u32, u64)>,
) -> io::Result<()> {
    let Some(segment) = Elements { at: 0, end: len }.last(source, SEGMENT)? else { return Ok(()) };
    let mut parts = Elements { at: segment.body, end: segment.end.min(len) };
    let Some(cluster) = parts.last(source, CLUSTER)? else { return Ok(()) };
    let mut blocks = Elements { at: cluster.body, end: cluster.end.min(len) };
    while let Some(group) = blocks.next(source)? {
        if group.id == BLOCK_GROUP {
            let (track, padding) = read_group(source, &group, len)?;
            paddings.retain(|(other, _)| *other != track);
            if padding > 0 {
                paddings.push((track, padding));
            }
        }
    }
    Ok(())
}

/// The track of a group's block and its padding in nanoseconds.
fn read_group(
    source: &mut (impl Read + Seek),
    group: &Element,
    len: u64,
) -> io::Result<(u32, u64)> {
    let (mut track, mut padding) = (0, 0);
    let mut parts = Elements { at: group.body, end: group.end.min(len) };
    while let Some(part) = parts.next(source)? {
        source.seek(SeekFrom::Start(part.body))?;
        match part.id {
            BLOCK => track = read_number(source)?.0.unwrap_or(0) as u32,
            DISCARD_PADDING => padding = read_signed(source, part.end - part.body)?,
            _ => {}
        }
    }
    Ok((track, u64::try_from(padding).unwrap_or(0)))
}

/// The elements between two offsets.
struct Elements {
    at: u64,
    end: u64,
}

impl Elements {
    /// The next one; none behind the last, and behind one whose size is not known.
    fn next(&mut self, source: &mut (impl Read + Seek)) -> io::Result<Option<Element>> {
        if self.at >= self.end {
            return Ok(None);
        }
        source.seek(SeekFrom::Start(self.at))?;
        let (id, id_len) = read_id(source)?;
        let (size, size_len) = read_number(source)?;
        let body = self.at + id_len + size_len;
        // Only the segment is of use without a size: it is the rest of the file.
        let end = match size {
            Some(size) => body.saturating_add(size),
            None if id == SEGMENT => self.end,
            None => return Ok(None),
        };
        self.at = end;
        Ok(Some(Element { id, body, end }))
    }

    /// The last one of that kind.
    fn last(&mut self, source: &mut (impl Read + Seek), id: u32) -> io::Result<Option<Element>> {
        let mut last = None;
        for _ in 0..MOST_ELEMENTS {
            match self.next(source)? {
                Some(element) if element.id == id => last = Some(element),
                Some(_) => {}
                None => break,
            }
        }
        Ok(last)
    }
}

/// An identifier, its marker among its bits, and how many bytes it takes.
fn read_id(source: &mut impl Read) -> io::Result<(u32, u64)> {
    let first = read_byte(source)?;
    let more = first.leading_zeros().min(3);
    let mut id = u32::from(first);
    for _ in 0..more {
        id = id << 8 | u32::from(read_byte(source)?);
    }
    Ok((id, u64::from(more) + 1))
}

/// A number of one to eight bytes and how many it took; `None` if all of its bits
/// are set, which stands for a size that is not known.
fn read_number(source: &mut impl Read) -> io::Result<(Option<u64>, u64)> {
    let first = read_byte(source)?;
    let more = first.leading_zeros().min(7);
    let mask = 0xff_u64 >> (more + 1);
    let mut number = u64::from(first) & mask;
    let mut unknown = mask;
    for _ in 0..more {
        number = number << 8 | u64::from(read_byte(source)?);
        unknown = unknown << 8 | 0xff;
    }
    Ok(((number != unknown).then_some(number), u64::from(more) + 1))
}

/// A signed number of so many bytes, 8 at most.
fn read_signed(source: &mut impl Read, len: u64) -> io::Result<i64> {
    let mut number = 0_i64;
    for n in 0..len.min(8) {
        let byte = read_byte(source)?;
        number = if n == 0 { (byte as i8).into() } else { number << 8 | i64::from(byte) };
    }
    Ok(number)
}

fn read_byte(source: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    source.read_exact(&mut byte)?;
    Ok(byte[0])
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

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
        // A segment of unknown size, as writers leave it that cannot come back.
        [
            &element(&[0x1a, 0x45, 0xdf, 0xa3], &[&[0; 9]])[..],
            &[0x18, 0x53, 0x80, 0x67, 0xff],
            &segment,
        ]
        .concat()
    }

    fn read(bytes: &[u8]) -> Vec<(u32, u64)> {
        end_paddings(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
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
}
