//! Elementwise functions, and functions along the last dimension.

use tract_tflite::internal::tract_core::ops::binary::TypedBinOp;
use tract_tflite::internal::tract_core::ops::element_wise::ElementWiseOp;
use tract_tflite::internal::tract_core::ops::nn::{Reduce, Reducer, RmsNorm};
use tract_tflite::internal::*;

use super::{Compiler, Rows, floats};
use crate::kernels::{Activation, Binary, Runs, Unary};
use crate::plan::{Plan, RowPlan, Source};
use crate::view::{View, offsets, runs};

impl Compiler<'_> {
    pub(super) fn unary(&mut self, node: &TypedNode, op: &ElementWiseOp) -> Option<Rows> {
        let rows = self.rows(node.inputs[0])?;
        let (function, activation) = match &*op.0.name() {
            "Sigmoid" => (Unary::Sigmoid, Activation::Sigmoid),
            "Tanh" => (Unary::Tanh, Activation::Tanh),
            "Square" => (Unary::Square, Activation::None),
            "Sqrt" => (Unary::Root, Activation::None),
            "Recip" => (Unary::Reciprocal, Activation::None),
            "Rsqrt" => (Unary::ReciprocalRoot, Activation::None),
            "Abs" => (Unary::Absolute, Activation::None),
            "Neg" => (Unary::Negative, Activation::None),
            "Ln" => (Unary::Logarithm, Activation::None),
            _ => return None,
        };
        if activation != Activation::None && self.activate(&rows, activation) {
            return Some(rows);
        }
        let made = self.made(node)?;
        let (places, len) = runs(&[&made.view, &rows.view]);
        let runs = self.placed(places, [Source::Tensor(made.buffer), Source::Tensor(rows.buffer)]);
        self.plans.push(Plan::Unary {
            function,
            runs,
            len,
            data: rows.buffer,
            result: made.buffer,
        });
        Some(made)
    }

    pub(super) fn binary(&mut self, node: &TypedNode, op: &TypedBinOp) -> Option<Rows> {
        let function = match op.0.name() {
            "Add" => Binary::Add,
            "Sub" => Binary::Subtract,
            "Mul" => Binary::Multiply,
            "Div" => Binary::Divide,
            "Max" => Binary::Larger,
            "Min" => Binary::Smaller,
            _ => return None,
        };
        if let Some(rows) = self.fused(node, function) {
            return Some(rows);
        }
        let made = self.made(node)?;
        let shape = made.view.shape();
        let (a, a_view) = self.operand(node.inputs[0], &shape)?;
        let (b, b_view) = self.operand(node.inputs[1], &shape)?;
        let (places, len) = runs(&[&made.view, &a_view, &b_view]);
        let runs = self.placed(places, [Source::Tensor(made.buffer), a, b]);
        let operands = [a, b];
        self.plans.push(Plan::Binary { function, runs, len, operands, result: made.buffer });
        Some(made)
    }

    /// Merges a sum or a maximum with a constant into the kernel before it, if it is a bias or a
    /// rectifier.
    fn fused(&mut self, node: &TypedNode, function: Binary) -> Option<Rows> {
        let (data, constant) = match self.constant(node.inputs[1]) {
            Some(_) => (node.inputs[0], node.inputs[1]),
            None => (node.inputs[1], node.inputs[0]),
        };
        let rows = self.rows(data)?;
        if self.shape(OutletId::new(node.id, 0))? != rows.view.shape() {
            return None;
        }
        let tensor = self.constant(constant)?;
        let done = match function {
            Binary::Larger => {
                let is_zero = floats(tensor)?.iter().all(|&x| x == 0.0);
                is_zero && self.activate(&rows, Activation::Relu)
            }
            Binary::Add => {
                let tensor = tensor.clone();
                self.add_bias(&rows, &tensor).is_some()
            }
            _ => false,
        };
        done.then_some(rows)
    }

    /// Adds an activation to the kernel that computes `rows`. Returns whether that was possible.
    fn activate(&mut self, rows: &Rows, activation: Activation) -> bool {
        let maker = self.plans.iter_mut().rfind(|plan| plan.result() == rows.buffer);
        match maker.and_then(Plan::activation) {
            Some(own) if rows.is_sole && *own == Activation::None => {
                *own = activation;
                true
            }
            _ => false,
        }
    }

    /// An operand broadcast to the given shape.
    fn operand(&mut self, outlet: OutletId, shape: &[usize]) -> Option<(Source, View)> {
        let Some(tensor) = self.constant(outlet) else {
            let rows = self.rows(outlet)?;
            return Some((Source::Tensor(rows.buffer), rows.view.broadcast(shape)?));
        };
        let (&1, row) = tensor.shape().split_first()? else { return None };
        let (view, values) = (View::whole(row).broadcast(shape)?, floats(tensor)?.to_vec());
        self.constants.push(values);
        Some((Source::Constant(self.constants.len() - 1), view))
    }

    /// Floats per row of an operand; 0 for a constant, which is the same for all rows.
    pub(super) fn row_of(&self, operand: Source) -> usize {
        operand.tensor().map_or(0, |tensor| self.buffers[tensor].row)
    }

    /// The places as runs in the rows of their tensors.
    pub(super) fn placed<const N: usize>(
        &self,
        places: Vec<(Vec<usize>, usize)>,
        operands: [Source; N],
    ) -> [Runs; N] {
        let mut places = places.into_iter();
        operands.map(|operand| {
            let (offsets, step) = places.next().expect("a place for each operand");
            Runs { row: self.row_of(operand), offsets, step }
        })
    }

    pub(super) fn sum(&mut self, node: &TypedNode, op: &Reduce) -> Option<Rows> {
        let &[axis] = &op.axes[..] else { return None };
        let of_squares = match op.reducer {
            Reducer::Sum => false,
            Reducer::MeanOfSquares => true,
            _ => return None,
        };
        let made = self.made(node)?;
        let runs = self.along(node, axis.checked_sub(1)?, &made, true)?;
        self.plans.push(Plan::Sum { runs, of_squares });
        Some(made)
    }

    pub(super) fn root_mean_square(&mut self, node: &TypedNode, op: &RmsNorm) -> Option<Rows> {
        let epsilon = op.eps.cast_to_scalar::<f32>().ok()?;
        let made = self.made(node)?;
        let runs = self.along(node, op.axis.checked_sub(1)?, &made, false)?;
        self.plans.push(Plan::RootMeanSquare { runs, epsilon });
        Some(made)
    }

    /// A node's operand as runs along an axis, with the numbers of a run side by side. Each run gives
    /// one number of `made` (`one_each`) or a run.
    fn along(
        &mut self,
        node: &TypedNode,
        axis: usize,
        made: &Rows,
        one_each: bool,
    ) -> Option<RowPlan> {
        let mut rows = self.rows(node.inputs[0])?;
        if rows.view.dims[axis].stride != 1 {
            rows = self.copied_along(&rows, axis);
        }
        let without = |view: &View| {
            let mut view = view.clone();
            let dim = view.dims.remove(axis);
            (dim, offsets(view.offset, &view.dims))
        };
        let (dim, data) = without(&rows.view);
        let (result, results) = without(&made.view);
        let fits = dim.stride == 1 && (one_each || result.stride == 1);
        fits.then(|| RowPlan {
            data_row: self.buffers[rows.buffer].row,
            result_row: self.buffers[made.buffer].row,
            offsets: [data, results],
            len: dim.len,
            data: rows.buffer,
            result: made.buffer,
        })
    }
}
