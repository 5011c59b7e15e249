//! The kind of a result's file, and its name.

use std::fs;
use std::path::Path;

use predicates::str::contains;

use crate::support::{Bench, wav};

/// A recording in the format that its name says.
fn recording(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/decode");
    fs::read(folder.join(name)).unwrap()
}

/// The kind of a file, by its first bytes.
fn kind(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] => "wav",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [b'O', b'g', b'g', b'S', ..] => "opus",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "m4a",
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => "mp3",
        _ => "another",
    }
}

#[test]
fn a_result_has_the_kind_and_the_name_of_its_source() {
    for (source, named, result) in [
        ("mono.mp3", "talk.mp3", "talk.enhanced.mp3"),
        ("layer-2.mp2", "talk.mp2", "talk.enhanced.mp3"),
        ("aac.m4a", "talk.M4A", "talk.enhanced.M4A"),
        ("mono.aac", "talk.aac", "talk.enhanced.m4a"),
        ("vorbis.ogg", "talk.ogg", "talk.enhanced.opus"),
        ("opus.webm", "talk.webm", "talk.enhanced.opus"),
        ("16.flac", "talk.flac", "talk.enhanced.flac"),
        // A lossless source gives a lossless result.
        ("alac.m4a", "talk.m4a", "talk.enhanced.wav"),
        ("flac.mkv", "talk.mkv", "talk.enhanced.wav"),
        ("pcm-s16.aiff", "talk.aiff", "talk.enhanced.wav"),
        // The content decides, not a wrong name.
        ("pcm-s16.wav", "talk.mp3", "talk.enhanced.wav"),
        ("mono.mp3", "talk.wav", "talk.enhanced.mp3"),
        ("opus.webm", "talk.flac", "talk.enhanced.opus"),
    ] {
        let bench = Bench::new();
        bench.file(named, &recording(source));
        bench.enhancer([named]).assert().success();
        assert!(bench.path(result).exists(), "{source}: {:?}", bench.names());
        let bytes = fs::read(bench.path(result)).unwrap();
        let extension = result.rsplit('.').next().unwrap().to_lowercase();
        assert_eq!(kind(&bytes), extension, "{source}");
    }
}

#[test]
fn another_kind_can_be_requested() {
    let bench = Bench::new();
    bench.file("talk.mp3", &recording("mono.mp3"));
    bench.enhancer(["talk.mp3", "--to", "flac"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("talk.enhanced.flac")).unwrap()), "flac");
    bench.enhancer(["talk.mp3", "--to", "opus", "-o", "out/"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("out/talk.enhanced.opus")).unwrap()), "opus");
    bench.enhancer(["talk.mp3", "-o", "out.ogg"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("out.ogg")).unwrap()), "opus");
    bench.enhancer(["talk.mp3", "--to", "m4a", "-o", "plain"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("plain")).unwrap()), "m4a");
    bench
        .enhancer(["talk.mp3", "--to", "wav", "-o", "out.flac"])
        .assert()
        .code(2)
        .stderr(contains("--to asks for wav"));
    bench.enhancer(["talk.mp3", "--to", "ogg"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("talk.enhanced.opus")).unwrap()), "opus");
    bench.enhancer(["talk.mp3", "--to", "aiff"]).assert().code(2).stderr(contains("mkv or webm"));
}

#[test]
fn a_video_stays_a_video_unless_only_its_sound_is_requested() {
    let bench = Bench::new();
    bench.file("film.mov", &recording("film.mov"));
    bench.file("video.mp4", &recording("video-fragments.mp4"));
    bench.enhancer(["film.mov", "video.mp4"]).assert().success();
    assert_eq!(fs::read(bench.path("film.enhanced.mov")).unwrap()[4..12], *b"ftypqt  ");
    assert_eq!(fs::read(bench.path("video.enhanced.mp4")).unwrap()[4..12], *b"ftypisom");
    bench.enhancer(["film.mov", "--audio-only"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("film.enhanced.m4a")).unwrap()), "m4a");
}

#[test]
fn the_sound_of_a_video_stays_pcm_on_request() {
    let bench = Bench::new();
    bench.file("film.mov", &recording("film-pcm.mov"));
    let has = |path: &str, kind: &[u8; 4]| {
        fs::read(bench.path(path)).unwrap().windows(4).any(|bytes| bytes == kind)
    };
    bench.enhancer(["film.mov"]).assert().success();
    assert!(has("film.enhanced.mov", b"mp4a") && !has("film.enhanced.mov", b"sowt"));
    bench.enhancer(["film.mov", "--keep-pcm", "-y"]).assert().success();
    assert!(!has("film.enhanced.mov", b"mp4a") && has("film.enhanced.mov", b"sowt"));
}

#[test]
fn a_pipe_gives_the_kind_of_the_source_or_the_requested_one() {
    let bench = Bench::new();
    for (options, expected) in [(&["-"][..], "mp3"), (&["-", "--to", "wav"], "wav")] {
        let run = bench.enhancer(options).write_stdin(recording("mono.mp3")).assert().success();
        assert_eq!(kind(&run.get_output().stdout), expected);
    }
}

#[test]
fn a_sample_format_gives_wav_and_a_bit_rate_is_for_lossy_kinds() {
    let bench = Bench::new();
    bench.file("talk.mp3", &recording("mono.mp3"));
    bench.file("talk.wav", &wav(1, 100));
    bench.enhancer(["talk.mp3", "--destination-format", "f32le"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("talk.enhanced.wav")).unwrap()), "wav");
    bench.enhancer(["talk.mp3", "--bitrate", "64"]).assert().success();
    assert_eq!(kind(&fs::read(bench.path("talk.enhanced.mp3")).unwrap()), "mp3");
    let refused = bench.enhancer(["talk.wav", "-y", "--bitrate", "64"]).assert().code(4);
    refused.stderr(contains("WAV has no bit rate"));
}

#[test]
fn the_chosen_track_decides() {
    let bench = Bench::new();
    bench.file("talk.mkv", &recording("two-tracks.mkv"));
    bench.enhancer(["talk.mkv", "--track", "1"]).assert().success();
    assert!(bench.names().contains(&"talk.enhanced.opus".to_owned()));
}
