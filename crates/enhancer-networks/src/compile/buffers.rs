//! Decides which tensors share a buffer. The fewer bytes a program touches, the more of them
//! stay in the cache.

use super::{Compiler, Tensors, Use};
use crate::plan::ProgramPlan;
use crate::program::{Buffer, Place};

impl Compiler<'_> {
    /// The finished plan. Its outputs are the tensors `outputs`.
    pub(super) fn program(mut self, usage: Use, outputs: Vec<usize>) -> ProgramPlan {
        self.straighten_copies(&outputs);
        self.without_copies(&outputs);
        self.sum_parts(&outputs);
        self.join_chains(&outputs);
        self.rectify(&outputs);
        self.join_copies();
        let inputs: Vec<usize> =
            self.graph.inputs.iter().map(|input| self.inputs[&input.node]).collect();
        let (places, buffers) = self.share(&inputs, &outputs);
        let row = |&tensor: &usize| self.buffers[tensor].row;
        ProgramPlan {
            inputs: inputs.iter().map(row).collect(),
            outputs: outputs.iter().map(row).collect(),
            plans: self.plans,
            places,
            buffers,
            constants: self.constants,
            one_row: usage == Use::OneRow,
        }
    }

    /// The place of each tensor, and the buffers.
    fn share(&self, inputs: &[usize], outputs: &[usize]) -> (Vec<Place>, Vec<Buffer>) {
        let mut places: Vec<Option<Place>> = vec![None; self.buffers.len()];
        let mut buffers = vec![];
        for (tensor, Tensors { row, fill }) in self.buffers.iter().enumerate() {
            if let Some(fill) = *fill {
                places[tensor] = Some(Place::Buffer(buffers.len()));
                buffers.push(Buffer { row: *row, fill });
            }
        }
        inputs.iter().enumerate().for_each(|(at, &t)| places[t] = Some(Place::Input(at)));
        outputs.iter().enumerate().for_each(|(at, &t)| places[t] = Some(Place::Output(at)));
        // Tensors without a place share buffers.
        let is_shared: Vec<bool> = places.iter().map(Option::is_none).collect();
        let mut last_read = vec![0; self.buffers.len()];
        for (at, plan) in self.plans.iter().enumerate() {
            // A tensor that nothing reads is free again after it was written.
            plan.touches().into_iter().for_each(|t| last_read[t] = at);
        }
        let mut free: Vec<usize> = vec![];
        for (at, plan) in self.plans.iter().enumerate() {
            let written = [Some(plan.result()), plan.scratch()];
            for made in written.into_iter().flatten() {
                if places[made].is_none() {
                    let buffer = taken(&mut free, &mut buffers, self.buffers[made].row);
                    places[made] = Some(Place::Buffer(buffer));
                }
            }
            for tensor in plan.touches().into_iter().filter(|&t| last_read[t] == at && is_shared[t])
            {
                if let Some(Place::Buffer(buffer)) = places[tensor] {
                    free.push(buffer);
                }
            }
        }
        // A tensor that nothing writes or reads needs no place.
        (places.into_iter().map(|place| place.unwrap_or(Place::Input(0))).collect(), buffers)
    }
}

/// A free buffer with room for `row` floats per row: the one that fits best, or a new one.
fn taken(free: &mut Vec<usize>, buffers: &mut Vec<Buffer>, row: usize) -> usize {
    let waste = |&at: &usize| buffers[free[at]].row.abs_diff(row);
    match (0..free.len()).min_by_key(waste) {
        Some(at) => {
            let buffer = free.swap_remove(at);
            buffers[buffer].row = buffers[buffer].row.max(row);
            buffer
        }
        None => {
            buffers.push(Buffer { row, fill: 0.0 });
            buffers.len() - 1
        }
    }
}
