//! The front-end with networks of a few operators.

use enhancer_networks::fixture::Fixture;

use super::*;
use crate::model::description::{Port, Role};

const HOP: usize = 24;

/// A network that multiplies the spectrum by a constant, and keeps it as a state.
fn scaling(bins: usize, layout: Layout, factors: &[f32]) -> Network {
    let mut fixture = Fixture::new();
    let shape = match layout {
        Layout::Interleaved => [1, bins as i32, 2],
        Layout::Planar => [1, 2, bins as i32],
    };
    let (given, state) = (fixture.computed(&shape), fixture.computed(&shape));
    let (made, kept) = (fixture.computed(&shape), fixture.computed(&shape));
    let factors = fixture.float32(&shape, factors);
    fixture.multiply(given, factors, made);
    fixture.reshape(given, &shape, kept);
    let file = fixture.file(&[given, state], &[made, kept]);
    let shape: Vec<usize> = shape[1..].iter().map(|dim| *dim as usize).collect();
    let ports = || {
        ["spectrum", "kept"].map(|name| Port {
            role: match name {
                "spectrum" => Role::Named(name.into()),
                name => Role::State(name.into()),
            },
            shape: shape.clone(),
        })
    };
    let network = enhancer_networks::Network::read(&file).unwrap();
    Network::new(network, ports().into(), ports().into()).unwrap()
}

fn model(hops: usize, description: Description, factors: &[f32]) -> Result<Spectral> {
    let window = hops * HOP;
    let info = ModelInfo {
        name: "spectral".into(),
        licence: None,
        sample_rate: Some(16_000),
        hop: HOP,
        window,
        lookahead: 0,
        delay: window - HOP,
        memory: true,
        post_filter: false,
    };
    let network = scaling(description.fft / 2 + 1, description.layout, factors);
    Spectral::new(info, description, network)
}

fn description(window_function: WindowFunction, fft: usize) -> Description {
    let layout = Layout::Interleaved;
    Description { window_function, fft, scale: 1.0, compression: 1.0, layout }
}

fn signal(lane: usize) -> Vec<f32> {
    (0..20 * HOP).map(|n| ((n * n + 7 * lane) as f32 * 0.003).sin() * 0.5).collect()
}

/// The output for some lanes, with this many hops per step.
fn run(model: &Spectral, lanes: usize, hops: usize) -> Vec<Vec<f32>> {
    let mut step = model.stream(lanes, hops).unwrap();
    let signals: Vec<_> = (0..lanes).map(signal).collect();
    let mut made = vec![vec![]; lanes];
    let stretch = hops * HOP;
    for at in (0..20 * HOP).step_by(stretch) {
        let input: Vec<f32> =
            signals.iter().flat_map(|signal| signal[at..at + stretch].to_vec()).collect();
        let mut output = vec![0.0; input.len()];
        step.step(&input, &mut output).unwrap();
        for (made, output) in made.iter_mut().zip(output.chunks(stretch)) {
            made.extend_from_slice(output);
        }
    }
    made
}

