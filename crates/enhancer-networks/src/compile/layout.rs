//! Slices, reshapes, paddings: other views of the same numbers, or copies of them.

use tract_tflite::internal::tract_core::ops::array::{Pad, PadMode, Slice, TypedConcat};
use tract_tflite::internal::tract_core::ops::change_axes::AxisOp;
use tract_tflite::internal::tract_core::ops::einsum::EinSum;
use tract_tflite::internal::*;

use super::{Compiler, Rows, Value};
use crate::kernels::Unary;
use crate::plan::{Plan, Source};
use crate::view::{Dim, View, runs};

impl Compiler<'_> {
    /// The same numbers in another shape.
    pub(super) fn axes(&mut self, node: &TypedNode, op: &AxisOp) -> Option<Rows> {
        let rows = self.rows(node.inputs[0])?;
        let mut view = rows.view.clone();
        match op {
            AxisOp::Add(axis) => view.dims.insert(axis.checked_sub(1)?, Dim { len: 1, stride: 1 }),
            AxisOp::Rm(axis) => {
                view.dims.remove(axis.checked_sub(1)?);
            }
            AxisOp::Move(from, to) => {
                let dim = view.dims.remove(from.checked_sub(1)?);
                view.dims.insert(to.checked_sub(1)?, dim);
            }
            AxisOp::Reshape(at, from, to) => {
                let at = at.checked_sub(1)?;
                let to: TVec<usize> =
                    to.iter().map(|dim| dim.to_usize().ok()).collect::<Option<_>>()?;
                return Some(match view.reshape(at, from.len(), &to) {
                    Some(view) => Rows { view, ..rows },
                    None => {
                        let copy = self.copied(&rows);
                        let view = copy.view.clone().reshape(at, from.len(), &to)?;
                        Rows { view, ..copy }
                    }
                });
            }
        }
        Some(Rows { view, ..rows })
    }

    pub(super) fn slice(&mut self, node: &TypedNode, op: &Slice) -> Option<Rows> {
        let rows = self.rows(node.inputs[0])?;
        let (start, end) = (op.start.to_usize().ok()?, op.end.to_usize().ok()?);
        let view = rows.view.slice(op.axis.checked_sub(1)?, start, end - start);
        Some(Rows { view, is_sole: false, ..rows })
    }

    pub(super) fn concat(&mut self, node: &TypedNode, op: &TypedConcat) -> Option<Rows> {
        let axis = op.axis.checked_sub(1)?;
        let made = self.made(node)?;
        let mut start = 0;
        for &input in &node.inputs {
            let part = self.rows(input)?;
            let len = part.view.dims[axis].len;
            self.copy(&part, made.buffer, &made.view.clone().slice(axis, start, len));
            start += len;
        }
        Some(made)
    }

    pub(super) fn pad(&mut self, node: &TypedNode, op: &Pad) -> Option<Value> {
        let PadMode::Constant(fill) = &op.mode else { return None };
        let fill = fill.cast_to_scalar::<f32>().ok()?;
        let rows = self.rows(node.inputs[0])?;
        let (last, others) = op.pads.split_last()?;
        let is_one_more = *last == (0, 1) && others.iter().all(|pads| *pads == (0, 0));
        if is_one_more && fill == 1.0 && self.goes_into_products(node, op.pads.len() - 1) {
            return Some(Value::WithOne(rows));
        }
        if op.pads[0] != (0, 0) {
            return None;
        }
        Some(Value::Rows(self.surrounded(&rows, &op.pads[1..], fill)))
    }

    /// A padded copy: `pads` are the numbers to add before and after those of each axis.
    pub(super) fn surrounded(&mut self, rows: &Rows, pads: &[(usize, usize)], fill: f32) -> Rows {
        let axes = pads.iter().zip(&rows.view.dims);
        let shape: Vec<usize> = axes.map(|(pads, dim)| pads.0 + dim.len + pads.1).collect();
        let made = self.rows_of(View::whole(&shape));
        self.buffers[made.buffer].fill = Some(fill);
        let axes = pads.iter().zip(&rows.view.dims).enumerate();
        let inner = axes
            .fold(made.view.clone(), |view, (axis, (pads, dim))| view.slice(axis, pads.0, dim.len));
        self.copy(rows, made.buffer, &inner);
        Rows { is_sole: false, ..made }
    }

    /// Whether only products that sum over `axis` read a node's tensor.
    fn goes_into_products(&self, node: &TypedNode, axis: usize) -> bool {
        !node.outputs[0].successors.is_empty()
            && !self.graph.outputs.iter().any(|output| output.node == node.id)
            && node.outputs[0].successors.iter().all(|to| {
                let op = self.graph.node(to.node).op_as::<EinSum>();
                let sums = |op: &EinSum| {
                    let at =
                        |a: &&Axis| a.inputs[to.slot].contains(&axis) && a.outputs[0].is_empty();
                    op.axes.iter_all_axes().any(|axis| at(&axis))
                };
                op.is_some_and(sums)
            })
    }

    /// The same rows with a 1 after the numbers of the last dimension.
    pub(super) fn with_one(&mut self, rows: Rows) -> Rows {
        let mut shape = rows.view.shape();
        let len = shape.last().copied().unwrap_or(0);
        if let Some(last) = shape.last_mut() {
            *last += 1;
        }
        let made = self.rows_of(View::whole(&shape));
        self.buffers[made.buffer].fill = Some(1.0);
        let inner = made.view.clone().slice(shape.len() - 1, 0, len);
        self.copy(&rows, made.buffer, &inner);
        Rows { is_sole: false, ..made }
    }

    /// A new buffer for a node's result.
    pub(super) fn made(&mut self, node: &TypedNode) -> Option<Rows> {
        let shape = self.shape(OutletId::new(node.id, 0))?;
        Some(self.rows_of(View::whole(&shape)))
    }

    /// A copy that fills a buffer of its own.
    pub(super) fn copied(&mut self, rows: &Rows) -> Rows {
        let copy = self.rows_of(View::whole(&rows.view.shape()));
        self.copy(rows, copy.buffer, &copy.view.clone());
        copy
    }

    /// A copy in which the numbers along an axis lie side by side.
    pub(super) fn copied_along(&mut self, rows: &Rows, axis: usize) -> Rows {
        let mut shape = rows.view.shape();
        let len = shape.remove(axis);
        shape.push(len);
        let mut view = View::whole(&shape);
        if let Some(dim) = view.dims.pop() {
            view.dims.insert(axis, dim);
        }
        let copy = self.rows_of(view);
        self.copy(rows, copy.buffer, &copy.view.clone());
        copy
    }

    fn copy(&mut self, from: &Rows, to: usize, view: &View) {
        if view.len() == 0 {
            return;
        }
        let (places, len) = runs(&[view, &from.view]);
        let runs = self.placed(places, [Source::Tensor(to), Source::Tensor(from.buffer)]);
        self.plans.push(Plan::Unary {
            function: Unary::Same,
            runs,
            len,
            data: from.buffer,
            result: to,
        });
    }
}
