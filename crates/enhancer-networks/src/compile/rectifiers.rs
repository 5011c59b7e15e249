//! Merges rectifiers that have a slope below zero into the product or convolution that computes
//! their data.

use std::collections::HashMap;

use super::Compiler;
use super::copies::Move;
use crate::kernels::{Activation, Binary, DepthwiseShape, Function, ProductShape, Runs};
use crate::plan::{Plan, Source};

/// The most numbers of all rectifiers together to analyse.
const MOST_NUMBERS: usize = 1 << 22;

/// A chain that computes `max(x, slope · x)` with constant slopes.
struct Rectifier<'p> {
    data: (usize, &'p Runs),
    slopes: (usize, &'p Runs),
    results: (usize, &'p Runs),
    len: usize,
}

impl Plan {
    fn rectifier(&self) -> Option<Rectifier<'_>> {
        let Plan::Chain { links, leaves, results, len, result } = self else { return None };
        let [scale, larger] = &links[..] else { return None };
        let functions = [Binary::Multiply, Binary::Larger].map(Function::Binary);
        if [scale.function, larger.function] != functions || leaves.len() != 2 {
            return None;
        }
        let [data, link] = larger.operands;
        let (_, slopes) = scale.operands.into_iter().enumerate().find(|(_, it)| *it != data)?;
        // The second value is the result of the first link.
        if link != leaves.len() || slopes >= leaves.len() || !scale.operands.contains(&data) {
            return None;
        }
        let (Source::Tensor(tensor), runs) = &leaves[data] else { return None };
        let (Source::Constant(constant), of_slopes) = &leaves[slopes] else { return None };
        let (data, slopes) = ((*tensor, runs), (*constant, of_slopes));
        Some(Rectifier { data, slopes, results: (*result, results), len: *len })
    }
}

impl Rectifier<'_> {
    fn numbers(&self) -> usize {
        self.results.1.offsets.len().saturating_mul(self.len)
    }

    /// The places of each number in the data, the slopes and the results.
    fn places(&self) -> impl Iterator<Item = [usize; 3]> {
        let runs = [self.data.1, self.slopes.1, self.results.1];
        (0..runs[2].offsets.len()).flat_map(move |run| {
            (0..self.len).map(move |at| runs.map(|runs| runs.offsets[run] + at * runs.step))
        })
    }
}

impl Compiler<'_> {
    /// Makes products and convolutions rectify their results, in a program whose outputs are the
    /// tensors `outputs`.
    pub(super) fn rectify(&mut self, outputs: &[usize]) {
        let uses = self.uses();
        let mut left = MOST_NUMBERS;
        let done = (0..self.plans.len()).map(|at| {
            let rectifier = self.plans[at].rectifier()?;
            let (tensor, _) = rectifier.data;
            left = left.checked_sub(rectifier.numbers())?;
            // The padding around a product's results would have to be rectified too.
            let maker = self.sole_maker(&uses, tensor, outputs)?;
            if uses.readers[tensor].len() == 1 { self.rectify_at(maker, at) } else { None }
        });
        let is_needed = done.map(|done: Option<()>| done.is_none()).collect();
        self.keep_needed(is_needed);
    }

    /// Merges the chain `at` into the plan `maker`.
    fn rectify_at(&mut self, maker: usize, at: usize) -> Option<()> {
        let rectifier = self.plans[at].rectifier()?;
        let (data, result) = (rectifier.data.0, rectifier.results.0);
        let constants = &self.constants[rectifier.slopes.0];
        let places: Option<HashMap<usize, f32>> = rectifier
            .places()
            .map(|[data, slope, _]| Some((data, *constants.get(slope)?)))
            .collect();
        let slopes = match &self.plans[maker] {
            Plan::Product { shape, activation: Activation::None, .. } => slopes(shape, &places?)?,
            Plan::Depthwise { shape, activation: Activation::None, .. } => {
                slopes_of_channels(shape, &places?)?
            }
            _ => return None,
        };
        let moves = rectifier.places().map(|[data, _, result]| (data, result));
        let rows = [result, data].map(|tensor| self.buffers[tensor].row);
        let moved = Move::of(moves, [result, data], rows)?;
        let tables = self.plans[maker].moved(&moved)?;
        self.plans[maker].set(tables, &moved);
        match &mut self.plans[maker] {
            Plan::Product { weights, .. } => weights.slopes = slopes,
            Plan::Depthwise { slopes: own, .. } => *own = slopes,
            _ => unreachable!("no other plan has slopes"),
        }
        Some(())
    }
}

/// The slope of each bias, if it is the same for all vectors.
fn slopes(shape: &ProductShape, of_places: &HashMap<usize, f32>) -> Option<Vec<f32>> {
    let biases = shape
        .groups
        .iter()
        .flat_map(|(_, group)| (0..shape.width).map(move |column| group + column));
    biases.map(|bias| slope(shape.results.iter().map(|vector| vector + bias), of_places)).collect()
}

/// The slope of each channel of a convolution, if it is the same for all its results.
fn slopes_of_channels(shape: &DepthwiseShape, of_places: &HashMap<usize, f32>) -> Option<Vec<f32>> {
    let results = |channel: usize| {
        (0..shape.result_places)
            .map(move |place| shape.result_offset + place * shape.result_stride + channel)
    };
    (0..shape.width()).map(|channel| slope(results(channel), of_places)).collect()
}

/// The slope of some places, if all have the same.
fn slope(places: impl Iterator<Item = usize>, of_places: &HashMap<usize, f32>) -> Option<f32> {
    let mut slopes = places.map(|place| of_places.get(&place).copied());
    let first = slopes.next()??;
    slopes.all(|slope| slope.map(f32::to_bits) == Some(first.to_bits())).then_some(first)
}
