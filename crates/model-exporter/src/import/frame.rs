//! The order in which elements are assembled where any order is allowed.

use tract_nnef::internal::*;

use super::Lowering;
use super::value::{Computed, Element};

/// An order of a tensor's elements, and the shape that they have in it.
pub(super) struct Frame {
    pub(super) dims: Vec<usize>,
    /// For each place in the frame, the place in the tensor.
    pub(super) order: Vec<usize>,
}

impl Lowering {
    /// An order in which a tensor is easy to assemble.
    pub(super) fn frame(&self, tensor: &Computed) -> Frame {
        self.native(tensor).unwrap_or_else(|| sorted(tensor))
    }

    /// Wires a tensor in such an order.
    pub(super) fn framed(&mut self, tensor: &Computed) -> TractResult<(OutletId, Frame)> {
        let frame = self.frame(tensor);
        let elements: Vec<Element> = frame.order.iter().map(|at| tensor.elements[*at]).collect();
        Ok((self.wire(&elements, &frame.dims)?, frame))
    }

    /// The order of the source, if the tensor contains the whole source.
    pub(super) fn native(&self, tensor: &Computed) -> Option<Frame> {
        let Element::Of { source, .. } = *tensor.elements.first()? else { return None };
        if self.sources[source].len() != tensor.elements.len() {
            return None;
        }
        let mut order = vec![usize::MAX; tensor.elements.len()];
        for (at, element) in tensor.elements.iter().enumerate() {
            match *element {
                Element::Of { source: own, index } if own == source => order[index] = at,
                _ => return None,
            }
        }
        let dims = self.sources[source].dims.clone();
        (!order.contains(&usize::MAX)).then_some(Frame { dims, order })
    }
}

/// Sorts the axes: those with the longest distance between elements come first, and axes of length
/// 1 are dropped. Along the last axis, elements of the same source are side by side.
fn sorted(tensor: &Computed) -> Frame {
    let shape = &tensor.shape;
    let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
    let middle: usize = (0..shape.len()).map(|axis| shape[axis] / 2 * stride(axis)).sum();
    let mut axes: Vec<usize> = (0..shape.len()).filter(|axis| shape[*axis] > 1).collect();
    axes.sort_by_key(|&axis| {
        let first = middle - shape[axis] / 2 * stride(axis);
        let line: Vec<Element> =
            (0..shape[axis]).map(|at| tensor.elements[first + at * stride(axis)]).collect();
        std::cmp::Reverse(distance(&line))
    });
    let Some((&last, outer)) = axes.split_last() else {
        return Frame { dims: vec![1], order: vec![0] };
    };
    let mut along: Vec<usize> = (0..shape[last]).collect();
    let row = middle - shape[last] / 2 * stride(last);
    along.sort_by_key(|at| place(tensor.elements[row + at * stride(last)]));
    let mut order = vec![0];
    for &axis in outer {
        let each = |first: usize| (0..shape[axis]).map(move |at| first + at * stride(axis));
        order = order.into_iter().flat_map(each).collect();
    }
    let order =
        order.iter().flat_map(|first| along.iter().map(move |at| first + at * stride(last)));
    Frame { dims: axes.iter().map(|axis| shape[*axis]).collect(), order: order.collect() }
}

/// The smallest distance between two elements of a line in their sources.
fn distance(line: &[Element]) -> usize {
    let mut places: Vec<(usize, usize)> = line.iter().map(|element| place(*element)).collect();
    places.sort_unstable();
    let pairs = places.windows(2).filter(|pair| pair[0].0 == pair[1].0 && pair[0].0 != usize::MAX);
    pairs
        .map(|pair| pair[1].1 - pair[0].1)
        .filter(|distance| *distance > 0)
        .min()
        .unwrap_or(usize::MAX)
}

/// The sort key that puts elements of the same source next to each other.
pub(super) fn place(element: Element) -> (usize, usize) {
    match element {
        Element::Of { source, index } => (source, index),
        Element::Is(_) => (usize::MAX, 0),
    }
}
