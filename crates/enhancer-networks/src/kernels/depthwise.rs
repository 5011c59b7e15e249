//! Convolutions along one axis in which every channel has its own taps. The channels lie side by
//! side. The results of several channels can be added up: this computes convolutions along two
//! axes.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::math::Activation;
use super::simd::Simd;
use super::{Floats, Isa, Kernel};

/// The sizes of a depthwise convolution. A place holds the numbers of all channels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DepthwiseShape {
    pub(crate) data_row: usize,
    pub(crate) data_offset: usize,
    /// Floats from one place to the next.
    pub(crate) data_stride: usize,
    pub(crate) data_places: usize,
    pub(crate) result_row: usize,
    pub(crate) result_offset: usize,
    /// Floats from one result to the next.
    pub(crate) result_stride: usize,
    pub(crate) result_places: usize,
    pub(crate) channels: usize,
    /// How many parts of equal size the channels have. The results of the parts are added up, so that a
    /// result has as many numbers as a part has channels.
    pub(crate) parts: usize,
    pub(crate) taps: usize,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    /// Zeros before the first place.
    pub(crate) padding: usize,
}

/// A depthwise convolution.
#[derive(Debug)]
pub(crate) struct Depthwise {
    isa: Isa,
    shape: DepthwiseShape,
    activation: Activation,
    /// `[taps, parts, channels of a part]`, padded to whole vectors.
    factors: Floats,
    /// `[parts, channels of a part]`, padded likewise.
    biases: Floats,
    /// For each channel of a part: a result becomes the larger of itself and its product with the
    /// slope.
    slopes: Option<Floats>,
    /// Channels of a part, padded to whole vectors.
    room: usize,
}

impl Depthwise {
    /// `factors` are `[taps, channels]`. `slopes`, if given, has one number for each channel of a part.
    pub(crate) fn new(
        isa: Isa,
        shape: DepthwiseShape,
        [factors, biases, slopes]: [&[f32]; 3],
        activation: Activation,
    ) -> Depthwise {
        assert!(shape.parts > 0 && shape.channels.is_multiple_of(shape.parts));
        let width = shape.width();
        assert_eq!(factors.len(), shape.taps * shape.channels);
        assert_eq!(biases.len(), shape.channels);
        assert!(slopes.is_empty() || (slopes.len() == width && activation == Activation::None));
        assert!(shape.data_places > 0 && shape.taps > 0);
        assert!(shape.stride > 0 && shape.dilation > 0);
        let room = width.next_multiple_of(isa.lanes());
        let filled = |rows: &[f32]| {
            let mut filled = Floats::new(rows.len() / width * room, 0.0);
            for (to, from) in filled.chunks_exact_mut(room).zip(rows.chunks_exact(width)) {
                to[..width].copy_from_slice(from);
            }
            filled
        };
        let (factors, biases) = (filled(factors), filled(biases));
        let slopes = (!slopes.is_empty()).then(|| filled(slopes));
        Depthwise { isa, shape, activation, factors, biases, slopes, room }
    }

    /// Computes `rows` rows.
    ///
    /// # Panics
    /// If `data` or `results` are too short.
    pub(crate) fn run(&self, rows: usize, data: &[f32], results: &mut [f32]) {
        let shape = &self.shape;
        if rows == 0 || shape.result_places == 0 {
            return;
        }
        let reach =
            shape.data_offset + (shape.data_places - 1) * shape.data_stride + shape.channels;
        assert!(data.len() >= (rows - 1) * shape.data_row + reach, "data are too short");
        let reach =
            shape.result_offset + (shape.result_places - 1) * shape.result_stride + shape.width();
        assert!(results.len() >= (rows - 1) * shape.result_row + reach, "results are too short");
        let (data, results) = (data.as_ptr(), results.as_mut_ptr());
        self.isa.run(Run { depthwise: self, rows, data, results });
    }
}

