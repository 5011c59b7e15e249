//! Plans after a tensor has moved to another buffer.

use super::copies::Move;
use crate::kernels::{Activation, DepthwiseShape, ProductShape, Runs};
use crate::plan::{Plan, RowPlan, Source};

/// The tables of a plan that describe where its operands and results lie.
pub(super) enum Tables {
    Product(ProductShape),
    Depthwise(DepthwiseShape),
    Unary([Runs; 2], usize),
    Binary([Runs; 3], usize),
    Rows(RowPlan),
}

impl ProductShape {
    fn moved(&self, to: &Move, writes: bool) -> Option<ProductShape> {
        let mut shape = self.clone();
        if writes {
            let groups: Vec<usize> = self.groups.iter().map(|group| group.1).collect();
            let columns: Vec<usize> = (0..self.width).collect();
            let [results, groups, width] = to.sums([&self.results, &groups, &columns])?;
            if width != columns {
                return None;
            }
            (shape.results, shape.result_row) = (results, to.row);
            shape.groups.iter_mut().zip(groups).for_each(|(own, new)| own.1 = new);
        } else {
            let groups: Vec<usize> = self.groups.iter().map(|group| group.0).collect();
            let [data, groups, depth] = to.sums([&self.data, &groups, &self.depth])?;
            (shape.data, shape.depth, shape.data_row) = (data, depth, to.row);
            shape.groups.iter_mut().zip(groups).for_each(|(own, new)| own.0 = new);
        }
        Some(shape)
    }
}

impl DepthwiseShape {
    fn moved(&self, to: &Move, writes: bool) -> Option<DepthwiseShape> {
        let mut shape = self.clone();
        let (offset, stride, places, width) = match writes {
            true => (self.result_offset, self.result_stride, self.result_places, self.width()),
            false => (self.data_offset, self.data_stride, self.data_places, self.channels),
        };
        let starts: Vec<usize> = (0..places).map(|place| offset + place * stride).collect();
        let starts = to.vectors(&starts, width)?;
        let offset = *starts.first()?;
        let stride = starts.get(1).map_or(Some(width), |s| s.checked_sub(offset))?;
        let is_even = |(place, start): (usize, &usize)| *start == offset + place * stride;
        if !starts.iter().enumerate().all(is_even) {
            return None;
        }
        match writes {
            true => {
                (shape.result_offset, shape.result_stride, shape.result_row) =
                    (offset, stride, to.row);
            }
            false => {
                (shape.data_offset, shape.data_stride, shape.data_row) = (offset, stride, to.row);
            }
        }
        Some(shape)
    }
}

/// The least length of runs that were cut shorter: many runs of a few numbers take longer than the
/// copy that they save.
const WORTH_A_RUN: usize = 8;

/// Runs of `len` numbers after one of their tensors has moved to another buffer. If the distances
/// within the moved runs change, all runs become shorter.
fn moved_runs<const N: usize>(
    runs: &[Runs; N],
    len: usize,
    to: &Move,
    tensors: [Option<usize>; N],
) -> Option<([Runs; N], usize)> {
    let mut short = len;
    for (runs, tensor) in runs.iter().zip(tensors) {
        if tensor.is_some_and(|tensor| to.is_of(tensor)) {
            short = short.min(to.unbroken(runs, len)?);
        }
    }
    if !len.is_multiple_of(short) || (short < len && short < WORTH_A_RUN) {
        return None;
    }
    let mut moved = runs.clone();
    for (runs, tensor) in moved.iter_mut().zip(tensors) {
        let parts = |offset: &usize| {
            let (offset, step) = (*offset, runs.step);
            (0..len / short).map(move |part| offset + part * short * step)
        };
        runs.offsets = runs.offsets.iter().flat_map(parts).collect();
        if tensor.is_some_and(|tensor| to.is_of(tensor)) {
            *runs = to.runs(runs, short)?;
        }
    }
    Some((moved, short))
}

impl RowPlan {
    /// The plan after a move. Each run gives `made` numbers.
    fn moved(&self, to: &Move, writes: bool, made: usize) -> Option<RowPlan> {
        let [data, results] = &self.offsets;
        let mut plan = self.clone();
        match writes {
            true => (plan.offsets[1], plan.result_row) = (to.vectors(results, made)?, to.row),
            false => (plan.offsets[0], plan.data_row) = (to.vectors(data, self.len)?, to.row),
        }
        Some(plan)
    }
}

