//! Whole sessions with models whose output is known in closed form.

use proptest::prelude::*;

use super::*;
use crate::audio::{Audio, append};
use crate::engine::{AudioEnhancer, Session, SessionOptions};
use crate::model::{Model, fake};
use crate::signal::{InputGain, Output};

/// Controls for a model that receives its input unchanged.
const AS_IT_IS: Controls = Controls {
    attenuation_limit: None,
    mix: 1.0,
    input_gain: Some(InputGain::UNITY),
    output: Output::Enhanced,
    post_filter: false,
    exact: false,
};

const RATES: [u32; 6] = [8_000, 16_000, 22_050, 44_100, 48_000, 96_000];

fn enhancer(model: Model) -> AudioEnhancer {
    AudioEnhancer::new(model, Some(2)).unwrap()
}

/// An enhancer that returns its input, at 48 kHz and with the delay of a real model.
fn identity() -> AudioEnhancer {
    enhancer(fake::identity(48_000, 480, 960))
}

/// Noise with little energy above a tenth of the rate, different in each channel.
fn hum(channels: usize, len: usize) -> Planes {
    let plane = |channel: usize| {
        let mut state = channel as u32 + 1;
        let (mut first, mut second) = (0.0, 0.0);
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
            first += 0.3 * (noise - first);
            second += 0.3 * (first - second);
            second
        };
        (0..len).map(|_| next()).collect()
    };
    (0..channels).map(plane).collect()
}

fn open(enhancer: &AudioEnhancer, rate: u32, channels: u16, controls: Controls) -> Session {
    let options = SessionOptions { controls, ..SessionOptions::default() };
    enhancer.open("session", rate, channels, options).unwrap()
}

/// The result for a signal that is pushed in portions.
fn run(
    enhancer: &AudioEnhancer,
    rate: u32,
    controls: Controls,
    planes: &Planes,
    portion: usize,
) -> Planes {
    let mut session = open(enhancer, rate, planes.len() as u16, controls);
    let mut result = vec![Vec::new(); planes.len()];
    let (mut pushed, len) = (0, planes[0].len());
    loop {
        while pushed < len {
            let to = len.min(pushed.saturating_add(portion));
            let part: Vec<_> = planes.iter().map(|plane| &plane[pushed..to]).collect();
            match session.push(&part).unwrap() {
                0 => break,
                taken => pushed += taken,
            }
        }
        if pushed == len {
            session.finish().unwrap();
        }
        match session.pull().unwrap() {
            Some(planes) => append(&mut result, &planes),
            None => break,
        }
    }
    let progress = session.progress();
    assert_eq!((progress.received, progress.enhanced), (len as u64, len as u64));
    assert!(result.iter().all(|plane| plane.len() == len));
    result
}

fn whole(enhancer: &AudioEnhancer, rate: u32, controls: Controls, planes: &Planes) -> Planes {
    run(enhancer, rate, controls, planes, usize::MAX)
}

fn bits(planes: &Planes) -> Vec<Vec<u32>> {
    planes.iter().map(|plane| plane.iter().map(|x| x.to_bits()).collect()).collect()
}

#[track_caller]
fn assert_near(actual: &Planes, expected: impl Fn(usize, usize) -> f32, within: f32) {
    for (channel, plane) in actual.iter().enumerate() {
        for (n, actual) in plane.iter().enumerate() {
            let expected = expected(channel, n);
            let off = (actual - expected).abs();
            assert!(off <= within, "sample {n} of channel {channel}: {actual} is not {expected}");
        }
    }
}

#[test]
fn audio_of_another_rate_is_converted_there_and_back() {
    let signal = hum(2, 70_001);
    for rate in RATES {
        let result = whole(&identity(), rate, Controls::default(), &signal);
        if rate == 48_000 {
            assert_eq!(result, signal);
            continue;
        }
        let mut there = Resampler::new(rate, 48_000, 2).unwrap();
        let mut heard = there.push(&signal).unwrap();
        append(&mut heard, &there.finish(there.output_len(70_001)).unwrap());
        let mut back = Resampler::new(48_000, rate, 2).unwrap();
        let mut expected = back.push(&heard).unwrap();
        append(&mut expected, &back.finish(70_001).unwrap());
        assert_eq!(bits(&result), bits(&expected), "at {rate} Hz");
    }
}

