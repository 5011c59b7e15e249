use std::io::Cursor;

use enhancer_core::{AudioFormat, Container, Planes, SampleFormat, Tags, create};
use proptest::prelude::*;
use symphonia::core::audio::{Audio, GenericAudioBufferRef};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::TrackType;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::MediaSourceStream;

use crate::support::{any_floats, assert_same, encoded, encoded_in_pieces, storable};

fn flac(sample_format: SampleFormat, sample_rate: u32, channels: u16) -> AudioFormat {
    let raw = AudioFormat::raw(sample_format, sample_rate, channels);
    raw.with_container(Container::Flac)
}

/// What another decoder makes of a FLAC file; it checks the frames' checksums and the
/// one of all samples.
fn decoded(bytes: &[u8], channels: usize) -> (u32, Planes) {
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), Default::default());
    let mut reader = symphonia::default::get_probe()
        .probe(&Hint::new(), source, Default::default(), Default::default())
        .unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap();
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap().clone();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default().verify(true))
        .unwrap();
    let mut planes = vec![Vec::new(); channels];
    while let Some(packet) = reader.next_packet().unwrap() {
        let GenericAudioBufferRef::S32(block) = decoder.decode(&packet).unwrap() else {
            panic!("other samples than 32-bit integers");
        };
        for (plane, samples) in planes.iter_mut().zip(block.iter_planes()) {
            plane.extend(samples.iter().map(|&sample| sample as f32 / 2_147_483_648.0));
        }
    }
    assert_eq!(decoder.finalize().verify_ok, Some(true), "checksum of the samples");
    (parameters.sample_rate.unwrap(), planes)
}

#[test]
fn what_was_written_is_read_back() {
    for sample_format in [SampleFormat::S16le, SampleFormat::S24le] {
        for channels in 1..=8 {
            for len in [1, 15, 4096, 4097, 12_345] {
                let planes = storable(sample_format, channels, len);
                let bytes = encoded(&flac(sample_format, 48_000, channels as u16), &planes);
                let (_, read) = decoded(&bytes, channels);
                assert_same(&read, &planes, &format!("{len} samples of {sample_format}"));
            }
        }
    }
}

#[test]
fn any_rate_is_kept() {
    let rates = [1, 8_000, 11_025, 44_100, 65_537, 88_200, 95_999, 96_000, 96_001, 176_400];
    let planes = storable(SampleFormat::S16le, 2, 5000);
    for rate in rates.into_iter().chain([192_000, 384_000, 655_350]) {
        let (read_rate, read) = decoded(&encoded(&flac(SampleFormat::S16le, rate, 2), &planes), 2);
        assert_eq!(read_rate, rate);
        assert_same(&read, &planes, &format!("{rate} Hz"));
    }
}

/// Music-like, silent, loud, square: what predictors do best and worst.
fn signal(kind: usize, len: usize, seed: u64) -> Vec<f32> {
    let noise = any_floats(1, len, seed).remove(0);
    let noise = noise.iter().map(|sample| (sample.to_bits() >> 8) as f32 / 8_388_608.0 - 1.0);
    let phase = (0..).map(|n| n as f32 * 0.01);
    match kind {
        0 => noise.zip(phase).map(|(noise, t)| t.sin() * 0.7 + noise * 0.001).collect(),
        1 => vec![-1.0; len],
        2 => noise.map(f32::signum).collect(),
        3 => noise.collect(),
        4 => phase.take(len).map(|t| t.sin().signum() * 0.999_999).collect(),
        _ => noise.enumerate().map(|(n, noise)| if n % 1000 == 7 { noise } else { 0.0 }).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_signal_in_pieces_of_any_size_is_read_back(
        kinds in prop::collection::vec(0usize..6, 1..4),
        len in 1usize..9000,
        piece in 1usize..6000,
        wide: bool,
        seed: u64,
    ) {
        let depth = if wide { SampleFormat::S24le } else { SampleFormat::S16le };
        let scale = 2f32.powi(i32::from(depth.bits()) - 1);
        // No negative zero, which integers have not.
        let on_grid = |x: &f32| (x * scale).round().min(scale - 1.0) / scale + 0.0;
        let planes: Planes = kinds
            .iter()
            .map(|&kind| signal(kind, len, seed).iter().map(on_grid).collect())
            .collect();
        let format = flac(depth, 44_100, planes.len() as u16);
        let bytes = encoded_in_pieces(&format, &planes, piece);
        prop_assert_eq!(&bytes, &encoded(&format, &planes));
        assert_same(&decoded(&bytes, planes.len()).1, &planes, "pieces");
    }
}

#[test]
fn the_header_tells_of_all_frames() {
    let planes = storable(SampleFormat::S24le, 2, 10_000);
    let bytes = encoded(&flac(SampleFormat::S24le, 48_000, 2), &planes);
    assert_eq!(&bytes[..8], b"fLaC\0\0\0\x22");
    let info = &bytes[8..42];
    assert_eq!(info[..4], [0x10, 0, 0x10, 0]);
    let u24_at = |at: usize| u32::from_be_bytes([0, info[at], info[at + 1], info[at + 2]]) as usize;
    let (shortest, longest) = (u24_at(4), u24_at(7));
    // Frames of 4096, 4096 and 1808 samples of noise, and 2 channels of 3 bytes each.
    assert!((9_000..11_000).contains(&shortest), "{shortest}");
    assert!((24_000..25_000).contains(&longest), "{longest}");
    let fields = u64::from_be_bytes(info[10..18].try_into().unwrap());
    assert_eq!(fields & ((1 << 36) - 1), 10_000);
}

#[test]
fn a_file_without_a_sample_is_a_header_that_says_so() {
    let bytes = encoded(&flac(SampleFormat::S16le, 48_000, 2), &vec![vec![]; 2]);
    assert_eq!(&bytes[..8], b"fLaC\0\0\0\x22");
    assert_eq!(bytes[8 + 13..8 + 18], [0xf0, 0, 0, 0, 0]);
    // Blocks up to the last, and nothing behind it.
    let mut at = 4;
    let is_last = |at: usize| bytes[at] & 0x80 != 0;
    let next = |at: usize| {
        at + 4 + u32::from_be_bytes([0, bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
    };
    while !is_last(at) {
        at = next(at);
    }
    assert_eq!(next(at), bytes.len());
}

#[test]
fn silence_takes_next_to_nothing() {
    let bytes = encoded(&flac(SampleFormat::S16le, 48_000, 2), &vec![vec![0.0; 480_000]; 2]);
    assert!(bytes.len() < 8000, "{} bytes", bytes.len());
}

#[test]
fn what_a_flac_file_cannot_hold_is_refused_with_what_it_can() {
    let refused = |format: AudioFormat| {
        let error = create(Cursor::new(Vec::new()), &format, &Tags::default()).err().unwrap();
        assert_eq!(error.code(), "unwritable_audio");
        error.to_string()
    };
    assert!(refused(flac(SampleFormat::F32le, 48_000, 2)).contains("s16le or s24le, not f32le"));
    assert!(refused(flac(SampleFormat::S32le, 48_000, 2)).contains("not s32le"));
    assert!(refused(flac(SampleFormat::S16le, 48_000, 9)).contains("up to 8 channels, not 9"));
    assert!(refused(flac(SampleFormat::S16le, 655_351, 1)).contains("up to 655350 Hz"));
    let aiff = flac(SampleFormat::S16le, 48_000, 2).with_container(Container::Aiff);
    assert!(refused(aiff).contains("use WAV, FLAC, Opus, MP3, M4A or raw samples"));
}
