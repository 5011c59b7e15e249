//! DNSMOS P.835: predicts how listeners would rate a recording of speech.
//!
//! C. K. A. Reddy, V. Gopal, R. Cutler: DNSMOS P.835: A Non-Intrusive Perceptual Objective Speech
//! Quality Metric to Evaluate Noise Suppressors, ICASSP 2022.
//!
//! The network takes windows of 9.01 s. Most of its work, and nearly all of its memory, is in the
//! first layers. They process a window in *tiles*, one after the other. Each of their convolutions
//! pads its input with zeros, as at the ends of the window. Where the end of a tile is not an end
//! of the window, the features near it are wrong and are dropped. Overlapping windows share the
//! features that no end affects.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use enhancer_networks::{Program, ProgramRun};
use serde::Serialize;

use super::description::{FrontEndKind, ModelDescription};
use super::folder;
use crate::error::{ErrorKind, Result};

/// Samples per frame step.
const HOP: usize = 160;
/// Frames in a window. A frame has two hops.
const FRAMES: usize = 900;
/// Samples in a window: 9.01 s at 16 kHz.
pub(crate) const WINDOW: usize = (FRAMES + 1) * HOP;

/// The shape of a tile's samples, without the lane.
pub(super) const TILE: [usize; 2] = [69, HOP];
/// The number of frames that make a row of features.
const FRAMES_IN_ROW: usize = 2;
/// The shape of the first layers' output for a tile.
pub(super) const TILE_FEATURES: [usize; 3] = [(TILE[0] - 1) / FRAMES_IN_ROW, 80, 32];
/// The shape of their output for a window.
pub(super) const FEATURES: [usize; 3] = [FRAMES / FRAMES_IN_ROW, 80, 32];
/// The number of rows on each side that the end of a tile affects: one frame for each of the four
/// convolutions.
const MARGIN: usize = 2;
/// Floats in a row.
const ROW: usize = FEATURES[1] * FEATURES[2];

/// The authors' polynomials, which map the network's output to the listeners' scale, the highest
/// power first.
const SIGNAL: [f64; 3] = [-0.083_972_78, 1.220_839_53, 0.005_243_9];
const BACKGROUND: [f64; 3] = [-0.131_668_88, 1.609_155_14, -0.396_045_46];
const OVERALL: [f64; 3] = [-0.067_662_83, 1.115_464_68, 0.046_025_35];

/// How listeners would rate speech, each from 1 (bad) to 5 (excellent), as ITU-T P.835 asks
/// them. The network was trained on such ratings; it gives between about 1 and 4.5.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct Scores {
    /// The speech itself: 5 is not distorted.
    pub signal: f64,
    /// The noise behind it: 5 is not noticeable.
    pub background: f64,
    /// Speech and noise together.
    pub overall: f64,
}

/// The network DNSMOS P.835, which predicts [`Scores`]. Cloning is cheap, and all clones share the
/// weights.
#[derive(Clone)]
pub struct Dnsmos {
    features: Arc<Program>,
    scores: Arc<Program>,
}

impl Dnsmos {
    /// Loads the network from its folder: the description, whose `front_end` is `dnsmos`, and the
    /// bytes of its files in the order of [`ModelDescription::files`].
    ///
    /// # Errors
    /// The errors of [`Model::from_folder`](crate::Model::from_folder); `UnsupportedModel` for a
    /// model that enhances, or if an operator is not supported.
    pub fn from_folder(
        description: ModelDescription,
        files: &[impl AsRef<[u8]>],
    ) -> Result<Dnsmos> {
        let networks = folder::networks(&description, files)?;
        match (description.front_end, &networks[..]) {
            (FrontEndKind::Dnsmos, [features, scores]) => {
                Ok(Dnsmos { features: features.program()?, scores: scores.program()? })
            }
            _ => {
                let found = format!("{}, a model that enhances", description.name());
                let supported = "the front-end dnsmos, which rates recordings";
                Err(ErrorKind::UnsupportedModel { found, supported }.into())
            }
        }
    }

