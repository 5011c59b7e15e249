//! Plans of kernels. Later nodes and passes can still change them.

use super::copies::Move;
use crate::kernels::{
    Activation, Binary, Chain, Copies, Depthwise, DepthwiseShape, Elementwise, Isa, Link, Pair,
    Product, ProductShape, RootMeanSquare, RowKernel, RowSum, Runs, Unary, Weights, Winograd,
    WinogradShape,
};
use crate::program::{Kernel, Place, Step};

/// The source of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Tensor(usize),
    Constant(usize),
}

impl Source {
    pub(super) fn tensor(&self) -> Option<usize> {
        match self {
            Source::Tensor(tensor) => Some(*tensor),
            Source::Constant(_) => None,
        }
    }
}

#[derive(Debug)]
pub(super) enum Plan {
    Product {
        shape: ProductShape,
        weights: Weights,
        activation: Activation,
        data: usize,
        result: usize,
    },
    Winograd {
        shape: WinogradShape,
        weights: Weights,
        activation: Activation,
        data: usize,
        result: usize,
        scratch: usize,
    },
    Depthwise {
        shape: DepthwiseShape,
        factors: Vec<f32>,
        biases: Vec<f32>,
        slopes: Vec<f32>,
        activation: Activation,
        data: usize,
        result: usize,
    },
    Unary {
        function: Unary,
        runs: [Runs; 2],
        len: usize,
        data: usize,
        result: usize,
    },
    Binary {
        function: Binary,
        /// The runs of the results, then of the operands.
        runs: [Runs; 3],
        len: usize,
        operands: [Source; 2],
        result: usize,
    },
    /// Made at the end from plans of one and two operands, after these have been moved.
    Chain {
        links: Vec<Link>,
        leaves: Vec<(Source, Runs)>,
        results: Runs,
        len: usize,
        result: usize,
    },
    /// Made at the end from copies.
    Copies {
        pairs: Vec<Pair>,
        /// Floats per row of the data and of the results.
        rows: [usize; 2],
        data: usize,
        result: usize,
    },
    Sum {
        runs: RowPlan,
        of_squares: bool,
    },
    RootMeanSquare {
        runs: RowPlan,
        epsilon: f32,
    },
}

#[derive(Clone, Debug)]
pub(super) struct RowPlan {
    pub(super) data_row: usize,
    pub(super) result_row: usize,
    pub(super) offsets: [Vec<usize>; 2],
    pub(super) len: usize,
    pub(super) data: usize,
    pub(super) result: usize,
}

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

    fn kernel(self, isa: Isa) -> RowKernel {
        let [data, results] = self.offsets;
        let RowPlan { data_row, result_row, len, .. } = self;
        RowKernel { isa, data_row, result_row, data, results, len }
    }
}

impl Plan {
    pub(super) fn result(&self) -> usize {
        match self {
            Plan::Product { result, .. }
            | Plan::Winograd { result, .. }
            | Plan::Depthwise { result, .. }
            | Plan::Unary { result, .. }
            | Plan::Binary { result, .. }
            | Plan::Chain { result, .. }
            | Plan::Copies { result, .. } => *result,
            Plan::Sum { runs, .. } | Plan::RootMeanSquare { runs, .. } => runs.result,
        }
    }

    /// The buffer for intermediate results, if there is one.
    pub(super) fn scratch(&self) -> Option<usize> {
        match self {
            Plan::Winograd { scratch, .. } => Some(*scratch),
            _ => None,
        }
    }

    /// The buffers that it reads.
    pub(super) fn reads(&self) -> Vec<usize> {
        match self {
            Plan::Product { data, .. }
            | Plan::Winograd { data, .. }
            | Plan::Depthwise { data, .. }
            | Plan::Unary { data, .. }
            | Plan::Copies { data, .. } => vec![*data],
            Plan::Binary { operands, .. } => operands.iter().filter_map(Source::tensor).collect(),
            Plan::Chain { leaves, .. } => {
                leaves.iter().filter_map(|leaf| leaf.0.tensor()).collect()
            }
            Plan::Sum { runs, .. } | Plan::RootMeanSquare { runs, .. } => vec![runs.data],
        }
    }

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

