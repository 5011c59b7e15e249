//! `enhancer score`, and `--score`.

use std::f32::consts::TAU;
use std::fs;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::support::{Bench, SAMPLE, floats, noise, raw, wav};

/// `enhancer score` with one line of JSON for each file, run in the folder, and its exit code.
fn scored(bench: &Bench, args: &[&str]) -> (Vec<Value>, i32) {
    let mut command = Command::cargo_bin("enhancer").unwrap();
    let run = command.current_dir(bench.folder()).args(["score", "--json", "--windows", "1"]);
    let run = run.args(args).output().unwrap();
    assert!(run.stderr.is_empty(), "{run:?}");
    let text = String::from_utf8(run.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, run.status.code().unwrap())
}

/// `enhancer FILE --score` of raw samples: the line of JSON.
fn enhanced(bench: &Bench, samples: &[f32], args: &[&str]) -> Value {
    bench.file("in.raw", &raw(samples));
    let mut run = bench.enhance(["--source-file", "in.raw", "--destination-file", "out.raw"]);
    let run = run.args(["--force", "--json", "--score"]).args(args).output().unwrap();
    assert!(run.status.success(), "{run:?}");
    serde_json::from_slice(&run.stdout).unwrap()
}

fn codes(line: &Value) -> Vec<&str> {
    let findings = line["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn number(line: &Value, field: &str) -> f64 {
    line[field].as_f64().unwrap_or_else(|| panic!("{field} of {line}"))
}

/// The sample with noise and without it.
fn noisy_and_clean() -> (Vec<f32>, Vec<f32>) {
    let clean = SAMPLE.replace(".raw", ".clean.raw");
    let read = |path: &str| floats(&fs::read(path).unwrap());
    (read(SAMPLE), read(&clean))
}

#[test]
fn clean_speech_is_rated_higher_than_the_same_with_noise() {
    let bench = Bench::new();
    let (noisy, clean) = noisy_and_clean();
    bench.file("noisy.raw", &raw(&noisy));
    bench.file("clean.raw", &raw(&clean));
    let (lines, code) = scored(&bench, &["noisy.raw", "clean.raw"]);
    let [noisy, clean] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(code, 0);
    for field in ["signal", "background", "overall"] {
        assert!(number(clean, field) > number(noisy, field), "{field}: {lines:?}");
        assert!((1.0..5.0).contains(&number(noisy, field)), "{field}: {noisy}");
    }
    for line in &lines {
        assert_eq!((&line["state"], &line["windows"]), (&"succeeded".into(), &1.into()));
        assert!((-60.0..0.0).contains(&number(line, "loudness")), "{line}");
        assert!((-40.0..3.0).contains(&number(line, "true_peak")), "{line}");
        assert!((0.3..=1.0).contains(&number(line, "speech_share")), "{line}");
        assert_eq!(number(line, "duration_seconds"), 15.5);
    }
    assert_eq!(noisy["source"], "noisy.raw");
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let bench = Bench::new();
    bench.file("bad.wav", b"Dear diary");
    bench.file("good.wav", &wav(2, 44_100));
    let (lines, code) = scored(&bench, &["bad.wav", "missing.wav", "good.wav"]);
    let states: Vec<_> = lines.iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!((states, code), (vec!["failed", "failed", "succeeded"], 3));
    assert_eq!(lines[0]["error"]["code"], "unsupported_audio");
    assert_eq!(lines[1]["error"]["code"], "read");
}

#[test]
fn a_file_without_samples_has_no_scores() {
    let bench = Bench::new();
    bench.file("empty.raw", b"");
    let (lines, code) = scored(&bench, &["empty.raw"]);
    assert_eq!(code, 0);
    for field in ["signal", "background", "overall", "loudness", "true_peak"] {
        assert_eq!(lines[0][field], Value::Null, "{field}");
    }
    assert_eq!(lines[0]["duration_seconds"], 0.0);
}

#[test]
fn people_get_a_table() {
    let bench = Bench::new();
    bench.file("a.wav", &wav(1, 44_100));
    let mut command = Command::cargo_bin("enhancer").unwrap();
    let run = command.current_dir(bench.folder()).args(["score", "a.wav", "no.wav"]).assert();
    let row = r"^SIGNAL +BACKGROUND +OVERALL +LOUDNESS +PEAK +SPEECH +LENGTH +FILE\n( +-?\d\.\d\d){3} +-?\d+\.\d LUFS +-?\d+\.\d dBTP +\d+ % +1\.0 s  a\.wav\n$";
    run.code(3)
        .stdout(predicates::str::is_match(row).unwrap())
        .stderr(contains("error: cannot read no.wav"));
    let mut command = Command::cargo_bin("enhancer").unwrap();
    let run = command.current_dir(bench.folder()).args(["score", "no.wav"]).assert();
    run.code(3).stdout("");
}

#[test]
fn wrong_usage_is_refused() {
    let score = |args: &[&str]| {
        let mut command = Command::cargo_bin("enhancer").unwrap();
        command.arg("score").args(args).assert()
    };
    score(&[]).code(2);
    for windows in ["0", "65", "many"] {
        score(&["a.wav", "--windows", windows]).code(2).stderr(contains("--windows"));
    }
    let bench = Bench::new();
    bench.file("a.wav", &wav(1, 100));
    let removed = bench.enhancer(["a.wav", "--score", "--output", "removed"]).assert().code(2);
    removed.stderr(contains("leave out --output removed"));
    assert_eq!(bench.names(), ["a.wav"]);
    score(&["--help"]).success().stdout(contains("DNSMOS").and(contains("Examples:")));
}

#[test]
fn pipes_are_measured_too() {
    let mut command = Command::cargo_bin("enhancer").unwrap();
    let run = command.args(["score", "--json", "--windows", "1", "-"]).write_stdin(wav(1, 44_100));
    run.assert().success().stdout(contains("\"source\":\"-\""));
}

#[test]
fn speech_in_noise_gets_better() {
    let (noisy, _) = noisy_and_clean();
    let line = enhanced(&Bench::new(), &noisy, &[]);
    assert_eq!(codes(&line), [""; 0], "{line}");
    for field in ["background", "overall"] {
        let [before, after] = ["before", "after"].map(|when| number(&line[when], field));
        assert!(after > before + 0.3, "{field}: {before}, then {after}");
    }
}

#[test]
fn an_unchanged_recording_did_not_get_better() {
    let (noisy, _) = noisy_and_clean();
    let line = enhanced(&Bench::new(), &noisy, &["--model", "passthrough"]);
    assert_eq!(codes(&line), ["not_better"]);
    assert_eq!(line["before"], line["after"]);
}

/// Chords of plucked strings, ten seconds at 48 kHz.
fn music() -> Vec<f32> {
    let pluck = |since: f32, hertz: f32| -> f32 {
        let partial = |n: u8| (TAU * hertz * f32::from(n) * since).sin() / f32::from(n);
        (-3.0 * since).exp() * (1..=5).map(partial).sum::<f32>()
    };
    let tones = [0, 4, 7, 12, 7, 4, 5, 9, 12, 17, 12, 9, 7, 11, 14, 19, 14, 11];
    let sample = |at: usize| {
        let now = at as f32 / 48_000.0;
        let sounding = (0..4).filter_map(|back| ((now * 4.0) as usize).checked_sub(back));
        let of = |tone: usize| {
            let hertz = 220.0 * 2f32.powf(tones[tone % tones.len()] as f32 / 12.0);
            pluck(now - tone as f32 / 4.0, hertz)
        };
        0.1 * sounding.map(of).sum::<f32>()
    };
    (0..480_000).map(sample).collect()
}

#[test]
fn the_notes_on_a_result_are_right() {
    let (_, clean) = noisy_and_clean();
    let clean = &clean[..456_000];
    let at = |gain: f32| clean.iter().map(|sample| sample * gain).collect::<Vec<f32>>();
    let loud_noise = noise(0.4, clean.len());
    let buried: Vec<f32> = clean.iter().zip(loud_noise).map(|(a, b)| a + b).collect();
    let cases: [(&str, Vec<f32>, &[&str]); 7] = [
        ("clean speech", clean.into(), &["not_better"]),
        ("speech in loud noise", buried, &[]),
        ("quiet speech", at(0.02), &["very_quiet", "not_better"]),
        ("speech that is hardly there", at(0.003), &["little_speech"]),
        ("music", music(), &["speech_removed"]),
        ("noise alone", noise(0.1, 480_000), &["little_speech"]),
        ("silence", vec![0.0; 480_000], &["little_speech"]),
    ];
    for (what, samples, expected) in cases {
        let line = enhanced(&Bench::new(), &samples, &[]);
        assert_eq!(codes(&line), expected, "{what}: {line}");
    }
}

#[test]
fn people_see_before_and_after() {
    let bench = Bench::new();
    bench.file("in.raw", &raw(&[0.0; 48_000]));
    let run = bench.enhancer(["in.raw", "-o", "out.wav", "--score"]).assert().success();
    run.stdout("").stderr(
        contains("before").and(contains("after")).and(contains("note: in.raw: little speech")),
    );
    bench.enhancer(["in.raw", "-o", "out.wav", "-y", "-q", "--score"]).assert().stderr("");
}