    /// Returns a rater for windows, one after the other.
    ///
    /// # Errors
    /// `LimitExceeded` if the machine cannot address that much memory.
    pub(crate) fn rater(&self) -> Result<Rater> {
        Ok(Rater {
            features: self.features.run(1)?,
            scores: self.scores.run(1)?,
            tile: vec![0.0; TILE_FEATURES.iter().product()],
            window: vec![0.0; FEATURES.iter().product()],
        })
    }
}

impl fmt::Debug for Dnsmos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dnsmos").finish_non_exhaustive()
    }
}

/// A run of [`Dnsmos`], with its buffers.
pub(crate) struct Rater {
    features: ProgramRun,
    scores: ProgramRun,
    /// The samples of a tile, and the features of the window.
    tile: Vec<f32>,
    window: Vec<f32>,
}

impl Rater {
    /// Rates [`WINDOW`] samples at 16 kHz with full scale 1. `later` is the number of samples by
    /// which this window starts after the last rated one, if both are from the same recording.
    ///
    /// # Errors
    /// `InvalidValue` if the network has other inputs and outputs.
    ///
    /// # Panics
    /// If the number of samples is different.
    pub(crate) fn rate(&mut self, samples: &[f32], later: Option<usize>) -> Result<Scores> {
        assert_eq!(samples.len(), WINDOW, "samples of a window");
        let known = self.keep(later);
        for first in tiles() {
            let right = right_rows(first);
            if known.start <= right.start && right.end <= known.end {
                continue;
            }
            let tile = &samples[first * FRAMES_IN_ROW * HOP..][..TILE[0] * HOP];
            self.features.compute(1, &[tile], &mut [&mut self.tile])?;
            let made = &self.tile[(right.start - first) * ROW..(right.end - first) * ROW];
            self.window[right.start * ROW..right.end * ROW].copy_from_slice(made);
        }
        let mut made = [0.0; 3];
        self.scores.compute(1, &[&self.window], &mut [&mut made])?;
        let [signal, background, overall] = made.map(f64::from);
        Ok(Scores {
            signal: polynomial(SIGNAL, signal),
            background: polynomial(BACKGROUND, background),
            overall: polynomial(OVERALL, overall),
        })
    }
}

impl Rater {
    /// Moves the features of the last window to their positions in one that starts this many
    /// samples later. Returns the rows that are valid there.
    fn keep(&mut self, later: Option<usize>) -> Range<usize> {
        const SAMPLES: usize = FRAMES_IN_ROW * HOP;
        // The rows that an end affected are invalid.
        let inner = MARGIN..FEATURES[0] - MARGIN;
        match later {
            Some(later) if later % SAMPLES == 0 && inner.start + later / SAMPLES < inner.end => {
                let from = inner.start + later / SAMPLES;
                self.window.copy_within(from * ROW..inner.end * ROW, inner.start * ROW);
                inner.start..inner.end - later / SAMPLES
            }
            _ => 0..0,
        }
    }
}

/// The valid rows of a window that a tile makes.
fn right_rows(first: usize) -> Range<usize> {
    let end = first + TILE_FEATURES[0];
    let margin = |at: usize| if at == 0 || at == FEATURES[0] { 0 } else { MARGIN };
    first + margin(first)..end - margin(end)
}

/// The first row of each tile of a window.
fn tiles() -> impl Iterator<Item = usize> {
    let (rows, last) = (TILE_FEATURES[0] - 2 * MARGIN, FEATURES[0] - TILE_FEATURES[0]);
    (0..last).step_by(rows).chain([last])
}

fn polynomial(coefficients: [f64; 3], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tiles_right_rows_are_a_window() {
        let mut right = 0;
        for rows in tiles().map(right_rows) {
            assert!(rows.start <= right, "a gap before row {}", rows.start);
            right = rows.end;
        }
        assert_eq!(right, FEATURES[0]);
    }
}
