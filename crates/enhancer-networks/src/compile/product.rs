//! Products with constant weights.

use std::collections::HashMap;

use tract_tflite::internal::tract_core::ops::einsum::EinSum;
use tract_tflite::internal::*;

use super::{Compiler, Rows, Value, floats};
use crate::kernels::{Activation, ProductShape, Weights};
use crate::plan::Plan;
use crate::view::{Dim, View, offsets};

/// The axes of a product by their roles, with their dimensions.
#[derive(Default)]
struct Axes {
    /// In the data and the results: the vectors.
    vectors: Vec<(Dim, Dim)>,
    /// In all three: groups with weights of their own.
    groups: Vec<(Dim, Dim, Dim)>,
    /// In the data and the weights: the axes of the sum.
    depth: Vec<(Dim, Dim)>,
    /// In the weights and the results.
    width: Option<(Dim, Dim)>,
}

impl Compiler<'_> {
    /// A product of data with constant weights.
    pub(super) fn product(&mut self, node: &TypedNode, op: &EinSum) -> Option<Rows> {
        if op.q_params.is_some() || node.inputs.len() != 2 {
            return None;
        }
        let (data_slot, weights_slot) =
            if self.constant(node.inputs[1]).is_some() { (0, 1) } else { (1, 0) };
        let (data, has_one) = match self.values.get(&node.inputs[data_slot])? {
            Value::WithOne(rows) => (rows.clone(), true),
            _ => (self.rows(node.inputs[data_slot])?, false),
        };
        let weights = self.constant(node.inputs[weights_slot])?;
        let factors = floats(weights)?.to_vec();
        let weights = View::whole(weights.shape());
        // Includes the 1, whose row of weights is the bias.
        let mut data_view = data.view.clone();
        if has_one {
            data_view.dims.last_mut()?.len += 1;
        }
        let made_shape = self.shape(OutletId::new(node.id, 0))?;
        let made_view = laid_out(op, &made_shape, weights_slot);
        let slots = (data_slot, weights_slot);
        let mut axes = axes(op, slots, [&data_view, &weights, &made_view])?;
        let bias_row = if has_one { Some(take_one(&mut axes)?) } else { None };
        let made = self.rows_of(made_view);
        let shape = axes.shape(&data.view, [&data, &made].map(|r| self.buffers[r.buffer].row));
        let weights = axes.weights(&factors, bias_row);
        self.plans.push(Plan::Product {
            shape,
            weights,
            activation: Activation::None,
            data: data.buffer,
            result: made.buffer,
        });
        Some(made)
    }

    /// Adds a constant to the biases of the product that computes `rows`, if the constant is the
    /// same for all vectors.
    pub(super) fn add_bias(&mut self, rows: &Rows, constant: &Tensor) -> Option<()> {
        let (&1, row) = constant.shape().split_first()? else { return None };
        let values = floats(constant)?.to_vec();
        let places = View::whole(row).broadcast(&rows.view.shape())?.offsets();
        let maker = self.plans.iter_mut().rfind(|plan| plan.result() == rows.buffer)?;
        let Plan::Product { shape, weights, activation: Activation::None, .. } = maker else {
            return None;
        };
        if !rows.is_sole {
            return None;
        }
        // The bias of each place of the buffer.
        let mut bias_of = HashMap::new();
        for (group, (_, offset)) in shape.groups.iter().enumerate() {
            for result in &shape.results {
                for column in 0..shape.width {
                    bias_of.insert(result + offset + column, group * shape.width + column);
                }
            }
        }
        let mut more: Vec<Option<f32>> = vec![None; weights.biases.len()];
        for (place, value) in rows.view.offsets().into_iter().zip(places) {
            let (more, value) = (more.get_mut(*bias_of.get(&place)?)?, values[value]);
            if more.is_some_and(|more| more.to_bits() != value.to_bits()) {
                return None;
            }
            *more = Some(value);
        }
        for (bias, more) in weights.biases.iter_mut().zip(more) {
            *bias += more.unwrap_or(0.0);
        }
        Some(())
    }
}

