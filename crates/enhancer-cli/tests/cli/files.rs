//! Sources and destinations, through the passthrough model.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Bench, SAMPLE, WAV_HEADER, assert_same_bytes, wav};

#[test]
fn the_sample_is_enhanced_in_silence() {
    let bench = Bench::new();
    bench
        .pass_through(["--source-file", SAMPLE, "--destination-file", "out.raw"])
        .assert()
        .success()
        .stdout("")
        .stderr("");
    assert_same_bytes(&bench.path("out.raw"), &fs::read(SAMPLE).unwrap());
    assert_eq!(bench.names(), ["out.raw"]);
}

#[test]
fn wav_stays_wav_and_raw_becomes_wav_where_the_name_says_so() {
    let bench = Bench::new();
    let source = wav(2, 70_000);
    bench.file("in.wav", &source);
    bench
        .pass_through([
            "--source-file",
            "in.wav",
            "--destination-file",
            "out.wav",
            "--num-workers",
            "3",
        ])
        .assert()
        .success();
    assert_same_bytes(&bench.path("out.wav"), &source);

    bench
        .pass_through(["--source-file", "in.wav", "--destination-file", "samples.raw"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("samples.raw"), &source[WAV_HEADER..]);

    bench
        .pass_through(["--source-file", "samples.raw", "--destination-file", "back.WAV"])
        .args(["--source-format", "s16le", "--source-sample-rate", "44100"])
        .args(["--source-channels", "2"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("back.WAV"), &source);
}

#[test]
fn a_file_may_have_any_number_of_channels() {
    let bench = Bench::new();
    let samples: Vec<u8> = (0..1000 * 3000 * 2u32).map(|n| (n % 251) as u8).collect();
    bench.file("wide.raw", &samples);
    bench
        .pass_through(["--source-file", "wide.raw", "--destination-file", "wide.wav"])
        .args(["--source-format", "s16le", "--source-channels", "1000"])
        .assert()
        .success();
    bench
        .pass_through(["--source-file", "wide.wav", "--destination-file", "back.raw"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("back.raw"), &samples);
}

#[test]
fn a_file_of_any_name_is_raw_if_its_format_is_given() {
    let bench = Bench::new();
    bench.file("samples.pcm", &[1, 0, 2, 0]);
    bench
        .pass_through(["--source-file", "samples.pcm", "--destination-file", "out.pcm"])
        .args(["--source-format", "s16le"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("out.pcm"), &[1, 0, 2, 0]);
}

#[test]
fn several_sources_go_to_a_folder_and_a_failure_does_not_stop_the_others() {
    let bench = Bench::new();
    bench.file("first.wav", &wav(1, 10));
    bench.file("broken.wav", b"Dear diary");
    bench.file("last.wav", &wav(3, 2000));
    bench
        .pass_through([
            "--source-file",
            "first.wav",
            "broken.wav",
            "last.wav",
            "--out-dir",
            "new/out",
        ])
        .assert()
        .code(3)
        .stderr(contains("cannot read broken.wav").and(contains("2 enhanced, 1 failed")))
        .stderr(contains("`enhancer formats` lists").and(contains("Matroska").not()));
    assert_same_bytes(&bench.path("new/out/first.enhanced.wav"), &wav(1, 10));
    assert!(bench.path("new/out/last.enhanced.wav").exists());
    assert!(!bench.path("new/out/broken.enhanced.wav").exists());
}

#[test]
fn a_result_that_exists_is_kept_unless_forced() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let precious = bench.file("out.wav", b"precious");
    let args = ["--source-file", "in.wav", "--destination-file", "out.wav"];
    bench.pass_through(args).assert().code(4).stderr(contains(
        "out.wav already exists; use --force (-y) to overwrite it, or --skip-existing",
    ));
    assert_same_bytes(&precious, b"precious");
    bench.pass_through(args).arg("--force").assert().success();
    assert_same_bytes(&precious, &wav(1, 10));
    assert_eq!(bench.names(), ["in.wav", "out.wav"]);
}

#[test]
fn a_source_is_never_overwritten() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    bench
        .pass_through(["--source-file", "in.wav", "--destination-file", "./in.wav", "--force"])
        .assert()
        .code(2)
        .stderr(contains("is a source"));
    assert_same_bytes(&bench.path("in.wav"), &wav(1, 10));
}

#[test]
fn a_failure_leaves_no_file_behind() {
    let bench = Bench::new();
    bench.file("cut.wav", &wav(1, 1000)[..900]);
    bench.file("odd.raw", &[0; 7]);
    for source in ["cut.wav", "odd.raw", "missing.wav", "."] {
        bench
            .pass_through(["--source-file", source, "--destination-file", "out.wav", "--strict"])
            .assert()
            .code(3)
            .stdout("")
            .stderr(contains(format!("cannot read {source}: ")));
    }
    assert_eq!(bench.names(), ["cut.wav", "odd.raw"]);
}

#[test]
fn the_readable_part_of_a_damaged_source_is_enhanced_with_a_warning() {
    let bench = Bench::new();
    bench.file("cut.wav", &wav(1, 44_100)[..WAV_HEADER + 22_050 * 2 + 1]);
    let args = ["--source-file", "cut.wav", "--destination-file", "out.wav", "--force"];
    let reason = "the file ends early: it has 44101 of 88200 bytes of samples";
    bench
        .pass_through(args)
        .assert()
        .success()
        .stdout("")
        .stderr(contains(format!("warning: cut.wav: the source is damaged at 0.50 s: {reason}")));
    assert_same_bytes(&bench.path("out.wav"), &wav(1, 22_050));
    let output = bench.pass_through(args).arg("--json").assert().success().stderr("");
    let line: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(line["state"], "succeeded");
    let damage = serde_json::json!({ "at_seconds": 0.5, "reason": reason, "places": 1 });
    assert_eq!(line["damage"], damage);

    bench.file("whole.wav", &wav(1, 5));
    let args = ["--source-file", "whole.wav", "--destination-file", "out.wav", "--force"];
    let output = bench.pass_through(args).arg("--json").assert().success();
    let line: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(line["damage"], serde_json::Value::Null);
}

#[test]
fn the_destination_selects_container_and_depth() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(2, 1000));
    let to = |destination: &str, format: &[&str]| {
        bench
            .pass_through(["--source-file", "in.wav", "--destination-file", destination])
            .args(format)
            .assert()
    };
    to("out.flac", &[]).success();
    assert_eq!(fs::read(bench.path("out.flac")).unwrap()[..4], *b"fLaC");
    to("wide.flac", &["--destination-format", "s24le"]).success();
    to("float.raw", &["--destination-format", "f32le"]).success();
    assert_eq!(fs::read(bench.path("float.raw")).unwrap().len(), 8000);
    to("deep.wav", &["--destination-format", "s32le"]).success();
    to("bad.flac", &["--destination-format", "f32le"])
        .code(4)
        .stderr(contains("FLAC supports s16le or s24le, not f32le"));
    to("bad.wav", &["--destination-format", "u8"]).code(2).stderr(contains("s16le, s24le"));
    bench
        .pass_through(["--source-file", "in.wav", "--out-dir", "out"])
        .args(["--destination-format", "s24le"])
        .assert()
        .success();
    // Six bytes for each frame, after a header with an extension.
    assert_eq!(fs::read(bench.path("out/in.enhanced.wav")).unwrap().len(), 104 + 6000);
}

