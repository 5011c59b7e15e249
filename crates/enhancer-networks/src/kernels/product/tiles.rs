//! The loops of a product: tiles of some rows by some vectors, whose sums stay in registers.

use std::ops::Range;

use super::{Factors, Panel, Product, ProductShape};
use crate::kernels::Kernel;
use crate::kernels::math::Activation;
use crate::kernels::simd::Simd;

pub(super) struct Run<'p> {
    pub(super) product: &'p Product,
    pub(super) rows: usize,
    pub(super) data: *const f32,
    pub(super) results: *mut f32,
}

const HALVED: &str = "`Product::new` halves for wide vectors alone";

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
        for range in &product.alike {
            let panels = &product.panels[range.clone()];
            // SAFETY: `Product::run` has checked how far the tables reach.
            unsafe {
                match (panels[0].vectors, product.is_dense) {
                    (12, true) => self.panels::<S, 12, true>(panels),
                    (8, true) => self.panels::<S, 8, true>(panels),
                    (6, true) => self.panels::<S, 6, true>(panels),
                    (4, true) => self.panels::<S, 4, true>(panels),
                    (2, true) => self.panels::<S, 2, true>(panels),
                    (1, true) => self.panels::<S, 1, true>(panels),
                    (12, false) => self.panels::<S, 12, false>(panels),
                    (8, false) => self.panels::<S, 8, false>(panels),
                    (6, false) => self.panels::<S, 6, false>(panels),
                    (4, false) => self.panels::<S, 4, false>(panels),
                    (2, false) => self.panels::<S, 2, false>(panels),
                    _ => self.panels::<S, 1, false>(panels),
                }
            }
        }
    }
}

