//! Independent recurrent layers with the same steps, computed side by side.
//!
//! A step of a small layer is a dozen operators on a few numbers. Several layers can be joined into
//! one, with their matrices along the diagonal of larger ones. This needs no more operators than a
//! single layer.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array2, Axis};

use super::Lowering;
use super::recurrent::{Direction, Recurred};
use super::value::{Computed, Element, Value};

/// A layer in one direction with its inputs: `x` [step, batch, input], and the states [batch, unit]
/// before the first step, with a cell for an LSTM.
pub(super) struct Strand {
    pub(super) x: Computed,
    pub(super) direction: Direction,
    pub(super) hidden: Value,
    pub(super) cell: Option<Value>,
    pub(super) linear_before_reset: bool,
}

impl Strand {
    fn gates(&self) -> usize {
        self.direction.recurrent.ncols() / self.units()
    }

    fn units(&self) -> usize {
        self.direction.recurrent.nrows()
    }

    /// What two layers must have in common to be computed side by side.
    pub(super) fn form(&self) -> (usize, usize, usize, usize, bool) {
        let (steps, batch) = (self.x.shape[0], self.x.shape[1]);
        (steps, batch, self.units(), self.gates(), self.linear_before_reset)
    }
}

impl Lowering {
    /// Computes layers of the same form. Returns the result of each, in order.
    pub(super) fn side_by_side(&mut self, strands: Vec<Strand>) -> TractResult<Vec<Recurred>> {
        let steps = strands.first().context("no layer")?.x.shape[0];
        if strands.len() == 1 || steps == 1 {
            return strands.iter().map(|strand| self.alone(strand)).collect();
        }
        // Backward layers come last, and use everything in reverse.
        let mut order: Vec<usize> = (0..strands.len()).collect();
        order.sort_by_key(|at| strands[*at].direction.backward);
        let forward = strands.iter().filter(|strand| !strand.direction.backward).count();
        let ordered: Vec<&Strand> = order.iter().map(|at| &strands[*at]).collect();
        let merged = self.merged(&ordered)?;
        let made = self.alone(&merged)?;
        let split = self.split_strands(&made, ordered.len(), forward)?;
        let mut split: Vec<(usize, Recurred)> = order.into_iter().zip(split).collect();
        split.sort_by_key(|(at, _)| *at);
        Ok(split.into_iter().map(|(_, recurred)| recurred).collect())
    }

    fn alone(&mut self, strand: &Strand) -> TractResult<Recurred> {
        let Strand { x, direction, hidden, cell, linear_before_reset } = strand;
        match cell {
            Some(cell) => self.lstm(x, direction, hidden.clone(), cell.clone()),
            None => self.gru(x, direction, hidden.clone(), *linear_before_reset),
        }
    }

    /// Joins the layers into one.
    fn merged(&mut self, strands: &[&Strand]) -> TractResult<Strand> {
        let mut xs = vec![];
        for strand in strands {
            xs.push(match strand.direction.backward {
                true => self.reversed(&strand.x)?,
                false => strand.x.clone(),
            });
        }
        let join = |of: &dyn Fn(&Strand) -> Value| -> TractResult<Value> {
            let all: Vec<Computed> =
                strands.iter().map(|strand| of(strand).computed()).collect::<TractResult<_>>()?;
            let joined = Computed::concat(1, &all)?;
            Value::of(joined.shape, joined.elements.to_vec())
        };
        let hidden = join(&|strand| strand.hidden.clone())?;
        let cell = match strands.iter().all(|strand| strand.cell.is_some()) {
            true => Some(join(&|strand| strand.cell.clone().unwrap_or(strand.hidden.clone()))?),
            false => None,
        };
        let first = strands[0];
        let units = first.units();
        let along = |of: &dyn Fn(&Direction) -> Array2<f32>| {
            let parts: Vec<Array2<f32>> = strands.iter().map(|s| of(&s.direction)).collect();
            diagonal(&parts, first.gates(), units)
        };
        let biases = |of: &dyn Fn(&Direction) -> &Vec<f32>| -> Vec<f32> {
            let gates = 0..first.gates();
            let of_gate = |gate: usize| {
                strands.iter().flat_map(move |s| &of(&s.direction)[gate * units..][..units])
            };
            gates.flat_map(of_gate).copied().collect()
        };
        let direction = Direction {
            input: along(&|direction| direction.input.clone()),
            recurrent: along(&|direction| direction.recurrent.clone()),
            input_bias: biases(&|direction| &direction.input_bias),
            recurrent_bias: biases(&|direction| &direction.recurrent_bias),
            backward: false,
        };
        let x = Computed::concat(2, &xs)?;
        let linear_before_reset = first.linear_before_reset;
        Ok(Strand { x, direction, hidden, cell, linear_before_reset })
    }

