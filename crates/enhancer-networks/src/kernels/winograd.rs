//! Convolutions of 3 by 3 taps over two axes, with fewer products than taps.
//!
//! A *tile* of 4 by 4 results needs 6 by 6 places. Both are transformed along both axes, so that the
//! tile needs 36 products per pair of channels instead of 144: for each of the 36 *points*, one
//! product of matrices over all tiles. (A. Lavin and S. Gray, "Fast Algorithms for Convolutional
//! Neural Networks", 2015, F(4×4, 3×3).)

use serde::{Deserialize, Serialize};

use super::math::Activation;
use super::numbers::Numbers;
use super::product::{Product, ProductShape, Weights};
use super::simd::Simd;
use super::{Floats, Isa, Kernel};

/// Along each axis: the results of a tile, the places that they need, and the taps.
const MADE: usize = 4;
const TAKEN: usize = MADE + TAPS - 1;
const TAPS: usize = 3;
const POINTS: usize = TAKEN * TAKEN;

/// The number of channels must be a multiple of this: whole vectors of every instruction set.
pub(crate) const CHANNELS: usize = 16;

/// The most floats of a block of transformed tiles, places and results together. They stay in the
/// second-level cache.
const BLOCK: usize = 64 * 1024;

/// The number of tiles in a block is a multiple of this, and so of the rows of a product's tile on each
/// instruction set.
const TILES: usize = 12;

/// The sizes of a convolution by tiles. A place holds the numbers of all channels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WinogradShape {
    pub(crate) data_row: usize,
    pub(crate) data_offset: usize,
    /// Places along both axes, and the floats from one place to the next.
    pub(crate) places: [usize; 2],
    pub(crate) strides: [usize; 2],
    /// Zeros before the first place of each axis.
    pub(crate) padding: [usize; 2],
    /// The channels of a place.
    pub(crate) channels: usize,
    pub(crate) result_row: usize,
    /// Results along both axes. They begin at the start of a row and lie side by side.
    pub(crate) results: [usize; 2],
    /// The channels of a result.
    pub(crate) width: usize,
}

impl WinogradShape {
    fn tiles(&self) -> [usize; 2] {
        self.results.map(|results| results.div_ceil(MADE))
    }

    /// How many tiles are transformed at once.
    fn block(&self) -> usize {
        let [tall, wide] = self.tiles();
        let fitting = BLOCK / (POINTS * (self.channels + self.width));
        (fitting / TILES).max(1).min((tall * wide).div_ceil(TILES)) * TILES
    }

    /// Floats that a run needs in addition to data and results.
    pub(crate) fn scratch(&self) -> usize {
        POINTS * self.block() * (self.channels + self.width)
    }
}

/// A convolution by tiles.
#[derive(Debug)]
pub(crate) struct Winograd {
    isa: Isa,
    shape: WinogradShape,
    activation: Activation,
    /// For each point, the product of the channels of all tiles with the weights.
    product: Product,
    biases: Floats,
}

impl Winograd {
    /// `factors` are `[taps, taps, channels, width]`.
    pub(crate) fn new(
        isa: Isa,
        shape: WinogradShape,
        weights: &Weights,
        activation: Activation,
    ) -> Winograd {
        let WinogradShape { channels, width, .. } = shape;
        assert!(channels % CHANNELS == 0 && width % CHANNELS == 0, "channels");
        assert!(shape.places.iter().all(|&places| places > 0), "places");
        assert_eq!(weights.factors.len(), TAPS * TAPS * channels * width);
        assert_eq!(weights.biases.len(), width);
        let tiles = shape.block();
        let product = ProductShape {
            data_row: 0,
            result_row: 0,
            data: (0..tiles).map(|tile| tile * channels).collect(),
            results: (0..tiles).map(|tile| tile * width).collect(),
            groups: (0..POINTS)
                .map(|point| (point * tiles * channels, point * tiles * width))
                .collect(),
            depth: (0..channels).collect(),
            width,
        };
        let transformed = Weights {
            factors: Numbers::Single(transformed(&weights.factors.singles(), channels * width)),
            biases: vec![0.0; POINTS * width],
            slopes: vec![],
        };
        let product = Product::new(isa, product, &transformed, Activation::None, false);
        Winograd { isa, shape, activation, product, biases: Floats::from(&weights.biases[..]) }
    }

