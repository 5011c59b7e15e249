use std::io::Cursor;

use enhancer_core::{
    AudioFormat, Container, OpenOptions, Planes, SampleFormat, Tags, open, read_all,
};
use proptest::prelude::*;

use crate::support::{encoded, encoded_in_pieces, encoded_with, refusal, snr, tones};

fn mp3(sample_rate: u32, channels: u16) -> AudioFormat {
    let raw = AudioFormat::raw(SampleFormat::S16le, sample_rate, channels);
    raw.with_container(Container::Mp3)
}

fn decoded(bytes: Vec<u8>) -> (u32, Planes) {
    let mut reader = open(Cursor::new(bytes), &OpenOptions::default()).unwrap();
    assert_eq!(reader.format().container, Container::Mp3);
    let rate = reader.format().sample_rate;
    let audio = read_all(&mut *reader).unwrap();
    assert!(reader.damage().is_none(), "{:?}", reader.damage());
    (rate, audio.into_planes())
}

#[test]
fn any_length_is_kept_to_the_sample() {
    for len in [1, 575, 576, 1151, 1152, 1153, 5000] {
        for channels in [1, 2] {
            let (rate, planes) =
                decoded(encoded(&mp3(44_100, channels), &tones(44_100, channels, len)));
            assert_eq!((rate, planes.len()), (44_100, usize::from(channels)));
            assert!(planes.iter().all(|plane| plane.len() == len), "{len}: {}", planes[0].len());
        }
    }
}

#[test]
fn other_rates_become_the_next() {
    for (rate, expected) in [(8_000, 8_000), (16_000, 16_000), (47_999, 48_000), (96_000, 48_000)] {
        let len = rate as usize;
        let (found_rate, planes) = decoded(encoded(&mp3(rate, 1), &tones(rate, 1, len)));
        assert_eq!(found_rate, expected);
        assert_eq!(
            planes[0].len(),
            (u64::from(expected) * len as u64).div_ceil(rate.into()) as usize
        );
        let wanted = tones(expected, 1, planes[0].len());
        let inner = expected as usize / 10..expected as usize * 9 / 10;
        let snr = snr(&wanted[0][inner.clone()], &planes[0][inner]);
        assert!(snr > 20.0, "{snr} dB at {rate} Hz");
    }
}

#[test]
fn what_mp3_cannot_hold_is_refused() {
    assert!(refusal(mp3(48_000, 3)).contains("up to 2 channels, not 3"));
    let float = mp3(48_000, 1).with_sample_format(SampleFormat::F32le);
    assert!(refusal(float).contains("no sample format such as f32le"));
    for (rate, bitrate, range) in [(48_000, 31, "32 to 320"), (16_000, 161, "8 to 160")] {
        let message = refusal(mp3(rate, 1).with_bitrate(Some(bitrate)));
        assert!(message.contains(&format!("{range} kbit/s, not {bitrate}")), "{message}");
    }
}

#[test]
fn tags_come_back() {
    let tags = Tags::from_iter([("TITLE", "Gespräch 東京"), ("ARTIST", "Ann")]);
    let bytes = encoded_with(&mp3(48_000, 1), &tones(48_000, 1, 5000), &tags);
    let reader = open(Cursor::new(bytes), &OpenOptions::default()).unwrap();
    assert_eq!(reader.tags().entries, tags.entries);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pieces_of_any_size_make_the_same_file(
        len in 0usize..9000,
        piece in 1usize..4000,
        channels in 1u16..3,
        rate in prop::sample::select(&[16_000u32, 44_100, 96_000][..]),
    ) {
        let (format, planes) = (mp3(rate, channels), tones(rate, channels, len));
        prop_assert_eq!(encoded_in_pieces(&format, &planes, piece), encoded(&format, &planes));
    }
}
