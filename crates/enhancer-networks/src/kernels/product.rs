//! Products of matrices with a constant second factor, with bias and activation: linear layers,
//! grouped linear layers, and convolutions whose taps are a table of offsets.
//!
//! Weights are packed into *panels* of a few vectors side by side, row below row, so that a tile of
//! results reads one stream of memory. (Goto and van de Geijn, "Anatomy of High-Performance
//! Matrix Multiplication", 2008.)

mod tiles;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::math::Activation;
use super::numbers::{self, Numbers};
use super::{Floats, Isa};
use tiles::Run;

/// The places of a product's operands. Offsets are within a row of the data, which has
/// `data_row` floats, or of the results, with `result_row`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProductShape {
    pub(crate) data_row: usize,
    pub(crate) result_row: usize,
    /// Where each vector of a row begins, and where its results go.
    pub(crate) data: Vec<usize>,
    pub(crate) results: Vec<usize>,
    /// Offsets that are added to both for each group. Each group has its own weights.
    pub(crate) groups: Vec<(usize, usize)>,
    /// The offsets of a vector's numbers.
    pub(crate) depth: Vec<usize>,
    /// The results of a vector lie side by side.
    pub(crate) width: usize,
}

/// The weights of a product: for each group, `depth` rows of `width` numbers, and `width` biases.
/// With `slopes` (as many as biases), a result becomes the larger of itself and its product with
/// its slope.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Weights {
    pub(crate) factors: Numbers,
    #[serde(with = "numbers")]
    pub(crate) biases: Vec<f32>,
    #[serde(with = "numbers")]
    pub(crate) slopes: Vec<f32>,
}

/// A product, packed for an instruction set.
#[derive(Debug)]
pub(crate) struct Product {
    isa: Isa,
    shape: ProductShape,
    activation: Activation,
    panels: Vec<Panel>,
    /// Ranges of panels of one group and width, whose rows of weights begin and end together.
    alike: Vec<Range<usize>>,
    /// How many panels a tile goes through at most.
    at_once: usize,
    /// Whether the depth's offsets are 0, 1, 2, …
    is_dense: bool,
    /// How many floats of a row of data and of results are accessed.
    reach: (usize, usize),
}

/// Some columns of a group's weights.
#[derive(Debug)]
struct Panel {
    group: usize,
    column: usize,
    /// How many columns there are, without those that pad the last vector.
    columns: usize,
    vectors: usize,
    /// From the first to the last row of weights that is not all zeros: few rows in a filter bank. A
    /// row that is left out gives 0 for any number, even for NaN.
    rows: Range<usize>,
    bias: Floats,
    slopes: Option<Floats>,
    factors: Factors,
}

#[derive(Debug)]
enum Factors {
    Single(Floats),
    Half(Vec<u16>),
}

/// Weights with fewer floats fit into the first-level cache, or nearly: widening them from float16
/// would cost more than it saves.
const WORTH_HALVING: usize = 16 * 1024;
/// If a group has at most this many weights, they stay in the first-level cache together with the data.
/// A tile then goes through all its panels, and finds its operands only once.
const IN_FIRST_CACHE: usize = 4 * 1024;

