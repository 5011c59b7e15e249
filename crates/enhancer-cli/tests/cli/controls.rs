//! Each control does what it says, and wrong values are refused.

use std::fs;

use predicates::str::contains;

use crate::support::{Bench, SAMPLE, energy, floats, noise, snr, wav};

/// The result for noise without input gain, and the noise.
fn plain(bench: &Bench) -> (Vec<f32>, Vec<f32>) {
    let noisy = noise(0.1, 24_000);
    (bench.enhanced(&noisy, AS_IT_IS), noisy)
}

const AS_IT_IS: &[&str] = &["--input-gain", "0"];

/// `part` of `a` and the rest of `b`.
fn mixed(part: f32, a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| part * a + (1.0 - part) * b).collect()
}

#[test]
fn noise_is_removed_without_any_option() {
    let (enhanced, noisy) = plain(&Bench::new());
    assert_eq!(enhanced.len(), noisy.len());
    let (begin, end) = (energy(&enhanced[12_000..]), energy(&noisy[12_000..]));
    assert!(begin < end / 100.0, "{begin} is left of {end}");
}

#[test]
fn the_attenuation_limit_keeps_some_noise() {
    let bench = Bench::new();
    let (enhanced, noisy) = plain(&bench);
    // 20 dB is a factor of ten.
    let limited = bench.enhanced(&noisy, &["--attenuation-limit", "20"]);
    let decibels = snr(&mixed(0.9, &enhanced, &noisy), &limited);
    assert!(decibels > 80.0, "{decibels} dB");
    assert_eq!(bench.enhanced(&noisy, &["--attenuation-limit", "0"]), noisy);
}

#[test]
fn the_mix_goes_from_the_input_to_the_result() {
    let bench = Bench::new();
    let (enhanced, noisy) = plain(&bench);
    assert_eq!(bench.enhanced(&noisy, &["--mix", "0"]), noisy);
    assert_eq!(bench.enhanced(&noisy, &["--mix", "1"]), enhanced);
    let decibels =
        snr(&mixed(0.25, &enhanced, &noisy), &bench.enhanced(&noisy, &["--mix", "0.25"]));
    assert!(decibels > 80.0, "{decibels} dB");
}

#[test]
fn what_was_removed_can_be_heard() {
    let bench = Bench::new();
    let (enhanced, noisy) = plain(&bench);
    let expected: Vec<_> = noisy.iter().zip(&enhanced).map(|(a, b)| a - b).collect();
    let decibels = snr(&expected, &bench.enhanced(&noisy, &["--output", "removed"]));
    assert!(decibels > 80.0, "{decibels} dB");
    assert_eq!(bench.enhanced(&noisy, &["--output", "enhanced"]), enhanced);
}

#[test]
fn the_input_gain_is_undone_behind_the_model() {
    let bench = Bench::new();
    let (enhanced, noisy) = plain(&bench);
    for (gain, factor) in [("20", 0.1), ("-20", 10.0)] {
        let scaled: Vec<_> = noisy.iter().map(|sample| sample * factor).collect();
        let expected: Vec<_> = enhanced.iter().map(|sample| sample * factor).collect();
        let decibels = snr(&expected, &bench.enhanced(&scaled, &["--input-gain", gain]));
        assert!(decibels > 60.0, "{gain}: {decibels} dB");
    }
}

#[test]
fn the_automatic_gain_raises_only_quiet_input() {
    let bench = Bench::new();
    let (enhanced, noisy) = plain(&bench);
    let decibels = snr(&enhanced, &bench.enhanced(&noisy, &["--input-gain", "auto"]));
    assert!(decibels > 60.0, "loud: {decibels} dB");
    let quiet = noise(0.001, 24_000);
    let (without, with) =
        (bench.enhanced(&quiet, AS_IT_IS), bench.enhanced(&quiet, &["--input-gain", "auto"]));
    let decibels = snr(&without, &with);
    assert!(decibels < 40.0, "quiet: {decibels} dB");
    assert_eq!(bench.enhanced(&quiet, &[]), with, "it is the default");
    let exact = bench.enhanced(&quiet, &["--exact"]);
    assert_eq!(bench.enhanced(&quiet, &["--exact", "--input-gain", "0"]), exact);
    assert_ne!(bench.enhanced(&quiet, &["--exact", "--input-gain", "auto"]), exact);
}

