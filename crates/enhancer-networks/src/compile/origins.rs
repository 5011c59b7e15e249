//! Copies of copies: each number is copied from where it was made, at once, and from there only if
//! what takes it cannot read it where it lies.
//!
//! This comes before [`copies`](super::copies), which lets what makes a tensor write where it would
//! be copied to.

use super::Compiler;
use super::chains::common_divisor;
use super::copies::Move;
use super::plan::{Plan, Tables};
use crate::kernels::{Pair, Runs, Unary, side_by_side};

/// The most floats of the row of a tensor that is looked at, and the most numbers of all copies
/// together: a small file can declare more than there is memory for. What is beyond is copied as
/// the graph says.
const MOST_IN_ROW: usize = 1 << 16;
const MOST_NUMBERS: usize = 1 << 22;

/// The most floats that are looked at to see what reads a copy.
const MOST_MOVED: usize = 1 << 24;

/// Where a number of a tensor was made: the tensor, and the place in its row. `None` of what no
/// copy writes.
type Origin = Option<(usize, u32)>;

/// Where numbers go, and where they were made.
type Ways = Vec<(usize, Origin)>;

/// A plan that is a copy.
#[derive(Clone, Copy)]
pub(super) struct Copied<'p> {
    /// Of the results, then of the data.
    pub(super) runs: &'p [Runs; 2],
    pub(super) len: usize,
    pub(super) data: usize,
    pub(super) result: usize,
}

impl Copied<'_> {
    pub(super) fn numbers(&self) -> usize {
        self.runs[0].offsets.len().saturating_mul(self.len)
    }

    /// Where each number goes, and where it lies.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let [results, data] = self.runs;
        results.offsets.iter().zip(&data.offsets).flat_map(move |(result, from)| {
            (0..self.len).map(move |at| (result + at * results.step, from + at * data.step))
        })
    }
}

impl Plan {
    pub(super) fn copied(&self) -> Option<Copied<'_>> {
        match self {
            Plan::Unary { function: Unary::Same, runs, len, data, result } => {
                Some(Copied { runs, len: *len, data: *data, result: *result })
            }
            _ => None,
        }
    }
}

/// Who writes and who reads the tensors.
struct Users {
    /// The copies into each tensor that copies alone write.
    copies: Vec<Vec<usize>>,
    /// Copies out of each tensor into such ones.
    copied: Vec<Vec<usize>>,
    /// What else reads each tensor.
    readers: Vec<Vec<usize>>,
    is_output: Vec<bool>,
}

impl Users {
    /// Something needs it beside copies.
    fn need(&self, tensor: usize) -> bool {
        self.is_output[tensor] || !self.readers[tensor].is_empty()
    }
}

