//! The gain before the model. It is undone after the model, sample by sample.

use std::collections::VecDeque;

use super::InputGain;
use crate::audio::{Planes, append};

/// Frames per second. The level is measured over one frame.
const FRAMES_PER_SECOND: f32 = 100.0;

/// The target level of speech: the RMS of active speech, as a power. -26 dBFS is customary in
/// telephony (ITU-T P.56 measures it).
const TARGET: f32 = 2.511_886_4e-3;

/// The maximum gain, as a factor: 40 dB.
const MOST: f32 = 100.0;

/// A frame with less power is a pause, in which the level does not change: -80 dBFS.
const PAUSE: f32 = 1e-8;

/// Time constants, in seconds, with which the tracked power follows that of the frames. It rises
/// quickly, so that a loud word is not raised for long. It falls slowly, about 4 dB per second, so
/// that the gain does not rise between words.
const RISE: f32 = 0.03;
const FALL: f32 = 1.0;

/// A gain that is applied to a signal and, later, undone.
pub(crate) enum Gain {
    Fixed(f32),
    Auto(AutoGain),
}

impl Gain {
    /// The gain for this many channels; `None` if it changes nothing.
    pub(crate) fn new(gain: InputGain, sample_rate: u32, channels: usize) -> Option<Gain> {
        match gain {
            InputGain::Decibels(0.0) => None,
            InputGain::Decibels(gain) => Some(Gain::Fixed(10f32.powf(gain / 20.0))),
            InputGain::Auto => Some(Gain::Auto(AutoGain::new(sample_rate, channels))),
        }
    }

    /// The number of samples whose gain is computed together.
    pub(crate) fn frame(&self) -> usize {
        match self {
            Gain::Fixed(_) => 1,
            Gain::Auto(auto) => auto.frame,
        }
    }

    /// Takes the next samples, and returns those whose gain is known, with the gain applied.
    pub(crate) fn apply(&mut self, mut planes: Planes) -> Planes {
        match self {
            Gain::Fixed(gain) => {
                planes.iter_mut().flatten().for_each(|sample| *sample *= *gain);
                planes
            }
            Gain::Auto(auto) => auto.apply(&planes),
        }
    }

    /// Takes the last samples, and returns all remaining ones with the gain applied.
    pub(crate) fn finish(&mut self, last: Planes) -> Planes {
        let mut rest = self.apply(last);
        if let Gain::Auto(auto) = self {
            append(&mut rest, &auto.finish());
        }
        rest
    }

    /// Undoes the gain of the next samples of the output.
    pub(crate) fn undo(&mut self, planes: &mut Planes) {
        match self {
            Gain::Fixed(gain) => planes.iter_mut().flatten().for_each(|sample| *sample /= *gain),
            Gain::Auto(auto) => auto.undo(planes),
        }
    }
}

/// Raises quiet speech.
///
/// The gain is computed for frames of 10 ms. It tracks the power of the loudest channel, and
/// reaches the gain that brings this power to the target at the end of the frame. Within the frame
/// it changes linearly. The gain depends only on past audio, not on how that was split.
pub(crate) struct AutoGain {
    frame: usize,
    /// The weights with which a frame changes the tracked power, up and down.
    rise: f32,
    fall: f32,
    /// `None` until there is something to hear.
    power: Option<f32>,
    /// The part of the next frame that has come.
    pending: Planes,
    /// The gain at the end of the last frame that was applied.
    last: f32,
    /// The gains that are still to be undone, at the ends of frames. The first one is the gain at
    /// the beginning of the frame that is being undone.
    ends: VecDeque<f32>,
    /// The position in that frame.
    undone: usize,
}

impl AutoGain {
    fn new(sample_rate: u32, channels: usize) -> AutoGain {
        let frame = (sample_rate as f32 / FRAMES_PER_SECOND).round().max(1.0);
        let step = |time: f32| 1.0 - (-frame / (sample_rate as f32 * time)).exp();
        AutoGain {
            frame: frame as usize,
            rise: step(RISE),
            fall: step(FALL),
            power: None,
            pending: vec![Vec::new(); channels],
            last: 1.0,
            ends: VecDeque::from([1.0]),
            undone: 0,
        }
    }

    fn apply(&mut self, planes: &Planes) -> Planes {
        append(&mut self.pending, planes);
        let whole = self.pending[0].len() / self.frame * self.frame;
        let mut ready: Planes =
            self.pending.iter_mut().map(|plane| plane.drain(..whole).collect()).collect();
        for from in (0..whole).step_by(self.frame) {
            self.apply_frame(&mut ready, from);
        }
        ready
    }

    /// Returns the last frame, which is shorter.
    fn finish(&mut self) -> Planes {
        let mut rest: Planes = self.pending.iter_mut().map(std::mem::take).collect();
        if !rest[0].is_empty() {
            self.apply_frame(&mut rest, 0);
        }
        rest
    }

    /// Applies the gain to the frame that begins at `from`. The last frame may be shorter.
    fn apply_frame(&mut self, planes: &mut Planes, from: usize) {
        let to = planes[0].len().min(from + self.frame);
        let power = |plane: &Vec<f32>| {
            plane[from..to].iter().map(|x| x * x).sum::<f32>() / (to - from) as f32
        };
        self.track(planes.iter().map(power).fold(0.0, f32::max));
        let end = self.gain();
        for plane in planes {
            for (n, sample) in plane[from..to].iter_mut().enumerate() {
                *sample *= between(self.last, end, n, self.frame);
            }
        }
        self.last = end;
        self.ends.push_back(end);
    }

