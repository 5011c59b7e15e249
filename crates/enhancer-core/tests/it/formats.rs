use std::io::{Cursor, Read, Seek, SeekFrom};

use enhancer_core::{
    AudioFormat, Damage, Error, Limits, OpenOptions, Planes, SampleFormat, Tags, create, open,
    read_all,
};
use proptest::prelude::*;

use crate::support::{any_floats, assert_same, encoded, encoded_in_pieces, heard, storable, wav};

const FORMATS: [SampleFormat; 4] =
    [SampleFormat::S16le, SampleFormat::S24le, SampleFormat::S32le, SampleFormat::F32le];

fn decoded(bytes: &[u8], raw: Option<AudioFormat>) -> Result<(AudioFormat, Planes), Error> {
    let mut reader = open(Cursor::new(bytes), &OpenOptions::default().with_raw(raw))?;
    let format = *reader.format();
    Ok((format, read_all(&mut *reader)?.into_planes()))
}

#[track_caller]
fn refused(bytes: &[u8]) -> Error {
    decoded(bytes, None).expect_err("it was read")
}

#[test]
fn what_was_written_is_read_back() {
    for sample_format in FORMATS {
        for channels in [1, 2, 3, 6, 19, 64] {
            for (len, rate) in [(0, 8_000), (1, 44_100), (1025, 48_000), (40_001, 192_000)] {
                let planes = storable(sample_format, channels, len);
                let raw = AudioFormat::raw(sample_format, rate, channels as u16);
                let expected = heard(planes.clone());
                let (format, read) = decoded(&encoded(&raw, &planes), Some(raw)).unwrap();
                assert_eq!(format, raw);
                assert_same(&read, &expected, "raw");

                let wav = wav(raw);
                let (format, read) = decoded(&encoded(&wav, &planes), None).unwrap();
                assert_eq!(format, wav);
                assert_same(&read, &expected, "wav");
            }
        }
    }
}

#[test]
fn a_channel_mask_is_kept() {
    let surround = wav(AudioFormat::raw(FORMATS[0], 48_000, 6)).with_channel_mask(0x3f);
    let (format, _) = decoded(&encoded(&surround, &vec![vec![0.5; 10]; 6]), None).unwrap();
    assert_eq!(format.channel_mask, 0x3f);
}

/// A source that gives a few bytes at a time.
struct Trickle<R>(R, usize);

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}

impl<R: Seek> Seek for Trickle<R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn pieces_equal_the_whole(
        channels in 1usize..5,
        len in 0usize..20_000,
        write in 1usize..5_000,
        read in 1usize..5_000,
        trickle in 1usize..10_000,
    ) {
        let format = wav(AudioFormat::raw(SampleFormat::F32le, 48_000, channels as u16));
        let planes = any_floats(channels, len, 9);
        let bytes = encoded_in_pieces(&format, &planes, write);
        prop_assert_eq!(&bytes, &encoded(&format, &planes));

        let source = Trickle(Cursor::new(&bytes), trickle);
        let mut reader = open(source, &OpenOptions::default()).unwrap();
        prop_assert_eq!(reader.len(), Some(len as u64));
        let mut pieces = vec![Vec::new(); channels];
        loop {
            let came = reader.read(&mut pieces, read).unwrap();
            prop_assert!(came == read || pieces[0].len() == len);
            if came == 0 {
                break;
            }
        }
        assert_same(&pieces, &heard(planes), "pieces");
    }

    #[test]
    fn a_damaged_file_never_panics(at in 0usize..44, value: u8, cut in 0usize..100) {
        let format = wav(AudioFormat::raw(SampleFormat::S16le, 48_000, 2));
        let mut bytes = encoded(&format, &vec![vec![0.25; 14]; 2]);
        bytes[at] = value;
        bytes.truncate(cut);
        if let Ok((format, planes)) = decoded(&bytes, None) {
            prop_assert_eq!(planes.len(), usize::from(format.channels));
        }
    }
}

/// What a program that knows no more writes: 44 bytes, then the samples.
fn sound_file() -> Vec<u8> {
    let mut bytes = b"RIFF\xb4\x01\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    bytes.extend(48_000u32.to_le_bytes());
    bytes.extend(192_000u32.to_le_bytes());
    bytes.extend(b"\x04\0\x10\0data\x90\x01\0\0");
    bytes.extend([0, 0x20].repeat(200));
    bytes
}

