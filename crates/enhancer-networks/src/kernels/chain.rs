//! Elementwise functions that follow each other, such as those of a recurrent cell after its
//! product. The values between them stay in the first-level cache.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use serde::{Deserialize, Serialize};

use super::elementwise::{Chosen, Function, Of, Runs, Same, SideBySide};
use super::gated::Gated;
use super::simd::{Portable, Simd};
use super::{Isa, Kernel};

/// The most operands of a chain, and the most functions.
pub(crate) const MOST_LEAVES: usize = 8;
pub(crate) const MOST_LINKS: usize = 16;
const MOST_VALUES: usize = MOST_LEAVES + MOST_LINKS;

/// A function of earlier values. Values are numbered: first the leaves, then the results of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) function: Function,
    /// A function of one number uses only the first.
    pub(crate) operands: [usize; 2],
}

/// A sequence of links, computed for each number of some runs.
#[derive(Debug)]
pub(crate) struct Chain {
    isa: Isa,
    links: Vec<Link>,
    /// Set if the links are those of a gated recurrent unit.
    gated: Option<Gated>,
    leaves: Vec<Runs>,
    /// The results of the last link.
    results: Runs,
    /// Numbers per run.
    len: usize,
    /// The distances between the runs of each leaf, and of the results.
    distances: (Vec<Distance>, Distance),
    /// Whether runs of several rows are computed together.
    across: bool,
    /// How many floats of a row of the results, and of each leaf, are accessed.
    reach: (usize, Vec<usize>),
}

impl Chain {
    /// The fewest numbers of a run: a vector of the instruction set that every machine has.
    pub(crate) const SHORTEST: usize = Portable::LANES;

    /// The results of a run must lie side by side. The numbers of a leaf too, or a leaf has one number
    /// for a whole run.
    pub(crate) fn new(
        isa: Isa,
        links: Vec<Link>,
        leaves: Vec<Runs>,
        results: Runs,
        len: usize,
    ) -> Chain {
        assert!(len >= Chain::SHORTEST && results.step == 1);
        assert!(leaves.len() <= MOST_LEAVES && (1..=MOST_LINKS).contains(&links.len()));
        assert!(leaves.iter().all(|leaf| leaf.step <= 1));
        assert!(leaves.iter().all(|leaf| leaf.offsets.len() == results.offsets.len()));
        let is_there =
            |(at, link): (usize, &Link)| link.operands.iter().all(|&it| it < leaves.len() + at);
        assert!(links.iter().enumerate().all(is_there), "a value before it is made");
        let reach = (results.reach(len), leaves.iter().map(|leaf| leaf.reach(len)).collect());
        let all = leaves.iter().chain([&results]);
        let spread: Vec<Distance> = all.map(Distance::of).collect();
        // A block of the few runs of one row would be too short.
        let is_odd = spread.iter().any(|distance| matches!(distance, Distance::InRow(_)));
        let across = !is_odd || results.offsets.len() * len < BLOCK / 2;
        let mut distances: Vec<Distance> = spread
            .into_iter()
            .map(|distance| if across { distance.across() } else { distance })
            .collect();
        let of_results = distances.pop().unwrap_or(Distance::Uneven);
        Chain {
            isa,
            gated: Gated::of(&links, leaves.len()),
            links,
            leaves,
            results,
            len,
            distances: (distances, of_results),
            across,
            reach,
        }
    }

    /// Computes `rows` rows.
    ///
    /// # Panics
    /// If a leaf or `results` is too short.
    pub(crate) fn run(&self, rows: usize, leaves: &[&[f32]], results: &mut [f32]) {
        if rows == 0 || self.results.offsets.is_empty() {
            return;
        }
        assert_eq!(leaves.len(), self.leaves.len(), "leaves");
        for ((leaf, runs), reach) in leaves.iter().zip(&self.leaves).zip(&self.reach.1) {
            assert!(leaf.len() >= (rows - 1) * runs.row + reach, "a leaf is too short");
        }
        let needed = (rows - 1) * self.results.row + self.reach.0;
        assert!(results.len() >= needed, "results are too short");
        self.isa.run(Run { chain: self, rows, leaves, results: results.as_mut_ptr() });
    }
}

/// The distance between the runs of a leaf, in floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distance {
    /// The same between all runs, also from row to row.
    Even(usize),
    /// The same between all runs of a row.
    InRow(usize),
    /// Not always the same, or each run is one number.
    Uneven,
}

