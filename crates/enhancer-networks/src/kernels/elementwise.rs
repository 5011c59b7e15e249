//! What is done to each number by itself, and moving numbers to other places.

use super::math::{logarithm, sigmoid, tanh};
use super::simd::Simd;
use super::{Isa, Kernel};

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The natural one.
    Logarithm,
}

/// A function of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Larger,
    Smaller,
}

/// Where an operand's runs of numbers begin in a row, and whether a run is numbers side
/// by side (1), one number again and again (0), or further apart.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    /// Floats of a row; 0 if all rows are the same.
    pub(crate) row: usize,
    pub(crate) offsets: Vec<usize>,
    pub(crate) step: usize,
}

/// A function of each number of one or two operands.
#[derive(Debug)]
pub(crate) struct Elementwise {
    isa: Isa,
    function: Function,
    /// The results, then the operands; all have as many runs.
    results: Runs,
    operands: [Runs; 2],
    /// Numbers of a run.
    len: usize,
    /// How many floats of a row of the results and of the operands are touched.
    reach: [usize; 3],
}

#[derive(Clone, Copy, Debug)]
enum Function {
    Unary(Unary),
    Binary(Binary),
}

impl Runs {
    /// How many floats of a row are touched.
    fn reach(&self, len: usize) -> usize {
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

    /// Computes all of `rows` rows. A function of one number takes the first operand.
    ///
    /// # Panics
    /// If an operand or `results` does not hold them.
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
        // The function is chosen here, so that each gets a loop of its own.
        // SAFETY: `Elementwise::run` has checked the lengths.
        unsafe {
            match self.elementwise.function {
                Function::Unary(Unary::Same) => self.each::<S, Same>(),
                Function::Unary(Unary::Sigmoid) => self.each::<S, Sigmoid>(),
                Function::Unary(Unary::Tanh) => self.each::<S, Tanh>(),
                Function::Unary(Unary::Square) => self.each::<S, Square>(),
                Function::Unary(Unary::Root) => self.each::<S, Root>(),
                Function::Unary(Unary::Reciprocal) => self.each::<S, Reciprocal>(),
                Function::Unary(Unary::ReciprocalRoot) => self.each::<S, ReciprocalRoot>(),
                Function::Unary(Unary::Absolute) => self.each::<S, Absolute>(),
                Function::Unary(Unary::Negative) => self.each::<S, Negative>(),
                Function::Unary(Unary::Logarithm) => self.each::<S, Logarithm>(),
                Function::Binary(Binary::Add) => self.each::<S, Add>(),
                Function::Binary(Binary::Subtract) => self.each::<S, Subtract>(),
                Function::Binary(Binary::Multiply) => self.each::<S, Multiply>(),
                Function::Binary(Binary::Divide) => self.each::<S, Divide>(),
                Function::Binary(Binary::Larger) => self.each::<S, Larger>(),
                Function::Binary(Binary::Smaller) => self.each::<S, Smaller>(),
            }
        }
    }
}

/// A function as a type, since closures are not inlined where instructions are chosen.
trait Of {
    unsafe fn of<S: Simd>(a: S::V, b: S::V) -> S::V;
}

macro_rules! functions {
    ($($name:ident($a:ident, $b:ident) = $value:expr;)*) => {$(
        struct $name;

        impl Of for $name {
            #[inline(always)]
            unsafe fn of<S: Simd>($a: S::V, $b: S::V) -> S::V {
                // SAFETY: as this function.
                #[allow(unused_unsafe, reason = "one does nothing")]
                unsafe { $value }
            }
        }
    )*};
}

functions! {
    Same(a, _b) = a;
    Sigmoid(a, _b) = sigmoid::<S>(a);
    Tanh(a, _b) = tanh::<S>(a);
    Square(a, _b) = S::mul(a, a);
    Root(a, _b) = S::sqrt(a);
    Reciprocal(a, _b) = S::div(S::splat(1.0), a);
    ReciprocalRoot(a, _b) = S::div(S::splat(1.0), S::sqrt(a));
    Absolute(a, _b) = S::max(a, S::sub(S::splat(0.0), a));
    Negative(a, _b) = S::sub(S::splat(0.0), a);
    Logarithm(a, _b) = logarithm::<S>(a);
    Add(a, b) = S::add(a, b);
    Subtract(a, b) = S::sub(a, b);
    Multiply(a, b) = S::mul(a, b);
    Divide(a, b) = S::div(a, b);
    Larger(a, b) = S::max(a, b);
    Smaller(a, b) = S::min(a, b);
}

impl Run<'_> {
    #[inline(always)]
    unsafe fn each<S: Simd, F: Of>(&self) {
        let Elementwise { results, operands: [a, b], .. } = self.elementwise;
        for row in 0..self.rows {
            for run in 0..results.offsets.len() {
                // SAFETY: as this function.
                unsafe {
                    let from = [
                        self.operands[0].add(row * a.row + a.offsets[run]),
                        self.operands[1].add(row * b.row + b.offsets[run]),
                    ];
                    let to = self.results.add(row * results.row + results.offsets[run]);
                    self.one_run::<S, F>(from, to);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn one_run<S: Simd, F: Of>(&self, from: [*const f32; 2], to: *mut f32) {
        let Elementwise { results, operands: [a, b], len, .. } = self.elementwise;
        let mut at = 0;
        // SAFETY: as this function.
        unsafe {
            if results.step == 1 && a.step <= 1 && b.step <= 1 {
                while at + S::LANES <= *len {
                    let a = vector::<S>(from[0], a.step, at);
                    let b = vector::<S>(from[1], b.step, at);
                    S::store(to.add(at), F::of::<S>(a, b));
                    at += S::LANES;
                }
                if at < *len {
                    let a = part::<S>(from[0], a.step, at, len - at);
                    let b = part::<S>(from[1], b.step, at, len - at);
                    S::store_part(to.add(at), F::of::<S>(a, b), len - at);
                }
                return;
            }
            // What is not side by side goes through an array.
            while at < *len {
                let count = S::LANES.min(len - at);
                let a = gathered::<S>(from[0], a.step, at, count);
                let b = gathered::<S>(from[1], b.step, at, count);
                let mut made = [0.0; 16];
                S::store(made.as_mut_ptr(), F::of::<S>(a, b));
                for (made, at) in made[..count].iter().zip(at..) {
                    *to.add(at * results.step) = *made;
                }
                at += count;
            }
        }
    }
}

#[inline(always)]
unsafe fn vector<S: Simd>(from: *const f32, step: usize, at: usize) -> S::V {
    // SAFETY: as this function.
    unsafe { if step == 1 { S::load(from.add(at)) } else { S::splat(*from) } }
}

#[inline(always)]
unsafe fn part<S: Simd>(from: *const f32, step: usize, at: usize, count: usize) -> S::V {
    // SAFETY: as this function.
    unsafe { if step == 1 { S::load_part(from.add(at), count) } else { S::splat(*from) } }
}

#[inline(always)]
unsafe fn gathered<S: Simd>(from: *const f32, step: usize, at: usize, count: usize) -> S::V {
    let mut values = [1.0; 16];
    // SAFETY: as this function.
    unsafe {
        for (value, at) in values[..count].iter_mut().zip(at..) {
            *value = *from.add(at * step);
        }
        S::load(values.as_ptr())
    }
}