fn sound() -> Planes {
    vec![vec![0.25; 100]; 2]
}

#[test]
fn a_file_written_into_a_pipe_is_read_to_its_end() {
    for size in [0, u32::MAX] {
        let mut bytes = sound_file();
        bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        bytes[40..44].copy_from_slice(&size.to_le_bytes());
        assert_eq!(decoded(&bytes, None).unwrap().1, sound());
    }
}

#[test]
fn a_file_whose_recorder_crashed_is_read_to_its_end() {
    let mut bytes = sound_file();
    bytes[4..8].copy_from_slice(&36u32.to_le_bytes());
    bytes[40..44].copy_from_slice(&0u32.to_le_bytes());
    assert_eq!(decoded(&bytes, None).unwrap().1, sound());
}

#[test]
fn an_empty_file_with_tags_holds_no_sample() {
    let mut bytes = encoded(&wav(AudioFormat::raw(SampleFormat::S16le, 48_000, 1)), &vec![vec![]]);
    bytes.extend(b"LIST\x04\0\0\0INFO");
    let len = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&len.to_le_bytes());
    assert_eq!(decoded(&bytes, None).unwrap().1, vec![Vec::<f32>::new()]);
}

#[test]
fn chunks_around_the_samples_are_passed_over() {
    let sound_file = sound_file();
    let mut bytes = sound_file[..12].to_vec();
    // An odd length, and the byte that pads it.
    bytes.extend(b"LIST\x03\0\0\0abc\0");
    bytes.extend(&sound_file[12..]);
    bytes.extend(b"id3 \x04\0\0\0tags");
    assert_eq!(decoded(&bytes, None).unwrap().1, sound());
}

#[test]
fn a_broken_header_says_what_is_wrong() {
    let with = |at: usize, value: &[u8]| {
        let mut bytes = sound_file();
        bytes[at..at + value.len()].copy_from_slice(value);
        refused(&bytes).to_string()
    };
    assert!(with(22, &[0, 0]).contains("0 channels"));
    assert!(with(24, &[0; 4]).contains("0 Hz"));
    assert!(with(32, &[9, 0]).contains("9 bytes per frame, expected 4"));
    assert!(with(12, b"junk").contains("data chunk comes before the format"));
    assert!(with(36, b"junk").contains("without a data chunk"));
    assert!(with(20, &[17, 0]).contains("ADPCM"));
    assert!(with(34, &[48, 0]).contains("48-bit integer"));
    assert!(with(20, &[0x31, 0]).contains("GSM 6.10"));
    assert!(with(20, &[0x99, 0]).contains("0x0099"));
    assert_eq!(refused(&sound_file()[..20]).code(), "corrupt_audio");
    assert_eq!(refused(&sound_file()[..38]).code(), "corrupt_audio");
}

#[test]
fn other_formats_are_told_by_name() {
    let empty = refused(b"");
    assert_eq!(empty.code(), "unsupported_audio");
    assert_eq!(empty.to_string(), "the source is empty");
    let named: [(&[u8], &str); 3] =
        [(b"#!AMR\n", "AMR"), (b"\x89PNG", "PNG"), (b"Dear diary, today", "this is text")];
    for (bytes, name) in named {
        let error = refused(bytes);
        assert_eq!(error.code(), "unsupported_audio");
        let message = error.to_string();
        assert!(message.contains(name), "{message}");
        assert!(message.contains("supported formats: WAV"), "{message}");
    }
}

