//! Which model runs.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::support::{Bench, MODELS, noise, wav};

/// Puts a model's folder into the bench.
fn copy_model(bench: &Bench, name: &str) {
    for file in fs::read_dir(Path::new(MODELS).join(name)).unwrap() {
        let file = file.unwrap();
        let copy = format!("{name}/{}", file.file_name().to_str().unwrap());
        bench.file(&copy, &fs::read(file.path()).unwrap());
    }
}

/// Changes the description of `dtln` in the bench.
fn describe(bench: &Bench, change: impl FnOnce(&mut Value)) {
    let path = bench.path("dtln/model.json");
    let mut description: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut description);
    fs::write(path, description.to_string()).unwrap();
}

/// Asserts that the model cannot be used, and that the error has this message in one line.
#[track_caller]
fn assert_refused(bench: &Bench, model: &str, message: &str) {
    bench.file("in.wav", &wav(1, 10));
    bench
        .enhance(["--source-file", "in.wav", "--out-dir", "left", "--model", model])
        .assert()
        .code(5)
        .stdout("")
        .stderr(contains(format!("cannot use the model {model}: ")).and(contains(message)))
        .stderr(predicates::str::is_match("^[^\n]*\n$").unwrap());
    assert!(!bench.path("left").exists());
}

fn listed(args: &[&str]) -> String {
    let run = Command::cargo_bin("enhancer").unwrap().arg("models").args(args).output().unwrap();
    assert!(run.status.success() && run.stderr.is_empty(), "{run:?}");
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn the_built_in_models_are_listed() {
    let text = listed(&[]);
    for words in [
        &["deepfilternet3", "48000 Hz", "MIT OR Apache-2.0", " MB ", "full bandwidth"][..],
        &["gtcrn", "16000 Hz", "MIT", " kB ", "8 kHz"],
        &["passthrough", "any", "MIT OR Apache-2.0", "352 B", "returns its input"],
    ] {
        let line = text.lines().find(|line| line.starts_with(words[0])).unwrap();
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
}

#[test]
fn scripts_get_the_list_too() {
    let text = listed(&["--json"]);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |field: &str| lines.iter().map(|line| line[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("name"), ["deepfilternet3", "gtcrn", "passthrough"]);
    assert_eq!(of("default"), [true, false, false]);
    assert_eq!(of("sample_rate"), [json!(48_000), json!(16_000), Value::Null]);
    assert_eq!(of("licence"), ["MIT OR Apache-2.0", "MIT", "MIT OR Apache-2.0"]);
    let size = |path: &str| fs::metadata(Path::new(MODELS).join(path)).unwrap().len();
    let gtcrn = ["compiled/gtcrn/model.json", "compiled/gtcrn/gtcrn.network"].map(size);
    assert_eq!(of("bytes")[1], gtcrn.iter().sum::<u64>());
    assert_eq!(of("bytes")[2], size("passthrough_model_lite.tflite"));
    assert!(of("purpose").iter().all(Value::is_string));
}

#[test]
fn each_is_found_by_its_name_and_the_first_is_the_default() {
    let bench = Bench::new();
    let noisy = noise(0.1, 10_000);
    let by_default = bench.enhanced(&noisy, &[]);
    for (model, is_default) in [("deepfilternet3", true), ("gtcrn", false), ("passthrough", false)]
    {
        let enhanced = bench.enhanced(&noisy, &["--model", model]);
        assert_eq!(enhanced.len(), noisy.len());
        assert_eq!(enhanced == by_default, is_default, "{model}");
        assert_eq!(enhanced == noisy, model == "passthrough", "{model}");
    }
}

#[test]
fn a_folder_is_a_model_and_a_built_in_name_comes_first() {
    let bench = Bench::new();
    copy_model(&bench, "gtcrn");
    let noisy = noise(0.1, 10_000);
    let built_in = bench.enhanced(&noisy, &["--model", "gtcrn"]);
    assert_eq!(bench.enhanced(&noisy, &["--model", "./gtcrn"]), built_in);
    // The option's first name does the same.
    assert_eq!(bench.enhanced(&noisy, &["--model-path", "gtcrn/"]), built_in);
    fs::remove_file(bench.path("gtcrn/gtcrn.tflite")).unwrap();
    assert_eq!(bench.enhanced(&noisy, &["--model", "gtcrn"]), built_in);
    assert_refused(&bench, "./gtcrn", "cannot read ./gtcrn/gtcrn.tflite");
}

#[test]
fn a_model_that_is_not_built_in_runs_from_its_folder() {
    let bench = Bench::new();
    let noisy = noise(0.1, 10_000);
    let model = format!("{MODELS}/dtln");
    let enhanced = bench.enhanced(&noisy, &["--model", &model]);
    assert_eq!(enhanced.len(), noisy.len());
    assert!(enhanced != noisy);
}

#[test]
fn a_single_file_is_a_waveform_model() {
    let bench = Bench::new();
    let noisy = noise(0.1, 5_000);
    let model = format!("{MODELS}/passthrough_model_lite.tflite");
    assert_eq!(bench.enhanced(&noisy, &["--model", &model]), noisy);
}

#[test]
fn the_error_for_an_unknown_model_lists_the_built_in_ones() {
    let bench = Bench::new();
    for model in ["deepfilternet2", "missing.tflite", "no/folder"] {
        assert_refused(&bench, model, "the built-in models are deepfilternet3, gtcrn, passthrough");
    }
}

#[test]
fn a_file_that_is_not_a_model_is_refused() {
    let bench = Bench::new();
    bench.file("text.tflite", b"Dear diary");
    bench.file("empty/readme", b"");
    bench.file("talk/model.json", b"Dear diary");
    assert_refused(&bench, "text.tflite", "not a readable model");
    assert_refused(&bench, "empty", "cannot read empty/model.json");
    assert_refused(&bench, "talk", "model.json");
}

#[test]
fn a_folder_with_another_part_is_refused() {
    let bench = Bench::new();
    copy_model(&bench, "dtln");
    let path = bench.path("dtln/dtln_2.tflite");
    let mut part = fs::read(&path).unwrap();
    // One weight is changed. The file can still be read.
    let at = part.len() / 2;
    part[at] ^= 1;
    fs::write(path, part).unwrap();
    assert_refused(&bench, "./dtln", "dtln_2.tflite");
}

#[test]
fn a_folder_cannot_name_a_file_outside() {
    let bench = Bench::new();
    copy_model(&bench, "dtln");
    fs::copy(bench.path("dtln/dtln_1.tflite"), bench.path("other.tflite")).unwrap();
    for name in ["../other.tflite", "/dev/zero", "..", "a/b.tflite", ""] {
        describe(&bench, |description| description["parts"][0]["file"] = name.into());
        assert_refused(&bench, "./dtln", "");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_cannot_link_to_a_file_outside() {
    let bench = Bench::new();
    copy_model(&bench, "dtln");
    fs::rename(bench.path("dtln/dtln_1.tflite"), bench.path("other.tflite")).unwrap();
    std::os::unix::fs::symlink("../other.tflite", bench.path("dtln/dtln_1.tflite")).unwrap();
    assert_refused(&bench, "./dtln", "outside the model's folder");
}

#[test]
fn one_model_is_enough() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    bench
        .enhance(["--source-file", "in.wav", "--destination-file", "out.wav"])
        .args(["--model", "dtln", "--model-path", "dtln"])
        .assert()
        .code(2);
}

/// A model that makes the reader panic, if one byte of it can.
#[test]
fn the_error_for_a_damaged_model_is_one_line() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let good = fs::read(format!("{MODELS}/passthrough_model_lite.tflite")).unwrap();
    for at in (0..good.len()).step_by(3) {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        bench.file("damaged.tflite", &bytes);
        let run = bench
            .enhance(["--source-file", "in.wav", "--destination-file", "out.wav", "--force"])
            .args(["--model", "damaged.tflite"])
            .output()
            .unwrap();
        let stderr = String::from_utf8(run.stderr).unwrap();
        assert!(matches!(run.status.code(), Some(0 | 5)), "byte {at}: {stderr}");
        assert!(stderr.lines().count() <= 1, "byte {at}: {stderr}");
    }
}

#[test]
fn the_frame_length_must_be_the_models_hop() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    for (model, hop) in [("passthrough", "1024"), ("deepfilternet3", "480"), ("gtcrn", "256")] {
        let enhance = |length| {
            let args = ["--source-file", "in.wav", "--destination-file", "out.wav", "--force"];
            let mut command = bench.enhance(args);
            command.args(["--model", model, "--frame-length", length]);
            command.assert()
        };
        enhance("512").code(2).stderr(contains(format!("{hop} samples")));
        enhance(hop).success();
    }
}
