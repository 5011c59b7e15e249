//! Elements at regular distances in one source: slices, strides and transposed axes.

use super::value::Element;

/// A tensor as a slice of a reshaped source.
///
/// The source's numbers `start..start + span` are reshaped to the dimensions `radices`. From each
/// dimension, `lens` numbers are taken, starting at `digits`. `order` gives the tensor's axis of
/// each dimension; `None` for a last dimension from which one number is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct View {
    pub(super) source: usize,
    pub(super) start: usize,
    pub(super) span: usize,
    pub(super) axes: Vec<Axis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Axis {
    pub(super) radix: usize,
    pub(super) digit: usize,
    pub(super) len: usize,
    pub(super) of: Option<usize>,
}

/// The places of regular elements: a first one, and a distance along each axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Regular {
    pub(super) source: usize,
    pub(super) base: usize,
    /// The length of each axis and its distance; 0 if the length is 1.
    pub(super) axes: Vec<(usize, usize)>,
}

impl Regular {
    /// `None` if the elements are not regular.
    pub(super) fn of(elements: &[Element], dims: &[usize]) -> Option<Regular> {
        let Some(Element::Of { source, index: base }) = elements.first().copied() else {
            return None;
        };
        let index = |at: usize| match elements[at] {
            Element::Of { source: own, index } if own == source => Some(index),
            _ => None,
        };
        let mut step = elements.len();
        let mut axes = vec![];
        for &len in dims {
            step /= len;
            let distance = if len == 1 { 0 } else { index(step)?.checked_sub(base)? };
            if len > 1 && distance == 0 {
                return None;
            }
            axes.push((len, distance));
        }
        let mut places = vec![base];
        for &(len, distance) in &axes {
            let along = |place: usize| (0..len).map(move |at| place + at * distance);
            places = places.into_iter().flat_map(along).collect();
        }
        let fits = places.iter().enumerate().all(|(at, place)| index(at) == Some(*place));
        fits.then_some(Regular { source, base, axes })
    }

    /// The view of a source of `total` numbers; `None` if slices, reshapes and transpositions
    /// cannot express it.
    pub(super) fn view(&self, total: usize) -> Option<View> {
        let mut axes: Vec<(usize, usize, usize)> = self
            .axes
            .iter()
            .enumerate()
            .filter(|(_, (len, _))| *len > 1)
            .map(|(of, (len, distance))| (*distance, *len, of))
            .collect();
        axes.sort_by_key(|(distance, ..)| std::cmp::Reverse(*distance));
        if axes.windows(2).any(|pair| !pair[0].0.is_multiple_of(pair[1].0)) {
            return None;
        }
        let Some(&(outer, len, _)) = axes.first() else {
            return Some(View { source: self.source, start: self.base, span: 1, axes: vec![] });
        };
        let whole = total.is_multiple_of(outer).then_some((0, total));
        let reach = outer * len;
        let parts = [Some(self.base), total.checked_sub(reach)].into_iter().flatten();
        let parts = parts.filter(|start| start + reach <= total).map(|start| (start, reach));
        whole.into_iter().chain(parts).find_map(|(start, span)| self.within(start, span, &axes))
    }

    fn within(&self, start: usize, span: usize, axes: &[(usize, usize, usize)]) -> Option<View> {
        let mut rest = self.base.checked_sub(start)?;
        let mut outer = span;
        let mut made = vec![];
        for &(distance, len, of) in axes {
            let (radix, digit) = (outer / distance, rest / distance);
            if digit + len > radix {
                return None;
            }
            made.push(Axis { radix, digit, len, of: Some(of) });
            rest %= distance;
            outer = distance;
        }
        if outer > 1 {
            made.push(Axis { radix: outer, digit: rest, len: 1, of: None });
        }
        Some(View { source: self.source, start, span, axes: made })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of a view in the source, in the order of the tensor's axes.
    fn places(view: &View, dims: &[usize]) -> Vec<usize> {
        let mut strides = vec![0; dims.len()];
        let (mut stride, mut first) = (1, view.start);
        for axis in view.axes.iter().rev() {
            first += axis.digit * stride;
            if let Some(of) = axis.of {
                strides[of] = stride;
            }
            stride *= axis.radix;
        }
        let mut places = vec![first];
        for (len, stride) in dims.iter().zip(strides) {
            let along = |place: usize| (0..*len).map(move |at| place + at * stride);
            places = places.into_iter().flat_map(along).collect();
        }
        places
    }

    #[test]
    fn a_view_has_the_elements_that_it_was_made_from() {
        type Axes = &'static [(usize, usize)];
        // Total, first, then lengths and distances.
        let cases: [(usize, usize, Axes); 9] = [
            (12, 0, &[(3, 4), (4, 1)]),
            (12, 0, &[(4, 1), (3, 4)]),
            (12, 5, &[(2, 4), (2, 1)]),
            (12, 1, &[(3, 4)]),
            (13, 1, &[(6, 2)]),
            (13, 3, &[(5, 2)]),
            (30, 7, &[(2, 1), (2, 15), (2, 3)]),
            (7, 6, &[(1, 0)]),
            (10, 2, &[(1, 0), (3, 2)]),
        ];
        for (total, base, axes) in cases {
            let dims: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
            let regular = Regular { source: 3, base, axes: axes.to_vec() };
            let view = regular.view(total).unwrap();
            let expected: Vec<usize> = {
                let mut places = vec![base];
                for &(len, distance) in axes {
                    let along = |place: usize| (0..len).map(move |at| place + at * distance);
                    places = places.into_iter().flat_map(along).collect();
                }
                places
            };
            assert_eq!(places(&view, &dims), expected, "{regular:?}");
            let elements: Vec<Element> =
                expected.iter().map(|&index| Element::Of { source: 3, index }).collect();
            assert_eq!(Regular::of(&elements, &dims), Some(regular));
        }
    }

    #[test]
    fn irregular_elements_have_no_view() {
        let of = |indices: &[usize]| -> Vec<Element> {
            indices.iter().map(|&index| Element::Of { source: 0, index }).collect()
        };
        assert_eq!(Regular::of(&of(&[0, 1, 3]), &[3]), None);
        assert_eq!(Regular::of(&of(&[2, 1]), &[2]), None);
        assert_eq!(Regular::of(&of(&[1, 1]), &[2]), None);
        assert_eq!(Regular::of(&[Element::Is(0.0)], &[1]), None);
        // Windows that overlap.
        let overlapping = Regular { source: 0, base: 0, axes: vec![(3, 1), (2, 1)] };
        assert_eq!(overlapping.view(8), None);
        let uneven = Regular { source: 0, base: 0, axes: vec![(2, 3), (2, 2)] };
        assert_eq!(uneven.view(12), None);
    }
}