#[test]
fn quiet_speech_is_not_removed() {
    let bench = Bench::new();
    let speech = floats(&fs::read(SAMPLE).unwrap())[..5 * 48_000].to_vec();
    let decibels = |a: &[f32], b: &[f32]| 10.0 * (energy(a) / energy(b)).log10();
    let kept = |gain: f32, options: &[&str]| {
        let speech: Vec<_> = speech.iter().map(|sample| sample * gain).collect();
        decibels(&bench.enhanced(&speech, options), &speech)
    };
    let usual = kept(1.0, &[]);
    // 26 and 40 dB quieter.
    for gain in [0.05, 0.01] {
        let quiet = kept(gain, &[]);
        assert!((quiet - usual).abs() < 1.0, "{quiet} dB of {gain}, {usual} dB as it is");
    }
    let lost = kept(0.01, AS_IT_IS);
    assert!(lost < usual - 20.0, "{lost} dB without the gain");
    // About 2 s with an odd number of samples, through a model of another sample rate: the result
    // has the same length and is not shifted.
    let quiet: Vec<_> = speech[..96_001].iter().map(|sample| sample * 0.01).collect();
    assert_eq!(bench.enhanced(&quiet, &["--model", "gtcrn"]).len(), quiet.len());
    assert_eq!(bench.enhanced(&quiet, &["--model", "passthrough"]), quiet);
}

#[test]
fn the_post_filter_removes_more() {
    let bench = Bench::new();
    let (enhanced, noisy) = plain(&bench);
    let filtered = bench.enhanced(&noisy, &["--post-filter"]);
    assert!(energy(&filtered) < energy(&enhanced));
}

#[test]
fn the_post_filter_is_refused_where_there_is_none() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    for model in ["gtcrn", "passthrough"] {
        bench
            .enhance(["--source-file", "in.wav", "--out-dir", "left", "--post-filter"])
            .args(["--model", model])
            .assert()
            .code(2)
            .stderr(contains(format!("the model {model} has no post-filter")));
    }
    assert_eq!(bench.names(), ["in.wav"]);
}

#[test]
fn the_result_has_the_requested_loudness() {
    let bench = Bench::new();
    let noisy = noise(0.1, 48_000);
    let made = |samples: &[f32], lufs| {
        bench.enhanced(samples, &["--loudness", lufs, "--model", "passthrough"])
    };
    let (quiet, loud) = (made(&noisy, "-43"), made(&noisy, "-33"));
    let decibels = 10.0 * (energy(&loud) / energy(&quiet)).log10();
    assert!((decibels - 10.0).abs() < 0.01, "{decibels} dB");
    // Only the gain differs.
    let gain = (energy(&loud) / energy(&noisy)).sqrt();
    let raised: Vec<_> = noisy.iter().map(|sample| gain * sample).collect();
    assert!(snr(&raised, &loud) > 100.0);
    // Silence has no loudness.
    let silence = vec![0.0; 48_000];
    assert_eq!(made(&silence, "-16"), silence);
    assert_eq!(bench.names(), ["in.raw", "out.raw"]);
}

#[test]
fn exact_and_usual_mode_give_the_same() {
    let bench = Bench::new();
    let (enhanced, noisy) = plain(&bench);
    let decibels = snr(&bench.enhanced(&noisy, &["--exact"]), &enhanced);
    assert!(decibels > 40.0, "{decibels} dB");
}

#[test]
fn wrong_values_are_refused_before_a_file_is_created() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    for (option, value, message) in [
        ("--attenuation-limit", "-1", "-1 dB, expected 0 dB or more"),
        ("--attenuation-limit", "NaN", "NaN dB, expected 0 dB or more"),
        ("--attenuation-limit", "much", "'much'"),
        ("--mix", "1.5", "1.5, expected 0 to 1"),
        ("--mix", "-0.1", "-0.1, expected 0 to 1"),
        ("--mix", "", "--mix"),
        ("--input-gain", "61", "61 dB, expected -60 to 60 dB or auto"),
        ("--input-gain", "-61", "-61 dB, expected -60 to 60 dB or auto"),
        ("--input-gain", "loud", "expected a number of dB or auto"),
        ("--loudness", "-70", "-70 LUFS, expected above -70, at most -5 LUFS"),
        ("--loudness", "-4", "-4 LUFS, expected above -70, at most -5 LUFS"),
        ("--loudness", "loud", "expected above -70, at most -5 LUFS"),
        ("--output", "noise", "expected enhanced or removed"),
    ] {
        bench
            .enhance(["--source-file", "in.wav", "--out-dir", "left", option, value])
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(message));
    }
    assert_eq!(bench.names(), ["in.wav"]);
}
