//! The results of the meter, for various audio in pieces of any length.

use std::f32::consts::{FRAC_PI_2, FRAC_PI_4};
use std::sync::LazyLock;

use super::*;
use crate::audio::SampleFormat;
use crate::model::{Model, ModelDescription, WINDOW};

/// A file of the network's folder.
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../../models/dnsmos/", $name))
    };
}

static FILES: [&[u8]; 2] = [file!("dnsmos_features.tflite"), file!("dnsmos_scores.tflite")];

static DNSMOS: LazyLock<Dnsmos> =
    LazyLock::new(|| Dnsmos::from_folder(description(), &FILES).unwrap());

fn description() -> ModelDescription {
    ModelDescription::parse(file!("model.json")).unwrap()
}

fn meter(sample_rate: u32, channels: u16) -> Meter {
    let format = AudioFormat::raw(SampleFormat::F32le, sample_rate, channels);
    Meter::new(&format, &DNSMOS, 1).unwrap()
}

/// The measures of this audio, with one window.
fn measured(sample_rate: u32, planes: &[Vec<f32>]) -> Measures {
    let mut meter = meter(sample_rate, planes.len() as u16);
    meter.push(planes).unwrap();
    meter.finish(&CancelToken::new()).unwrap()
}

/// Noise that swells like words. Each seed gives different noise.
fn bursts(seed: u32, len: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|n| next() * (n as f32 * 0.0003).sin().powi(2)).collect()
}

#[track_caller]
fn assert_numbers(measures: &Measures) {
    let scores = measures.scores.unwrap();
    for score in [scores.signal, scores.background, scores.overall] {
        assert!((0.5..5.0).contains(&score), "{measures:?}");
    }
    for level in [measures.loudness, measures.true_peak].into_iter().flatten() {
        assert!(level.is_finite(), "{measures:?}");
    }
    assert!((0.0..=1.0).contains(&measures.speech_share), "{measures:?}");
}

#[test]
fn the_pieces_make_no_difference() {
    for (sample_rate, channels, seconds) in [(44_100, 2, 10), (16_000, 1, 3)] {
        let len = seconds * sample_rate as usize;
        let planes: Planes = (0..channels).map(|seed| bursts(seed, len)).collect();
        let whole = measured(sample_rate, &planes);
        assert_numbers(&whole);
        for piece in [441, 16_385] {
            let mut meter = meter(sample_rate, channels as u16);
            for from in (0..len).step_by(piece) {
                let part = |plane: &Vec<f32>| plane[from..len.min(from + piece)].to_vec();
                meter.push(&planes.iter().map(part).collect::<Planes>()).unwrap();
                meter.push(&vec![vec![]; planes.len()]).unwrap();
            }
            assert_eq!(meter.finish(&CancelToken::new()).unwrap(), whole, "pieces of {piece}");
        }
    }
}

#[test]
fn windows_that_overlap_are_rated_as_each_alone() {
    let samples = bursts(5, 40 * 16_000);
    let window = |second: usize| &samples[second * 16_000..][..WINDOW];
    let mut rater = DNSMOS.rater().unwrap();
    let mut last = None;
    // The last window does not overlap any other.
    for second in [0, 1, 3, 7, 15, 30] {
        let later = last.map(|last| (second - last) * 16_000);
        let alone = DNSMOS.rater().unwrap().rate(window(second), None).unwrap();
        let made = rater.rate(window(second), later).unwrap();
        // The kernels round differently near the ends of a window.
        for pick in [|x: &Scores| x.signal, |x: &Scores| x.background, |x: &Scores| x.overall] {
            assert!(
                (pick(&made) - pick(&alone)).abs() < 1e-4,
                "at {second} s: {made:?}, {alone:?}"
            );
        }
        last = Some(second);
    }
}

/// At 48 kHz: 15 s of faint noise, then 15 s of speech.
fn noise_then_speech() -> Vec<f32> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../audio_samples/audio_file_48k.clean.raw");
    let bytes = std::fs::read(file).unwrap();
    let voice = bytes.chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap()));
    let noise = bursts(1, 15 * 48_000).into_iter().map(|x| x * 1e-3);
    noise.chain(voice.take(15 * 48_000)).collect()
}

fn meter_of(samples: &[f32], windows: usize) -> Meter {
    let format = AudioFormat::raw(SampleFormat::F32le, 48_000, 1);
    let mut meter = Meter::new(&format, &DNSMOS, windows).unwrap();
    meter.push(&[samples.to_vec()]).unwrap();
    meter
}

