//! GRU and LSTM, step by step along their sequence.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::Array2;
use tract_nnef::tract_core::ops::{math, nn};

use super::Lowering;
use super::value::{Computed, Value};

/// One direction of a recurrent layer.
pub(super) struct Direction {
    /// [input, gate and unit].
    pub(super) input: Array2<f32>,
    /// [unit, gate and unit].
    pub(super) recurrent: Array2<f32>,
    pub(super) input_bias: Vec<f32>,
    pub(super) recurrent_bias: Vec<f32>,
    pub(super) backward: bool,
}

impl Direction {
    fn units(&self) -> usize {
        self.recurrent.nrows()
    }

    /// The steps of a sequence, in the order in which they are computed.
    fn order(&self, steps: usize) -> Vec<usize> {
        if self.backward { (0..steps).rev().collect() } else { (0..steps).collect() }
    }
}

/// The result of a layer: the outputs of all steps [batch, unit] in the order of time, and the last
/// states.
pub(super) struct Recurred {
    pub(super) steps: Vec<Computed>,
    pub(super) hidden: Value,
    pub(super) cell: Option<Value>,
}

impl Lowering {
    /// `x` is [step, batch, input], `hidden` [batch, unit]. Gates are update, reset and new.
    pub(super) fn gru(
        &mut self,
        x: &Computed,
        layer: &Direction,
        hidden: Value,
        linear_before_reset: bool,
    ) -> TractResult<Recurred> {
        let units = layer.units();
        let given = self.given(x, layer, linear_before_reset)?;
        let mut hidden = hidden;
        let mut steps = vec![];
        for step in layer.order(x.shape[0]) {
            let given = given[step].clone();
            let (gates, new) = if linear_before_reset {
                let recalled = self.recalled(&hidden, &layer.recurrent, &layer.recurrent_bias)?;
                let gates = self.gates(&given, &recalled, 0..2 * units)?;
                let reset = gates.slice(1, units..2 * units).into();
                let new = self.mul(&reset, &columns(&recalled, 2 * units..3 * units)?)?;
                (gates, new)
            } else {
                let (first, last) =
                    layer.recurrent.view().split_at(tract_ndarray::Axis(1), 2 * units);
                let zeros = vec![0.0; 3 * units];
                let recalled = self.recalled(&hidden, &first.to_owned(), &zeros[..2 * units])?;
                let gates = self.gates(&given, &recalled, 0..2 * units)?;
                let reset = gates.slice(1, units..2 * units).into();
                let kept = self.mul(&reset, &hidden)?.into();
                let new = self.recalled(&kept, &last.to_owned(), &zeros[..units])?;
                (gates, new.computed()?)
            };
            let new = self.add(&columns(&given, 2 * units..3 * units)?, &new.into())?;
            let new = self.unary("new", math::tanh().into(), &new)?.into();
            let update = gates.slice(1, 0..units).into();
            let difference = self.sub(&hidden, &new)?.into();
            let kept = self.mul(&update, &difference)?.into();
            let next = self.add(&new, &kept)?;
            hidden = next.clone().into();
            steps.push((step, next));
        }
        Ok(Recurred { steps: in_order(steps), hidden, cell: None })
    }

    /// As `gru`. Gates are input, output, forget and cell.
    pub(super) fn lstm(
        &mut self,
        x: &Computed,
        layer: &Direction,
        hidden: Value,
        cell: Value,
    ) -> TractResult<Recurred> {
        let units = layer.units();
        let given = self.given(x, layer, false)?;
        let zeros = vec![0.0; 4 * units];
        let (mut hidden, mut cell) = (hidden, cell);
        let mut steps = vec![];
        for step in layer.order(x.shape[0]) {
            let given = given[step].clone();
            let recalled = self.recalled(&hidden, &layer.recurrent, &zeros)?;
            let gates = self.gates(&given, &recalled, 0..3 * units)?;
            let recalled = columns(&recalled, 3 * units..4 * units)?;
            let new = self.add(&columns(&given, 3 * units..4 * units)?, &recalled)?;
            let new = self.unary("new", math::tanh().into(), &new)?.into();
            let gate = |at: usize| Value::from(gates.slice(1, at * units..(at + 1) * units));
            let kept = self.mul(&gate(2), &cell)?.into();
            let added = self.mul(&gate(0), &new)?.into();
            let next_cell = self.add(&kept, &added)?;
            let bent = self.unary("cell", math::tanh().into(), &next_cell)?.into();
            let next = self.mul(&gate(1), &bent)?;
            (hidden, cell) = (next.clone().into(), next_cell.into());
            steps.push((step, next));
        }
        Ok(Recurred { steps: in_order(steps), hidden, cell: Some(cell) })
    }

    /// For each step the contribution of the input to the gates [batch, gate and unit], including
    /// the biases that are always added.
    fn given(
        &mut self,
        x: &Computed,
        layer: &Direction,
        keeps_recurrent_bias: bool,
    ) -> TractResult<Vec<Value>> {
        let (steps, batch, width) = (x.shape[0], x.shape[1], layer.input.ncols());
        let bias = layer.input_bias.iter().zip(&layer.recurrent_bias);
        let bias: Vec<f32> = bias
            .map(|(input, recurrent)| if keeps_recurrent_bias { *input } else { input + recurrent })
            .collect();
        let rows = x.reshaped(&[steps * batch, x.shape[2]]);
        let made = self.product(&rows, &layer.input, Some(&bias))?.reshaped(&[steps, batch, width]);
        let of_step = |step| made.slice(0, step..step + 1).reshaped(&[batch, width]).into();
        Ok((0..steps).map(of_step).collect())
    }

    /// The contribution of the previous step to the gates.
    fn recalled(
        &mut self,
        hidden: &Value,
        weights: &Array2<f32>,
        bias: &[f32],
    ) -> TractResult<Value> {
        match hidden {
            Value::Computed(hidden) => {
                let bias = bias.iter().any(|bias| *bias != 0.0).then_some(bias);
                Ok(self.product(hidden, weights, bias)?.into())
            }
            Value::Constant(hidden) => {
                let hidden = hidden.to_plain_array_view::<f32>()?.into_dimensionality()?;
                let hidden: tract_ndarray::ArrayView2<f32> = hidden;
                let made: Array2<f32> =
                    tract_ndarray::linalg::Dot::dot(&hidden, weights) + tract_ndarray::arr1(bias);
                Ok(Value::Constant(Tensor::from(made).into_arc_tensor()))
            }
        }
    }

    fn gates(
        &mut self,
        given: &Value,
        recalled: &Value,
        range: std::ops::Range<usize>,
    ) -> TractResult<Computed> {
        let sum = self.add(&columns(given, range.clone())?, &columns(recalled, range)?)?;
        self.unary("gates", nn::sigmoid().into(), &sum)
    }
}

fn columns(x: &Value, range: std::ops::Range<usize>) -> TractResult<Value> {
    let columns = x.computed()?.slice(1, range);
    Value::of(columns.shape, columns.elements.to_vec())
}

fn in_order(mut steps: Vec<(usize, Computed)>) -> Vec<Computed> {
    steps.sort_by_key(|(step, _)| *step);
    steps.into_iter().map(|(_, values)| values).collect()
}
