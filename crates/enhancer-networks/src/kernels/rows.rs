//! Functions of runs of numbers that lie side by side.

use super::simd::Simd;
use super::{Isa, Kernel};

/// Runs of numbers that lie side by side.
#[derive(Clone, Debug)]
pub(crate) struct RowKernel {
    pub(crate) isa: Isa,
    pub(crate) data_row: usize,
    pub(crate) result_row: usize,
    /// Where each run begins, and where its result or results go.
    pub(crate) data: Vec<usize>,
    pub(crate) results: Vec<usize>,
    /// Numbers per run.
    pub(crate) len: usize,
}

/// The sum of each run, or the mean of its squares.
#[derive(Debug)]
pub(crate) struct RowSum {
    pub(crate) runs: RowKernel,
    pub(crate) of_squares: bool,
}

/// Divides each run by the root of the mean of its squares, with `epsilon` added to the mean.
#[derive(Debug)]
pub(crate) struct RootMeanSquare {
    pub(crate) runs: RowKernel,
    pub(crate) epsilon: f32,
}

impl RowKernel {
    /// Checks the lengths of the slices. `rows` must be at least 1.
    fn check(&self, rows: usize, data: &[f32], results: &[f32], result_len: usize) {
        assert_eq!(self.data.len(), self.results.len());
        let furthest = |offsets: &[usize]| offsets.iter().copied().max().unwrap_or(0);
        let reach = (rows - 1) * self.data_row + furthest(&self.data) + self.len;
        assert!(data.len() >= reach, "data are too short");
        let reach = (rows - 1) * self.result_row + furthest(&self.results) + result_len;
        assert!(results.len() >= reach, "results are too short");
    }
}

impl RowSum {
    /// Computes all of `rows` rows.
    ///
    /// # Panics
    /// If `data` or `results` do not hold them.
    pub(crate) fn run(&self, rows: usize, data: &[f32], results: &mut [f32]) {
        if rows == 0 {
            return;
        }
        self.runs.check(rows, data, results, 1);
        let (data, results) = (data.as_ptr(), results.as_mut_ptr());
        let made = if self.of_squares { Made::MeanOfSquares } else { Made::Sum };
        self.runs.isa.run(Run { runs: &self.runs, rows, data, results, made });
    }
}

impl RootMeanSquare {
    /// Computes all of `rows` rows.
    ///
    /// # Panics
    /// If `data` or `results` do not hold them.
    pub(crate) fn run(&self, rows: usize, data: &[f32], results: &mut [f32]) {
        if rows == 0 {
            return;
        }
        self.runs.check(rows, data, results, self.runs.len);
        let (data, results) = (data.as_ptr(), results.as_mut_ptr());
        let made = Made::RootMeanSquare { epsilon: self.epsilon };
        self.runs.isa.run(Run { runs: &self.runs, rows, data, results, made });
    }
}

struct Run<'r> {
    runs: &'r RowKernel,
    rows: usize,
    data: *const f32,
    results: *mut f32,
    made: Made,
}

/// What is computed from a run.
#[derive(Clone, Copy)]
enum Made {
    Sum,
    MeanOfSquares,
    RootMeanSquare { epsilon: f32 },
}

impl Kernel for Run<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let runs = self.runs;
        for row in 0..self.rows {
            for (data, results) in runs.data.iter().zip(&runs.results) {
                // SAFETY: `check` was called.
                unsafe {
                    let data = self.data.add(row * runs.data_row + data);
                    let results = self.results.add(row * runs.result_row + results);
                    match self.made {
                        Made::Sum => *results = sum::<S, false>(data, runs.len),
                        Made::MeanOfSquares => {
                            *results = sum::<S, true>(data, runs.len) / runs.len as f32;
                        }
                        Made::RootMeanSquare { epsilon } => {
                            let squares = sum::<S, true>(data, runs.len);
                            let scale = 1.0 / (squares / runs.len as f32 + epsilon).sqrt();
                            for at in 0..runs.len {
                                *results.add(at) = *data.add(at) * scale;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The sum of some numbers, or of their squares.
#[inline(always)]
unsafe fn sum<S: Simd, const SQUARES: bool>(data: *const f32, len: usize) -> f32 {
    // SAFETY: as this function.
    unsafe {
        // A long run is summed in four sums, so that no addition waits for the previous one.
        let mut sums = [S::splat(0.0); 4];
        let mut at = 0;
        while at + 4 * S::LANES <= len {
            let mut n = 0;
            while n < 4 {
                let x = S::load(data.add(at + n * S::LANES));
                sums[n] = if SQUARES { S::mul_add(x, x, sums[n]) } else { S::add(sums[n], x) };
                n += 1;
            }
            at += 4 * S::LANES;
        }
        let mut sum = S::add(S::add(sums[0], sums[1]), S::add(sums[2], sums[3]));
        while at < len {
            let x = match len - at {
                left if left < S::LANES => S::load_part(data.add(at), left),
                _ => S::load(data.add(at)),
            };
            sum = if SQUARES { S::mul_add(x, x, sum) } else { S::add(sum, x) };
            at += S::LANES;
        }
        let mut part = [0.0; 16];
        S::store(part.as_mut_ptr(), sum);
        part[..S::LANES].iter().sum()
    }
}