#[test]
fn windows_without_speech_are_left_out_and_both_versions_have_the_same() {
    let samples = noise_then_speech();
    let cancel = CancelToken::new();
    // The windows at 0, 8 and 16 s of 21. The first one ends before the speech begins.
    let measures = meter_of(&samples, 4).finish(&cancel).unwrap();
    assert_eq!(measures.windows, 2);
    let speech_alone = meter_of(&samples[8 * 48_000..], 2).finish(&cancel).unwrap();
    let apart = measures.scores.unwrap().signal - speech_alone.scores.unwrap().signal;
    assert!(apart.abs() < 0.01, "{measures:?}, {speech_alone:?}");

    // The speech was removed.
    let silence = vec![0.0; samples.len()];
    let meters = [&samples, &silence].map(|samples| meter_of(samples, 4));
    let [before, after] = meters;
    let compared = pollster::block_on(compare_async(before, after, &cancel, async || {})).unwrap();
    assert_eq!(compared.before, measures);
    assert_eq!((compared.after.windows, compared.after.speech_share), (2, 0.0));
    // Without any speech, all windows are rated.
    assert_eq!(meter_of(&silence, 4).finish(&cancel).unwrap().windows, 3);
}

#[test]
fn the_speech_of_what_was_rated_counts() {
    // 15 s of speech in 171 s. The windows are 16 s apart, and only the second one contains speech.
    let mut samples = noise_then_speech();
    samples.extend(bursts(2, 141 * 48_000).into_iter().map(|x| x * 1e-3));
    let (cancel, meters) = (CancelToken::new(), [(); 2].map(|()| meter_of(&samples, 16)));
    let [before, after] = meters;
    let compared = pollster::block_on(compare_async(before, after, &cancel, async || {})).unwrap();
    let before = &compared.before;
    assert!((0.03..0.1).contains(&before.speech_share), "{before:?}");
    assert!(before.rated_speech_share > 0.5 && before.windows == 1, "{before:?}");
    let codes: Vec<_> = compared.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [FindingCode::NotBetter]);
}

#[test]
fn audio_shorter_than_a_window_is_repeated() {
    let speech = noise_then_speech()[15 * 48_000..].iter().step_by(3).copied().collect::<Vec<_>>();
    let windows = |len: usize| {
        // Speech only at the beginning.
        let mut samples = speech[..2 * 16_000].to_vec();
        samples.resize(len, 0.0);
        let format = AudioFormat::raw(SampleFormat::F32le, 16_000, 1);
        let mut meter = Meter::new(&format, &DNSMOS, Meter::MOST_WINDOWS).unwrap();
        meter.push(&[samples]).unwrap();
        let windows = meter.end().unwrap();
        (windows.len(), meter.with_enough_speech(&windows).len())
    };
    // All repetitions are rated.
    for (len, count) in [(143_900, 8), (144_127, 9), (144_128, 9), (WINDOW - 1, 9)] {
        assert_eq!(windows(len), (count, count), "{len} samples");
    }
    assert_eq!(windows(WINDOW), (1, 1));
}

#[test]
fn nothing_has_no_numbers() {
    let measures = meter(48_000, 2).finish(&CancelToken::new()).unwrap();
    let nothing = Measures {
        scores: None,
        windows: 0,
        loudness: None,
        true_peak: None,
        speech_share: 0.0,
        rated_speech_share: 0.0,
        duration_seconds: 0.0,
    };
    assert_eq!(measures, nothing);
}

#[test]
fn silence_and_what_is_very_short_are_measured() {
    for len in [1, 100, 48_000] {
        let measures = measured(48_000, &[vec![0.0; len]]);
        assert_numbers(&measures);
        assert_eq!((measures.loudness, measures.true_peak), (None, None));
        assert_eq!((measures.speech_share, measures.windows), (0.0, 1));
        assert!((measures.duration_seconds - len as f64 / 48_000.0).abs() < 1e-8);
        assert_numbers(&measured(48_000, &[bursts(1, len)]));
    }
}

#[test]
fn nan_and_huge_samples_do_no_harm() {
    for sample in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e30] {
        let mut samples = bursts(3, 48_000);
        samples[10_000..10_100].fill(sample);
        assert_numbers(&measured(48_000, &[samples]));
    }
}

#[test]
fn channels_are_rated_as_their_mean() {
    let (a, b) = (bursts(1, 160_000), bursts(2, 160_000));
    let mean = a.iter().zip(&b).map(|(a, b)| (a + b) * 0.5).collect();
    let both = measured(16_000, &[a, b]);
    assert_eq!(both.scores, measured(16_000, &[mean]).scores);
}

