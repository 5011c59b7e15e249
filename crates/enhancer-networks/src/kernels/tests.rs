//! Compares each kernel with a simple loop, on every instruction set of this machine.

mod products;

use proptest::prelude::*;

use super::*;

/// A number that depends on its place. With `is_half`, float16 can represent it.
fn number(seed: u32, at: usize, is_half: bool) -> f32 {
    let hash = (at as u32 ^ seed).wrapping_mul(2_654_435_761).rotate_left(15);
    let x = hash.wrapping_mul(2_246_822_519) as f32 / u32::MAX as f32 * 2.0 - 1.0;
    if is_half { half::widen(::half::f16::from_f32(x).to_bits()) } else { x }
}

fn numbers(seed: u32, len: usize) -> Vec<f32> {
    (0..len).map(|at| number(seed, at, false)).collect()
}

/// The value of places that no kernel may write.
const UNTOUCHED: f32 = 123.0;

fn assert_close(isa: Isa, made: &[f32], expected: &[f32]) -> Result<(), TestCaseError> {
    for (at, (made, expected)) in made.iter().zip(expected).enumerate() {
        let bound = 1e-5 * (1.0 + expected.abs());
        prop_assert!((made - expected).abs() <= bound, "{isa:?}: {made}, not {expected}, at {at}");
    }
    Ok(())
}

fn activated(activation: Activation, x: f32) -> f32 {
    match activation {
        Activation::None => x,
        Activation::Relu => x.max(0.0),
        Activation::Sigmoid => (1.0 / (1.0 + (-f64::from(x)).exp())) as f32,
        Activation::Tanh => f64::from(x).tanh() as f32,
    }
}

fn activations() -> impl Strategy<Value = Activation> {
    use Activation::*;
    prop::sample::select(vec![None, Relu, Sigmoid, Tanh])
}

const UNARY: [Unary; 10] = [
    Unary::Same,
    Unary::Sigmoid,
    Unary::Tanh,
    Unary::Square,
    Unary::Root,
    Unary::Reciprocal,
    Unary::ReciprocalRoot,
    Unary::Absolute,
    Unary::Negative,
    Unary::Logarithm,
];

const BINARY: [Binary; 6] = [
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::Larger,
    Binary::Smaller,
];

/// A simple version of the function with that index in [`UNARY`] and [`BINARY`].
fn value(function: usize, a: f32, b: f32) -> f32 {
    match (UNARY.get(function), function.checked_sub(UNARY.len())) {
        (Some(Unary::Same), _) => a,
        (Some(Unary::Sigmoid), _) => activated(Activation::Sigmoid, a),
        (Some(Unary::Tanh), _) => activated(Activation::Tanh, a),
        (Some(Unary::Square), _) => a * a,
        (Some(Unary::Root), _) => a.sqrt(),
        (Some(Unary::Reciprocal), _) => 1.0 / a,
        (Some(Unary::ReciprocalRoot), _) => 1.0 / a.sqrt(),
        (Some(Unary::Absolute), _) => a.abs(),
        (Some(Unary::Negative), _) => -a,
        (Some(Unary::Logarithm), _) => a.ln(),
        (None, Some(at)) => match BINARY[at] {
            Binary::Add => a + b,
            Binary::Subtract => a - b,
            Binary::Multiply => a * b,
            Binary::Divide => a / b,
            Binary::Larger => a.max(b),
            Binary::Smaller => a.min(b),
        },
        (None, None) => unreachable!(),
    }
}

/// The result of a gated recurrent cell, from the terms of input and state for each gate and the last
/// hidden value.
fn gated_value(x: [f32; 7]) -> f32 {
    let sigmoid = |x| activated(Activation::Sigmoid, x);
    let new = (x[3] + sigmoid(x[0] + x[1]) * x[2]).tanh();
    new + sigmoid(x[4] + x[5]) * (x[6] - new)
}

