//! Compares networks that run step by step with the same networks as sequences.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use tract_tflite::internal::TypedModel;
use tract_tflite::tflite::BuiltinOperator;

use super::partition::{Partition, is_move};
use super::stages::{Prepared, Stages};
use super::steps::Steps;
use super::{Kind, Network, Ports, Run};
use crate::error::{Error, Result};
use crate::tflite::fixture::{Fixture, NONE};

pub(super) const WIDTH: usize = 3;

impl Network {
    pub(super) fn stages(&self) -> Option<Arc<Stages>> {
        self.file().unwrap().stages(&self.states)
    }
}

/// An operator of a random graph: what it does, and its two tensors, counted backwards from the
/// newest one and wrapping around.
type Choice = (bool, usize, usize);

/// A graph with two named inputs and some states, made of sums and hyperbolic tangents. The next
/// values of states and the output are any of its tensors.
pub(super) fn random_network(operators: &[Choice], states: &[usize], output: usize) -> Network {
    let mut fixture = Fixture::new();
    let shape = [1, WIDTH as i32];
    let inputs: Vec<i32> = (0..2 + states.len()).map(|_| fixture.computed(&shape)).collect();
    let mut tensors = inputs.clone();
    for &(bend, a, b) in operators {
        let newest = |back: usize| tensors[tensors.len() - 1 - back % tensors.len()];
        let (a, b, made) = (newest(a), newest(b), fixture.computed(&shape));
        if bend {
            fixture.operator(BuiltinOperator::TANH, &[a], &[made], NONE);
        } else {
            fixture.add(a, b, made);
        }
        // Sums could grow from step to step, so the result of a step is bounded.
        let bounded = fixture.computed(&shape);
        fixture.operator(BuiltinOperator::TANH, &[made], &[bounded], NONE);
        tensors.push(bounded);
    }
    let chosen = |choice: usize| tensors[tensors.len() - 1 - choice % tensors.len()];
    let outputs: Vec<i32> =
        std::iter::once(output).chain(states.iter().copied()).map(chosen).collect();
    let states = (0..states.len()).map(|state| (2 + state, 1 + state)).collect();
    Network::read(&fixture.file(&inputs, &outputs)).unwrap().with_states(states).unwrap()
}

/// A value that depends on its position.
fn value(input: usize, lane: usize, step: usize, at: usize) -> f32 {
    let place = ((input * 31 + lane) * 37 + step) * 41 + at + 1;
    (place as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5
}

/// All outputs except the states, for the first `total` steps of each lane, in runs of `steps` at
/// once.
fn outputs(network: &Network, run: &mut Run, lanes: usize, steps: usize, total: usize) -> Vec<f32> {
    let given = (0..network.inputs().len()).filter(|at| network.states.iter().all(|s| s.0 != *at));
    let made = (0..network.outputs().len()).filter(|at| network.states.iter().all(|s| s.1 != *at));
    let (inputs, outputs): (Vec<usize>, Vec<usize>) = (given.collect(), made.collect());
    let mut found = vec![vec![]; lanes];
    for first in (0..total).step_by(steps) {
        for lane in 0..lanes {
            for step in 0..steps {
                for &input in &inputs {
                    for (at, x) in run.input(input, lane, step).unwrap().iter_mut().enumerate() {
                        *x = value(input, lane, first + step, at);
                    }
                }
            }
        }
        run.run().unwrap();
        for (lane, found) in found.iter_mut().enumerate() {
            for step in 0..steps {
                for &output in &outputs {
                    found.extend_from_slice(run.output(output, lane, step).unwrap());
                }
            }
        }
    }
    found.concat()
}

/// Checks that a sequence of one or many steps gives the same result as the runtime, except for
/// rounding.
fn assert_sequences_equal_steps(
    network: &Network,
    lanes: usize,
    steps: usize,
    runs: usize,
    tolerance: f32,
) {
    let total = steps * runs;
    let kind = Kind::Steps(Steps::new(network, network.file().unwrap(), lanes, 1).unwrap());
    let mut one = Run { kind, ports: Ports::new(network, lanes, 1), has_run: false };
    let expected = outputs(network, &mut one, lanes, 1, total);
    let stages = network.stages();
    for at_once in [1, steps] {
        let mut run = network.run(lanes, at_once).unwrap();
        let is_sequence = stages.as_ref().is_some_and(|s| at_once > 1 || s.interpreted() == 0);
        assert_eq!(matches!(run.kind, Kind::Sequence(_)), is_sequence);
        for what in ["a new run", "a run that was reset"] {
            let found = outputs(network, &mut run, lanes, at_once, total);
            assert_eq!(found.len(), expected.len());
            for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let error = (found - expected).abs() / expected.abs().max(1.0);
                assert!(error < tolerance, "{what}, value {at}: {found} is not {expected}");
            }
            run.reset();
        }
    }
}