    /// Updates the tracked power with that of a frame.
    fn track(&mut self, frame: f32) {
        if frame < PAUSE {
            return;
        }
        let power = self.power.unwrap_or(frame);
        let step = if frame > power { self.rise } else { self.fall };
        self.power = Some(power + (frame - power) * step);
    }

    fn gain(&self) -> f32 {
        self.power.map_or(1.0, |power| (TARGET / power).sqrt().clamp(1.0, MOST))
    }

    fn undo(&mut self, planes: &mut Planes) {
        let len = planes[0].len();
        let mut done = 0;
        while done < len {
            let more = (self.frame - self.undone).min(len - done);
            // All samples that come back had a gain applied, so both ends exist.
            let (begin, end) = (self.ends[0], self.ends[1]);
            for plane in planes.iter_mut() {
                for (n, sample) in plane[done..done + more].iter_mut().enumerate() {
                    *sample /= between(begin, end, self.undone + n, self.frame);
                }
            }
            done += more;
            self.undone += more;
            if self.undone == self.frame {
                self.undone = 0;
                self.ends.pop_front();
            }
        }
    }
}

/// The gain of sample `n` of a frame. It is exactly `end` at the frame's end.
fn between(begin: f32, end: f32, n: usize, frame: usize) -> f32 {
    begin + (end - begin) * ((n + 1) as f32 / frame as f32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 48_000;

    fn auto(channels: usize) -> Gain {
        Gain::new(InputGain::Auto, RATE, channels).unwrap()
    }

    /// A tone with this RMS in dBFS.
    fn tone(level: f32, len: usize) -> Vec<f32> {
        let peak = 10f32.powf(level / 20.0) * 2f32.sqrt();
        (0..len).map(|n| peak * (n as f32 * 0.1).sin()).collect()
    }

    /// The RMS level in dBFS.
    fn level(samples: &[f32]) -> f32 {
        let power = samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32;
        10.0 * power.log10()
    }

    /// The model's input for a signal.
    fn heard(gain: &mut Gain, planes: Planes) -> Planes {
        gain.finish(planes)
    }

    #[test]
    fn quiet_speech_is_raised_to_the_target_and_loud_speech_left() {
        for (quiet, expected) in [(-60.0, -26.0), (-40.0, -26.0), (-75.0, -35.0), (-12.0, -12.0)] {
            let heard = heard(&mut auto(1), vec![tone(quiet, 48_000)]);
            let actual = level(&heard[0][24_000..]);
            assert!((actual - expected).abs() < 0.5, "{quiet} dBFS became {actual}");
        }
    }

    #[test]
    fn a_loud_word_is_not_raised_for_long() {
        let samples = [tone(-60.0, 96_000), tone(-26.0, 48_000)].concat();
        let heard = heard(&mut auto(1), vec![samples]);
        let after = level(&heard[0][96_000 + 4_800..][..4_800]);
        assert!((after + 26.0).abs() < 1.0, "{after} dBFS 0.1 s after");
    }

    #[test]
    fn silence_stays_silence_and_keeps_the_gain() {
        let samples = [tone(-50.0, 48_000), vec![0.0; 480_000], tone(-50.0, 480)].concat();
        let heard = heard(&mut auto(1), vec![samples]);
        assert!(heard[0][48_000..528_000].iter().all(|&x| x == 0.0));
        let after = level(&heard[0][528_000..]);
        assert!((after + 26.0).abs() < 0.5, "{after} dBFS after ten seconds of silence");
    }

    #[test]
    fn all_channels_get_the_gain_of_the_loudest() {
        let planes = vec![tone(-40.0, 48_000), tone(-60.0, 48_000)];
        let heard = heard(&mut auto(2), planes);
        assert!((level(&heard[0][24_000..]) + 26.0).abs() < 0.5);
        assert!((level(&heard[1][24_000..]) + 46.0).abs() < 0.5);
    }

    proptest! {
        #[test]
        fn it_is_undone_where_it_was_applied(
            samples in proptest::collection::vec(-1f32..1.0, 1..5000),
            chunk in 1usize..2000,
            level in -70f32..0.0,
            fixed in proptest::option::of(-60f32..60.0),
        ) {
            let samples: Vec<_> = samples.iter().map(|x| x * 10f32.powf(level / 20.0)).collect();
            let gain = fixed.map_or(InputGain::Auto, InputGain::Decibels);
            let gain = || Gain::new(gain, RATE, 1).unwrap();
            let whole = heard(&mut gain(), vec![samples.clone()]);

            // Applied in portions, undone in other portions.
            let mut gain = gain();
            let mut parts = vec![Vec::new()];
            for part in samples.chunks(chunk) {
                append(&mut parts, &gain.apply(vec![part.to_vec()]));
            }
            append(&mut parts, &gain.finish(vec![Vec::new()]));
            prop_assert_eq!(&parts, &whole);
            let mut back = Vec::new();
            for part in parts[0].chunks(chunk / 2 + 1) {
                let mut part = vec![part.to_vec()];
                gain.undo(&mut part);
                back.extend_from_slice(&part[0]);
            }
            prop_assert_eq!(back.len(), samples.len());
            for (back, sample) in back.iter().zip(&samples) {
                prop_assert!((back - sample).abs() <= 1e-6 * sample.abs());
            }
        }
    }
}
