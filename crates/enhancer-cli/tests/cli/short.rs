//! `enhancer IN…`, without a command.

use std::fs;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Bench, assert_same_bytes, wav};

#[test]
fn the_result_goes_beside_the_source() {
    let bench = Bench::new();
    bench.file("a/talk.wav", &wav(1, 10));
    bench.enhancer(["a/talk.wav"]).assert().success().stdout("").stderr("");
    assert_same_bytes(&bench.path("a/talk.enhanced.wav"), &wav(1, 10));
    bench.enhancer(["a/talk.wav"]).assert().code(4).stderr(contains("(-y)"));
    bench.enhancer(["a/talk.wav", "-y", "-a", "12"]).assert().success();
}

#[test]
fn files_whose_names_look_like_options_are_files() {
    let bench = Bench::new();
    for name in ["-talk.wav", "--json.wav", "-o.wav", "b.wav"] {
        bench.file(name, &wav(1, 10));
    }
    let names = ["--json.wav", "-o.wav", "-talk.wav", "b.wav"];
    bench.enhancer(names).assert().success().stderr("4 enhanced\n");
    for name in ["-talk.enhanced.wav", "--json.enhanced.wav", "-o.enhanced.wav"] {
        assert_same_bytes(&bench.path(name), &wav(1, 10));
    }
    // Without such a file, the word is an unknown option.
    bench.enhancer(["-x.wav"]).assert().code(2).stderr(contains("./-talk.wav"));
}

#[test]
fn o_names_a_file_or_a_folder() {
    let bench = Bench::new();
    bench.file("a.wav", &wav(1, 10));
    bench.file("b.wav", &wav(1, 20));
    bench.enhancer(["a.wav", "-o", "out.wav"]).assert().success();
    assert_same_bytes(&bench.path("out.wav"), &wav(1, 10));
    bench.enhancer(["a.wav", "-o", "new/"]).assert().success();
    assert_same_bytes(&bench.path("new/a.enhanced.wav"), &wav(1, 10));
    bench.enhancer(["a.wav", "b.wav", "-o", "all"]).assert().success().stderr("2 enhanced\n");
    assert_same_bytes(&bench.path("all/b.enhanced.wav"), &wav(1, 20));
    bench.enhancer(["a.wav", "b.wav", "-o", "c.wav"]).assert().code(2).stderr(contains("-o DIR/"));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let bench = Bench::new();
    for source in ["-", "/dev/stdin"] {
        let run = bench.enhancer([source]).write_stdin(wav(2, 500)).assert().success().stderr("");
        assert!(run.get_output().stdout == wav(2, 500), "{source}");
    }
    bench.enhancer(["-"]).write_stdin("Dear diary").assert().code(3).stdout("");
    bench.enhancer(["-", "--json"]).write_stdin(wav(1, 1)).assert().code(2);
    assert!(bench.names().is_empty());
}

#[test]
fn folders_are_enhanced_with_r_and_results_are_skipped() {
    let bench = Bench::new();
    bench.file("in/a.wav", &wav(1, 10));
    bench.file("in/deep/b.wav", &wav(1, 20));
    bench.file("in/cover.jpg", b"picture");
    bench.enhancer(["in"]).assert().code(3).stderr(contains("it is a folder; `enhancer -r`"));
    bench.enhancer(["-r", "in", "-o", "out"]).assert().success().stderr("2 enhanced\n");
    assert_same_bytes(&bench.path("out/deep/b.enhanced.wav"), &wav(1, 20));
    fs::remove_file(bench.path("out/a.enhanced.wav")).unwrap();
    bench
        .enhancer(["-r", "in", "-o", "out", "--skip-existing"])
        .assert()
        .success()
        .stderr("1 enhanced, 1 skipped\n");
    bench.enhancer(["-r", "in", "-q"]).assert().success().stderr("");
    let again = ["in/a.wav", "in/a.enhanced.wav", "--skip-existing"];
    bench.enhancer(again).assert().success().stderr("0 enhanced, 1 skipped\n");
    // What `*.wav` finds in the second run.
    let glob = ["in/a.wav", "in/a.enhanced.wav"];
    bench.enhancer(glob).assert().code(4).stderr(contains("or --skip-existing"));
    bench.enhancer([&glob[..], &["-y"]].concat()).assert().success();
    assert!(!bench.path("in/a.enhanced (2).wav").exists());
    bench.enhancer([glob[1]]).assert().success();
    assert!(bench.path("in/a.enhanced (2).wav").exists());
}

#[test]
fn commands_are_listed_and_mistyped_ones_recognised() {
    let run = |args: &[&str]| Command::cargo_bin("enhancer").unwrap().args(args).assert();
    run(&["--version"]).success().stdout(concat!("enhancer ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = contains("enhancer ./models").and(contains("recordings of speech"));
    run(&["--help"]).success().stdout(help);
    run(&["modles"]).code(3).stderr(contains("`enhancer models`"));
    run(&["formats"]).success().stdout(contains("Matroska"));
    run(&["man"]).success().stdout(contains(".TH enhancer 1"));
    run(&["man", "score"]).success().stdout(contains(".TH enhancer-score 1"));
    run(&["man", "scores"]).code(2).stderr(contains("\"scores\" is not a command"));
    for shell in ["bash", "zsh", "fish"] {
        run(&["completions", shell]).success().stdout(contains("skip-existing"));
    }
}