/// The outputs of all lanes, bit for bit.
pub(super) fn bits(network: &Network, lanes: usize, steps: usize, total: usize) -> Vec<u32> {
    let mut run = network.run(lanes, steps).unwrap();
    outputs(network, &mut run, lanes, steps, total).into_iter().map(f32::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_global_rejects: 8, ..Default::default() })]

    /// States may depend on themselves, on each other, only on the previous step, or on nothing.
    #[test]
    fn a_sequence_equals_its_steps_for_any_graph(
        operators in prop::collection::vec((any::<bool>(), 0usize..12, 0usize..12), 1..12),
        states in prop::collection::vec(0usize..14, 0..5),
        output in 0usize..14,
        lanes in 1usize..4,
        steps in 2usize..20,
    ) {
        let network = random_network(&operators, &states, output);
        // The interpreter's optimiser breaks a few graphs: it leaves a node without an operator.
        // These graphs cannot be compared.
        prop_assume!(Steps::new(&network, network.file().unwrap(), lanes, 1).unwrap().run().is_ok());
        // Such graphs can double a difference in each of their sums.
        assert_sequences_equal_steps(&network, lanes, steps, 3, 1e-3);
    }
}

/// Adds the transposed input to the state: y = turn(a) + state, and the next state is y. In the
/// transposed tensor the lanes are not the first dimension, so they cannot run together.
fn turning_network() -> Network {
    let mut fixture = Fixture::new();
    let turned = [WIDTH as i32, 1];
    let inputs = [fixture.computed(&[1, WIDTH as i32]), fixture.computed(&[1, WIDTH as i32])];
    let order = fixture.int32(&[2], &[1, 0]);
    let (sideways, bent) = (fixture.computed(&turned), fixture.computed(&turned));
    let (back, sum) = (fixture.computed(&[1, WIDTH as i32]), fixture.computed(&[1, WIDTH as i32]));
    fixture.operator(BuiltinOperator::TRANSPOSE, &[inputs[0], order], &[sideways], NONE);
    fixture.operator(BuiltinOperator::TANH, &[sideways], &[bent], NONE);
    fixture.operator(BuiltinOperator::TRANSPOSE, &[bent, order], &[back], NONE);
    fixture.add(back, inputs[1], sum);
    Network::read(&fixture.file(&inputs, &[sum, sum])).unwrap().with_states(vec![(1, 1)]).unwrap()
}

#[test]
fn lanes_that_would_mix_run_one_by_one() {
    let network = turning_network();
    assert!(network.stages().is_none());
    assert!(matches!(network.run(5, 7).unwrap().kind, Kind::Steps(_)));
    assert_sequences_equal_steps(&network, 5, 7, 2, 1e-5);
    let sums = outputs(&network, &mut network.run(5, 7).unwrap(), 5, 7, 7);
    let expected: f32 = (0..7).map(|step| value(0, 4, step, 1).tanh()).sum();
    let found = sums[(4 * 7 + 6) * WIDTH + 1];
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
}

/// One input and one output of three values, and a state.
fn sums() -> Network {
    random_network(&[(false, 0, 1)], &[0], 0)
}

/// The name of the invalid value in an error, the value, and what was expected.
fn invalid<T: std::fmt::Debug>(outcome: Result<T>) -> (&'static str, String, String) {
    match outcome.unwrap_err() {
        Error::InvalidValue { name, actual, expected } => (name, actual, expected),
        other => panic!("{other}"),
    }
}

fn said(name: &'static str, actual: &str, expected: &str) -> (&'static str, String, String) {
    (name, actual.into(), expected.into())
}

#[test]
fn states_that_the_network_does_not_have_are_refused() {
    let states = |states: &[(usize, usize)]| sums().with_states(states.to_vec());
    let input = "the input of a state";
    assert_eq!(invalid(states(&[(3, 1)])), said(input, "3", "0 to 2"));
    assert_eq!(invalid(states(&[(2, 2)])), said("the output of a state", "2", "0 to 1"));
    let twice = invalid(states(&[(2, 1), (2, 0)]));
    assert_eq!(twice, said(input, "2", "one that no other state has"));

    let mut fixture = Fixture::new();
    let (narrow, wide) = (fixture.computed(&[1, 2]), fixture.computed(&[1, 5]));
    let made = [fixture.computed(&[1, 2]), fixture.computed(&[1, 5])];
    for (given, made) in [narrow, wide].into_iter().zip(made) {
        fixture.operator(BuiltinOperator::TANH, &[given], &[made], NONE);
    }
    let network = Network::read(&fixture.file(&[narrow, wide], &made)).unwrap();
    let differs = invalid(network.with_states(vec![(0, 1)]));
    let expected = "float32 [1, 2], which its input is";
    assert_eq!(differs, said("the output of a state", "float32 [1, 5]", expected));
}