impl Product {
    /// Packs weights. `one_row` means that the product runs one row at a time.
    pub(crate) fn new(
        isa: Isa,
        shape: ProductShape,
        weights: &Weights,
        activation: Activation,
        one_row: bool,
    ) -> Product {
        let (depth, width) = (shape.depth.len(), shape.width);
        assert_eq!(weights.factors.len(), shape.groups.len() * depth * width);
        assert_eq!(weights.biases.len(), shape.groups.len() * width);
        assert_eq!(shape.data.len(), shape.results.len());
        assert!(weights.slopes.is_empty() || weights.slopes.len() == weights.biases.len());
        assert!(weights.slopes.is_empty() || activation == Activation::None);
        let one_row = one_row && shape.data.len() == 1;
        let halve = isa.lanes() > 4 && weights.factors.len() >= WORTH_HALVING;
        let widest = if one_row { isa.wide() } else { isa.tile() };
        let mut panels = vec![];
        for group in 0..shape.groups.len() {
            let mut column = 0;
            while column < width {
                let left = (width - column).div_ceil(isa.lanes());
                let vectors = widths(widest).find(|&vectors| vectors <= left).unwrap_or(1);
                panels.push(panel(isa, &shape, weights, group, column, vectors, halve));
                column += vectors * isa.lanes();
            }
        }
        let are_alike =
            |a: &Panel, b: &Panel| (a.group, a.vectors, &a.rows) == (b.group, b.vectors, &b.rows);
        let mut end = 0;
        let range = |panels: &[Panel]| {
            end += panels.len();
            end - panels.len()..end
        };
        let alike = panels.chunk_by(are_alike).map(range).collect();
        let at_once = if depth * width <= IN_FIRST_CACHE { panels.len() } else { 1 };
        let furthest = |offsets: &[usize]| offsets.iter().copied().max().unwrap_or(0);
        let of_groups = |pick: fn(&(usize, usize)) -> usize| {
            furthest(&shape.groups.iter().map(pick).collect::<Vec<_>>())
        };
        let data = furthest(&shape.data) + of_groups(|group| group.0) + furthest(&shape.depth) + 1;
        let results = furthest(&shape.results) + of_groups(|group| group.1) + width;
        let is_dense = shape.depth.iter().enumerate().all(|(at, &offset)| at == offset);
        let reach = (data, results);
        Product { isa, shape, activation, panels, alike, at_once, is_dense, reach }
    }

    /// Computes `rows` rows.
    ///
    /// # Panics
    /// If `data` or `results` are too short.
    pub(crate) fn run(&self, rows: usize, data: &[f32], results: &mut [f32]) {
        if rows == 0 || self.shape.data.is_empty() {
            return;
        }
        let shape = &self.shape;
        assert!(data.len() >= (rows - 1) * shape.data_row + self.reach.0, "data are too short");
        let needed = (rows - 1) * shape.result_row + self.reach.1;
        assert!(results.len() >= needed, "results are too short");
        let (data, results) = (data.as_ptr(), results.as_mut_ptr());
        self.isa.run(Run { product: self, rows, data, results });
    }
}

/// The widths of panels, the widest first.
fn widths(widest: usize) -> impl Iterator<Item = usize> {
    [12, 8, 6, 4, 2, 1].into_iter().filter(move |&width| width <= widest)
}

fn panel(
    isa: Isa,
    shape: &ProductShape,
    weights: &Weights,
    group: usize,
    column: usize,
    vectors: usize,
    halve: bool,
) -> Panel {
    let (depth, width) = (shape.depth.len(), shape.width);
    let room = vectors * isa.lanes();
    let columns = room.min(width - column);
    let row = |row: usize| {
        let from = (group * depth + row) * width + column;
        from..from + columns
    };
    let (factors, rows) = match &weights.factors {
        Numbers::Half(halves) if halve => {
            let mut packed = vec![0; depth * room];
            for (at, packed) in packed.chunks_exact_mut(room).enumerate() {
                packed[..columns].copy_from_slice(&halves[row(at)]);
            }
            // The sign of a zero does not matter.
            let rows = used_rows(&packed, room, |half| half << 1 != 0);
            (Factors::Half(packed), rows)
        }
        factors => {
            let mut packed = Floats::new(depth * room, 0.0);
            for (at, packed) in packed.chunks_exact_mut(room).enumerate() {
                factors.copy(row(at), &mut packed[..columns]);
            }
            let rows = used_rows(&packed, room, |single| single != 0.0);
            (Factors::Single(packed), rows)
        }
    };
    let from = group * width + column;
    let filled = |numbers: &[f32]| {
        let mut filled = Floats::new(room, 0.0);
        filled[..columns].copy_from_slice(&numbers[from..from + columns]);
        filled
    };
    let bias = filled(&weights.biases);
    let slopes = (!weights.slopes.is_empty()).then(|| filled(&weights.slopes));
    Panel { group, column, columns, vectors, rows, bias, slopes, factors }
}

/// From the first to the last row that has a number that is used.
fn used_rows<T: Copy>(packed: &[T], room: usize, is_used: impl Fn(T) -> bool) -> Range<usize> {
    let depth = packed.len() / room;
    let row_is_used =
        |row: &usize| packed[row * room..][..room].iter().any(|&number| is_used(number));
    let first = (0..depth).find(row_is_used).unwrap_or(depth);
    first..(first..depth).rfind(row_is_used).map_or(first, |last| last + 1)
}
