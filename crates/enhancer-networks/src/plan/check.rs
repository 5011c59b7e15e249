//! Checks of plans that come from a file. Kernels compute from their sizes and offsets how far they
//! reach, and use pointers within that. So the numbers of a plan must fit the buffers that it names,
//! and no sum or product of them may overflow.

use super::{Plan, ProgramPlan, RowPlan, Source};
use crate::error::{Error, Result, check_limit};
use crate::kernels::{
    Activation, Chain, DepthwiseShape, Link, MOST_LEAVES, MOST_LINKS, Pair, ProductShape, Runs,
    WINOGRAD_CHANNELS, Weights, WinogradShape,
};
use crate::program::Place;

/// The most floats per row in all buffers, inputs, outputs and constants of a program. DNSMOS has the
/// most of the built-in networks, with fewer than 3 million.
const MOST_IN_ROW: usize = 1 << 24;

impl ProgramPlan {
    /// Checks everything that its kernels rely on.
    ///
    /// # Errors
    /// `Corrupt` if something does not fit, `LimitExceeded` if it needs too much memory.
    pub(crate) fn check(&self) -> Result<()> {
        let buffers = self.buffers.iter().map(|buffer| buffer.row);
        let constants = self.constants.iter().map(Vec::len);
        let rows = buffers.chain(self.inputs.iter().chain(&self.outputs).copied()).chain(constants);
        let row = rows.fold(0, usize::saturating_add);
        let limit = "the numbers that a compiled network has for each row";
        check_limit(limit, row as u64, MOST_IN_ROW as u64)?;
        let misfit = |at: usize| Error::Corrupt { reason: format!("kernel {at} does not fit") };
        if !self.places.iter().all(|&place| self.is_there(place)) {
            return Err(Error::Corrupt { reason: "a tensor has no place".into() });
        }
        self.plans.iter().enumerate().try_for_each(|(at, plan)| {
            let fits = self.has_places(plan).and_then(|()| self.fits(plan));
            fits.ok_or_else(|| misfit(at))
        })
    }

    /// The floats that it keeps for a row, and those that its kernels write or sum up.
    pub(crate) fn floats(&self) -> usize {
        let kept = self.buffers.iter().map(|buffer| buffer.row);
        let used = |plan: &Plan| {
            let summed = match plan {
                Plan::Sum { runs, .. } => runs.offsets[0].len().saturating_mul(runs.len),
                _ => 0,
            };
            summed.saturating_add(self.row(plan.result()).unwrap_or(0))
        };
        kept.chain(self.plans.iter().map(used)).fold(0, usize::saturating_add)
    }

    fn is_there(&self, place: Place) -> bool {
        match place {
            Place::Buffer(at) => at < self.buffers.len(),
            Place::Constant(at) => at < self.constants.len(),
            Place::Input(at) => at < self.inputs.len(),
            Place::Output(at) => at < self.outputs.len(),
        }
    }

    /// Whether a plan reads and writes places that exist, and writes only what it does not read.
    fn has_places(&self, plan: &Plan) -> Option<()> {
        let place = |tensor: usize| self.places.get(tensor).copied();
        let is_writable = |place: &Place| matches!(place, Place::Buffer(_) | Place::Output(_));
        let result = place(plan.result()).filter(is_writable)?;
        let mut read: Vec<Place> = plan.reads().into_iter().map(place).collect::<Option<_>>()?;
        if let Some(scratch) = plan.scratch() {
            let scratch = place(scratch)?;
            sure(matches!(scratch, Place::Buffer(_)) && !read.contains(&scratch))?;
            read.push(scratch);
        }
        sure(!read.contains(&result))
    }

