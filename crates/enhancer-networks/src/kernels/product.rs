//! Products of matrices with a constant second factor, with bias and activation: linear layers,
//! grouped linear layers, and convolutions whose taps are a table of offsets.
//!
//! Weights are packed into *panels* of a few vectors side by side, row below row, so that a tile of
//! results reads one stream of memory. (Goto and van de Geijn, "Anatomy of High-Performance
//! Matrix Multiplication", 2008.)

use std::ops::Range;

use super::math::Activation;
use super::simd::Simd;
use super::{Floats, Isa, Kernel, half};

/// The places of a product's operands. Offsets are within a row of the data, which has
/// `data_row` floats, or of the results, with `result_row`.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    pub(crate) factors: Vec<f32>,
    pub(crate) biases: Vec<f32>,
    pub(crate) slopes: Vec<f32>,
}

/// A product, packed for an instruction set.
#[derive(Debug)]
pub(crate) struct Product {
    isa: Isa,
    shape: ProductShape,
    activation: Activation,
    panels: Vec<Panel>,
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
        assert!(weights.slopes.is_empty() || weights.slopes.len() == weights.biases.len());
        assert!(weights.slopes.is_empty() || activation == Activation::None);
        let one_row = one_row && shape.data.len() == 1;
        let halve = isa.lanes() > 4
            && weights.factors.len() >= WORTH_HALVING
            && weights.factors.iter().all(|&factor| half::exact(factor).is_some());
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
        let furthest = |offsets: &[usize]| offsets.iter().copied().max().unwrap_or(0);
        let of_groups = |pick: fn(&(usize, usize)) -> usize| {
            furthest(&shape.groups.iter().map(pick).collect::<Vec<_>>())
        };
        let data = furthest(&shape.data) + of_groups(|group| group.0) + furthest(&shape.depth) + 1;
        let results = furthest(&shape.results) + of_groups(|group| group.1) + width;
        let is_dense = shape.depth.iter().enumerate().all(|(at, &offset)| at == offset);
        Product { isa, shape, activation, panels, is_dense, reach: (data, results) }
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
    let mut factors = Floats::new(depth * room, 0.0);
    for (row, packed) in factors.chunks_exact_mut(room).enumerate() {
        let from = (group * depth + row) * width + column;
        packed[..columns].copy_from_slice(&weights.factors[from..from + columns]);
    }
    let is_used = |row: &usize| factors[row * room..][..room].iter().any(|factor| *factor != 0.0);
    let first = (0..depth).find(is_used).unwrap_or(depth);
    let rows = first..(first..depth).rfind(is_used).map_or(first, |last| last + 1);
    let from = group * width + column;
    let filled = |numbers: &[f32]| {
        let mut filled = Floats::new(room, 0.0);
        filled[..columns].copy_from_slice(&numbers[from..from + columns]);
        filled
    };
    let bias = filled(&weights.biases);
    let slopes = (!weights.slopes.is_empty()).then(|| filled(&weights.slopes));
    let factors = if halve {
        Factors::Half(factors.iter().map(|&x| half::exact(x).expect("it was checked")).collect())
    } else {
        Factors::Single(factors)
    };
    Panel { group, column, columns, vectors, rows, bias, slopes, factors }
}

struct Run<'p> {
    product: &'p Product,
    rows: usize,
    data: *const f32,
    results: *mut f32,
}

/// The position of a vector of a product: its row, and its index within the row.
#[derive(Clone, Copy)]
struct Cursor {
    row: usize,
    at: usize,
    /// Vectors per row.
    vectors: usize,
}

impl Cursor {
    fn new(shape: &ProductShape) -> Cursor {
        Cursor { row: 0, at: 0, vectors: shape.data.len() }
    }

    /// The position that many vectors later. A division would take longer than a small tile's sums.
    #[inline(always)]
    fn behind(mut self, count: usize) -> Cursor {
        if self.vectors == 1 {
            return Cursor { row: self.row + count, ..self };
        }
        self.at += count;
        while self.at >= self.vectors {
            (self.row, self.at) = (self.row + 1, self.at - self.vectors);
        }
        self
    }
}

impl Kernel for Run<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let product = self.product;
        for panel in &product.panels {
            // SAFETY: `Product::run` has checked how far the tables reach.
            unsafe {
                match (panel.vectors, product.is_dense) {
                    (12, true) => self.panel::<S, 12, true>(panel),
                    (8, true) => self.panel::<S, 8, true>(panel),
                    (6, true) => self.panel::<S, 6, true>(panel),
                    (4, true) => self.panel::<S, 4, true>(panel),
                    (2, true) => self.panel::<S, 2, true>(panel),
                    (1, true) => self.panel::<S, 1, true>(panel),
                    (12, false) => self.panel::<S, 12, false>(panel),
                    (8, false) => self.panel::<S, 8, false>(panel),
                    (6, false) => self.panel::<S, 6, false>(panel),
                    (4, false) => self.panel::<S, 4, false>(panel),
                    (2, false) => self.panel::<S, 2, false>(panel),
                    _ => self.panel::<S, 1, false>(panel),
                }
            }
        }
    }
}

