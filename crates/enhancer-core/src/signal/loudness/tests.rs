//! Compares with signals of known loudness, and with the meter's own true peak.

use std::f32::consts::FRAC_1_SQRT_2;

use ebur128::{EbuR128, Mode};
use proptest::prelude::*;

use super::limiter::Limiter;
use super::*;
use crate::audio::{Audio, AudioFormat, BLOCK, Planes, SampleFormat, append};
use crate::job::finishing::{FirstPass, finish_async};
use crate::job::memory::{MemoryReader, MemoryWriter};
use crate::read::{AudioReader, read_all};
use crate::signal::Finishing;

const RATE: u32 = 48_000;

/// A sine for this many seconds. The level in dBFS is that of its peak.
fn sine(level: f64, hertz: f64, seconds: f64, rate: u32) -> Vec<f32> {
    let peak = 10f64.powf(level / 20.0);
    let step = std::f64::consts::TAU * hertz / f64::from(rate);
    let len = (seconds * f64::from(rate)) as usize;
    (0..len).map(|n| (peak * (step * n as f64).sin()) as f32).collect()
}

/// Bursts like words: noise under a slow envelope, with a few clicks.
fn bursts(peak: f32, seconds: usize, click: f32) -> Vec<f32> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let sample = |n: usize| {
        let envelope = (n as f32 * 0.0002).sin().powi(2) * peak;
        let noise = next() * envelope;
        if n % 40_000 == 20_000 { click } else { noise }
    };
    (0..seconds * RATE as usize).map(sample).collect()
}

fn format(channels: usize, channel_mask: u32) -> AudioFormat {
    let raw = AudioFormat::raw(SampleFormat::F32le, RATE, channels as u16);
    AudioFormat { channel_mask, ..raw }
}

fn loudness_of(planes: &Planes, format: &AudioFormat) -> Option<f64> {
    let mut meter = LoudnessMeter::new(format).unwrap();
    meter.push(planes).unwrap();
    meter.integrated()
}

fn loudness(planes: &Planes) -> Option<f64> {
    loudness_of(planes, &format(planes.len(), 0))
}

#[track_caller]
fn assert_loudness(planes: &Planes, expected: f64, within: f64) {
    let actual = loudness(planes).unwrap();
    assert!((actual - expected).abs() <= within, "{actual} LUFS, expected {expected}");
}

/// The true peak in dBTP, measured by another implementation.
fn true_peak(planes: &Planes, rate: u32) -> f64 {
    let mut meter = EbuR128::new(planes.len() as u32, rate, Mode::TRUE_PEAK).unwrap();
    let planes: Vec<_> = planes.iter().map(Vec::as_slice).collect();
    meter.add_frames_planar_f32(&planes).unwrap();
    let peaks = (0..planes.len()).map(|n| meter.true_peak(n as u32).unwrap());
    20.0 * peaks.fold(0.0, f64::max).log10()
}

/// Audio with this gain in dB applied.
fn levelled(planes: &Planes, gain: f32, rate: u32) -> Planes {
    let audio = Audio::new(rate, planes.clone()).unwrap();
    let mut reader = MemoryReader::new(&audio);
    let mut levelled = Levelled::new(&mut reader, 10f32.powf(gain / 20.0));
    assert_eq!(levelled.len(), Some(audio.len() as u64));
    read_all(&mut levelled).unwrap().into_planes()
}

/// Audio as a source that can be read several times.
struct Again<'a>(&'a Audio);

impl Reread for Again<'_> {
    fn reader(&mut self) -> crate::Result<Box<dyn AudioReader + '_>> {
        Ok(Box::new(MemoryReader::new(self.0)))
    }
}

/// Audio that was brought to this loudness, the outcome, and how often it was measured.
fn brought_to(planes: &Planes, target: f32) -> (Planes, Reached, usize) {
    let audio = Audio::new(RATE, planes.clone()).unwrap();
    let target = Loudness::new(target).unwrap();
    let finishing = Finishing { loudness: Some(target), ..Finishing::default() };
    let mut first = FirstPass::new(finishing, &format(planes.len(), 0)).unwrap();
    first.push(planes).unwrap();
    let mut writer = MemoryWriter(vec![Vec::new(); planes.len()]);
    let blocks = audio.len().div_ceil(BLOCK);
    let mut measured = 0;
    let each_block = async |written: Option<u64>| {
        measured += usize::from(written.is_none());
        Ok(())
    };
    let mut source = Again(&audio);
    let work = finish_async(&mut source, first, &mut writer, each_block);
    let (samples, finished) = pollster::block_on(work).unwrap();
    let reached = finished.loudness.unwrap();
    assert_eq!((samples, writer.0[0].len()), (audio.len() as u64, audio.len()));
    (writer.0, reached, measured / blocks)
}

