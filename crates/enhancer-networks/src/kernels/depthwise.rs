//! Convolutions in which every channel has its own taps, along one axis, the channels
//! side by side.

use super::math::Activation;
use super::simd::Simd;
use super::{Floats, Isa, Kernel};

/// The sizes of a depthwise convolution. A place is a vector of all channels.
#[derive(Clone, Debug)]
pub(crate) struct DepthwiseShape {
    pub(crate) data_row: usize,
    pub(crate) data_offset: usize,
    /// Floats from place to place.
    pub(crate) data_stride: usize,
    pub(crate) data_places: usize,
    pub(crate) result_row: usize,
    /// Results begin at a row's beginning and lie side by side.
    pub(crate) result_places: usize,
    pub(crate) channels: usize,
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
    /// `[taps, channels]`, filled up to whole vectors.
    factors: Floats,
    biases: Floats,
    /// Channels, filled up.
    room: usize,
}

impl Depthwise {
    /// `factors` are `[taps, channels]`.
    pub(crate) fn new(
        isa: Isa,
        shape: DepthwiseShape,
        factors: &[f32],
        biases: &[f32],
        activation: Activation,
    ) -> Depthwise {
        assert_eq!(factors.len(), shape.taps * shape.channels);
        assert_eq!(biases.len(), shape.channels);
        assert!(shape.data_places > 0 && shape.stride > 0);
        let room = shape.channels.next_multiple_of(isa.lanes());
        let filled = |rows: &[f32]| {
            let mut filled = Floats::new(rows.len() / shape.channels * room, 0.0);
            for (to, from) in filled.chunks_exact_mut(room).zip(rows.chunks_exact(shape.channels)) {
                to[..shape.channels].copy_from_slice(from);
            }
            filled
        };
        let (factors, biases) = (filled(factors), filled(biases));
        Depthwise { isa, shape, activation, factors, biases, room }
    }

    /// Computes all of `rows` rows.
    ///
    /// # Panics
    /// If `data` or `results` do not hold them.
    pub(crate) fn run(&self, rows: usize, data: &[f32], results: &mut [f32]) {
        let shape = &self.shape;
        if rows == 0 || shape.result_places == 0 {
            return;
        }
        let reach =
            shape.data_offset + (shape.data_places - 1) * shape.data_stride + shape.channels;
        assert!(data.len() >= (rows - 1) * shape.data_row + reach, "data are too short");
        let reach = shape.result_places * shape.channels;
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
        for row in 0..self.rows {
            for place in 0..shape.result_places {
                // SAFETY: `Depthwise::run` has checked the lengths.
                unsafe {
                    let data = self.data.add(row * shape.data_row + shape.data_offset);
                    let results = row * shape.result_row + place * shape.channels;
                    self.place::<S>(place, data, self.results.add(results));
                }
            }
        }
    }
}

impl Run<'_> {
    /// All channels of a place.
    #[inline(always)]
    unsafe fn place<S: Simd>(&self, place: usize, data: *const f32, results: *mut f32) {
        let Depthwise { shape, factors, biases, .. } = self.depthwise;
        // The taps that meet a place that is there: those from `first` to `last`, since
        // place `start + tap · dilation - padding` has to be one of the data's.
        let start = place * shape.stride;
        let first = shape.padding.saturating_sub(start).div_ceil(shape.dilation);
        let end = shape.data_places + shape.padding;
        let last = end.saturating_sub(start).div_ceil(shape.dilation).min(shape.taps);
        let mut channel = 0;
        // SAFETY: as this function.
        unsafe {
            while channel + S::LANES <= shape.channels {
                let mut sum = S::load(biases.as_ptr().add(channel));
                for tap in first..last {
                    let from = (start + tap * shape.dilation - shape.padding) * shape.data_stride;
                    let factor = S::load(factors.as_ptr().add(tap * self.depthwise.room + channel));
                    sum = S::mul_add(factor, S::load(data.add(from + channel)), sum);
                }
                S::store(results.add(channel), self.depthwise.activation.of::<S>(sum));
                channel += S::LANES;
            }
            if channel < shape.channels {
                let count = shape.channels - channel;
                let mut sum = S::load(biases.as_ptr().add(channel));
                for tap in first..last {
                    let from = (start + tap * shape.dilation - shape.padding) * shape.data_stride;
                    let factor = S::load(factors.as_ptr().add(tap * self.depthwise.room + channel));
                    sum = S::mul_add(factor, S::load_part(data.add(from + channel), count), sum);
                }
                let made = self.depthwise.activation.of::<S>(sum);
                S::store_part(results.add(channel), made, count);
            }
        }
    }
}
