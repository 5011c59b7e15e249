//! Where a recording has speech.

mod mono;

use earshot::Detector;

pub(crate) use mono::Mono;

/// The rate in Hz at which networks hear.
pub(crate) const SAMPLE_RATE: u32 = 16_000;

/// Samples that the detector takes at once: 16 ms.
pub(crate) const FRAME: usize = 256;

/// The detector's score from which a frame is speech, as its authors advise.
const THRESHOLD: f32 = 0.5;

/// Decides of each frame of audio at [`SAMPLE_RATE`] whether it is speech.
pub(crate) struct Speech {
    detector: Box<Detector>,
    pending: Vec<f32>,
}

impl Speech {
    pub(crate) fn new() -> Speech {
        Speech { detector: Detector::default_boxed(), pending: Vec::with_capacity(FRAME) }
    }

    /// Takes the next samples, and calls `each_frame` with what each whole frame is.
    pub(crate) fn push(&mut self, mut samples: &[f32], mut each_frame: impl FnMut(bool)) {
        while !samples.is_empty() {
            let missing = FRAME - self.pending.len();
            let (now, later) = samples.split_at(missing.min(samples.len()));
            // The detector takes nothing above full scale.
            self.pending.extend(now.iter().map(|sample| sample.clamp(-1.0, 1.0)));
            samples = later;
            if self.pending.len() == FRAME {
                each_frame(self.detector.predict_f32(&self.pending) >= THRESHOLD);
                self.pending.clear();
            }
        }
    }
}
