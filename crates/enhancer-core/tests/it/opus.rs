use std::io::Cursor;

use enhancer_core::{
    AudioFormat, Container, EnhanceOptions, Model, OpenOptions, Planes, SampleFormat, Tags, create,
    open, read_all,
};
use opus_pure::{OggOpusReader, Trim, packet};
use proptest::prelude::*;

use crate::support::{Full, PASSTHROUGH, encoded, encoded_in_pieces, refusal, snr, tones};

fn opus(sample_rate: u32, channels: u16) -> AudioFormat {
    let raw = AudioFormat::raw(SampleFormat::S16le, sample_rate, channels);
    raw.with_container(Container::Opus)
}

/// What is read back, at 48 kHz.
fn decoded(bytes: Vec<u8>) -> Planes {
    let mut reader = open(Cursor::new(bytes), &OpenOptions::default()).unwrap();
    assert_eq!((reader.format().container, reader.format().sample_rate), (Container::Ogg, 48_000));
    let audio = read_all(&mut *reader).unwrap();
    assert!(reader.damage().is_none(), "{:?}", reader.damage());
    audio.into_planes()
}

/// The length that the crate's own reader finds.
fn trimmed_len(bytes: &[u8], channels: u16) -> usize {
    let mut reader = OggOpusReader::new(bytes).unwrap();
    let mut trim = Trim::new(reader.head(), 48_000, channels.into()).unwrap();
    let packets = reader.packets().map(Result::unwrap);
    // What is in the samples does not matter.
    let sizes = packets.map(|one| {
        let decoded = vec![0.0f32; 960 * usize::from(channels)];
        trim.keep(&one, &decoded).len()
    });
    sizes.sum::<usize>() / usize::from(channels)
}

#[test]
fn any_length_is_kept_to_the_sample() {
    // A packet has 960 samples, of which the first has 648 behind what the encoder is late by.
    for len in [0, 1, 647, 648, 649, 959, 960, 961, 1607, 1608, 1609, 5000] {
        for channels in [1, 2, 6] {
            let bytes = encoded(&opus(48_000, channels), &tones(48_000, channels, len));
            assert_eq!(trimmed_len(&bytes, channels), len);
            let planes = decoded(bytes);
            assert_eq!(planes.len(), usize::from(channels));
            assert!(planes.iter().all(|plane| plane.len() == len), "{len}");
        }
    }
}

#[test]
fn other_rates_are_converted() {
    for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 88_200, 96_000, 192_000] {
        for len in [1, 1000, rate as usize] {
            let written = tones(rate, 2, len);
            let bytes = encoded(&opus(rate, 2), &written);
            let head = OggOpusReader::new(&bytes[..]).unwrap().head().clone();
            assert_eq!(head.input_sample_rate, rate);
            let planes = decoded(bytes);
            let expected = (len as u64 * 48_000).div_ceil(rate.into()) as usize;
            assert!(planes.iter().all(|plane| plane.len() == expected), "{len} at {rate} Hz");
        }
        let found = decoded(encoded(&opus(rate, 2), &tones(rate, 2, rate as usize)));
        for (expected, found) in tones(48_000, 2, 48_000).iter().zip(&found) {
            let snr = snr(&expected[4800..43_200], &found[4800..43_200]);
            assert!(snr > 20.0, "{snr} dB at {rate} Hz");
        }
    }
}

#[test]
fn every_channel_stays_what_it_is() {
    for channels in 1..=8 {
        let written = tones(48_000, channels, 24_000);
        let found = decoded(encoded(&opus(48_000, channels), &written));
        for (channel, (written, found)) in written.iter().zip(&found).enumerate() {
            let snr = snr(&written[2400..], &found[2400..]);
            // The channel for low frequencies gets few bits.
            assert!(snr > 12.0, "channel {channel} of {channels}: {snr} dB");
        }
    }
}

#[test]
fn packets_last_20_ms_and_the_file_ends_once() {
    let bytes = encoded(&opus(48_000, 2), &tones(48_000, 2, 100_000));
    let mut reader = OggOpusReader::new(&bytes[..]).unwrap();
    let packets: Vec<_> = reader.packets().map(Result::unwrap).collect();
    assert_eq!(packets.len(), (100_000usize + 312).div_ceil(960));
    assert!(packets.iter().all(|one| packet::samples_48k(&one.data).unwrap() == 960));
    assert!(packets.last().unwrap().end_of_stream);
    assert_eq!(packets.last().unwrap().page_granule, 100_000 + 312);
}

