//! ID3v2 tags before the frames of an MP3 or AAC file (id3.org, "ID3 tag version 2.4.0 - Main
//! Structure", section 3.1).
//!
//! symphonia does not see them: it follows nested chapters to any depth, and may mistake a picture
//! for frames.

use std::io::{self, Read, Seek, SeekFrom};

use crate::tags::{self, Gathering, MAX_TAG_BYTES, Tags};

/// The size of a tag's header in bytes.
pub(in crate::read) const HEADER: u64 = 10;

/// The maximum number of consecutive tags that are skipped. Files have one or two.
const MOST_TAGS: usize = 4096;
const TOO_MANY: &str = "more than 4096 ID3 tags in a row, expected one or two";

/// Reads the tags at the start of `source`. Returns their size in bytes. Leaves `source` at any
/// position. All tags share one budget; tags beyond it are ignored.
///
/// # Errors
/// If the source fails, and `InvalidData` if there are too many tags in a row.
pub(super) fn read(source: &mut (impl Read + Seek)) -> io::Result<(u64, Tags)> {
    let mut all = Gathering::default();
    let mut room = MAX_TAG_BYTES;
    let end = pass(source, |source, mut tag, size| {
        if size <= room && !all.is_full() {
            room -= size;
            source.take(size).read_to_end(&mut tag)?;
            all.complete_with(tags::id3::read(&tag));
        }
        Ok(())
    })?;
    Ok((end, all.finish()))
}

/// The size in bytes of the tags at the start of `source`. Leaves `source` at any position.
///
/// # Errors
/// The errors of [`read`].
pub(super) fn end(source: &mut (impl Read + Seek)) -> io::Result<u64> {
    pass(source, |_, _, _| Ok(()))
}

/// Skips the tags at the start of `source`. Returns their size in bytes. For each tag it calls
/// `take` with the header and the number of bytes that follow it. The source is then behind the
/// header.
fn pass<S: Read + Seek>(
    source: &mut S,
    mut take: impl FnMut(&mut S, Vec<u8>, u64) -> io::Result<()>,
) -> io::Result<u64> {
    let mut end = 0;
    for _ in 0..MOST_TAGS {
        source.seek(SeekFrom::Start(end))?;
        let mut header = Vec::new();
        source.take(HEADER).read_to_end(&mut header)?;
        let Some(size) = body(&header) else { return Ok(end) };
        take(source, header, size)?;
        end += HEADER + size;
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, TOO_MANY))
}

/// The number of bytes that follow the header of a tag, if it is one.
pub(in crate::read) fn body(header: &[u8]) -> Option<u64> {
    const HAS_FOOTER: u8 = 0x10;
    let &[b'I', b'D', b'3', _, _, flags, a, b, c, d] = header else { return None };
    // Four times seven bits.
    let size = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    Some(size + if flags & HAS_FOOTER == 0 { 0 } else { HEADER })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn tags_in_a_row_are_read_and_passed_over() {
        let encoded = |name, text| tags::id3::encode(&Tags::from_iter([(name, text)])).unwrap();
        let both = [encoded("TITLE", "A talk"), encoded("ARTIST", "Somebody")].concat();
        let (end, found) =
            read(&mut Cursor::new([&both[..], b"\xff\xfb\x90\x00"].concat())).unwrap();
        assert_eq!(end, both.len() as u64);
        assert_eq!((found.get("TITLE"), found.get("ARTIST")), (Some("A talk"), Some("Somebody")));
    }

    #[test]
    fn a_tag_may_be_cut_off_or_have_a_footer() {
        let cut = b"ID3\x04\0\0\0\0\x01\0TIT2";
        assert_eq!(read(&mut Cursor::new(cut)).unwrap(), (138, Tags::default()));
        let footer = b"ID3\x04\0\x10\0\0\0\x02\0\x003DI\x04\0\x10\0\0\0\x02!";
        assert_eq!(read(&mut Cursor::new(footer)).unwrap().0, 22);
        assert_eq!(read(&mut Cursor::new(b"ID")).unwrap().0, 0);
    }
}
