//! Elementwise functions, and copies of numbers to other places.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::math::{logarithm, sigmoid, tanh};
use super::simd::{Portable, Simd};
use super::{Isa, Kernel};

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unary {
    /// The number itself: a copy.
    Same,
    Sigmoid,
    Tanh,
    Square,
    Root,
    Reciprocal,
    ReciprocalRoot,
    Absolute,
    Negative,
    /// The natural logarithm.
    Logarithm,
}

/// A function of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Larger,
    Smaller,
}

/// Where an operand's runs of numbers begin in a row. `step` is the distance between the numbers
/// of a run: 1 if they lie side by side, 0 for the same number again and again, or more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Runs {
    /// Floats per row; 0 if all rows are the same.
    pub(crate) row: usize,
    pub(crate) offsets: Vec<usize>,
    pub(crate) step: usize,
}

/// A function of each number of one or two operands.
#[derive(Debug)]
pub(crate) struct Elementwise {
    isa: Isa,
    function: Function,
    /// The results, then the operands. All have the same number of runs.
    results: Runs,
    operands: [Runs; 2],
    /// Numbers per run.
    len: usize,
    /// How many floats of a row of the results and of the operands are accessed.
    reach: [usize; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Function {
    Unary(Unary),
    Binary(Binary),
}

impl Runs {
    /// How many floats of a row are accessed.
    pub(super) fn reach(&self, len: usize) -> usize {
        self.offsets.iter().copied().max().unwrap_or(0) + (len - 1) * self.step + 1
    }
}

impl Elementwise {
    pub(crate) fn unary(
        isa: Isa,
        function: Unary,
        results: Runs,
        operand: Runs,
        len: usize,
    ) -> Self {
        let operands = [operand.clone(), operand];
        Elementwise::new(isa, Function::Unary(function), results, operands, len)
    }

    pub(crate) fn binary(
        isa: Isa,
        function: Binary,
        results: Runs,
        operands: [Runs; 2],
        len: usize,
    ) -> Self {
        Elementwise::new(isa, Function::Binary(function), results, operands, len)
    }

    fn new(isa: Isa, function: Function, results: Runs, operands: [Runs; 2], len: usize) -> Self {
        assert!(len > 0);
        assert!(operands.iter().all(|runs| runs.offsets.len() == results.offsets.len()));
        let reach = [&results, &operands[0], &operands[1]].map(|runs| runs.reach(len));
        Elementwise { isa, function, results, operands, len, reach }
    }

    /// Computes `rows` rows. A function of one number uses only the first operand.
    ///
    /// # Panics
    /// If an operand or `results` is too short.
    pub(crate) fn run(&self, rows: usize, operands: [&[f32]; 2], results: &mut [f32]) {
        if rows == 0 || self.results.offsets.is_empty() {
            return;
        }
        let [of_results, of_operands @ ..] = self.reach;
        for ((operand, runs), reach) in operands.iter().zip(&self.operands).zip(of_operands) {
            assert!(operand.len() >= (rows - 1) * runs.row + reach, "an operand is too short");
        }
        let needed = (rows - 1) * self.results.row + of_results;
        assert!(results.len() >= needed, "results are too short");
        let operands = operands.map(<[f32]>::as_ptr);
        let results = results.as_mut_ptr();
        self.isa.run(Run { elementwise: self, rows, operands, results });
    }
}

struct Run<'e> {
    elementwise: &'e Elementwise,
    rows: usize,
    operands: [*const f32; 2],
    results: *mut f32,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: `Elementwise::run` has checked the lengths.
        unsafe { self.elementwise.function.choose(Each::<S>(self, PhantomData)) }
    }
}

/// Work that is generic over the function.
pub(super) trait Chosen {
    type Made;

    unsafe fn with<F: Of>(self) -> Self::Made;
}

