//! Convolutions.

use tract_tflite::internal::tract_core::ops::cnn::{Conv, KernelFormat};
use tract_tflite::internal::tract_core::ops::nn::DataFormat;
use tract_tflite::internal::*;

use super::{Compiler, Rows, floats};
use crate::kernels::{
    Activation, DepthwiseShape, ProductShape, WINOGRAD_CHANNELS, Weights, WinogradShape,
};
use crate::plan::Plan;
use crate::view::{Dim, View, offsets};

/// From this many results along both axes on, a convolution of 3 by 3 taps is faster with
/// transformed tiles of 4 by 4.
const WORTH_TILES: usize = 8;

impl Compiler<'_> {
    /// A depthwise convolution, or one of all channels with all.
    pub(super) fn convolution(&mut self, node: &TypedNode, op: &Conv) -> Option<Rows> {
        let spec = &op.pool_spec;
        let is_known = op.q_params.is_none()
            && spec.data_format == DataFormat::NHWC
            && op.kernel_fmt == KernelFormat::OHWI;
        if !is_known {
            return None;
        }
        match op.group {
            1 => self.of_all_channels(node, op),
            channels if channels == spec.input_channels && channels == spec.output_channels => {
                self.depthwise(node, op)
            }
            _ => None,
        }
    }

    /// A convolution in which each channel has its own taps.
    fn depthwise(&mut self, node: &TypedNode, op: &Conv) -> Option<Rows> {
        let (spec, channels) = (&op.pool_spec, op.pool_spec.input_channels);
        let mut rows = self.rows(node.inputs[0])?;
        // Works along the last axis; the axes before it must have length 1.
        let last = spec.rank().checked_sub(1)?;
        let outer = rows.view.dims.len().checked_sub(2)?;
        let ones =
            spec.kernel_shape[..last].iter().chain(rows.view.dims[..outer].iter().map(|d| &d.len));
        if outer != last || ones.into_iter().any(|len| *len != 1) {
            return None;
        }
        rows.view.dims = rows.view.dims[outer..].into();
        let factors = floats(self.constant(node.inputs[1])?)?.to_vec();
        let biases = self.biases(node, channels)?;
        let &[places, side_by_side] = &rows.view.dims[..] else { return None };
        let taps = spec.kernel_shape[last];
        let has_none =
            taps == 0 || places.len == 0 || spec.stride(last) == 0 || spec.dilation(last) == 0;
        if has_none || factors.len() != taps * channels {
            return None;
        }
        if side_by_side.stride != 1 {
            rows = self.copied(&rows);
        }
        let lens = [&vec![1; outer][..], &[places.len]].concat();
        let paddings = spec.computed_padding(&lens);
        let (padding, of_outer) = paddings.split_last()?;
        if of_outer.iter().any(|padding| padding.pad_before + padding.pad_after != 0) {
            return None;
        }
        let padding = padding.pad_before;
        let made = self.made(node)?;
        let shape = DepthwiseShape {
            data_row: self.buffers[rows.buffer].row,
            data_offset: rows.view.offset,
            data_stride: rows.view.dims[0].stride,
            data_places: places.len,
            result_row: self.buffers[made.buffer].row,
            result_offset: 0,
            result_stride: channels,
            result_places: made.view.dims[outer].len,
            channels,
            parts: 1,
            taps,
            stride: spec.stride(last),
            dilation: spec.dilation(last),
            padding,
        };
        self.plans.push(Plan::Depthwise {
            shape,
            factors,
            biases,
            slopes: vec![],
            activation: Activation::None,
            data: rows.buffer,
            result: made.buffer,
        });
        Some(made)
    }

    /// A convolution in which each channel of the result has taps for all channels. It is a product
    /// with places as vectors, and taps with their channels as depth. The data are surrounded by
    /// zeros, so that no place is special.
    fn of_all_channels(&mut self, node: &TypedNode, op: &Conv) -> Option<Rows> {
        let spec = &op.pool_spec;
        let (channels, width) = (spec.input_channels, spec.output_channels);
        let mut rows = self.rows(node.inputs[0])?;
        let (own, places) = rows.view.dims.split_last()?;
        if places.len() != spec.rank() || own.len != channels || rows.view.len() == 0 {
            return None;
        }
        if let Some(made) = self.by_tiles(node, op, &rows) {
            return Some(made);
        }
        let lens: Vec<usize> = places.iter().map(|place| place.len).collect();
        let paddings = spec.computed_padding(&lens);
        let mut pads: Vec<_> = paddings.iter().map(|pad| (pad.pad_before, pad.pad_after)).collect();
        if pads.iter().any(|pad| *pad != (0, 0)) {
            pads.push((0, 0));
            rows = self.surrounded(&rows, &pads, 0.0);
        }
        let taps: Vec<Dim> = (0..spec.rank())
            .map(|axis| Dim {
                len: spec.kernel_shape[axis],
                stride: spec.dilation(axis) * rows.view.dims[axis].stride,
            })
            .chain([rows.view.dims[spec.rank()]])
            .collect();
        let depth = offsets(0, &taps);
        let weights = floats(self.constant(node.inputs[1])?)?;
        if weights.len() != depth.len() * width {
            return None;
        }
        let factors = by_depth(weights, depth.len(), width);
        let biases = self.biases(node, width)?;
        let made = self.made(node)?;
        let (_, results) = made.view.dims.split_last()?;
        let of_results = |(axis, made): (usize, &Dim)| Dim {
            len: made.len,
            stride: spec.stride(axis) * rows.view.dims[axis].stride,
        };
        let data: Vec<Dim> = results.iter().enumerate().map(of_results).collect();
        let shape = ProductShape {
            data_row: self.buffers[rows.buffer].row,
            result_row: self.buffers[made.buffer].row,
            data: offsets(rows.view.offset, &data),
            results: offsets(0, results),
            groups: vec![(0, 0)],
            depth,
            width,
        };
        self.plans.push(Plan::Product {
            shape,
            weights: Weights { factors: factors.into(), biases, slopes: vec![] },
            activation: Activation::None,
            data: rows.buffer,
            result: made.buffer,
        });
        Some(made)
    }

    /// The same convolution by transformed tiles, if that is possible and faster.
    fn by_tiles(&mut self, node: &TypedNode, op: &Conv, rows: &Rows) -> Option<Rows> {
        let spec = &op.pool_spec;
        let (channels, width) = (spec.input_channels, spec.output_channels);
        let &[tall, wide, side_by_side] = &rows.view.dims[..] else { return None };
        let shape = self.shape(OutletId::new(node.id, 0))?;
        let results = [shape[0], shape[1]];
        let is_so = spec.kernel_shape[..] == [3, 3]
            && (0..2).all(|axis| spec.stride(axis) == 1 && spec.dilation(axis) == 1)
            && side_by_side.stride == 1
            && [channels, width].iter().all(|count| count % WINOGRAD_CHANNELS == 0)
            && results.iter().all(|&results| results >= WORTH_TILES);
        let taps = floats(self.constant(node.inputs[1])?)?;
        if !is_so || taps.len() != 9 * channels * width {
            return None;
        }
        let factors = by_depth(taps, 9 * channels, width);
        let biases = self.biases(node, width)?;
        let padding = spec.computed_padding(&[tall.len, wide.len]);
        let made = self.made(node)?;
        let shape = WinogradShape {
            data_row: self.buffers[rows.buffer].row,
            data_offset: rows.view.offset,
            places: [tall.len, wide.len],
            strides: [tall.stride, wide.stride],
            padding: [padding[0].pad_before, padding[1].pad_before],
            channels,
            result_row: self.buffers[made.buffer].row,
            results,
            width,
        };
        let scratch = self.rows_of(View::whole(&[shape.scratch()])).buffer;
        self.plans.push(Plan::Winograd {
            shape,
            weights: Weights { factors: factors.into(), biases, slopes: vec![] },
            activation: Activation::None,
            data: rows.buffer,
            result: made.buffer,
            scratch,
        });
        Some(made)
    }

    /// The biases of a convolution with `channels` output channels.
    fn biases(&self, node: &TypedNode, channels: usize) -> Option<Vec<f32>> {
        match floats(self.constant(node.inputs[2])?)? {
            &[bias] => Some(vec![bias; channels]),
            biases => (biases.len() == channels).then(|| biases.to_vec()),
        }
    }
}

/// Reorders weights for a product. The input has `depth` weights for each of `width` results, one
/// result after the other; the output has `width` weights for each depth.
fn by_depth(weights: &[f32], depth: usize, width: usize) -> Vec<f32> {
    (0..weights.len()).map(|at| weights[at % width * depth + at / width]).collect()
}
