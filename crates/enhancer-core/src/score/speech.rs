//! How much of a recording is speech.

use earshot::Detector;

/// Samples that the detector takes at once, at 16 kHz: 16 ms.
const FRAME: usize = 256;

/// The detector's score from which a frame is speech, as its authors advise.
const THRESHOLD: f32 = 0.5;

/// Counts the frames with speech.
pub(super) struct Speech {
    detector: Box<Detector>,
    pending: Vec<f32>,
    frames: u64,
    with_speech: u64,
}

impl Speech {
    pub(super) fn new() -> Speech {
        let detector = Detector::default_boxed();
        Speech { detector, pending: Vec::with_capacity(FRAME), frames: 0, with_speech: 0 }
    }

    /// Takes the next samples.
    pub(super) fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let missing = FRAME - self.pending.len();
            let (now, later) = samples.split_at(missing.min(samples.len()));
            // The detector takes nothing above full scale.
            self.pending.extend(now.iter().map(|sample| sample.clamp(-1.0, 1.0)));
            samples = later;
            if self.pending.len() == FRAME {
                self.frames += 1;
                self.with_speech +=
                    u64::from(self.detector.predict_f32(&self.pending) >= THRESHOLD);
                self.pending.clear();
            }
        }
    }

    /// The part of the frames that are speech, from 0 to 1; 0 if there is no whole frame.
    pub(super) fn share(&self) -> f64 {
        self.with_speech as f64 / self.frames.max(1) as f64
    }
}
