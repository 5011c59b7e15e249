//! Copies of numbers between any places.

use super::simd::{Portable, Simd};
use super::{Isa, Kernel};

/// The target and the source place of a number.
pub(crate) type Pair = (u32, u32);

/// The copies within a row. A run of numbers is copied in pieces of 16, 8, 4, 2 or 1. The last piece
/// of a run may overlap the one before and copy some numbers twice.
#[derive(Debug)]
pub(crate) struct Copies {
    isa: Isa,
    data_row: usize,
    result_row: usize,
    /// The first number of each piece, by the size of the pieces from 16 down to 1.
    pieces: [Vec<Pair>; 5],
    /// How many floats of a row of data and of results are accessed.
    reach: (usize, usize),
}

impl Copies {
    /// `pairs` must be in the order of their targets.
    pub(crate) fn new(isa: Isa, pairs: &[Pair], data_row: usize, result_row: usize) -> Copies {
        let mut pieces = [const { vec![] }; 5];
        for run in runs(pairs) {
            cut(&mut pieces, run);
        }
        let reach =
            |of: fn(&Pair) -> u32| pairs.iter().map(of).max().map_or(0, |far| far as usize + 1);
        Copies {
            isa,
            data_row,
            result_row,
            pieces,
            reach: (reach(|pair| pair.1), reach(|pair| pair.0)),
        }
    }

    /// Copies `rows` rows.
    ///
    /// # Panics
    /// If `data` or `results` are too short.
    pub(crate) fn run(&self, rows: usize, data: &[f32], results: &mut [f32]) {
        if rows == 0 {
            return;
        }
        assert!(data.len() >= (rows - 1) * self.data_row + self.reach.0, "data are too short");
        let needed = (rows - 1) * self.result_row + self.reach.1;
        assert!(results.len() >= needed, "results are too short");
        let (data, results) = (data.as_ptr(), results.as_mut_ptr());
        self.isa.run(Run { copies: self, rows, data, results });
    }
}

/// Runs of numbers that lie side by side both before and after the copy.
pub(crate) fn runs(pairs: &[Pair]) -> impl Iterator<Item = &[Pair]> {
    // Differences may wrap: they are only compared.
    let distance = |pair: &Pair| pair.0.wrapping_sub(pair.1);
    pairs.chunk_by(move |a, b| a.0 + 1 == b.0 && distance(a) == distance(b))
}

/// Adds the pieces of a run.
fn cut(pieces: &mut [Vec<Pair>; 5], run: &[Pair]) {
    for (size, pieces) in [16, 8, 4, 2, 1].into_iter().zip(pieces) {
        if run.len() >= size {
            let firsts = (0..run.len()).step_by(size).map(|at| at.min(run.len() - size));
            return pieces.extend(firsts.map(|at| run[at]));
        }
    }
}

struct Run<'c> {
    copies: &'c Copies,
    rows: usize,
    data: *const f32,
    results: *mut f32,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Copies { data_row, result_row, pieces, .. } = self.copies;
        for row in 0..self.rows {
            // SAFETY: `Copies::run` has checked the lengths.
            unsafe {
                let (from, to) =
                    (self.data.add(row * data_row), self.results.add(row * result_row));
                each::<S, 16>(&pieces[0], from, to);
                each::<S, 8>(&pieces[1], from, to);
                each::<S, 4>(&pieces[2], from, to);
                each::<S, 2>(&pieces[3], from, to);
                each::<S, 1>(&pieces[4], from, to);
            }
        }
    }
}

/// Copies pieces of `L` numbers.
#[inline(always)]
unsafe fn each<S: Simd, const L: usize>(pieces: &[Pair], from: *const f32, to: *mut f32) {
    for &(result, data) in pieces {
        // SAFETY: as this function.
        unsafe {
            let (from, to) = (from.add(data as usize), to.add(result as usize));
            if S::LANES <= L {
                vectors::<S, L>(from, to);
            } else if Portable::LANES <= L {
                vectors::<Portable, L>(from, to);
            } else {
                to.cast::<[f32; L]>().write_unaligned(from.cast::<[f32; L]>().read_unaligned());
            }
        }
    }
}

#[inline(always)]
unsafe fn vectors<S: Simd, const L: usize>(from: *const f32, to: *mut f32) {
    let mut at = 0;
    while at < L {
        // SAFETY: as this function; a vector's lanes divide `L`.
        unsafe { S::store(to.add(at), S::load(from.add(at))) };
        at += S::LANES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_cut_into_few_pieces_that_stay_within() {
        for len in 1u32..70 {
            let run: Vec<Pair> = (0..len).map(|at| (at + 3, at + 5)).collect();
            let mut pieces = [const { vec![] }; 5];
            cut(&mut pieces, &run);
            let mut copied = vec![false; len as usize];
            let mut count = 0;
            for (size, firsts) in [16, 8, 4, 2, 1].into_iter().zip(&pieces) {
                for &(result, data) in firsts {
                    assert_eq!(result + 2, data);
                    copied[result as usize - 3..][..size].fill(true);
                    count += 1;
                }
            }
            assert!(copied.iter().all(|it| *it), "{len}: {pieces:?}");
            assert!(count <= (len as usize).div_ceil(16).max(2), "{len}: {pieces:?}");
        }
    }

    #[test]
    fn runs_end_where_a_number_lies_elsewhere() {
        let pairs = [(0, 4), (1, 5), (2, 5), (4, 7), (5, 8), (6, 2)];
        let lens: Vec<usize> = runs(&pairs).map(<[Pair]>::len).collect();
        assert_eq!(lens, [2, 1, 2, 1]);
    }
}