impl Function {
    /// Runs `chosen` with the function as a type, so that each function gets its own loop.
    #[inline(always)]
    pub(super) unsafe fn choose<C: Chosen>(self, chosen: C) -> C::Made {
        // SAFETY: as this function.
        unsafe {
            match self {
                Function::Unary(Unary::Same) => chosen.with::<Same>(),
                Function::Unary(Unary::Sigmoid) => chosen.with::<Sigmoid>(),
                Function::Unary(Unary::Tanh) => chosen.with::<Tanh>(),
                Function::Unary(Unary::Square) => chosen.with::<Square>(),
                Function::Unary(Unary::Root) => chosen.with::<Root>(),
                Function::Unary(Unary::Reciprocal) => chosen.with::<Reciprocal>(),
                Function::Unary(Unary::ReciprocalRoot) => chosen.with::<ReciprocalRoot>(),
                Function::Unary(Unary::Absolute) => chosen.with::<Absolute>(),
                Function::Unary(Unary::Negative) => chosen.with::<Negative>(),
                Function::Unary(Unary::Logarithm) => chosen.with::<Logarithm>(),
                Function::Binary(Binary::Add) => chosen.with::<Add>(),
                Function::Binary(Binary::Subtract) => chosen.with::<Subtract>(),
                Function::Binary(Binary::Multiply) => chosen.with::<Multiply>(),
                Function::Binary(Binary::Divide) => chosen.with::<Divide>(),
                Function::Binary(Binary::Larger) => chosen.with::<Larger>(),
                Function::Binary(Binary::Smaller) => chosen.with::<Smaller>(),
            }
        }
    }
}

/// All runs of a kernel.
struct Each<'e, S>(Run<'e>, PhantomData<S>);

impl<S: Simd> Chosen for Each<'_, S> {
    type Made = ();

    #[inline(always)]
    unsafe fn with<F: Of>(self) {
        // SAFETY: as this function.
        unsafe { self.0.each::<S, F>() }
    }
}

/// A function as a type, since closures are not inlined where instructions are chosen.
pub(super) trait Of {
    /// Whether [`one`](Of::one) is as fast as a part of a vector.
    const BY_ONE: bool;

    unsafe fn of<S: Simd>(a: S::V, b: S::V) -> S::V;

    fn one(a: f32, b: f32) -> f32;
}

macro_rules! functions {
    ($($name:ident($a:ident, $b:ident) = $value:expr $(, one = $one:expr)?;)*) => {$(
        pub(super) struct $name;

        impl Of for $name {
            const BY_ONE: bool = functions!(@is $($one)?);

            #[inline(always)]
            unsafe fn of<S: Simd>($a: S::V, $b: S::V) -> S::V {
                // SAFETY: as this function.
                #[allow(unused_unsafe, reason = "one does nothing")]
                unsafe { $value }
            }

            #[inline(always)]
            fn one($a: f32, $b: f32) -> f32 {
                functions!(@one $a, $b, $($one)?)
            }
        }
    )*};
    (@is) => { false };
    (@is $one:expr) => { true };
    (@one $a:ident, $b:ident,) => {{
        let _ = ($a, $b);
        unreachable!("it goes through vectors")
    }};
    (@one $a:ident, $b:ident, $one:expr) => { $one };
}

functions! {
    Same(a, _b) = a, one = a;
    Sigmoid(a, _b) = sigmoid::<S>(a);
    Tanh(a, _b) = tanh::<S>(a);
    Square(a, _b) = S::mul(a, a), one = a * a;
    Root(a, _b) = S::sqrt(a), one = a.sqrt();
    Reciprocal(a, _b) = S::div(S::splat(1.0), a), one = 1.0 / a;
    ReciprocalRoot(a, _b) = S::div(S::splat(1.0), S::sqrt(a)), one = 1.0 / a.sqrt();
    Absolute(a, _b) = S::max(a, S::sub(S::splat(0.0), a)), one = a.abs();
    Negative(a, _b) = S::sub(S::splat(0.0), a), one = 0.0 - a;
    Logarithm(a, _b) = logarithm::<S>(a), one = a.ln();
    Add(a, b) = S::add(a, b), one = a + b;
    Subtract(a, b) = S::sub(a, b), one = a - b;
    Multiply(a, b) = S::mul(a, b), one = a * b;
    Divide(a, b) = S::div(a, b), one = a / b;
    // For a number and NaN, the result depends on the machine.
    Larger(a, b) = S::max(a, b);
    Smaller(a, b) = S::min(a, b);
}

