//! The functions of a gated recurrent unit after its products, in two loops instead of one loop per
//! function. A single loop would be slower: its dependency chain would be long, and processors
//! look ahead only a limited distance for independent work.

use super::chain::Link;
use super::elementwise::{Binary, Function, Unary};
use super::math::{sigmoid, tanh};
use super::simd::Simd;

/// The indices of the unit's leaves among the leaves of the chain: for the reset gate the terms of
/// input and state, for the new value those of state and input, for the update gate both, and
/// the last hidden value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gated([usize; LEAVES]);

const LEAVES: usize = 7;

/// An operand of a link.
#[derive(Clone, Copy)]
enum Operand {
    Leaf(usize),
    Link(usize),
}

impl Gated {
    /// The links of the unit, in the order in which the compiler finds them.
    const LINKS: [(Function, [Operand; 2]); 10] = {
        use Operand::{Leaf, Link};
        const fn two(function: Binary, a: Operand, b: Operand) -> (Function, [Operand; 2]) {
            (Function::Binary(function), [a, b])
        }
        const fn one(function: Unary, of: Operand) -> (Function, [Operand; 2]) {
            (Function::Unary(function), [of, of])
        }
        [
            two(Binary::Add, Leaf(0), Leaf(1)),
            one(Unary::Sigmoid, Link(0)),
            two(Binary::Multiply, Link(1), Leaf(2)),
            two(Binary::Add, Leaf(3), Link(2)),
            one(Unary::Tanh, Link(3)),
            two(Binary::Add, Leaf(4), Leaf(5)),
            one(Unary::Sigmoid, Link(5)),
            two(Binary::Subtract, Leaf(6), Link(4)),
            two(Binary::Multiply, Link(6), Link(7)),
            two(Binary::Add, Link(4), Link(8)),
        ]
    };

    /// The unit's leaves, if `links` after `leaves` leaves are the links of such a unit.
    pub(super) fn of(links: &[Link], leaves: usize) -> Option<Gated> {
        if links.len() != Gated::LINKS.len() {
            return None;
        }
        let mut found = [None; LEAVES];
        for (link, (function, operands)) in links.iter().zip(Gated::LINKS) {
            if link.function != function {
                return None;
            }
            for (value, operand) in link.operands.into_iter().zip(operands) {
                let fits = match operand {
                    Operand::Leaf(leaf) => {
                        found[leaf] = Some(value);
                        value < leaves
                    }
                    Operand::Link(link) => value == leaves + link,
                };
                if !fits {
                    return None;
                }
            }
        }
        let mut of = [0; LEAVES];
        for (of, found) in of.iter_mut().zip(found) {
            *of = found?;
        }
        Some(Gated(of))
    }

    /// Computes the unit for runs of `len` numbers, at least as many as a vector has. Each leaf and
    /// `to` are the address of the first run and the distance between runs. `room` holds all numbers.
    ///
    /// In WebAssembly a function of its own: see the tiles of a product.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) unsafe fn run<S: Simd>(
        self,
        leaves: &[(*const f32, usize)],
        room: *mut f32,
        to: (*mut f32, usize),
        (runs, len): (usize, usize),
    ) {
        let from = self.0.map(|leaf| leaves[leaf]);
        // Without gaps, all runs can be treated as one.
        let is_one = runs == 1 || (to.1 == len && from.iter().all(|leaf| leaf.1 == len));
        let (runs, len) = if is_one { (1, runs * len) } else { (runs, len) };
        let last = len - S::LANES;
        // SAFETY: as this function; no vector begins after the last one, which may overlap the one
        // before.
        unsafe {
            for run in 0..runs {
                let from = [0, 1, 2, 3].map(|leaf| from[leaf].0.add(run * from[leaf].1));
                let to = room.add(run * len);
                let mut at = 0;
                while at < last {
                    before_new::<S>(from, to, at);
                    at += S::LANES;
                }
                before_new::<S>(from, to, last);
            }
            for run in 0..runs {
                let from = [4, 5, 6].map(|leaf| from[leaf].0.add(run * from[leaf].1));
                let (sums, to) = (room.add(run * len).cast_const(), to.0.add(run * to.1));
                let mut at = 0;
                while at < last {
                    hidden::<S>(from, sums, to, at);
                    at += S::LANES;
                }
                hidden::<S>(from, sums, to, last);
            }
        }
    }
}

/// A vector of arguments of the hyperbolic tangent that gives the new value.
#[inline(always)]
unsafe fn before_new<S: Simd>(from: [*const f32; 4], to: *mut f32, at: usize) {
    let [a, b, recalled, given] = from;
    // SAFETY: as this function.
    unsafe {
        let reset = sigmoid::<S>(S::add(S::load(a.add(at)), S::load(b.add(at))));
        let kept = S::mul(reset, S::load(recalled.add(at)));
        S::store(to.add(at), S::add(S::load(given.add(at)), kept));
    }
}

/// A vector of the next hidden values.
#[inline(always)]
unsafe fn hidden<S: Simd>(from: [*const f32; 3], sums: *const f32, to: *mut f32, at: usize) {
    let [a, b, was] = from;
    // SAFETY: as this function.
    unsafe {
        let update = sigmoid::<S>(S::add(S::load(a.add(at)), S::load(b.add(at))));
        let new = tanh::<S>(S::load(sums.add(at)));
        let change = S::mul(update, S::sub(S::load(was.add(at)), new));
        S::store(to.add(at), S::add(new, change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unit's links with these leaves, in a chain of `count` leaves.
    fn links(leaves: [usize; LEAVES], count: usize) -> Vec<Link> {
        let value = |operand| match operand {
            Operand::Leaf(leaf) => leaves[leaf],
            Operand::Link(link) => count + link,
        };
        let link = |(function, operands): (Function, [Operand; 2])| Link {
            function,
            operands: operands.map(value),
        };
        Gated::LINKS.into_iter().map(link).collect()
    }

    #[test]
    fn its_links_are_known_whatever_the_order_of_its_leaves() {
        for leaves in [[0, 1, 2, 3, 4, 5, 6], [6, 2, 3, 0, 4, 1, 5], [0, 1, 1, 0, 0, 1, 0]] {
            let found = Gated::of(&links(leaves, 7), 7).map(|gated| gated.0);
            assert_eq!(found, Some(leaves));
        }
    }

    #[test]
    fn other_links_are_not_its_own() {
        let own = links([0, 1, 2, 3, 4, 5, 6], 7);
        assert!(Gated::of(&own[..9], 7).is_none());
        for at in 0..own.len() {
            let mut other = own.clone();
            other[at].function = Function::Binary(Binary::Divide);
            assert!(Gated::of(&other, 7).is_none(), "function {at}");
        }
        // Not the unit: an operand that should be a leaf is a link, or a wrong link.
        for (at, operand) in [(2, 7), (5, 9), (7, 9), (9, 15)] {
            let mut other = own.clone();
            other[at].operands = [operand; 2];
            assert!(Gated::of(&other, 7).is_none(), "operands of {at}");
        }
    }
}
