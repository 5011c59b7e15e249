//! Depthwise convolutions that add up the results of their channels.

use super::images::compare;
use super::*;
use crate::program::Kernel;

const PLACES: usize = 9;
/// Channels per part.
const WIDTH: usize = 8;

/// Wires a convolution of a source with 3 taps along the places for each channel.
fn convolution(graph: &mut TypedModel, channels: usize) -> OutletId {
    let source = graph.add_source("in", f32::fact([ROWS, 1, PLACES, channels])).unwrap();
    convolution_of(graph, source, channels)
}

fn convolution_of(graph: &mut TypedModel, source: OutletId, channels: usize) -> OutletId {
    let taps = graph.add_const("taps", tensor(1, &[1, 1, 3, channels])).unwrap();
    let biases = graph.add_const("biases", tensor(2, &[channels])).unwrap();
    let padding = PaddingSpec::Explicit(tvec![0, 1], tvec![0, 1]);
    let (format, taken) = (DataFormat::NHWC, tvec![1, 3]);
    let pool_spec = PoolSpec::new(format, taken, padding, None, None, channels, channels);
    let kernel_fmt = KernelFormat::OHWI;
    let op = Conv { pool_spec, kernel_fmt, group: channels, q_params: None };
    graph.wire_node("convolution", op, &[source, taps, biases]).unwrap()[0]
}

/// The parts of a convolution of a source, `[rows, places, width]` each.
fn parts(graph: &mut TypedModel, count: usize) -> Vec<OutletId> {
    let source = graph.add_source("in", f32::fact([ROWS, 1, PLACES, count * WIDTH])).unwrap();
    parts_of(graph, source, count)
}

/// The parts of a convolution of `source`.
fn parts_of(graph: &mut TypedModel, source: OutletId, count: usize) -> Vec<OutletId> {
    let made = convolution_of(graph, source, count * WIDTH);
    let part = |graph: &mut TypedModel, at: usize| {
        let slice = Slice::new(3, at * WIDTH, (at + 1) * WIDTH);
        graph.wire_node(format!("part {at}"), slice, &[made]).unwrap()[0]
    };
    (0..count).map(|at| part(graph, at)).collect()
}

/// Adds up `parts` in their order.
fn sum(graph: &mut TypedModel, parts: &[OutletId]) -> OutletId {
    let mut sum = parts[0];
    for (at, part) in parts.iter().enumerate().skip(1) {
        sum = graph.wire_node(format!("sum {at}"), math::add(), &[sum, *part]).unwrap()[0];
    }
    sum
}

/// A rectifier: the larger of a number and of its product with the slope of its channel.
fn rectified(graph: &mut TypedModel, wire: OutletId) -> OutletId {
    let slopes = graph.add_const("slopes", tensor(3, &[1, 1, 1, WIDTH])).unwrap();
    let scaled = graph.wire_node("scaled", math::mul(), &[wire, slopes]).unwrap()[0];
    graph.wire_node("larger", math::max(), &[wire, scaled]).unwrap()[0]
}

/// Compares a graph with these outputs with the runtime, and returns how many kernels it has.
fn kernels(mut graph: TypedModel, outputs: &[OutletId], count: usize) -> usize {
    graph.select_output_outlets(&outputs[..1]).unwrap();
    compare(&graph, &[ROWS, 1, PLACES, count * WIDTH], 1e-5).unwrap();
    graph.select_output_outlets(outputs).unwrap();
    compile(&graph, Use::Rows).unwrap().kernels()
}

#[test]
fn a_convolution_adds_up_its_parts_and_rectifies_the_sum() {
    for count in 2..5 {
        let mut graph = TypedModel::default();
        let parts = parts(&mut graph, count);
        let sum = sum(&mut graph, &parts);
        assert_eq!(kernels(graph.clone(), &[sum], count), 1, "{count} parts");
        let rectified = rectified(&mut graph, sum);
        assert_eq!(kernels(graph.clone(), &[rectified], count), 1, "{count} parts");
        // The sum is an output too, so that the rectifier is not merged.
        assert_eq!(kernels(graph, &[rectified, sum], count), 2, "{count} parts");
    }
}

