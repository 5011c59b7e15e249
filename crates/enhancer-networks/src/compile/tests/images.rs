//! Convolutions over two axes, pools, and maxima over axes.

use tract_tflite::internal::tract_core::ops::cnn::MaxPool;

use super::*;
use crate::program::Kernel;

/// Compares the runtime's results with those of the program on each instruction set. They may differ
/// by `precision` times the largest result.
pub(super) fn compare(
    graph: &TypedModel,
    shape: &[usize],
    precision: f32,
) -> Result<(), TestCaseError> {
    let given = tensor(99, shape);
    let expected = graph.clone().into_runnable().unwrap().run(tvec![given.clone().into()]).unwrap();
    let expected: &[f32] = expected[0].try_as_plain_ram().unwrap().as_slice().unwrap();
    let values: &[f32] = given.try_as_plain_ram().unwrap().as_slice().unwrap();
    let bound = precision * expected.iter().fold(1f32, |largest, x| largest.max(x.abs()));
    for isa in Isa::all() {
        let program =
            compile_for(graph, Use::Rows, isa).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let mut run = Arc::new(program).run(ROWS).unwrap();
        // Runs twice: a run must leave nothing behind for the next.
        for _ in 0..2 {
            let mut made = vec![9.0; expected.len()];
            run.compute(ROWS, &[values], &mut [&mut made[..]]).unwrap();
            for (made, expected) in made.iter().zip(expected) {
                prop_assert!((made - expected).abs() < bound, "{isa:?}: {made}, not {expected}");
            }
        }
    }
    Ok(())
}

fn paddings() -> impl Strategy<Value = PaddingSpec> {
    prop_oneof![
        Just(PaddingSpec::Valid),
        Just(PaddingSpec::SameUpper),
        prop::array::uniform4(0usize..3)
            .prop_map(|[a, b, c, d]| { PaddingSpec::Explicit(tvec![a, b], tvec![c, d]) }),
    ]
}

/// A convolution in which each output channel has taps for all input channels.
struct Convolution {
    places: [usize; 2],
    channels: [usize; 2],
    kernel: [usize; 2],
    strides: [usize; 2],
    padding: PaddingSpec,
    /// Whether the first places along the second axis are left out.
    is_slice: bool,
}

impl Convolution {
    /// Compares the convolution, with the operators that usually follow it, with the runtime.
    fn compare(self, precision: f32) -> Result<(), TestCaseError> {
        let ([tall, wide], [channels, _]) = (self.places, self.channels);
        compare(&self.graph(), &[ROWS, tall, wide, channels], precision)
    }

    fn graph(self) -> TypedModel {
        let ([tall, wide], [channels, outputs]) = (self.places, self.channels);
        let mut graph = TypedModel::default();
        let shape = [ROWS, tall, wide, channels];
        let mut wire = graph.add_source("in", f32::fact(shape)).unwrap();
        if self.is_slice {
            wire = graph.wire_node("slice", Slice::new(2, 1, wide), &[wire]).unwrap()[0];
        }
        let taps = tensor(1, &[outputs, self.kernel[0], self.kernel[1], channels]);
        let taps = graph.add_const("taps", taps).unwrap();
        let biases = graph.add_const("biases", tensor(2, &[outputs])).unwrap();
        let (taken, strides) = (self.kernel[..].into(), Some(self.strides[..].into()));
        let (format, padding) = (DataFormat::NHWC, self.padding);
        let pool_spec = PoolSpec::new(format, taken, padding, None, strides, channels, outputs);
        let op = Conv { pool_spec, kernel_fmt: KernelFormat::OHWI, group: 1, q_params: None };
        let made = graph.wire_node("convolution", op, &[wire, taps, biases]).unwrap()[0];
        let zero = graph.add_const("zero", tensor0(0f32).broadcast_into_rank(4).unwrap()).unwrap();
        let made = graph.wire_node("relu", math::max(), &[made, zero]).unwrap();
        graph.select_output_outlets(&made).unwrap();
        graph.into_decluttered().unwrap()
    }
}

#[test]
fn large_convolutions_of_many_channels_are_computed_by_tiles() {
    let is_by_tiles = |tall: usize, channels: [usize; 2]| {
        let (kernel, strides, padding) = ([3, 3], [1, 1], PaddingSpec::SameUpper);
        let places = [tall, 20];
        let graph =
            Convolution { places, channels, kernel, strides, padding, is_slice: false }.graph();
        let program = compile(&graph, Use::Rows).unwrap();
        program.steps.iter().any(|step| matches!(step.kernel, Kernel::Winograd(_)))
    };
    assert!(is_by_tiles(8, [16, 48]));
    assert!(!is_by_tiles(7, [16, 48]));
    assert!(!is_by_tiles(8, [15, 48]));
    assert!(!is_by_tiles(8, [16, 47]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn convolutions_of_all_channels(
        places in prop::array::uniform2(4usize..9),
        (channels, outputs) in (1usize..5, 1usize..40),
        // The runtime replaces kernels of one tap by other operators.
        kernel in prop::array::uniform2(2usize..4),
        strides in prop::array::uniform2(1usize..3),
        padding in paddings(),
        is_slice: bool,
    ) {
        let channels = [channels, outputs];
        Convolution { places, channels, kernel, strides, padding, is_slice }.compare(1e-5)?;
    }

    // Around the sizes from which on convolutions are computed by tiles. The transforms lose some of
    // the last bits.
    #[test]
    fn convolutions_of_many_channels(
        places in prop::array::uniform2(8usize..20),
        channels in prop::array::uniform2(prop::sample::select(vec![15usize, 16, 32, 48])),
        padding in paddings(),
        is_slice: bool,
    ) {
        let (kernel, strides) = ([3, 3], [1, 1]);
        Convolution { places, channels, kernel, strides, padding, is_slice }.compare(5e-5)?;
    }

    #[test]
    fn maxima(
        (tall, wide, channels) in (3usize..9, 3usize..9, 1usize..20),
        window in prop::array::uniform2(1usize..4),
        strides in prop::array::uniform2(1usize..4),
        axes in prop::sample::subsequence(vec![1usize, 2, 3], 0..=3),
    ) {
        let mut graph = TypedModel::default();
        let shape = [ROWS, tall, wide, channels];
        let source = graph.add_source("in", f32::fact(shape)).unwrap();
        let (taken, strides) = (window[..].into(), Some(strides[..].into()));
        let (format, padding) = (DataFormat::NHWC, PaddingSpec::Valid);
        let pool_spec = PoolSpec::new(format, taken, padding, None, strides, channels, channels);
        let pool = MaxPool { pool_spec, with_index_outputs: None };
        let mut made = graph.wire_node("pool", pool, &[source]).unwrap();
        if !axes.is_empty() {
            let max = nn::Reduce::new(axes.into(), nn::Reducer::Max);
            made = graph.wire_node("max", max, &made).unwrap();
        }
        graph.select_output_outlets(&made).unwrap();
        compare(&graph.into_decluttered().unwrap(), &shape, 1e-5)?;
    }
}
