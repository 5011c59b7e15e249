//! Detects speech.

use earshot::Detector;

use super::FRAME;
use crate::error::Result;

/// The minimum score of a frame of speech, as the detector's authors advise.
const THRESHOLD: f32 = 0.5;

/// Decides for each frame of audio at [`SAMPLE_RATE`](super::SAMPLE_RATE) whether it is speech.
pub(crate) struct Speech {
    detector: Box<Detector>,
    pending: Vec<f32>,
}

impl Speech {
    /// # Errors
    /// None in a build with the feature `loudness`.
    pub(crate) fn new() -> Result<Speech> {
        Ok(Speech { detector: Detector::default_boxed(), pending: Vec::with_capacity(FRAME) })
    }

    /// Takes the next samples, and calls `each_frame` for each complete frame with whether it is
    /// speech.
    pub(crate) fn push(&mut self, mut samples: &[f32], mut each_frame: impl FnMut(bool)) {
        while !samples.is_empty() {
            let missing = FRAME - self.pending.len();
            let (now, later) = samples.split_at(missing.min(samples.len()));
            // The detector accepts nothing above full scale.
            self.pending.extend(now.iter().map(|sample| sample.clamp(-1.0, 1.0)));
            samples = later;
            if self.pending.len() == FRAME {
                each_frame(self.detector.predict_f32(&self.pending) >= THRESHOLD);
                self.pending.clear();
            }
        }
    }
}