#[test]
fn the_meter_reads_what_ebu_tech_3341_says() {
    // Cases 1 to 5 of EBU Tech 3341: a stereo sine of 1 kHz.
    let sequence = |parts: &[(f64, f64)]| {
        let plane: Vec<f32> =
            parts.iter().flat_map(|&(level, time)| sine(level, 1000.0, time, RATE)).collect();
        vec![plane.clone(), plane]
    };
    assert_loudness(&sequence(&[(-23.0, 20.0)]), -23.0, 0.1);
    assert_loudness(&sequence(&[(-33.0, 20.0)]), -33.0, 0.1);
    assert_loudness(&sequence(&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)]), -23.0, 0.1);
    let gated = [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)];
    assert_loudness(&sequence(&gated), -23.0, 0.1);
    assert_loudness(&sequence(&[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)]), -23.0, 0.1);
}

#[test]
fn channels_count_by_their_speakers() {
    let tone = |level: f64| sine(level, 1000.0, 5.0, RATE);
    // Case 6 of EBU Tech 3341: 5.1.
    let levels = [-28.0, -28.0, -24.0, -200.0, -30.0, -30.0];
    let surround: Planes = levels.iter().map(|&level| tone(level)).collect();
    assert_loudness(&surround, -23.0, 0.1);
    let mask = loudness_of(&surround, &format(6, 0x3f)).unwrap();
    assert!((mask + 23.0).abs() < 0.1, "{mask} LUFS by its mask");

    // One channel of eight, without a mask and with that of 7.1.
    let alone = |channel: usize, mask: u32| {
        let mut planes = vec![vec![0.0; 5 * RATE as usize]; 8];
        planes[channel] = tone(-20.0);
        loudness_of(&planes, &format(8, mask))
    };
    let front = alone(0, 0x63f).unwrap();
    assert!((front + 23.0).abs() < 0.1, "{front} LUFS");
    let side = alone(6, 0x63f).unwrap();
    assert!((side - front - 1.49).abs() < 0.05, "{side} LUFS at the side");
    assert_eq!(alone(3, 0x63f), None, "low frequencies do not count");
    for (channel, mask) in [(4, 0x63f), (7, 0), (3, 0)] {
        let same = alone(channel, mask).unwrap();
        assert!((same - front).abs() < 0.001, "{same} LUFS in channel {channel}");
    }
}

#[test]
fn silent_or_short_audio_has_no_loudness() {
    assert_eq!(loudness(&vec![vec![0.0; 100_000]]), None);
    assert_eq!(loudness(&vec![vec![]]), None);
    assert_eq!(loudness(&vec![sine(-20.0, 1000.0, 0.39, RATE)]), None);
    assert!(loudness(&vec![sine(-20.0, 1000.0, 0.41, RATE)]).is_some());
    assert_eq!(loudness(&vec![sine(-75.0, 1000.0, 5.0, RATE)]), None);
}

#[test]
fn nan_counts_as_silence() {
    let mut spoilt = sine(-20.0, 1000.0, 2.0, RATE);
    let clean = loudness(&vec![spoilt.clone()]).unwrap();
    spoilt[30_000] = f32::NAN;
    let actual = loudness(&vec![spoilt.clone()]).unwrap();
    assert!((actual - clean).abs() < 0.1, "{actual} LUFS");
    spoilt[40_000] = f32::INFINITY;
    let result = levelled(&vec![spoilt], 0.0, RATE);
    assert!(result[0].iter().all(|sample| sample.abs() <= 1.0));
}