/// By how many samples `late` lags behind `early`, at most 50.
fn lag(early: &[f32], late: &[f32]) -> i32 {
    let middle = 100..early.len() - 100;
    let product = |lag: i32| -> f64 {
        let pairs = middle.clone().map(|n| (early[n], late[(n as i32 + lag) as usize]));
        pairs.map(|(a, b)| f64::from(a * b)).sum()
    };
    (-50..=50).max_by(|&a, &b| product(a).total_cmp(&product(b))).unwrap()
}

#[test]
fn the_result_is_aligned_at_every_rate() {
    let models = [(48_000, 480, 960), (16_000, 128, 384)];
    for (model_rate, hop, delay) in models {
        let enhancer = enhancer(fake::identity(model_rate, hop, delay));
        for rate in RATES {
            for channels in [1, 2] {
                let signal = hum(channels, 30_000);
                let result = whole(&enhancer, rate, Controls::default(), &signal);
                for (signal, result) in signal.iter().zip(&result) {
                    assert_eq!(lag(signal, result), 0, "{rate} Hz with a model of {model_rate}");
                }
            }
        }
    }
}

#[test]
fn without_any_wet_the_input_comes_back_bit_for_bit() {
    let mut signal = hum(2, 20_000);
    signal[0][7] = -0.0;
    signal[1][9] = 60_000.0;
    let mixed_out = Controls { mix: 0.0, ..Controls::default() };
    let limited = Controls { attenuation_limit: Some(0.0), ..Controls::default() };
    for rate in RATES.into_iter().chain([44_101, 768_000]) {
        for controls in [mixed_out, limited] {
            let controls = Controls { input_gain: Some(InputGain::Auto), ..controls };
            assert_eq!(bits(&whole(&identity(), rate, controls, &signal)), bits(&signal));
        }
    }
}

#[test]
fn removed_and_enhanced_are_the_input() {
    let enhancer = enhancer(fake::integrator(480, 960));
    let signal = hum(2, 50_000);
    for mix in [1.0, 0.6] {
        for rate in [48_000, 22_050] {
            let controls = Controls { mix, ..Controls::default() };
            let enhanced = whole(&enhancer, rate, controls, &signal);
            let controls = Controls { output: Output::Removed, ..controls };
            let removed = whole(&enhancer, rate, controls, &signal);
            assert_near(&removed, |c, n| signal[c][n] - enhanced[c][n], 1e-6);
            assert!(removed[0].iter().any(|x| x.abs() > 0.1), "nothing was removed");
        }
    }
}

#[test]
fn the_attenuation_limit_and_the_mix_keep_their_parts_of_the_input() {
    let enhancer = enhancer(fake::integrator(480, 960));
    let signal = hum(1, 50_000);
    let wet = fake::integrated(&signal[0]);
    for (limit, mix) in [(Some(12.0), 1.0), (Some(6.0), 0.5), (None, 0.25)] {
        let controls = Controls { attenuation_limit: limit, mix, ..Controls::default() };
        let result = whole(&enhancer, 48_000, controls, &signal);
        let kept = limit.map_or(0.0, |limit: f32| 10f32.powf(-limit / 20.0));
        let limited = |n: usize| (1.0 - kept) * wet[n] + kept * signal[0][n];
        assert_near(&result, |_, n| mix * limited(n) + (1.0 - mix) * signal[0][n], 1e-4);
    }
}

/// The RMS level in dBFS.
fn level(samples: &[f32]) -> f32 {
    10.0 * (samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32).log10()
}

#[test]
fn quiet_input_is_raised_for_the_model_alone() {
    let mut signal = hum(1, 88_200);
    let scale = 10f32.powf((-58.0 - level(&signal[0])) / 20.0);
    signal[0].iter_mut().for_each(|sample| *sample *= scale);
    let controls = Controls { input_gain: Some(InputGain::Auto), ..Controls::default() };

    let mut path = SignalPath::new(&controls, 44_100, Some(48_000), 1, false).unwrap();
    let mut heard = path.condition(&[&signal[0]]).unwrap();
    append(&mut heard, &path.finish().unwrap());
    let heard = level(&heard[0][48_000..]);
    assert!((heard + 26.0).abs() < 1.0, "the model hears {heard} dBFS");

    for input_gain in [InputGain::Auto, InputGain::Decibels(-30.0), InputGain::Decibels(40.0)] {
        let controls = Controls { input_gain: Some(input_gain), ..controls };
        let plain = whole(&identity(), 44_100, AS_IT_IS, &signal);
        let result = whole(&identity(), 44_100, controls, &signal);
        assert_near(&result, |_, n| plain[0][n], 1e-8);
    }
}

