//! Plans of kernels: what the compiler makes of a graph, before anything depends on the machine.
//!
//! A plan can be stored. Kernels are made from it for the instruction set at hand, which packs the
//! weights.

mod check;

use serde::{Deserialize, Serialize};

use crate::kernels::{
    Activation, Binary, Chain, Copies, Depthwise, DepthwiseShape, Elementwise, Floats, Isa, Link,
    Pair, Product, ProductShape, RootMeanSquare, RowKernel, RowSum, Runs, Unary, Weights, Winograd,
    WinogradShape, numbers,
};
use crate::program::{Buffer, Kernel, Place, Program, Step};

/// A program without its kernels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProgramPlan {
    /// In the order in which they run.
    pub(crate) plans: Vec<Plan>,
    /// The place of each tensor that plans name.
    pub(crate) places: Vec<Place>,
    pub(crate) buffers: Vec<Buffer>,
    #[serde(with = "numbers::lists")]
    pub(crate) constants: Vec<Vec<f32>>,
    /// The number of floats per row of each input and output.
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
    /// Whether it runs one row at a time. Weights are then packed for this.
    pub(crate) one_row: bool,
}

impl ProgramPlan {
    /// Makes the kernels for an instruction set.
    pub(crate) fn program(self, isa: Isa) -> Program {
        let ProgramPlan { plans, places, buffers, constants, inputs, outputs, one_row } = self;
        let step = |plan: Plan| plan.step(isa, one_row, |tensor| places[tensor]);
        Program {
            steps: plans.into_iter().map(step).collect(),
            constants: constants.iter().map(|constant| Floats::from(&constant[..])).collect(),
            buffers,
            inputs,
            outputs,
        }
    }
}

/// The source of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    Tensor(usize),
    Constant(usize),
}

impl Source {
    pub(crate) fn tensor(&self) -> Option<usize> {
        match self {
            Source::Tensor(tensor) => Some(*tensor),
            Source::Constant(_) => None,
        }
    }
}

/// A kernel to be. The compiler can still change it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Plan {
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
        #[serde(with = "numbers")]
        factors: Vec<f32>,
        #[serde(with = "numbers")]
        biases: Vec<f32>,
        #[serde(with = "numbers")]
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

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RowPlan {
    pub(crate) data_row: usize,
    pub(crate) result_row: usize,
    pub(crate) offsets: [Vec<usize>; 2],
    pub(crate) len: usize,
    pub(crate) data: usize,
    pub(crate) result: usize,
}

impl RowPlan {
    fn kernel(self, isa: Isa) -> RowKernel {
        let [data, results] = self.offsets;
        let RowPlan { data_row, result_row, len, .. } = self;
        RowKernel { isa, data_row, result_row, data, results, len }
    }
}

impl Plan {
    pub(crate) fn result(&self) -> usize {
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
    pub(crate) fn scratch(&self) -> Option<usize> {
        match self {
            Plan::Winograd { scratch, .. } => Some(*scratch),
            _ => None,
        }
    }

    /// The buffers that it reads.
    pub(crate) fn reads(&self) -> Vec<usize> {
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

    /// The kernel; `place` is where a tensor lies.
    fn step(self, isa: Isa, one_row: bool, place: impl Fn(usize) -> Place) -> Step {
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
