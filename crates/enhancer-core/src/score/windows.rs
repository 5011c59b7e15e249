//! Which parts of a recording are rated.

use crate::model::WINDOW;

/// Samples of a second.
pub(super) const SECOND: usize = crate::signal::speech::SAMPLE_RATE as usize;

/// Seconds after a window's beginning that must have come: the authors' program rates windows
/// that begin each second, the last one a second before the last that would fit.
const BEHIND: usize = 10;

/// A window: the second at which it begins, and its samples.
pub(super) type Window = (usize, Vec<f32>);

/// Windows of the audio that comes, which begin at whole seconds as those of the authors'
/// program do: all of them, or if there are more than `most` every 2nd, 4th, 8th or so on. Audio
/// that is shorter than a window is repeated.
pub(super) struct Windows {
    most: usize,
    /// Seconds from the beginning of a window to that of the next.
    step: usize,
    kept: Vec<Window>,
    /// The last samples that came: more than a window with what must come behind it.
    recent: Vec<f32>,
    /// Samples that came.
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

    /// A second is complete.
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
        // Not each time, since what is left moves.
        if self.recent.len() >= 2 * held {
            self.recent.drain(..self.recent.len() - held);
        }
    }

    /// All has come: the windows in their order, each with the second at which it begins; none of
    /// a recording without samples.
    pub(super) fn finish(mut self) -> Vec<Window> {
        if self.kept.is_empty() && self.received >= WINDOW {
            // Too short to have lost any of it.
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

    /// Of samples that count from 0, the first sample of each window.
    fn firsts(len: usize, most: usize, piece: usize) -> Vec<usize> {
        // All whole numbers up to 2²⁴ are floats.
        let samples: Vec<f32> = (0..len).map(|at| at as f32).collect();
        let mut windows = Windows::new(most);
        samples.chunks(piece).for_each(|piece| windows.push(piece));
        let windows = windows.finish();
        assert!(windows.iter().all(|(_, window)| window.len() == WINDOW));
        windows.iter().map(|(_, window)| window[0] as usize).collect()
    }

    #[test]
    fn they_are_those_of_the_authors_program() {
        // Seconds, and how many windows `int(floor(seconds) - 9.01) + 1` are.
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
    fn of_more_than_the_most_they_are_evenly_spaced() {
        for most in 1..9 {
            for seconds in [10, 31, 100] {
                let seconds_of = |piece| -> Vec<usize> {
                    let firsts = firsts(seconds * SECOND, most, piece);
                    firsts.into_iter().map(|first| first / SECOND).collect()
                };
                let made = seconds_of(30_000);
                assert!((1..=most).contains(&made.len()), "{made:?}");
                // No less than half of what is allowed, if there is as much.
                assert!(2 * made.len() >= most.min(seconds - 9), "{made:?}");
                let step = made.get(1).copied().unwrap_or(1);
                assert!(made.iter().enumerate().all(|(at, &first)| first == at * step));
                assert_eq!(made, seconds_of(123_456));
            }
        }
    }

    #[test]
    fn what_is_short_is_repeated_and_nothing_has_none() {
        assert_eq!(firsts(0, 4, 1), [0; 0]);
        // 6 s twice are 12 s, of which there are three windows.
        assert_eq!(firsts(6 * SECOND, 4, 5_000), [0, SECOND, 2 * SECOND]);
        assert_eq!(firsts(1, 4, 1), [0; 4]);
    }
}
