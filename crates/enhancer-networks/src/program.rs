//! A compiled graph, and its runs.

use std::fmt;
use std::mem;
use std::sync::Arc;

use crate::kernels::{Depthwise, Elementwise, Floats, Product, RootMeanSquare, RowSum};

/// A graph as a list of kernels over buffers.
pub struct Program {
    pub(crate) steps: Vec<Step>,
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) constants: Vec<Floats>,
    /// The buffers of what it takes and gives, and the floats of a row.
    pub(crate) inputs: Vec<(usize, usize)>,
    pub(crate) outputs: Vec<(usize, usize)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    /// Floats of a row: the most that any of its tensors has.
    pub(crate) row: usize,
    /// What it holds at the beginning, and for ever where no kernel writes.
    pub(crate) fill: f32,
}

/// A kernel with its buffers.
#[derive(Debug)]
pub(crate) enum Step {
    Product { kernel: Product, data: Operand, result: usize },
    Depthwise { kernel: Depthwise, data: Operand, result: usize },
    Elementwise { kernel: Elementwise, operands: [Operand; 2], result: usize },
    Sum { kernel: RowSum, data: Operand, result: usize },
    RootMeanSquare { kernel: RootMeanSquare, data: Operand, result: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Buffer(usize),
    Constant(usize),
}

impl Program {
    /// A run of up to so many rows.
    pub fn run(self: &Arc<Self>, rows: usize) -> Run {
        let buffer = |buffer: &Buffer| Floats::new(buffer.row * rows, buffer.fill);
        Run { rows, buffers: self.buffers.iter().map(buffer).collect(), program: self.clone() }
    }

    /// Floats of a row of all buffers: what a run costs in memory.
    pub fn row(&self) -> usize {
        self.buffers.iter().map(|buffer| buffer.row).sum()
    }

    /// How many kernels run.
    pub fn kernels(&self) -> usize {
        self.steps.len()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("kernels", &self.kernels()).finish_non_exhaustive()
    }
}

/// The buffers of a [`Program`] for some rows.
#[derive(Debug)]
pub struct Run {
    program: Arc<Program>,
    rows: usize,
    buffers: Vec<Floats>,
}

impl Run {
    /// The most rows that it takes.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Where an input is to be written, row after row.
    pub fn input(&mut self, input: usize) -> &mut [f32] {
        let (buffer, row) = self.program.inputs[input];
        &mut self.buffers[buffer][..self.rows * row]
    }

    /// An output of the rows that were computed last.
    pub fn output(&self, output: usize) -> &[f32] {
        let (buffer, row) = self.program.outputs[output];
        &self.buffers[buffer][..self.rows * row]
    }

    /// Computes the first `rows` rows.
    ///
    /// # Panics
    /// If there is no room for so many.
    pub fn compute(&mut self, rows: usize) {
        assert!(rows <= self.rows, "{rows} rows in a run of {}", self.rows);
        for step in &self.program.steps {
            let result = step.result();
            // Whoever reads it reads another buffer.
            let mut made = mem::take(&mut self.buffers[result]);
            let operand = |operand: Operand| -> &[f32] {
                match operand {
                    Operand::Buffer(buffer) => &self.buffers[buffer],
                    Operand::Constant(constant) => &self.program.constants[constant],
                }
            };
            match step {
                Step::Product { kernel, data, .. } => kernel.run(rows, operand(*data), &mut made),
                Step::Depthwise { kernel, data, .. } => kernel.run(rows, operand(*data), &mut made),
                Step::Elementwise { kernel, operands, .. } => {
                    kernel.run(rows, operands.map(operand), &mut made);
                }
                Step::Sum { kernel, data, .. } => kernel.run(rows, operand(*data), &mut made),
                Step::RootMeanSquare { kernel, data, .. } => {
                    kernel.run(rows, operand(*data), &mut made);
                }
            }
            self.buffers[result] = made;
        }
    }
}

impl Step {
    fn result(&self) -> usize {
        match self {
            Step::Product { result, .. }
            | Step::Depthwise { result, .. }
            | Step::Elementwise { result, .. }
            | Step::Sum { result, .. }
            | Step::RootMeanSquare { result, .. } => *result,
        }
    }
}
