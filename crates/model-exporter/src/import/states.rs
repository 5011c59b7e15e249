//! Splits states into independent ones.
//!
//! Files keep the histories of many layers in one tensor. If this stayed one state, every user of a
//! part would have to wait for all of its parts to be computed. The graph is therefore lowered
//! twice. The first pass shows which numbers of a state are used together. These become separate
//! states, in the order of their use. Unused numbers are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{Computed, Element};

/// A state of the ONNX file, after the first pass.
pub(super) struct Lowered {
    pub(super) shape: Vec<usize>,
    /// Its next value.
    pub(super) next: Computed,
    /// The places that were used together, in the order of their use.
    pub(super) uses: Vec<Vec<usize>>,
    /// The source that it was.
    pub(super) source: usize,
}

/// A state of the network: some numbers of one state of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Region {
    pub(super) state: usize,
    pub(super) dims: Vec<usize>,
    /// The place in the file's state of each number.
    pub(super) places: Vec<usize>,
}

/// Each state of the file as one region.
pub(super) fn whole(shapes: &[Vec<usize>]) -> Vec<Region> {
    let region = |(state, shape): (usize, &Vec<usize>)| {
        let places: Vec<usize> = (0..shape.iter().product()).collect();
        Region { state, dims: dims(shape, &places), places }
    };
    shapes.iter().enumerate().map(region).collect()
}

/// The states that the lowered graph shows.
pub(super) fn regions(states: &[Lowered]) -> Vec<Region> {
    let live = live(states);
    let mut regions = vec![];
    for (at, state) in states.iter().enumerate() {
        let mut rest = live[at].clone();
        let groups = groups(&state.uses);
        groups.iter().flatten().for_each(|place| _ = rest.remove(place));
        for places in groups {
            let region = Region { state: at, dims: dims(&state.shape, &places), places };
            let line = line(state, &region, &mut rest);
            regions.push(region);
            regions.extend(line.map(|line| Region { state: at, ..line }));
        }
        if !rest.is_empty() {
            let places: Vec<usize> = rest.into_iter().collect();
            regions.push(Region { state: at, dims: dims(&state.shape, &places), places });
        }
    }
    regions
}

/// The delay line behind a region: the places that its numbers move to, the places that those move
/// to, and so on. Only places in `rest` are used, and they are removed from it.
fn line(state: &Lowered, region: &Region, rest: &mut BTreeSet<usize>) -> Option<Region> {
    let mut places = vec![];
    let mut last = region.places.clone();
    let mut steps = 0;
    loop {
        let next = last.iter().filter_map(|place| match state.next.elements[*place] {
            Element::Of { source, index } if source == state.source => Some(index),
            _ => None,
        });
        last = next.filter(|place| rest.remove(place)).collect();
        if last.is_empty() {
            break;
        }
        places.extend_from_slice(&last);
        steps += 1;
    }
    // Each step has the shape of the region, unless the line has branches.
    let dims = match places.len() == steps * region.places.len() {
        true => [&[steps], &region.dims[..]].concat(),
        false => dims(&state.shape, &places),
    };
    let dims = if steps == 1 && dims.len() > 1 { dims[1..].to_vec() } else { dims };
    (!places.is_empty()).then_some(Region { state: 0, dims, places })
}

/// The places of each state that are used, directly or after a delay.
fn live(states: &[Lowered]) -> Vec<BTreeSet<usize>> {
    let used = |state: &Lowered| state.uses.iter().flatten().copied().collect();
    let mut live: Vec<BTreeSet<usize>> = states.iter().map(used).collect();
    let all = live.iter().enumerate();
    let mut open: Vec<(usize, usize)> =
        all.flat_map(|(state, places)| places.iter().map(move |place| (state, *place))).collect();
    while let Some((state, place)) = open.pop() {
        let Element::Of { source, index } = states[state].next.elements[place] else { continue };
        let from = states.iter().position(|state| state.source == source);
        if let Some(from) = from.filter(|from| live[*from].insert(index)) {
            open.push((from, index));
        }
    }
    live
}