    /// The kernel; `place` is where a tensor lies.
    pub(super) fn step(self, isa: Isa, one_row: bool, place: impl Fn(usize) -> Place) -> Step {
        let result = place(self.result());
        let scratch = self.scratch().and_then(|tensor| match place(tensor) {
            Place::Buffer(at) => Some(at),
            _ => None,
        });
        let source = |source| match source {
            Source::Tensor(tensor) => place(tensor),
            Source::Constant(constant) => Place::Constant(constant),
        };
        let (kernel, operands) = match self {
            Plan::Product { shape, weights, activation, data, .. } => {
                let kernel = Product::new(isa, shape, &weights, activation, one_row);
                (Kernel::Product(kernel), vec![place(data)])
            }
            Plan::Winograd { shape, weights, activation, data, .. } => {
                let kernel = Winograd::new(isa, shape, &weights, activation);
                (Kernel::Winograd(kernel), vec![place(data)])
            }
            Plan::Depthwise { shape, factors, biases, slopes, activation, data, .. } => {
                let kernel = Depthwise::new(isa, shape, [&factors, &biases, &slopes], activation);
                (Kernel::Depthwise(kernel), vec![place(data)])
            }
            Plan::Unary { function, runs, len, data, .. } => {
                let ([results, operand], len) = merged(runs, len);
                let kernel = Elementwise::unary(isa, function, results, operand, len);
                (Kernel::Elementwise(kernel), vec![place(data)])
            }
            Plan::Binary { function, runs, len, operands, .. } => {
                let ([results, a, b], len) = merged(runs, len);
                let kernel = Elementwise::binary(isa, function, results, [a, b], len);
                (Kernel::Elementwise(kernel), operands.map(source).into())
            }
            Plan::Chain { links, leaves, results, len, .. } => {
                let (places, leaves) =
                    leaves.into_iter().map(|(of, runs)| (source(of), runs)).unzip();
                (Kernel::Chain(Chain::new(isa, links, leaves, results, len)), places)
            }
            Plan::Copies { pairs, rows: [data_row, result_row], data, .. } => {
                let kernel = Copies::new(isa, &pairs, data_row, result_row);
                (Kernel::Copies(kernel), vec![place(data)])
            }
            Plan::Sum { runs, of_squares } => {
                let data = place(runs.data);
                (Kernel::Sum(RowSum { runs: runs.kernel(isa), of_squares }), vec![data])
            }
            Plan::RootMeanSquare { runs, epsilon } => {
                let data = place(runs.data);
                let kernel = RootMeanSquare { runs: runs.kernel(isa), epsilon };
                (Kernel::RootMeanSquare(kernel), vec![data])
            }
        };
        Step { kernel, operands, result, scratch }
    }
}

/// Merges all runs into one if each run begins where the previous one ends, or if all have one
/// number at the same distance from the previous one.
fn merged<const N: usize>(mut runs: [Runs; N], len: usize) -> ([Runs; N], usize) {
    let count = runs[0].offsets.len();
    let distance = |runs: &Runs| {
        let (first, second) = (runs.offsets.first()?, runs.offsets.get(1)?);
        let distance = second.checked_sub(*first)?;
        let is_even = |pair: &[usize]| pair[0] + distance == pair[1];
        let fits = len == 1 || distance == len * runs.step;
        (fits && runs.offsets.windows(2).all(is_even)).then_some(distance)
    };
    let distances = runs.each_ref().map(distance);
    if distances.iter().any(Option::is_none) {
        return (runs, len);
    }
    for (runs, distance) in runs.iter_mut().zip(distances) {
        runs.offsets.truncate(1);
        runs.step = if len == 1 { distance.unwrap_or(0) } else { runs.step };
    }
    (runs, len * count)
}