impl Distance {
    fn of(runs: &Runs) -> Distance {
        let (&[first, ..], &[.., last]) = (&runs.offsets[..], &runs.offsets[..]) else {
            return Distance::Uneven;
        };
        // If a row has one run, the next run is that of the next row.
        let second = runs.offsets.get(1).copied().unwrap_or(first + runs.row);
        let Some(distance) = second.checked_sub(first) else { return Distance::Uneven };
        let is_even = runs.offsets.windows(2).all(|pair| pair[0] + distance == pair[1]);
        match runs.step == 1 && is_even {
            true if last + distance == first + runs.row => Distance::Even(distance),
            true => Distance::InRow(distance),
            false => Distance::Uneven,
        }
    }

    /// The distance if runs of several rows are computed together.
    fn across(self) -> Distance {
        if let Distance::InRow(_) = self { Distance::Uneven } else { self }
    }

    /// The distance if it is not uneven.
    fn get(self) -> Option<usize> {
        match self {
            Distance::Even(distance) | Distance::InRow(distance) => Some(distance),
            Distance::Uneven => None,
        }
    }
}

struct Run<'c> {
    chain: &'c Chain,
    rows: usize,
    leaves: &'c [&'c [f32]],
    results: *mut f32,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: `Chain::run` has checked the lengths.
        unsafe {
            // If vectors have the shortest length, the other branch is not compiled.
            match S::LANES == Chain::SHORTEST || self.chain.len >= S::LANES {
                true => self.rows::<S>(),
                false => self.rows::<Portable>(),
            }
        }
    }
}

/// Numbers that go through a link together: enough to hide the latency of a function, and few
/// enough that all values stay in the first-level cache.
const BLOCK: usize = 128;

/// Room for the values of leaves and links. Only values that were written are read.
#[repr(align(64))]
struct Values([MaybeUninit<[f32; BLOCK]>; MOST_VALUES]);

/// The address of the values. All reads and writes use this one pointer: a reference to the whole
/// would make pointers to its parts invalid.
#[derive(Clone, Copy)]
struct Room(*mut f32);

impl Room {
    /// The address of a value's numbers. `value` must be less than `MOST_VALUES`.
    #[inline(always)]
    unsafe fn at(self, value: usize) -> *mut f32 {
        // SAFETY: as this function.
        unsafe { self.0.add(value * BLOCK) }
    }
}

