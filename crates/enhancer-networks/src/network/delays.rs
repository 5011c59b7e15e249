//! States that are delay lines, such as the memory of a convolution over time: each of their
//! numbers is an input of an earlier step. Such states need no computation step by step. The
//! state before each step of a block is copied from the inputs of earlier steps.

use std::sync::Arc;

use super::stages::{BLOCK, Next, StateStage};
use crate::kernels::{Copies, Isa, Pair};
use crate::program::Program;

/// The most numbers of all states and tables of a cell. Each gets a name, which must be exact as a
/// number of single precision.
const MOST_NUMBERS: usize = 1 << 18;
/// The most copies for one state. With more copies, of few numbers each, single steps are as fast.
const MOST_PARTS: usize = 256;

/// A cell of delay lines.
#[derive(Debug)]
pub(crate) struct Delays {
    /// The longest delay, in steps.
    steps: usize,
    /// The tables of the cell that are needed: the index of each, and its floats per row.
    tables: Vec<(usize, usize)>,
    /// For each state that others need, in the order of the states, the origins of its numbers.
    past: Vec<Vec<Part>>,
}

/// The numbers of a state that came in `back` steps before, with one table of `Delays::tables`.
#[derive(Debug)]
struct Part {
    back: usize,
    table: usize,
    copies: Copies,
}

/// A number of the cell's tables: the index of the table, and the place in a row.
type Taken = (usize, usize);

/// The origin of a state's number after a step: an input of this step, or a number of the state
/// before it.
#[derive(Clone, Copy)]
enum Origin {
    Taken(Taken),
    State(usize),
}

impl Delays {
    /// The delay lines of a cell, if all its states are delay lines: its `program` must only copy
    /// numbers. The program takes `states`, then tables with rows of `taken` floats.
    pub(super) fn of(
        program: &Arc<Program>,
        states: &[StateStage],
        taken: &[usize],
    ) -> Option<Delays> {
        let lens: Vec<usize> = states.iter().map(|state| state.shape.iter().product()).collect();
        let origins = origins(program, states, &lens, taken)?;
        let found = delays(&origins)?;
        let steps = found.iter().map(|(back, _)| *back).max()?;
        let mut needed: Vec<usize> = found.iter().map(|(_, (table, _))| *table).collect();
        needed.sort_unstable();
        needed.dedup();
        let tables: Vec<(usize, usize)> = needed.iter().map(|&at| (at, taken[at])).collect();
        // The rows to remember must be hardly larger than the states.
        let row = tables.iter().map(|(_, len)| len).sum::<usize>();
        if steps.checked_mul(row)? > 2 * found.len() {
            return None;
        }
        let (mut past, mut rest) = (vec![], &found[..]);
        for (state, &len) in states.iter().zip(&lens) {
            let (own, others) = rest.split_at(len);
            rest = others;
            if state.past.is_some() {
                past.push(parts(own, &tables)?);
            }
        }
        Some(Delays { steps, tables, past })
    }
}

/// The origin of each number of the states after a step, state by state.
fn origins(
    program: &Arc<Program>,
    states: &[StateStage],
    lens: &[usize],
    taken: &[usize],
) -> Option<Vec<Origin>> {
    let count: usize = lens.iter().sum();
    if count + taken.iter().sum::<usize>() > MOST_NUMBERS {
        return None;
    }
    // Runs the program on numbers that are their own names.
    let mut names = (0..).map(|name| name as f32);
    let given: Vec<Vec<f32>> =
        lens.iter().chain(taken).map(|&len| names.by_ref().take(len).collect()).collect();
    let inputs: Vec<&[f32]> = given.iter().map(Vec::as_slice).collect();
    let mut made: Vec<Vec<f32>> = program.outputs.iter().map(|&len| vec![-1.0; len]).collect();
    let mut outputs: Vec<&mut [f32]> = made.iter_mut().map(Vec::as_mut_slice).collect();
    program.run(1).ok()?.compute(1, &inputs, &mut outputs).ok()?;
    // The first name of each table.
    let firsts: Vec<usize> = taken
        .iter()
        .scan(count, |next, len| {
            let first = *next;
            *next += len;
            Some(first)
        })
        .collect();
    let origin = |name: f32| {
        let name = name as usize;
        match firsts.partition_point(|first| *first <= name) {
            0 => Origin::State(name),
            behind => Origin::Taken((behind - 1, name - firsts[behind - 1])),
        }
    };
    let mut origins = vec![];
    for (state, &len) in states.iter().zip(lens) {
        let values = match state.next {
            Next::Made(output) => &made[output],
            Next::Taken(table) => &given[lens.len() + table],
            Next::Past(state) => &given[state],
        };
        if values.len() != len || values.iter().any(|name| *name < 0.0) {
            return None;
        }
        origins.extend(values.iter().map(|&name| origin(name)));
    }
    Some(origins)
}

