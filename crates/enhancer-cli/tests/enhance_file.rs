//! The binary, as scripts and people use it.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../audio_samples/audio_file_48k.raw");
const MODEL: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/passthrough_model_lite.tflite");

/// A folder to work in and the command that works there.
struct Bench(TempDir);

impl Bench {
    fn new() -> Bench {
        Bench(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file in the folder.
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// `enhancer enhance-file`, run in the folder.
    fn enhance<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::cargo_bin("enhancer").unwrap();
        command.current_dir(self.0.path()).arg("enhance-file").args(args);
        command
    }

    fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<_> = fs::read_dir(self.0.path()).unwrap().map(name).collect();
        names.sort();
        names
    }
}

/// A WAV file of 16-bit samples that count up.
fn wav(channels: u16, samples: usize) -> Vec<u8> {
    let data = (samples * usize::from(channels) * 2) as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + data).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    wav.extend(channels.to_le_bytes());
    wav.extend(44_100u32.to_le_bytes());
    wav.extend((44_100 * 2 * u32::from(channels)).to_le_bytes());
    wav.extend((2 * channels).to_le_bytes());
    wav.extend(b"\x10\0data");
    wav.extend(data.to_le_bytes());
    wav.extend((0..data / 2).flat_map(|n| (n as i16).to_le_bytes()));
    wav
}

#[track_caller]
fn assert_same_bytes(actual: &Path, expected: &[u8]) {
    assert!(fs::read(actual).unwrap() == expected, "{} has other bytes", actual.display());
}

#[test]
fn the_sample_is_enhanced_in_silence() {
    let bench = Bench::new();
    bench
        .enhance(["--source-file", SAMPLE, "--destination-file", "out.raw", "--model-path", MODEL])
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
        .enhance(["--source-file", "in.wav", "--destination-file", "out.wav", "--num-workers", "3"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("out.wav"), &source);

    bench
        .enhance(["--source-file", "in.wav", "--destination-file", "samples.raw"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("samples.raw"), &source[44..]);

    bench
        .enhance(["--source-file", "samples.raw", "--destination-file", "back.WAV"])
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
        .enhance(["--source-file", "wide.raw", "--destination-file", "wide.wav"])
        .args(["--source-format", "s16le", "--source-channels", "1000"])
        .assert()
        .success();
    bench
        .enhance(["--source-file", "wide.wav", "--destination-file", "back.raw"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("back.raw"), &samples);
}

#[test]
fn a_file_of_any_name_is_raw_if_its_format_is_given() {
    let bench = Bench::new();
    bench.file("samples.pcm", &[1, 0, 2, 0]);
    bench
        .enhance(["--source-file", "samples.pcm", "--destination-file", "out.pcm"])
        .args(["--source-format", "s16le"])
        .assert()
        .success();
    assert_same_bytes(&bench.path("out.pcm"), &[1, 0, 2, 0]);
}

#[test]
fn several_sources_go_to_a_folder_and_one_that_fails_stops_no_other() {
    let bench = Bench::new();
    bench.file("first.wav", &wav(1, 10));
    bench.file("broken.wav", b"Dear diary");
    bench.file("last.wav", &wav(3, 2000));
    bench
        .enhance(["--source-file", "first.wav", "broken.wav", "last.wav", "--out-dir", "new/out"])
        .assert()
        .code(3)
        .stderr(contains("cannot read broken.wav").and(contains("supported are WAV")));
    assert_same_bytes(&bench.path("new/out/first.enhanced.wav"), &wav(1, 10));
    assert!(bench.path("new/out/last.enhanced.wav").exists());
    assert!(!bench.path("new/out/broken.enhanced.wav").exists());
}

#[test]
fn json_tells_each_source_on_a_line() {
    let bench = Bench::new();
    bench.file("good.wav", &wav(2, 44_100));
    bench.file("bad.wav", b"");
    let output = bench
        .enhance(["--source-file", "good.wav", "bad.wav", "--out-dir", ".", "--json"])
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
    assert_eq!(lines[0]["status"], "success");
    assert_eq!(lines[0]["destination"], "./good.enhanced.wav");
    assert_eq!(
        (lines[0]["samples"].as_u64(), lines[0]["channels"].as_u64()),
        (Some(44_100), Some(2))
    );
    assert_eq!(lines[0]["durationSeconds"], 1.0);
    assert_eq!(lines[1]["status"], "error");
    assert_eq!(lines[1]["error"]["code"], "unsupported_audio");
}

#[test]
fn a_result_that_exists_is_kept_unless_forced() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let precious = bench.file("out.wav", b"precious");
    let args = ["--source-file", "in.wav", "--destination-file", "out.wav"];
    bench.enhance(args).assert().code(4).stderr(contains("out.wav exists already; --force"));
    assert_same_bytes(&precious, b"precious");
    bench.enhance(args).arg("--force").assert().success();
    assert_same_bytes(&precious, &wav(1, 10));
    assert_eq!(bench.names(), ["in.wav", "out.wav"]);
}

#[test]
fn a_source_is_never_overwritten() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    bench
        .enhance(["--source-file", "in.wav", "--destination-file", "./in.wav", "--force"])
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
            .enhance(["--source-file", source, "--destination-file", "out.wav"])
            .assert()
            .code(3)
            .stdout("")
            .stderr(contains(format!("cannot read {source}: ")));
    }
    assert_eq!(bench.names(), ["cut.wav", "odd.raw"]);
}

