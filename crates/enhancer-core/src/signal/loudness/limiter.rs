//! A limiter that looks ahead.
//!
//! Each sample's peak requires a gain. The minimum of the required gains over a window is held.
//! Behind it the gain recovers exponentially. Then it is smoothed by its mean over a window of the
//! same length. So the gain falls in time, without a step, and is never above the required one. The
//! sliding minimum is that of Lemire, "Streaming Maximum-Minimum Filter Using No More than Three
//! Comparisons per Element", Nordic J. of Computing 13 (4), 2006. For the whole design see
//! Giannoulis, Massberg and Reiss, "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc. 60
//! (6), 2012.

use std::collections::VecDeque;

use super::true_peak::{LAG, TruePeak};
use crate::audio::{Planes, append};

/// The maximum true peak: -1 dBTP.
const CEILING: f32 = 0.891_250_9;

/// The look-ahead in seconds.
const LOOK_AHEAD: f64 = 0.005;

/// The time constant by which the gain recovers, in seconds.
const RELEASE: f64 = 0.1;

/// Whether the limiter changes anything in audio whose largest sample is `peak`.
pub(super) fn may_act(peak: f32) -> bool {
    peak > TruePeak::new(0, CEILING).harmless()
}

/// Keeps the true peak below -1 dBTP, with the same gain for all channels. The output is aligned to
/// the input and as long.
pub(super) struct Limiter {
    peaks: TruePeak,
    /// The number of samples over which the gain is held, and then smoothed.
    window: usize,
    /// The share of the remaining distance to 1 by which the gain recovers per sample.
    release: f32,
    /// The number of required gains so far.
    asked: u64,
    /// The gains in the window that are not above a later one, the lowest first.
    lowest: VecDeque<(u64, f32)>,
    /// The last held gains, at most a window of them, and their sum.
    held: VecDeque<f32>,
    sum: f64,
    /// Samples whose gain is not known yet.
    waiting: Planes,
}

impl Limiter {
    pub(super) fn new(sample_rate: u32, channels: usize) -> Limiter {
        let rate = f64::from(sample_rate);
        Limiter {
            peaks: TruePeak::new(channels, CEILING),
            window: (rate * LOOK_AHEAD).round() as usize + 1,
            release: (1.0 - (-1.0 / (rate * RELEASE)).exp()) as f32,
            asked: 0,
            lowest: VecDeque::new(),
            held: VecDeque::new(),
            sum: 0.0,
            waiting: vec![Vec::new(); channels],
        }
    }

    /// Takes the next samples, which must be finite, and returns those that are ready.
    pub(super) fn push(&mut self, planes: &Planes) -> Planes {
        append(&mut self.waiting, planes);
        let peaks = self.peaks.push(planes);
        let gains: Vec<_> = peaks.into_iter().filter_map(|peak| self.gain(peak)).collect();
        self.apply(&gains)
    }

    /// Returns the rest.
    pub(super) fn finish(&mut self) -> Planes {
        let silence = vec![vec![0.0; LAG]; self.waiting.len()];
        let peaks = self.peaks.push(&silence);
        let behind = vec![0.0; self.window - 1];
        let peaks = peaks.into_iter().chain(behind);
        let gains: Vec<_> = peaks.filter_map(|peak| self.gain(peak)).collect();
        self.apply(&gains)
    }

    /// Takes the next peak, and returns the gain of the next sample whose gain is then known.
    fn gain(&mut self, peak: f32) -> Option<f32> {
        let lowest = self.lowest(if peak > CEILING { CEILING / peak } else { 1.0 });
        let last = self.held.back().copied().unwrap_or(1.0);
        let held = lowest.min(last + (1.0 - last) * self.release);
        self.held.push_back(held);
        self.sum += f64::from(held);
        if self.held.len() > self.window {
            self.sum -= self.held.pop_front().map_or(0.0, f64::from);
        }
        let known = self.held.len() == self.window;
        known.then(|| (self.sum / self.window as f64) as f32)
    }

    /// The lowest gain in the window that ends with this one.
    fn lowest(&mut self, gain: f32) -> f32 {
        while self.lowest.back().is_some_and(|(_, earlier)| *earlier >= gain) {
            self.lowest.pop_back();
        }
        self.lowest.push_back((self.asked, gain));
        self.asked += 1;
        let begin = self.asked.saturating_sub(self.window as u64);
        while self.lowest.front().is_some_and(|(at, _)| *at < begin) {
            self.lowest.pop_front();
        }
        self.lowest.front().map_or(gain, |(_, gain)| *gain)
    }

    fn apply(&mut self, gains: &[f32]) -> Planes {
        let apply = |plane: &mut Vec<f32>| {
            plane.drain(..gains.len()).zip(gains).map(|(sample, gain)| sample * gain).collect()
        };
        self.waiting.iter_mut().map(apply).collect()
    }
}