/// The layout of the results: in their order, except that the product's width lies side by side.
fn laid_out(op: &EinSum, shape: &[usize], weights: usize) -> View {
    let is_width = |axis: &&Axis| {
        let [Some(_), Some(&at)] = [axis.inputs[weights].first(), axis.outputs[0].first()] else {
            return false;
        };
        axis.inputs[1 - weights].is_empty() && shape[at - 1] != 1
    };
    let width = op.axes.iter_all_axes().find(is_width).map(|axis| axis.outputs[0][0] - 1);
    let is_last = |at: usize| shape[at + 1..].iter().all(|&len| len == 1);
    match width {
        Some(at) if !is_last(at) => {
            let mut order: Vec<usize> = (0..shape.len()).filter(|&axis| axis != at).collect();
            order.push(at);
            let lens: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
            let mut view = View::whole(shape);
            for (&axis, dim) in order.iter().zip(View::whole(&lens).dims) {
                view.dims[axis] = dim;
            }
            view
        }
        _ => View::whole(shape),
    }
}

/// The roles of a product's axes; `None` if it is another kind of product. The first axis of data
/// and results is that of the rows.
fn axes(op: &EinSum, slots: (usize, usize), views: [&View; 3]) -> Option<Axes> {
    let mut axes = Axes::default();
    for axis in op.axes.iter_all_axes() {
        let places = [&axis.inputs[slots.0], &axis.inputs[slots.1], &axis.outputs[0]];
        if places.iter().any(|places| places.len() > 1) {
            return None;
        }
        let [data, weights, made] = places.map(|places| places.first().copied());
        match (data, weights, made) {
            (Some(0), None, Some(0)) => continue,
            // The same weights for all rows.
            (Some(0), Some(at), Some(0)) if views[1].dims[at].len == 1 => continue,
            (Some(0), ..) | (_, _, Some(0)) => return None,
            _ => {}
        }
        let data = data.map(|at| views[0].dims[at - 1]);
        let weights = weights.map(|at| views[1].dims[at]);
        let made = made.map(|at| views[2].dims[at - 1]);
        match (data, weights, made) {
            (Some(data), Some(weights), Some(made)) => axes.groups.push((data, weights, made)),
            (Some(data), Some(weights), None) => axes.depth.push((data, weights)),
            (Some(data), None, Some(made)) => axes.vectors.push((data, made)),
            (None, Some(weights), Some(made)) if axes.width.is_none() => {
                axes.width = Some((weights, made));
            }
            // An axis of length 1 needs no sum.
            (Some(dim), None, None) | (None, Some(dim), None) | (None, None, Some(dim))
                if dim.len == 1 => {}
            _ => return None,
        }
    }
    let is_side_by_side = |(_, made): &(Dim, Dim)| made.stride == 1 || made.len == 1;
    axes.width.as_ref().is_none_or(is_side_by_side).then_some(axes)
}

/// Removes the last number from the only axis of the sum. Returns the offset of its row of weights.
fn take_one(axes: &mut Axes) -> Option<usize> {
    let [(data, weights)] = &mut axes.depth[..] else { return None };
    data.len -= 1;
    weights.len -= 1;
    Some(weights.len * weights.stride)
}

impl Axes {
    fn shape(&self, data: &View, [data_row, result_row]: [usize; 2]) -> ProductShape {
        let all = |first, dims: Vec<Dim>| offsets(first, &dims);
        let groups = all(0, self.groups.iter().map(|group| group.0).collect());
        let result_groups = all(0, self.groups.iter().map(|group| group.2).collect());
        ProductShape {
            data_row,
            result_row,
            data: all(data.offset, self.vectors.iter().map(|vectors| vectors.0).collect()),
            results: all(0, self.vectors.iter().map(|vectors| vectors.1).collect()),
            groups: groups.into_iter().zip(result_groups).collect(),
            depth: all(0, self.depth.iter().map(|depth| depth.0).collect()),
            width: self.width.map_or(1, |(weights, _)| weights.len),
        }
    }

    /// The weights in the kernel's order, with the row that is a bias.
    fn weights(&self, factors: &[f32], bias_row: Option<usize>) -> Weights {
        let groups = offsets(0, &self.groups.iter().map(|group| group.1).collect::<Vec<_>>());
        let depth = offsets(0, &self.depth.iter().map(|depth| depth.1).collect::<Vec<_>>());
        let width: Vec<usize> = offsets(0, &self.width.iter().map(|w| w.0).collect::<Vec<_>>());
        let (mut in_order, mut biases) = (vec![], vec![]);
        for group in groups {
            for row in &depth {
                in_order.extend(width.iter().map(|column| factors[group + row + column]));
            }
            biases.extend(
                width
                    .iter()
                    .map(|column| bias_row.map_or(0.0, |row| factors[group + row + column])),
            );
        }
        Weights { factors: in_order.into(), biases, slopes: vec![] }
    }
}
