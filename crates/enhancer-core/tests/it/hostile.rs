use std::io::Cursor;

use enhancer_core::{Audio, Error, Limits, OpenOptions, open, read_all};

fn decoded(bytes: &[u8], limits: Limits) -> Result<Audio, Error> {
    let options = OpenOptions { limits, ..OpenOptions::default() };
    read_all(&mut *open(Cursor::new(bytes), &options)?)
}

#[track_caller]
fn assert_refused(bytes: &[u8], limit: &str) {
    let error = decoded(bytes, Limits { duration_seconds: 60, ..Limits::default() }).unwrap_err();
    assert_eq!(error.code(), "limit_exceeded", "{error}");
    assert!(error.to_string().starts_with(limit), "{error}");
}

const MEMORY: &str = "what a decoder reads into memory";

/// A Matroska element whose size takes two bytes.
fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &(0x4000 | body.len() as u16).to_be_bytes(), body].concat()
}

/// A Matroska file of one track and one cluster.
fn matroska(codec: &str, private: &[u8], channels: u8, blocks: &[Vec<u8>]) -> Vec<u8> {
    let rate = 48_000f32.to_be_bytes();
    let audio = [element(&[0xb5], &rate), element(&[0x9f], &[channels])].concat();
    let track = [
        element(&[0xd7], &[1]),
        element(&[0x73, 0xc5], &[1]),
        element(&[0x83], &[2]),
        element(&[0x86], codec.as_bytes()),
        element(&[0x63, 0xa2], private),
        element(&[0xe1], &audio),
    ];
    let info = [
        element(&[0x2a, 0xd7, 0xb1], &1_000_000u32.to_be_bytes()),
        element(&[0x4d, 0x80], b"test"),
        element(&[0x57, 0x41], b"test"),
    ];
    let cluster = [element(&[0xe7], &[0]), blocks.concat()].concat();
    let segment = [
        element(&[0x15, 0x49, 0xa9, 0x66], &info.concat()),
        element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], &track.concat())),
        element(&[0x1f, 0x43, 0xb6, 0x75], &cluster),
    ];
    let head = element(&[0x42, 0x82], b"matroska");
    [
        element(&[0x1a, 0x45, 0xdf, 0xa3], &head),
        element(&[0x18, 0x53, 0x80, 0x67], &segment.concat()),
    ]
    .concat()
}

/// A block of the track that says how many milliseconds it lasts.
fn block(packet: &[u8], milliseconds: u16) -> Vec<u8> {
    let block = [&[0x81, 0, 0, 0], packet].concat();
    let duration = milliseconds.to_be_bytes();
    element(&[0xa0], &[element(&[0xa1], &block), element(&[0x9b], &duration)].concat())
}

/// lewton 0.10.2 and symphonia 0.6.1 make room for what a codebook says that it
/// holds, one after the other without a bound on all of them.
#[test]
fn codebooks_of_vorbis_cannot_ask_for_any_memory() {
    let ident = |channels| {
        let rates = [[0x80, 0xbb, 0, 0], [0; 4], [0; 4], [0; 4]].concat();
        [b"\x01vorbis\0\0\0\0", &[channels][..], &rates, &[0xb8, 1]].concat()
    };
    // One codebook of 2^24 - 1 vectors of 65 535 numbers.
    let setup = b"\x05vorbis\0BCV\xff\xff\xff\xff\xff\x01";
    for channels in [2, 6] {
        let ident = ident(channels);
        let private = [&[2, ident.len() as u8, 0], &ident[..], setup].concat();
        assert_refused(&matroska("A_VORBIS", &private, channels, &[block(&[0], 20)]), MEMORY);
    }
}

/// symphonia 0.6.1 makes room for a packet of as many samples as the file says.
#[test]
fn packets_of_caf_cannot_ask_for_any_memory() {
    let chunk =
        |kind: &[u8; 4], body: &[u8]| [kind, &(body.len() as u64).to_be_bytes()[..], body].concat();
    let numbers = [34u32, u32::MAX, 1, 0].map(u32::to_be_bytes).concat();
    let format = [&48_000f64.to_be_bytes(), &b"ima4\0\0\0\0"[..], &numbers].concat();
    let bytes = [b"caff\0\x01\0\0".to_vec(), chunk(b"desc", &format), chunk(b"data", &[0; 4 + 34])];
    assert_refused(&bytes.concat(), MEMORY);
}

/// Silence takes the place of what cannot be decoded: a second for a few bytes.
#[test]
fn silence_for_damage_is_bounded_as_sound_is() {
    let head = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0";
    let sound = block(&[0xf8, 0xff, 0xfe], 20);
    // A packet of no frames.
    let broken = block(&[0x03, 0x00], 1000);
    let file = |seconds| [vec![sound.clone()], vec![broken.clone(); seconds]].concat();
    let bytes = matroska("A_OPUS", head, 1, &file(50));
    assert_eq!(decoded(&bytes, Limits::default()).unwrap().len(), 960 + 50 * 48_000);
    assert_refused(&matroska("A_OPUS", head, 1, &file(70)), "the duration in seconds");
}
