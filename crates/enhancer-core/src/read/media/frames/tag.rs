//! Tags before, between and after frames: ID3, APE and Lyrics3 ("ID3v2.4.0 main structure"; "APEv2
//! specification"; "Lyrics3 v2.00").

use crate::read::media::id3;

/// The maximum size in bytes of a tag that does not state its length at the start. Lyrics3 has up
/// to 5100.
pub(super) const LONGEST: usize = 1 << 13;

/// Whether a tag may begin with this byte.
pub(super) fn may_begin(byte: u8) -> bool {
    matches!(byte, b'I' | b'T' | b'A' | b'L')
}

/// The size in bytes of the tag at the start of `bytes`, if there is one.
pub(super) fn len(bytes: &[u8]) -> Option<u64> {
    match bytes {
        // Among frames, all bytes of the header must be valid.
        [b'I', b'D', b'3', 2..=4, _, _, 0..128, 0..128, 0..128, 0..128, ..] => {
            Some(id3::HEADER + id3::body(&bytes[..id3::HEADER as usize])?)
        }
        [b'T', b'A', b'G', b'+', ..] => Some(227),
        [b'T', b'A', b'G', ..] => Some(128),
        [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', rest @ ..] => {
            let [_, _, _, _, size @ ..] = rest else { return None };
            let [size, _, flags] = size.as_chunks::<4>().0.first_chunk::<3>()?;
            let is_header = u32::from_le_bytes(*flags) & 1 << 29 != 0;
            Some(32 + if is_header { u64::from(u32::from_le_bytes(*size)) } else { 0 })
        }
        _ => lyrics(bytes),
    }
}

fn lyrics(bytes: &[u8]) -> Option<u64> {
    let rest = bytes.strip_prefix(b"LYRICSBEGIN")?;
    let rest = &rest[..rest.len().min(LONGEST)];
    let end = rest.windows(9).position(|mark| mark == b"LYRICSEND" || mark == b"LYRICS200")?;
    Some((11 + end + 9) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_know_how_long_they_are() {
        let ape = |flags: u32| {
            let numbers = [2000, 100, 1, flags].map(u32::to_le_bytes).concat();
            [b"APETAGEX", &numbers[..], &[0; 8]].concat()
        };
        for (bytes, expected) in [
            (b"ID3\x04\0\0\0\0\x02\x01rest".to_vec(), Some(10 + 257)),
            (b"ID3\x04\0\x10\0\0\x02\x01".to_vec(), Some(20 + 257)),
            (b"ID3\x04\0\0\0\0\xff\0".to_vec(), None),
            (b"TAGTitle".to_vec(), Some(128)),
            (b"TAG+Title".to_vec(), Some(227)),
            (ape(1 << 29), Some(132)),
            (ape(0), Some(32)),
            (b"LYRICSBEGININD0000200LYRICS200TAG".to_vec(), Some(30)),
            (b"LYRICSBEGININD00002".to_vec(), None),
            (b"\0\0\0".to_vec(), None),
            (vec![], None),
        ] {
            assert_eq!(len(&bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
