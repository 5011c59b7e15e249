//! Where the numbers of a tensor lie.

use tract_tflite::internal::TVec;

/// The places of a tensor's numbers in a row of a buffer. The first dimension, that of
/// the rows, is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) offset: usize,
    pub(crate) dims: TVec<Dim>,
}

/// A dimension: how many there are, and how many floats lie from one to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dim {
    pub(crate) len: usize,
    pub(crate) stride: usize,
}

impl View {
    /// A tensor that lies there whole, the last dimension's numbers side by side.
    pub(crate) fn whole(shape: &[usize]) -> View {
        let mut stride = 1;
        let mut dims: TVec<Dim> = shape
            .iter()
            .rev()
            .map(|&len| {
                let dim = Dim { len, stride };
                stride *= len;
                dim
            })
            .collect();
        dims.reverse();
        View { offset: 0, dims }
    }

    pub(crate) fn shape(&self) -> TVec<usize> {
        self.dims.iter().map(|dim| dim.len).collect()
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.dims.iter().map(|dim| dim.len).product()
    }

    /// How many floats of a row it spans.
    pub(crate) fn reach(&self) -> usize {
        let furthest = |dim: &Dim| (dim.len - 1) * dim.stride;
        match self.len() {
            0 => 0,
            _ => self.offset + self.dims.iter().map(furthest).sum::<usize>() + 1,
        }
    }

    pub(crate) fn is_whole(&self) -> bool {
        let side_by_side = self.dims.iter().rev().try_fold(1, |stride, dim| {
            (dim.len == 1 || dim.stride == stride).then_some(stride * dim.len)
        });
        self.offset == 0 && side_by_side.is_some()
    }

    pub(crate) fn slice(mut self, axis: usize, start: usize, len: usize) -> View {
        self.offset += start * self.dims[axis].stride;
        self.dims[axis].len = len;
        self
    }

    /// The same numbers with dimensions `at..at + from` turned into those of `shape`;
    /// `None` if no strides say that.
    pub(crate) fn reshape(mut self, at: usize, from: usize, shape: &[usize]) -> Option<View> {
        let merged = merged(&self.dims[at..at + from])?;
        let mut dims = View::whole(shape).dims;
        dims.iter_mut().for_each(|dim| dim.stride *= merged.stride);
        self.dims = [&self.dims[..at], &dims, &self.dims[at + from..]].concat().into();
        Some(self)
    }

    /// As if it had that shape: what there is one of is there as often as needed.
    /// `None` if it does not fit.
    pub(crate) fn broadcast(&self, shape: &[usize]) -> Option<View> {
        if self.dims.len() != shape.len() {
            return None;
        }
        let dims = self.dims.iter().zip(shape).map(|(dim, &len)| match dim.len {
            own if own == len => Some(*dim),
            1 => Some(Dim { len, stride: 0 }),
            _ => None,
        });
        Some(View { offset: self.offset, dims: dims.collect::<Option<_>>()? })
    }

    /// The offset of each number, the last dimension's side by side.
    pub(crate) fn offsets(&self) -> Vec<usize> {
        offsets(self.offset, &self.dims)
    }
}

/// The offsets of all that some dimensions span, the last one's side by side.
pub(crate) fn offsets(first: usize, dims: &[Dim]) -> Vec<usize> {
    dims.iter().fold(vec![first], |offsets, dim| {
        let of = |offset: usize| (0..dim.len).map(move |at| offset + at * dim.stride);
        offsets.into_iter().flat_map(of).collect()
    })
}

/// Some dimensions as one, if they are numbers at equal distances.
fn merged(dims: &[Dim]) -> Option<Dim> {
    let mut all = Dim { len: 1, stride: 1 };
    for dim in dims.iter().rev().filter(|dim| dim.len != 1) {
        all = match all.len {
            1 => *dim,
            len if dim.stride == all.stride * len => Dim { len: len * dim.len, stride: all.stride },
            _ => return None,
        };
    }
    Some(all)
}

/// Views of the same shape, as runs: for each view the offsets of its runs, and how its
/// numbers lie in a run. Dimensions that lie one after the other in all views are one.
pub(crate) fn runs(views: &[&View]) -> (Vec<(Vec<usize>, usize)>, usize) {
    // Of each dimension, its length and its strides in the views.
    let mut dims: Vec<(usize, Vec<usize>)> = vec![];
    for at in (0..views[0].dims.len()).rev() {
        let len = views[0].dims[at].len;
        if len == 1 {
            continue;
        }
        let strides: Vec<usize> = views.iter().map(|view| view.dims[at].stride).collect();
        match dims.last_mut() {
            Some((inner, own))
                if own.iter().zip(&strides).all(|(own, outer)| own * *inner == *outer) =>
            {
                *inner *= len;
            }
            _ => dims.push((len, strides)),
        }
    }
    dims.reverse();
    let (len, steps) = dims.pop().unwrap_or_else(|| (1, vec![1; views.len()]));
    let of_view = |(at, view): (usize, &&View)| {
        let outer: Vec<Dim> =
            dims.iter().map(|(len, strides)| Dim { len: *len, stride: strides[at] }).collect();
        (offsets(view.offset, &outer), steps[at])
    };
    (views.iter().enumerate().map(of_view).collect(), len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(offset: usize, dims: &[(usize, usize)]) -> View {
        View { offset, dims: dims.iter().map(|&(len, stride)| Dim { len, stride }).collect() }
    }

    #[test]
    fn what_lies_side_by_side_is_one_run() {
        let (made, len) = runs(&[&View::whole(&[3, 4, 5]), &View::whole(&[3, 4, 5])]);
        assert_eq!((made, len), (vec![(vec![0], 1); 2], 60));
        let slice = View::whole(&[3, 10]).slice(1, 2, 4);
        let (made, len) = runs(&[&View::whole(&[3, 4]), &slice]);
        assert_eq!((made, len), (vec![(vec![0, 4, 8], 1), (vec![2, 12, 22], 1)], 4));
    }

    #[test]
    fn one_number_for_all_is_a_run_of_step_0() {
        let one = View::whole(&[1, 1]).broadcast(&[3, 4]).unwrap();
        let (made, len) = runs(&[&View::whole(&[3, 4]), &one]);
        assert_eq!((made, len), (vec![(vec![0], 1), (vec![0], 0)], 12));
        assert_eq!(View::whole(&[2, 4]).broadcast(&[3, 4]), None);
    }

    #[test]
    fn only_numbers_at_equal_distances_take_another_shape() {
        let slice = View::whole(&[4, 6]).slice(1, 1, 2);
        assert_eq!(slice.clone().reshape(1, 1, &[2, 1]), Some(view(1, &[(4, 6), (2, 1), (1, 1)])));
        assert_eq!(slice.reshape(0, 2, &[8]), None);
        assert_eq!(View::whole(&[4, 6]).reshape(0, 2, &[8, 3]), Some(View::whole(&[8, 3])));
    }

    #[test]
    fn a_part_is_not_whole() {
        assert!(View::whole(&[2, 1, 3]).is_whole());
        assert!(view(0, &[(2, 3), (1, 99), (3, 1)]).is_whole());
        assert!(!View::whole(&[2, 3]).slice(1, 0, 2).is_whole());
        assert!(!View::whole(&[3]).slice(0, 1, 2).is_whole());
    }
}
