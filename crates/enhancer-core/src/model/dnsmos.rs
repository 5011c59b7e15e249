//! DNSMOS P.835: how listeners would rate a recording of speech.
//!
//! C. K. A. Reddy, V. Gopal, R. Cutler: DNSMOS P.835: A Non-Intrusive Perceptual Objective Speech
//! Quality Metric to Evaluate Noise Suppressors, ICASSP 2022.
//!
//! The network takes windows of 9.01 s. Most of its work, and nearly all of its memory, is in the
//! first layers. They run for one *tile* of a window after the other. Each of their convolutions
//! has zeros around its input, as at the ends of the window: next to an end that is not one, the
//! features are wrong and are left out. Windows that overlap share the features that no end
//! reaches.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use enhancer_networks::{Program, ProgramRun};
use serde::Serialize;

use super::description::{FrontEndKind, ModelDescription};
use super::folder;
use crate::error::{ErrorKind, Result};

/// Samples from frame to frame.
const HOP: usize = 160;
/// Frames of a window. Each has two hops.
const FRAMES: usize = 900;
/// Samples of a window: 9.01 s at 16 kHz.
pub(crate) const WINDOW: usize = (FRAMES + 1) * HOP;

/// The shape of a tile's samples, without the lane.
pub(super) const TILE: [usize; 2] = [69, HOP];
/// Frames that a row of features is made of.
const FRAMES_IN_ROW: usize = 2;
/// The shape of what the first layers make of a tile.
pub(super) const TILE_FEATURES: [usize; 3] = [(TILE[0] - 1) / FRAMES_IN_ROW, 80, 32];
/// The shape of what they make of a window.
pub(super) const FEATURES: [usize; 3] = [FRAMES / FRAMES_IN_ROW, 80, 32];
/// Rows of a tile that its ends reach, on each side: a frame for each of the four convolutions.
const MARGIN: usize = 2;
/// Floats of a row.
const ROW: usize = FEATURES[1] * FEATURES[2];

/// From what the network gives to the listeners' scale: the authors' polynomials, the highest
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
    /// All of it.
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
    /// The network from its folder: its description, whose `front_end` is `dnsmos`, and the bytes
    /// of its files in the order of [`ModelDescription::files`].
    ///
    /// # Errors
    /// Those of [`Model::from_folder`](crate::Model::from_folder); `UnsupportedModel` for a model
    /// that enhances, or an operator that has no kernel.
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

    /// What rates windows, one after the other.
    ///
    /// # Errors
    /// `LimitExceeded` if the machine cannot address so much.
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
    /// Of a tile, and of the window.
    tile: Vec<f32>,
    window: Vec<f32>,
}

impl Rater {
    /// Rates [`WINDOW`] samples at 16 kHz, full scale being 1. `later` says by how many samples
    /// they are later in a recording than those that were rated last, if they are.
    ///
    /// # Errors
    /// `InvalidValue` if the network has other inputs and outputs.
    ///
    /// # Panics
    /// If there are more or fewer samples.
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
    /// Moves the features of the last window to where they are in one that is so many samples
    /// later, and says which rows are right then.
    fn keep(&mut self, later: Option<usize>) -> Range<usize> {
        const SAMPLES: usize = FRAMES_IN_ROW * HOP;
        // Those that an end reached are lost.
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

/// The rows of a window that a tile makes and that are right.
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
