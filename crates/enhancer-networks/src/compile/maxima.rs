//! Maxima: over the windows of a pool, or along axes.

use tract_tflite::internal::tract_core::ops::cnn::MaxPool;
use tract_tflite::internal::tract_core::ops::nn::{DataFormat, Reduce};
use tract_tflite::internal::*;

use super::{Compiler, Rows};
use crate::kernels::Binary;
use crate::plan::{Plan, Source};
use crate::view::{View, offsets, runs};

/// The most places in the window of a pool: each costs a pass over the results.
const MOST_TAPS: usize = 16;

impl Compiler<'_> {
    /// The maximum of each window. Windows must lie within the data.
    pub(super) fn max_pool(&mut self, node: &TypedNode, op: &MaxPool) -> Option<Rows> {
        let spec = &op.pool_spec;
        let rows = self.rows(node.inputs[0])?;
        let places = rows.view.dims.len().checked_sub(1)?;
        let is_known = op.with_index_outputs.is_none()
            && spec.data_format == DataFormat::NHWC
            && spec.rank() == places
            && spec.kernel_shape.iter().product::<usize>() <= MOST_TAPS;
        let lens: Vec<usize> = rows.view.dims[..places].iter().map(|dim| dim.len).collect();
        let paddings = spec.computed_padding(&lens);
        if !is_known || paddings.iter().any(|pad| pad.pad_before + pad.pad_after != 0) {
            return None;
        }
        let made = self.shape(OutletId::new(node.id, 0))?;
        let mut first = rows.view.clone();
        let mut taps = first.dims.clone();
        for (axis, (dim, tap)) in first.dims.iter_mut().zip(&mut taps).take(places).enumerate() {
            tap.len = spec.kernel_shape[axis];
            tap.stride = dim.stride * spec.dilation(axis);
            dim.len = made[axis];
            dim.stride *= spec.stride(axis);
        }
        let of_tap = |offset| View { offset, ..first.clone() };
        let taps = offsets(first.offset, &taps[..places]).into_iter().map(of_tap).collect();
        self.largest(&rows, taps)
    }

    /// The maximum along some axes, which stay with length 1. The two halves of an axis are
    /// compared, then the halves of the result, until one number is left. If the length is odd,
    /// both halves include the middle.
    pub(super) fn max(&mut self, node: &TypedNode, op: &Reduce) -> Option<Rows> {
        let mut rows = self.rows(node.inputs[0])?;
        if rows.view.len() == 0 {
            return None;
        }
        for axis in &op.axes {
            let axis = axis.checked_sub(1)?;
            while rows.view.dims[axis].len > 1 {
                let len = rows.view.dims[axis].len;
                let half = len.div_ceil(2);
                let halves = [0, len - half].map(|from| rows.view.clone().slice(axis, from, half));
                rows = self.largest(&rows, halves.into())?;
            }
        }
        Some(Rows { is_sole: false, ..rows })
    }

    /// At each place, the maximum of several views of a tensor.
    fn largest(&mut self, rows: &Rows, views: Vec<View>) -> Option<Rows> {
        let mut views = views.into_iter();
        let mut best = Rows { view: views.next()?, ..rows.clone() };
        for view in views {
            let made = self.rows_of(View::whole(&view.shape()));
            let (places, len) = runs(&[&made.view, &best.view, &view]);
            let operands = [best.buffer, rows.buffer].map(Source::Tensor);
            let [a, b] = operands;
            let runs = self.placed(places, [Source::Tensor(made.buffer), a, b]);
            let (function, result) = (Binary::Larger, made.buffer);
            self.plans.push(Plan::Binary { function, runs, len, operands, result });
            best = made;
        }
        // With a single view, the results are the tensor's own numbers.
        Some(Rows { is_sole: best.buffer != rows.buffer, ..best })
    }
}