    /// Computes `rows` rows.
    ///
    /// # Panics
    /// If `data`, `results` or `scratch` are too short.
    pub(crate) fn run(&self, rows: usize, data: &[f32], results: &mut [f32], scratch: &mut [f32]) {
        let shape = &self.shape;
        let [tall, wide] = shape.tiles();
        if rows == 0 || tall * wide == 0 {
            return;
        }
        let reach = |lens: [usize; 2], strides: [usize; 2], channels: usize| {
            (lens[0] - 1) * strides[0] + (lens[1] - 1) * strides[1] + channels
        };
        let needed = shape.data_offset + reach(shape.places, shape.strides, shape.channels);
        assert!(data.len() >= (rows - 1) * shape.data_row + needed, "data are too short");
        let needed = shape.results[0] * shape.results[1] * shape.width;
        assert!(results.len() >= (rows - 1) * shape.result_row + needed, "results are too short");
        let block = shape.block();
        let (taken, made) = scratch.split_at_mut(POINTS * block * shape.channels);
        assert!(made.len() >= POINTS * block * shape.width, "the scratch is too short");
        for row in 0..rows {
            let data = data[row * shape.data_row + shape.data_offset..].as_ptr();
            let results = results[row * shape.result_row..].as_mut_ptr();
            for first in (0..tall * wide).step_by(block) {
                let tiles = Tiles { shape, first, end: (first + block).min(tall * wide) };
                self.isa.run(Take { tiles, data, taken: taken.as_mut_ptr() });
                self.product.run(1, taken, made);
                self.isa.run(Make { tiles, winograd: self, made: made.as_ptr(), results });
            }
        }
    }
}

/// The weights of each point, `G w Gᵀ`, for `pairs` pairs of channels. Points lie column by column.
fn transformed(factors: &[f32], pairs: usize) -> Vec<f32> {
    const G: [[f64; TAPS]; TAKEN] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let mut made = Vec::with_capacity(POINTS * pairs);
    for point in 0..POINTS {
        let (across, down) = (G[point / TAKEN], G[point % TAKEN]);
        made.extend((0..pairs).map(|pair| {
            let tap = |at: usize| {
                let factor = f64::from(factors[at * pairs + pair]);
                down[at / TAPS] * across[at % TAPS] * factor
            };
            (0..TAPS * TAPS).map(tap).sum::<f64>() as f32
        }));
    }
    made
}

/// The tiles of a block.
#[derive(Clone, Copy)]
struct Tiles<'w> {
    shape: &'w WinogradShape,
    first: usize,
    end: usize,
}

impl Tiles<'_> {
    /// For each tile, its index in the block and its first result.
    fn each(self) -> impl Iterator<Item = (usize, [usize; 2])> {
        let wide = self.shape.tiles()[1];
        let place = move |tile| [tile / wide * MADE, tile % wide * MADE];
        (self.first..self.end).enumerate().map(move |(at, tile)| (at, place(tile)))
    }
}

/// Transforms the places of tiles.
struct Take<'w> {
    tiles: Tiles<'w>,
    data: *const f32,
    taken: *mut f32,
}

impl Kernel for Take<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (channels, block) = (self.tiles.shape.channels, self.tiles.shape.block());
        for (at, corner) in self.tiles.each() {
            let mut channel = 0;
            while channel < channels {
                // SAFETY: `Winograd::run` has checked the lengths.
                unsafe {
                    let points = self.points::<S>(corner, channel);
                    for (point, value) in points.iter().flatten().enumerate() {
                        S::store(self.taken.add((point * block + at) * channels + channel), *value);
                    }
                }
                channel += S::LANES;
            }
        }
    }
}

impl Take<'_> {
    /// `Bᵀ d B` of some channels of a tile, column by column.
    #[inline(always)]
    unsafe fn points<S: Simd>(&self, corner: [usize; 2], channel: usize) -> [[S::V; TAKEN]; TAKEN] {
        // SAFETY: as this function.
        unsafe {
            let nothing = S::splat(0.0);
            let mut columns = [[nothing; TAKEN]; TAKEN];
            for down in 0..TAKEN {
                let mut line = [nothing; TAKEN];
                for (across, place) in line.iter_mut().enumerate() {
                    if let Some(from) = self.place([corner[0] + down, corner[1] + across]) {
                        *place = S::load(self.data.add(from + channel));
                    }
                }
                let line = taken::<S>(line);
                for (column, point) in columns.iter_mut().zip(line) {
                    column[down] = point;
                }
            }
            for column in &mut columns {
                *column = taken::<S>(*column);
            }
            columns
        }
    }

    /// The offset of a place that is counted with the padding; `None` in the padding.
    #[inline(always)]
    fn place(&self, at: [usize; 2]) -> Option<usize> {
        let WinogradShape { places, strides, padding, .. } = self.tiles.shape;
        let [down, across] = [0, 1].map(|axis| at[axis].wrapping_sub(padding[axis]));
        let is_there = down < places[0] && across < places[1];
        is_there.then(|| down * strides[0] + across * strides[1])
    }
}

