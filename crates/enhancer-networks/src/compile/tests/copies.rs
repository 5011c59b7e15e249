//! Which copies are removed, and which stay.

use tract_tflite::internal::tract_core::ops::nn::RmsNorm;

use super::images::compare;
use super::*;

/// The graph of `choices`. Its output is the last tensor.
fn chain(choices: &[Choice], len: usize, width: usize) -> TypedModel {
    let mut graph = graph(choices, len, width).unwrap();
    let last = graph.outputs[0];
    graph.select_output_outlets(&[last]).unwrap();
    graph
}

#[test]
fn what_is_joined_is_made_in_its_place() {
    let product = |width| Choice::Product { width, with_one: false };
    for axis in [1, 2] {
        let join = Choice::Join { axis, back: 2 };
        let choices = [product(9), product(6), product(9), join, product(4)];
        let program = compile(&chain(&choices, 3, 7), Use::Rows).unwrap();
        assert_eq!(program.kernels(), 4, "of axis {axis}");
    }
}

#[test]
fn no_kernel_writes_into_a_buffer_that_it_reads() {
    // One of the joined parts is computed from the other.
    let product = Choice::Product { width: 7, with_one: false };
    let choices = [product, Choice::Scale { whole: true }, Choice::Join { axis: 1, back: 1 }];
    let program = compile(&chain(&choices, 3, 7), Use::Rows).unwrap();
    assert_eq!(program.kernels(), 3, "the second part is copied");
    for step in &program.steps {
        assert!(!step.operands.contains(&step.result), "{step:?}");
    }
}

#[test]
fn numbers_that_would_lie_one_by_one_are_copied() {
    // Two columns side by side: computing the sigmoids there would take a run for each number.
    let column = || Choice::Product { width: 1, with_one: false };
    let scale = || Choice::Scale { whole: true };
    let choices = [column(), scale(), column(), scale(), Choice::Join { axis: 2, back: 2 }];
    let program = compile(&chain(&choices, 9, 4), Use::Rows).unwrap();
    // Each copy is one run. A copy and the plan before it are two kernels.
    assert_eq!(program.kernels(), 6);
}

/// Wires a convolution of rows of vectors. Each number of a vector has its own 3 taps.
fn convolved(graph: &mut TypedModel, wire: OutletId, name: &str, padding: usize) -> OutletId {
    let channels = graph.outlet_fact(wire).unwrap().shape[3].to_usize().unwrap();
    let mut constant = |what: &str, shape: &[usize]| {
        graph.add_const(format!("{what} {name}"), tensor(name.len(), shape)).unwrap()
    };
    let inputs = [wire, constant("taps", &[1, 1, 3, channels]), constant("biases", &[channels])];
    let padding = PaddingSpec::Explicit(tvec![0, padding], tvec![0, padding]);
    let (format, taken) = (DataFormat::NHWC, tvec![1, 3]);
    let pool_spec = PoolSpec::new(format, taken, padding, None, None, channels, channels);
    let (kernel_fmt, group) = (KernelFormat::OHWI, channels);
    let op = Conv { pool_spec, kernel_fmt, group, q_params: None };
    graph.wire_node(name, op, &inputs).unwrap()[0]
}

#[test]
fn depthwise_convolutions_are_made_where_they_are_joined() {
    for axis in [2, 3] {
        let mut graph = TypedModel::default();
        let source = graph.add_source("in", f32::fact([ROWS, 1, 9, 8])).unwrap();
        let first = convolved(&mut graph, source, "a", 1);
        let second = convolved(&mut graph, source, "bc", 1);
        let join = TypedConcat::new(axis);
        let both = graph.wire_node("join", join, &[first, second]).unwrap()[0];
        let made = convolved(&mut graph, both, "def", 0);
        graph.select_output_outlets(&[made]).unwrap();
        compare(&graph, &[ROWS, 1, 9, 8], 1e-5).unwrap();
        assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), 3, "along axis {axis}");
    }
}

#[test]
fn normalised_vectors_are_made_where_they_are_joined() {
    let mut graph = TypedModel::default();
    let source = graph.add_source("in", f32::fact([ROWS, 5, 12])).unwrap();
    let eps = Arc::new(tensor0(1e-3f32));
    let norm = |eps: &Arc<Tensor>| RmsNorm { axis: 2, eps: eps.clone() };
    let first = graph.wire_node("a", norm(&eps), &[source]).unwrap()[0];
    let bias = graph.add_const("bias", tensor(1, &[1, 5, 12])).unwrap();
    let sum = graph.wire_node("sum", math::add(), &[source, bias]).unwrap()[0];
    let second = graph.wire_node("b", norm(&eps), &[sum]).unwrap()[0];
    let both = graph.wire_node("join", TypedConcat::new(2), &[first, second]).unwrap();
    let made = graph.wire_node("c", norm(&eps), &both).unwrap();
    graph.select_output_outlets(&made).unwrap();
    compare(&graph, &[ROWS, 5, 12], 1e-5).unwrap();
    assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), 4);
}

