use std::io::Cursor;

use enhancer_core::{Audio, Error, Limits, Model, OpenOptions, open, read_all};

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

/// The bytes that hexadecimal digits stand for, which may be broken over lines.
fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// tract 0.23.9 makes a list of all places in the window of a pool.
#[test]
fn the_window_of_a_pool_cannot_ask_for_any_memory() {
    let model = bytes(
        "\
        1800000054464c3300000e00140010000c000800000004000e000000100000007c000000f003000003000000\
        04000000680000004c0000002400000004000000c6ffffff0400000010000000000000000100000002000000\
        03000000e2ffffff040000001000000001000000020000000300000004000000000006000800040006000000\
        040000000c00000002000000030000000400000064ffffff01000000100000000c00140010000c0008000400\
        0c000000100000005001000054010000580100000500000020010000ec000000900000004800000004000000\
        ceffffff1400000000000015100000001400000004000000c0ffffff01000000080000000200000000000000\
        0700000000000e001800140010000c000b0004000e000000180000000000001b140000001800000003000000\
        0400040004000000010000000700000002000000050000000600000000000e001a00140010000c000b000400\
        0e000000240000000000000530000000340000000200000000000e001400000010000c00080004000e000000\
        020000000200004001000000010000000100000005000000010000000400000000000a0010000c0008000400\
        0a0000000c0000001000000001000000010000000400000002000000020000000300000000000a000c000000\
        080004000a000000080000000c00000001000000020000000200000000000000010000000100000008000000\
        010000000000000009000000cc010000800100003401000000010000c8000000900000005c00000034000000\
        040000006efeffff0000000108000000140000000800000074656e736f722038000000000200000001000000\
        180000009afeffff0000000108000000140000000800000074656e736f722037000000000000000006ffffff\
        00000001100000000300000000000002140000000800000074656e736f722036000000000100000004000000\
        eefeffff0000000108000000140000000800000074656e736f72203500000000040000000100000002000000\
        030000000400000022ffffff0000000108000000140000000800000074656e736f7220340000000004000000\
        010000000200000003000000040000009effffff000000011000000002000000000000021400000008000000\
        74656e736f72203300000000010000000400000086ffffff0000000108000000140000000800000074656e73\
        6f7220320000000003000000020000000300000004000000000016001800140013000c000800000000000000\
        000007001600000000000001100000000100000000000002140000000800000074656e736f72203100000000\
        01000000030000000000160010000c0000000000080000000000000000000700160000000000000108000000\
        140000000800000074656e736f72203000000000020000000100000018000000050000005000000034000000\
        240000001400000004000000d0ffffff1200000000000012dcffffff4a0000000000004ae8ffffff01000000\
        00000001f4ffffff16000000002a00160c000c000b000000000004000c0000001600000000000016\
        ",
    );
    let error = Model::from_tflite(&model).unwrap_err();
    assert_eq!(error.code(), "limit_exceeded", "{error}");
}

/// Options of an unknown kind, which the reader of flatbuffers does not check, lie
/// outside the file, and another operator has options that are not its own.
#[test]
fn options_outside_the_file_are_left_out() {
    let model = bytes(
        "\
        1800000054464c3300000e00140010000c000800000004000e0000001000000094000000b803000003000000\
        050000008000000064000000340000002000000004000000b2ffffff040000000c0000000100000000000000\
        02000000caffffff04000000040000000000f040daffffff0400000018000000000000000100000002000000\
        000000000000000000000000000006000800040006000000040000000c000000020000000300000004000000\
        38ffffff01000000100000000c00140010000c00080004000c00000010000000f4000000f8000000fc000000\
        04000000c40000007c00000038000000040000009effffff14ffff0000000015100000001400000003000000\
        90ffffff0100000008000000020000000000000007000000ceffffff140000000000001b1000000014000000\
        02000000c0ffffff010000000700000002000000050000000600000000000e001800140010000c004b000400\
        0e000000180000000000002b1400000018000000010000000400040004000000010000000500000003000000\
        02000000030000000400000000000a000c000000080004000a000000080000000c0000000100000002000000\
        0200000000000000010000000100000008000000010000000000000009000000d80100008c01000040010000\
        08010000dc000000900000005c000000340000000400000062feffff00000001080000001400000008000000\
        74656e736f722038000000000200000001000000180000008efeffff00000001080000001400000008000000\
        74656e736f7220370000000000000000fafeffff000000011000000004000000000000021400000008000000\
        74656e736f722036000000000100000003000000e2feffff0000000108000000140000000800000074656e73\
        6f7220350000000003000000030000000500000004000000000016001400100000000c000800000000000000\
        0000070016000000000000010c00000003000000140000000800000074656e736f7220340000000000000000\
        9affffff00000001100000000200000000000002140000000800000074656e736f7220310000000002000000\
        030000000200000086ffffff0000000108000000140000000800000074656e736f7220320000000003000000\
        020000000300000004000000000016001800140013000c000800000000000000000007001600000000000001\
        100000000100000000000002140000000800000074656e736f72203100000000010000000300000000001600\
        10000c0000000000080000000000000000000700160000000000000108000000140000000800000074656e73\
        6f722030000000000200000001000000180000000400000040000000240000001400000004000000dcffffff\
        1200000000000012e8ffffff4a0000000000004af4ffffff3c0000000000003c0c000c000b00000000000400\
        0c0000001600000000000016\
        ",
    );
    let error = Model::from_tflite(&model).unwrap_err().to_string();
    assert!(error.contains("Wrong option type PadV2Options"), "{error}");
}
