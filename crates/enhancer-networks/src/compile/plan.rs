//! Kernels before they are built: what follows can still change them.

use crate::kernels::{
    Activation, Binary, Depthwise, DepthwiseShape, Elementwise, Isa, Product, ProductShape,
    RootMeanSquare, RowKernel, RowSum, Runs, Unary, Weights, Winograd, WinogradShape,
};
use crate::program::{Kernel, Place, Step};

/// What an operand is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Tensor(usize),
    Constant(usize),
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
        /// Of the results, then of the operands.
        runs: [Runs; 3],
        len: usize,
        operands: [Source; 2],
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

#[derive(Debug)]
pub(super) struct RowPlan {
    pub(super) data_row: usize,
    pub(super) result_row: usize,
    pub(super) offsets: [Vec<usize>; 2],
    pub(super) len: usize,
    pub(super) data: usize,
    pub(super) result: usize,
}

impl RowPlan {
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
            | Plan::Binary { result, .. } => *result,
            Plan::Sum { runs, .. } | Plan::RootMeanSquare { runs, .. } => runs.result,
        }
    }

    /// The buffer in which it works.
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
            | Plan::Unary { data, .. } => {
                vec![*data]
            }
            Plan::Binary { operands, .. } => {
                let tensor = |operand: &Source| match operand {
                    Source::Tensor(tensor) => Some(*tensor),
                    Source::Constant(_) => None,
                };
                operands.iter().filter_map(tensor).collect()
            }
            Plan::Sum { runs, .. } | Plan::RootMeanSquare { runs, .. } => vec![runs.data],
        }
    }

    /// The activation that its results go through at last, if it can have one.
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
                (Kernel::Product(kernel), [place(data); 2])
            }
            Plan::Winograd { shape, weights, activation, data, .. } => {
                let kernel = Winograd::new(isa, shape, &weights, activation);
                (Kernel::Winograd(kernel), [place(data); 2])
            }
            Plan::Depthwise { shape, factors, biases, activation, data, .. } => {
                let kernel = Depthwise::new(isa, shape, &factors, &biases, activation);
                (Kernel::Depthwise(kernel), [place(data); 2])
            }
            Plan::Unary { function, runs: [results, operand], len, data, .. } => {
                let kernel = Elementwise::unary(isa, function, results, operand, len);
                (Kernel::Elementwise(kernel), [place(data); 2])
            }
            Plan::Binary { function, runs: [results, a, b], len, operands, .. } => {
                let kernel = Elementwise::binary(isa, function, results, [a, b], len);
                (Kernel::Elementwise(kernel), operands.map(source))
            }
            Plan::Sum { runs, of_squares } => {
                let data = place(runs.data);
                (Kernel::Sum(RowSum { runs: runs.kernel(isa), of_squares }), [data; 2])
            }
            Plan::RootMeanSquare { runs, epsilon } => {
                let data = place(runs.data);
                let kernel = RootMeanSquare { runs: runs.kernel(isa), epsilon };
                (Kernel::RootMeanSquare(kernel), [data; 2])
            }
        };
        Step { kernel, operands, result, scratch }
    }
}
