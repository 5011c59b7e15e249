//! Detects when a model removes almost everything, such as music, or speech that is too quiet for
//! it.

use std::collections::VecDeque;

use ebur128::{EbuR128, Mode};

use super::finite;
use crate::audio::{BLOCK, Planes};

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

/// The loudness of one signal, as a whole and block by block.
struct Levels {
    meter: EbuR128,
    /// Samples in a block, and those that the current block still lacks.
    block: usize,
    missing: usize,
    raised: Planes,
}

impl Levels {
    fn new(sample_rate: u32, channels: usize) -> Option<Levels> {
        let mode = Mode::I | Mode::M | Mode::HISTOGRAM;
        let meter = EbuR128::new(channels.try_into().ok()?, sample_rate, mode).ok()?;
        let block = usize::try_from(u64::from(sample_rate) * BLOCK_MS / 1000).ok()?;
        let raised = vec![Vec::new(); channels];
        (block > 0).then_some(Levels { meter, block, missing: block, raised })
    }

    /// Calls `each_block` with the loudness of each complete block.
    fn push(&mut self, planes: &Planes, mut each_block: impl FnMut(f64)) {
        let len = planes[0].len();
        let mut from = 0;
        while from < len {
            let to = len.min(from + self.missing.min(BLOCK));
            for (raised, plane) in self.raised.iter_mut().zip(planes) {
                raised.clear();
                raised.extend(plane[from..to].iter().map(|&sample| finite(sample) * RAISE));
            }
            let raised: Vec<_> = self.raised.iter().map(Vec::as_slice).collect();
            // It fails only for a different number of channels.
            let _ = self.meter.add_frames_planar_f32(&raised);
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