/// The links of a gated recurrent cell.
fn gated() -> Vec<Link> {
    let link = |function, operands| Link { function, operands };
    let [add, subtract, multiply] =
        [Binary::Add, Binary::Subtract, Binary::Multiply].map(Function::Binary);
    let [sigmoid, tanh] = [Unary::Sigmoid, Unary::Tanh].map(Function::Unary);
    vec![
        link(add, [0, 1]),
        link(sigmoid, [7, 7]),
        link(multiply, [8, 2]),
        link(add, [3, 9]),
        link(tanh, [10, 10]),
        link(add, [4, 5]),
        link(sigmoid, [12, 12]),
        link(subtract, [6, 11]),
        link(multiply, [13, 14]),
        link(add, [11, 15]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn convolutions_by_tiles(
        rows in 0usize..3,
        (channels, width) in (1usize..4, 1usize..4),
        places in prop::array::uniform2(1usize..30),
        results in prop::array::uniform2(0usize..30),
        padding in prop::array::uniform2(0usize..3),
        activation in activations(),
    ) {
        let (channels, width) = (channels * 16, width * 16);
        // Leaves gaps between the places, and between the lines of places.
        let strides = [places[1] * (channels + 1) + 2, channels + 1];
        let shape = WinogradShape {
            data_row: 3 + places[0] * strides[0],
            data_offset: 3,
            places,
            strides,
            padding,
            channels,
            result_row: results[0] * results[1] * width + 1,
            results,
            width,
        };
        let factors: Vec<f32> = numbers(1, 9 * channels * width);
        let weights =
            Weights { factors: factors.clone().into(), biases: numbers(2, width), slopes: vec![] };
        let data = numbers(3, rows * shape.data_row);
        let mut expected = vec![UNTOUCHED; rows * shape.result_row];
        let mut largest = 1f32;
        for row in 0..rows {
            for (y, x) in (0..results[0]).flat_map(|y| (0..results[1]).map(move |x| (y, x))) {
                let mut sums = weights.biases.clone();
                for (at, factors) in factors.chunks(channels * width).enumerate() {
                    let from = [y + at / 3, x + at % 3];
                    if (0..2).any(|axis| !(padding[axis]..padding[axis] + places[axis]).contains(&from[axis])) {
                        continue;
                    }
                    let [down, across] = [0, 1].map(|axis| from[axis] - padding[axis]);
                    let place = row * shape.data_row + 3 + down * strides[0] + across * strides[1];
                    for (x, factors) in data[place..][..channels].iter().zip(factors.chunks(width)) {
                        sums.iter_mut().zip(factors).for_each(|(sum, factor)| *sum += x * factor);
                    }
                }
                let at = row * shape.result_row + (y * results[1] + x) * width;
                for (expected, sum) in expected[at..].iter_mut().zip(sums) {
                    *expected = activated(activation, sum);
                    largest = largest.max(sum.abs());
                }
            }
        }
        for isa in Isa::all() {
            let kernel = Winograd::new(isa, shape.clone(), &weights, activation);
            let mut made = vec![UNTOUCHED; expected.len()];
            kernel.run(rows, &data, &mut made, &mut vec![9.0; shape.scratch()]);
            // The transforms lose some of the last bits.
            for (made, expected) in made.iter().zip(&expected) {
                let bound = 2e-5 * largest;
                prop_assert!((made - expected).abs() <= bound, "{isa:?}: {made}, not {expected}");
            }
        }
    }

    #[test]
    fn depthwise_convolutions(
        rows in 0usize..4,
        width in 1usize..40,
        parts in 1usize..5,
        places in 1usize..12,
        taps in 1usize..6,
        stride in 1usize..4,
        dilation in 1usize..4,
        padding in 0usize..5,
        result_places in 0usize..12,
        (activation, has_slopes) in prop_oneof![
            activations().prop_map(|activation| (activation, false)),
            Just((Activation::None, true)),
        ],
    ) {
        let channels = parts * width;
        let shape = DepthwiseShape {
            data_row: 5 + places * (channels + 2),
            data_offset: 5,
            data_stride: channels + 2,
            data_places: places,
            result_row: result_places * (width + 1) + 1,
            result_offset: 1,
            result_stride: width + 1,
            result_places,
            channels,
            parts,
            taps,
            stride,
            dilation,
            padding,
        };
        let (factors, biases) = (numbers(1, taps * channels), numbers(2, channels));
        let slopes = if has_slopes { numbers(4, width) } else { vec![] };
        let data = numbers(3, rows * shape.data_row);
        let mut expected = vec![UNTOUCHED; rows * shape.result_row];
        for row in 0..rows {
            for place in 0..result_places {
                for column in 0..width {
                    let mut sum = 0.0;
                    for channel in (column..channels).step_by(width) {
                        sum += biases[channel];
                        for tap in 0..taps {
                            let from = (place * stride + tap * dilation) as i64 - padding as i64;
                            if (0..places as i64).contains(&from) {
                                let at = row * shape.data_row + 5 + from as usize * (channels + 2);
                                sum += data[at + channel] * factors[tap * channels + channel];
                            }
                        }
                    }
                    let slope = slopes.get(column).copied();
                    expected[row * shape.result_row + 1 + place * (width + 1) + column] =
                        slope.map_or(activated(activation, sum), |slope| sum.max(sum * slope));
                }
            }
        }
        for isa in Isa::all() {
            let numbers = [&factors[..], &biases, &slopes];
            let kernel = Depthwise::new(isa, shape.clone(), numbers, activation);
            let mut made = vec![UNTOUCHED; expected.len()];
            kernel.run(rows, &data, &mut made);
            assert_close(isa, &made, &expected)?;
        }
    }

    #[test]
    fn functions_of_each_number(
        rows in 0usize..4,
        count in 1usize..5,
        len in 1usize..50,
        steps in prop::array::uniform3(0usize..4),
        function in 0usize..16,
    ) {
        // With step 0, all results of a run would be written to one place.
        let steps = [steps[0].max(1), steps[1], steps[2]];
        let runs = |step: usize| Runs {
            row: 2 + count * (len * step + 1),
            offsets: (0..count).map(|run| 2 + run * (len * step + 1)).collect(),
            step,
        };
        let [results, a, b] = steps.map(runs);
        let of = |a: f32, b: f32| value(function, a, b);
        let (unary, binary) = (UNARY, BINARY);
        let of_positive = [Unary::Root, Unary::ReciprocalRoot, Unary::Logarithm];
        let is_of_positive = unary.get(function).is_some_and(|unary| of_positive.contains(unary));
        let positive = |x: f32| if is_of_positive { x.abs() } else { x };
        let values: Vec<Vec<f32>> = [(&a, 1), (&b, 2)]
            .map(|(runs, seed)| {
                // Keeps divisors away from 0.
                let apart = |x: f32| positive(x + x.signum() * 0.1);
                numbers(seed, rows * runs.row + 2).into_iter().map(apart).collect()
            })
            .into();
        let mut expected = vec![UNTOUCHED; rows * results.row];
        for row in 0..rows {
            for run in 0..count {
                for at in 0..len {
                    let x = |runs: &Runs, values: &[f32]| {
                        values[row * runs.row + runs.offsets[run] + at * runs.step]
                    };
                    expected[row * results.row + results.offsets[run] + at * results.step] =
                        of(x(&a, &values[0]), x(&b, &values[1]));
                }
            }
        }
        for isa in Isa::all() {
            let (results, a, b) = (results.clone(), a.clone(), b.clone());
            let kernel = match unary.get(function) {
                Some(&function) => Elementwise::unary(isa, function, results, a, len),
                None => Elementwise::binary(isa, binary[function - unary.len()], results, [a, b], len),
            };
            let operands = if function < unary.len() { [&values[0][..]; 2] } else { [&values[0][..], &values[1]] };
            let mut made = vec![UNTOUCHED; expected.len()];
            kernel.run(rows, operands, &mut made);
            assert_close(isa, &made, &expected)?;
        }
    }

    #[test]
    fn functions_that_follow_each_other(
        rows in 0usize..9,
        count in 1usize..7,
        len in prop_oneof![4usize..40, 60usize..300],
        steps in prop::array::uniform7(0usize..2),
        gaps in prop::array::uniform8(0usize..3),
        // The same distance between rows as between runs of a row, or another one, or the runs in
        // reverse order.
        orders in prop_oneof![
            Just([0usize; 8]),
            prop::array::uniform8(0usize..2),
            prop::array::uniform8(0usize..3),
        ],
        // With one more function, the chain is not a gated cell.
        is_gated: bool,
    ) {
        let runs = |at: usize, step: usize| {
            let gap = gaps[at];
            let place = |run: usize| gap + run * (len + gap);
            let row = count * (len + gap);
            match orders[at] {
                0 => Runs { row, offsets: (0..count).map(|run| place(run) - gap).collect(), step },
                1 => Runs { row: row + gap, offsets: (0..count).map(place).collect(), step },
                _ => Runs { row: row + gap, offsets: (0..count).rev().map(place).collect(), step },
            }
        };
        let leaves: Vec<Runs> = steps.iter().enumerate().map(|(at, &step)| runs(at, step)).collect();
        let results = runs(7, 1);
        let values: Vec<Vec<f32>> = leaves
            .iter()
            .enumerate()
            .map(|(seed, runs)| numbers(seed as u32, rows * runs.row + 1))
            .collect();
        let mut links = gated();
        let last = leaves.len() + links.len() - 1;
        if !is_gated {
            let function = Function::Unary(Unary::Absolute);
            links.push(Link { function, operands: [last, last] });
        }
        let mut expected = vec![UNTOUCHED; rows * results.row];
        for row in 0..rows {
            for run in 0..count {
                for at in 0..len {
                    let x: Vec<f32> = leaves
                        .iter()
                        .zip(&values)
                        .map(|(runs, values)| {
                            values[row * runs.row + runs.offsets[run] + at * runs.step]
                        })
                        .collect();
                    let value = gated_value(x.try_into().unwrap());
                    expected[row * results.row + results.offsets[run] + at] =
                        if is_gated { value } else { value.abs() };
                }
            }
        }
        let values: Vec<&[f32]> = values.iter().map(Vec::as_slice).collect();
        for isa in Isa::all() {
            let kernel = Chain::new(isa, links.clone(), leaves.clone(), results.clone(), len);
            let mut made = vec![UNTOUCHED; expected.len()];
            kernel.run(rows, &values, &mut made);
            assert_close(isa, &made, &expected)?;
        }
    }

    #[test]
    fn numbers_are_copied_from_anywhere(
        rows in 0usize..4,
        // For each run: its length, how many places before it stay as they are, and its source.
        lens in prop::collection::vec((1u32..40, 0u32..3, 0u32..200), 0..12),
    ) {
        let (mut pairs, mut end) = (vec![], 0);
        for (len, gap, from) in lens {
            pairs.extend((0..len).map(|at| (end + gap + at, from + at)));
            end += gap + len;
        }
        let (data_row, result_row) = (241, end as usize + 2);
        let data = numbers(1, rows * data_row);
        let mut expected = vec![UNTOUCHED; rows * result_row];
        for row in 0..rows {
            for &(to, from) in &pairs {
                expected[row * result_row + to as usize] = data[row * data_row + from as usize];
            }
        }
        for isa in Isa::all() {
            let mut made = vec![UNTOUCHED; expected.len()];
            Copies::new(isa, &pairs, data_row, result_row).run(rows, &data, &mut made);
            prop_assert_eq!(&made, &expected, "{:?}", isa);
        }
    }

    #[test]
    fn sums_and_root_mean_squares(rows in 0usize..4, count in 1usize..5, len in 1usize..70) {
        let data = numbers(1, rows * count * len);
        for isa in Isa::all() {
            let runs = |result: usize| RowKernel {
                isa,
                data_row: count * len,
                result_row: count * result,
                data: (0..count).map(|run| run * len).collect(),
                results: (0..count).map(|run| run * result).collect(),
                len,
            };
            let mut sums = vec![0.0; rows * count];
            RowSum { runs: runs(1), of_squares: false }.run(rows, &data, &mut sums);
            let expected: Vec<f32> = data.chunks(len).map(|run| run.iter().sum()).collect();
            assert_close(isa, &sums, &expected)?;
            RowSum { runs: runs(1), of_squares: true }.run(rows, &data, &mut sums);
            let mean = |run: &[f32]| run.iter().map(|x| x * x).sum::<f32>() / len as f32;
            let expected: Vec<f32> = data.chunks(len).map(mean).collect();
            assert_close(isa, &sums, &expected)?;
            let mut scaled = vec![0.0; data.len()];
            RootMeanSquare { runs: runs(len), epsilon: 1e-3 }.run(rows, &data, &mut scaled);
            let root = |run: &[f32]| {
                (run.iter().map(|x| x * x).sum::<f32>() / len as f32 + 1e-3).sqrt()
            };
            let expected: Vec<f32> = data
                .chunks(len)
                .flat_map(|run| run.iter().map(|x| x / root(run)).collect::<Vec<_>>())
                .collect();
            assert_close(isa, &scaled, &expected)?;
        }
    }
}

/// Checks activations far outside of the range in which they are curved, and at its ends.
#[test]
fn activations_saturate() {
    let values = [-1e30, -100.0, -9.0, -7.9, -1e-3, 0.0, 1e-6, 7.9, 9.0, 100.0, 1e30];
    let runs = || Runs { row: values.len(), offsets: vec![0], step: 1 };
    for isa in Isa::all() {
        for (function, activation) in
            [(Unary::Sigmoid, Activation::Sigmoid), (Unary::Tanh, Activation::Tanh)]
        {
            let mut made = vec![0.0; values.len()];
            let kernel = Elementwise::unary(isa, function, runs(), runs(), values.len());
            kernel.run(1, [&values; 2], &mut made);
            for (made, x) in made.iter().zip(values) {
                let expected = activated(activation, x);
                assert!((made - expected).abs() < 4e-7, "{isa:?} {function:?}({x}) is {made}");
            }
        }
    }
}

#[test]
fn float16_is_kept_only_if_it_is_exact() {
    assert_eq!(half::exact(1.0 / 3.0), None);
    assert_eq!(half::exact(1e-9), None);
    for x in [0.0, -0.0, 0.5, -1.25, 65_504.0, 6.103_515_6e-5, 5.960_464_5e-8] {
        assert_eq!(half::exact(x).map(half::widen).map(f32::to_bits), Some(x.to_bits()));
    }
    for (bits, x) in (0..=u16::MAX).map(|bits| (bits, half::widen(bits))) {
        if !x.is_nan() {
            assert_eq!(half::exact(x), Some(bits), "{x}");
            assert_eq!(half::exact(f32::from_bits(x.to_bits() + 1)), None, "behind {x}");
        }
    }
}

#[test]
#[should_panic(expected = "data are too short")]
fn a_copy_does_not_read_beyond_its_data() {
    Copies::new(Isa::best(), &[(0, 2), (1, 3)], 4, 2).run(2, &[0.0; 7], &mut [0.0; 4]);
}

#[test]
#[should_panic(expected = "data are too short")]
fn a_kernel_does_not_read_beyond_its_data() {
    let shape = ProductShape {
        data_row: 4,
        result_row: 1,
        data: vec![0],
        results: vec![0],
        groups: vec![(0, 0)],
        depth: vec![0, 1, 2, 3],
        width: 1,
    };
    let weights = Weights { factors: vec![1.0; 4].into(), biases: vec![0.0], slopes: vec![] };
    let product = Product::new(Isa::best(), shape, &weights, Activation::None, false);
    product.run(2, &[0.0; 7], &mut [0.0; 2]);
}
