//! Lets depthwise convolutions add up the results of their channels. Exporters write convolutions
//! along two axes this way, with the taps along one axis as channels.

use super::Compiler;
use crate::kernels::{Activation, Binary, DepthwiseShape, Function};
use crate::plan::{Plan, Source};

/// The most floats of all tensors together to analyse.
const MOST_NUMBERS: usize = 1 << 20;

/// For each float of a tensor's row, the element of the results that it is part of: its place, and
/// its channel within a part.
type Elements = Vec<Option<(usize, usize)>>;

/// A sum under construction, which grows part by part.
struct Sum {
    /// The plans that add.
    plans: Vec<usize>,
    /// The tensor that holds the sum, and the sum's elements in it.
    tensor: usize,
    elements: Elements,
    parts: usize,
    /// Channels per part.
    width: usize,
}

impl Compiler<'_> {
    /// Makes depthwise convolutions add up the results of their channels, in a program whose outputs
    /// are the tensors `outputs`.
    pub(super) fn sum_parts(&mut self, outputs: &[usize]) {
        let uses = self.uses();
        let mut left = MOST_NUMBERS;
        let mut is_needed = vec![true; self.plans.len()];
        for at in 0..self.plans.len() {
            let Plan::Depthwise { shape, activation: Activation::None, data, result, .. } =
                &self.plans[at]
            else {
                continue;
            };
            let is_inner = |tensor| self.sole_maker(&uses, tensor, outputs).is_some();
            let mut all = uses.readers[*result].clone();
            all.dedup();
            if shape.parts > 1 || all.is_empty() || !is_inner(*result) {
                continue;
            }
            // Every reader of the parts must add them.
            let mut sum: Option<Sum> = None;
            let is_added = all.iter().all(|&reader| {
                let is_next = match &sum {
                    Some(sum) => is_inner(sum.tensor) && uses.readers[sum.tensor] == [reader],
                    None => true,
                };
                let more = self.added(shape, *result, sum.take(), reader, &mut left);
                sum = more.filter(|_| is_next);
                sum.is_some()
            });
            // A kernel may not write into a buffer that it reads, and joined tensors share a buffer.
            if let Some(sum) = sum.filter(|sum| is_added && sum.tensor != *data)
                && let Some(shape) = self.summed(shape, &sum)
            {
                sum.plans.iter().for_each(|&plan| is_needed[plan] = false);
                self.plans[at].give(shape, sum.tensor);
            }
        }
        self.keep_needed(is_needed);
    }

    /// The sum after the plan `at`, if this plan adds a part, or the first two. The parts are in
    /// the tensor `data`.
    fn added(
        &self,
        shape: &DepthwiseShape,
        data: usize,
        sum: Option<Sum>,
        at: usize,
        left: &mut usize,
    ) -> Option<Sum> {
        let each = self.plans[at].each()?;
        let row = self.buffers[each.result].row;
        *left = left.checked_sub(row.saturating_add(each.numbers()))?;
        if each.function != Function::Binary(Binary::Add) || shape.result_places == 0 {
            return None;
        }
        let width = each.numbers() / shape.result_places;
        if width == 0
            || width * shape.result_places != each.numbers()
            || !shape.channels.is_multiple_of(width)
        {
            return None;
        }
        let is_data = |of: usize| each.operands[of] == Source::Tensor(data);
        let (mut parts, mut plans, own) = match sum {
            None if is_data(0) && is_data(1) => (0, vec![], None),
            Some(Sum { plans, tensor, elements, parts, width: same }) if same == width => {
                let own = (0..2).find(|&of| each.operands[of] == Source::Tensor(tensor))?;
                is_data(1 - own).then_some((parts, plans, Some((own, elements))))?
            }
            _ => return None,
        };
        let mut made: Elements = vec![None; row];
        let of_data: Vec<usize> =
            (0..2).filter(|of| own.as_ref().is_none_or(|(own, _)| own != of)).collect();
        for number in 0..each.numbers() {
            let mut element = own
                .as_ref()
                .map(|(of, elements)| elements.get(each.place(of + 1, number)).copied().flatten());
            for (n, of) in of_data.iter().enumerate() {
                let found = element_of(shape, width, parts + n, each.place(of + 1, number))?;
                if *element.get_or_insert(Some(found)) != Some(found) {
                    return None;
                }
            }
            *made.get_mut(each.place(0, number))? = element?;
        }
        parts += of_data.len();
        plans.push(at);
        Some(Sum { plans, tensor: each.result, elements: made, parts, width })
    }

    /// The shape of a convolution that computes a sum; `None` if no shape describes its places.
    fn summed(&self, shape: &DepthwiseShape, sum: &Sum) -> Option<DepthwiseShape> {
        let width = shape.channels / sum.parts;
        if width * sum.parts != shape.channels {
            return None;
        }
        let place = |element| sum.elements.iter().position(|it| *it == Some(element));
        let offset = place((0, 0))?;
        let stride = place((1, 0)).map_or(Some(width), |second| second.checked_sub(offset))?;
        let is_so = sum.elements.iter().enumerate().all(|(at, element)| {
            element.is_none_or(|(place, channel)| at == offset + place * stride + channel)
        });
        let count = sum.elements.iter().flatten().count();
        (is_so && count == shape.result_places * width).then(|| DepthwiseShape {
            parts: sum.parts,
            result_row: self.buffers[sum.tensor].row,
            result_offset: offset,
            result_stride: stride,
            ..shape.clone()
        })
    }
}

/// The element to which a place of a convolution's results belongs.
fn element_of(
    shape: &DepthwiseShape,
    width: usize,
    part: usize,
    at: usize,
) -> Option<(usize, usize)> {
    let at = at.checked_sub(shape.result_offset)?;
    let (place, channel) = (at / shape.result_stride, at % shape.result_stride);
    let channel = channel.checked_sub(part * width)?;
    (place < shape.result_places && channel < width).then_some((place, channel))
}

impl Plan {
    /// Makes a depthwise convolution write `tensor` with the shape `to`.
    fn give(&mut self, to: DepthwiseShape, tensor: usize) {
        if let Plan::Depthwise { shape, result, .. } = self {
            (*shape, *result) = (to, tensor);
        }
    }
}