#[test]
fn the_peak_between_the_samples_counts() {
    // The samples of this sine are at 0.7 of its peaks.
    let sine = |n: usize| 0.5 * (n as f32 * FRAC_PI_2 + FRAC_PI_4).sin();
    let measures = measured(48_000, &[(0..48_000).map(sine).collect()]);
    let peak = measures.true_peak.unwrap();
    // The meter takes the audio after the last sample as silence, which raises or lowers the peak a
    // little.
    assert!((peak + 6.02).abs() < 0.6, "{peak} dBTP");
}

#[test]
fn samples_that_the_search_skips_have_no_higher_peak() {
    for seed in 0..8 {
        // It gets louder, so that the peak moves.
        let swelling = |(n, x): (usize, f32)| x * (0.3 + n as f32 / 48_000.0);
        let samples: Vec<f32> =
            bursts(seed, 24_000).into_iter().enumerate().map(swelling).collect();
        let mut everywhere = TruePeak::new(1, 0.0);
        let peaks = [samples.clone(), vec![0.0; LAG]].map(|part| everywhere.push(&vec![part]));
        let highest = peaks.iter().flatten().fold(0f32, |highest, &peak| highest.max(peak));
        let mut meter = meter(48_000, 1);
        // In pieces that end at other places than the search does.
        for piece in samples.chunks(1001) {
            meter.push(&[piece.to_vec()]).unwrap();
        }
        meter.peaks(&vec![vec![0.0; LAG]]);
        assert_eq!(meter.peak, highest, "seed {seed}");
    }
}

#[test]
fn formats_that_cannot_be_measured_are_refused() {
    let mut meter = meter(48_000, 2);
    for planes in [vec![vec![0.0]], vec![vec![0.0], vec![]]] {
        assert_eq!(meter.push(&planes).unwrap_err().code(), "invalid_value");
    }
    let format = AudioFormat::raw(SampleFormat::F32le, 48_000, 2);
    for windows in [0, Meter::MOST_WINDOWS + 1] {
        assert_eq!(Meter::new(&format, &DNSMOS, windows).unwrap_err().code(), "invalid_value");
    }
}

#[test]
fn rating_can_be_cancelled() {
    let mut meter = meter(16_000, 1);
    meter.push(&[bursts(1, 16_000)]).unwrap();
    let cancel = CancelToken::new();
    cancel.cancel();
    assert_eq!(meter.finish(&cancel).unwrap_err().code(), "cancelled");
}

#[test]
fn raters_do_not_enhance_and_models_do_not_rate() {
    let error = Model::from_folder(description(), &FILES).unwrap_err();
    assert_eq!(error.code(), "unsupported_model");
    assert!(error.to_string().contains("dnsmos, a model that rates recordings"), "{error}");
    let gtcrn: &[u8] = include_bytes!("../../../../models/gtcrn/model.json");
    let gtcrn = ModelDescription::parse(gtcrn).unwrap();
    let file: &[u8] = include_bytes!("../../../../models/gtcrn/gtcrn.tflite");
    let error = Dnsmos::from_folder(gtcrn, &[file]).unwrap_err();
    assert_eq!(error.code(), "unsupported_model");
    assert!(error.to_string().contains("gtcrn, a model that enhances"), "{error}");
}

/// A take of mono audio at 16 kHz as bytes, and its two parts.
fn take_of_bursts() -> (Vec<u8>, [Vec<f32>; 2]) {
    let parts = [1, 2].map(|seed| bursts(seed, 20_000));
    let [dry, wet] = &parts;
    let frames = dry.iter().zip(wet).flat_map(|(dry, wet)| [dry, wet]);
    (frames.flat_map(|sample| sample.to_le_bytes()).collect(), parts)
}

fn compare(take: &[u8], cancel: &CancelToken) -> Result<Comparison> {
    let format = AudioFormat::raw(SampleFormat::F32le, 16_000, 1);
    let take = std::io::Cursor::new(take);
    pollster::block_on(compare_take_async(take, &format, &DNSMOS, 1, cancel, async || {}))
}

#[test]
fn both_parts_of_a_take_are_measured_as_each_alone() {
    let (take, [dry, wet]) = take_of_bursts();
    let compared = compare(&take, &CancelToken::new()).unwrap();
    assert_eq!(compared.before, measured(16_000, &[dry]));
    assert_eq!(compared.after, measured(16_000, &[wet]));
    assert_ne!(compared.before, compared.after);
}

#[test]
fn comparing_a_take_can_fail_and_be_cancelled() {
    let (take, _) = take_of_bursts();
    let cut = compare(&take[..take.len() - 3], &CancelToken::new()).unwrap_err();
    assert_eq!(cut.code(), "corrupt_audio");
    let cancel = CancelToken::new();
    cancel.cancel();
    assert_eq!(compare(&take, &cancel).unwrap_err().code(), "cancelled");
}