#[test]
fn formats_that_cannot_be_measured_are_refused() {
    for (rate, channels) in [(48_000, 65), (8, 1), (3_000_000, 1)] {
        let format = AudioFormat::raw(SampleFormat::F32le, rate, channels);
        let error = LoudnessMeter::new(&format).unwrap_err();
        assert_eq!(error.code(), "invalid_value");
        assert!(error.to_string().contains(&format!("{channels} channels")), "{error}");
    }
    let mut meter = LoudnessMeter::new(&format(2, 0)).unwrap();
    assert_eq!(meter.push(&[vec![0.0]]).unwrap_err().code(), "invalid_value");
}

#[test]
fn targets_have_their_range() {
    for good in ["-69.9", "-23", "-5"] {
        assert_eq!(good.parse::<Loudness>().unwrap().to_string(), good);
    }
    for bad in ["-70", "-4.9", "0", "NaN", "-inf", "loud"] {
        let error = bad.parse::<Loudness>().unwrap_err();
        assert_eq!(error.code(), "invalid_value");
        assert!(error.to_string().contains("above -70, at most -5 LUFS"), "{error}");
    }
    let json = serde_json::from_str::<Loudness>;
    assert_eq!(json("-16").unwrap(), Loudness::new(-16.0).unwrap());
    assert!(json("3").unwrap_err().to_string().contains("3 LUFS"));
}

#[test]
fn the_target_is_reached() {
    let quiet = vec![sine(-40.0, 440.0, 5.0, RATE), sine(-43.0, 700.0, 5.0, RATE)];
    let clicks = vec![bursts(0.1, 10, 0.25)];
    let words = vec![bursts(0.3, 10, 0.3), bursts(0.2, 10, 0.5)];
    for (planes, targets) in [
        (&quiet, [-60.0, -23.0, -16.0].as_slice()),
        (&clicks, &[-40.0, -23.0, -16.0, -14.0]),
        (&words, &[-23.0, -16.0, -14.0, -12.0]),
    ] {
        for &target in targets {
            let (result, reached, measured) = brought_to(planes, target);
            assert_loudness(&result, f64::from(target), 0.1);
            assert_eq!((reached.shortfall(), reached.target.lufs()), (None, target));
            let lufs = reached.lufs.unwrap();
            assert!((lufs - loudness(&result).unwrap()).abs() < 0.01, "{lufs} LUFS was reported");
            let peak = true_peak(&result, RATE);
            assert!(peak <= -0.9, "{peak} dBTP");
            assert!(measured <= 4, "measured {measured} times");
        }
    }
    // If the limiter does nothing, the gain is exact, and nothing is measured again.
    assert_eq!(brought_to(&quiet, -23.0).2, 0);
}

#[test]
fn a_target_beyond_reach_says_what_was_reached_and_why() {
    // 40 dB are not enough.
    let faint = vec![sine(-66.0, 1000.0, 2.0, RATE)];
    let (raised, reached, _) = brought_to(&faint, -14.0);
    let gain = loudness(&raised).unwrap() - loudness(&faint).unwrap();
    assert!((gain - 40.0).abs() < 0.01, "{gain} dB");
    let text = reached.shortfall().unwrap();
    assert!(text.starts_with("the loudness is -29.0 LUFS, not -14 LUFS"), "{text}");
    assert!(text.contains("40 dB at most"), "{text}");

    // Noise that does not get that loud with 6 dB of limiting.
    let words = vec![bursts(0.3, 10, 0.3)];
    let (limited, reached, measured) = brought_to(&words, -5.0);
    let lufs = loudness(&limited).unwrap();
    assert!((lufs - reached.lufs.unwrap()).abs() < 0.01);
    let text = reached.shortfall().unwrap();
    assert!(text.starts_with(&format!("the loudness is {lufs:.1} LUFS, not -5 LUFS")), "{text}");
    assert!(text.contains("peaks") && measured <= 3, "{text}, measured {measured} times");

    for silent in [vec![vec![0.0; 100_000]], vec![sine(-20.0, 1000.0, 0.3, RATE)]] {
        let (same, reached, _) = brought_to(&silent, -14.0);
        assert!(same == silent);
        assert!(reached.shortfall().unwrap().contains("too quiet or too short"));
    }
}

#[test]
fn below_the_ceiling_there_is_but_the_gain() {
    let planes = vec![sine(-20.0, 440.0, 0.5, RATE), bursts(0.1, 1, 0.2)[..24_000].to_vec()];
    let halved = levelled(&planes, -6.0, RATE);
    let factor = 10f32.powf(-6.0 / 20.0);
    for (halved, plane) in halved.iter().zip(&planes) {
        assert!(halved.iter().zip(plane).all(|(a, b)| *a == b * factor));
    }
}

