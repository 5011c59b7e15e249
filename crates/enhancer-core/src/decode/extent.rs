//! Where the file ends that begins a source: behind it may be another one, since recorders and
//! people join files end to end, or tags that belong to no container.

use std::io::{self, Read, Seek, SeekFrom};

use super::media::{end_of_segment, read_box_header};
use super::wav::MOST_REST;
use crate::format::Container;

/// Boxes and chunks that are looked at: a day of fragments of a second.
const MOST_STEPS: usize = 200_000;

/// Zeros at the end of a file, at least, that do not belong to it. Sound has fewer of them: each
/// frame of FLAC ends with a checksum.
const LEAST_ZEROS: u64 = 64;

/// The end of the file of that kind at the start of a source of `len` bytes: `len` if nothing
/// shows that it ends before that. Leaves `source` anywhere.
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
        Container::Flac => return end_before_tags(source, len),
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
    // It is padded to an even length, by most programs.
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

/// The end of the chunks of CAF: where what comes next is none.
fn end_of_chunks(source: &mut (impl Read + Seek), len: u64) -> io::Result<Option<u64>> {
    let mut at = 8;
    let mut has_sound = false;
    for _ in 0..MOST_STEPS {
        if at >= len {
            return Ok(None);
        }
        let kind = if len - at < 12 { [0; 4] } else { read::<4>(source, at)? };
        let is_one = kind.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let size = if is_one { u64::from_be_bytes(read(source, at + 4)?) } else { 0 };
        let end = at.saturating_add(12).saturating_add(size);
        if has_sound && &kind == b"caff" {
            return Ok(Some(at));
        }
        // Behind the sound there must be whole ones; else it is longer than it says, or a tag
        // follows.
        if has_sound && (!is_one || end > len) {
            return Ok((len - at <= MOST_REST).then_some(at));
        }
        has_sound |= &kind == b"data";
        at = end;
    }
    Ok(None)
}

/// The end of the boxes of MP4: where a second file begins.
fn end_of_boxes(source: &mut (impl Read + Seek), len: u64) -> io::Result<Option<u64>> {
    let (mut at, mut has_index) = (0, false);
    for _ in 0..MOST_STEPS {
        if at >= len {
            return Ok(None);
        }
        source.seek(SeekFrom::Start(at))?;
        let (kind, header, size) = read_box_header(source, len - at)?;
        if &kind == b"ftyp" && has_index {
            return Ok(Some(at));
        }
        if size < header {
            return Ok(None);
        }
        has_index |= &kind == b"moov";
        at = at.saturating_add(size);
    }
    Ok(None)
}

/// The end before tags and padding that stand behind a file.
fn end_before_tags(source: &mut (impl Read + Seek), len: u64) -> io::Result<u64> {
    let mut end = len;
    loop {
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
            let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| bytes[at + n]));
            if bytes.starts_with(b"APETAGEX") {
                let header = if number(20) & 1 << 31 != 0 { 32 } else { 0 };
                end = end.saturating_sub(u64::from(number(12)).max(32) + header);
            }
        }
        // A tag may end with zeros.
        if end == before {
            end = end_before_zeros(source, end)?;
        }
        if end == before {
            return Ok(end);
        }
    }
}

/// The end before zeros, if there are many.
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

    /// One file alone and cut off anywhere, and two of them.
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
        check(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x82ab", Container::Matroska);
        // Of unknown size, with a cluster of unknown size and a block.
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
        let ape = |flags: u32, behind: &[u8]| {
            let numbers = [2000, 32 + behind.len() as u32, 1, flags].map(u32::to_le_bytes).concat();
            [behind, b"APETAGEX", &numbers, &[0; 8]].concat()
        };
        let id3 = [&b"TAG"[..], &[7; 125]].concat();
        let header = [b"APETAGEX".to_vec(), vec![1; 24]].concat();
        for tags in [
            vec![],
            id3.clone(),
            ape(0, b"items"),
            [header, ape(1 << 31, b"items")].concat(),
            [ape(0, b""), id3.clone()].concat(),
            vec![0; 64],
            [id3, vec![0; 200_000]].concat(),
        ] {
            assert_eq!(end(&[&file[..], &tags].concat(), Container::Flac), file.len());
        }
        assert_eq!(end(&[&file[..], &[0; 40]].concat(), Container::Flac), file.len() + 40);
    }
}
