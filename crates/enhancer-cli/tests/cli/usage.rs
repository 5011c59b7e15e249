//! Arguments, exit codes, JSON.

use predicates::str::contains;

use crate::support::{Bench, wav};

#[test]
fn wrong_usage_has_its_own_code() {
    let bench = Bench::new();
    bench.file("a.wav", &wav(1, 10));
    bench.file("b.wav", &wav(1, 10));
    let usage: [&[&str]; 6] = [
        &[],
        &["a.wav", "--force", "--skip-existing"],
        &["--source-file", "a.wav", "b.wav", "--destination-file", "out.wav"],
        &["--source-file", "a.wav", "a.wav", "--out-dir", "out"],
        &["--source-file", "a.wav", "--destination-file", "out.wav", "--num-workers", "0"],
        &["--source-file", "a.raw", "--out-dir", "out", "--source-format", "mp3"],
    ];
    for args in usage {
        bench.pass_through(args).assert().code(2);
    }
    assert_eq!(bench.names(), ["a.wav", "b.wav"]);
}

#[test]
fn the_help_lists_the_exit_codes() {
    let bench = Bench::new();
    bench.pass_through(["--help"]).assert().success().stdout(contains("130 interrupted"));
}

#[test]
fn nothing_is_made_when_the_arguments_are_wrong() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let args = ["--source-file", "in.wav", "--out-dir", "left", "--num-workers", "0"];
    bench.pass_through(args).assert().code(2);
    assert_eq!(bench.names(), ["in.wav"]);
}

#[test]
fn json_has_a_line_for_each_source() {
    let bench = Bench::new();
    bench.file("good.wav", &wav(2, 44_100));
    bench.file("bad.wav", b"");
    let output = bench
        .pass_through(["--source-file", "good.wav", "bad.wav", "--out-dir", ".", "--json"])
        .assert()
        .code(3)
        .stderr("")
        .get_output()
        .stdout
        .clone();
    let lines: Vec<serde_json::Value> = String::from_utf8(output)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["state"], "succeeded");
    assert_eq!(lines[0]["destination"], "./good.enhanced.wav");
    assert_eq!(
        (lines[0]["samples"].as_u64(), lines[0]["channels"].as_u64()),
        (Some(44_100), Some(2))
    );
    assert_eq!(lines[0]["duration_seconds"], 1.0);
    assert_eq!(lines[0]["model"], "passthrough");
    let elapsed = lines[0]["elapsed_seconds"].as_f64().unwrap();
    assert!(elapsed > 0.0);
    assert_eq!(lines[0]["real_time_factor"].as_f64(), Some(elapsed));
    assert_eq!(lines[1]["state"], "failed");
    assert_eq!(lines[1]["error"]["code"], "unsupported_audio");
}