#[test]
fn destinations_that_cannot_be_are_refused() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    for (destination, code, message) in [
        ("nowhere/out.wav", 4, "cannot write to the folder nowhere"),
        ("out.mp3", 2, "use .wav or .raw"),
        ("out", 2, "use .wav or .raw"),
    ] {
        bench
            .enhance(["--source-file", "in.wav", "--destination-file", destination])
            .assert()
            .code(code)
            .stderr(contains(message));
    }
    assert_eq!(bench.names(), ["in.wav"]);
}

#[test]
fn models_that_cannot_be_used_are_refused() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    bench.file("text.tflite", b"Dear diary");
    for model in ["text.tflite", "missing.tflite"] {
        bench
            .enhance(["--source-file", "in.wav", "--destination-file", "out.wav"])
            .args(["--model-path", model])
            .assert()
            .code(5)
            .stderr(contains(format!("cannot use the model {model}: ")));
    }
}

#[test]
fn the_frame_length_must_be_the_models() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let args = ["--source-file", "in.wav", "--destination-file", "out.wav", "--frame-length"];
    bench.enhance(args).arg("512").assert().code(2).stderr(contains("1024 samples"));
    bench.enhance(args).arg("1024").assert().success();
}

#[test]
fn wrong_usage_has_its_own_code() {
    let bench = Bench::new();
    bench.file("a.wav", &wav(1, 10));
    bench.file("b.wav", &wav(1, 10));
    let usage: [&[&str]; 6] = [
        &[],
        &["--source-file", "a.wav"],
        &["--source-file", "a.wav", "b.wav", "--destination-file", "out.wav"],
        &["--source-file", "a.wav", "a.wav", "--out-dir", "out"],
        &["--source-file", "a.wav", "--destination-file", "out.wav", "--num-workers", "0"],
        &["--source-file", "a.raw", "--out-dir", "out", "--source-format", "mp3"],
    ];
    for args in usage {
        bench.enhance(args).assert().code(2);
    }
    assert_eq!(bench.names(), ["a.wav", "b.wav"]);
}

#[test]
fn the_help_tells_the_exit_codes() {
    let bench = Bench::new();
    bench.enhance(["--help"]).assert().success().stdout(contains("130 interrupted"));
}

#[test]
fn nothing_is_made_when_the_arguments_are_wrong() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let args = ["--source-file", "in.wav", "--out-dir", "left", "--num-workers", "0"];
    bench.enhance(args).assert().code(2);
    assert_eq!(bench.names(), ["in.wav"]);
}

