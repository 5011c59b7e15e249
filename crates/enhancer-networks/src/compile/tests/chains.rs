//! Which elementwise functions are joined.

use super::images::compare;
use super::*;
use crate::program::Kernel;

/// Wires the steps of a gated recurrent unit. Its input is [steps, 3 · units]: for each step, the
/// terms of the gates update, reset and new.
fn recurrent(steps: usize, units: usize) -> TypedModel {
    let mut graph = TypedModel::default();
    let given = graph.add_source("given", f32::fact([ROWS, steps, 3 * units])).unwrap();
    let start = graph.wire_node("start", Slice::new(2, 0, units), &[given]).unwrap()[0];
    let mut hidden = graph.wire_node("first", Slice::new(1, 0, 1), &[start]).unwrap()[0];
    let weights = graph.add_const("recurrent", tensor(7, &[units, 3 * units])).unwrap();
    let einsum = einsum("abm,mn->abn");
    for step in 0..steps {
        let mut wire = |name: &str, op: Box<dyn TypedOp>, inputs: &[OutletId]| {
            graph.wire_node(format!("{name} {step}"), op, inputs).unwrap()[0]
        };
        let part = |from: usize, to: usize| Box::new(Slice::new(2, from * units, to * units));
        let of_step = wire("step", Box::new(Slice::new(1, step, step + 1)), &[given]);
        let recalled = wire("recalled", Box::new(einsum.clone()), &[hidden, weights]);
        let halves =
            [of_step, recalled].map(|it| wire(&format!("gates of {it:?}"), part(0, 2), &[it]));
        let news = [of_step, recalled].map(|it| wire(&format!("new of {it:?}"), part(2, 3), &[it]));
        let sum = wire("sum", Box::new(math::add()), &halves);
        let gates = wire("gates", Box::new(nn::sigmoid()), &[sum]);
        let update = wire("update", part(0, 1), &[gates]);
        let reset = wire("reset", part(1, 2), &[gates]);
        let kept = wire("kept", Box::new(math::mul()), &[reset, news[1]]);
        let new = wire("new sum", Box::new(math::add()), &[news[0], kept]);
        let new = wire("new", Box::new(math::tanh()), &[new]);
        let change = wire("change", Box::new(math::sub()), &[hidden, new]);
        let change = wire("part", Box::new(math::mul()), &[update, change]);
        hidden = wire("hidden", Box::new(math::add()), &[new, change]);
    }
    graph.select_output_outlets(&[hidden]).unwrap();
    graph
}

#[test]
fn a_recurrent_cell_is_a_product_and_a_chain() {
    let program = compile(&recurrent(3, 8), Use::Rows).unwrap();
    assert_eq!(program.kernels(), 6, "of three steps: {:?}", program.steps);
    let chains = program.steps.iter().filter(|step| matches!(step.kernel, Kernel::Chain(_)));
    assert_eq!(chains.count(), 3);
}

#[test]
fn recurrent_cells_equal_their_graphs() {
    // From fewer units than a vector of some machines to more than a block of a chain.
    for units in [1, 3, 4, 5, 8, 16, 33, 64, 65, 150] {
        compare(&recurrent(3, units), &[ROWS, 3, 3 * units], 1e-5).unwrap();
    }
}

/// Wires functions of one number after each other.
fn functions(count: usize) -> TypedModel {
    let mut graph = TypedModel::default();
    let mut wire = graph.add_source("in", f32::fact([ROWS, 8])).unwrap();
    for at in 0..count {
        let op = if at % 2 == 0 { math::tanh() } else { math::square() };
        wire = graph.wire_node(format!("{at}"), op, &[wire]).unwrap()[0];
    }
    graph.select_output_outlets(&[wire]).unwrap();
    graph
}

#[test]
fn a_chain_has_an_end() {
    for (count, kernels) in [(1, 1), (2, 1), (16, 1), (17, 2), (40, 3)] {
        let graph = functions(count);
        assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), kernels, "of {count}");
        compare(&graph, &[ROWS, 8], 1e-5).unwrap();
    }
}

#[test]
fn what_two_read_is_made_once() {
    let mut graph = functions(2);
    let made = graph.outputs[0];
    let weights = graph.add_const("weights", tensor(7, &[8, 8])).unwrap();
    let product = graph.wire_node("product", einsum("am,mn->an"), &[made, weights]).unwrap()[0];
    let sum = graph.wire_node("sum", math::add(), &[made, product]).unwrap()[0];
    graph.select_output_outlets(&[sum]).unwrap();
    // The kernels are both functions, the product, and the sum.
    assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), 3);
    compare(&graph, &[ROWS, 8], 1e-5).unwrap();
}

