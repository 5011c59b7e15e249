//! Which tensors share a buffer: the fewer bytes are touched, the more of them stay in
//! the cache.

use super::{Compiler, Tensors, Use};
use crate::kernels::{Floats, Isa};
use crate::program::{Buffer, Program};

impl Compiler<'_> {
    /// The program, which gives `outputs`: buffers and the floats of their rows.
    pub(super) fn program(self, isa: Isa, usage: Use, outputs: Vec<(usize, usize)>) -> Program {
        let inputs: Vec<usize> =
            self.graph.inputs.iter().map(|input| self.inputs[&input.node]).collect();
        let (places, buffers) = self.share(&inputs, &outputs);
        let place = |tensor: usize| places[tensor];
        let row = |&tensor: &usize| (place(tensor), self.buffers[tensor].row);
        let one_row = usage == Use::OneRow;
        Program {
            inputs: inputs.iter().map(row).collect(),
            outputs: outputs.iter().map(|&(tensor, row)| (place(tensor), row)).collect(),
            steps: self.plans.into_iter().map(|plan| plan.step(isa, one_row, place)).collect(),
            constants: self.constants.iter().map(|constant| Floats::from(&constant[..])).collect(),
            buffers,
        }
    }

    /// The buffer of each tensor, and the buffers.
    fn share(&self, inputs: &[usize], outputs: &[(usize, usize)]) -> (Vec<usize>, Vec<Buffer>) {
        let mut last_read = vec![0; self.buffers.len()];
        let mut is_kept: Vec<bool> = self.buffers.iter().map(|t| t.fill.is_some()).collect();
        inputs.iter().for_each(|&tensor| is_kept[tensor] = true);
        outputs.iter().for_each(|&(tensor, _)| is_kept[tensor] = true);
        for (at, plan) in self.plans.iter().enumerate() {
            // One that nobody reads is free after it was written.
            plan.reads().into_iter().chain([plan.result()]).for_each(|t| last_read[t] = at);
        }
        let mut places = vec![usize::MAX; self.buffers.len()];
        let (mut buffers, mut free): (Vec<Buffer>, Vec<usize>) = (vec![], vec![]);
        for (tensor, _) in is_kept.iter().enumerate().filter(|(_, is_kept)| **is_kept) {
            let Tensors { row, fill } = self.buffers[tensor];
            places[tensor] = buffers.len();
            buffers.push(Buffer { row, fill: fill.unwrap_or(0.0) });
        }
        for (at, plan) in self.plans.iter().enumerate() {
            let made = plan.result();
            if places[made] == usize::MAX {
                let row = self.buffers[made].row;
                places[made] = taken(&mut free, &mut buffers, row);
            }
            let mut done = plan.reads();
            done.push(made);
            done.sort_unstable();
            done.dedup();
            done.retain(|&tensor| last_read[tensor] == at && !is_kept[tensor]);
            free.extend(done.into_iter().map(|tensor| places[tensor]));
        }
        // A tensor that nothing writes or reads needs no place of its own.
        places.iter_mut().filter(|place| **place == usize::MAX).for_each(|place| *place = 0);
        (places, buffers)
    }
}

/// A buffer that nobody needs, with room for so many floats a row: the one that fits
/// best, or a new one.
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