/// A model that makes the reader panic, if one byte of it can.
#[test]
fn a_damaged_model_is_told_in_one_line() {
    let bench = Bench::new();
    bench.file("in.wav", &wav(1, 10));
    let good = fs::read(MODEL).unwrap();
    for at in (0..good.len()).step_by(3) {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        bench.file("damaged.tflite", &bytes);
        let run = bench
            .enhance(["--source-file", "in.wav", "--destination-file", "out.wav", "--force"])
            .args(["--model-path", "damaged.tflite"])
            .output()
            .unwrap();
        let stderr = String::from_utf8(run.stderr).unwrap();
        assert!(matches!(run.status.code(), Some(0 | 5)), "byte {at}: {stderr}");
        assert!(stderr.lines().count() <= 1, "byte {at}: {stderr}");
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::io::Read;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use super::*;

    fn make_pipe(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    }

    #[test]
    fn pipes_and_devices_are_no_sources() {
        let bench = Bench::new();
        make_pipe(&bench.path("pipe.raw"));
        for source in ["pipe.raw", "/dev/zero"] {
            bench
                .enhance(["--source-file", source, "--destination-file", "out.raw"])
                .args(["--source-format", "s16le"])
                .assert()
                .code(3)
                .stderr(contains("no regular file"));
        }
    }

    #[test]
    fn pipes_and_folders_are_never_replaced() {
        let bench = Bench::new();
        bench.file("in.wav", &wav(1, 10));
        make_pipe(&bench.path("pipe.wav"));
        fs::create_dir(bench.path("folder.wav")).unwrap();
        for destination in ["pipe.wav", "folder.wav"] {
            bench
                .enhance(["--source-file", "in.wav", "--destination-file", destination])
                .arg("--force")
                .assert()
                .code(4)
                .stderr(contains("no regular file"));
        }
        assert_eq!(bench.names(), ["folder.wav", "in.wav", "pipe.wav"]);
    }

    #[test]
    fn a_link_is_followed_and_permissions_are_kept() {
        let bench = Bench::new();
        bench.file("in.wav", &wav(1, 10));
        let real = bench.file("real.wav", b"old");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        symlink("real.wav", bench.path("link.wav")).unwrap();
        let args = ["--source-file", "in.wav", "--destination-file", "link.wav"];
        bench.enhance(args).assert().code(4).stderr(contains("exists already"));
        bench.enhance(args).arg("--force").assert().success();
        assert_same_bytes(&real, &wav(1, 10));
        assert!(bench.path("link.wav").is_symlink());
        assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_name_that_is_no_text_is_told_as_well_as_it_can_be() {
        let bench = Bench::new();
        let name = OsStr::from_bytes(b"bad\xff.wav");
        fs::write(bench.0.path().join(name), wav(1, 10)).unwrap();
        bench.file("good.wav", &wav(1, 10));
        bench
            .enhance([OsStr::new("--source-file"), name, OsStr::new("good.wav")])
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
        // At most 100 KiB a file; ignoring the signal makes the write fail instead.
        let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" enhance-file --source-file in.raw \
                       --destination-file out.raw";
        Command::new("bash")
            .current_dir(bench.0.path())
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
            "{} enhance-file --source-file long.raw --destination-file out.raw",
            enhancer.display()
        );
        let shown = std::process::Command::new("script")
            .current_dir(bench.0.path())
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

    #[test]
    fn an_interrupt_tidies_up_and_ends_the_whole_batch() {
        let bench = Bench::new();
        // Far longer than it takes to interrupt: ten hours of silence, a sparse file.
        let file = fs::File::create(bench.path("long.raw")).unwrap();
        file.set_len(48_000 * 4 * 36_000).unwrap();
        bench.file("next.raw", &[0; 400]);
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("enhancer"))
            .current_dir(bench.0.path())
            .args(["enhance-file", "--source-file", "long.raw", "next.raw", "--out-dir", "out"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = bench.path("out");
        let has_begun = || fs::read_dir(&out).is_ok_and(|mut files| files.next().is_some());
        let deadline = Instant::now() + Duration::from_secs(60);
        while !has_begun() {
            assert!(Instant::now() < deadline, "it never began to write");
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(stderr.contains("was cancelled"), "{stderr}");
        assert!(!has_begun(), "something is left in the folder");
    }
}