#[test]
fn what_is_only_the_beginning_of_audio_is_told_by_name() {
    let named: [(&[u8], &str); 4] = [
        (b"fLaC\0\0\0\x22", "ends before its audio"),
        (b"ID3\x04\0\0\0\0\0\0", "MP3"),
        (b"\0\0\0\x20ftypM4A ", "the index of this MP4 (moov)"),
        (b"OggS\0\x02", "ends before its audio"),
    ];
    for (bytes, name) in named {
        let error = refused(bytes);
        assert_eq!(error.code(), "corrupt_audio");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_format_without_rate_or_channels_is_refused() {
    let stereo = AudioFormat::raw(SampleFormat::F32le, 48_000, 2);
    for silly in [stereo.with_channels(0), stereo.with_sample_rate(0)] {
        assert_eq!(decoded(&[0; 8], Some(silly)).unwrap_err().code(), "invalid_value");
        assert_eq!(
            create(Cursor::new(Vec::new()), &silly, &Tags::default()).err().unwrap().code(),
            "invalid_value"
        );
    }
}

#[test]
fn a_plane_for_each_channel_is_needed_to_read() {
    let raw = AudioFormat::raw(SampleFormat::F32le, 48_000, 2);
    let flac = include_bytes!("../../../../fuzz/seeds/decode/16.flac");
    for (bytes, raw) in [(&[0; 64][..], Some(raw)), (&sound_file(), None), (flac, None)] {
        let options = OpenOptions::default().with_raw(raw);
        let mut reader = open(Cursor::new(bytes), &options).unwrap();
        let channels = usize::from(reader.format().channels);
        for planes in [0, channels - 1, channels + 1] {
            let error = reader.read(&mut vec![Vec::new(); planes], 10).unwrap_err();
            assert_eq!(error.code(), "invalid_value");
        }
        assert!(reader.read(&mut vec![Vec::new(); channels], 10).unwrap() > 0);
    }
}

/// What is read of the first `len` bytes of a file, and what of them is reported to be
/// damaged; then the error, if damage is one.
fn damaged(bytes: &[u8], raw: Option<AudioFormat>) -> (Planes, Option<Damage>, Option<Error>) {
    let options = OpenOptions::default().with_raw(raw);
    let mut reader = open(Cursor::new(bytes), &options).unwrap();
    let planes = read_all(&mut *reader).unwrap().into_planes();
    let damage = reader.damage().cloned();
    drop(reader);
    let strict = open(Cursor::new(bytes), &options.with_strict(true));
    (planes, damage, strict.err())
}

#[test]
fn of_a_truncated_file_what_is_there_is_read_and_told() {
    let bytes = sound_file();
    let (planes, damage, error) = damaged(&bytes, None);
    assert_eq!((planes, damage), (sound(), None));
    assert!(error.is_none());
    let (planes, damage, error) = damaged(&bytes[..bytes.len() - 10], None);
    assert_eq!(planes, vec![vec![0.25; 97]; 2]);
    let damage = damage.unwrap();
    assert_eq!(damage.reason, "the file ends early: it has 390 of 400 bytes of samples");
    assert!((damage.at_seconds - 97.0 / 48_000.0).abs() < 1e-6);
    assert_eq!(damage.places, 1);
    let error = error.unwrap();
    assert_eq!(error.code(), "corrupt_audio");
    assert_eq!(
        error.to_string(),
        "damaged audio at byte 434: the file ends early: it has 390 of 400 bytes of samples"
    );
    let (planes, damage, _) = damaged(&bytes[..44], None);
    assert_eq!((planes, damage.unwrap().at_seconds), (vec![vec![]; 2], 0.0));
}

#[test]
fn of_a_part_of_a_sample_at_the_end_is_told() {
    let reason = "3 bytes are left over; a frame of 2 channels has 4 bytes";
    let mut bytes = sound_file();
    bytes[40..44].copy_from_slice(&391u32.to_le_bytes());
    let raw = AudioFormat::raw(SampleFormat::S16le, 48_000, 2);
    for (bytes, raw) in [(&bytes[..], None), (&bytes[44..435], Some(raw))] {
        let (planes, damage, error) = damaged(bytes, raw);
        assert_eq!(planes, vec![vec![0.25; 97]; 2]);
        assert_eq!(damage.unwrap().reason, reason);
        assert!(error.unwrap().to_string().ends_with(reason));
    }
}

/// A WAV file of one channel whose samples are stored in that way.
fn coded_wav(tag: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0".to_vec();
    bytes.extend(tag.to_le_bytes());
    bytes.extend(b"\x01\0\x40\x1f\0\0\0\0\0\0");
    bytes.extend(bits.div_ceil(8).to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn samples_that_are_not_written_are_read_at_a_depth_that_is() {
    let stored = |tag, bits, data: &[u8]| {
        let (format, planes) = decoded(&coded_wav(tag, bits, data), None).unwrap();
        (format.sample_format, planes[0].clone())
    };
    let f64s: Vec<u8> = [0.1f64, -2.5].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert_eq!(stored(1, 8, &[0, 128, 192]), (SampleFormat::S16le, vec![-1.0, 0.0, 0.5]));
    assert_eq!(stored(3, 64, &f64s), (SampleFormat::F32le, vec![0.1, -2.5]));
    let laws = [32_256.0, -8.0].map(|sample| sample / 32_768.0);
    assert_eq!(stored(6, 8, &[0xaa, 0x55]), (SampleFormat::S16le, laws.to_vec()));
    let laws = [-32_124.0, 0.0].map(|sample| sample / 32_768.0);
    assert_eq!(stored(7, 8, &[0x00, 0xff]), (SampleFormat::S16le, laws.to_vec()));
    // 20 bits in 24, 12 in 16.
    assert_eq!(stored(1, 20, &[0, 0, 0x40]), (SampleFormat::S24le, vec![0.5]));
    assert_eq!(stored(1, 12, &[0, 0xc0]), (SampleFormat::S16le, vec![-0.5]));
}

#[test]
fn a_file_of_64_bit_sizes_is_read() {
    for id in [b"RF64", b"BW64"] {
        let sound_file = sound_file();
        let mut bytes = id.to_vec();
        bytes.extend(b"\xff\xff\xff\xffWAVEds64\x1c\0\0\0");
        bytes.extend((sound_file.len() as u64 + 36 - 8).to_le_bytes());
        bytes.extend(400u64.to_le_bytes());
        bytes.extend(100u64.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(&sound_file[12..40]);
        bytes.extend([0xff; 4]);
        bytes.extend(&sound_file[44..]);
        bytes.extend(b"LIST\x04\0\0\0INFO");
        assert_eq!(decoded(&bytes, None).unwrap().1, sound());
        // A recorder that crashed left the sizes at 0.
        bytes.truncate(bytes.len() - 12);
        bytes[20..36].fill(0);
        assert_eq!(decoded(&bytes, None).unwrap().1, sound());
        // Ones that were cut off, whatever they declare.
        for declared in [4000, 0x7f7f_7f7f_7f7f_7f7f] {
            bytes[28..36].copy_from_slice(&u64::to_le_bytes(declared));
            let (planes, damage, error) = damaged(&bytes, None);
            assert_eq!(planes, sound());
            assert!(damage.unwrap().reason.starts_with("the file ends early"));
            assert_eq!(error.unwrap().code(), "corrupt_audio");
        }
    }
}

#[test]
fn a_file_of_nothing_but_headers_is_given_up() {
    let mut bytes = sound_file()[..12].to_vec();
    bytes.extend(b"junk\0\0\0\0".repeat(100_000));
    assert!(refused(&bytes).to_string().contains("without a data chunk"));
}

#[test]
fn limits_are_named() {
    let bytes = sound_file();
    let limited = |limits| {
        open(Cursor::new(&bytes), &OpenOptions::default().with_limits(limits)).err().unwrap()
    };
    let error = limited(Limits::default().with_channels(1));
    assert_eq!(error.code(), "limit_exceeded");
    assert_eq!(error.to_string(), "the number of channels is 2, the limit is 1");
    let error = limited(Limits::default().with_sample_rate(44_100));
    assert_eq!(error.to_string(), "the sample rate in Hz is 48000, the limit is 44100");
}

#[test]
fn a_writer_refuses_what_does_not_fit() {
    let format = wav(AudioFormat::raw(SampleFormat::S16le, 48_000, 2));
    let mut writer = create(Cursor::new(Vec::new()), &format, &Tags::default()).unwrap();
    assert_eq!(writer.write(&[vec![0.0]]).unwrap_err().code(), "invalid_value");
    assert_eq!(writer.write(&[vec![0.0], vec![]]).unwrap_err().code(), "invalid_value");
    let wide = format.with_channels(40_000);
    assert_eq!(
        create(Cursor::new(Vec::new()), &wide, &Tags::default()).err().unwrap().code(),
        "unwritable_audio"
    );
}