impl Run<'_> {
    /// Computes all rows of panels of `N` vectors, which are alike.
    #[inline(always)]
    unsafe fn panels<S: Simd, const N: usize, const DENSE: bool>(&self, panels: &[Panel]) {
        let first = Cursor::new(&self.product.shape);
        let count = self.rows * self.product.shape.data.len();
        // Tiles have an even number of rows, so one can be left. Panels wider than a tile take each row
        // alone.
        let alone = if N <= S::TILE.0 { count % 2 } else { count };
        let most = count - alone;
        // SAFETY: as this function.
        unsafe {
            if N <= S::TILE.0 && most > 0 {
                for panels in panels.chunks(self.product.at_once) {
                    self.tiles::<S, N, DENSE>(panels, first, most);
                }
            }
            let mut cursor = first.behind(most);
            for _ in 0..alone {
                match N {
                    2 if S::TILE.0 == 2 => self.row::<S, N, 4, DENSE>(panels, cursor),
                    4 if S::TILE.0 == 4 => self.row::<S, N, 2, DENSE>(panels, cursor),
                    _ => self.row::<S, N, 1, DENSE>(panels, cursor),
                }
                cursor = cursor.behind(1);
            }
        }
    }

    /// Computes the first `left` rows, an even number.
    #[inline(always)]
    unsafe fn tiles<S: Simd, const N: usize, const DENSE: bool>(
        &self,
        panels: &[Panel],
        mut cursor: Cursor,
        mut left: usize,
    ) {
        // SAFETY: as this function; tiles take no more rows than are left.
        unsafe {
            if N == 1 {
                while S::TALL == 12 && left >= 12 {
                    self.tile::<S, 12, N, DENSE>(panels, cursor);
                    (cursor, left) = (cursor.behind(12), left - 12);
                }
                while S::TALL >= 8 && left >= 8 {
                    self.tile::<S, 8, N, DENSE>(panels, cursor);
                    (cursor, left) = (cursor.behind(8), left - 8);
                }
            }
            while S::TILE.1 == 6 && left >= 6 {
                self.tile::<S, 6, N, DENSE>(panels, cursor);
                (cursor, left) = (cursor.behind(6), left - 6);
            }
            while left >= 4 {
                self.tile::<S, 4, N, DENSE>(panels, cursor);
                (cursor, left) = (cursor.behind(4), left - 4);
            }
            while left >= 2 {
                self.tile::<S, 2, N, DENSE>(panels, cursor);
                (cursor, left) = (cursor.behind(2), left - 2);
            }
        }
    }

    /// Computes `M` rows of panels, from `cursor` on.
    ///
    /// In WebAssembly, where no instructions have to be chosen, this is a function of its own: engines
    /// keep the variables of a small function in registers.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    unsafe fn tile<S: Simd, const M: usize, const N: usize, const DENSE: bool>(
        &self,
        panels: &[Panel],
        mut cursor: Cursor,
    ) {
        let mut places = [(std::ptr::null(), std::ptr::null_mut()); M];
        for place in &mut places {
            // SAFETY: as this function.
            *place = unsafe { self.place(&panels[0], cursor) };
            cursor = cursor.behind(1);
        }
        for panel in panels {
            // SAFETY: the panel has a bias of `N` vectors.
            unsafe {
                let mut sums = [bias::<S, N>(panel); M];
                match &panel.factors {
                    Factors::Single(_) => {
                        self.sum::<S, f32, M, N, DENSE>(&places, &mut sums, panel);
                    }
                    Factors::Half(_) if S::LANES > 4 => {
                        self.sum::<S, u16, M, N, DENSE>(&places, &mut sums, panel);
                    }
                    Factors::Half(_) => unreachable!("{HALVED}"),
                }
                let is_plain = self.is_plain::<S, N>(panel);
                let mut m = 0;
                while m < M {
                    let results = places[m].1.add(panel.column);
                    match is_plain {
                        true => store::<S, N>(&sums[m], results),
                        false => self.finish::<S, N>(panel, &sums[m], results),
                    }
                    m += 1;
                }
            }
        }
    }

    /// Computes one row of panels that are alike, `G` of them side by side. One panel has too few sums:
    /// each addition would wait for the previous one. In WebAssembly a function of its own, as
    /// [`tile`](Self::tile).
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    unsafe fn row<S: Simd, const N: usize, const G: usize, const DENSE: bool>(
        &self,
        panels: &[Panel],
        cursor: Cursor,
    ) {
        let (groups, rest) = panels.as_chunks::<G>();
        for panels in groups {
            // SAFETY: the panels have `N` vectors, and the group and the rows of the first.
            unsafe {
                let (data, results) = self.place(&panels[0], cursor);
                let mut sums = [[S::splat(0.0); N]; G];
                let mut g = 0;
                while g < G {
                    sums[g] = bias::<S, N>(&panels[g]);
                    g += 1;
                }
                match &panels[0].factors {
                    Factors::Single(_) => {
                        self.sum_of_row::<S, f32, N, G, DENSE>(data, &mut sums, panels);
                    }
                    Factors::Half(_) if S::LANES > 4 => {
                        self.sum_of_row::<S, u16, N, G, DENSE>(data, &mut sums, panels);
                    }
                    Factors::Half(_) => unreachable!("{HALVED}"),
                }
                let mut g = 0;
                while g < G {
                    let (panel, results) = (&panels[g], results.add(panels[g].column));
                    match self.is_plain::<S, N>(panel) {
                        true => store::<S, N>(&sums[g], results),
                        false => self.finish::<S, N>(panel, &sums[g], results),
                    }
                    g += 1;
                }
            }
        }
        for panel in rest {
            // SAFETY: as this function.
            unsafe { self.tile::<S, 1, N, DENSE>(std::slice::from_ref(panel), cursor) };
        }
    }

    /// The data of the vector at `cursor`, and its results in the group of a panel.
    #[inline(always)]
    unsafe fn place(&self, panel: &Panel, cursor: Cursor) -> (*const f32, *mut f32) {
        let shape = &self.product.shape;
        let (data_group, result_group) = shape.groups[panel.group];
        let Cursor { row, at, .. } = cursor;
        // SAFETY: the row and the offsets are within what was checked.
        unsafe {
            let data = row * shape.data_row + shape.data.get_unchecked(at) + data_group;
            let results = row * shape.result_row + shape.results.get_unchecked(at) + result_group;
            (self.data.add(data), self.results.add(results))
        }
    }

    /// Adds the products of a panel's rows of weights.
    #[inline(always)]
    unsafe fn sum<S: Simd, F: Factor, const M: usize, const N: usize, const DENSE: bool>(
        &self,
        places: &[(*const f32, *mut f32); M],
        sums: &mut [[S::V; N]; M],
        panel: &Panel,
    ) {
        let depth = self.product.shape.depth.as_slice();
        let packed = F::all(&panel.factors).as_ptr();
        let Range { start: mut k, end } = panel.rows;
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

    /// [`sum`](Self::sum) for one row of panels whose rows of weights begin and end together.
    #[inline(always)]
    unsafe fn sum_of_row<S: Simd, F: Factor, const N: usize, const G: usize, const DENSE: bool>(
        &self,
        data: *const f32,
        sums: &mut [[S::V; N]; G],
        panels: &[Panel; G],
    ) {
        let depth = self.product.shape.depth.as_slice();
        let packed = panels.each_ref().map(|panel| F::all(&panel.factors).as_ptr());
        let Range { start: mut k, end } = panels[0].rows;
        while k < end {
            // SAFETY: as this function.
            unsafe {
                let offset = if DENSE { k } else { *depth.get_unchecked(k) };
                let x = S::splat(*data.add(offset));
                let mut g = 0;
                while g < G {
                    let mut n = 0;
                    while n < N {
                        let factor = F::load::<S>(packed[g].add((k * N + n) * S::LANES));
                        sums[g][n] = S::mul_add(factor, x, sums[g][n]);
                        n += 1;
                    }
                    g += 1;
                }
            }
            k += 1;
        }
    }

    /// Whether the sums of a panel are its results.
    #[inline(always)]
    fn is_plain<S: Simd, const N: usize>(&self, panel: &Panel) -> bool {
        self.product.activation == Activation::None
            && panel.slopes.is_none()
            && panel.columns == N * S::LANES
    }

    /// Writes the sums of a row of a panel, with slopes and activation.
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

/// Writes `N` vectors.
#[inline(always)]
unsafe fn store<S: Simd, const N: usize>(sums: &[S::V; N], results: *mut f32) {
    let mut n = 0;
    while n < N {
        // SAFETY: as this function.
        unsafe { S::store(results.add(n * S::LANES), sums[n]) };
        n += 1;
    }
}

/// The biases of a panel of `N` vectors.
#[inline(always)]
unsafe fn bias<S: Simd, const N: usize>(panel: &Panel) -> [S::V; N] {
    // SAFETY: as this function.
    unsafe {
        let mut bias = [S::splat(0.0); N];
        let mut n = 0;
        while n < N {
            bias[n] = S::load(panel.bias.as_ptr().add(n * S::LANES));
            n += 1;
        }
        bias
    }
}

/// A storage type of weights.
trait Factor: Sized {
    /// All weights of a panel that stores them so.
    fn all(factors: &Factors) -> &[Self];
    unsafe fn load<S: Simd>(from: *const Self) -> S::V;
}

impl Factor for f32 {
    #[inline(always)]
    fn all(factors: &Factors) -> &[f32] {
        match factors {
            Factors::Single(factors) => factors,
            Factors::Half(_) => unreachable!("all panels of a product store them alike"),
        }
    }

    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const f32) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load(from) }
    }
}

/// The bits of a float16.
impl Factor for u16 {
    #[inline(always)]
    fn all(factors: &Factors) -> &[u16] {
        match factors {
            Factors::Half(factors) => factors,
            Factors::Single(_) => unreachable!("all panels of a product store them alike"),
        }
    }

    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const u16) -> S::V {
        // SAFETY: as this function.
        unsafe { S::load_half(from) }
    }
}
