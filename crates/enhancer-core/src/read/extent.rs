//! Finds the end of the first file in a source. Another file may follow, since recorders and people
//! join files end to end; or tags that are not part of a container.

use std::io::{self, Read, Seek, SeekFrom};

use super::media::{end_of_segment, read_box_header};
use super::sniff::{Found, HEAD, begins_tag, is_chunk, look};
use super::wav::MOST_REST;
use crate::audio::Container;

/// The maximum number of boxes and chunks that are read: a day of fragments of one second.
const MOST_STEPS: usize = 200_000;

/// The maximum number of tags at the end of a file that are read.
const MOST_TAGS: usize = 16;

/// The minimum number of zeros at the end of a file that do not belong to it. Sound has fewer of
/// them: each frame of FLAC ends with a checksum.
const LEAST_ZEROS: u64 = 64;

/// The end of the file of this container at the start of a source of `len` bytes: `len`, unless
/// something shows an earlier end. Leaves `source` at any position.
///
/// # Errors
/// If the source fails.
pub(super) fn find(
    source: &mut (impl Read + Seek),
    container: Container,
    len: u64,
) -> io::Result<u64> {
    let found = match container {
        Container::Wav => end_of_form(source, u32::from_le_bytes, b"WAVE", len),
        Container::Aiff => end_of_form(source, u32::from_be_bytes, b"AIF", len),
        Container::Caf => end_of_chunks(source, len),
        Container::Mp4 | Container::Mov | Container::M4a => end_of_boxes(source, len),
        Container::Matroska => end_of_segment(source, len),
        _ => return Ok(len),
    };
    match found {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        found => Ok(found.ok().flatten().unwrap_or(len).min(len)),
    }
}