#[test]
fn a_group_of_too_many_operands_is_cut() {
    // A sum of many tensors from different makers.
    for (count, expected) in [(8, (1, 0)), (9, (1, 1)), (12, (2, 0))] {
        let mut graph = TypedModel::default();
        let source = graph.add_source("in", f32::fact([ROWS, 8])).unwrap();
        let mut sum = source;
        for at in 1..count {
            let weights = graph.add_const(format!("w {at}"), tensor(at, &[8, 8])).unwrap();
            let inputs = [source, weights];
            let made = graph.wire_node(format!("{at}"), einsum("am,mn->an"), &inputs).unwrap()[0];
            sum = graph.wire_node(format!("sum {at}"), math::add(), &[sum, made]).unwrap()[0];
        }
        graph.select_output_outlets(&[sum]).unwrap();
        compare(&graph, &[ROWS, 8], 1e-5).unwrap();
        let program = compile(&graph, Use::Rows).unwrap();
        let is_chain = |step: &&crate::program::Step| matches!(step.kernel, Kernel::Chain(_));
        let chains = program.steps.iter().filter(is_chain).count();
        let alone = program.kernels() - (count - 1) - chains;
        assert_eq!((chains, alone), expected, "of {count}");
    }
}

#[test]
fn what_many_views_read_is_made_once() {
    let mut graph = TypedModel::default();
    let source = graph.add_source("in", f32::fact([ROWS, 16])).unwrap();
    let made = graph.wire_node("tanh", math::tanh(), &[source]).unwrap()[0];
    let views = [0, 1, 2, 3].map(|at| {
        graph.wire_node(format!("{at}"), Slice::new(1, at, at + 12), &[made]).unwrap()[0]
    });
    let mut sum = views[0];
    for (at, view) in views.into_iter().enumerate().skip(1) {
        sum = graph.wire_node(format!("sum {at}"), math::add(), &[sum, view]).unwrap()[0];
    }
    graph.select_output_outlets(&[sum]).unwrap();
    compare(&graph, &[ROWS, 16], 1e-5).unwrap();
    let program = compile(&graph, Use::Rows).unwrap();
    // The kernels are the elementwise function and the sums.
    assert_eq!(program.kernels(), 2, "{:?}", program.steps);
}

/// Wires a product over the last dimension, and a rectifier of its results: the larger of a result and
/// the result times its slope.
fn rectified(graph: &mut TypedModel, wire: OutletId, slopes: &[usize]) -> OutletId {
    let weights = graph.add_const("weights", tensor(7, &[8, 6])).unwrap();
    let slopes = graph.add_const("slopes", tensor(3, slopes)).unwrap();
    let made = graph.wire_node("product", einsum("abm,mn->abn"), &[wire, weights]).unwrap()[0];
    let scaled = graph.wire_node("scaled", math::mul(), &[made, slopes]).unwrap()[0];
    graph.wire_node("larger", math::max(), &[made, scaled]).unwrap()[0]
}

#[test]
fn products_rectify_what_they_make() {
    // A slope for each column, one for all, and one for each number. A product cannot do the last.
    for (slopes, kernels) in [([1, 1, 6], 1), ([1, 1, 1], 1), ([1, 5, 6], 2)] {
        let mut graph = TypedModel::default();
        let source = graph.add_source("in", f32::fact([ROWS, 5, 8])).unwrap();
        let made = rectified(&mut graph, source, &slopes);
        graph.select_output_outlets(&[made]).unwrap();
        compare(&graph, &[ROWS, 5, 8], 1e-5).unwrap();
        assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), kernels, "{slopes:?}");
    }
}

#[test]
fn what_others_read_before_it_is_rectified_is_made_too() {
    let mut graph = TypedModel::default();
    let source = graph.add_source("in", f32::fact([ROWS, 5, 8])).unwrap();
    let made = rectified(&mut graph, source, &[1, 1, 6]);
    let before = OutletId::new(graph.node_by_name("product").unwrap().id, 0);
    let weights = graph.add_const("more weights", tensor(5, &[6, 4])).unwrap();
    let parts = [("of it", made), ("of what was before", before)].map(|(name, wire)| {
        graph.wire_node(name, einsum("abm,mn->abn"), &[wire, weights]).unwrap()[0]
    });
    let sum = graph.wire_node("sum", math::add(), &parts).unwrap();
    graph.select_output_outlets(&sum).unwrap();
    compare(&graph, &[ROWS, 5, 8], 1e-5).unwrap();
    // The kernels are three products, the rectifier, and the sum.
    assert_eq!(compile(&graph, Use::Rows).unwrap().kernels(), 5);
}

#[test]
fn what_a_product_is_padded_with_is_rectified_too() {
    for fill in [0.0f32, -0.5] {
        for slopes in [[1, 1, 6], [1, 1, 1]] {
            let mut graph = TypedModel::default();
            let source = graph.add_source("in", f32::fact([ROWS, 5, 8])).unwrap();
            let weights = graph.add_const("weights", tensor(7, &[8, 6])).unwrap();
            let slopes = graph.add_const("slopes", tensor(3, &slopes)).unwrap();
            let inputs = [source, weights];
            let made = graph.wire_node("product", einsum("abm,mn->abn"), &inputs).unwrap()[0];
            let pad =
                Pad::new(vec![(0, 0), (1, 1), (0, 0)], PadMode::Constant(Arc::new(tensor0(fill))));
            let padded = graph.wire_node("padded", pad, &[made]).unwrap()[0];
            let scaled = graph.wire_node("scaled", math::mul(), &[padded, slopes]).unwrap()[0];
            let larger = graph.wire_node("larger", math::max(), &[padded, scaled]).unwrap();
            graph.select_output_outlets(&larger).unwrap();
            compare(&graph, &[ROWS, 5, 8], 1e-5).unwrap();
        }
    }
}