/// Groups of places that are used together, directly or through others, in the order of first use.
fn groups(uses: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = vec![];
    let mut group_of: BTreeMap<usize, usize> = BTreeMap::new();
    for places in uses {
        let known: BTreeSet<usize> =
            places.iter().filter_map(|place| group_of.get(place).copied()).collect();
        let into = known.first().copied().unwrap_or(groups.len());
        if into == groups.len() {
            groups.push(vec![]);
        }
        for other in known.into_iter().filter(|other| *other != into) {
            for place in std::mem::take(&mut groups[other]) {
                group_of.insert(place, into);
                groups[into].push(place);
            }
        }
        for place in places {
            if group_of.insert(*place, into).is_none() {
                groups[into].push(*place);
            }
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The dimensions of places if they form a box in a shape, with its axes in any order. Otherwise,
/// their number.
fn dims(shape: &[usize], places: &[usize]) -> Vec<usize> {
    boxed(shape, places).unwrap_or_else(|| vec![places.len()])
}

fn boxed(shape: &[usize], places: &[usize]) -> Option<Vec<usize>> {
    let coordinates = |place: usize| -> Vec<usize> {
        let mut rest = place;
        let mut at: Vec<usize> = shape
            .iter()
            .rev()
            .map(|len| {
                let coordinate = rest % len;
                rest /= len;
                coordinate
            })
            .collect();
        at.reverse();
        at
    };
    let all: Vec<Vec<usize>> = places.iter().map(|place| coordinates(*place)).collect();
    let values = |axis: usize| all.iter().map(|at| at[axis]).collect::<BTreeSet<_>>();
    let values: Vec<Vec<usize>> =
        (0..shape.len()).map(|axis| values(axis).into_iter().collect()).collect();
    if values.iter().map(Vec::len).product::<usize>() != places.len() {
        return None;
    }
    // How far apart neighbouring values of an axis are in the places.
    let first = &all[0];
    let mut axes = vec![];
    for axis in (0..shape.len()).filter(|axis| values[*axis].len() > 1) {
        let mut next = first.clone();
        next[axis] = values[axis][1];
        axes.push((all.iter().position(|at| *at == next)?, axis));
    }
    axes.sort_by_key(|(distance, _)| std::cmp::Reverse(*distance));
    let is_there = |at: &Vec<usize>, place: usize| {
        let mut rest = place;
        axes.iter().rev().all(|(_, axis)| {
            let expected = values[*axis][rest % values[*axis].len()];
            rest /= values[*axis].len();
            at[*axis] == expected
        })
    };
    let fits = all.iter().enumerate().all(|(place, at)| is_there(at, place));
    let dims: Vec<usize> = axes.iter().map(|(_, axis)| values[*axis].len()).collect();
    fits.then_some(if dims.is_empty() { vec![1] } else { dims })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: usize, indices: &[usize]) -> Computed {
        let elements = indices.iter().map(|&index| Element::Of { source, index }).collect();
        Computed { shape: vec![indices.len()], elements }
    }

    #[test]
    fn numbers_that_are_used_together_become_a_state() {
        // A delay line of 6 numbers, with the first and the fourth in use, and 2 unused numbers.
        let next = of(0, &[1, 2, 3, 4, 5, 0, 6, 7]);
        let mut next = Computed { shape: vec![8], elements: next.elements };
        next.elements = next
            .elements
            .iter()
            .enumerate()
            .map(
                |(at, element)| {
                    if at == 5 { Element::Of { source: 9, index: 0 } } else { *element }
                },
            )
            .collect();
        let state = Lowered { shape: vec![8], next, uses: vec![vec![3, 0]], source: 0 };
        let found: Vec<Vec<usize>> =
            regions(&[state]).into_iter().map(|region| region.places).collect();
        assert_eq!(found, [vec![3, 0], vec![4, 1, 5, 2]]);
    }

    #[test]
    fn groups_that_share_a_number_are_one() {
        let uses = [vec![0, 1], vec![4, 5], vec![5, 1], vec![7]];
        assert_eq!(groups(&uses), [vec![0, 1, 4, 5], vec![7]]);
        assert_eq!(groups(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_box_keeps_its_shape() {
        assert_eq!(dims(&[2, 3, 4], &(0..24).collect::<Vec<_>>()), [2, 3, 4]);
        // Swapped axes, and every second row.
        assert_eq!(dims(&[3, 4], &[0, 8, 1, 9, 2, 10, 3, 11]), [4, 2]);
        assert_eq!(dims(&[3, 4], &[0, 1, 5]), [3]);
        assert_eq!(dims(&[3, 4], &[7]), [1]);
    }
}