#[test]
fn true_peaks_stay_below_the_ceiling() {
    for rate in [8_000, 44_100, 48_000] {
        // Sampled 45 degrees off its peaks, which are 3 dB above the samples.
        let quarter = f64::from(rate) / 4.0;
        let shifted: Vec<f32> = sine(0.0, quarter, 2.0, rate * 2).into_iter().skip(1).collect();
        let between: Vec<f32> = (0..rate as usize)
            .map(|n| {
                [FRAC_1_SQRT_2, FRAC_1_SQRT_2, -FRAC_1_SQRT_2, -FRAC_1_SQRT_2][n % 4]
                    * (1.0 + shifted[n] * 0.001)
            })
            .collect();
        for (name, plane) in [
            ("peaks between samples", between),
            ("a low tone", sine(0.0, 60.0, 1.0, rate)),
            ("a high tone", sine(0.0, f64::from(rate) * 0.23, 1.0, rate)),
            ("noise with clicks", bursts(0.8, 2, -3.0)),
            ("a click alone", (0..9_000).map(|n| if n == 0 { 5.0 } else { 0.0 }).collect()),
        ] {
            for gain in [0.0, 3.0, 20.0] {
                let limited = levelled(&vec![plane.clone()], gain, rate);
                let peak = true_peak(&limited, rate);
                assert!(peak <= -0.9, "{name} at {rate} Hz, {gain} dB: {peak} dBTP");
                assert_eq!(limited[0].len(), plane.len());
            }
        }
    }
}

#[test]
fn a_peak_lowers_all_channels_alike_for_a_moment() {
    let mut planes = vec![vec![0.1; 48_000]; 2];
    planes[0][20_000] = 2.0;
    let limited = levelled(&planes, 0.0, RATE);
    assert!(limited[0][20_000] <= 0.892, "{}", limited[0][20_000]);
    for (n, (a, b)) in limited[0].iter().zip(&limited[1]).enumerate() {
        assert!(n == 20_000 || a == b, "sample {n}: {a} and {b}");
    }
    // It starts 5 ms before the peak and is gone half a second later.
    assert_eq!(limited[1][20_000 - 260], 0.1);
    assert!(limited[1][20_000] < 0.05);
    assert!(limited[1][44_000] > 0.099);
}

proptest! {
    /// Compares with the definition, without sliding windows.
    #[test]
    fn the_limiter_equals_its_definition_in_blocks_of_any_size(
        samples in proptest::collection::vec(-3f32..3.0, 1..600),
        chunk in 1usize..200,
    ) {
        let rate = 2_000;
        let (window, release) = (11, 1.0 - (-1.0 / 200f64).exp());
        let mut peaks = super::true_peak::TruePeak::new(1, 0.0);
        let mut heights = peaks.push(&vec![samples.clone()]);
        heights.extend(peaks.push(&vec![vec![0.0; super::true_peak::LAG]]));
        prop_assert_eq!(heights.len(), samples.len());
        let asked = |n: i64| match usize::try_from(n).ok().and_then(|n| heights.get(n)) {
            Some(&peak) => (0.891_250_9 / f64::from(peak)).min(1.0),
            None => 1.0,
        };
        let mut held = vec![1.0];
        for n in 1 - window..samples.len() as i64 {
            let lowest = (n..n + window).map(asked).fold(1.0, f64::min);
            let last = held[held.len() - 1];
            held.push(lowest.min(last + (1.0 - last) * release));
        }
        let expected = samples.iter().zip(held[1..].windows(window as usize)).map(|(x, held)| {
            f64::from(*x) * held.iter().sum::<f64>() / window as f64
        });

        let mut limiter = Limiter::new(rate, 1);
        let mut limited = vec![Vec::new()];
        for part in samples.chunks(chunk) {
            append(&mut limited, &limiter.push(&vec![part.to_vec()]));
        }
        append(&mut limited, &limiter.finish());
        prop_assert_eq!(limited[0].len(), samples.len());
        for (actual, expected) in limited[0].iter().zip(expected) {
            prop_assert!((f64::from(*actual) - expected).abs() < 1e-5, "{} {}", actual, expected);
        }
    }
}
