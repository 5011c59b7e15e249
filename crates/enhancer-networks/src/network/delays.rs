//! States that are delay lines, such as the memory of a convolution over time: each of their
//! numbers is an input of an earlier step. Such states need no computation step by step. The
//! state before each step of a block is copied from the inputs of earlier steps.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::stages::{BLOCK, StateStage};
use crate::kernels::{Copies, Isa, Pair};

/// The most numbers of all states and tables of a cell. Each gets a name, which must be exact as a
/// number of single precision.
pub(super) const MOST_NUMBERS: usize = 1 << 18;

/// A cell of delay lines. Its numbers are copied by kernels, or by the plans of some.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Delays<C = Copies> {
    /// The longest delay, in steps.
    pub(super) steps: usize,
    /// The tables of the cell that are needed: the index of each, and its floats per row.
    pub(super) tables: Vec<(usize, usize)>,
    /// For each state that others need, in the order of the states, the origins of its numbers.
    pub(super) past: Vec<Vec<Part<C>>>,
}

/// A cell of delay lines before it is prepared for an instruction set.
pub(crate) type DelaysPlan = Delays<Vec<Pair>>;

/// The numbers of a state that came in `back` steps before, with one table of `Delays::tables`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Part<C> {
    pub(super) back: usize,
    pub(super) table: usize,
    pub(super) copies: C,
}

impl DelaysPlan {
    /// The floats that it remembers for a lane.
    pub(super) fn floats(&self) -> usize {
        let row = self.tables.iter().map(|table| table.1).fold(0, usize::saturating_add);
        row.saturating_mul(self.steps)
    }

    /// Whether it fits a cell with tables of `taken` floats per row, of whose states those with `past`
    /// floats are needed.
    pub(super) fn fit(&self, taken: &[usize], past: &[usize]) -> bool {
        let Delays { steps, tables, past: lines } = self;
        let fits = |part: &Part<Vec<Pair>>, len: usize| {
            let is_within = |row: usize| {
                part.copies.iter().all(|pair| (pair.0 as usize) < len && (pair.1 as usize) < row)
            };
            (1..=*steps).contains(&part.back)
                && tables.get(part.table).is_some_and(|table| is_within(table.1))
        };
        tables.iter().all(|&(at, row)| taken.get(at) == Some(&row))
            && *steps <= MOST_NUMBERS
            && self.floats() <= MOST_NUMBERS
            && lines.len() == past.len()
            && lines.iter().zip(past).all(|(parts, &len)| parts.iter().all(|part| fits(part, len)))
    }

    /// Prepares the copies of `states`.
    pub(super) fn prepared(self, isa: Isa, states: &[StateStage]) -> Delays {
        let Delays { steps, tables, past } = self;
        let lens = states.iter().filter(|state| state.past.is_some()).map(|state| state.len);
        let part = |part: Part<Vec<Pair>>, len: usize| {
            let Part { back, table, copies } = part;
            let row = tables[table].1;
            Part { back, table, copies: Copies::new(isa, &copies, row, len) }
        };
        let parts = |(parts, len): (Vec<Part<Vec<Pair>>>, usize)| {
            parts.into_iter().map(|one| part(one, len)).collect()
        };
        let past = past.into_iter().zip(lens).map(parts).collect();
        Delays { steps, tables, past }
    }
}

/// A run of [`Delays`] over some lanes.
pub(crate) struct DelayRun {
    delays: Arc<Delays>,
    lanes: usize,
    /// For each needed table, the rows of earlier steps.
    before: Vec<Vec<f32>>,
}

impl DelayRun {
    pub(super) fn new(delays: &Arc<Delays>, lanes: usize) -> DelayRun {
        let rows = |(_, len): &(usize, usize)| vec![0.0; delays.steps * lanes * len];
        DelayRun { delays: delays.clone(), lanes, before: delays.tables.iter().map(rows).collect() }
    }

