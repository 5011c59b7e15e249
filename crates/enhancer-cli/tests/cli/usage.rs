//! Arguments, exit codes, JSON.

use assert_cmd::Command;
use predicates::prelude::*;
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

#[test]
fn a_value_that_is_not_a_number_is_explained_in_plain_words() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let cases: [(&[&str], &str); 9] = [
        (
            &["-a", "12dB"],
            "'12dB' for '--attenuation-limit <DB>': expected a number without a unit",
        ),
        (&["--mix", "half"], "'half' for '--mix <0..1>': expected a number\n"),
        (&["--mix", "0,5"], "'0,5' for '--mix <0..1>': expected a number with a decimal point"),
        (&["--bitrate", "64k"], "'64k' for '--bitrate <KBIT/S>': expected a whole number without"),
        (&["--bitrate", "99999999999999999999"], "expected a smaller number"),
        (&["--track", "one"], "'one' for '--track <N>': expected a whole number\n"),
        (&["--max-channels", "2.5"], "'2.5' for '--max-channels <N>': expected a whole number\n"),
        (&["--max-channels=-2"], "-2 is not in 0..=65535"),
        (&["--num-workers=-1"], "'-1' for '--num-workers <N>': expected a whole number, not below"),
    ];
    for (args, message) in cases {
        let run = bench.enhancer([&["in.wav"], args].concat()).assert().code(2);
        run.stderr(contains(message).and(contains("literal").not()).and(contains("digit").not()));
    }
    assert_eq!(bench.names(), ["in.wav"]);
}

#[test]
fn options_of_other_programs_get_a_tip() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let tips = [
        ("--strength", "-a DB limits how much noise is removed, such as -a 12"),
        ("--threads", "--num-workers N sets the number of threads"),
        ("-Q", "a file whose name begins with - needs its folder, such as ./-talk.wav"),
    ];
    for (option, tip) in tips {
        let run = bench.enhancer(["in.wav", option, "2"]).assert().code(2);
        let message = format!(
            "error: unexpected argument '{option}' found\n\n\
             Usage: enhancer [OPTIONS] <IN>...\n       enhancer <COMMAND>\n\n\
             For more information, try '--help'.\n\ntip: {tip}\n"
        );
        run.stderr(message);
    }
    // Commands have other options.
    let run =
        Command::cargo_bin("enhancer").unwrap().args(["score", "a.wav", "--output", "x"]).assert();
    run.code(2).stderr(contains("unexpected argument '--output'").and(contains("-o OUT").not()));
}

#[test]
fn errors_of_the_system_have_no_numbers() {
    let bench = Bench::new();
    let run = bench.enhancer(["missing.wav"]).assert().code(3);
    run.stderr(contains("cannot read missing.wav: ").and(contains("os error").not()));
}

#[test]
fn an_empty_file_is_not_of_a_wrong_format() {
    let bench = Bench::new();
    bench.file("empty.wav", b"");
    let run = bench.enhancer(["empty.wav"]).assert().code(3);
    run.stderr("error: cannot read empty.wav: the source is empty\n");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    for (command, usage) in
        [("score", r"\fBenhancer score\fR [OPTIONS] <FILE>..."), ("serve", "[OPTIONS]")]
    {
        let run = Command::cargo_bin("enhancer").unwrap().args(["man", command]).output().unwrap();
        let page = String::from_utf8(run.stdout).unwrap();
        let title = format!(".TH enhancer-{command} 1  \"enhancer {}\"", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(&title), "{page}");
        assert!(page.contains(usage), "{page}");
    }
    let run = Command::cargo_bin("enhancer").unwrap().args(["man", "nothing"]).assert();
    run.code(2).stderr(contains("\"nothing\" is not a command"));
}

#[test]
fn instructions_of_another_machine_are_refused_by_name() {
    let bench = Bench::new();
    bench.file("in.raw", &0.25f32.to_le_bytes().repeat(4800));
    let enhance =
        |name: &str| bench.enhancer(["in.raw", "-y"]).env("ENHANCER_INSTRUCTIONS", name).assert();
    enhance("portable").success();
    let run = enhance("mmx").code(2);
    run.stderr(contains("ENHANCER_INSTRUCTIONS is `mmx`; expected one").and(contains("portable")));
}
