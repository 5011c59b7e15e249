//! Which plans write and read each tensor, for the passes that merge plans.

use super::Compiler;

/// The plans that use each tensor, in their order.
pub(super) struct Uses {
    pub(super) makers: Vec<Vec<usize>>,
    /// A plan with a tensor as both of its operands is listed twice.
    pub(super) readers: Vec<Vec<usize>>,
}

impl Compiler<'_> {
    pub(super) fn uses(&self) -> Uses {
        let count = self.buffers.len();
        let mut uses = Uses { makers: vec![vec![]; count], readers: vec![vec![]; count] };
        for (at, plan) in self.plans.iter().enumerate() {
            uses.makers[plan.result()].push(at);
            plan.reads().into_iter().for_each(|tensor| uses.readers[tensor].push(at));
        }
        uses
    }

    /// The only maker of a tensor that has no padding and is not one of the program's `outputs`.
    pub(super) fn sole_maker(
        &self,
        uses: &Uses,
        tensor: usize,
        outputs: &[usize],
    ) -> Option<usize> {
        let is_inner = self.buffers[tensor].fill.is_none() && !outputs.contains(&tensor);
        match uses.makers[tensor][..] {
            [maker] if is_inner => Some(maker),
            _ => None,
        }
    }

    /// Drops the plans that are not needed any more.
    pub(super) fn keep_needed(&mut self, is_needed: Vec<bool>) {
        let mut is_needed = is_needed.into_iter();
        self.plans.retain(|_| is_needed.next().unwrap_or(true));
    }
}