impl Run<'_> {
    /// In WebAssembly a function of its own: see the tiles of a product.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    unsafe fn rows<S: Simd>(&self) {
        let mut values = Values([const { MaybeUninit::uninit() }; MOST_VALUES]);
        let room = Room(values.0.as_mut_ptr().cast());
        // SAFETY: as this function; `values` lives until both have returned.
        unsafe {
            match self.chain.len > BLOCK / 2 {
                true => self.long::<S>(room),
                false => self.short::<S>(room),
            }
        }
    }

    /// Computes one run after the other, in blocks. Links read and write them in place.
    #[inline(always)]
    unsafe fn long<S: Simd>(&self, room: Room) {
        let Chain { leaves, results, len, .. } = self.chain;
        let mut places = [(std::ptr::null(), BLOCK); MOST_LEAVES];
        for row in 0..self.rows {
            for (run, result) in results.offsets.iter().enumerate() {
                let mut at = 0;
                while at < *len {
                    // The last block may overlap the one before and compute some results twice.
                    at = at.min(len - S::LANES);
                    let count = BLOCK.min(len - at);
                    for (leaf, runs) in leaves.iter().enumerate() {
                        // SAFETY: as this function.
                        places[leaf].0 = unsafe {
                            let from = self.leaves[leaf].as_ptr();
                            let from = from.add(row * runs.row + runs.offsets[run]);
                            if runs.step == 1 {
                                from.add(at)
                            } else {
                                let to = room.at(leaf);
                                fill::<S>(to, *from, count);
                                to.cast_const()
                            }
                        };
                    }
                    // SAFETY: as this function.
                    unsafe {
                        let to = self.results.add(row * results.row + result + at);
                        self.links::<S>(&places, room, (to, count), (1, count));
                    }
                    at += BLOCK;
                }
            }
        }
    }

    /// Computes several runs together: copies them into a block, and the results back.
    #[inline(always)]
    unsafe fn short<S: Simd>(&self, room: Room) {
        let (runs, most) = (self.chain.results.offsets.len(), BLOCK / self.chain.len);
        let mut block = [(0, 0); BLOCK / Chain::SHORTEST];
        let mut count = 0;
        for row in 0..self.rows {
            for run in 0..runs {
                block[count] = (row, run);
                count += 1;
                let is_end = run + 1 == runs && (row + 1 == self.rows || !self.chain.across);
                if count == most || is_end {
                    // SAFETY: as this function; a block has room for so many runs.
                    unsafe { self.block::<S>(&block[..count], room) };
                    count = 0;
                }
            }
        }
    }

    /// Computes some runs that follow each other, at most as many as fit into a block.
    #[inline(always)]
    unsafe fn block<S: Simd>(&self, block: &[(usize, usize)], room: Room) {
        let Chain { leaves, links, results, len, distances, .. } = self.chain;
        let len = *len;
        let Some(&(first_row, first_run)) = block.first() else { return };
        let mut places = [(std::ptr::null(), len); MOST_LEAVES];
        for (leaf, runs) in leaves.iter().enumerate() {
            if let Some(distance) = distances.0[leaf].get() {
                let first = first_row * runs.row + runs.offsets[first_run];
                // SAFETY: as this function.
                places[leaf] = (unsafe { self.leaves[leaf].as_ptr().add(first) }, distance);
                continue;
            }
            // SAFETY: as this function.
            let mut to = unsafe { room.at(leaf) };
            places[leaf].0 = to.cast_const();
            for &(row, run) in block {
                // SAFETY: as this function.
                unsafe {
                    let from = self.leaves[leaf].as_ptr().add(row * runs.row + runs.offsets[run]);
                    match runs.step {
                        1 => copy::<S>(from, to, len),
                        _ => fill::<S>(to, *from, len),
                    }
                    to = to.add(len);
                }
            }
        }
        // SAFETY: as this function.
        unsafe {
            let grid = (block.len(), len);
            if let Some(distance) = distances.1.get() {
                let first = first_row * results.row + results.offsets[first_run];
                let to = self.results.add(first);
                return self.links::<S>(&places, room, (to, distance), grid);
            }
            let made = room.at(leaves.len() + links.len() - 1);
            self.links::<S>(&places, room, (made, len), grid);
            let mut from = made.cast_const();
            for &(row, run) in block {
                copy::<S>(from, self.results.add(row * results.row + results.offsets[run]), len);
                from = from.add(len);
            }
        }
    }

    /// Computes all links for some runs. Each leaf, and `to` for the last link, is an address and
    /// the distance between runs; the last argument is how many runs there are, and their length.
    #[inline(always)]
    unsafe fn links<S: Simd>(
        &self,
        leaves: &[(*const f32, usize); MOST_LEAVES],
        room: Room,
        to: (*mut f32, usize),
        (runs, len): (usize, usize),
    ) {
        let Chain { links, gated, leaves: of_leaves, .. } = self.chain;
        if let Some(gated) = gated {
            // SAFETY: as this function; a link's room holds all numbers.
            return unsafe { gated.run::<S>(leaves, room.at(of_leaves.len()), to, (runs, len)) };
        }
        let mut places = [(std::ptr::null(), len); MOST_VALUES];
        places[..MOST_LEAVES].copy_from_slice(leaves);
        for (n, link) in links.iter().enumerate() {
            let at = of_leaves.len() + n;
            let from = [places[link.operands[0]], places[link.operands[1]]];
            // SAFETY: as this function; a link reads what is there before it.
            unsafe {
                let to = if n + 1 == links.len() { to } else { (room.at(at), len) };
                // Without gaps, all runs can be treated as one.
                let is_one = runs == 1 || [from[0].1, from[1].1, to.1] == [len; 3];
                let (runs, len) = if is_one { (1, runs * len) } else { (runs, len) };
                link.function.choose(Block::<S> { from, to, runs, len, simd: PhantomData });
                places[at].0 = to.0.cast_const();
            }
        }
    }
}

/// The numbers of a link: the runs' addresses with their distances, how many they are, and their
/// length.
struct Block<S> {
    from: [(*const f32, usize); 2],
    to: (*mut f32, usize),
    runs: usize,
    len: usize,
    simd: PhantomData<S>,
}

impl<S: Simd> Chosen for Block<S> {
    type Made = ();

    #[inline(always)]
    unsafe fn with<F: Of>(self) {
        for run in 0..self.runs {
            // SAFETY: as this function.
            unsafe {
                let from = self.from.map(|(from, distance)| from.add(run * distance));
                let to = self.to.0.add(run * self.to.1);
                SideBySide::<1, 1>::vectors::<S, F>(from, to, self.len);
            }
        }
    }
}

/// Copies numbers, at least as many as a vector has.
#[inline(always)]
unsafe fn copy<S: Simd>(from: *const f32, to: *mut f32, count: usize) {
    // SAFETY: as this function.
    unsafe { SideBySide::<1, 1>::vectors::<S, Same>([from; 2], to, count) }
}

/// Writes a number `count` times, at least as often as a vector has lanes.
#[inline(always)]
unsafe fn fill<S: Simd>(to: *mut f32, number: f32, count: usize) {
    // SAFETY: as this function.
    unsafe { SideBySide::<0, 0>::vectors::<S, Same>([&number; 2], to, count) }
}
