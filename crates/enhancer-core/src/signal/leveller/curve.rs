//! The gains that even out speech.

use std::ops::Range;

use super::HOPS_PER_SECOND;
use super::turns::{Turn, turns};

/// The maximum by which speech is raised or lowered, in dB.
const MOST: f64 = 15.0;

/// Speech that is quieter than the median by more than this, in dB, is noise or breath.
const FAINT: f32 = 30.0;

/// The maximum by which a hop counts as louder than the median, in dB. Anything louder is a knock,
/// not speech.
const KNOCK: f32 = 20.0;

/// Anything quieter is silence, in LUFS, as in EBU R 128.
const SILENCE: f32 = -70.0;

/// The minimum amount of speech, in hops, for levelling.
const LEAST_SPEECH: usize = HOPS_PER_SECOND as usize;

/// If a turn has less speech than this, in hops, its gain is reduced in proportion.
const CERTAIN: f64 = 10.0;

/// The maximum change of the gain from one hop to the next, in dB: from no gain to the maximum in
/// 0.4 s.
const SLOPE: f64 = 3.75;

/// Up to this many hops without speech are gaps between words, not a pause. Inside a turn they have
/// its gain, so that noise does not pump.
const BETWEEN_WORDS: usize = 3;

/// Hops on each side of speech that have its gain, because the beginnings and ends of words are
/// hard to detect.
const EDGE: usize = 1;

/// A gain for each hop of a recording, 4 bytes each. Between the middles of two hops the gain is
/// interpolated.
pub(crate) struct Curve {
    /// As factors; at least one.
    gains: Vec<f32>,
}

impl Curve {
    /// The gains for a recording. `speech` holds the loudness of each hop with speech in LUFS, and
    /// `None` for other hops. Returns `None` if there is too little speech.
    pub(super) fn new(mut speech: Vec<Option<f32>>) -> Option<Curve> {
        keep_above(&mut speech, SILENCE);
        let median = median(&speech)?;
        keep_above(&mut speech, median - FAINT);
        speech.iter_mut().flatten().for_each(|lufs| *lufs = lufs.min(median + KNOCK));
        let turns = turns(&speech);
        let lufs = mean(&turns).filter(|(hops, _)| *hops >= LEAST_SPEECH)?.1;
        let mut gains = vec![None; speech.len()];
        for turn in &turns {
            let gain = gain_to(lufs, turn);
            hold(&speech, turn, |hop| gains[hop] = Some(gain));
        }
        let mut gains = with_pauses(&gains);
        limit_slope(&mut gains);
        let factor = |decibels: f64| 10f64.powf(decibels / 20.0) as f32;
        Some(Curve { gains: gains.into_iter().map(factor).collect() })
    }

    /// The gain of sample `n`.
    pub(super) fn gain(&self, n: u64, sample_rate: u32) -> f32 {
        let at = n as f64 * HOPS_PER_SECOND as f64 / f64::from(sample_rate) - 0.5;
        let (before, share) = (at.floor(), (at - at.floor()) as f32);
        let gain = |hop: f64| self.gains[(hop.max(0.0) as usize).min(self.gains.len() - 1)];
        gain(before) + (gain(before + 1.0) - gain(before)) * share
    }

    /// The gains in dB.
    #[cfg(test)]
    pub(super) fn decibels(&self) -> Vec<f32> {
        self.gains.iter().map(|gain| 20.0 * gain.log10()).collect()
    }
}

/// The number of hops with speech in all turns, and their loudness; `None` without speech.
fn mean(turns: &[Turn]) -> Option<(usize, f64)> {
    let hops: usize = turns.iter().map(|turn| turn.speech).sum();
    let power = |turn: &Turn| turn.speech as f64 * 10f64.powf(turn.lufs / 10.0);
    let power: f64 = turns.iter().map(power).sum();
    (hops > 0).then(|| (hops, 10.0 * (power / hops as f64).max(1e-10).log10()))
}

/// The gain in dB that brings a turn to a loudness.
fn gain_to(lufs: f64, turn: &Turn) -> f64 {
    let certainty = (turn.speech as f64 / CERTAIN).min(1.0);
    certainty * (lufs - turn.lufs).clamp(-MOST, MOST)
}

/// Calls `each` with the hops that have the gain of a turn: those with speech and those between
/// words.
fn hold(speech: &[Option<f32>], turn: &Turn, mut each: impl FnMut(usize)) {
    let mut last = turn.hops.start;
    for hop in turn.hops.clone().filter(|&hop| speech[hop].is_some()) {
        let first = if hop - last <= BETWEEN_WORDS + 1 { last } else { hop };
        (first..=hop).for_each(&mut each);
        last = hop;
    }
}