struct Run<'d> {
    depthwise: &'d Depthwise,
    rows: usize,
    data: *const f32,
    results: *mut f32,
}

impl Kernel for Run<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let shape = &self.depthwise.shape;
        let inner = shape.inner();
        for row in 0..self.rows {
            // SAFETY: `Depthwise::run` has checked the lengths.
            unsafe {
                let data = self.data.add(row * shape.data_row + shape.data_offset);
                let results = self.results.add(row * shape.result_row + shape.result_offset);
                let at = |place: usize| results.add(place * shape.result_stride);
                for place in (0..inner.start).chain(inner.end..shape.result_places) {
                    self.place::<S>(place, shape.met(place), data, at(place));
                }
                // The most common sizes have loops of their own.
                match (shape.taps, shape.parts) {
                    (3, 1) => self.places::<S, 3, 1>(inner.clone(), data, results),
                    (3, 3) => self.places::<S, 3, 3>(inner.clone(), data, results),
                    _ => {
                        for place in inner.clone() {
                            self.place::<S>(place, 0..shape.taps, data, at(place));
                        }
                    }
                }
            }
        }
    }
}

impl DepthwiseShape {
    /// How many numbers a result has: the channels of a part.
    pub(crate) fn width(&self) -> usize {
        self.channels / self.parts
    }

    /// The taps of a result that meet an existing place.
    /// With the padding, tap `t` of result `place` meets place `place · stride + t · dilation`.
    fn met(&self, place: usize) -> Range<usize> {
        let start = place * self.stride;
        let first = self.padding.saturating_sub(start).div_ceil(self.dilation);
        let end = self.data_places + self.padding;
        let last = end.saturating_sub(start).div_ceil(self.dilation).min(self.taps);
        first.min(last)..last
    }

    /// The results whose taps all meet an existing place.
    fn inner(&self) -> Range<usize> {
        // A file can declare sizes whose product does not fit into 32 bits.
        let reach = (self.taps - 1).saturating_mul(self.dilation);
        let end = (self.data_places + self.padding).saturating_sub(reach).div_ceil(self.stride);
        let end = end.min(self.result_places);
        self.padding.div_ceil(self.stride).min(end)..end
    }
}

