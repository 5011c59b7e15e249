use proptest::prelude::*;
use realfft::RealFftPlanner;

use super::*;

const INTEGERS: [SampleFormat; 3] = [SampleFormat::S16le, SampleFormat::S24le, SampleFormat::S32le];

fn quantized(format: SampleFormat, planes: &[Vec<f32>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Quantizer::new(format).append_bytes(planes, planes[0].len(), &mut bytes);
    bytes
}

fn one(format: SampleFormat, sample: f32) -> Vec<u8> {
    quantized(format, &[vec![sample]])
}

/// The error that 16-bit quantisation adds to a channel, in steps.
fn errors(channel: usize, signal: &[f32]) -> Vec<f64> {
    let mut planes = vec![vec![0.0; signal.len()]; channel];
    planes.push(signal.to_vec());
    let stride = 2 * planes.len();
    let bytes = quantized(SampleFormat::S16le, &planes);
    let written = bytes
        .chunks_exact(stride)
        .map(|frame| f64::from(i16::from_le_bytes([frame[stride - 2], frame[stride - 1]])));
    written.zip(signal).map(|(step, &sample)| step - f64::from(sample) * 32_768.0).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let products: Vec<_> = a.iter().zip(b).map(|(a, b)| a * b).collect();
    mean(&products) - mean(a) * mean(b)
}

/// A quiet sine with an irrational period, which never hits a step exactly.
fn sine(len: usize) -> Vec<f32> {
    (0..len).map(|n| ((n as f64 * 0.123_456_789).sin() * 2.7 / 32_768.0) as f32).collect()
}

#[test]
fn the_error_has_no_mean_and_a_quarter_of_a_step_squared_whatever_the_signal() {
    // Standard errors for 2^20 samples: 0.0005 for the mean, 0.0003 for the variance.
    let len = 1 << 20;
    let constants = [0.01, 0.25, 0.5, 0.75, -3.4].map(|step| vec![step / 32_768.0; len]);
    for signal in constants.into_iter().chain([sine(len)]) {
        let errors = errors(0, &signal);
        assert!(mean(&errors).abs() < 0.003, "mean {}", mean(&errors));
        let variance = covariance(&errors, &errors);
        assert!((variance - 0.25).abs() < 0.002, "variance {variance}");
        assert!(errors.iter().all(|error| error.abs() <= 1.5));
    }
}

#[test]
fn the_error_is_white_and_has_nothing_of_the_signal() {
    let len = 1 << 18;
    let signal = sine(len);
    let mut errors = errors(0, &signal);
    let steps: Vec<_> = signal.iter().map(|&sample| f64::from(sample) * 32_768.0).collect();
    assert!(covariance(&errors, &steps).abs() < 0.005);

    let mut spectrum = vec![realfft::num_complex::Complex::default(); len / 2 + 1];
    RealFftPlanner::new().plan_fft_forward(len).process(&mut errors, &mut spectrum).unwrap();
    let power: Vec<_> = spectrum[1..].iter().map(|bin| bin.norm_sqr() / len as f64).collect();
    // 64 bands of 2048 bins, each within 5 standard errors (11 %) of 1/4.
    for band in power.chunks(2048) {
        assert!((mean(band) / 0.25 - 1.0).abs() < 0.11, "{}", mean(band));
    }
    // The power of a bin is exponentially distributed, so 20 times the mean is unlikely among 131
    // 072 bins.
    assert!(power.iter().all(|&bin| bin < 0.25 * 20.0));
}

#[test]
fn channels_have_noise_of_their_own() {
    let signal = vec![0.5 / 32_768.0; 1 << 16];
    let (first, second) = (errors(0, &signal), errors(1, &signal));
    assert!(covariance(&first, &second).abs() < 0.005);
}

#[test]
fn integers_clip_at_full_scale() {
    assert_eq!(one(SampleFormat::S16le, 1.0), i16::MAX.to_le_bytes());
    assert_eq!(one(SampleFormat::S16le, -7.3), i16::MIN.to_le_bytes());
    assert_eq!(one(SampleFormat::S24le, 1.0), [0xff, 0xff, 0x7f]);
    assert_eq!(one(SampleFormat::S24le, f32::NEG_INFINITY), [0, 0, 0x80]);
    assert_eq!(one(SampleFormat::S32le, 1.0), i32::MAX.to_le_bytes());
    for format in INTEGERS {
        assert_eq!(one(format, f32::NAN), vec![0; format.bytes()]);
    }
}

proptest! {
    #[test]
    fn exact_samples_are_written_unchanged(bytes: [u8; 4]) {
        for format in [SampleFormat::S16le, SampleFormat::S24le] {
            let bytes = &bytes[..format.bytes()];
            prop_assert_eq!(one(format, format.decode(bytes)), bytes);
        }
        let high = [0, bytes[1], bytes[2], bytes[3]];
        prop_assert_eq!(one(SampleFormat::S32le, SampleFormat::S32le.decode(&high)), high);
        let sample = f32::from_le_bytes(bytes);
        prop_assume!(!sample.is_nan());
        prop_assert_eq!(one(SampleFormat::F32le, sample), bytes);
    }

    #[test]
    fn blocks_of_any_size_give_the_same(
        samples in prop::collection::vec(-1f32..1.0, 1..400),
        block in 1usize..100,
        channels in 1u8..4,
    ) {
        let plane = |channel| samples.iter().map(|x| x / f32::from(channel)).collect();
        let planes: Vec<Vec<f32>> = (1..=channels).map(plane).collect();
        let mut bytes = Vec::new();
        let mut quantizer = Quantizer::new(SampleFormat::S16le);
        for from in (0..planes[0].len()).step_by(block) {
            let to = planes[0].len().min(from + block);
            let piece: Vec<_> = planes.iter().map(|plane| plane[from..to].to_vec()).collect();
            quantizer.append_bytes(&piece, to - from, &mut bytes);
        }
        prop_assert_eq!(&bytes, &quantized(SampleFormat::S16le, &planes));

        let steps = Quantizer::new(SampleFormat::S16le).steps(&planes);
        let written = bytes.chunks_exact(2).map(|b| i32::from(i16::from_le_bytes([b[0], b[1]])));
        let interleaved = (0..planes[0].len()).flat_map(|n| steps.iter().map(move |plane| plane[n]));
        prop_assert!(written.eq(interleaved));
    }
}
