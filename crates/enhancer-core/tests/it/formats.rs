use std::io::{Cursor, Read, Seek, SeekFrom};

use enhancer_core::{
    AudioFormat, Container, Error, Limits, OpenOptions, Planes, SampleFormat, Tags, create, open,
    read_all,
};
use proptest::prelude::*;

use crate::support::{any_floats, assert_same, encoded, wav};

const FORMATS: [SampleFormat; 4] =
    [SampleFormat::S16le, SampleFormat::S24le, SampleFormat::S32le, SampleFormat::F32le];

fn decoded(bytes: &[u8], raw: Option<AudioFormat>) -> Result<(AudioFormat, Planes), Error> {
    let mut reader = open(Cursor::new(bytes), &OpenOptions { raw, ..OpenOptions::default() })?;
    let format = *reader.format();
    Ok((format, read_all(&mut *reader)?.into_planes()))
}

#[track_caller]
fn refused(bytes: &[u8]) -> Error {
    decoded(bytes, None).expect_err("it was read")
}

/// Samples that the format stores without loss.
fn storable(format: SampleFormat, channels: usize, len: usize) -> Planes {
    let scale = 2f32.powi(i32::from(format.bits().min(24)) - 1);
    let mut planes = any_floats(channels, len, 7);
    if format != SampleFormat::F32le {
        for sample in planes.iter_mut().flatten() {
            let wrapped = (sample.to_bits() as i32) >> 8;
            *sample = (wrapped % scale as i32) as f32 / scale;
        }
    }
    planes
}

#[test]
fn what_was_written_is_read_back() {
    for sample_format in FORMATS {
        for channels in [1, 2, 3, 6, 19, 64] {
            for (len, rate) in [(0, 8_000), (1, 44_100), (1025, 48_000), (40_001, 192_000)] {
                let planes = storable(sample_format, channels, len);
                let raw = AudioFormat::raw(sample_format, rate, channels as u16);
                let (format, read) = decoded(&encoded(&raw, &planes), Some(raw)).unwrap();
                assert_eq!(format, raw);
                assert_same(&read, &planes, "raw");

                let wav = wav(raw);
                let (format, read) = decoded(&encoded(&wav, &planes), None).unwrap();
                assert_eq!(format, wav);
                assert_same(&read, &planes, "wav");
            }
        }
    }
}

