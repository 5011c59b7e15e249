use proptest::prelude::*;

use super::*;

/// A tag of that version with these frames: id, flags, content.
fn tag(version: u8, flags: u8, frames: &[([u8; 4], [u8; 2], &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (id, flags, content) in frames {
        body.extend(id);
        let len = content.len() as u32;
        assert!(len < 128, "the same in both versions");
        body.extend(len.to_be_bytes());
        body.extend(flags);
        body.extend(*content);
    }
    let mut tag = vec![b'I', b'D', b'3', version, 0, flags, 0, 0];
    tag.extend([(body.len() >> 7) as u8, body.len() as u8 & 0x7f]);
    tag.extend(body);
    tag
}

#[test]
fn frames_get_the_names_of_vorbis_comments() {
    let frames: [([u8; 4], [u8; 2], &[u8]); 6] = [
        (*b"TIT2", [0; 2], b"\0T\xeate-\xe0-t\xeate"),
        (*b"TPE1", [0; 2], b"\x01\xff\xfeA\0n\0n\0"),
        (*b"TCON", [0; 2], b"\0(101)"),
        (*b"TXXX", [0; 2], b"\0Room\0B 12"),
        (*b"COMM", [0; 2], b"\0eng\0take two"),
        (*b"TFLT", [0; 2], b"\0WAV"),
    ];
    let expected = Tags::from_iter([
        ("TITLE", "Tête-à-tête"),
        ("ARTIST", "Ann"),
        ("GENRE", "Speech"),
        ("ROOM", "B 12"),
        ("COMMENT", "take two"),
        ("TFLT", "WAV"),
    ]);
    for version in [3, 4] {
        assert_eq!(read(&tag(version, 0, &frames)), expected);
    }
}

#[test]
fn a_tag_that_was_unsynchronised_is_read() {
    // UTF-16's byte order mark, with the zero that unsynchronisation inserts after 0xff.
    let frames: [([u8; 4], [u8; 2], &[u8]); 1] = [(*b"TIT2", [0; 2], b"\x01\xff\0\xfeA\0")];
    let mut tag = tag(3, 0x80, &frames);
    // The frame's length does not include that zero.
    tag[10 + 7] -= 1;
    assert_eq!(read(&tag), Tags::from_iter([("TITLE", "A")]));
}

#[test]
fn frames_that_could_grow_or_lie_are_passed_over() {
    let title: ([u8; 4], [u8; 2], &[u8]) = (*b"TIT2", [0; 2], b"\0Talk");
    let expected = Tags::from_iter([("TITLE", "Talk")]);
    let compressed: ([u8; 4], [u8; 2], &[u8]) =
        (*b"TALB", [0, 0x80], b"\0\0\0\xff\x78\x9c\x03\0\0\0\0\x01");
    assert_eq!(read(&tag(3, 0, &[compressed, title])), expected);
    let compressed = (*b"TALB", [0, 0x09], compressed.2);
    assert_eq!(read(&tag(4, 0, &[compressed, title])), expected);
    let too_short_for_its_length = (*b"TALB", [0, 0x01], &b"\0A"[..]);
    assert_eq!(read(&tag(4, 0, &[too_short_for_its_length, title])), expected);

    let mut lying = tag(3, 0, &[title, (*b"TALB", [0; 2], b"\0A")]);
    let at = lying.len() - 8;
    lying[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(read(&lying), expected);
}

#[test]
fn only_the_outermost_of_deeply_nested_chapters_is_read() {
    let mut body = Vec::new();
    for depth in 0..2000u32 {
        // The ids of four bytes each; the remaining bytes hold nested chapters.
        let left = (2000 - depth - 1) * 28;
        body.extend(b"CHAP");
        body.extend([21, 14, 7, 0].map(|shift| ((left + 18) >> shift) as u8 & 0x7f));
        body.extend([0; 2]);
        body.extend([b'c', 0]);
        body.extend([0; 16]);
    }
    let mut tag = b"ID3\x04\0\0".to_vec();
    tag.extend([21, 14, 7, 0].map(|shift| (body.len() >> shift) as u8 & 0x7f));
    tag.extend(body);
    let tags = read(&tag);
    assert_eq!((tags.chapters.len(), tags.entries.len()), (1, 0));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        version in 2u8..6,
        flags: u8,
        body in prop::collection::vec(prop::sample::select(&b"\0\0\0\x01\x03\x08\x7f\x80\xffTIT2COMMAPICXA"[..]), 0..200),
    ) {
        let mut tag = vec![b'I', b'D', b'3', version, 0, flags, 0, 0, 1, 72];
        tag.extend(body);
        read(&tag);
    }

    #[test]
    fn any_frame_is_read_without_a_panic(
        id in prop::sample::select(vec![*b"TIT2", *b"TXXX", *b"COMM", *b"USLT", *b"APIC", *b"TCON"]),
        coding in 0u8..4,
        version in 3u8..5,
        content in prop::collection::vec(prop::sample::select(&b"\0\0\0\x01\x02\x03\xff\xfe(1)\xd8A"[..]), 0..40),
    ) {
        read(&tag(version, 0, &[(id, [0, coding], &content)]));
    }
}
