//! The seeds of the fuzzer, a tenth of a second in every container and codec, are
//! sound files: however they are read, the samples are the same. That they are the
//! right ones is shown beside ffmpeg, in tests/formats.

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use enhancer_core::{Audio, AudioReader, Error, Limits, OpenOptions, Planes, open, read_all};
use proptest::prelude::*;

fn strict() -> OpenOptions {
    let limits = Limits::default().with_duration_seconds(60).with_decoder_memory(16 << 20);
    OpenOptions::default().with_limits(limits).with_strict(true)
}

/// Names and contents.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/decode");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into(), fs::read(&path).unwrap()))
        // It has no audio.
        .filter(|(name, _): &(String, _)| name != "video.mkv")
        .collect();
    files.sort();
    assert!(files.len() > 30, "only {} seeds", files.len());
    files
}

fn reader<'a>(source: impl Read + Seek + Send + 'a) -> Result<Box<dyn AudioReader + 'a>, Error> {
    open(source, &strict())
}

fn decoded(bytes: &[u8]) -> Result<Audio, Error> {
    read_all(&mut *reader(Cursor::new(bytes))?)
}

/// Reads in blocks of those sizes, in turns.
fn in_blocks(reader: &mut dyn AudioReader, sizes: &[usize]) -> Planes {
    let mut planes = vec![Vec::new(); reader.format().channels.into()];
    for &size in sizes.iter().cycle() {
        let before = planes[0].len();
        let read = reader.read(&mut planes, size).unwrap();
        assert_eq!(planes[0].len() - before, read);
        assert!(read <= size);
        if read < size {
            break;
        }
    }
    assert_eq!(reader.read(&mut planes, 100).unwrap(), 0, "more behind the end");
    planes
}

/// A source that gives a few bytes at a time, and is interrupted in between.
struct Trickle<'a> {
    bytes: Cursor<&'a [u8]>,
    turn: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(5) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let len = buffer.len().min(1 + self.turn % 7);
        self.bytes.read(&mut buffer[..len])
    }
}

impl Seek for Trickle<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// A source that fails where that byte would be read.
struct Failing<'a> {
    bytes: Cursor<&'a [u8]>,
    at: u64,
}

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.at.saturating_sub(self.bytes.position());
        if left == 0 {
            return Err(io::Error::other("the cable was pulled"));
        }
        let len = buffer.len().min(left as usize);
        self.bytes.read(&mut buffer[..len])
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[test]
fn every_seed_is_sound() {
    for (name, bytes) in files() {
        let audio = decoded(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let seconds = audio.duration().as_secs_f64();
        assert!((0.01..0.3).contains(&seconds), "{name}: {seconds} s");
        let peak = audio.planes().iter().flatten().fold(0f32, |peak, x| peak.max(x.abs()));
        assert!(peak > 0.001 && peak < 2.0, "{name}: a peak of {peak}");
    }
}

#[test]
fn trickling_sources_give_the_same_samples() {
    for (name, bytes) in files() {
        let mut trickling = reader(Trickle { bytes: Cursor::new(&bytes), turn: 0 })
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read_all(&mut *trickling).unwrap(), decoded(&bytes).unwrap(), "{name}");
    }
}

#[test]
fn a_source_that_fails_is_an_error_of_reading() {
    for (name, bytes) in files() {
        for part in [0, 1, 2, 3] {
            let at = (bytes.len() as u64 * part / 4).max(16);
            let source = Failing { bytes: Cursor::new(&bytes), at };
            let error = reader(source).and_then(|mut reader| read_all(&mut *reader)).unwrap_err();
            assert_eq!(error.code(), "read", "{name} at {at}: {error}");
            assert!(error.to_string().contains("the cable was pulled"), "{name}: {error}");
        }
    }
}

#[test]
fn what_is_left_of_a_cut_file_is_read_or_refused() {
    let lenient = strict().with_strict(false);
    for (name, bytes) in files() {
        let whole = decoded(&bytes).unwrap().len();
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let Ok(mut reader) = open(Cursor::new(&bytes[..cut]), &lenient) else { continue };
            let len = read_all(&mut *reader).unwrap_or_else(|e| panic!("{name} {cut}: {e}")).len();
            assert!(len <= whole, "{name}, cut at {cut}: {len} of {whole} samples");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn blocks_of_any_sizes_give_the_same_samples(sizes in prop::collection::vec(1usize..3000, 1..8)) {
        for (name, bytes) in files() {
            let mut reader = reader(Cursor::new(&bytes)).unwrap();
            let planes = in_blocks(&mut *reader, &sizes);
            prop_assert!(planes == decoded(&bytes).unwrap().into_planes(), "{}", name);
        }
    }
}

/// symphonia would give the half of it that plain AAC is, at half the rate.
#[test]
fn high_efficiency_aac_has_its_whole_band() {
    let samples: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.06).sin() * 0.3).collect();
    let options = syom::EncodeOptions::adts().with_he(true).with_bitrate_bps(48_000);
    let bytes = syom::encode_with(&[&samples, &samples], 48_000, &options).unwrap();
    let audio = decoded(&bytes).unwrap();
    assert_eq!((audio.sample_rate(), audio.channels()), (48_000, 2));
    // Frames of twice 1024 samples, and the encoder's delay, which ADTS does not tell.
    assert_eq!(audio.len() % 2048, 0);
    assert!((48_000..56_000).contains(&audio.len()), "{} samples", audio.len());
    let middle = &audio.planes()[0][20_000..40_000];
    let power = middle.iter().map(|x| x * x).sum::<f32>() / middle.len() as f32;
    assert!((power - 0.045).abs() < 0.005, "a power of {power}");
}