impl Compiler<'_> {
    /// Shortens the ways of copies in a program that gives the tensors `outputs`.
    pub(super) fn straighten_copies(&mut self, outputs: &[usize]) {
        let mut users = self.users(outputs);
        self.read_before_copies(&mut users);
        let mut origins = Origins { made: vec![None; self.buffers.len()], is_kept: vec![] };
        origins.is_kept = (0..self.buffers.len()).map(|tensor| users.need(tensor)).collect();
        let mut order: Vec<usize> =
            (0..self.buffers.len()).filter(|&tensor| !users.copies[tensor].is_empty()).collect();
        order.sort_unstable_by_key(|&tensor| users.copies[tensor][0]);
        for &tensor in &order {
            self.trace(tensor, &users, &mut origins);
        }
        self.copy_from_origins(&order, &users, &origins);
    }

    fn users(&self, outputs: &[usize]) -> Users {
        let count = self.buffers.len();
        let mut is_output = vec![false; count];
        outputs.iter().for_each(|&output| is_output[output] = true);
        let mut copies: Vec<Vec<usize>> = vec![vec![]; count];
        let mut is_other = vec![false; count];
        let mut left = MOST_NUMBERS;
        for (at, plan) in self.plans.iter().enumerate() {
            let result = plan.result();
            let small = |row: usize| row <= MOST_IN_ROW;
            let copy = plan.copied().filter(|copy| {
                small(self.buffers[result].row) && small(self.buffers[copy.data].row)
            });
            // The row too: where each of its numbers was made is noted.
            let cost = |copy: Copied<'_>| copy.numbers().saturating_add(self.buffers[result].row);
            match copy.and_then(|copy| left.checked_sub(cost(copy))) {
                Some(rest) => {
                    left = rest;
                    copies[result].push(at);
                }
                None => is_other[result] = true,
            }
        }
        copies.iter_mut().zip(is_other).filter(|(_, is)| *is).for_each(|(own, _)| own.clear());
        let (mut copied, mut readers) = (vec![vec![]; count], vec![vec![]; count]);
        for (at, plan) in self.plans.iter().enumerate() {
            let is_copy = !copies[plan.result()].is_empty();
            for tensor in plan.reads() {
                let users = if is_copy { &mut copied } else { &mut readers };
                users[tensor].push(at);
            }
        }
        Users { copies, copied, readers, is_output }
    }

    /// Has what reads a copy of numbers of one tensor read them there, if its tables can say where
    /// they lie.
    fn read_before_copies(&mut self, users: &mut Users) {
        let mut left = MOST_MOVED;
        // A copy of a copy comes before it, for then what reads it may do without both.
        for tensor in (0..self.buffers.len()).rev() {
            let Some(moved) = self.as_read(tensor, users) else { continue };
            let readers = &users.readers[tensor];
            let Some(rest) = left.checked_sub((readers.len() + 1) * moved.len()) else { return };
            left = rest;
            let tables: Option<Vec<Tables>> =
                readers.iter().map(|&reader| self.plans[reader].moved(&moved)).collect();
            let Some(tables) = tables else { continue };
            let readers = std::mem::take(&mut users.readers[tensor]);
            for (&reader, tables) in readers.iter().zip(tables) {
                self.plans[reader].set(tables, &moved);
            }
            let there = &mut users.readers[moved.to];
            there.extend(readers);
            there.sort_unstable();
            there.dedup();
        }
    }

    /// Where the numbers of a tensor lie in the one that they are copied from, if something reads
    /// it and there is one.
    fn as_read(&self, tensor: usize, users: &Users) -> Option<Move> {
        if users.is_output[tensor] || users.readers[tensor].is_empty() {
            return None;
        }
        let copies = users.copies[tensor].iter().map(|&at| self.plans[at].copied());
        let copies: Vec<Copied<'_>> = copies.collect::<Option<_>>()?;
        let from = copies.first()?.data;
        if copies.iter().any(|copy| copy.data != from) {
            return None;
        }
        let places = copies.iter().flat_map(Copied::pairs);
        Move::of(places, [from, tensor], [from, tensor].map(|tensor| self.buffers[tensor].row))
    }

    /// Finds where the numbers of a tensor were made, and whether copies of it read it.
    fn trace(&mut self, tensor: usize, users: &Users, origins: &mut Origins) {
        let mut made: Vec<Origin> = vec![None; self.buffers[tensor].row];
        for &at in &users.copies[tensor] {
            let Some(copy) = self.plans[at].copied() else { continue };
            let own: Vec<(usize, usize)> = copy.pairs().collect();
            let through = self.through(&copy, &own, users, origins);
            let is_kept = origins.is_kept[copy.data];
            match through {
                Some((through, fill))
                    if !is_kept || cost(&through) <= cost(&direct(&copy, &own)) =>
                {
                    self.buffers[tensor].fill = self.buffers[tensor].fill.or(fill);
                    through.into_iter().for_each(|(to, from)| made[to] = from);
                }
                _ => own.iter().for_each(|&(to, from)| made[to] = Some((copy.data, from as u32))),
            }
        }
        origins.made[tensor] = Some(made);
        if !origins.is_kept[tensor] {
            origins.is_kept[tensor] = self.is_worth_it(tensor, users, origins);
        }
    }

    /// Whether copies of a tensor had better read it than what it is made of.
    fn is_worth_it(&self, tensor: usize, users: &Users, origins: &Origins) -> bool {
        let (mut with, mut without) = (0, 0);
        for &at in &users.copied[tensor] {
            let Some(copy) = self.plans[at].copied() else { continue };
            let own: Vec<(usize, usize)> = copy.pairs().collect();
            with += cost(&direct(&copy, &own));
            match self.through(&copy, &own, users, origins) {
                Some((through, _)) => without += cost(&through),
                None => return true,
            }
        }
        let made = origins.made[tensor].iter().flatten().copied().enumerate();
        with + cost(&made.collect::<Vec<_>>()) < without
    }

    /// Where the numbers of a copy were made, in the order in which it has them, and what else
    /// the tensor that it makes must be filled with. `None` if it can read but its data.
    fn through(
        &self,
        copy: &Copied<'_>,
        own: &[(usize, usize)],
        users: &Users,
        origins: &Origins,
    ) -> Option<(Ways, Option<f32>)> {
        let made = origins.made[copy.data].as_ref()?;
        let through = own.iter().map(|&(to, from)| Some((to, *made.get(from)?)));
        let through: Ways = through.collect::<Option<_>>()?;
        if through.iter().all(|(_, origin)| origin.is_some()) {
            return Some((through, None));
        }
        let fill = self.buffers[copy.data].fill?;
        let fits = match self.buffers[copy.result].fill {
            Some(own) => own.to_bits() == fill.to_bits(),
            None => !users.is_output[copy.result],
        };
        fits.then_some((through, Some(fill)))
    }

    /// Puts copies from where numbers were made in the place of those that there are.
    fn copy_from_origins(&mut self, order: &[usize], users: &Users, origins: &Origins) {
        let mut is_needed: Vec<bool> =
            (0..self.buffers.len()).map(|tensor| users.need(tensor)).collect();
        let mut plans: Vec<Vec<Plan>> = vec![];
        for plan in std::mem::take(&mut self.plans) {
            plans.push(vec![plan]);
        }
        for &tensor in order.iter().rev() {
            let copies = &users.copies[tensor];
            copies.iter().for_each(|&at| plans[at].clear());
            let (Some(made), Some(&last)) = (&origins.made[tensor], copies.last()) else {
                continue;
            };
            if !is_needed[tensor] {
                continue;
            }
            let mut sources: Vec<(usize, Vec<Pair>)> = vec![];
            for (to, origin) in made.iter().enumerate() {
                let Some((source, from)) = *origin else { continue };
                match sources.iter_mut().find(|(own, _)| *own == source) {
                    Some((_, pairs)) => pairs.push((to as u32, from)),
                    None => sources.push((source, vec![(to as u32, from)])),
                }
            }
            for (source, pairs) in sources {
                is_needed[source] = true;
                plans[last].push(self.copy_of(&pairs, source, tensor));
            }
        }
        self.plans = plans.into_iter().flatten().collect();
    }

    fn copy_of(&self, pairs: &[Pair], data: usize, result: usize) -> Plan {
        let lens = side_by_side(pairs).map(<[Pair]>::len);
        let len = lens.fold(0, common_divisor).max(1);
        let runs = |tensor: usize, of: fn(&Pair) -> u32| Runs {
            row: self.buffers[tensor].row,
            offsets: pairs.iter().step_by(len).map(|pair| of(pair) as usize).collect(),
            step: 1,
        };
        let runs = [runs(result, |pair| pair.0), runs(data, |pair| pair.1)];
        Plan::Unary { function: Unary::Same, runs, len, data, result }
    }

    /// Makes one of copies that follow each other, between the same tensors.
    pub(super) fn join_copies(&mut self) {
        let mut left = MOST_NUMBERS;
        let mut joined: Vec<Plan> = Vec::with_capacity(self.plans.len());
        for plan in std::mem::take(&mut self.plans) {
            let fits = |copy: &Copied<'_>| {
                [copy.data, copy.result]
                    .iter()
                    .all(|&tensor| self.buffers[tensor].row <= MOST_IN_ROW)
            };
            let Some(copy) = plan.copied().filter(fits) else {
                joined.push(plan);
                continue;
            };
            let Some(rest) = left.checked_sub(copy.numbers()) else {
                joined.push(plan);
                continue;
            };
            left = rest;
            let more = copy.pairs().map(|(to, from)| (to as u32, from as u32));
            match joined.last_mut() {
                Some(Plan::Copies { pairs, data, result, .. })
                    if (*data, *result) == (copy.data, copy.result) =>
                {
                    pairs.extend(more);
                }
                _ => {
                    let pairs = more.collect();
                    let rows = [copy.data, copy.result].map(|tensor| self.buffers[tensor].row);
                    joined.push(Plan::Copies { pairs, rows, data: copy.data, result: copy.result });
                }
            }
        }
        self.plans = joined;
    }
}

/// What is known of the tensors that copies alone write.
struct Origins {
    made: Vec<Option<Vec<Origin>>>,
    /// Which tensors are made, for something reads them.
    is_kept: Vec<bool>,
}

fn direct(copy: &Copied<'_>, own: &[(usize, usize)]) -> Ways {
    own.iter().map(|&(to, from)| (to, Some((copy.data, from as u32)))).collect()
}

/// About what it costs to copy numbers from there: so many vectors.
fn cost(numbers: &[(usize, Origin)]) -> usize {
    let follows = |a: &(usize, Origin), b: &(usize, Origin)| match (a.1, b.1) {
        (None, None) => true,
        (Some(x), Some(y)) => a.0 + 1 == b.0 && x.0 == y.0 && x.1 + 1 == y.1,
        _ => false,
    };
    let runs = numbers.chunk_by(follows).filter(|run| run[0].1.is_some());
    runs.map(|run| run.len().div_ceil(16)).sum()
}