/// Two products of the input, with their numbers interleaved.
fn shuffled(graph: &mut TypedModel) -> OutletId {
    let source = graph.add_source("in", f32::fact([ROWS, 6, 4])).unwrap();
    let mut parts = vec![];
    for name in ["a", "b"] {
        let weights = graph.add_const(format!("w {name}"), tensor(name.len(), &[4, 4])).unwrap();
        let product = graph.wire_node(name, einsum("abm,mn->abn"), &[source, weights]).unwrap()[0];
        let apart = AxisOp::Add(3);
        parts.push(graph.wire_node(format!("{name} apart"), apart, &[product]).unwrap()[0]);
    }
    let pairs = graph.wire_node("pairs", TypedConcat::new(3), &parts).unwrap()[0];
    let (from, to) = (tvec![4.to_dim(), 2.to_dim()], tvec![8.to_dim()]);
    graph.wire_node("shuffled", AxisOp::Reshape(2, from, to), &[pairs]).unwrap()[0]
}

#[test]
fn a_copy_of_copies_reads_what_was_made() {
    let mut graph = TypedModel::default();
    let shuffled = shuffled(&mut graph);
    let slice = |from, to| Slice::new(2, from, to);
    let halves = [(0, 4), (4, 8)].map(|(from, to)| {
        let half = graph.wire_node(format!("{from}"), slice(from, to), &[shuffled]).unwrap()[0];
        let zeros = PadMode::Constant(Arc::new(tensor0(0f32)));
        let pad = Pad::new(vec![(0, 0), (1, 1), (0, 0)], zeros);
        graph.wire_node(format!("pad {from}"), pad, &[half]).unwrap()[0]
    });
    let both = graph.wire_node("both", TypedConcat::new(1), &[halves[1], halves[0]]).unwrap()[0];
    let weights = graph.add_const("w", tensor(5, &[4, 3])).unwrap();
    let made = graph.wire_node("c", einsum("abm,mn->abn"), &[both, weights]).unwrap();
    graph.select_output_outlets(&made).unwrap();
    compare(&graph, &[ROWS, 6, 4], 1e-5).unwrap();
    // The kernels are three products, and a copy of each of the first two.
    assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), 5);
}

#[test]
fn what_reads_a_copy_reads_what_was_copied_if_it_can() {
    // The neighbours of each vector side by side, as a convolution takes them.
    let mut graph = TypedModel::default();
    let source = graph.add_source("in", f32::fact([ROWS, 9, 4])).unwrap();
    let parts: Vec<OutletId> = (0..3)
        .map(|at| {
            graph.wire_node(format!("{at}"), Slice::new(1, at, at + 7), &[source]).unwrap()[0]
        })
        .collect();
    let taps = graph.wire_node("taps", TypedConcat::new(2), &parts).unwrap()[0];
    let weights = graph.add_const("w", tensor(5, &[12, 3])).unwrap();
    let made = graph.wire_node("product", einsum("abm,mn->abn"), &[taps, weights]).unwrap();
    graph.select_output_outlets(&made).unwrap();
    compare(&graph, &[ROWS, 9, 4], 1e-5).unwrap();
    assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), 1);
}

#[test]
fn two_paddings_with_other_numbers_stay_two() {
    let mut graph = TypedModel::default();
    let mut wire = graph.add_source("in", f32::fact([ROWS, 3, 4])).unwrap();
    for (at, fill) in [2f32, 3.0, 3.0].into_iter().enumerate() {
        let mode = PadMode::Constant(Arc::new(tensor0(fill)));
        let pad = Pad::new(vec![(0, 0), (1, 1), (1, 0)], mode);
        wire = graph.wire_node(format!("pad {at}"), pad, &[wire]).unwrap()[0];
    }
    let weights = graph.add_const("w", tensor(5, &[7, 3])).unwrap();
    let made = graph.wire_node("product", einsum("abm,mn->abn"), &[wire, weights]).unwrap();
    graph.select_output_outlets(&made).unwrap();
    compare(&graph, &[ROWS, 3, 4], 1e-5).unwrap();
    assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), 3);
}
