//! The output of the resampler, measured with tones.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;

const RATES: [u32; 11] =
    [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000];

/// Sample `n` of a tone of `hertz`. Its phase stays exact for hours.
fn tone(hertz: u32, rate: u32, n: u64) -> f64 {
    let turns = u64::from(hertz) * n % u64::from(rate);
    (TAU * turns as f64 / f64::from(rate)).sin()
}

fn resampled(planes: &Planes, from: u32, to: u32) -> Planes {
    let mut resampler = Resampler::new(from, to, planes.len()).unwrap();
    let mut output = resampler.push(planes).unwrap();
    let len = resampler.output_len(planes[0].len() as u64);
    append(&mut output, &resampler.finish(len).unwrap());
    output
}

/// The output for a tone of full scale. Two seconds are converted, and a second in the middle is
/// measured.
struct Measured {
    /// Its amplitude, in dB.
    level: f64,
    /// Its delay in samples of the output.
    late: f64,
    /// The power of everything except the tone, in dB relative to full scale.
    rest: f64,
}

/// Measures `second`, a second of output that begins with sample `start`.
fn measure(second: &[f32], hertz: u32, rate: u32, start: u64) -> Measured {
    let quarter =
        |n: u64| (TAU * (u64::from(hertz) * n % u64::from(rate)) as f64 / f64::from(rate)).cos();
    let samples = || second.iter().zip(start..).map(|(&x, n)| (f64::from(x), n));
    let scale = 2.0 / second.len() as f64;
    let sine: f64 = scale * samples().map(|(x, n)| x * tone(hertz, rate, n)).sum::<f64>();
    let cosine: f64 = scale * samples().map(|(x, n)| x * quarter(n)).sum::<f64>();
    let rest = |(x, n)| x - sine * tone(hertz, rate, n) - cosine * quarter(n);
    let power = scale * samples().map(|sample| rest(sample).powi(2)).sum::<f64>();
    Measured {
        level: 20.0 * sine.hypot(cosine).log10(),
        late: -cosine.atan2(sine) / TAU * f64::from(rate) / f64::from(hertz),
        rest: 10.0 * power.log10(),
    }
}

fn through(hertz: u32, from: u32, to: u32) -> Measured {
    let input = (0..3 * u64::from(from)).map(|n| tone(hertz, from, n) as f32).collect();
    let output = resampled(&vec![input], from, to);
    let second = to as usize;
    measure(&output[0][second..2 * second], hertz, to, second as u64)
}

/// Converts 1 kHz for this many seconds and measures the last second but one.
fn late_after(seconds: u32, from: u32, to: u32) -> f64 {
    let mut resampler = Resampler::new(from, to, 1).unwrap();
    // Each second has whole periods, so all are the same.
    let second: Vec<_> = (0..u64::from(from)).map(|n| tone(1000, from, n) as f32).collect();
    let mut output = Vec::new();
    let mut begin = 0;
    for _ in 0..=seconds {
        output.extend_from_slice(&resampler.push(&[&second]).unwrap()[0]);
        let excess = output.len().saturating_sub(2 * to as usize);
        output.drain(..excess);
        begin += excess as u64;
    }
    measure(&output[..to as usize], 1000, to, begin).late
}

#[test]
fn a_tone_stays_aligned_for_a_minute() {
    for rate in RATES {
        for model in [48_000, 16_000] {
            for (from, to) in [(rate, model), (model, rate)] {
                let late = late_after(60, from, to);
                assert!(late.abs() < 0.01, "{late} samples late from {from} to {to} Hz");
            }
        }
    }
}

#[test]
fn a_tone_stays_aligned_for_an_hour() {
    for (from, to) in [(44_100, 48_000), (16_000, 44_100)] {
        let late = late_after(3600, from, to);
        assert!(late.abs() < 0.01, "{late} samples late from {from} to {to} Hz");
    }
}

#[test]
fn frequencies_above_the_lower_rate_are_removed() {
    for (from, to) in [(48_000, 16_000), (44_100, 16_000), (192_000, 48_000), (96_000, 44_100)] {
        for hertz in [to / 2, to * 11 / 20, from * 9 / 20] {
            // The frequency of the alias does not matter: all output is alias.
            let input = (0..3 * u64::from(from)).map(|n| tone(hertz, from, n) as f32).collect();
            let output = resampled(&vec![input], from, to);
            let second = &output[0][to as usize..2 * to as usize];
            let peak = second.iter().fold(0f32, |peak, x| peak.max(x.abs()));
            let level = 20.0 * peak.log10();
            assert!(level < -100.0, "{hertz} Hz comes through {from} to {to} Hz at {level} dB");
        }
    }
}

#[test]
fn a_tone_has_no_images() {
    for (from, to) in [(16_000, 48_000), (8_000, 48_000), (44_100, 48_000), (48_000, 192_000)] {
        for hertz in [from / 100, from * 2 / 5, from * 99 / 200] {
            let rest = through(hertz, from, to).rest;
            assert!(rest < -100.0, "{rest} dB beside {hertz} Hz from {from} to {to} Hz");
        }
    }
}