fn read<const N: usize>(source: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The end that the first chunk of WAV or AIFF declares, if another such file begins there.
fn end_of_form(
    source: &mut (impl Read + Seek),
    number: fn([u8; 4]) -> u32,
    kind: &[u8],
    len: u64,
) -> io::Result<Option<u64>> {
    let [a, b, c, d, size @ ..] = read::<8>(source, 0)?;
    let size = match number(size) {
        u32::MAX if [a, b, c, d] == *b"RF64" => u64::from_le_bytes(read(source, 20)?),
        size => size.into(),
    };
    let end = size.saturating_add(8);
    // Most programs pad it to an even length.
    for end in [end, end.saturating_add(end % 2)] {
        if end.saturating_add(12) <= len {
            let next = read::<12>(source, end)?;
            if next.starts_with(&[a, b, c, d]) && next[8..].starts_with(kind) {
                return Ok(Some(end));
            }
        }
    }
    Ok(None)
}

/// The end of the chunks of CAF: where something other than a chunk follows.
fn end_of_chunks(source: &mut (impl Read + Seek), len: u64) -> io::Result<Option<u64>> {
    let mut at = 8;
    let mut has_sound = false;
    for _ in 0..MOST_STEPS {
        if at >= len {
            return Ok(None);
        }
        let kind = if len - at < 12 { [0; 4] } else { read::<4>(source, at)? };
        let size =
            if is_chunk(&kind, at, len) { u64::from_be_bytes(read(source, at + 4)?) } else { 0 };
        let end = at.saturating_add(12).saturating_add(size);
        if has_sound && &kind == b"caff" {
            return Ok(Some(at));
        }
        // Complete chunks must follow the sound. Otherwise the sound is longer than declared, or a
        // tag follows.
        if has_sound && !is_chunk(&kind, end, len) {
            return Ok((len - at <= MOST_REST || begins_tag(&kind)).then_some(at));
        }
        has_sound |= &kind == b"data";
        at = end;
    }
    Ok(None)
}

/// The end of the boxes of MP4: where a second file with its own index begins.
fn end_of_boxes(source: &mut (impl Read + Seek), len: u64) -> io::Result<Option<u64>> {
    let (mut at, mut has_index, mut has_sound, mut second) = (0, false, false, None);
    for _ in 0..MOST_STEPS {
        if at >= len {
            return Ok(None);
        }
        source.seek(SeekFrom::Start(at))?;
        let (kind, header, size) = read_box_header(source, len - at)?;
        match &kind {
            _ if size < header => return Ok(None),
            _ if size > len - at && is_another(source, at)? => return Ok(Some(at)),
            b"moov" if second.is_some() => return Ok(second),
            b"ftyp" if has_index && has_sound => second = Some(at),
            b"moov" => has_index = true,
            b"mdat" | b"moof" => has_sound = true,
            _ => {}
        }
        at = at.saturating_add(size);
    }
    Ok(None)
}

/// Whether a file in another format begins at an offset.
fn is_another(source: &mut (impl Read + Seek), at: u64) -> io::Result<bool> {
    let mut head = Vec::new();
    source.seek(SeekFrom::Start(at))?;
    source.take(HEAD).read_to_end(&mut head)?;
    // Other data often looks like frames by chance.
    let others = [Container::Mp4, Container::Mp3, Container::Adts];
    Ok(matches!(look(&head), Found::Audio(container) if !others.contains(&container)))
}

/// The end of a source of `len` bytes without the tags and zeros that follow the file. Leaves
/// `source` at any position.
///
/// # Errors
/// If the source fails.
pub(super) fn before_tags(source: &mut (impl Read + Seek), len: u64) -> io::Result<u64> {
    let mut end = len;
    for _ in 0..MOST_TAGS {
        let before = end;
        for (bytes, mark) in [(128, &b"TAG"[..]), (227, b"TAG+")] {
            if let Some(start) = end.checked_sub(bytes)
                && read::<4>(source, start)?.starts_with(mark)
            {
                end = start;
            }
        }
        if let Some(footer) = end.checked_sub(32) {
            let bytes = read::<32>(source, footer)?;
            if bytes.starts_with(b"APETAGEX") {
                end = start_of_ape(source, footer, &bytes)?;
            }
        }
        // A tag may end with zeros.
        if end == before {
            end = end_before_zeros(source, end)?;
        }
        if end == before {
            break;
        }
    }
    Ok(end)
}

/// The start of the APE tag whose footer is at this offset: the position of its header or of its
/// first item. If its size cannot be right, only the footer counts as the tag.
fn start_of_ape(source: &mut (impl Read + Seek), at: u64, footer: &[u8; 32]) -> io::Result<u64> {
    let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| footer[at + n]));
    let has_header = number(20) & 1 << 31 != 0;
    // The size includes the items and the footer.
    let items = u64::from(number(12)).saturating_sub(32);
    let header = if has_header { 32 } else { 0 };
    let Some(start) = at.checked_sub(items + header).filter(|_| items > 0) else { return Ok(at) };
    let bytes = read::<32>(source, start)?;
    // An item has a size, flags, and a name of printable letters.
    let is_item = bytes[8..10].iter().all(|byte| matches!(byte, b' '..=b'~'))
        && u64::from(u32::from_le_bytes([0, 1, 2, 3].map(|n| bytes[n]))) < items;
    let is_start = if has_header { bytes.starts_with(b"APETAGEX") } else { is_item };
    Ok(if is_start { start } else { at })
}