fn keep_above(speech: &mut [Option<f32>], least: f32) {
    for lufs in speech {
        *lufs = lufs.filter(|lufs| *lufs > least);
    }
}

fn median(speech: &[Option<f32>]) -> Option<f32> {
    let mut speech: Vec<f32> = speech.iter().copied().flatten().collect();
    let middle = speech.len() / 2;
    (!speech.is_empty()).then(|| *speech.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// Adds the gains of the pauses.
fn with_pauses(gains: &[Option<f64>]) -> Vec<f64> {
    let mut all: Vec<f64> = Vec::with_capacity(gains.len());
    let mut last = None;
    for (hop, gain) in gains.iter().enumerate() {
        if let Some(gain) = *gain {
            let pause = all.len()..hop;
            all.extend(pause.clone().map(|at| in_pause(&pause, at, last, Some(gain))));
            all.push(gain);
            last = Some(gain);
        }
    }
    let pause = all.len()..gains.len();
    all.extend(pause.clone().map(|at| in_pause(&pause, at, last, None)));
    all
}

/// The gain at a hop of a pause between two gains. It is interpolated between them, but never
/// raises, unless the slope to or from a raise needs it.
fn in_pause(pause: &Range<usize>, at: usize, before: Option<f64>, behind: Option<f64>) -> f64 {
    let (since, until) = (at + 1 - pause.start, pause.end - at);
    let (from, to) = (before.or(behind).unwrap_or(0.0), behind.or(before).unwrap_or(0.0));
    let way = from + (to - from) * since as f64 / (since + until) as f64;
    let slope = |gain: Option<f64>, hops: usize| {
        gain.map_or(f64::NEG_INFINITY, |gain| gain - SLOPE * hops.saturating_sub(EDGE) as f64)
    };
    way.min(0.0).max(slope(before, since).max(slope(behind, until)))
}

/// Lowers gains that change too fast.
fn limit_slope(gains: &mut [f64]) {
    for hop in 1..gains.len() {
        gains[hop] = gains[hop].min(gains[hop - 1] + SLOPE);
    }
    for hop in (1..gains.len()).rev() {
        gains[hop - 1] = gains[hop - 1].min(gains[hop] + SLOPE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speech with these levels in LUFS, each for this many hops. A pause has no level.
    fn speech(parts: &[(Option<f32>, usize)]) -> Vec<Option<f32>> {
        parts.iter().flat_map(|&(lufs, hops)| std::iter::repeat_n(lufs, hops)).collect()
    }

    fn decibels(speech: Vec<Option<f32>>) -> Vec<f32> {
        Curve::new(speech).unwrap().decibels()
    }

    #[test]
    fn each_talker_gets_the_mean_loudness_and_pauses_no_raise() {
        let gains = decibels(speech(&[
            (None, 20),
            (Some(-20.0), 50),
            (None, 20),
            (Some(-32.0), 50),
            (None, 20),
        ]));
        // Half of the hops each: the mean of the powers is 2.7 dB below that of the louder half.
        for (hops, expected) in [(0..70, -2.74), (90..140, 9.26)] {
            assert!(gains[hops].iter().all(|gain| (gain - expected).abs() < 0.01), "{gains:?}");
        }
        for pause in [70..86, 144..160] {
            assert!(gains[pause].iter().all(|gain| *gain <= 0.0), "{gains:?}");
        }
    }

    #[test]
    fn quick_dialogue_is_levelled() {
        for (turns, pause) in [([40, 20], 3), ([20, 20], 3), ([30, 40], 2), ([20, 20], 1)] {
            let [near, far] = turns;
            let once = [(Some(-20.0), near), (None, pause), (Some(-32.0), far), (None, pause)];
            let levels = speech(&once.repeat(5));
            let gains = decibels(levels.clone());
            let of = |lufs: f32| {
                let hops = levels.iter().zip(&gains).filter(|(level, _)| **level == Some(lufs));
                let gains: Vec<f32> = hops.map(|(_, gain)| *gain).collect();
                gains.iter().sum::<f32>() / gains.len() as f32
            };
            let left = 12.0 - (of(-32.0) - of(-20.0));
            assert!(left.abs() < 1.5, "{turns:?}, pauses of {pause}: {left} dB are left");
        }
    }

    #[test]
    fn a_raise_begins_and_ends_in_the_pause() {
        // Near talkers speak for long, so that the far one gets almost the whole difference.
        for (pause, lowest) in [(4, 11.25), (8, 3.75), (20, 0.0)] {
            let gains = decibels(speech(&[
                (Some(-20.0), 250),
                (None, 20),
                (Some(-37.0), 30),
                (None, pause),
                (Some(-37.0), 30),
                (None, 20),
            ]));
            assert!(gains[270..300].iter().all(|gain| (gain - 15.0).abs() < 0.01), "{gains:?}");
            let inside = &gains[300..300 + pause];
            let least = inside.iter().copied().fold(f32::INFINITY, f32::min);
            assert!(least < lowest + 0.01, "a pause of {pause} hops: {inside:?}");
            // Beyond half a second from speech, noise is not raised, and the speech has its whole
            // gain.
            let far_from = 5..pause.saturating_sub(5).max(5);
            assert!(
                inside.iter().take(far_from.end).skip(5).all(|gain| *gain < 0.01),
                "{inside:?}"
            );
            assert!(gains[300 + pause..330 + pause].iter().all(|gain| (gain - 15.0).abs() < 0.01));
        }
    }

    #[test]
    fn between_words_there_is_no_pause() {
        let words = [(Some(-37.0), 10), (None, 3)].repeat(5);
        let gains = decibels(speech(&[&[(Some(-20.0), 250), (None, 20)], &words[..9]].concat()));
        assert!(gains[270..].iter().all(|gain| (gain - 15.0).abs() < 0.01), "{gains:?}");
    }

    #[test]
    fn gains_are_bounded_and_change_slowly() {
        for pause in [0, 1, 3, 10] {
            let gains = decibels(speech(&[(Some(-10.0), 100), (None, pause), (Some(-39.0), 100)]));
            assert!(gains.iter().all(|gain| gain.abs() <= 15.001), "{gains:?}");
            assert!((gains[180] - 15.0).abs() < 0.01);
            // The louder talker is never raised, with a pause or without.
            assert!(gains[..97].iter().all(|gain| *gain < 0.0), "{gains:?}");
            let steps = gains.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            assert!(steps.fold(0f32, f32::max) <= 3.751, "{gains:?}");
        }
    }

    #[test]
    fn words_are_not_levelled() {
        // Loud and quiet syllables of one talker.
        let words: Vec<_> =
            (0..200).map(|hop| Some(if hop % 4 < 2 { -20.0 } else { -30.0 })).collect();
        assert!(decibels(words).iter().all(|gain| gain.abs() < 0.5));
    }

    #[test]
    fn a_moment_of_quiet_speech_is_raised_little() {
        let gains =
            decibels(speech(&[(Some(-20.0), 100), (None, 20), (Some(-35.0), 2), (None, 20)]));
        assert!(gains[115..].iter().all(|gain| *gain < 3.1), "{gains:?}");
    }

    #[test]
    fn faint_speech_does_not_count() {
        let gains = decibels(speech(&[(Some(-20.0), 100), (None, 20), (Some(-52.0), 50)]));
        assert!(gains.iter().all(|gain| gain.abs() < 0.01), "{gains:?}");
    }

    #[test]
    fn a_knock_does_not_make_all_else_faint() {
        let gains =
            decibels(speech(&[(Some(-20.0), 50), (Some(90.0), 1), (Some(-20.0), 50), (None, 9)]));
        assert!(gains[..20].iter().all(|gain| (0.0..4.0).contains(gain)), "{gains:?}");
        assert!(gains.iter().all(|gain| gain.abs() < 15.001), "{gains:?}");
    }

    #[test]
    fn too_little_speech_has_no_curve() {
        assert!(Curve::new(vec![]).is_none());
        assert!(Curve::new(speech(&[(None, 100)])).is_none());
        assert!(Curve::new(speech(&[(Some(-20.0), 9), (None, 100)])).is_none());
        assert!(Curve::new(speech(&[(Some(-70.0), 100)])).is_none());
        assert!(Curve::new(speech(&[(Some(f32::NEG_INFINITY), 100)])).is_none());
        assert!(Curve::new(speech(&[(Some(-20.0), 10)])).is_some());
    }

    #[test]
    fn the_gain_of_a_sample_lies_between_the_middles_of_two_hops() {
        let curve = Curve { gains: vec![1.0, 2.0] };
        // Hops of 100 samples.
        for (n, expected) in [(0, 1.0), (50, 1.0), (75, 1.25), (100, 1.5), (150, 2.0), (900, 2.0)] {
            assert_eq!(curve.gain(n, 1000), expected, "sample {n}");
        }
    }
}
