//! Warnings about a result, as text and as JSON.

use std::fs;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::support::{Bench, SAMPLE, floats, noise, raw};

/// Four seconds of speech with noise, changed by this many dB.
fn speech(decibels: f32) -> Vec<f32> {
    let sample = floats(&fs::read(SAMPLE).unwrap());
    let gain = 10f32.powf(decibels / 20.0);
    sample[..4 * 48_000].iter().map(|sample| sample * gain).collect()
}

/// The codes and texts of the warnings about these samples. JSON and text must agree.
#[track_caller]
fn warnings(samples: &[f32], args: &[&str]) -> Vec<(String, String)> {
    let bench = Bench::new();
    bench.file("in.raw", &raw(samples));
    let run = || {
        let mut run = bench.enhance(["--source-file", "in.raw", "--force"]);
        run.args(["--destination-file", "out.raw"]).args(args);
        run
    };
    let output = run().arg("--json").assert().success().get_output().stdout.clone();
    let report: Value = serde_json::from_slice(&output).unwrap();
    let text = |warning: &Value, name: &str| warning[name].as_str().unwrap().to_owned();
    let warnings: Vec<_> = report["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| (text(warning, "code"), text(warning, "text")))
        .collect();
    let run = run().assert().success();
    match &warnings[..] {
        [] => drop(run.stderr(contains("warning").not())),
        [(_, text), ..] => drop(run.stderr(contains(format!("warning: in.raw: {text}")))),
    }
    warnings
}

#[test]
fn a_result_that_lost_almost_everything_has_a_warning() {
    let quiet = speech(-45.0);
    for (samples, args) in [(&noise(0.1, 96_000), &[][..]), (&quiet, &["--input-gain", "0"])] {
        let warnings = warnings(samples, args);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let (code, text) = &warnings[0];
        assert_eq!(code, "almost_everything_removed");
        assert!(text.contains("Is this music, or is the speech very quiet?"), "{text}");
    }
}

#[test]
fn a_result_that_keeps_the_speech_has_no_warning() {
    assert_eq!(warnings(&speech(0.0), &[]), []);
    // The automatic gain raises it.
    assert_eq!(warnings(&speech(-45.0), &[]), []);
    // Most of the noise stays.
    assert_eq!(warnings(&noise(0.1, 96_000), &["--attenuation-limit", "12"]), []);
}

#[test]
fn a_result_that_cannot_be_levelled_has_a_warning() {
    let passthrough = ["--level", "--model", "passthrough"];
    assert_eq!(warnings(&speech(0.0), &passthrough), []);
    let warnings = warnings(&noise(0.1, 96_000), &passthrough);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].0, "not_levelled");
    assert!(warnings[0].1.contains("less than a second of speech"), "{warnings:?}");
}

#[test]
fn a_silent_or_empty_source_gets_no_warning_about_speech() {
    let passthrough = ["--level", "--model", "passthrough"];
    let silence = warnings(&[0.0; 96_000], &passthrough);
    let silent = "the result is not levelled: it is silent";
    assert_eq!(silence, [("not_levelled".into(), silent.into())]);
    assert_eq!(warnings(&[], &passthrough), []);
}

#[test]
fn a_loudness_is_reached_or_a_warning_says_why_not() {
    assert_eq!(warnings(&speech(0.0), &["--loudness", "-16"]), []);
    let warnings = warnings(&speech(0.0), &["--loudness", "-5"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].0, "loudness_not_reached");
    assert!(warnings[0].1.contains("LUFS, not -5 LUFS: more would distort"), "{warnings:?}");
}