#[test]
fn nan_and_infinity_never_reach_the_output() {
    let mut signal = hum(2, 30_000);
    for (n, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX].into_iter().enumerate() {
        signal[0][n] = bad;
        signal[1][5_000 * n + 1] = bad;
    }
    for rate in [48_000, 44_100] {
        for mix in [0.0, 0.5, 1.0] {
            let controls =
                Controls { mix, input_gain: Some(InputGain::Auto), ..Controls::default() };
            let result = whole(&identity(), rate, controls, &signal);
            assert!(result.iter().flatten().all(|x| x.abs() <= 2.0 * LARGEST), "{rate} {mix}");
        }
    }
    // A model that accepts any rate may also accept any sample.
    let mut path = SignalPath::new(&Controls::default(), 44_100, None, 1, false).unwrap();
    let passed = path.condition(&[&[f32::NAN, f32::INFINITY]]).unwrap();
    assert!(passed[0][0].is_nan() && passed[0][1] == f32::INFINITY);
}

#[test]
fn silence_stays_silence() {
    let controls = Controls { input_gain: Some(InputGain::Auto), ..Controls::default() };
    let silence = vec![vec![0.0; 30_000]; 2];
    for rate in [8_000, 48_000] {
        assert_eq!(whole(&identity(), rate, controls, &silence), silence);
    }
}

#[test]
fn the_shortest_audio_has_its_length() {
    let controls = Controls { mix: 0.7, input_gain: Some(InputGain::Auto), ..Controls::default() };
    for rate in RATES.into_iter().chain([1, 7, 44_101, 768_000]) {
        for len in [0, 1, 2] {
            let result = whole(&identity(), rate, controls, &vec![vec![0.5; len]; 3]);
            assert!(result.iter().flatten().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn lengths_around_the_end_of_a_bundle_lose_nothing() {
    // Without a delay, the last bundle can be complete before the end of the input is known.
    let enhancer = enhancer(fake::identity(48_000, 480, 0));
    for len in (32_000..34_000).step_by(40) {
        run(&enhancer, 24_000, Controls::default(), &hum(1, len), 3_000);
    }
}

#[test]
fn a_session_holds_a_window_at_any_rate() {
    let controls = Controls { mix: 0.5, input_gain: Some(InputGain::Auto), ..Controls::default() };
    for rate in [1_000, 8_000, 44_101, 192_000, 768_000] {
        let enhancer = identity();
        let mut session = open(&enhancer, rate, 1, controls);
        let block = vec![vec![0.1; 10_000]];
        let mut taken = 0;
        loop {
            match session.push(&block).unwrap() {
                0 => break,
                more => taken += more,
            }
            let seconds = taken as f64 / f64::from(rate);
            assert!(seconds < 30.0, "at {rate} Hz the window has no bound");
        }
        assert!(session.pull().unwrap().is_some());
    }
}

#[test]
fn rates_and_controls_out_of_range_are_refused() {
    let refused = |rate, mix| {
        let controls = Controls { mix, ..Controls::default() };
        let options = SessionOptions { controls, ..SessionOptions::default() };
        identity().open("refused", rate, 1, options).unwrap_err().to_string()
    };
    assert_eq!(refused(768_001, 1.0), "the sample rate is 768001 Hz, expected 1 to 768000 Hz");
    assert_eq!(refused(0, 1.0), "the sample rate is 0 Hz, expected at least 1 Hz");
    assert_eq!(refused(48_000, 1.1), "the mix is 1.1, expected 0 to 1");
}

#[test]
fn audio_in_memory_takes_the_same_path() {
    let signal = hum(2, 20_000);
    let expected = whole(&identity(), 22_050, Controls::default(), &signal);
    let audio = Audio::new(22_050, signal).unwrap();
    let enhanced = identity().process_audio("memory", &audio).unwrap();
    assert_eq!(enhanced.sample_rate(), 22_050);
    assert_eq!(enhanced.planes(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn portions_do_not_matter(
        portion in 1usize..20_000,
        len in 1usize..40_000,
        rate in proptest::sample::select(&RATES[..]),
        auto: bool,
    ) {
        let input_gain = Some(if auto { InputGain::Auto } else { InputGain::UNITY });
        let controls = Controls { mix: 0.5, input_gain, ..Controls::default() };
        let signal = hum(1, len);
        let result = run(&identity(), rate, controls, &signal, portion);
        prop_assert_eq!(bits(&result), bits(&whole(&identity(), rate, controls, &signal)));
    }
}
