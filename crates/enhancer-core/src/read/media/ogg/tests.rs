use std::io::Cursor;

use super::*;

/// Pages of up to `max` segments that contain the packets.
fn pages(packets: &[Vec<u8>], max: usize) -> Vec<u8> {
    let mut segments: Vec<(u8, &[u8])> = Vec::new();
    for packet in packets {
        for piece in packet.chunks(255) {
            segments.push((piece.len() as u8, piece));
        }
        if packet.len() % 255 == 0 {
            segments.push((0, &[]));
        }
    }
    let page = |segments: &[(u8, &[u8])]| {
        let mut bytes = b"OggS\0\0".to_vec();
        bytes.resize(26, 7);
        bytes.push(segments.len() as u8);
        bytes.extend(segments.iter().map(|(len, _)| *len));
        let body = bytes.len();
        segments.iter().for_each(|(_, piece)| bytes.extend(*piece));
        let mut page = Page { bytes, body };
        page.seal();
        page.bytes
    };
    segments.chunks(max).flat_map(page).collect()
}

fn comments(mark: &[u8], vendor: usize, count: u32) -> Vec<u8> {
    let vendor = vec![b'v'; vendor];
    [mark, &(vendor.len() as u32).to_le_bytes(), &vendor, &count.to_le_bytes(), &[9; 30]].concat()
}

fn seen(file: &[u8]) -> Vec<u8> {
    let mut seen = file.to_vec();
    for (at, bytes) in look(&mut Cursor::new(file)).unwrap().overlays {
        seen[at as usize..at as usize + bytes.len()].copy_from_slice(&bytes);
    }
    seen
}

#[test]
fn the_checksum_is_that_of_a_real_page() {
    // A file that ffmpeg wrote.
    let seed = include_bytes!("../../../../../../fuzz/seeds/decode/speech.opus");
    let mut source = Cursor::new(&seed[..]);
    while let Ok(Some(mut page)) = Page::read(&mut source) {
        let before = page.bytes.clone();
        page.seal();
        assert_eq!(page.bytes, before);
    }
    assert_eq!(source.position(), seed.len() as u64);
    assert_eq!(seen(seed), seed);
}

#[test]
fn an_end_behind_a_whole_page_is_one() {
    let seed = include_bytes!("../../../../../../fuzz/seeds/decode/speech.opus");
    let ends = |bytes: &[u8]| ends_whole(&mut Cursor::new(bytes)).unwrap();
    assert!(ends(seed));
    for missing in [1, 20, 300] {
        assert!(!ends(&seed[..seed.len() - missing]));
    }
    assert!(!ends(&[&seed[..], b"TAG"].concat()));
    assert!(!ends(&[]));
}

#[test]
fn a_last_position_before_the_one_before_it_is_corrected() {
    let seed = include_bytes!("../../../../../../fuzz/seeds/decode/speech.opus");
    let last =
        |file: &[u8]| page_before(&mut Cursor::new(file), file.len() as u64).unwrap().unwrap().1;
    let end = last(seed).position();
    assert!(end > 1000);
    let seed = &[&seed[..], &last(seed).bytes].concat();
    for (position, is_corrected) in [(-1, true), (0, true), (end - 1, true), (end, false)] {
        let mut page = last(seed);
        page.set_position(position);
        let file = [&seed[..], &page.bytes].concat();
        assert_eq!(seen(&file) != file, is_corrected, "{position}");
        assert!(last(&seen(&file)).position() >= end);
    }
}

#[test]
fn counts_are_lowered_wherever_pages_break() {
    let streams: [(&[u8], &[u8]); 3] =
        [(b"OpusHead", b"OpusTags"), (b"\x01vorbis", b"\x03vorbis"), (b"\x7fFLAC", b"\x04\0\0\0")];
    for (first, mark) in streams {
        for vendor in [0, 240, 243, 244, 245, 246, 247, 248, 600] {
            let file = |count| {
                let packets = [first.into(), comments(mark, vendor, count), vec![0xff; 3]];
                pages(&packets, 1)
            };
            assert_eq!(seen(&file(0x01_02_03_04)), file(0x03_04), "{vendor}");
            assert_eq!(seen(&file(0xffff)), file(0xffff));
        }
    }
}

#[test]
fn chapters_of_flac_are_read_wherever_pages_break() {
    let texts = ["CHAPTER001=00:00:01.500", "CHAPTER001NAME=One", "TITLE=A"];
    let text = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let block = [text("maker"), vec![3, 0, 0, 0], texts.map(text).concat()].concat();
    for before in [0, 3, 255, 600] {
        let padding = [vec![1, 0, 0, 0], vec![0; before]].concat();
        let comments = [&b"\x84\0\0\0"[..], &block].concat();
        let packets = [b"\x7fFLAC".to_vec(), padding, comments, vec![0xff; 3]];
        for max in [1, 2, 255] {
            let file = pages(&packets, max);
            let found = look(&mut Cursor::new(&file)).unwrap();
            let expected = vec![Chapter::new(1500, None, "One")];
            assert_eq!(found.chapters, [(u32::from_le_bytes([7; 4]), expected)]);
        }
    }
}

#[test]
fn audio_that_looks_like_comments_is_left_alone() {
    let packets =
        [b"OpusHead".to_vec(), comments(b"OpusTags", 3, 1), comments(b"OpusTags", 3, u32::MAX)];
    let file = pages(&packets, 255);
    assert_eq!(seen(&file), file);
    for cut in 0..file.len() {
        assert_eq!(seen(&file[..cut]), file[..cut]);
    }
}
