//! Detects when a model removes almost everything, such as music, or speech that is too quiet for
//! it.

use std::collections::VecDeque;

use ebur128::{EbuR128, Mode};

use super::finite;
use crate::audio::Planes;

/// If the loudness falls by at least this, in LU, almost everything counts as removed. In noise
/// that is 20 LU louder, speech cannot be understood.
const FALL: f64 = 20.0;

/// The maximum share of the audible blocks that may keep their level even so.
const KEPT: f64 = 0.05;

/// The length of a block in milliseconds: that of the momentary loudness of EBU Tech 3341.
const BLOCK_MS: u64 = 400;

/// A gain of 20 dB before the meters: they ignore audio below -70 LUFS, and quiet recordings are
/// that quiet.
const RAISE: f32 = 10.0;

/// The minimum number of samples per second that the loudness is estimated from.
const ENOUGH: u32 = 8000;

/// The minimum loudness of an audible block in LUFS, after that gain.
const AUDIBLE: f64 = -70.0;

/// Compares a model's input with its output: by the loudness of the whole, gated as in EBU R 128,
/// and by the number of blocks that keep their level. Memory is bounded.
pub(crate) struct Loss {
    dry: Levels,
    wet: Levels,
    /// The momentary loudness of input blocks whose output has not come yet.
    waiting: VecDeque<f64>,
    audible: u64,
    kept: u64,
}

impl Loss {
    /// For audio with this rate and number of channels; `None` if it cannot be measured.
    pub(crate) fn new(sample_rate: u32, channels: usize) -> Option<Loss> {
        Some(Loss {
            dry: Levels::new(sample_rate, channels)?,
            wet: Levels::new(sample_rate, channels)?,
            waiting: VecDeque::new(),
            audible: 0,
            kept: 0,
        })
    }

    /// Takes the next input samples.
    pub(crate) fn push_dry(&mut self, planes: &Planes) {
        self.dry.push(planes, |level| self.waiting.push_back(level));
    }

    /// Takes the next samples of the model's output. There are never more than input samples.
    pub(crate) fn push_wet(&mut self, planes: &Planes) {
        self.wet.push(planes, |wet| {
            let dry = self.waiting.pop_front().unwrap_or(f64::NEG_INFINITY);
            if dry > AUDIBLE {
                self.audible += 1;
                self.kept += u64::from(wet > dry - FALL);
            }
        });
    }

    /// By how much the loudness fell, in LU, if almost everything was removed. Infinite if nothing
    /// audible is left.
    pub(crate) fn fall(&self) -> Option<f64> {
        let before = self.dry.integrated()?;
        let fall = self.wet.integrated().map_or(f64::INFINITY, |after| before - after);
        let few_kept = self.kept as f64 <= KEPT * self.audible as f64;
        (fall >= FALL && few_kept).then_some(fall)
    }
}

/// The loudness of one signal, as a whole and block by block, estimated from one in `every` samples.
///
/// They have the power of all samples: what lies beyond their band folds back into it. Measuring all
/// of them would take a tenth of the time of enhancing.
struct Levels {
    meter: EbuR128,
    every: usize,
    /// The samples before the next one that counts.
    before: usize,
    /// Samples that count in a block, and those that the current block still lacks.
    block: usize,
    missing: usize,
    counting: Planes,
}

impl Levels {
    fn new(sample_rate: u32, channels: usize) -> Option<Levels> {
        let every = (sample_rate / ENOUGH).max(1);
        let rate = sample_rate / every;
        let mode = Mode::I | Mode::M | Mode::HISTOGRAM;
        let meter = EbuR128::new(channels.try_into().ok()?, rate, mode).ok()?;
        let block = usize::try_from(u64::from(rate) * BLOCK_MS / 1000).ok()?;
        let counting = vec![Vec::new(); channels];
        let every = every.try_into().ok()?;
        (block > 0).then_some(Levels { meter, every, before: 0, block, missing: block, counting })
    }

    /// Calls `each_block` with the loudness of each complete block.
    fn push(&mut self, planes: &Planes, mut each_block: impl FnMut(f64)) {
        for (counting, plane) in self.counting.iter_mut().zip(planes) {
            counting.clear();
            let samples = plane.iter().skip(self.before).step_by(self.every);
            counting.extend(samples.map(|&sample| finite(sample) * RAISE));
        }
        let len = self.counting[0].len();
        self.before = self.before + len * self.every - planes[0].len();
        let mut from = 0;
        while from < len {
            let to = len.min(from + self.missing);
            let part: Vec<_> = self.counting.iter().map(|plane| &plane[from..to]).collect();
            // It fails only for a different number of channels.
            let _ = self.meter.add_frames_planar_f32(&part);
            self.missing -= to - from;
            if self.missing == 0 {
                self.missing = self.block;
                each_block(self.meter.loudness_momentary().unwrap_or(f64::NEG_INFINITY));
            }
            from = to;
        }
    }

    fn integrated(&self) -> Option<f64> {
        self.meter.loudness_global().ok().filter(|lufs| lufs.is_finite())
    }
}

#[cfg(test)]
mod tests;
