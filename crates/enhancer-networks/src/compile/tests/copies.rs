//! Which copies a program does without, and which it needs.

use tract_tflite::internal::tract_core::ops::nn::RmsNorm;

use super::images::compare;
use super::*;

/// The graph of those choices, which gives what is wired last.
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
    // What is joined was made of the other part.
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
    // Two columns side by side: to make the sigmoids there would take a run for each number.
    let column = || Choice::Product { width: 1, with_one: false };
    let scale = || Choice::Scale { whole: true };
    let choices = [column(), scale(), column(), scale(), Choice::Join { axis: 2, back: 2 }];
    let program = compile(&chain(&choices, 9, 4), Use::Rows).unwrap();
    // Each copy is of one run. It and what it copies are two kernels.
    assert_eq!(program.kernels(), 6);
}

/// Wires a convolution of rows of vectors, each number of which has 3 taps of its own.
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
