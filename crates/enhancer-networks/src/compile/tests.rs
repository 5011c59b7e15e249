//! Compares compiled graphs with the runtime that read them.

use std::sync::Arc;

use proptest::prelude::*;
use tract_tflite::internal::tract_core::ops::array::{Pad, PadMode, Slice, TypedConcat};
use tract_tflite::internal::tract_core::ops::change_axes::AxisOp;
use tract_tflite::internal::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_tflite::internal::tract_core::ops::einsum::EinSum;
use tract_tflite::internal::tract_core::ops::nn::DataFormat;
use tract_tflite::internal::tract_core::ops::{math, nn};
use tract_tflite::internal::*;

use super::{Unsupported, Use};
use crate::kernels::Isa;
use crate::plan::ProgramPlan;
use crate::program::Program;

mod chains;
mod copies;
mod images;
mod parts;

const ROWS: usize = 2;

/// Compiles a graph, and makes the program from the plan as it is stored.
fn compile_for(graph: &TypedModel, usage: Use, isa: Isa) -> Result<Program, Unsupported> {
    let plan = super::compile(graph, usage)?;
    plan.check().expect("each plan of the compiler fits");
    let stored = postcard::to_allocvec(&plan).unwrap();
    Ok(postcard::from_bytes::<ProgramPlan>(&stored).unwrap().program(isa))
}

fn compile(graph: &TypedModel, usage: Use) -> Result<Program, Unsupported> {
    compile_for(graph, usage, Isa::best())
}

fn number(seed: usize, at: usize) -> f32 {
    let hash = ((seed * 7919 + at) as u32 + 1).wrapping_mul(2_654_435_761).rotate_left(15);
    hash.wrapping_mul(2_246_822_519) as f32 / u32::MAX as f32 * 2.0 - 1.0
}

fn tensor(seed: usize, shape: &[usize]) -> Tensor {
    let len = shape.iter().product();
    let values: Vec<f32> = (0..len).map(|at| number(seed, at)).collect();
    Tensor::from_shape(shape, &values).unwrap()
}

/// The operator to wire after the previous one.
#[derive(Clone, Debug)]
enum Choice {
    Product {
        width: usize,
        with_one: bool,
    },
    Grouped {
        width: usize,
    },
    Sideways,
    Bias,
    Relu,
    Sigmoid,
    Scale {
        whole: bool,
    },
    Slice {
        axis: usize,
        from: usize,
    },
    Pad {
        axis: usize,
        before: usize,
        after: usize,
        with: bool,
    },
    Twice {
        axis: usize,
    },
    /// Joined with the tensor of some steps ago, if they fit.
    Join {
        axis: usize,
        back: usize,
    },
    Reshape {
        merge: bool,
    },
    Swap,
    Sum {
        axis: usize,
        squares: bool,
    },
    /// Added to the tensor of some steps ago, if it has the same shape.
    Add {
        back: usize,
    },
}

fn choices() -> impl Strategy<Value = Choice> {
    prop_oneof![
        3 => (1usize..20, any::<bool>())
            .prop_map(|(width, with_one)| Choice::Product { width, with_one }),
        1 => (1usize..6).prop_map(|width| Choice::Grouped { width }),
        1 => Just(Choice::Sideways),
        2 => Just(Choice::Bias),
        2 => Just(Choice::Relu),
        1 => Just(Choice::Sigmoid),
        1 => any::<bool>().prop_map(|whole| Choice::Scale { whole }),
        1 => (1usize..3, 0usize..3).prop_map(|(axis, from)| Choice::Slice { axis, from }),
        1 => (1usize..3, 0usize..3, 0usize..3, any::<bool>())
            .prop_map(|(axis, before, after, with)| Choice::Pad { axis, before, after, with }),
        1 => (1usize..3).prop_map(|axis| Choice::Twice { axis }),
        3 => (1usize..3, 1usize..5).prop_map(|(axis, back)| Choice::Join { axis, back }),
        1 => any::<bool>().prop_map(|merge| Choice::Reshape { merge }),
        1 => Just(Choice::Swap),
        2 => (1usize..3, any::<bool>()).prop_map(|(axis, squares)| Choice::Sum { axis, squares }),
        1 => (1usize..4).prop_map(|back| Choice::Add { back }),
    ]
}

fn einsum(expression: &str) -> EinSum {
    EinSum::new(expression.parse().unwrap(), f32::datum_type())
}

