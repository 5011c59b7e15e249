//! Selects the parts of a recording that are rated.

use crate::model::WINDOW;

/// Samples per second.
pub(super) const SECOND: usize = crate::signal::speech::SAMPLE_RATE as usize;

/// The number of seconds after the start of a window that must exist. In the authors' program, the
/// last window begins a second before the last one that would fit.
const BEHIND: usize = 10;

/// A window: the second at which it begins, and its samples.
pub(super) type Window = (usize, Vec<f32>);

/// Cuts windows from a stream of audio. They begin at whole seconds, as in the authors' program: at
/// each one, or if that makes more than `most` windows, at every 2nd, 4th, 8th and so on. Audio
/// that is shorter than a window is repeated.
pub(super) struct Windows {
    most: usize,
    /// Seconds between the starts of two windows.
    step: usize,
    kept: Vec<Window>,
    /// The latest samples: more than a window and what must follow it.
    recent: Vec<f32>,
    /// The number of samples so far.
    received: usize,
}

impl Windows {
    pub(super) fn new(most: usize) -> Windows {
        Windows { most, step: 1, kept: vec![], recent: vec![], received: 0 }
    }

    /// Takes the next samples.
    pub(super) fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let to_second = SECOND - self.received % SECOND;
            let (now, later) = samples.split_at(to_second.min(samples.len()));
            self.recent.extend_from_slice(now);
            self.received += now.len();
            samples = later;
            if self.received.is_multiple_of(SECOND) {
                self.second();
            }
        }
    }

    /// Handles the end of a second.
    fn second(&mut self) {
        let held = BEHIND * SECOND;
        let Some(first) = (self.received / SECOND).checked_sub(BEHIND) else { return };
        if first.is_multiple_of(self.step) {
            let from = self.recent.len() - held;
            self.kept.push((first, self.recent[from..from + WINDOW].into()));
        }
        if self.kept.len() > self.most {
            self.step *= 2;
            self.kept.retain(|(first, _)| first.is_multiple_of(self.step));
        }
        // Not each time, because it moves the samples that are left.
        if self.recent.len() >= 2 * held {
            self.recent.drain(..self.recent.len() - held);
        }
    }

    /// Ends the audio and returns the windows in order, each with the second at which it begins. A
    /// recording without samples has none.
    pub(super) fn finish(mut self) -> Vec<Window> {
        if self.kept.is_empty() && self.received >= WINDOW {
            // Audio this short is still there as a whole.
            self.recent.truncate(WINDOW);
            return vec![(0, self.recent)];
        }
        if self.kept.is_empty() && self.received > 0 {
            while self.recent.len() < WINDOW {
                self.recent.extend_from_within(..);
            }
            let mut repeated = Windows::new(self.most);
            repeated.push(&self.recent);
            return repeated.finish();
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first sample of each window, for samples that count from 0.
    fn firsts(len: usize, most: usize, piece: usize) -> Vec<usize> {
        // All whole numbers up to 2²⁴ are exact in `f32`.
        let samples: Vec<f32> = (0..len).map(|at| at as f32).collect();
        let mut windows = Windows::new(most);
        samples.chunks(piece).for_each(|piece| windows.push(piece));
        let windows = windows.finish();
        assert!(windows.iter().all(|(_, window)| window.len() == WINDOW));
        windows.iter().map(|(_, window)| window[0] as usize).collect()
    }

    #[test]
    fn they_are_those_of_the_authors_program() {
        // Seconds, and the number of windows by `int(floor(seconds) - 9.01) + 1`.
        for (seconds, count) in [(9.01, 1), (9.99, 1), (10.0, 1), (10.99, 1), (11.0, 2), (31.0, 22)]
        {
            let len = (seconds * SECOND as f64) as usize;
            let expected: Vec<usize> = (0..count).map(|at| at * SECOND).collect();
            for piece in [7_777, SECOND, len] {
                assert_eq!(firsts(len, 100, piece), expected, "{seconds} s by {piece}");
            }
        }
    }

    #[test]
    fn a_limited_number_of_windows_is_evenly_spaced() {
        for most in 1..9 {
            for seconds in [10, 31, 100] {
                let seconds_of = |piece| -> Vec<usize> {
                    let firsts = firsts(seconds * SECOND, most, piece);
                    firsts.into_iter().map(|first| first / SECOND).collect()
                };
                let made = seconds_of(30_000);
                assert!((1..=most).contains(&made.len()), "{made:?}");
                // At least half of what is allowed, if the audio is long enough.
                assert!(2 * made.len() >= most.min(seconds - 9), "{made:?}");
                let step = made.get(1).copied().unwrap_or(1);
                assert!(made.iter().enumerate().all(|(at, &first)| first == at * step));
                assert_eq!(made, seconds_of(123_456));
            }
        }
    }

    #[test]
    fn short_audio_is_repeated_and_empty_audio_has_no_windows() {
        assert_eq!(firsts(0, 4, 1), [0; 0]);
        // 6 s twice are 12 s, which have three windows.
        assert_eq!(firsts(6 * SECOND, 4, 5_000), [0, SECOND, 2 * SECOND]);
        assert_eq!(firsts(1, 4, 1), [0; 4]);
    }
}