#[test]
fn runs_of_nothing_and_of_more_than_fits_are_refused() {
    let network = sums();
    assert_eq!(invalid(network.run(0, 1)), said("the lanes of a run", "0", "1 or more"));
    assert_eq!(invalid(network.run(1, 0)), said("the steps of a run", "0", "1 or more"));
    for (lanes, steps) in [(usize::MAX, 1), (1, usize::MAX), (1 << 16, 1 << 16), (257, 256)] {
        let error = network.run(lanes, steps).unwrap_err();
        assert!(matches!(error, Error::LimitExceeded { allowed: 65_536, .. }), "{error}");
    }
    network.run(256, 256).unwrap();
}

#[test]
fn a_run_refuses_places_that_it_does_not_have() {
    for network in [sums(), turning_network()] {
        let (lanes, steps) = (2, 3);
        let mut run = network.run(lanes, steps).unwrap();
        let (state, made) = network.states[0];
        let (inputs, outputs) = (network.inputs().len(), network.outputs().len());
        assert_eq!(run.input(0, 1, 2).unwrap().len(), WIDTH);

        let (input, output) = ("the input of a run", "the output of a run");
        let is_state = "one that is not a state";
        let all = format!("0 to {}", inputs - 1);
        assert_eq!(invalid(run.input(inputs, 0, 0)), said(input, &inputs.to_string(), &all));
        assert_eq!(invalid(run.input(state, 0, 0)), said(input, &state.to_string(), is_state));
        assert_eq!(invalid(run.input(0, 2, 0)), said("the lane of a run", "2", "0 to 1"));
        assert_eq!(invalid(run.input(0, 0, 3)), said("the step of a run", "3", "0 to 2"));

        let expected = "1 or more: an output can be read after a run";
        assert_eq!(invalid(run.output(0, 0, 0)), said("the number of runs", "0", expected));
        run.run().unwrap();
        assert_eq!(run.output(0, 1, 2).unwrap().len(), WIDTH);
        let all = format!("0 to {}", outputs - 1);
        assert_eq!(invalid(run.output(outputs, 0, 0)), said(output, &outputs.to_string(), &all));
        assert_eq!(invalid(run.output(made, 0, 0)), said(output, &made.to_string(), is_state));
        assert_eq!(invalid(run.output(0, 2, 0)), said("the lane of a run", "2", "0 to 1"));
        assert_eq!(invalid(run.output(0, 0, 3)), said("the step of a run", "3", "0 to 2"));
        run.reset();
        assert_eq!(invalid(run.output(0, 0, 0)).0, "the number of runs");
    }
}

#[test]
fn a_program_refuses_slices_that_are_too_few_or_too_short() {
    let program = sums().program().unwrap();
    assert_eq!(invalid(program.run(0)), said("the rows of a run", "0", "1 or more"));
    assert!(matches!(program.run(usize::MAX), Err(Error::LimitExceeded { .. })));
    let mut run = program.run(2).unwrap();
    let (given, mut made) = ([[1.0; 2 * WIDTH]; 3], [[9.0; 2 * WIDTH]; 2]);
    let mut compute = |rows: usize, inputs: usize, outputs: usize, len: usize| {
        let given: Vec<&[f32]> = given[..inputs].iter().map(|given| &given[..len]).collect();
        let mut made: Vec<&mut [f32]> =
            made[..outputs].iter_mut().map(|made| &mut made[..]).collect();
        run.compute(rows, &given, &mut made)
    };
    assert_eq!(invalid(compute(3, 3, 2, 6)), said("the number of rows", "3", "2 at most"));
    assert_eq!(invalid(compute(2, 2, 2, 6)), said("the number of inputs", "2", "3"));
    assert_eq!(invalid(compute(2, 3, 1, 6)), said("the number of outputs", "1", "2"));
    let expected = "6 or more, 2 rows of 3";
    assert_eq!(invalid(compute(2, 3, 2, 5)), said("the length of an input", "5", expected));
    compute(1, 3, 2, 3).unwrap();
    compute(2, 3, 2, 6).unwrap();
    let mut short = [[0.0; WIDTH]; 2];
    let mut short: Vec<&mut [f32]> = short.iter_mut().map(|made| &mut made[..]).collect();
    let outcome = run.compute(2, &given.each_ref().map(|given| &given[..]), &mut short);
    assert_eq!(invalid(outcome), said("the length of an output", "3", expected));
    // What was computed before it stays.
    assert!(made[0].iter().all(|made| (made - 2.0f32.tanh()).abs() < 1e-6), "{made:?}");
}

