//! Features that only Unix has: pipes, links, permissions, signals, terminals.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Bench, assert_same_bytes, wav};

fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[test]
fn devices_are_not_sources() {
    let bench = Bench::new();
    bench
        .pass_through(["/dev/zero", "-o", "out.raw", "--source-format", "s16le"])
        .assert()
        .code(3)
        .stderr(contains("it is a device"));
    assert!(bench.names().is_empty());
}

#[test]
fn a_named_pipe_is_read_up_to_the_limit() {
    let bench = Bench::new();
    make_pipe(&bench.path("pipe"));
    let run = |limit: &str| {
        let path = bench.path("pipe");
        let writer = std::thread::spawn(move || fs::write(path, wav(1, 1000)));
        let run = bench.pass_through(["pipe", "-o", "out.wav", "--max-pipe-bytes", limit]).assert();
        // Its reader may stop before the end.
        let _ = writer.join().unwrap();
        run
    };
    run("2079").code(3).stderr(contains("is 2080, the limit is 2079"));
    assert_eq!(bench.names(), ["pipe"]);
    run("2080").success();
    assert_same_bytes(&bench.path("out.wav"), &wav(1, 1000));
}

#[test]
fn pipes_are_never_replaced() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    make_pipe(&bench.path("pipe.wav"));
    bench
        .pass_through(["--source-file", "in.wav", "--destination-file", "pipe.wav", "--force"])
        .assert()
        .code(4)
        .stderr(contains("not a regular file"));
    assert_eq!(bench.names(), ["in.wav", "pipe.wav"]);
}

#[test]
fn a_link_is_followed_and_permissions_are_kept() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let real = bench.file("real.wav", b"old");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.wav", bench.path("link.wav")).unwrap();
    let args = ["--source-file", "in.wav", "--destination-file", "link.wav"];
    bench.pass_through(args).assert().code(4).stderr(contains("already exists"));
    bench.pass_through(args).arg("--force").assert().success();
    assert_same_bytes(&real, &wav(1, 10));
    assert!(bench.path("link.wav").is_symlink());
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_name_that_is_not_unicode_is_printed_as_well_as_possible() {
    let bench = Bench::new();
    let name = OsStr::from_bytes(b"bad\xff.wav");
    fs::write(bench.folder().join(name), wav(1, 10)).unwrap();
    bench.file("good.wav", &wav(1, 10));
    bench
        .pass_through([OsStr::new("--source-file"), name, OsStr::new("good.wav")])
        .args(["--out-dir", "out", "--json"])
        .assert()
        .success()
        .stdout(contains("\"bad\u{fffd}.wav\"").and(contains("\"good.wav\"")));
}

#[test]
fn a_full_disk_is_the_destinations_failure() {
    let bench = Bench::new();
    bench.file("in.raw", &vec![0; 4_000_000]);
    let enhancer = assert_cmd::cargo::cargo_bin("enhancer");
    // A file has at most 100 KiB. The ignored signal makes the write fail instead.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" enhance-file --model passthrough \
                   --source-file in.raw --destination-file out.raw";
    Command::new("bash")
        .current_dir(bench.folder())
        .args([OsStr::new("-c"), OsStr::new(limited), enhancer.as_os_str()])
        .assert()
        .code(4)
        .stderr(contains("cannot write out.raw: writing audio failed"));
    assert_eq!(bench.names(), ["in.raw"]);
}

#[test]
fn a_terminal_sees_a_bar_and_a_summary() {
    let bench = Bench::new();
    // Long enough for the bar to be drawn more than once.
    let file = fs::File::create(bench.path("long.raw")).unwrap();
    file.set_len(48_000 * 4 * 600).unwrap();
    let enhancer = assert_cmd::cargo::cargo_bin("enhancer");
    let command = format!(
        "{} enhance-file --model passthrough --source-file long.raw --destination-file out.raw",
        enhancer.display()
    );
    let shown = std::process::Command::new("script")
        .current_dir(bench.folder())
        .args(["--quiet", "--return", "--command", &command, "typescript"])
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.status.success(), "{text}");
    assert!(text.contains('█') && text.contains('%'), "no bar: {text}");
    assert!(text.contains("600.0 s of audio in"), "no summary: {text}");
}

/// Starts the program on ten hours of silence, a sparse file. That takes far longer than stopping
/// it.
fn at_work(bench: &Bench) -> Child {
    let file = fs::File::create(bench.path("long.raw")).unwrap();
    file.set_len(48_000 * 4 * 36_000).unwrap();
    bench.file("next.raw", &[0; 400]);
    let child = std::process::Command::new(assert_cmd::cargo::cargo_bin("enhancer"))
        .current_dir(bench.folder())
        .args(["enhance-file", "--model", "passthrough", "--out-dir", "out"])
        .args(["--source-file", "long.raw", "next.raw"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !bench.path("out").exists() {
        assert!(Instant::now() < deadline, "it never began to write");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn send(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
}

#[test]
fn an_interrupt_cleans_up_and_ends_the_whole_batch() {
    let bench = Bench::new();
    let mut child = at_work(&bench);
    send("-TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(stderr.contains("was cancelled"), "{stderr}");
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 0, "something is left");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_program_leaves_nothing_behind() {
    let bench = Bench::new();
    let mut child = at_work(&bench);
    // By now it writes to a file in that folder, or soon will.
    send("-KILL", &child);
    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 0, "something is left");
}