    /// Whether the numbers of a plan fit its places.
    fn fits(&self, plan: &Plan) -> Option<()> {
        match plan {
            Plan::Product { shape, weights, activation, data, result } => {
                let rows = [self.row(*data)?, self.row(*result)?];
                product(shape, weights, *activation, rows)
            }
            Plan::Winograd { shape, weights, data, result, scratch, .. } => {
                let rows = [self.row(*data)?, self.row(*result)?, self.row(*scratch)?];
                winograd(shape, weights, rows)
            }
            Plan::Depthwise { shape, factors, biases, slopes, activation, data, result } => {
                sure(slopes.is_empty() || *activation == Activation::None)?;
                let lens = [factors.len(), biases.len(), slopes.len()];
                depthwise(shape, lens, [self.row(*data)?, self.row(*result)?])
            }
            Plan::Unary { runs: [results, operand], len, data, result, .. } => {
                let operand = (operand, Source::Tensor(*data));
                self.elementwise(results, *result, [operand], *len)
            }
            Plan::Binary { runs: [results, a, b], len, operands: sources, result, .. } => {
                self.elementwise(results, *result, [(a, sources[0]), (b, sources[1])], *len)
            }
            Plan::Chain { links, leaves, results, len, result } => {
                sure(*len >= Chain::SHORTEST && results.step == 1)?;
                sure((1..=MOST_LEAVES).contains(&leaves.len()))?;
                sure(leaves.iter().all(|(_, runs)| runs.step <= 1))?;
                links_fit(links, leaves.len())?;
                let leaves = leaves.iter().map(|(source, runs)| (runs, *source));
                self.elementwise(results, *result, leaves, *len)
            }
            Plan::Copies { pairs, rows: [data_row, result_row], data, result } => {
                let furthest = |of: fn(&Pair) -> u32| {
                    pairs.iter().map(of).max().map_or(0, |furthest| furthest as usize)
                };
                let (read, written) = (furthest(|pair| pair.1), furthest(|pair| pair.0));
                within(read.checked_add(1)?, *data_row, self.row(*data)?)?;
                within(written.checked_add(1)?, *result_row, self.row(*result)?)
            }
            Plan::Sum { runs, .. } => self.rows_fit(runs, 1),
            Plan::RootMeanSquare { runs, .. } => self.rows_fit(runs, runs.len),
        }
    }

    /// Floats per row of a tensor.
    fn row(&self, tensor: usize) -> Option<usize> {
        match *self.places.get(tensor)? {
            Place::Buffer(at) => self.buffers.get(at).map(|buffer| buffer.row),
            Place::Input(at) => self.inputs.get(at).copied(),
            Place::Output(at) => self.outputs.get(at).copied(),
            Place::Constant(_) => None,
        }
    }

    /// Whether runs of `len` results and operands fit their places.
    fn elementwise<'p>(
        &self,
        results: &Runs,
        result: usize,
        operands: impl IntoIterator<Item = (&'p Runs, Source)>,
        len: usize,
    ) -> Option<()> {
        sure(len > 0 && times([results.offsets.len(), len])? <= results.row)?;
        within(reach(results, len)?, results.row, self.row(result)?)?;
        for (runs, source) in operands {
            sure(runs.offsets.len() == results.offsets.len())?;
            match source {
                Source::Tensor(tensor) => within(reach(runs, len)?, runs.row, self.row(tensor)?)?,
                // The same for all rows.
                Source::Constant(at) => {
                    let numbers = self.constants.get(at)?.len();
                    sure(runs.row == 0 && reach(runs, len)? <= numbers)?;
                }
            }
        }
        Some(())
    }

    fn rows_fit(&self, runs: &RowPlan, made: usize) -> Option<()> {
        let RowPlan { data_row, result_row, offsets: [data, results], len, .. } = runs;
        sure(data.len() == results.len() && times([data.len(), made])? <= *result_row)?;
        sure(times([data.len(), *len])? <= MOST_IN_ROW)?;
        within(furthest(data).checked_add(*len)?, *data_row, self.row(runs.data)?)?;
        within(furthest(results).checked_add(made)?, *result_row, self.row(runs.result)?)
    }
}

/// `None` if something is not so.
fn sure(is_so: bool) -> Option<()> {
    is_so.then_some(())
}

/// Whether what a kernel reaches in a row is in that row, and the row in its tensor's.
fn within(reach: usize, row: usize, of_tensor: usize) -> Option<()> {
    sure(reach <= row && row <= of_tensor)
}

fn furthest(offsets: &[usize]) -> usize {
    offsets.iter().copied().max().unwrap_or(0)
}

fn sum<const N: usize>(numbers: [usize; N]) -> Option<usize> {
    numbers.into_iter().try_fold(0, usize::checked_add)
}