impl Run<'_> {
    /// Computes all numbers of a result whose given taps meet a place.
    #[inline(always)]
    unsafe fn place<S: Simd>(
        &self,
        place: usize,
        taps: Range<usize>,
        data: *const f32,
        results: *mut f32,
    ) {
        let width = self.depthwise.shape.width();
        let mut channel = 0;
        // SAFETY: as this function.
        unsafe {
            while channel < width {
                let count = S::LANES.min(width - channel);
                let sum = self.sum::<S>(place, taps.clone(), data, channel, count);
                if count < S::LANES {
                    S::store_part(results.add(channel), sum, count);
                } else {
                    S::store(results.add(channel), sum);
                }
                channel += S::LANES;
            }
        }
    }

    /// Computes `count` numbers of a result, from `channel` on.
    #[inline(always)]
    unsafe fn sum<S: Simd>(
        &self,
        place: usize,
        taps: Range<usize>,
        data: *const f32,
        channel: usize,
        count: usize,
    ) -> S::V {
        let Depthwise { shape, factors, biases, room, .. } = self.depthwise;
        // SAFETY: as this function; factors and biases are padded to whole vectors.
        unsafe {
            let mut all = S::splat(0.0);
            for part in 0..shape.parts {
                let own = part * room + channel;
                let mut sum = S::load(biases.as_ptr().add(own));
                for tap in taps.clone() {
                    let from = place * shape.stride + tap * shape.dilation - shape.padding;
                    let from = data.add(from * shape.data_stride + part * shape.width() + channel);
                    let x =
                        if count < S::LANES { S::load_part(from, count) } else { S::load(from) };
                    let factor = S::load(factors.as_ptr().add(tap * shape.parts * room + own));
                    sum = S::mul_add(factor, x, sum);
                }
                all = if part == 0 { sum } else { S::add(all, sum) };
            }
            self.finished::<S>(all, channel)
        }
    }

    /// Applies slopes and activation to the sums of a result from `channel` on.
    #[inline(always)]
    unsafe fn finished<S: Simd>(&self, sum: S::V, channel: usize) -> S::V {
        // SAFETY: as this function; slopes are padded to whole vectors.
        unsafe {
            match &self.depthwise.slopes {
                Some(slopes) => S::max(sum, S::mul(sum, S::load(slopes.as_ptr().add(channel)))),
                None => self.depthwise.activation.of::<S>(sum),
            }
        }
    }

    /// Computes all numbers of the results for which all `T` taps of `P` parts meet a place. Works on
    /// some channels at a time; their factors stay in registers if there are few parts.
    ///
    /// In WebAssembly a function of its own: see the tiles of a product.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    unsafe fn places<S: Simd, const T: usize, const P: usize>(
        &self,
        places: Range<usize>,
        data: *const f32,
        results: *mut f32,
    ) {
        let Depthwise { shape, factors, biases, room, .. } = self.depthwise;
        let (data_step, tap_step) =
            (shape.stride * shape.data_stride, shape.dilation * shape.data_stride);
        let width = shape.width();
        let mut channel = 0;
        // SAFETY: as this function; the first inner place is not before the padding.
        unsafe {
            while channel + S::LANES <= width {
                let mut bias = [S::splat(0.0); P];
                let mut own = [[S::splat(0.0); T]; P];
                let mut part = 0;
                while part < P {
                    bias[part] = S::load(biases.as_ptr().add(part * room + channel));
                    let mut tap = 0;
                    while tap < T {
                        let from = (tap * P + part) * room + channel;
                        own[part][tap] = S::load(factors.as_ptr().add(from));
                        tap += 1;
                    }
                    part += 1;
                }
                for place in places.clone() {
                    let from = place * data_step - shape.padding * shape.data_stride + channel;
                    let mut sums = bias;
                    let mut part = 0;
                    while part < P {
                        let from = data.add(from + part * width);
                        let mut tap = 0;
                        while tap < T {
                            let x = S::load(from.add(tap * tap_step));
                            sums[part] = S::mul_add(own[part][tap], x, sums[part]);
                            tap += 1;
                        }
                        part += 1;
                    }
                    let mut sum = sums[0];
                    let mut part = 1;
                    while part < P {
                        sum = S::add(sum, sums[part]);
                        part += 1;
                    }
                    let to = results.add(place * shape.result_stride + channel);
                    S::store(to, self.finished::<S>(sum, channel));
                }
                channel += S::LANES;
            }
            if channel == width {
                return;
            }
            let count = width - channel;
            for place in places {
                let to = results.add(place * shape.result_stride + channel);
                S::store_part(to, self.sum::<S>(place, 0..T, data, channel, count), count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_taps_of_an_inner_result_meet_a_place_and_of_no_other() {
        let dims = (1..7, 1..5, 1..4, 1..4, 0..6);
        let sizes = dims.0.flat_map(|places| dims.1.clone().map(move |taps| (places, taps)));
        for (data_places, taps) in sizes {
            for stride in dims.2.clone() {
                for (dilation, padding) in
                    dims.3.clone().flat_map(|d| dims.4.clone().map(move |p| (d, p)))
                {
                    let shape = DepthwiseShape {
                        data_row: 0,
                        data_offset: 0,
                        data_stride: 1,
                        data_places,
                        result_row: 0,
                        result_offset: 0,
                        result_stride: 1,
                        result_places: 9,
                        channels: 1,
                        parts: 1,
                        taps,
                        stride,
                        dilation,
                        padding,
                    };
                    for place in 0..shape.result_places {
                        let all = shape.met(place) == (0..taps);
                        assert_eq!(shape.inner().contains(&place), all, "{place} of {shape:?}");
                    }
                }
            }
        }
    }
}