/// For each number of the states, how many steps before it came in, and as which input. `None` if a
/// number never came in.
fn delays(origins: &[Origin]) -> Option<Vec<(usize, Taken)>> {
    let mut found: Vec<Option<(usize, Taken)>> = vec![None; origins.len()];
    let mut way = vec![];
    for first in 0..origins.len() {
        let mut at = first;
        let mut end = loop {
            if let Some(known) = found[at] {
                break known;
            }
            way.push(at);
            match origins[at] {
                Origin::Taken(taken) => break (0, taken),
                // A way with more steps than there are numbers is a circle.
                Origin::State(_) if way.len() > origins.len() => return None,
                Origin::State(before) => at = before,
            }
        };
        while let Some(at) = way.pop() {
            end.0 += 1;
            found[at] = Some(end);
        }
    }
    found.into_iter().collect()
}

/// The copies for a state's numbers; `None` if there are too many.
fn parts(numbers: &[(usize, Taken)], tables: &[(usize, usize)]) -> Option<Vec<Part>> {
    let mut keys: Vec<(usize, usize)> =
        numbers.iter().map(|(back, (at, _))| (*back, *at)).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() > MOST_PARTS {
        return None;
    }
    let mut pairs: Vec<Vec<Pair>> = vec![vec![]; keys.len()];
    for (to, &(back, (at, from))) in numbers.iter().enumerate() {
        if let Ok(key) = keys.binary_search(&(back, at)) {
            pairs[key].push((to as u32, from as u32));
        }
    }
    let part = |((back, at), pairs): ((usize, usize), Vec<Pair>)| {
        let table = tables.binary_search_by_key(&at, |table| table.0).ok()?;
        let copies = Copies::new(Isa::best(), &pairs, tables[table].1, numbers.len());
        Some(Part { back, table, copies })
    };
    Some(keys.into_iter().zip(pairs).filter_map(part).collect())
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

#[cfg(test)]
mod tests {
    use tract_tflite::internal::tract_core::ops::array::{Slice, TypedConcat};
    use tract_tflite::internal::*;

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
        let program = Arc::new(compile(&graph, Use::OneRow).unwrap());
        let state = StateStage { shape: tvec![1, LEN], next: Next::Made(0), past: Some(0) };
        Delays::of(&program, &[state], &[width])
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

    fn state(at: usize) -> Origin {
        Origin::State(at)
    }

    #[test]
    fn each_number_came_in_some_steps_before() {
        let new = Origin::Taken((1, 5));
        let other = Origin::Taken((0, 2));
        // Two lines. One of them has three steps and is also read in its middle.
        let found = delays(&[state(1), state(2), new, other, state(1)]);
        let (new, other) = ((1, 5), (0, 2));
        assert_eq!(found, Some(vec![(3, new), (2, new), (1, new), (1, other), (3, new)]));
    }

    #[test]
    fn a_number_that_goes_round_never_came_in() {
        assert_eq!(delays(&[state(0)]), None);
        assert_eq!(delays(&[Origin::Taken((0, 0)), state(2), state(1)]), None);
        assert_eq!(delays(&[state(1), state(2), state(1)]), None);
    }
}