#[test]
fn the_pass_band_is_flat() {
    for rate in RATES {
        for (from, to) in [(rate, 48_000), (48_000, rate), (rate, 16_000), (16_000, rate)] {
            for tenth in [1, 5, 9] {
                let hertz = from.min(to) * tenth / 20;
                let level = through(hertz, from, to).level;
                assert!(level.abs() < 0.1, "{hertz} Hz from {from} to {to} Hz: {level} dB");
            }
        }
    }
}

#[test]
fn rates_without_a_common_divisor_are_converted() {
    for (from, to) in [(44_101, 48_000), (48_000, 44_101), (47_999, 16_001)] {
        assert_clean(through(1000, from, to), from);
    }
}

#[test]
fn there_and_back_is_exact_even_where_the_fraction_is_not() {
    let (from, to) = (191_999, 48_000);
    assert_ne!(Ratio::new(from, to), Ratio { from: 191_999, to: 48_000 });
    let input = (0..3 * u64::from(from)).map(|n| tone(1000, from, n) as f32).collect();
    let back = &resampled(&resampled(&vec![input], from, to), to, from)[0];
    let second = from as usize;
    assert_clean(measure(&back[second..2 * second], 1000, from, second as u64), from);
}

#[track_caller]
fn assert_clean(Measured { level, late, rest }: Measured, rate: u32) {
    assert!(level.abs() < 0.1 && late.abs() < 0.01, "{rate} Hz: {level} dB, {late} samples late");
    assert!(rest < -100.0, "{rate} Hz: {rest} dB beside the tone");
}

#[test]
fn the_fraction_is_exact_or_near_and_the_block_bounded() {
    let ratio = |from, to| Ratio::new(from, to);
    assert_eq!(ratio(44_100, 48_000), Ratio { from: 147, to: 160 });
    assert_eq!(ratio(44_101, 48_000), Ratio { from: 44_101, to: 48_000 });
    assert_eq!(ratio(1, 48_000), Ratio { from: 1, to: 48_000 });
    assert_eq!(ratio(48_000, 1), Ratio { from: 48_000, to: 1 });
    for from in (1..=Limits::SAMPLE_RATE).step_by(997).chain([767_999]) {
        for to in [16_000, 48_000] {
            let fraction = ratio(from, to);
            let off = fraction.from as f64 / fraction.to as f64 * f64::from(to) / f64::from(from);
            assert!((off - 1.0).abs() < 16e-6, "{from} to {to} Hz is off by {off}");
            let block = fraction.from.max(fraction.to) * fraction.terms_in_block();
            assert!(block <= MAX_BLOCK, "{from} to {to} Hz takes blocks of {block}");
            let back = ratio(to, from);
            assert_eq!((back.from, back.to), (fraction.to, fraction.from));
        }
    }
}

#[test]
fn rates_out_of_range_are_refused() {
    let error = Resampler::new(0, 48_000, 1).err().unwrap();
    assert_eq!(error.to_string(), "the sample rate is 0 Hz, expected 1 to 768000 Hz");
    assert_eq!(Resampler::new(48_000, 768_001, 1).err().unwrap().code(), "invalid_value");
}

#[test]
fn there_and_back_has_the_length_of_the_input() {
    for rate in RATES.into_iter().chain([1, 7, 44_101, 767_999, 768_000]) {
        // One sample of the slowest rate would make a second at the model's rate.
        for len in if rate < 1000 { [0, 1, 2, 3] } else { [0, 1, 1_176, 5_003] } {
            let input = vec![vec![0.5; len]; 2];
            let there = resampled(&input, rate, 48_000);
            let mut resampler = Resampler::new(48_000, rate, 2).unwrap();
            let mut back = resampler.push(&there).unwrap();
            append(&mut back, &resampler.finish(len as u64).unwrap());
            assert_eq!((back[0].len(), back[1].len()), (len, len), "at {rate} Hz");
            assert!(back.iter().flatten().all(|x| x.is_finite()));
            // A resampler that has ended returns nothing more.
            assert!(resampler.finish(len as u64).unwrap()[0].is_empty());
        }
    }
}

#[test]
fn one_sample_is_a_short_pulse_where_it_was() {
    let mut input = vec![vec![0.0; 4_000]];
    input[0][1_000] = 1.0;
    let output = &resampled(&input, 16_000, 48_000)[0];
    let loudest = output.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    assert_eq!(loudest.unwrap().0, 3_000);
    assert_eq!(resampled(&vec![vec![1.0]], 16_000, 48_000)[0].len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn portions_do_not_matter(
        samples in proptest::collection::vec(-1f32..1.0, 1..6000),
        portion in 1usize..4000,
        from in proptest::sample::select(&RATES[..]),
        to in proptest::sample::select(&[16_000u32, 48_000][..]),
    ) {
        let input = vec![samples];
        let whole = resampled(&input, from, to);
        let mut resampler = Resampler::new(from, to, 1).unwrap();
        let mut output = vec![Vec::new()];
        for part in input[0].chunks(portion) {
            append(&mut output, &resampler.push(&[part]).unwrap());
        }
        append(&mut output, &resampler.finish(whole[0].len() as u64).unwrap());
        let bits = |planes: &Planes| planes[0].iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&output), bits(&whole));
    }
}