/// A part of a committed model, with the states in its description.
pub(super) fn committed(model: &str, part: usize) -> Network {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
    let read = |name: &str| std::fs::read(format!("{folder}/{model}/{name}")).unwrap();
    let description: Value = serde_json::from_slice(&read("model.json")).unwrap();
    let part = &description["parts"][part];
    let states = |side: &str| -> Vec<Value> {
        part[side].as_array().unwrap().iter().map(|tensor| tensor["state"].clone()).collect()
    };
    let (inputs, outputs) = (states("inputs"), states("outputs"));
    let place = |state: &Value| outputs.iter().position(|output| output == state).unwrap();
    let named = inputs.iter().enumerate().filter(|(_, state)| !state.is_null());
    let states = named.map(|(input, state)| (input, place(state))).collect();
    Network::read(&read(part["file"].as_str().unwrap())).unwrap().with_states(states).unwrap()
}

/// All committed networks that have states, by model and part.
pub(super) fn all_committed() -> [Network; 4] {
    [("deepfilternet3", 0), ("gtcrn", 0), ("dtln", 0), ("dtln", 1)]
        .map(|(model, part)| committed(model, part))
}

#[test]
fn the_committed_networks_equal_their_steps() {
    for network in all_committed() {
        for (lanes, steps) in [(1, 32), (3, 7)] {
            assert_sequences_equal_steps(&network, lanes, steps, 2, 2e-5);
        }
    }
}

#[test]
fn how_many_steps_and_lanes_run_at_once_changes_no_bit() {
    for network in all_committed() {
        let (lanes, total) = (5, 48);
        let expected = bits(&network, lanes, 1, total);
        for steps in [2, 3, 16, 24, 48] {
            assert!(bits(&network, lanes, steps, total) == expected, "{steps} steps at once");
        }
        let alone = bits(&network, 1, 16, total);
        assert!(expected[..alone.len()] == alone, "one lane alone");
    }
}

/// All committed networks are compiled completely: interpreted pieces are many times slower.
#[test]
fn no_piece_of_a_committed_network_is_interpreted() {
    for network in all_committed() {
        assert_eq!(network.stages().unwrap().interpreted(), 0);
    }
}

#[test]
fn what_convolutions_remember_does_not_go_step_by_step() {
    let stages = committed("gtcrn", 0).stages().unwrap();
    let delays = stages.pieces.iter().filter(|piece| matches!(piece.network, Prepared::Delays(_)));
    let states = delays.map(|piece| piece.states.as_ref().map_or(0, Vec::len));
    assert_eq!(states.sum::<usize>(), 10);
}

/// The graph of a committed network, and its pieces.
fn partitioned(model: &str) -> (TypedModel, Partition) {
    let network = committed(model, 0);
    let graph = crate::tflite::read(network.file().unwrap().bytes(), 1).unwrap();
    let outlets = |&(input, output): &(usize, usize)| (graph.inputs[input], graph.outputs[output]);
    let states: Vec<_> = network.states.iter().map(outlets).collect();
    let partition = Partition::of(&graph, &states).unwrap();
    (graph, partition)
}

#[test]
fn no_piece_of_gtcrn_takes_what_another_one_has_only_moved() {
    let (graph, partition) = partitioned("gtcrn");
    let taken = partition.levels.iter().flat_map(|level| {
        let cells = level.cells.iter().map(|cell| &cell.piece);
        level.batches.iter().chain(cells).flat_map(|piece| &piece.inputs)
    });
    let mut taken = taken.map(|outlet| graph.node(outlet.node)).peekable();
    assert!(taken.peek().is_some());
    let moved: Vec<&str> = taken.filter(|node| is_move(node)).map(|node| &*node.name).collect();
    assert!(moved.is_empty(), "{moved:?}");
}

#[test]
fn most_of_deepfilternet3_waits_for_no_step() {
    let (_, partition) = partitioned("deepfilternet3");
    let levels = &partition.levels;
    let cells = |at: usize| levels[at].cells.iter().map(|cell| cell.states.clone());
    let cells: Vec<Vec<_>> = (0..levels.len()).map(|at| cells(at).collect()).collect();
    // The histories; the encoder's unit and the sums; the first units of both decoders; their
    // second units.
    let expected: [&[&[usize]]; 5] =
        [&[&[0], &[1]], &[&[2], &[3]], &[&[4], &[6]], &[&[5], &[7]], &[]];
    assert_eq!(cells, expected);
}
