//! Finds out which states are delay lines, and from where their numbers come.

use std::sync::Arc;

use super::delays::{DelaysPlan, MOST_NUMBERS, Part};
use super::stages::{Next, StateStage};
use crate::kernels::{Isa, Pair};
use crate::plan::ProgramPlan;

/// The most copies for one state. With more copies, of few numbers each, single steps are as fast.
const MOST_PARTS: usize = 256;

/// A number of the cell's tables: the index of the table, and the place in a row.
type Taken = (usize, usize);

/// The origin of a state's number after a step: an input of this step, or a number of the state
/// before it.
#[derive(Clone, Copy)]
enum Origin {
    Taken(Taken),
    State(usize),
}

impl DelaysPlan {
    /// The delay lines of a cell, if all its states are delay lines: its program must only copy
    /// numbers. The program takes `states`, then tables with rows of `taken` floats.
    pub(super) fn of(
        plan: &ProgramPlan,
        states: &[StateStage],
        taken: &[usize],
    ) -> Option<DelaysPlan> {
        let lens: Vec<usize> = states.iter().map(|state| state.len).collect();
        let origins = origins(plan, states, &lens, taken)?;
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
        Some(DelaysPlan { steps, tables, past })
    }
}

/// The origin of each number of the states after a step, state by state.
fn origins(
    plan: &ProgramPlan,
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
    let program = Arc::new(plan.clone().program(Isa::best()));
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
fn parts(numbers: &[(usize, Taken)], tables: &[(usize, usize)]) -> Option<Vec<Part<Vec<Pair>>>> {
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
    let part = |((back, at), copies): ((usize, usize), Vec<Pair>)| {
        let table = tables.binary_search_by_key(&at, |table| table.0).ok()?;
        Some(Part { back, table, copies })
    };
    Some(keys.into_iter().zip(pairs).filter_map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

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