/// A graph of tensors with two dimensions after that of the rows.
fn graph(choices: &[Choice], len: usize, width: usize) -> TractResult<TypedModel> {
    let mut graph = TypedModel::default();
    let mut wires = vec![graph.add_source("in", f32::fact([ROWS, len, width]))?];
    for (at, choice) in choices.iter().enumerate() {
        let wire = *wires.last().unwrap();
        let shape: Vec<usize> = graph.outlet_fact(wire)?.shape.as_concrete().unwrap().into();
        let name = |what: &str| format!("{what} {at}");
        let mut constant = |shape: &[usize]| graph.add_const(name("c"), tensor(at, shape));
        let made = match choice {
            Choice::Product { width, with_one: false } => {
                let weights = constant(&[shape[2], *width])?;
                graph.wire_node(name("n"), einsum("amk,kn->amn"), &[wire, weights])?
            }
            Choice::Product { width, with_one: true } => {
                let weights = constant(&[shape[2] + 1, *width])?;
                let pads = vec![(0, 0), (0, 0), (0, 1)];
                let pad = Pad::new(pads, PadMode::Constant(Arc::new(1.0f32.into())));
                let padded = graph.wire_node(name("p"), pad, &[wire])?;
                graph.wire_node(name("n"), einsum("amk,kn->amn"), &[padded[0], weights])?
            }
            Choice::Grouped { width } => {
                let weights = constant(&[shape[1], shape[2], *width])?;
                graph.wire_node(name("n"), einsum("abk,bkn->abn"), &[wire, weights])?
            }
            // Over both dimensions, with the results transposed.
            Choice::Sideways => {
                let weights = constant(&[shape[2], 3])?;
                graph.wire_node(name("n"), einsum("amk,kn->anm"), &[wire, weights])?
            }
            Choice::Bias => {
                let bias = constant(&[1, 1, shape[2]])?;
                graph.wire_node(name("n"), math::add(), &[wire, bias])?
            }
            Choice::Relu => {
                let zero = graph.add_const(name("c"), tensor0(0f32).broadcast_into_rank(3)?)?;
                graph.wire_node(name("n"), math::max(), &[wire, zero])?
            }
            Choice::Sigmoid => graph.wire_node(name("n"), nn::sigmoid(), &[wire])?,
            Choice::Scale { whole } => {
                let scale = constant(&[1, if *whole { shape[1] } else { 1 }, shape[2]])?;
                graph.wire_node(name("n"), math::mul(), &[wire, scale])?
            }
            Choice::Slice { axis, from } => {
                let from = from % shape[*axis];
                let slice = Slice::new(*axis, from, shape[*axis]);
                graph.wire_node(name("n"), slice, &[wire])?
            }
            Choice::Pad { axis, before, after, with } => {
                let mut pads = vec![(0, 0); 3];
                pads[*axis] = (*before, *after);
                let with: Tensor = if *with { 1.0f32 } else { 0.0 }.into();
                let pad = Pad::new(pads, PadMode::Constant(Arc::new(with)));
                graph.wire_node(name("n"), pad, &[wire])?
            }
            Choice::Twice { axis } => {
                graph.wire_node(name("n"), TypedConcat::new(*axis), &[wire, wire])?
            }
            Choice::Join { axis, back } => {
                let other = wires[wires.len().saturating_sub(1 + back)];
                let others: Vec<usize> =
                    graph.outlet_fact(other)?.shape.as_concrete().unwrap().into();
                if others[3 - axis] != shape[3 - axis] {
                    continue;
                }
                graph.wire_node(name("n"), TypedConcat::new(*axis), &[other, wire])?
            }
            Choice::Reshape { merge } => {
                let (from, to) = (&shape[1..], shape[1] * shape[2]);
                let to = if *merge { [1, to] } else { [to, 1] };
                let dims = |dims: &[usize]| dims.iter().map(|&dim| dim.to_dim()).collect();
                graph.wire_node(name("n"), AxisOp::Reshape(1, dims(from), dims(&to)), &[wire])?
            }
            Choice::Swap => graph.wire_node(name("n"), AxisOp::Move(1, 2), &[wire])?,
            Choice::Sum { axis, squares } => {
                let reducer = if *squares { nn::Reducer::MeanOfSquares } else { nn::Reducer::Sum };
                let sum = nn::Reduce::new(tvec![*axis], reducer);
                graph.wire_node(name("n"), sum, &[wire])?
            }
            Choice::Add { back } => {
                let other = wires[wires.len().saturating_sub(1 + back)];
                if graph.outlet_fact(other)?.shape != graph.outlet_fact(wire)?.shape {
                    continue;
                }
                graph.wire_node(name("n"), math::add(), &[wire, other])?
            }
        };
        wires.push(made[0]);
    }
    // Also gives a tensor from the middle, which other operators read.
    let middle = wires[wires.len() / 2];
    graph.select_output_outlets(&[*wires.last().unwrap(), middle])?;
    Ok(graph)
}

