use std::io::Cursor;

use super::*;

fn boxed(kind: &[u8; 4], body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], &body].concat()
}

/// A file with one track that has this edit list.
fn file(edits: &[u8]) -> Vec<u8> {
    let media = boxed(
        b"mdia",
        &[
            &boxed(b"mdhd", &[&[0; 12], &48_000u32.to_be_bytes()]),
            &boxed(b"hdlr", &[&[0; 8], b"soun"]),
            &boxed(b"minf", &[&boxed(b"stbl", &[&boxed(b"stsd", &[&[0; 12], b"mp4a"])])]),
        ],
    );
    let track = boxed(
        b"trak",
        &[
            &boxed(b"tkhd", &[&[0; 12], &7u32.to_be_bytes()]),
            &boxed(b"edts", &[&boxed(b"elst", &[edits])]),
            &media,
        ],
    );
    [boxed(b"ftyp", &[b"M4A "]), boxed(b"mdat", &[&[9; 100]]), boxed(b"moov", &[&track])].concat()
}

fn read(bytes: &[u8]) -> Vec<Track> {
    look(&mut Cursor::new(bytes), bytes.len() as u64).unwrap().tracks
}

#[test]
fn a_track_is_read_wherever_its_description_stands() {
    let edits = [&[0, 0, 0, 0, 0, 0, 0, 2][..], &[0; 4], &[255; 4], &[0; 4], &[0; 4]];
    let edits = [&edits.concat()[..], &1024u32.to_be_bytes(), &[0; 4]].concat();
    let track = Track {
        id: 7,
        handler: *b"soun",
        codec: *b"mp4a",
        timescale: 48_000,
        edits: vec![Edit { duration: 0, start: None }, Edit { duration: 0, start: Some(1024) }],
        ..Track::default()
    };
    assert_eq!((track.edit_start(), track.empty_start()), (1024, 0));
    assert_eq!(read(&file(&edits)), [track]);
}

#[test]
fn long_edits_are_read_and_no_edits_are_none() {
    let long = [&[1, 0, 0, 0, 0, 0, 0, 1][..], &[0; 8], &2112u64.to_be_bytes(), &[0; 4]];
    assert_eq!(read(&file(&long.concat()))[0].edit_start(), 2112);
    assert_eq!(read(&file(&[0; 8]))[0].edit_start(), 0);
}

#[test]
fn plain_samples_are_those_of_their_entry() {
    let entry = |version: u8, bits: u8, more: &[u8]| {
        let fixed = [&[0; 9][..], &[version], &[0; 6], &[0, 2, 0, bits], &[0; 4]].concat();
        [&fixed[..], &[0x1f, 0x40, 0, 0], more].concat()
    };
    let s16 = Encoding::Same(crate::audio::SampleFormat::S16le);
    let expected = |encoding, is_big_endian, is_signed| {
        let plain = Plain::new(encoding, 2, 8000).unwrap();
        Some(Plain { is_big_endian, is_signed, ..plain })
    };
    let pcm = |flags: u8, bits: u8| [&b"\0\0\0\x0epcmC\0\0\0\0"[..], &[flags, bits]].concat();
    assert_eq!(plain(b"ipcm", &entry(0, 16, &pcm(0, 16))), expected(s16, true, true));
    assert_eq!(plain(b"ipcm", &entry(0, 16, &pcm(1, 16))), expected(s16, false, true));
    let f64 = expected(Encoding::F64le, true, true);
    assert_eq!(plain(b"fpcm", &entry(0, 64, &pcm(0, 64))), f64);
    assert_eq!(plain(b"ipcm", &entry(0, 16, b"")), None);
    assert_eq!(plain(b"ulaw", &entry(1, 16, b"")), expected(Encoding::MuLaw, false, false));
    assert_eq!(plain(b"twos", &entry(0, 8, b"")), expected(Encoding::U8, true, true));
    assert_eq!(plain(b"mp4a", &entry(0, 16, b"")), None);
    assert_eq!(plain(b"twos", &entry(0, 16, b"")[..20]), None);
}

#[test]
fn nonsense_ends_the_walk() {
    let whole = file(&[0; 8]);
    for cut in 0..whole.len() {
        assert!(read(&whole[..cut]).len() <= 1);
    }
    assert_eq!(read(&[0, 0, 0, 3, b'm', b'o', b'o', b'v']), []);
    assert_eq!(read(&[0; 64]), []);
}

/// Whether tags with this many texts are shown in a file that begins with these boxes.
fn shows(before: &[u8], texts: usize) -> bool {
    let text = boxed(b"\xa9nam", &[&boxed(b"data", &[b"\0\0\0\x01\0\0\0\0A"])]);
    let tags = boxed(b"meta", &[&[0; 4], &boxed(b"ilst", &[&text.repeat(texts)])]);
    let bytes = [before, &boxed(b"moov", &[&boxed(b"udta", &[&tags])])].concat();
    let found = look(&mut Cursor::new(&bytes), bytes.len() as u64).unwrap();
    let at = before.len() as u64 + 8 + 4;
    assert!(found.overlays.iter().all(|overlay| *overlay == (at, b"free".to_vec())));
    found.overlays.is_empty()
}

#[test]
fn tags_are_seen_up_to_a_number_of_all_of_them() {
    assert!(shows(&[], MAX_ENTRIES));
    assert!(!shows(&[], MAX_ENTRIES + 1));
    let earlier = boxed(b"meta", &[&b"data".repeat(MAX_ENTRIES - 5)]);
    assert!(shows(&earlier, 5));
    assert!(!shows(&earlier, 6));
}

#[test]
fn boxes_without_end_are_refused_unless_they_are_fragments() {
    let free = boxed(b"free", &[]).repeat(5000);
    let bytes = [&free[..], &boxed(b"moov", &[])].concat();
    let error = look(&mut Cursor::new(&bytes), bytes.len() as u64).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let bytes = [&boxed(b"moov", &[])[..], &free].concat();
    assert!(read(&bytes).is_empty());

    let many = boxed(b"moof", &[]).repeat(MOST_FRAGMENTS / 4);
    let file = |tracks| {
        let tracks = boxed(b"trak", &[]).repeat(tracks);
        [&boxed(b"moov", &[&tracks])[..], &many].concat()
    };
    assert_eq!(read(&file(4)).len(), 4);
    let bytes = file(5);
    let error = look(&mut Cursor::new(&bytes), bytes.len() as u64).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}
