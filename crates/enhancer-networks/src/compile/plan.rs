//! Kernels before they are built: what follows can still change them.

use crate::kernels::{
    Activation, Binary, Depthwise, DepthwiseShape, Elementwise, Isa, Product, ProductShape,
    RootMeanSquare, RowKernel, RowSum, Runs, Unary, Weights,
};
use crate::program::{Operand, Step};

#[derive(Debug)]
pub(super) enum Plan {
    Product {
        shape: ProductShape,
        weights: Weights,
        activation: Activation,
        data: usize,
        result: usize,
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
        operands: [Operand; 2],
        result: usize,
    },
    Sum(RowPlan),
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
            | Plan::Depthwise { result, .. }
            | Plan::Unary { result, .. }
            | Plan::Binary { result, .. } => *result,
            Plan::Sum(runs) | Plan::RootMeanSquare { runs, .. } => runs.result,
        }
    }

    /// The buffers that it reads.
    pub(super) fn reads(&self) -> Vec<usize> {
        match self {
            Plan::Product { data, .. }
            | Plan::Depthwise { data, .. }
            | Plan::Unary { data, .. } => {
                vec![*data]
            }
            Plan::Binary { operands, .. } => {
                let buffer = |operand: &Operand| match operand {
                    Operand::Buffer(buffer) => Some(*buffer),
                    Operand::Constant(_) => None,
                };
                operands.iter().filter_map(buffer).collect()
            }
            Plan::Sum(runs) | Plan::RootMeanSquare { runs, .. } => vec![runs.data],
        }
    }

    /// The activation that its results go through at last, if it can have one.
    pub(super) fn activation(&mut self) -> Option<&mut Activation> {
        match self {
            Plan::Product { activation, .. } | Plan::Depthwise { activation, .. } => {
                Some(activation)
            }
            _ => None,
        }
    }

    /// The kernel; `buffer` gives the buffer that a tensor's has become.
    pub(super) fn step(self, isa: Isa, one_row: bool, buffer: impl Fn(usize) -> usize) -> Step {
        let operand = |operand| match operand {
            Operand::Buffer(tensor) => Operand::Buffer(buffer(tensor)),
            constant => constant,
        };
        let place = |data, result| (operand(Operand::Buffer(data)), buffer(result));
        match self {
            Plan::Product { shape, weights, activation, data, result } => {
                let kernel = Product::new(isa, shape, &weights, activation, one_row);
                let (data, result) = place(data, result);
                Step::Product { kernel, data, result }
            }
            Plan::Depthwise { shape, factors, biases, activation, data, result } => {
                let kernel = Depthwise::new(isa, shape, &factors, &biases, activation);
                let (data, result) = place(data, result);
                Step::Depthwise { kernel, data, result }
            }
            Plan::Unary { function, runs: [results, operand], len, data, result } => {
                let kernel = Elementwise::unary(isa, function, results, operand, len);
                let (data, result) = place(data, result);
                Step::Elementwise { kernel, operands: [data; 2], result }
            }
            Plan::Binary { function, runs: [results, a, b], len, operands, result } => {
                let kernel = Elementwise::binary(isa, function, results, [a, b], len);
                Step::Elementwise {
                    kernel,
                    operands: operands.map(operand),
                    result: buffer(result),
                }
            }
            Plan::Sum(runs) => {
                let (data, result) = place(runs.data, runs.result);
                Step::Sum { kernel: RowSum(runs.kernel(isa)), data, result }
            }
            Plan::RootMeanSquare { runs, epsilon } => {
                let (data, result) = place(runs.data, runs.result);
                let kernel = RootMeanSquare { runs: runs.kernel(isa), epsilon };
                Step::RootMeanSquare { kernel, data, result }
            }
        }
    }
}
