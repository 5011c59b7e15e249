//! How the rows of a run are arranged in blocks.

use super::stages::BLOCK;

/// Cuts the steps of some lanes into blocks of at most [`BLOCK`] rows. With many steps, a block
/// contains rows of one lane. With few steps, it contains rows of several lanes: a step of all its
/// lanes comes before the next step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    /// The number of lanes, and of lanes per block.
    lanes: usize,
    lanes_in_group: usize,
    steps: usize,
    steps_in_block: usize,
}

impl Blocks {
    /// # Panics
    /// If there are no lanes or no steps.
    pub(super) fn new(lanes: usize, steps: usize) -> Blocks {
        let steps_in_block = steps.min(BLOCK);
        // The groups have about the same size, since each costs as much as the largest.
        let groups = lanes.div_ceil(BLOCK / steps_in_block);
        Blocks { lanes, lanes_in_group: lanes.div_ceil(groups), steps, steps_in_block }
    }

    pub(super) fn lanes_in_group(&self) -> usize {
        self.lanes_in_group
    }

    /// The number of groups of lanes that share blocks.
    pub(super) fn groups(&self) -> usize {
        self.lanes.div_ceil(self.lanes_in_group)
    }

    /// The number of blocks per group.
    pub(super) fn in_group(&self) -> usize {
        self.steps.div_ceil(self.steps_in_block)
    }

    /// The number of blocks.
    pub(super) fn count(&self) -> usize {
        self.groups() * self.in_group()
    }

    /// The index of a group's block among all blocks.
    pub(super) fn place(&self, group: usize, block: usize) -> usize {
        group * self.in_group() + block
    }

    /// The index of the block with a step of a lane, and of the row in that block.
    pub(super) fn row(&self, lane: usize, step: usize) -> (usize, usize) {
        let (group, lane) = (lane / self.lanes_in_group, lane % self.lanes_in_group);
        let (block, step) = (step / self.steps_in_block, step % self.steps_in_block);
        (self.place(group, block), step * self.lanes_in_group + lane)
    }

    /// The maximum number of rows in a block.
    pub(super) fn most_rows(&self) -> usize {
        self.steps_in_block * self.lanes_in_group
    }

    /// The number of rows in this block of each group. The last group may have fewer lanes than the
    /// others. Its unused rows are computed all the same.
    pub(super) fn rows(&self, block: usize) -> usize {
        let steps = self.steps - block * self.steps_in_block;
        steps.min(self.steps_in_block) * self.lanes_in_group
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_step_of_each_lane_has_a_row_of_its_own() {
        for lanes in 1..40 {
            for steps in 1..40 {
                let blocks = Blocks::new(lanes, steps);
                assert!(blocks.most_rows() <= BLOCK, "{blocks:?}");
                let places = (0..lanes).flat_map(|l| (0..steps).map(move |s| (l, s)));
                let places: HashSet<_> = places.map(|(l, s)| blocks.row(l, s)).collect();
                assert_eq!(places.len(), lanes * steps, "{blocks:?}");
                for (place, row) in places {
                    assert!(place < blocks.count(), "{blocks:?}");
                    assert!(row < blocks.rows(place % blocks.in_group()), "{blocks:?}");
                }
            }
        }
    }

    #[test]
    fn few_rows_are_computed_for_nobody() {
        for lanes in 1..40 {
            for steps in 1..40 {
                let blocks = Blocks::new(lanes, steps);
                let rows: usize = (0..blocks.in_group()).map(|block| blocks.rows(block)).sum();
                let idle = rows * blocks.groups() - lanes * steps;
                assert!(idle < steps * blocks.groups(), "{blocks:?}");
            }
        }
    }
}
