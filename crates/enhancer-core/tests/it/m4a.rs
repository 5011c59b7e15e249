use std::io::Cursor;

use enhancer_core::{
    AudioFormat, Container, OpenOptions, SampleFormat, Tags, create, open, read_all,
};
use proptest::prelude::*;

use crate::support::{encoded, encoded_in_pieces, encoded_with, refusal, snr, tones};

fn m4a(sample_rate: u32, channels: u16) -> AudioFormat {
    let raw = AudioFormat::raw(SampleFormat::S16le, sample_rate, channels);
    raw.with_container(Container::M4a)
}

#[test]
fn what_is_written_is_read_back_in_place_on_every_channel() {
    // AAC keeps only low frequencies of their speaker, the fourth of six, so it has the lowest tone.
    for channels in 1..=6 {
        let mut planes = tones(48_000, channels, 20_000);
        if channels > 5 {
            planes[3] = (0..20_000).map(|n| (n as f32 / 200.0).sin() * 0.4).collect();
        }
        let bytes = encoded(&m4a(48_000, channels), &planes);
        let mut reader = open(Cursor::new(bytes), &OpenOptions::default()).unwrap();
        assert_eq!(reader.format().container, Container::Mp4);
        assert!(reader.format().lossy);
        let audio = read_all(&mut *reader).unwrap();
        assert!(reader.damage().is_none() && reader.notes().is_empty(), "{channels} channels");
        assert_eq!(audio.planes().len(), planes.len());
        for (n, (wanted, found)) in planes.iter().zip(audio.planes()).enumerate() {
            let inner = 2048..18_000;
            let snr = snr(&wanted[inner.clone()], &found[inner]);
            assert!(snr > 20.0, "channel {n} of {channels}: {snr} dB");
        }
    }
}

#[test]
fn what_m4a_cannot_hold_is_refused() {
    for channels in [7, 8] {
        let expected = format!("up to 6 channels, not {channels}");
        assert!(refusal(m4a(48_000, channels)).contains(&expected));
    }
    let float = m4a(48_000, 1).with_sample_format(SampleFormat::F32le);
    assert!(refusal(float).contains("no sample format such as f32le"));
    let speakers = m4a(48_000, 4).with_channel_mask(0x603);
    assert!(refusal(speakers).contains("the speakers 0x107, not 0x603"));
    for (rate, bitrate, range) in [(48_000, 7, "8 to 192"), (8_000, 49, "8 to 48")] {
        let message = refusal(m4a(rate, 1).with_bitrate(Some(bitrate)));
        assert!(message.contains(range) && message.contains("not"), "{message}");
    }
}

#[test]
fn a_complete_file_takes_no_more() {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = create(&mut bytes, &m4a(48_000, 1), &Tags::default()).unwrap();
    writer.write(&[vec![0.1; 3000]]).unwrap();
    writer.finish().unwrap();
    writer.finish().unwrap();
    assert_eq!(writer.write(&[vec![0.1; 3000]]).unwrap_err().code(), "unwritable_audio");
}

#[test]
fn samples_that_are_not_numbers_become_silence_and_loud_ones_are_cut_off() {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = create(&mut bytes, &m4a(48_000, 1), &Tags::default()).unwrap();
    writer.write(&[vec![f32::NAN, f32::INFINITY, -3.0, 0.5]]).unwrap();
    writer.finish().unwrap();
    let clipping = writer.clipping().unwrap();
    assert_eq!((clipping.samples, (clipping.at_seconds * 48_000.0).round()), (2, 1.0));
}

#[test]
fn tags_come_back() {
    let tags = Tags::from_iter([
        ("TRACKNUMBER", "3"),
        ("TRACKTOTAL", "12"),
        ("TITLE", "Gespräch 東京"),
        ("ARTIST", "Ann"),
        ("CONDUCTOR", "Bo"),
    ]);
    let bytes = encoded_with(&m4a(48_000, 1), &tones(48_000, 1, 5000), &tags);
    let reader = open(Cursor::new(bytes), &OpenOptions::default()).unwrap();
    let mut found = reader.tags().entries.clone();
    let mut wanted = tags.entries;
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pieces_of_any_size_make_the_same_file(
        len in 0usize..9000,
        piece in 1usize..4000,
        channels in prop::sample::select(&[1u16, 2, 6][..]),
        rate in prop::sample::select(&[16_000u32, 44_100, 96_000][..]),
    ) {
        let (format, planes) = (m4a(rate, channels), tones(rate, channels, len));
        prop_assert_eq!(encoded_in_pieces(&format, &planes, piece), encoded(&format, &planes));
    }
}
