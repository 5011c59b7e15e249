//! Products of many shapes.

use proptest::prelude::*;

use super::*;

/// A product that is compared with a simple one.
#[derive(Clone, Copy)]
struct ProductCase {
    rows: usize,
    vectors: usize,
    groups: usize,
    depth: usize,
    width: usize,
    /// How many numbers of a vector lie side by side before a gap; 0 for no gap.
    gap: usize,
    one_row: bool,
    is_half: bool,
    /// How many columns of a row of weights, near a diagonal, are not zero; 0 for all.
    band: usize,
    activation: Activation,
    has_slopes: bool,
}

impl ProductCase {
    fn offset(&self, k: usize) -> usize {
        k + k.checked_div(self.gap).unwrap_or(0)
    }

    fn shape(&self) -> ProductShape {
        let ProductCase { vectors, groups, depth, width, .. } = *self;
        let vector = self.offset(depth) + 1;
        ProductShape {
            data_row: groups * vectors * vector + 3,
            result_row: groups * vectors * width + 2,
            data: (0..vectors).map(|m| 1 + m * vector).collect(),
            results: (0..vectors).map(|m| m * groups * width).collect(),
            groups: (0..groups).map(|g| (g * vectors * vector, g * width)).collect(),
            depth: (0..depth).map(|k| self.offset(k)).collect(),
            width,
        }
    }

    fn weights(&self) -> Weights {
        let ProductCase { groups, depth, width, band, .. } = *self;
        let factor = |at: usize| {
            let (row, column) = (at / width % depth.max(1), at % width);
            let is_in_band = band == 0 || (row * width / depth.max(1)).abs_diff(column) < band;
            if is_in_band { number(1, at, self.is_half) } else { 0.0 }
        };
        let factors: Vec<f32> = (0..groups * depth * width).map(factor).collect();
        let slopes = if self.has_slopes { numbers(4, groups * width) } else { vec![] };
        Weights { factors: factors.into(), biases: numbers(2, groups * width), slopes }
    }

    /// The results of a simple product.
    fn expected(&self, shape: &ProductShape, weights: &Weights, data: &[f32]) -> Vec<f32> {
        let ProductCase { rows, depth, width, .. } = *self;
        let factors = weights.factors.singles();
        let mut expected = vec![UNTOUCHED; rows * shape.result_row];
        for row in 0..rows {
            for (data_at, result_at) in shape.data.iter().zip(&shape.results) {
                for (g, (data_group, result_group)) in shape.groups.iter().enumerate() {
                    for n in 0..width {
                        let product = |k: usize| {
                            let x =
                                data[row * shape.data_row + data_at + data_group + shape.depth[k]];
                            let factor = factors[(g * depth + k) * width + n];
                            f64::from(x) * f64::from(factor)
                        };
                        let sum: f64 = (0..depth).map(product).sum();
                        let sum = (sum + f64::from(weights.biases[g * width + n])) as f32;
                        let slope = weights.slopes.get(g * width + n).copied();
                        expected[row * shape.result_row + result_at + result_group + n] = slope
                            .map_or(activated(self.activation, sum), |slope| sum.max(sum * slope));
                    }
                }
            }
        }
        expected
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (shape, weights) = (self.shape(), self.weights());
        let data = numbers(3, self.rows * shape.data_row);
        let expected = self.expected(&shape, &weights, &data);
        for isa in Isa::all() {
            let product = Product::new(isa, shape.clone(), &weights, self.activation, self.one_row);
            let mut made = vec![UNTOUCHED; expected.len()];
            product.run(self.rows, &data, &mut made);
            assert_close(isa, &made, &expected)?;
        }
        Ok(())
    }
}

/// The width has several panels of each kind of vectors. With groups, weights in float16 are few enough
/// for a tile to go through all panels of a group.
#[test]
fn products_of_several_panels() -> Result<(), TestCaseError> {
    for (groups, depth) in [(5, 19), (1, 100)] {
        for (rows, gap) in [(1, 0), (1, 2), (3, 0), (3, 2), (6, 0)] {
            for is_half in [false, true] {
                ProductCase {
                    rows,
                    vectors: 1,
                    groups,
                    depth,
                    width: 205,
                    gap,
                    one_row: false,
                    is_half,
                    band: 0,
                    activation: Activation::None,
                    has_slopes: false,
                }
                .check()?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn products(
        rows in 0usize..8,
        vectors in 1usize..20,
        groups in 1usize..4,
        depth in 0usize..70,
        width in 1usize..150,
        gap in 0usize..4,
        one_row: bool,
        is_half: bool,
        band in prop_oneof![Just(0usize), 1usize..20],
        (activation, has_slopes) in prop_oneof![
            activations().prop_map(|activation| (activation, false)),
            Just((Activation::None, true)),
        ],
    ) {
        // Sometimes deep and wide enough for weights to be stored in float16.
        let depth = if is_half { depth + 150 } else { depth };
        let vectors = if one_row { 1 } else { vectors };
        ProductCase {
            rows, vectors, groups, depth, width, gap, one_row, is_half, band, activation, has_slopes,
        }.check()?;
    }
}