impl Run<'_> {
    /// All runs have the same layout, and each layout has a loop of its own.
    #[inline(always)]
    unsafe fn each<S: Simd, F: Of>(&self) {
        let Elementwise { results, operands: [a, b], .. } = self.elementwise;
        // SAFETY: as this function.
        unsafe {
            match [results.step, a.step, b.step] {
                [1, 1, 1] => self.runs::<S, F, SideBySide<1, 1>>(),
                [1, 1, 0] => self.runs::<S, F, SideBySide<1, 0>>(),
                [1, 0, 1] => self.runs::<S, F, SideBySide<0, 1>>(),
                _ => self.runs::<S, F, Apart>(),
            }
        }
    }

    /// In WebAssembly a function of its own: see the tiles of a product.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    unsafe fn runs<S: Simd, F: Of, L: Layout>(&self) {
        let Elementwise { results, operands: [a, b], len, .. } = self.elementwise;
        let (len, steps) = (*len, [results.step, a.step, b.step]);
        for row in 0..self.rows {
            // SAFETY: as this function.
            unsafe {
                let to = self.results.add(row * results.row);
                let from = [self.operands[0].add(row * a.row), self.operands[1].add(row * b.row)];
                for ((result, a), b) in results.offsets.iter().zip(&a.offsets).zip(&b.offsets) {
                    let from = [from[0].add(*a), from[1].add(*b)];
                    L::run::<S, F>(from, to.add(*result), len, steps);
                }
            }
        }
    }
}

/// The layout of the numbers of a run.
trait Layout {
    /// Computes a run of `len` numbers, `steps` apart in the results and the operands.
    unsafe fn run<S: Simd, F: Of>(
        from: [*const f32; 2],
        to: *mut f32,
        len: usize,
        steps: [usize; 3],
    );
}

/// Results side by side. Each operand is side by side too (1), or one number for a whole run (0).
pub(super) struct SideBySide<const A: usize, const B: usize>;

/// At any distances.
struct Apart;

impl<const A: usize, const B: usize> Layout for SideBySide<A, B> {
    #[inline(always)]
    unsafe fn run<S: Simd, F: Of>(from: [*const f32; 2], to: *mut f32, len: usize, _: [usize; 3]) {
        // SAFETY: as this function.
        unsafe {
            if len >= S::LANES {
                Self::vectors::<S, F>(from, to, len);
            } else if len >= Portable::LANES {
                Self::vectors::<Portable, F>(from, to, len);
            } else {
                Apart::run::<S, F>(from, to, len, [1, A, B]);
            }
        }
    }
}

impl<const A: usize, const B: usize> SideBySide<A, B> {
    /// Computes at least as many numbers as a vector has. The last vector may overlap the one before
    /// and compute some results twice. This is correct because results and operands never overlap.
    #[inline(always)]
    pub(super) unsafe fn vectors<S: Simd, F: Of>(from: [*const f32; 2], to: *mut f32, len: usize) {
        let last = len - S::LANES;
        let mut at = 0;
        // SAFETY: as this function; no vector begins after the last one.
        unsafe {
            while at < last {
                Self::vector::<S, F>(from, to, at);
                at += S::LANES;
            }
            Self::vector::<S, F>(from, to, last);
        }
    }

    #[inline(always)]
    unsafe fn vector<S: Simd, F: Of>(from: [*const f32; 2], to: *mut f32, at: usize) {
        // SAFETY: as this function.
        unsafe {
            let a = if A == 1 { S::load(from[0].add(at)) } else { S::splat(*from[0]) };
            let b = if B == 1 { S::load(from[1].add(at)) } else { S::splat(*from[1]) };
            S::store(to.add(at), F::of::<S>(a, b));
        }
    }
}

impl Layout for Apart {
    #[inline(always)]
    unsafe fn run<S: Simd, F: Of>(
        from: [*const f32; 2],
        to: *mut f32,
        len: usize,
        steps: [usize; 3],
    ) {
        let mut at = 0;
        // SAFETY: as this function; no vector has more than 16 numbers.
        unsafe {
            if F::BY_ONE {
                for at in 0..len {
                    let (a, b) = (*from[0].add(at * steps[1]), *from[1].add(at * steps[2]));
                    *to.add(at * steps[0]) = F::one(a, b);
                }
                return;
            }
            while at < len {
                let count = S::LANES.min(len - at);
                let a = gathered::<S>(from[0], steps[1], at, count);
                let b = gathered::<S>(from[1], steps[2], at, count);
                let mut made = [0.0; 16];
                S::store(made.as_mut_ptr(), F::of::<S>(a, b));
                for (n, made) in made[..count].iter().enumerate() {
                    *to.add((at + n) * steps[0]) = *made;
                }
                at += count;
            }
        }
    }
}

/// Computes `count` numbers from the one at `at` on, some steps apart.
#[inline(always)]
unsafe fn gathered<S: Simd>(from: *const f32, step: usize, at: usize, count: usize) -> S::V {
    let mut values = [1.0; 16];
    // SAFETY: as this function; no vector has more than 16 numbers.
    unsafe {
        for (value, at) in values[..count].iter_mut().zip(at..) {
            *value = *from.add(at * step);
        }
        S::load(values.as_ptr())
    }
}
