use std::f64::consts::TAU;
use std::io::{self, Cursor, Seek, SeekFrom, Write};

use enhancer_core::{
    Audio, AudioEnhancer, AudioFormat, Container, Model, Planes, SampleFormat, Tags, create,
};

/// The exported model whose output is its input; its frames are 1024 samples.
pub(crate) const PASSTHROUGH: &[u8] =
    include_bytes!("../../../../models/passthrough_model_lite.tflite");

pub(crate) const FRAME: usize = 1024;

pub(crate) fn passthrough(workers: usize) -> AudioEnhancer {
    AudioEnhancer::new(Model::from_tflite(PASSTHROUGH).unwrap(), Some(workers)).unwrap()
}

/// Arbitrary float bits, infinities, denormals and negative zeros among them,
/// the same for the same seed. NaNs come as the one NaN.
pub(crate) fn any_floats(channels: usize, len: usize, seed: u64) -> Planes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        // xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let float = f32::from_bits((state >> 24) as u32);
        if float.is_nan() { f32::NAN } else { float }
    };
    (0..channels).map(|_| (0..len).map(|_| next()).collect()).collect()
}

/// What is read of such samples: NaN and infinity are silence.
pub(crate) fn heard(mut planes: Planes) -> Planes {
    let bad = planes.iter_mut().flatten().filter(|sample| !sample.is_finite());
    bad.for_each(|sample| *sample = 0.0);
    planes
}

pub(crate) fn any_audio(channels: usize, len: usize, seed: u64) -> Audio {
    Audio::new(48_000, any_floats(channels, len, seed)).unwrap()
}

/// Compares bit for bit, NaN payloads aside.
#[track_caller]
pub(crate) fn assert_same(actual: &[Vec<f32>], expected: &[Vec<f32>], what: &str) {
    assert_eq!(actual.len(), expected.len(), "channels of {what}");
    for (channel, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert_eq!(actual.len(), expected.len(), "samples in channel {channel} of {what}");
        let differs = actual
            .iter()
            .zip(expected)
            .position(|(a, e)| a.to_bits() != e.to_bits() && !(a.is_nan() && e.is_nan()));
        if let Some(n) = differs {
            panic!("{what}, channel {channel}, sample {n}: {} is not {}", actual[n], expected[n]);
        }
    }
}

/// The bytes of a file of that format.
pub(crate) fn encoded(format: &AudioFormat, planes: &Planes) -> Vec<u8> {
    encoded_with(format, planes, &Tags::default())
}

/// The same with tags.
pub(crate) fn encoded_with(format: &AudioFormat, planes: &Planes, tags: &Tags) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = create(&mut bytes, format, tags).unwrap();
    writer.write(planes).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes.into_inner()
}

/// The bytes of a file that is written in pieces of so many samples.
pub(crate) fn encoded_in_pieces(format: &AudioFormat, planes: &Planes, piece: usize) -> Vec<u8> {
    let len = planes[0].len();
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = create(&mut bytes, format, &Tags::default()).unwrap();
    for from in (0..len).step_by(piece) {
        let part = |plane: &Vec<f32>| plane[from..len.min(from + piece)].to_vec();
        writer.write(&planes.iter().map(part).collect::<Vec<_>>()).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    bytes.into_inner()
}

pub(crate) fn wav(format: AudioFormat) -> AudioFormat {
    format.with_container(Container::Wav)
}

/// Samples that the format stores without loss.
pub(crate) fn storable(format: SampleFormat, channels: usize, len: usize) -> Planes {
    let scale = 2f32.powi(i32::from(format.bits().min(24)) - 1);
    let mut planes = any_floats(channels, len, 7);
    if format != SampleFormat::F32le {
        for sample in planes.iter_mut().flatten() {
            let wrapped = (sample.to_bits() as i32) >> 8;
            *sample = (wrapped % scale as i32) as f32 / scale;
        }
    }
    planes
}

/// A sink that is full after so many bytes.
pub(crate) struct Full(pub(crate) usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Full {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

/// A tone of its own in every channel.
pub(crate) fn tones(rate: u32, channels: u16, len: usize) -> Planes {
    let tone = |channel: u16| {
        let hertz = 300.0 + 110.0 * f64::from(channel);
        let sample = |n: usize| (TAU * hertz * n as f64 / f64::from(rate)).sin() as f32 * 0.4;
        (0..len).map(sample).collect()
    };
    (0..channels).map(tone).collect()
}

/// The signal over what differs from it, in dB.
pub(crate) fn snr(expected: &[f32], found: &[f32]) -> f64 {
    let power =
        |samples: &mut dyn Iterator<Item = f32>| samples.map(|x| f64::from(x).powi(2)).sum();
    let signal: f64 = power(&mut expected.iter().copied());
    let error: f64 = power(&mut expected.iter().zip(found).map(|(a, b)| a - b));
    10.0 * (signal / error).log10()
}

/// Why a file of this format cannot be written.
pub(crate) fn refusal(format: AudioFormat) -> String {
    let refused = create(Cursor::new(Vec::new()), &format, &Tags::default());
    let error = refused.err().expect("it is refused");
    assert_eq!(error.code(), "unwritable_audio");
    error.to_string()
}