impl Run<'_> {
    /// Computes all rows of a panel of `N` vectors.
    #[inline(always)]
    unsafe fn panel<S: Simd, const N: usize, const DENSE: bool>(&self, panel: &Panel) {
        let mut cursor = Cursor::new(&self.product.shape);
        let mut left = self.rows * self.product.shape.data.len();
        // SAFETY: as this function; tiles take no more rows than are left.
        unsafe {
            if N == 1 {
                while S::TALL == 12 && left >= 12 {
                    self.tile::<S, 12, N, DENSE>(panel, cursor);
                    (cursor, left) = (cursor.behind(12), left - 12);
                }
                while S::TALL >= 8 && left >= 8 {
                    self.tile::<S, 8, N, DENSE>(panel, cursor);
                    (cursor, left) = (cursor.behind(8), left - 8);
                }
            }
            if N <= S::TILE.0 {
                while S::TILE.1 == 6 && left >= 6 {
                    self.tile::<S, 6, N, DENSE>(panel, cursor);
                    (cursor, left) = (cursor.behind(6), left - 6);
                }
                while left >= 4 {
                    self.tile::<S, 4, N, DENSE>(panel, cursor);
                    (cursor, left) = (cursor.behind(4), left - 4);
                }
                while left >= 2 {
                    self.tile::<S, 2, N, DENSE>(panel, cursor);
                    (cursor, left) = (cursor.behind(2), left - 2);
                }
            }
            while left > 0 {
                self.tile::<S, 1, N, DENSE>(panel, cursor);
                (cursor, left) = (cursor.behind(1), left - 1);
            }
        }
    }

    /// Computes `M` rows of a panel, from `cursor` on.
    ///
    /// In WebAssembly, where no instructions have to be chosen, this is a function of its own: engines
    /// keep the variables of a small function in registers.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    unsafe fn tile<S: Simd, const M: usize, const N: usize, const DENSE: bool>(
        &self,
        panel: &Panel,
        mut cursor: Cursor,
    ) {
        let shape = &self.product.shape;
        let (data_group, result_group) = shape.groups[panel.group];
        let mut places = [(std::ptr::null(), std::ptr::null_mut()); M];
        for place in &mut places {
            let Cursor { row, at, .. } = cursor;
            // SAFETY: the row and the offsets are within what was checked.
            *place = unsafe {
                let data = row * shape.data_row + shape.data.get_unchecked(at) + data_group;
                let results =
                    row * shape.result_row + shape.results.get_unchecked(at) + result_group;
                (self.data.add(data), self.results.add(results + panel.column))
            };
            cursor = cursor.behind(1);
        }
        // SAFETY: the panel has `depth` rows and a bias of `N` vectors.
        unsafe {
            let mut sums = [[S::splat(0.0); N]; M];
            let mut n = 0;
            while n < N {
                let bias = S::load(panel.bias.as_ptr().add(n * S::LANES));
                let mut m = 0;
                while m < M {
                    sums[m][n] = bias;
                    m += 1;
                }
                n += 1;
            }
            let rows = (panel.rows.start, panel.rows.end);
            match &panel.factors {
                Factors::Single(factors) => {
                    self.sum::<S, f32, M, N, DENSE>(&places, &mut sums, factors.as_ptr(), rows);
                }
                Factors::Half(factors) if S::LANES > 4 => {
                    self.sum::<S, u16, M, N, DENSE>(&places, &mut sums, factors.as_ptr(), rows);
                }
                Factors::Half(_) => unreachable!("`Product::new` halves for wide vectors alone"),
            }
            let is_plain = self.product.activation == Activation::None
                && panel.slopes.is_none()
                && panel.columns == N * S::LANES;
            let mut m = 0;
            while m < M {
                if is_plain {
                    let mut n = 0;
                    while n < N {
                        S::store(places[m].1.add(n * S::LANES), sums[m][n]);
                        n += 1;
                    }
                } else {
                    self.finish::<S, N>(panel, &sums[m], places[m].1);
                }
                m += 1;
            }
        }
    }

    /// Adds the products of the rows of weights from `first` to `end`.
    #[inline(always)]
    unsafe fn sum<S: Simd, F: Factor, const M: usize, const N: usize, const DENSE: bool>(
        &self,
        places: &[(*const f32, *mut f32); M],
        sums: &mut [[S::V; N]; M],
        packed: *const F,
        (first, end): (usize, usize),
    ) {
        let depth = self.product.shape.depth.as_slice();
        let mut k = first;
        while k < end {
            // SAFETY: as this function.
            unsafe {
                let offset = if DENSE { k } else { *depth.get_unchecked(k) };
                let mut factors = [S::splat(0.0); N];
                let mut n = 0;
                while n < N {
                    factors[n] = F::load::<S>(packed.add((k * N + n) * S::LANES));
                    n += 1;
                }
                let mut m = 0;
                while m < M {
                    let x = S::splat(*places[m].0.add(offset));
                    let mut n = 0;
                    while n < N {
                        sums[m][n] = S::mul_add(factors[n], x, sums[m][n]);
                        n += 1;
                    }
                    m += 1;
                }
            }
            k += 1;
        }
    }

    #[inline(always)]
    unsafe fn finish<S: Simd, const N: usize>(
        &self,
        panel: &Panel,
        sums: &[S::V; N],
        results: *mut f32,
    ) {
        let activation = self.product.activation;
        let mut n = 0;
        while n < N {
            // SAFETY: as this function; if a vector is not full, only its existing columns are
            // written.
            unsafe {
                let column = n * S::LANES;
                let value = match &panel.slopes {
                    Some(slopes) => {
                        let slope = S::load(slopes.as_ptr().add(column));
                        S::max(sums[n], S::mul(sums[n], slope))
                    }
                    None => activation.of::<S>(sums[n]),
                };
                if column + S::LANES <= panel.columns {
                    S::store(results.add(column), value);
                } else if column < panel.columns {
                    S::store_part(results.add(column), value, panel.columns - column);
                }
            }
            n += 1;
        }
    }
}

/// A storage type of weights.
trait Factor {
    unsafe fn load<S: Simd>(from: *const Self) -> S::V;
}

impl Factor for f32 {
    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const f32) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load(from) }
    }
}

/// The bits of a float16.
impl Factor for u16 {
    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const u16) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load_half(from) }
    }
}