#[test]
fn a_network_that_changes_nothing_delays_by_the_overlap_alone() {
    use WindowFunction::{Hann, Rectangular, SqrtHann, Vorbis};
    let matrix = [
        (Rectangular, 1, 24),
        (Rectangular, 2, 64),
        (SqrtHann, 2, 48),
        (SqrtHann, 4, 128),
        (Hann, 3, 72),
        (Hann, 4, 96),
        (Vorbis, 2, 50),
    ];
    for (function, hops, fft) in matrix {
        for layout in [Layout::Interleaved, Layout::Planar] {
            for (scale, compression) in [(1.0, 1.0), (0.01, 1.0), (1.0, 0.3), (5.0, 0.5)] {
                let description =
                    Description { scale, compression, layout, ..description(function, fft) };
                let model = model(hops, description, &vec![1.0; fft + 2]).unwrap();
                let (made, delay) = (&run(&model, 1, 1)[0], (hops - 1) * HOP);
                for (at, (made, given)) in made[delay..].iter().zip(signal(0)).enumerate() {
                    let error = (made - given).abs();
                    // The window of the first block fades in the first samples.
                    assert!(error < 1e-4, "{description:?}, sample {at}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_window_that_leaves_out_samples_is_refused() {
    // A Hann window begins with 0, and no other block contains that sample.
    let error = model(1, description(WindowFunction::Hann, 24), &[1.0; 26]).err().unwrap();
    assert_eq!(error.code(), "unsupported_model");
}

#[test]
fn hops_and_lanes_change_nothing() {
    let factors: Vec<f32> = (0..66).map(|at| (at as f32 * 0.1).cos()).collect();
    let description = Description { compression: 0.5, ..description(WindowFunction::SqrtHann, 64) };
    let model = model(2, description, &factors).unwrap();
    let expected: Vec<Vec<f32>> = run(&model, 3, 1);
    for hops in [2, 4, 5, 10, 20] {
        assert_eq!(run(&model, 3, hops), expected, "{hops} hops at once");
    }
    assert_eq!(run(&model, 1, 5)[0], expected[0]);
}

#[test]
fn a_stream_that_was_reset_is_a_new_one() {
    let model = model(2, description(WindowFunction::Vorbis, 48), &[0.5; 50]).unwrap();
    let mut step = model.stream(1, 1).unwrap();
    let signal = signal(0);
    let mut first = vec![0.0; HOP];
    step.step(&signal[..HOP], &mut first).unwrap();
    step.step(&signal[HOP..2 * HOP], &mut [0.0; HOP]).unwrap();
    step.reset();
    let mut again = vec![0.0; HOP];
    step.step(&signal[..HOP], &mut again).unwrap();
    assert_eq!(first, again);
}

/// Compares with sums by the definition, with a factor for each number.
#[test]
fn a_spectrum_is_compressed_multiplied_and_expanded() {
    let (len, fft, compression) = (2 * HOP, 64, 0.4f32);
    let bins = fft / 2 + 1;
    let factors: Vec<f32> = (0..2 * bins).map(|at| 1.0 + (at as f32 * 0.7).sin()).collect();
    let description = Description {
        compression,
        layout: Layout::Planar,
        scale: 0.25,
        ..description(WindowFunction::SqrtHann, fft)
    };
    let made = &run(&model(2, description, &factors).unwrap(), 1, 1)[0];
    let signal = signal(0);
    let weight = |n: usize| (std::f64::consts::PI * n as f64 / len as f64).sin();
    let mut expected = vec![0.0; signal.len() + len];
    for start in (0..=signal.len() - len).step_by(HOP) {
        for k in 0..fft {
            // The upper half mirrors the lower one.
            let bin = k.min(fft - k);
            let turn = |n: usize| std::f64::consts::TAU * (bin * n) as f64 / fft as f64;
            let sum = |of: fn(f64) -> f64| -> f64 {
                let term = |n: usize| f64::from(signal[start + n]) * weight(n) * of(turn(n));
                0.25 * (0..len).map(term).sum::<f64>()
            };
            let (re, im) = (sum(f64::cos), -sum(f64::sin));
            let shrink = re.hypot(im).powf(f64::from(compression) - 1.0);
            let (re, im) = (
                re * shrink * f64::from(factors[bin]),
                im * shrink * f64::from(factors[bins + bin]),
            );
            let grow = re.hypot(im).powf(1.0 / f64::from(compression) - 1.0);
            let (re, im) = (re * grow, im * grow);
            let im = if k == 0 || k == fft / 2 { 0.0 } else { im };
            for n in 0..len {
                let part = re * turn(n).cos() - im * turn(n).sin();
                expected[start + n] += part * weight(n) / (0.25 * fft as f64);
            }
        }
    }
    // From the first sample on that all its blocks contain.
    for at in HOP..signal.len() - len {
        let error = (f64::from(made[at + HOP]) - expected[at]).abs();
        assert!(error < 1e-4, "sample {at}: {error}");
    }
}