fn times<const N: usize>(numbers: [usize; N]) -> Option<usize> {
    numbers.into_iter().try_fold(1, usize::checked_mul)
}

/// How many floats of a row runs of `len` numbers reach.
fn reach(runs: &Runs, len: usize) -> Option<usize> {
    sum([furthest(&runs.offsets), times([len - 1, runs.step])?, 1])
}

fn product(
    shape: &ProductShape,
    weights: &Weights,
    activation: Activation,
    [data_row, result_row]: [usize; 2],
) -> Option<()> {
    let groups = |pick: fn(&(usize, usize)) -> usize| {
        furthest(&shape.groups.iter().map(pick).collect::<Vec<_>>())
    };
    let read = [furthest(&shape.data), groups(|group| group.0), furthest(&shape.depth), 1];
    let written = [furthest(&shape.results), groups(|group| group.1), shape.width];
    within(sum(read)?, shape.data_row, data_row)?;
    within(sum(written)?, shape.result_row, result_row)?;
    sure(shape.data.len() == shape.results.len())?;
    sure(times([shape.results.len(), shape.groups.len(), shape.width])? <= shape.result_row)?;
    let (columns, slopes) = (times([shape.groups.len(), shape.width])?, weights.slopes.len());
    sure(weights.factors.len() == times([columns, shape.depth.len()])?)?;
    sure(weights.biases.len() == columns)?;
    sure(slopes == 0 || (slopes == columns && activation == Activation::None))
}

fn winograd(
    shape: &WinogradShape,
    weights: &Weights,
    [data_row, result_row, scratch_row]: [usize; 3],
) -> Option<()> {
    let WinogradShape { places: [tall, wide], strides, channels, width, .. } = *shape;
    let is_whole = |count: usize| count > 0 && count.is_multiple_of(WINOGRAD_CHANNELS);
    sure(is_whole(channels) && is_whole(width) && tall > 0 && wide > 0)?;
    let [down, across] = [times([tall - 1, strides[0]])?, times([wide - 1, strides[1]])?];
    within(sum([shape.data_offset, down, across, channels])?, shape.data_row, data_row)?;
    let [tall, wide] = shape.results;
    within(times([tall, wide, width])?, shape.result_row, result_row)?;
    sure(weights.factors.len() == times([9, channels, width])?)?;
    sure(weights.biases.len() == width && weights.slopes.is_empty())?;
    sure(shape.scratch() <= scratch_row)
}

fn depthwise(
    shape: &DepthwiseShape,
    [factors, biases, slopes]: [usize; 3],
    [data_row, result_row]: [usize; 2],
) -> Option<()> {
    let DepthwiseShape { channels, parts, taps, data_places, result_places, .. } = *shape;
    sure(parts > 0 && channels > 0 && channels.is_multiple_of(parts))?;
    sure(data_places > 0 && taps > 0 && shape.stride > 0 && shape.dilation > 0)?;
    sure(factors == times([taps, channels])? && biases == channels)?;
    sure(slopes == 0 || slopes == shape.width())?;
    let data = times([data_places - 1, shape.data_stride])?;
    let results = times([result_places.saturating_sub(1), shape.result_stride])?;
    within(sum([shape.data_offset, data, channels])?, shape.data_row, data_row)?;
    within(sum([shape.result_offset, results, shape.width()])?, shape.result_row, result_row)?;
    // A tap's place is computed with these, before it is known whether there is such a place.
    let most = |number: Option<usize>| sure(number? <= MOST_IN_ROW);
    sure(times([result_places, shape.width()])? <= shape.result_row)?;
    most(Some(data_places))?;
    times([shape.stride.max(shape.dilation), shape.data_stride])?;
    most(times([result_places, shape.stride]))?;
    most(times([taps, shape.dilation]))?;
    most(Some(shape.padding))
}

/// Whether each link of a chain uses values that are made before it.
fn links_fit(links: &[Link], leaves: usize) -> Option<()> {
    sure((1..=MOST_LINKS).contains(&links.len()))?;
    let fits = |(at, link): (usize, &Link)| link.operands.iter().all(|&it| it < leaves + at);
    sure(links.iter().enumerate().all(fits))
}

#[cfg(test)]
mod tests;