proptest! {
    // The runtime turns a few of these graphs into products of forms that have no kernel.
    #![proptest_config(ProptestConfig { cases: 512, max_global_rejects: 16, ..Default::default() })]

    #[test]
    fn a_program_equals_its_graph(
        choices in prop::collection::vec(choices(), 0..10),
        len in 1usize..5,
        width in 1usize..9,
        one_row: bool,
    ) {
        let graph = graph(&choices, len, width).unwrap().into_decluttered().unwrap();
        let runnable = graph.clone().into_runnable().unwrap();
        let given = tensor(99, &[ROWS, len, width]);
        let expected = runnable.run(tvec![given.clone().into()]).unwrap();
        for isa in Isa::all() {
            let usage = if one_row { Use::OneRow } else { Use::Rows };
            let program = compile_for(&graph, usage, isa)
                .map_err(|unsupported| TestCaseError::reject(unsupported.to_string()))?;
            let mut run = Arc::new(program).run(ROWS).unwrap();
            // Runs twice: a run must leave nothing behind for the next.
            for _ in 0..2 {
                let values: &[f32] = given.try_as_plain_ram().unwrap().as_slice().unwrap();
                let mut made: Vec<Vec<f32>> = expected.iter().map(|e| vec![9.0; e.len()]).collect();
                let mut slices: Vec<&mut [f32]> = made.iter_mut().map(|made| &mut made[..]).collect();
                run.compute(ROWS, &[values], &mut slices).unwrap();
                for (made, expected) in made.iter().zip(&expected) {
                    let expected: &[f32] = expected.try_as_plain_ram().unwrap().as_slice().unwrap();
                    prop_assert_eq!(made.len(), expected.len());
                    for (made, expected) in made.iter().zip(expected) {
                        let bound = 1e-4 * (1.0 + expected.abs());
                        prop_assert!((made - expected).abs() < bound, "{made}, not {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_operator_without_a_kernel_is_named() {
    let mut graph = TypedModel::default();
    let source = graph.add_source("in", f32::fact([ROWS, 3])).unwrap();
    let made = graph.wire_node("the node", math::exp(), &[source]).unwrap();
    graph.select_output_outlets(&made).unwrap();
    let error = compile(&graph, Use::Rows).unwrap_err();
    assert_eq!(error.node, "the node");
    assert!(error.to_string().contains("Exp"), "{error}");
}

/// A convolution of rows with 9 places and 4 channels. Each channel has its own 3 taps.
fn depthwise(outer: (usize, usize)) -> TypedModel {
    let mut graph = TypedModel::default();
    let source = graph.add_source("in", f32::fact([ROWS, 1, 9, 4])).unwrap();
    let taps = graph.add_const("taps", tensor(1, &[1, 1, 3, 4])).unwrap();
    let biases = graph.add_const("biases", tensor(2, &[4])).unwrap();
    let padding = PaddingSpec::Explicit(tvec![outer.0, 1], tvec![outer.1, 0]);
    let taken = tvec![1, 3];
    let pool_spec = PoolSpec::new(DataFormat::NHWC, taken, padding, None, None, 4, 4);
    let op = Conv { pool_spec, kernel_fmt: KernelFormat::OHWI, group: 4, q_params: None };
    let made = graph.wire_node("convolution", op, &[source, taps, biases]).unwrap();
    graph.select_output_outlets(&made).unwrap();
    graph
}

#[test]
fn a_row_that_is_convolved_may_not_get_others_beside_it() {
    let graph = depthwise((0, 0));
    let given = tensor(99, &[ROWS, 1, 9, 4]);
    let expected = graph.clone().into_runnable().unwrap().run(tvec![given.clone().into()]).unwrap();
    let expected: &[f32] = expected[0].try_as_plain_ram().unwrap().as_slice().unwrap();
    let values: &[f32] = given.try_as_plain_ram().unwrap().as_slice().unwrap();
    let mut made = vec![9.0; expected.len()];
    let program = compile(&graph, Use::Rows).unwrap();
    let mut run = Arc::new(program).run(ROWS).unwrap();
    run.compute(ROWS, &[values], &mut [&mut made[..]]).unwrap();
    for (made, expected) in made.iter().zip(expected) {
        assert!((made - expected).abs() < 1e-5, "{made}, not {expected}");
    }
    assert_eq!(compile(&depthwise((1, 2)), Use::Rows).unwrap_err().node, "convolution");
}

#[test]
fn what_follows_a_product_is_done_along_with_it() {
    let choices = [
        Choice::Product { width: 5, with_one: true },
        Choice::Bias,
        Choice::Relu,
        Choice::Product { width: 4, with_one: false },
        Choice::Sigmoid,
    ];
    let mut graph = graph(&choices, 3, 7).unwrap();
    let last = graph.outputs[0];
    graph.select_output_outlets(&[last]).unwrap();
    let program = compile(&graph.into_decluttered().unwrap(), Use::Rows).unwrap();
    assert_eq!(program.kernels(), 2);
}