/// Transforms the products of tiles into results.
struct Make<'w> {
    tiles: Tiles<'w>,
    winograd: &'w Winograd,
    made: *const f32,
    results: *mut f32,
}

impl Kernel for Make<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let shape = self.tiles.shape;
        let (width, block) = (shape.width, shape.block());
        for (at, corner) in self.tiles.each() {
            let [tall, wide] = [0, 1].map(|axis| MADE.min(shape.results[axis] - corner[axis]));
            let mut channel = 0;
            while channel < width {
                // SAFETY: `Winograd::run` has checked the lengths.
                unsafe {
                    let results = self.results::<S>(|point| (point * block + at) * width + channel);
                    let bias = S::load(self.winograd.biases.as_ptr().add(channel));
                    for (down, line) in results.iter().enumerate().take(tall) {
                        for (across, value) in line.iter().enumerate().take(wide) {
                            let at = (corner[0] + down) * shape.results[1] + corner[1] + across;
                            let value = S::add(*value, bias);
                            let value = self.winograd.activation.of::<S>(value);
                            S::store(self.results.add(at * width + channel), value);
                        }
                    }
                }
                channel += S::LANES;
            }
        }
    }
}

impl Make<'_> {
    /// `Aᵀ m A` of some channels of a tile, line by line.
    #[inline(always)]
    unsafe fn results<S: Simd>(&self, place: impl Fn(usize) -> usize) -> [[S::V; MADE]; MADE] {
        // SAFETY: as this function.
        unsafe {
            let nothing = S::splat(0.0);
            let mut lines = [[nothing; TAKEN]; MADE];
            for across in 0..TAKEN {
                let mut column = [nothing; TAKEN];
                for (down, point) in column.iter_mut().enumerate() {
                    *point = S::load(self.made.add(place(across * TAKEN + down)));
                }
                let column = made::<S>(column);
                for (line, point) in lines.iter_mut().zip(column) {
                    line[across] = point;
                }
            }
            let mut results = [[nothing; MADE]; MADE];
            for (result, line) in results.iter_mut().zip(lines) {
                *result = made::<S>(line);
            }
            results
        }
    }
}

/// `Bᵀ d`.
#[inline(always)]
unsafe fn taken<S: Simd>(d: [S::V; TAKEN]) -> [S::V; TAKEN] {
    // SAFETY: as this function.
    unsafe {
        let (two, four) = (S::splat(2.0), S::splat(4.0));
        let (minus_four, minus_five) = (S::splat(-4.0), S::splat(-5.0));
        let near = [S::mul_add(minus_four, d[2], d[4]), S::mul_add(minus_four, d[1], d[3])];
        let far = [S::sub(d[4], d[2]), S::mul(two, S::sub(d[3], d[1]))];
        [
            S::mul_add(four, d[0], S::mul_add(minus_five, d[2], d[4])),
            S::add(near[0], near[1]),
            S::sub(near[0], near[1]),
            S::add(far[0], far[1]),
            S::sub(far[0], far[1]),
            S::mul_add(four, d[1], S::mul_add(minus_five, d[3], d[5])),
        ]
    }
}

/// `Aᵀ m`.
#[inline(always)]
unsafe fn made<S: Simd>(m: [S::V; TAKEN]) -> [S::V; MADE] {
    // SAFETY: as this function.
    unsafe {
        let (two, four, eight) = (S::splat(2.0), S::splat(4.0), S::splat(8.0));
        let (near_sum, near_difference) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
        let (far_sum, far_difference) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
        [
            S::add(m[0], S::add(near_sum, far_sum)),
            S::mul_add(two, far_difference, near_difference),
            S::mul_add(four, far_sum, near_sum),
            S::add(m[5], S::mul_add(eight, far_difference, near_difference)),
        ]
    }
}