#[test]
fn what_one_part_alone_is_rectified_to_needs_no_sum() {
    let mut graph = TypedModel::default();
    let parts = parts(&mut graph, 1);
    let rectified = rectified(&mut graph, parts[0]);
    assert_eq!(kernels(graph, &[rectified], 1), 1);
}

#[test]
fn parts_in_another_order_or_not_all_of_them_are_added_as_the_graph_says() {
    for order in [&[0, 2, 1][..], &[0, 1], &[0, 1, 2, 2], &[0, 0]] {
        let mut graph = TypedModel::default();
        let parts = parts(&mut graph, 3);
        let parts: Vec<OutletId> = order.iter().map(|&at| parts[at]).collect();
        let sum = sum(&mut graph, &parts);
        assert_eq!(kernels(graph, &[sum], 3), 2, "{order:?}");
    }
}

#[test]
fn a_part_that_another_reads_is_made() {
    let mut graph = TypedModel::default();
    let parts = parts(&mut graph, 3);
    let sum = sum(&mut graph, &parts);
    let root = graph.wire_node("square", math::square(), &[parts[1]]).unwrap()[0];
    graph.select_output_outlets(&[sum, root]).unwrap();
    let program = compile(&graph, Use::Rows).unwrap();
    let is_chain = |step: &&crate::program::Step| matches!(step.kernel, Kernel::Chain(_));
    assert_eq!(program.steps.iter().filter(is_chain).count(), 1, "{:?}", program.steps);
    assert_eq!(program.kernels(), 3);
}

#[test]
fn parts_of_two_widths_are_added_as_the_graph_says() {
    // 6 channels: the first addition has parts of 3, the second one of 2.
    let mut graph = TypedModel::default();
    let made = convolution(&mut graph, 6);
    let mut part = |from: usize, to: usize, of: OutletId| {
        graph.wire_node(format!("{from} to {to} {of:?}"), Slice::new(3, from, to), &[of]).unwrap()
            [0]
    };
    let [low, high, last] = [part(0, 3, made), part(3, 6, made), part(4, 6, made)];
    let sum = graph.wire_node("sum", math::add(), &[low, high]).unwrap()[0];
    let sum = graph.wire_node("two", Slice::new(3, 0, 2), &[sum]).unwrap()[0];
    let sum = graph.wire_node("all", math::add(), &[sum, last]).unwrap()[0];
    graph.select_output_outlets(&[sum]).unwrap();
    compare(&graph, &[ROWS, 1, PLACES, 6], 1e-5).unwrap();
}

#[test]
fn a_sum_that_is_joined_with_what_the_convolution_reads_has_a_buffer_of_its_own() {
    for axis in [2, 3] {
        for count in [2, 3] {
            let mut graph = TypedModel::default();
            let shape = [ROWS, 1, PLACES, count * WIDTH];
            let source = graph.add_source("source", f32::fact(shape)).unwrap();
            // A tensor that the convolution reads, and that is joined with its sum.
            let read = graph.wire_node("read", math::square(), &[source]).unwrap()[0];
            let parts = parts_of(&mut graph, read, count);
            let sum = sum(&mut graph, &parts);
            let first = graph.wire_node("first", Slice::new(3, 0, WIDTH), &[read]).unwrap()[0];
            let whole = if axis == 3 { read } else { first };
            for joined in [[whole, sum], [sum, whole]] {
                let mut graph = graph.clone();
                let joined = graph.wire_node("joined", TypedConcat::new(axis), &joined).unwrap();
                graph.select_output_outlets(&joined).unwrap();
                compare(&graph, &shape, 1e-5).unwrap();
            }
        }
    }
}
