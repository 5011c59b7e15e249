//! Removes copies that are not needed: the plan that computes a tensor can write it directly to
//! where it would be copied.
//!
//! Such tensors are the parts of a concatenation, and tensors that are padded. All plans that write
//! or read the tensor are changed to use the other buffer, if their tables can express where the
//! tensor lies there.

use std::mem;

use super::moves::Tables;
use super::{Compiler, Tensors};
use crate::kernels::Runs;

/// The most offsets of one plan to analyse, and the most numbers of all tensors together: a small
/// file can declare more than fits in memory. Beyond that, tensors are copied.
const MOST_OFFSETS: usize = 1 << 16;
const MOST_NUMBERS: usize = 1 << 26;

/// The new places of a tensor's numbers in a row of another tensor's buffer.
pub(super) struct Move {
    from: usize,
    pub(super) to: usize,
    /// Floats per row of the other buffer.
    pub(super) row: usize,
    /// The new place of each float of the tensor's row; `None` for floats that are not copied.
    places: Vec<Option<usize>>,
    /// Set if the new place of every number is its old place plus this many floats.
    shift: Option<usize>,
}

impl Move {
    /// A move from the tensor `from` to the tensor `to`, with the floats per row of both. `numbers` are
    /// the old and the new place of each number. `None` if a number would get two places.
    pub(super) fn of(
        numbers: impl Iterator<Item = (usize, usize)>,
        [to, from]: [usize; 2],
        rows: [usize; 2],
    ) -> Option<Move> {
        let mut places = vec![None; rows[1]];
        for (own, new) in numbers {
            if places.get_mut(own)?.replace(new).is_some() {
                return None;
            }
        }
        let shift = places.first().copied().flatten();
        let is_shifted =
            |shift: &usize| places.iter().enumerate().all(|(at, place)| *place == Some(at + shift));
        let shift = shift.filter(is_shifted);
        Some(Move { from, to, row: rows[0], places, shift })
    }

    /// The floats in a row of the moved tensor.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it moves the given tensor.
    pub(super) fn is_of(&self, tensor: usize) -> bool {
        self.from == tensor
    }

    fn place(&self, at: usize) -> Option<usize> {
        *self.places.get(at)?
    }

    /// An offset is a sum of one number of each list. Returns the lists whose sums are the new
    /// offsets. The first list says where the numbers begin, and the others begin with 0. Returns
    /// `None` if no lists have these sums.
    pub(super) fn sums<const N: usize>(&self, lists: [&[usize]; N]) -> Option<[Vec<usize>; N]> {
        let mut moved = lists.map(<[usize]>::to_vec);
        if let Some(shift) = self.shift {
            moved[0].iter_mut().for_each(|offset| *offset += shift);
            return Some(moved);
        }
        let count = lists.iter().map(|list| list.len()).try_fold(1, usize::checked_mul)?;
        if count > MOST_OFFSETS {
            return None;
        }
        let firsts: Vec<usize> =
            lists.iter().map(|list| list.first().copied()).collect::<Option<_>>()?;
        let first = firsts.iter().sum::<usize>();
        for (at, (moved, own)) in moved.iter_mut().zip(firsts).enumerate() {
            let base = if at == 0 { 0 } else { self.place(first)? };
            for offset in moved {
                *offset = self.place(first - own + *offset)?.checked_sub(base)?;
            }
        }
        let old = all_sums(lists.iter().copied());
        let new = all_sums(moved.iter().map(Vec::as_slice));
        old.into_iter().zip(new).all(|(old, new)| self.place(old) == Some(new)).then_some(moved)
    }

    /// The new offsets of vectors of `len` numbers. `None` if the numbers of a vector do not stay
    /// side by side.
    pub(super) fn vectors(&self, offsets: &[usize], len: usize) -> Option<Vec<usize>> {
        let side_by_side: Vec<usize> = (0..len).collect();
        let [offsets, within] = self.sums([offsets, &side_by_side])?;
        (within == side_by_side).then_some(offsets)
    }

    /// The length of the pieces of runs whose numbers keep their distances: `len`, or a divisor of
    /// it.
    pub(super) fn unbroken(&self, runs: &Runs, len: usize) -> Option<usize> {
        if runs.step == 0 || self.shift.is_some() {
            return Some(len);
        }
        let of_run = |offset: &usize| {
            let first = self.place(*offset)?;
            let is_there =
                |at: &usize| self.place(offset + at * runs.step) == Some(first + at * runs.step);
            Some((0..len).take_while(is_there).count())
        };
        let least = runs.offsets.iter().map(of_run).min()??;
        len.is_multiple_of(least).then_some(least)
    }

    /// The moved runs of `len` numbers. `None` if the distances within a run change.
    pub(super) fn runs(&self, runs: &Runs, len: usize) -> Option<Runs> {
        let within: Vec<usize> = (0..len).map(|at| at * runs.step).collect();
        let [offsets, still] = self.sums([&runs.offsets, &within])?;
        (still == within).then_some(Runs { row: self.row, offsets, step: runs.step })
    }
}

/// All sums of one number from each list.
fn all_sums<'l>(lists: impl Iterator<Item = &'l [usize]>) -> Vec<usize> {
    lists.fold(vec![0], |sums, list| {
        sums.into_iter().flat_map(|sum| list.iter().map(move |part| sum + part)).collect()
    })
}

impl Compiler<'_> {
    /// Removes copies that are not needed in a program whose outputs are the tensors `outputs`.
    pub(super) fn without_copies(&mut self, outputs: &[usize]) {
        // The plans that write or read each tensor.
        let mut touching: Vec<Vec<usize>> = vec![vec![]; self.buffers.len()];
        for (at, plan) in self.plans.iter().enumerate() {
            plan.touches().into_iter().for_each(|tensor| touching[tensor].push(at));
        }
        let mut is_needed = vec![true; self.plans.len()];
        let mut left = MOST_NUMBERS;
        for at in 0..is_needed.len() {
            let Some(moved) = self.copy_as_move(at, outputs) else { continue };
            let mut others = mem::take(&mut touching[moved.from]);
            others.retain(|&other| other != at && is_needed[other]);
            let Some(rest) = left.checked_sub((others.len() + 1) * moved.len()) else { break };
            left = rest;
            let tables: Option<Vec<Tables>> =
                others.iter().map(|&other| self.plans[other].moved(&moved)).collect();
            let Some(tables) = tables else {
                others.push(at);
                touching[moved.from] = others;
                continue;
            };
            for (&other, tables) in others.iter().zip(tables) {
                self.plans[other].set(tables, &moved);
            }
            is_needed[at] = false;
            let there = &mut touching[moved.to];
            there.extend(others);
            there.sort_unstable();
            there.dedup();
        }
        self.keep_needed(is_needed);
    }

    /// The move that a plan does, if the plan copies a tensor that is neither input nor output.
    fn copy_as_move(&self, at: usize, outputs: &[usize]) -> Option<Move> {
        let copy = self.plans[at].copied()?;
        let (data, result) = (copy.data, copy.result);
        let Tensors { row, fill } = self.buffers[data];
        let is_given = self.inputs.values().any(|&input| input == data);
        if fill.is_some() || data == result || outputs.contains(&data) || is_given {
            return None;
        }
        let numbers = copy.pairs().map(|(to, from)| (from, to));
        Move::of(numbers, [result, data], [self.buffers[result].row, row])
    }
}
