//! Sums, means and extremes over axes, and the normalisations that use them.

use tract_nnef::internal::*;
use tract_nnef::tract_core::ops::{math, nn};

use super::Lowering;
use super::value::{Computed, Value};

/// How several numbers are reduced to one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reduction {
    Sum,
    Mean,
    Largest,
    Smallest,
}

impl Lowering {
    /// Reduces `axes`, which stay with a length of 1.
    pub(super) fn reduce(
        &mut self,
        reduction: Reduction,
        x: &Computed,
        axes: &[usize],
    ) -> TractResult<Computed> {
        let kept: Vec<usize> = (0..x.shape.len()).filter(|axis| !axes.contains(axis)).collect();
        let turned = x.transposed(&[&kept[..], axes].concat());
        let count: usize = axes.iter().map(|axis| x.shape[*axis]).product();
        let rows = x.elements.len() / count;
        let dims = if rows == 1 { vec![count] } else { vec![rows, count] };
        let outlet = self.wire(&turned.elements, &dims)?;
        let reducer = match reduction {
            Reduction::Sum | Reduction::Mean => nn::Reducer::Sum,
            Reduction::Largest => nn::Reducer::Max,
            Reduction::Smallest => nn::Reducer::Min,
        };
        let name = self.name("reduced");
        let reduce = nn::Reduce::new(tvec!(dims.len()), reducer);
        let made = self.network.wire(&name, reduce, &[outlet])?;
        let dims = if rows == 1 { vec![1] } else { vec![rows, 1] };
        let mut shape = x.shape.clone();
        axes.iter().for_each(|axis| shape[*axis] = 1);
        let made = self.whole(made, dims, shape);
        if reduction == Reduction::Mean {
            let share = self.number(1.0 / count as f32);
            return self.mul(&made.into(), &share);
        }
        Ok(made)
    }

    /// `x` less its mean, divided by the root of its variance and `epsilon`, over `axes`.
    pub(super) fn normalised(
        &mut self,
        x: &Computed,
        axes: &[usize],
        epsilon: f32,
    ) -> TractResult<Computed> {
        let mean = self.reduce(Reduction::Mean, x, axes)?;
        let centred = self.sub(&x.clone().into(), &mean.into())?;
        let squares = self.unary("squares", math::square().into(), &centred)?;
        let variance = self.reduce(Reduction::Mean, &squares, axes)?;
        let variance = self.add(&variance.into(), &self.number(epsilon))?;
        let deviation = self.unary("deviation", math::sqrt().into(), &variance)?;
        self.div(&centred.into(), &deviation.into())
    }

    /// `x · scale + offset`.
    pub(super) fn affine(
        &mut self,
        x: Computed,
        scale: &Value,
        offset: Option<&Value>,
    ) -> TractResult<Computed> {
        let scaled = self.mul(&x.into(), scale)?;
        match offset {
            Some(offset) => self.add(&scaled.into(), offset),
            None => Ok(scaled),
        }
    }

    /// The softmax over `axis`, computed with that axis moved to the end.
    pub(super) fn softmax(&mut self, x: &Computed, axis: usize) -> TractResult<Computed> {
        let mut axes: Vec<usize> = (0..x.shape.len()).filter(|other| *other != axis).collect();
        axes.push(axis);
        let turned = x.transposed(&axes);
        let len = x.shape[axis];
        let outlet = self.wire(&turned.elements, &[x.elements.len() / len, len])?;
        let name = self.name("softmax");
        let softmax = nn::Softmax { axes: tvec!(2), ..nn::Softmax::default() };
        let made = self.network.wire(&name, softmax, &[outlet])?;
        let made = self.whole(made, vec![x.elements.len() / len, len], turned.shape);
        let back: Vec<usize> =
            (0..axes.len()).map(|axis| axes.iter().position(|a| *a == axis).unwrap_or(0)).collect();
        Ok(made.transposed(&back))
    }
}
