//! The committed networks: all lanes together compared with each lane alone.

use tract_tflite::internal::{IntoTValue, TValue, Tensor};

use super::super::super::{NetworkState, prepare, read};

const STEPS: usize = 20;
const TOLERANCE: f32 = 1e-5;

const DEEPFILTERNET3: &[u8] =
    include_bytes!("../../../../../../models/deepfilternet3/deepfilternet3.tflite");
const DTLN_1: &[u8] = include_bytes!("../../../../../../models/dtln/dtln_1.tflite");
const DTLN_2: &[u8] = include_bytes!("../../../../../../models/dtln/dtln_2.tflite");

/// A network. Its last inputs and outputs are its states.
struct Run {
    network: NetworkState,
    lanes: usize,
    /// The number of elements per lane in each input.
    shapes: Vec<Vec<usize>>,
    states: Vec<TValue>,
}

impl Run {
    fn new(file: &[u8], lanes: usize, states: usize) -> Run {
        let graph = read(file, lanes).unwrap();
        let shape =
            |outlet: &_| graph.outlet_fact(*outlet).unwrap().shape.as_concrete().unwrap().to_vec();
        let shapes: Vec<Vec<usize>> = graph.inputs.iter().map(shape).collect();
        assert!(
            shapes
                .iter()
                .chain(&graph.outputs.iter().map(shape).collect::<Vec<_>>())
                .all(|shape| shape[0] == lanes)
        );
        let states = shapes[shapes.len() - states..]
            .iter()
            .map(|shape| Tensor::zero::<f32>(shape).unwrap().into_tvalue())
            .collect();
        Run { network: prepare(graph, lanes).unwrap().spawn().unwrap(), lanes, shapes, states }
    }

    /// The outputs, without states, of each lane in turn, for this step of the signals with these
    /// seeds.
    fn step(&mut self, step: usize, seeds: &[usize]) -> Vec<Vec<f32>> {
        let given = self.shapes.len() - self.states.len();
        let mut inputs: Vec<TValue> = vec![];
        for (input, shape) in self.shapes[..given].iter().enumerate() {
            let len = shape[1..].iter().product();
            let values: Vec<f32> =
                seeds.iter().flat_map(|seed| noise(len, [*seed, step, input])).collect();
            inputs.push(Tensor::from_shape(shape, &values).unwrap().into_tvalue());
        }
        inputs.append(&mut self.states);
        let mut outputs = self.network.run(inputs.into()).unwrap();
        self.states = outputs.drain(outputs.len() + given - self.shapes.len()..).collect();
        let mut lanes = vec![vec![]; self.lanes];
        for output in outputs {
            let output = output.try_as_plain_ram().unwrap();
            let values: &[f32] = output.as_slice().unwrap();
            let of_lanes = values.chunks_exact(values.len() / self.lanes);
            lanes.iter_mut().zip(of_lanes).for_each(|(lane, values)| lane.extend(values));
        }
        lanes
    }
}

/// Numbers from 0 to 1, different for each key.
fn noise(len: usize, key: [usize; 3]) -> Vec<f32> {
    let mut state = key.iter().fold(1u64, |state, part| {
        (state ^ *part as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    });
    let next = || {
        // The 64-bit congruential generator of Knuth's MMIX.
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn assert_lanes_are_apart(file: &[u8], states: usize) {
    let seeds: Vec<usize> = (1..=8).collect();
    let mut runs: Vec<Run> = seeds.iter().map(|_| Run::new(file, 1, states)).collect();
    // By step and lane.
    let alone: Vec<Vec<Vec<f32>>> = (0..STEPS)
        .map(|step| {
            let lanes = runs.iter_mut().zip(&seeds);
            lanes.map(|(run, seed)| run.step(step, &[*seed]).remove(0)).collect()
        })
        .collect();
    assert!(alone[0][0] != alone[0][1] && alone[0][0] != alone[1][0], "the signals are the same");
    for lanes in [2, 4, 5, 8] {
        let mut run = Run::new(file, lanes, states);
        for (step, alone) in alone.iter().enumerate() {
            for (lane, found) in run.step(step, &seeds[..lanes]).iter().enumerate() {
                let pairs = found.iter().zip(&alone[lane]);
                // Relative to the value if that is above 1, such as a level in dB.
                let error =
                    pairs.map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f32::max);
                assert!(error <= TOLERANCE, "{lanes} lanes, step {step}, lane {lane}: {error:e}");
            }
        }
    }
}

#[test]
fn deepfilternet3_keeps_lanes_apart() {
    assert_lanes_are_apart(DEEPFILTERNET3, 8);
}

#[test]
fn dtln_keeps_lanes_apart() {
    assert_lanes_are_apart(DTLN_1, 1);
    assert_lanes_are_apart(DTLN_2, 1);
}