#[test]
fn the_bit_rate_decides_the_size() {
    let noise: Vec<_> = {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..5 * 48_000).map(|_| next()).collect()
    };
    for (channels, bitrate, expected) in
        [(1, None, 64), (1, Some(24), 24), (1, Some(128), 128), (2, None, 96), (2, Some(192), 192)]
    {
        let format = opus(48_000, channels).with_bitrate(bitrate);
        let bytes = encoded(&format, &vec![noise.clone(); channels.into()]);
        let found = bytes.len() as f64 * 8.0 / 5000.0;
        let ratio = found / f64::from(expected);
        assert!((0.6..1.4).contains(&ratio), "{found} kbit/s, asked for {expected}");
    }
}

#[test]
fn what_opus_cannot_hold_is_refused() {
    let float = opus(48_000, 1).with_sample_format(SampleFormat::F32le);
    assert!(refusal(float).contains("no sample format such as f32le"));
    assert!(refusal(opus(48_000, 9)).contains("up to 8 channels, not 9"));
    let odd = opus(48_000, 4).with_channel_mask(0x107);
    assert!(refusal(odd).contains("the speakers 0x33, not 0x107"), "{}", refusal(odd));
    for (channels, bitrate, range) in
        [(1, 5, "6 to 256"), (1, 257, "6 to 256"), (6, 35, "36 to 1536")]
    {
        let message = refusal(opus(48_000, channels).with_bitrate(Some(bitrate)));
        assert!(message.contains(&format!("{range} kbit/s here, not {bitrate}")), "{message}");
    }
    for container in [Container::Wav, Container::Flac, Container::Raw] {
        let format = opus(48_000, 1).with_container(container).with_bitrate(Some(64));
        assert!(refusal(format).contains("has no bit rate to choose"));
    }
}

#[test]
fn the_pair_of_a_surround_may_stand_beside_or_behind() {
    for (channels, mask) in [(4, 0x33), (4, 0x603), (6, 0x3f), (6, 0x60f), (8, 0x63f), (3, 0)] {
        let format = opus(48_000, channels).with_channel_mask(mask);
        let written = tones(48_000, channels, 9600);
        assert_eq!(decoded(encoded(&format, &written))[0].len(), 9600);
    }
}

#[test]
fn options_are_checked_before_a_source_is_read() {
    let model = Model::from_tflite(PASSTHROUGH).unwrap();
    let check = |container, bitrate| {
        let mut options = EnhanceOptions::default();
        (options.container, options.bitrate) = (Some(container), bitrate);
        options.check(&model)
    };
    check(Container::Opus, None).unwrap();
    // Too much for one channel, but the source may have more.
    check(Container::Opus, Some(400)).unwrap();
    for (container, bitrate) in
        [(Container::Opus, 5), (Container::Opus, 2049), (Container::Wav, 64)]
    {
        assert_eq!(check(container, Some(bitrate)).unwrap_err().code(), "unwritable_audio");
    }
}

#[test]
fn a_full_sink_is_an_error_wherever_it_gets_full() {
    let planes = tones(48_000, 1, 48_000);
    let size = encoded(&opus(48_000, 1), &planes).len();
    for room in [0, 50, 100, size / 2, size - 1] {
        let wrote = create(Full(room), &opus(48_000, 1), &Tags::default())
            .and_then(|mut writer| writer.write(&planes).and_then(|()| writer.finish()));
        assert_eq!(wrote.unwrap_err().code(), "write", "{room} of {size} bytes");
    }
    let mut writer = create(Full(size), &opus(48_000, 1), &Tags::default()).unwrap();
    writer.write(&planes).unwrap();
    writer.finish().unwrap();
    writer.finish().unwrap();
    assert_eq!(writer.write(&planes).unwrap_err().code(), "unwritable_audio");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pieces_of_any_size_make_the_same_file(
        len in 0usize..6000,
        piece in 1usize..4000,
        channels in 1u16..4,
        rate in prop::sample::select(&[16_000u32, 44_100, 48_000][..]),
    ) {
        let (format, planes) = (opus(rate, channels), tones(rate, channels, len));
        prop_assert_eq!(encoded_in_pieces(&format, &planes, piece), encoded(&format, &planes));
    }
}