    /// Resets it to the state of a new one.
    pub(super) fn clear(&mut self) {
        self.before.iter_mut().for_each(|rows| rows.fill(0.0));
    }

    /// Writes the states before each of `rows` rows. The rows of all lanes for one step come before
    /// those for the next step.
    pub(super) fn run(&mut self, rows: usize, given: &[&[f32]], past: &mut [&mut [f32]]) {
        let DelayRun { delays, lanes, before } = self;
        for (parts, past) in delays.past.iter().zip(past) {
            let row = past.len() / BLOCK;
            for Part { back, table, copies } in parts {
                let (at, len) = delays.tables[*table];
                // The first rows come from steps before the block.
                let first = (back * *lanes).min(rows);
                let old = &before[*table][(delays.steps - back) * *lanes * len..];
                copies.run(first, old, past);
                copies.run(rows - first, given[at], &mut past[first * row..]);
            }
        }
        let most = delays.steps * *lanes;
        for (&(at, len), before) in delays.tables.iter().zip(before) {
            let new = rows.min(most);
            before.copy_within(new * len.., 0);
            before[(most - new) * len..]
                .copy_from_slice(&given[at][(rows - new) * len..rows * len]);
        }
    }
}

#[cfg(all(test, feature = "tflite"))]
mod tests {
    use tract_tflite::internal::tract_core::ops::array::{Slice, TypedConcat};
    use tract_tflite::internal::*;

    use super::super::stages::Next;
    use super::*;
    use crate::compile::{Use, compile};

    const LEN: usize = 4;

    /// The delay lines of a state of `LEN` numbers. With each step it drops its first number and
    /// appends the last number of a table whose rows have `width` floats.
    fn line(width: usize) -> Option<Delays> {
        let mut graph = TypedModel::default();
        let state = graph.add_source("state", f32::fact([2, LEN])).unwrap();
        let given = graph.add_source("given", f32::fact([2, width])).unwrap();
        let old = graph.wire_node("old", Slice::new(1, 1, LEN), &[state]).unwrap()[0];
        let new = graph.wire_node("new", Slice::new(1, width - 1, width), &[given]).unwrap()[0];
        let next = graph.wire_node("next", TypedConcat::new(1), &[old, new]).unwrap();
        graph.select_output_outlets(&next).unwrap();
        let plan = compile(&graph, Use::OneRow).unwrap();
        let states = [StateStage { len: LEN, next: Next::Made(0), past: Some(0) }];
        Some(DelaysPlan::of(&plan, &states, &[width])?.prepared(Isa::best(), &states))
    }

    #[test]
    fn a_line_gives_what_came_in_however_many_steps_are_in_a_block() {
        let delays = Arc::new(line(2).unwrap());
        for lanes in 1..4 {
            for steps in 1..=BLOCK / lanes {
                let mut run = DelayRun::new(&delays, lanes);
                for what in ["a new run", "a run that was cleared"] {
                    let mut states = vec![[0f32; LEN]; lanes];
                    for block in 0..3 {
                        let given: Vec<f32> =
                            (0..BLOCK * 2).map(|at| (block * BLOCK * 2 + at + 1) as f32).collect();
                        let mut past = vec![-1.0; BLOCK * LEN];
                        run.run(steps * lanes, &[&given], &mut [&mut past[..]]);
                        for row in 0..steps * lanes {
                            let state = &mut states[row % lanes];
                            let made = &past[row * LEN..][..LEN];
                            assert_eq!(made, state, "{what}, {lanes} lanes, {steps} steps");
                            state.rotate_left(1);
                            state[LEN - 1] = given[row * 2 + 1];
                        }
                        assert!(past[steps * lanes * LEN..].iter().all(|x| *x == -1.0));
                    }
                    run.clear();
                }
            }
        }
    }

    #[test]
    fn a_line_of_few_numbers_of_a_wide_table_goes_step_by_step() {
        assert!(line(2).is_some());
        assert!(line(3).is_none());
    }
}
