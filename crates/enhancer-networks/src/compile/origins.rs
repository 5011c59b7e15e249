//! Shortens copies of copies: each number is copied directly from where it was computed, and only
//! if its reader cannot read it there.
//!
//! This runs before [`copies`](super::copies), which lets plans write a tensor directly to where it
//! would be copied.

use super::Compiler;
use super::chains::common_divisor;
use super::copies::Move;
use super::moves::Tables;
use crate::kernels::{Pair, Runs, Unary, side_by_side};
use crate::plan::Plan;

/// The most floats in the row of a tensor to analyse, and the most numbers of all copies together:
/// a small file can declare more than fits in memory. Beyond that, numbers are copied as in the
/// graph.
const MOST_IN_ROW: usize = 1 << 16;
const MOST_NUMBERS: usize = 1 << 22;

/// The most floats to analyse when readers of copies are changed.
const MOST_MOVED: usize = 1 << 24;

/// Where a number of a tensor was computed: the tensor, and the place in its row. `None` for
/// numbers that no copy writes.
type Origin = Option<(usize, u32)>;

/// Where numbers go, and where they were computed.
type Ways = Vec<(usize, Origin)>;

/// A plan that is a copy.
#[derive(Clone, Copy)]
pub(super) struct Copied<'p> {
    /// The runs of the results, then of the data.
    pub(super) runs: &'p [Runs; 2],
    pub(super) len: usize,
    pub(super) data: usize,
    pub(super) result: usize,
}

impl Copied<'_> {
    pub(super) fn numbers(&self) -> usize {
        self.runs[0].offsets.len().saturating_mul(self.len)
    }

    /// For each number, where it goes and where it lies.
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

/// The plans that write and read the tensors.
struct Users {
    /// The copies into each tensor that only copies write.
    copies: Vec<Vec<usize>>,
    /// The copies out of each tensor into such tensors.
    copied: Vec<Vec<usize>>,
    /// The other readers of each tensor.
    readers: Vec<Vec<usize>>,
    is_output: Vec<bool>,
}

impl Users {
    /// Whether something other than copies needs the tensor.
    fn need(&self, tensor: usize) -> bool {
        self.is_output[tensor] || !self.readers[tensor].is_empty()
    }
}

impl Compiler<'_> {
    /// Shortens the ways of copies in a program whose outputs are the tensors `outputs`.
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
            // Counts the whole row, because the origin of each of its numbers is stored.
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

    /// If a tensor is a copy of numbers of one other tensor, makes its readers read the other
    /// tensor, if their tables can express where the numbers lie.
    fn read_before_copies(&mut self, users: &mut Users) {
        let mut left = MOST_MOVED;
        // Handles a copy of a copy before the first copy, so that its readers can skip both.
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

    /// The places of a tensor's numbers in the tensor that they are copied from. `None` if nothing
    /// reads the tensor, or if it is copied from several.
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

    /// Finds where the numbers of a tensor were computed, and whether copies should read it.
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

    /// Whether it is cheaper for copies to read this tensor than its origins.
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

    /// The origins of a copy's numbers, in the copy's order, and the number with which its result
    /// must be filled elsewhere. `None` if the copy can only read its data.
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

    /// Replaces copies by copies from where the numbers were computed.
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

    /// Joins successive copies between the same tensors.
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

/// Facts about the tensors that only copies write.
struct Origins {
    made: Vec<Option<Vec<Origin>>>,
    /// Which tensors are kept because something reads them.
    is_kept: Vec<bool>,
}

fn direct(copy: &Copied<'_>, own: &[(usize, usize)]) -> Ways {
    own.iter().map(|&(to, from)| (to, Some((copy.data, from as u32)))).collect()
}

/// The approximate cost of copying numbers from their origins, in vectors.
fn cost(numbers: &[(usize, Origin)]) -> usize {
    let follows = |a: &(usize, Origin), b: &(usize, Origin)| match (a.1, b.1) {
        (None, None) => true,
        (Some(x), Some(y)) => a.0 + 1 == b.0 && x.0 == y.0 && x.1 + 1 == y.1,
        _ => false,
    };
    let runs = numbers.chunk_by(follows).filter(|run| run[0].1.is_some());
    runs.map(|run| run.len().div_ceil(16)).sum()
}
