//! Tags in the LIST chunk of a WAV file, of the kind INFO: ids of four letters with a text each.

use super::{Gathering, MAX_TEXT_BYTES, Tags};
use crate::audio::riff;

/// INFO's ids and the equivalent names of Vorbis comments. If two ids have the same name, the first
/// is written.
const NAMES: [(&[u8; 4], &str); 18] = [
    (b"INAM", "TITLE"),
    (b"IART", "ARTIST"),
    (b"IPRD", "ALBUM"),
    (b"ICRD", "DATE"),
    (b"ICMT", "COMMENT"),
    (b"IGNR", "GENRE"),
    (b"IPRT", "TRACKNUMBER"),
    (b"ITRK", "TRACKNUMBER"),
    (b"ICOP", "COPYRIGHT"),
    (b"ISFT", "ENCODER"),
    (b"ITCH", "ENCODED-BY"),
    (b"ILNG", "LANGUAGE"),
    (b"IENG", "ENGINEER"),
    (b"IMUS", "COMPOSER"),
    (b"IWRI", "LYRICIST"),
    (b"ISBJ", "SUBJECT"),
    (b"IKEY", "KEYWORDS"),
    // The supplier of the recording; not the International Standard Recording Code.
    (b"ISRC", "SOURCE"),
];

/// The body of the LIST chunk, if any entry can be written.
pub(crate) fn list(tags: &Tags) -> Option<Vec<u8>> {
    let mut body = b"INFO".to_vec();
    for (name, text) in &tags.entries {
        if let Some(id) = id(name) {
            // The text ends with a zero.
            let text: Vec<u8> = text.bytes().filter(|&byte| byte != 0).chain([0]).collect();
            riff::append_chunk(&mut body, &id, &text);
        }
    }
    (body.len() > 4).then_some(body)
}

/// The id of a name: the one in the table, or the name itself if it is one of those that [`read`]
/// returns for unknown ids.
fn id(name: &str) -> Option<[u8; 4]> {
    let known = NAMES.iter().find(|(_, known)| *known == name);
    known.map(|(id, _)| **id).or_else(|| {
        let id: [u8; 4] = name.as_bytes().try_into().ok()?;
        let is_own = id[0] == b'I' && id.iter().all(u8::is_ascii_alphanumeric);
        (is_own && NAMES.iter().all(|(known, _)| **known != id)).then_some(id)
    })
}

/// Reads the body of a LIST chunk, up to the first malformed entry. An id without an equivalent
/// name of a Vorbis comment becomes the name.
pub(crate) fn read(body: &[u8]) -> Tags {
    let mut tags = Gathering::default();
    let mut rest = body.strip_prefix(b"INFO").unwrap_or_default();
    while !tags.is_full()
        && let [a, b, c, d, len @ ..] = rest
        && let Some((len, text)) = len.split_first_chunk()
        && let Some((text, behind)) = text.split_at_checked(u32::from_le_bytes(*len) as usize)
    {
        let id = [*a, *b, *c, *d];
        let name = NAMES.iter().find(|(known, _)| **known == id).map(|(_, name)| *name);
        if let Some(name) = name.or_else(|| str::from_utf8(&id).ok()) {
            tags.push(name, &decoded(text));
        }
        rest = behind.get(text.len() % 2..).unwrap_or_default();
    }
    tags.finish()
}

/// The text up to its end mark, empty if it is too long. The format states no encoding, so text
/// that is not UTF-8 is read as Latin-1.
fn decoded(text: &[u8]) -> String {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.len() > MAX_TEXT_BYTES {
        return String::new();
    }
    match str::from_utf8(text) {
        Ok(text) => text.into(),
        Err(_) => text.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_names_and_texts_any_encoding() {
        let mut body = b"INFO".to_vec();
        riff::append_chunk(&mut body, b"INAM", "Gespräch\0".as_bytes());
        riff::append_chunk(&mut body, b"IART", b"J\xf6rg\0");
        riff::append_chunk(&mut body, b"IARL", b"  Shelf 3 ");
        riff::append_chunk(&mut body, b"ICMT", b"\0");
        let entries = [("TITLE", "Gespräch"), ("ARTIST", "Jörg"), ("IARL", "Shelf 3")];
        let tags = Tags::from_iter(entries);
        assert_eq!(read(&body), tags);
        assert_eq!(read(&list(&tags).unwrap()), tags);
    }

    #[test]
    fn a_malformed_list_gives_what_comes_before() {
        let mut body = b"INFO".to_vec();
        riff::append_chunk(&mut body, b"INAM", b"Talk");
        body.extend(b"IART\xff\xff\xff\xffJ");
        assert_eq!(read(&body), Tags::from_iter([("TITLE", "Talk")]));
        assert!(read(b"adtl").is_empty());
        assert!(read(b"").is_empty());
    }

    #[test]
    fn a_recordings_code_is_not_its_supplier() {
        assert_eq!(list(&Tags::from_iter([("ISRC", "GBAYE0601477")])), None);
    }
}