impl Plan {
    /// The buffers that it writes or reads.
    pub(super) fn touches(&self) -> Vec<usize> {
        let mut touched = self.reads();
        touched.extend([self.result()].into_iter().chain(self.scratch()));
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// The tables after a tensor that the plan writes or reads has moved to another buffer; `None`
    /// if no tables can express that.
    pub(super) fn moved(&self, to: &Move) -> Option<Tables> {
        let (reads, result) = (self.reads(), self.result());
        let writes_it = to.is_of(result);
        let reads_it = reads.iter().any(|&tensor| to.is_of(tensor));
        // A kernel may not write into a buffer that it reads.
        if writes_it && (reads_it || reads.contains(&to.to)) || (reads_it && result == to.to) {
            return None;
        }
        Some(match self {
            Plan::Product { shape, .. } => Tables::Product(shape.moved(to, writes_it)?),
            Plan::Depthwise { shape, .. } => Tables::Depthwise(shape.moved(to, writes_it)?),
            Plan::Unary { runs, len, data, result, .. } => {
                let (runs, len) = moved_runs(runs, *len, to, [Some(*result), Some(*data)])?;
                Tables::Unary(runs, len)
            }
            Plan::Binary { runs, len, operands, result, .. } => {
                let [a, b] = operands.map(|operand| operand.tensor());
                let (runs, len) = moved_runs(runs, *len, to, [Some(*result), a, b])?;
                Tables::Binary(runs, len)
            }
            Plan::Sum { runs, .. } => Tables::Rows(runs.moved(to, writes_it, 1)?),
            Plan::RootMeanSquare { runs, .. } => Tables::Rows(runs.moved(to, writes_it, runs.len)?),
            Plan::Winograd { .. } | Plan::Chain { .. } | Plan::Copies { .. } => return None,
        })
    }

    /// Sets the tables after a tensor has moved to another buffer.
    pub(super) fn set(&mut self, tables: Tables, to: &Move) {
        match (&mut *self, tables) {
            (Plan::Product { shape, .. }, Tables::Product(tables)) => *shape = tables,
            (Plan::Depthwise { shape, .. }, Tables::Depthwise(tables)) => *shape = tables,
            (Plan::Unary { runs, len, .. }, Tables::Unary(new, short)) => {
                (*runs, *len) = (new, short);
            }
            (Plan::Binary { runs, len, .. }, Tables::Binary(new, short)) => {
                (*runs, *len) = (new, short);
            }
            (Plan::Sum { runs, .. } | Plan::RootMeanSquare { runs, .. }, Tables::Rows(new)) => {
                *runs = new;
            }
            _ => unreachable!("a plan gets tables of its own kind"),
        }
        for tensor in self.tensors_mut().into_iter().filter(|tensor| to.is_of(**tensor)) {
            *tensor = to.to;
        }
    }

    /// The tensors that it writes or reads.
    fn tensors_mut(&mut self) -> Vec<&mut usize> {
        match self {
            Plan::Product { data, result, .. }
            | Plan::Depthwise { data, result, .. }
            | Plan::Unary { data, result, .. } => vec![data, result],
            Plan::Winograd { data, result, scratch, .. } => vec![data, result, scratch],
            Plan::Binary { operands, result, .. } => {
                let tensors = operands.iter_mut().filter_map(|operand| match operand {
                    Source::Tensor(tensor) => Some(tensor),
                    Source::Constant(_) => None,
                });
                tensors.chain([result]).collect()
            }
            Plan::Sum { runs, .. } | Plan::RootMeanSquare { runs, .. } => {
                vec![&mut runs.data, &mut runs.result]
            }
            Plan::Chain { .. } | Plan::Copies { .. } => {
                unreachable!("they are made when all is moved")
            }
        }
    }

    /// The activation of its results, if it can have one.
    pub(super) fn activation(&mut self) -> Option<&mut Activation> {
        match self {
            Plan::Product { activation, .. }
            | Plan::Winograd { activation, .. }
            | Plan::Depthwise { activation, .. } => Some(activation),
            _ => None,
        }
    }
}