/// The end without trailing zeros, if there are many.
fn end_before_zeros(source: &mut (impl Read + Seek), len: u64) -> io::Result<u64> {
    let mut block = Vec::new();
    let mut end = len;
    while end > 0 {
        let start = end.saturating_sub(1 << 16);
        block.clear();
        source.seek(SeekFrom::Start(start))?;
        source.by_ref().take(end - start).read_to_end(&mut block)?;
        match block.iter().rposition(|byte| *byte != 0) {
            Some(last) => {
                end = start + last as u64 + 1;
                break;
            }
            None => end = start,
        }
    }
    Ok(if len - end >= LEAST_ZEROS { end } else { len })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn end(bytes: &[u8], container: Container) -> usize {
        find(&mut Cursor::new(bytes), container, bytes.len() as u64).unwrap() as usize
    }

    fn without_tags(bytes: &[u8]) -> usize {
        before_tags(&mut Cursor::new(bytes), bytes.len() as u64).unwrap() as usize
    }

    /// Checks a file alone, cut off anywhere, and twice in a row.
    fn check(file: &[u8], container: Container) {
        for len in 0..=file.len() {
            assert_eq!(end(&file[..len], container), len);
        }
        let both = [file, file].concat();
        assert_eq!(end(&both, container), file.len());
    }

    #[test]
    fn a_file_ends_where_another_begins() {
        check(b"RIFF\x0c\0\0\0WAVEdata\x03\0\0\0", Container::Wav);
        check(b"RF64\xff\xff\xff\xffWAVEds64\x08\0\0\0\x14\0\0\0\0\0\0\0", Container::Wav);
        check(b"FORM\0\0\0\x05AIFCx", Container::Aiff);
        check(b"caff\0\x01\0\0data\0\0\0\0\0\0\0\x02ab", Container::Caf);
        check(b"\0\0\0\x08ftyp\0\0\0\x08moov\0\0\0\x09mdatx", Container::Mp4);
        for one in [
            &b"\0\0\0\x08ftyp\0\0\0\x08moov\0\0\0\x08ftyp\0\0\0\x09mdatx"[..],
            b"\0\0\0\x08ftyp\0\0\0\x08moov\0\0\0\x09mdatx\0\0\0\x08ftyp",
        ] {
            assert_eq!(end(one, Container::Mp4), one.len());
        }
        check(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x82ab", Container::Matroska);
        // A segment of unknown size, with a cluster of unknown size and a block.
        check(
            b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff\x1f\x43\xb6\x75\xff\xa3\x84\x1a\x45\xdf\xa3",
            Container::Matroska,
        );
        assert_eq!(end(b"RIFF\x05\0\0\0WAVEx\0RIFF\0\0\0\0WAVE", Container::Wav), 14);
        assert_eq!(end(b"RIFF\x05\0\0\0WAVExRIFF\0\0\0\0WAVE", Container::Wav), 13);
    }

    #[test]
    fn chunks_of_caf_end_before_tags() {
        let file = b"caff\0\x01\0\0data\0\0\0\0\0\0\0\x02abinfo\0\0\0\0\0\0\0\x01c";
        for tag in [&b"TAG and more of it"[..], &[0; 9], &[0; 300], b"xxxx\xff\0\0\0\0\0\0\0"] {
            assert_eq!(end(&[&file[..], tag].concat(), Container::Caf), file.len());
        }
    }

    #[test]
    fn flac_ends_before_tags_and_zeros() {
        let file = b"fLaC and frames";
        let footer = |flags: u32, size: u32| {
            let numbers = [2000, size, 1, flags].map(u32::to_le_bytes).concat();
            [b"APETAGEX", &numbers[..], &[0; 8]].concat()
        };
        let ape =
            |flags: u32, items: &[u8]| [items, &footer(flags, 32 + items.len() as u32)].concat();
        let item = b"\x04\0\0\0\0\0\0\0Title\0Talk";
        let id3 = [&b"TAG"[..], &[7; 125]].concat();
        let header = [b"APETAGEX".to_vec(), vec![1; 24]].concat();
        for tags in [
            vec![],
            id3.clone(),
            ape(0, item),
            [header, ape(1 << 31, b"items")].concat(),
            // An impossible size.
            footer(0, 40),
            footer(1 << 31, 40),
            footer(0, u32::MAX),
            [ape(0, b""), id3.clone()].concat(),
            vec![0; 64],
            [id3, vec![0; 200_000]].concat(),
        ] {
            assert_eq!(without_tags(&[&file[..], &tags].concat()), file.len(), "{tags:?}");
        }
        assert_eq!(without_tags(&[&file[..], &[0; 40]].concat()), file.len() + 40);
    }
}
