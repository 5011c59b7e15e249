//! Helpers for the tests.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

pub(crate) const SAMPLE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../audio_samples/audio_file_48k.raw");

/// The folder of the models.
pub(crate) const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");

/// A folder to work in and the command that works there.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench(TempDir::new().unwrap())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file in the folder.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// `enhancer`, run in the folder, with the model that returns its input.
    pub(crate) fn enhancer<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::cargo_bin("enhancer").unwrap();
        command.current_dir(self.0.path()).args(args).args(["--model", "passthrough"]);
        command
    }

    /// `enhancer enhance-file`, run in the folder.
    pub(crate) fn enhance<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::cargo_bin("enhancer").unwrap();
        command.current_dir(self.0.path()).arg("enhance-file").args(args);
        command
    }

    /// The same with the model that returns its input.
    pub(crate) fn pass_through<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = self.enhance(args);
        command.args(["--model", "passthrough"]);
        command
    }

    /// `enhancer enhance-file` of mono samples at 48 kHz: the result of a success.
    #[track_caller]
    pub(crate) fn enhanced(&self, samples: &[f32], args: &[&str]) -> Vec<f32> {
        self.file("in.raw", &raw(samples));
        self.enhance(["--source-file", "in.raw", "--destination-file", "out.raw", "--force"])
            .args(args)
            .assert()
            .success();
        floats(&fs::read(self.path("out.raw")).unwrap())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<_> = fs::read_dir(self.0.path()).unwrap().map(name).collect();
        names.sort();
        names
    }
}

/// Where the samples begin in a WAV file that is written with 16 bits and up to two
/// channels.
pub(crate) const WAV_HEADER: usize = 80;

/// A WAV file of 16-bit samples that count up, exactly as Enhancer writes it: with room for the
/// headers of a longer file.
pub(crate) fn wav(channels: u16, samples: usize) -> Vec<u8> {
    let data = (samples * usize::from(channels) * 2) as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((72 + data).to_le_bytes());
    wav.extend(b"WAVEJUNK\x1c\0\0\0");
    wav.extend([0; 28]);
    wav.extend(b"fmt \x10\0\0\0\x01\0");
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
pub(crate) fn assert_same_bytes(actual: &Path, expected: &[u8]) {
    assert!(fs::read(actual).unwrap() == expected, "{} has other bytes", actual.display());
}

/// The bytes of raw samples.
pub(crate) fn raw(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// The samples in raw bytes.
pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|x| f32::from_le_bytes([x[0], x[1], x[2], x[3]])).collect()
}

/// Noise with this peak, the same at every call.
pub(crate) fn noise(peak: f32, len: usize) -> Vec<f32> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32 * peak
    };
    (0..len).map(|_| next()).collect()
}

/// How much louder the signal is than its difference from `other`, in dB.
#[track_caller]
pub(crate) fn snr(signal: &[f32], other: &[f32]) -> f32 {
    assert_eq!(signal.len(), other.len());
    let difference: Vec<_> = signal.iter().zip(other).map(|(a, b)| a - b).collect();
    10.0 * (energy(signal) / energy(&difference)).log10()
}

pub(crate) fn energy(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}