#[test]
fn tags_are_carried_over() {
    let bench = Bench::new();
    let mut source = wav(1, 100);
    source.extend(b"LIST\x12\0\0\0INFOINAM\x05\0\0\0Talk\0\0");
    let len = source.len() as u32 - 8;
    source[4..8].copy_from_slice(&len.to_le_bytes());
    bench.file("in.wav", &source);
    for destination in ["out.wav", "out.flac"] {
        bench
            .pass_through(["--source-file", "in.wav", "--destination-file", destination])
            .assert()
            .success();
    }
    let holds = |name: &str, text: &[u8]| {
        fs::read(bench.path(name)).unwrap().windows(text.len()).any(|window| window == text)
    };
    assert!(holds("out.wav", b"INAM\x05\0\0\0Talk\0"));
    assert!(holds("out.wav", b"TIT2"));
    assert!(holds("out.flac", b"TITLE=Talk"));
}

#[test]
fn impossible_destinations_are_refused() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    for (destination, code, message) in [
        ("nowhere/out.wav", 4, "the folder nowhere does not exist"),
        ("out.mp4", 4, "the source is not a video; use M4A for sound"),
        (
            "out.aiff",
            2,
            "use .wav, .flac, .opus, .ogg, .mp3, .m4a, .mp4, .mov, .mkv, .webm or .raw",
        ),
        ("out", 2, "use .wav, .flac, .opus, .ogg, .mp3, .m4a, .mp4, .mov, .mkv, .webm or .raw"),
    ] {
        bench
            .pass_through(["--source-file", "in.wav", "--destination-file", destination])
            .assert()
            .code(code)
            .stderr(contains(message));
    }
    assert_eq!(bench.names(), ["in.wav"]);
}