    /// Splits the joint result into the results of the layers.
    fn split_strands(
        &mut self,
        made: &Recurred,
        count: usize,
        forward: usize,
    ) -> TractResult<Vec<Recurred>> {
        let (batch, all) = (made.steps[0].shape[0], made.steps[0].shape[1]);
        let units = all / count;
        let steps: Vec<Computed> =
            made.steps.iter().map(|step| step.reshaped(&[1, batch, all])).collect();
        let sequence = self.gathered(&Computed::concat(0, &steps)?)?;
        let mut backward = sequence.slice(2, forward * units..all);
        if forward < count {
            backward = self.reversed(&backward)?;
        }
        let part = |value: &Value, at: usize| -> TractResult<Value> {
            let part = value.computed()?.slice(1, at * units..(at + 1) * units);
            Value::of(part.shape, part.elements.to_vec())
        };
        (0..count)
            .map(|at| {
                let (from, at_in) =
                    if at < forward { (&sequence, at) } else { (&backward, at - forward) };
                let own = from.slice(2, at_in * units..(at_in + 1) * units);
                let step = |step: usize| own.slice(0, step..step + 1).reshaped(&[batch, units]);
                Ok(Recurred {
                    steps: (0..steps.len()).map(step).collect(),
                    hidden: part(&made.hidden, at)?,
                    cell: made.cell.as_ref().map(|cell| part(cell, at)).transpose()?,
                })
            })
            .collect()
    }

    /// The tensor with its first axis reversed, as a separate source.
    fn reversed(&mut self, x: &Computed) -> TractResult<Computed> {
        // Assembled once, not row by row.
        let x = self.gathered(x)?;
        let mut places = x.places();
        places.invert_axis(Axis(0));
        self.gathered(&x.at(&places))
    }

    /// The tensor as a separate source, in its own order.
    fn gathered(&mut self, x: &Computed) -> TractResult<Computed> {
        let elements: Vec<Element> = x.elements.to_vec();
        let rows = x.shape[0];
        let dims = vec![rows, elements.len() / rows];
        let outlet = self.wire(&elements, &dims)?;
        Ok(self.whole(outlet, dims, x.shape.clone()))
    }
}

/// Puts matrices [input, gate and unit] along the diagonal of one. Its columns are sorted by gate,
/// then by matrix.
fn diagonal(parts: &[Array2<f32>], gates: usize, units: usize) -> Array2<f32> {
    let rows = parts.iter().map(Array2::nrows).sum();
    let mut all = Array2::zeros((rows, gates * units * parts.len()));
    let mut row = 0;
    for (at, part) in parts.iter().enumerate() {
        for ((input, column), value) in part.indexed_iter() {
            let (gate, unit) = (column / units, column % units);
            all[(row + input, (gate * parts.len() + at) * units + unit)] = *value;
        }
        row += part.nrows();
    }
    all
}

#[cfg(test)]
mod tests {
    use tract_nnef::prelude::tract_ndarray::arr2;

    use super::*;

    #[test]
    fn matrices_are_along_the_diagonal_gate_by_gate() {
        let first = arr2(&[[1.0, 2.0], [3.0, 4.0]]);
        let second = arr2(&[[5.0, 6.0]]);
        let expected = arr2(&[[1.0, 0.0, 2.0, 0.0], [3.0, 0.0, 4.0, 0.0], [0.0, 5.0, 0.0, 6.0]]);
        assert_eq!(diagonal(&[first, second], 2, 1), expected);
    }
}