#[test]
fn a_channel_mask_is_kept() {
    let surround =
        AudioFormat { channel_mask: 0x3f, ..wav(AudioFormat::raw(FORMATS[0], 48_000, 6)) };
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
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = create(&mut bytes, &format, &Tags::default()).unwrap();
        for from in (0..len).step_by(write) {
            let piece = |plane: &Vec<f32>| plane[from..len.min(from + write)].to_vec();
            writer.write(&planes.iter().map(piece).collect::<Vec<_>>()).unwrap();
        }
        writer.finish().unwrap();
        drop(writer);
        let bytes = bytes.into_inner();
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
        assert_same(&pieces, &planes, "pieces");
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

fn sound_file() -> Vec<u8> {
    encoded(&wav(AudioFormat::raw(SampleFormat::S16le, 48_000, 2)), &vec![vec![0.25; 100]; 2])
}

#[test]
fn a_file_written_into_a_pipe_is_read_to_its_end() {
    for size in [0, u32::MAX] {
        let mut bytes = sound_file();
        bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        bytes[40..44].copy_from_slice(&size.to_le_bytes());
        assert_eq!(decoded(&bytes, None).unwrap().1, vec![vec![0.25; 100]; 2]);
    }
}

#[test]
fn a_file_whose_recorder_crashed_is_read_to_its_end() {
    let mut bytes = sound_file();
    bytes[4..8].copy_from_slice(&36u32.to_le_bytes());
    bytes[40..44].copy_from_slice(&0u32.to_le_bytes());
    assert_eq!(decoded(&bytes, None).unwrap().1, vec![vec![0.25; 100]; 2]);
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
    let sound = sound_file();
    let mut bytes = sound[..12].to_vec();
    // An odd length, and the byte that pads it.
    bytes.extend(b"LIST\x03\0\0\0abc\0");
    bytes.extend(&sound[12..]);
    bytes.extend(b"id3 \x04\0\0\0tags");
    assert_eq!(decoded(&bytes, None).unwrap().1, vec![vec![0.25; 100]; 2]);
}

#[test]
fn a_truncated_file_says_where_it_ends() {
    let bytes = sound_file();
    let error = refused(&bytes[..bytes.len() - 10]);
    assert_eq!(error.code(), "corrupt_audio");
    assert_eq!(
        error.to_string(),
        "damaged audio at byte 434: the file ends early: of 400 bytes of samples 390 are there"
    );
    assert_eq!(refused(&bytes[..20]).code(), "corrupt_audio");
    assert_eq!(refused(&bytes[..38]).code(), "corrupt_audio");
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
    assert!(with(32, &[9, 0]).contains("9 bytes a sample of all channels, expected 4"));
    assert!(with(12, b"junk").contains("data chunk comes before the format"));
    assert!(with(36, b"junk").contains("without a data chunk"));
    assert!(with(20, &[6, 0]).contains("A-law"));
    assert!(with(34, &[8, 0]).contains("8-bit integer"));
    assert!(with(20, &[0x55, 0]).contains("0x0055"));
}

#[test]
fn other_formats_are_told_by_name() {
    let named: [(&[u8], &str); 6] = [
        (b"", "empty"),
        (b"fLaC\0\0\0\x22", "FLAC"),
        (b"ID3\x04\0\0\0\0", "MP3"),
        (b"\0\0\0\x20ftypM4A ", "MP4 or M4A"),
        (b"RF64\xff\xff\xff\xffWAVE", "RF64"),
        (b"Dear diary, today", "\"Dear diary, \""),
    ];
    for (bytes, name) in named {
        let error = refused(bytes);
        assert_eq!(error.code(), "unsupported_audio");
        let message = error.to_string();
        assert!(message.contains(name), "{message}");
        assert!(message.contains("supported are WAV"), "{message}");
    }
}

#[test]
fn raw_samples_must_be_whole() {
    let stereo = AudioFormat::raw(SampleFormat::F32le, 48_000, 2);
    let error = decoded(&[0; 21], Some(stereo)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "damaged audio at byte 16: 5 bytes are left over; 2 channels of f32le take 8 bytes a sample"
    );
    for silly in [AudioFormat { channels: 0, ..stereo }, AudioFormat { sample_rate: 0, ..stereo }] {
        assert_eq!(decoded(&[0; 8], Some(silly)).unwrap_err().code(), "invalid_value");
        assert_eq!(
            create(Cursor::new(Vec::new()), &silly, &Tags::default()).err().unwrap().code(),
            "invalid_value"
        );
    }
}

#[test]
fn limits_are_named() {
    let bytes = sound_file();
    let limited = |limits| {
        open(Cursor::new(&bytes), &OpenOptions { limits, ..OpenOptions::default() }).err().unwrap()
    };
    let error = limited(Limits { channels: 1, ..Limits::default() });
    assert_eq!(error.code(), "limit_exceeded");
    assert_eq!(error.to_string(), "the number of channels is 2, the limit is 1");
    let error = limited(Limits { sample_rate: 44_100, ..Limits::default() });
    assert_eq!(error.to_string(), "the sample rate in Hz is 48000, the limit is 44100");
}

#[test]
fn a_writer_refuses_what_does_not_fit() {
    let format = wav(AudioFormat::raw(SampleFormat::S16le, 48_000, 2));
    let mut writer = create(Cursor::new(Vec::new()), &format, &Tags::default()).unwrap();
    assert_eq!(writer.write(&[vec![0.0]]).unwrap_err().code(), "invalid_value");
    assert_eq!(writer.write(&[vec![0.0], vec![]]).unwrap_err().code(), "invalid_value");
    let wide = AudioFormat { channels: 40_000, ..format };
    assert_eq!(
        create(Cursor::new(Vec::new()), &wide, &Tags::default()).err().unwrap().code(),
        "unwritable_audio"
    );
}

/// A sink that takes everything and keeps nothing.
struct Nowhere;

impl std::io::Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Nowhere {
    fn seek(&mut self, _to: SeekFrom) -> std::io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn a_wav_file_beyond_four_gigabytes_is_refused() {
    let format = wav(AudioFormat::raw(SampleFormat::F32le, 48_000, 64));
    let mut writer = create(Nowhere, &format, &Tags::default()).unwrap();
    let block = vec![vec![0.0; 1 << 16]; 64];
    let written = (0..300).position(|_| writer.write(&block).is_err());
    // 255 blocks of 16 MiB fit, and not the 256th.
    assert_eq!(written, Some(255));
    assert_eq!(writer.write(&block).unwrap_err().code(), "unwritable_audio");
    assert_eq!(format.container, Container::Wav);
}
