//! The gains that make speech even.

use super::HOPS_PER_SECOND;

/// The most by which speech is raised or lowered, in dB.
const MOST: f64 = 15.0;

/// Speech that is quieter than the median by more than this, in dB, is noise or breath.
const FAINT: f32 = 30.0;

/// What is louder than the median by more than this, in dB, is a blow, which counts no more.
const BLOW: f32 = 20.0;

/// What is quieter is silence, in LUFS, as for EBU R 128.
const SILENCE: f32 = -70.0;

/// With less speech than this, in hops, there is nothing to level.
const LEAST_SPEECH: usize = HOPS_PER_SECOND as usize;

/// A pause of more hops ends a turn: what follows may be another talker.
const PAUSE: usize = 5;

/// Hops around one over which its loudness is measured, on each side: 3 s together, as
/// short-term loudness has it. The gain so follows talkers, not words.
const AROUND: usize = 15;

/// With less speech around it than this, in hops, the gain is smaller in proportion.
const CERTAIN: f64 = 10.0;

/// Hops before and behind a turn that have its gain: the beginnings and ends of words are hard
/// to detect.
const EDGE: usize = 2;

/// Hops on each side over which gains are smoothed: half a second together.
const SMOOTH: usize = 2;

/// A gain for each hop of a recording, 4 bytes each. Sample by sample it goes from the middle of
/// a hop to that of the next.
pub(crate) struct Curve {
    /// As factors, at least one.
    gains: Vec<f32>,
}

impl Curve {
    /// The gains for a recording. Of its hops with speech this is the loudness in LUFS, whatever it
    /// is. `None` if there is too little speech.
    pub(super) fn new(mut speech: Vec<Option<f32>>) -> Option<Curve> {
        keep_above(&mut speech, SILENCE);
        let median = median(&speech)?;
        keep_above(&mut speech, median - FAINT);
        speech.iter_mut().flatten().for_each(|lufs| *lufs = lufs.min(median + BLOW));
        let sums = Sums::new(&speech);
        let all = mean(&sums, 0, speech.len()).filter(|all| all.hops >= LEAST_SPEECH)?;
        let mut gains = vec![None; speech.len()];
        for (begin, end) in turns(&speech) {
            for (hop, gain) in gains.iter_mut().enumerate().take(end).skip(begin) {
                let (from, to) = (begin.max(hop.saturating_sub(AROUND)), end.min(hop + AROUND + 1));
                *gain = mean(&sums, from, to).map(|here| here.gain_to(all.lufs));
            }
        }
        widen(&mut gains);
        let factor = |decibels: f64| 10f64.powf(decibels / 20.0) as f32;
        let gains = smoothed(&filled(&gains)).into_iter().map(factor).collect();
        Some(Curve { gains })
    }

    /// The gain of sample `n`.
    pub(super) fn gain(&self, n: u64, sample_rate: u32) -> f32 {
        let at = n as f64 * HOPS_PER_SECOND as f64 / f64::from(sample_rate) - 0.5;
        let (before, share) = (at.floor(), (at - at.floor()) as f32);
        let gain = |hop: f64| self.gains[(hop.max(0.0) as usize).min(self.gains.len() - 1)];
        gain(before) + (gain(before + 1.0) - gain(before)) * share
    }

    /// The lowest and the highest gain in dB.
    #[cfg(test)]
    pub(super) fn range(&self) -> (f32, f32) {
        let decibels = |gain: f32| 20.0 * gain.log10();
        let lowest = self.gains.iter().copied().fold(f32::INFINITY, f32::min);
        let highest = self.gains.iter().copied().fold(0.0, f32::max);
        (decibels(lowest), decibels(highest))
    }
}

/// Speech somewhere: how much there is, and how loud it is.
struct Mean {
    hops: usize,
    lufs: f64,
}

impl Mean {
    /// The gain in dB that brings it to a loudness.
    fn gain_to(&self, lufs: f64) -> f64 {
        let certainty = (self.hops as f64 / CERTAIN).min(1.0);
        certainty * (lufs - self.lufs).clamp(-MOST, MOST)
    }
}

/// Of speech before each hop: how many hops, and their power.
struct Sums(Vec<(usize, f64)>);

impl Sums {
    fn new(speech: &[Option<f32>]) -> Sums {
        let mut sums = Vec::with_capacity(speech.len() + 1);
        let (mut hops, mut power) = (0, 0.0);
        sums.push((hops, power));
        for lufs in speech {
            if let Some(lufs) = lufs {
                hops += 1;
                power += 10f64.powf(f64::from(*lufs) / 10.0);
            }
            sums.push((hops, power));
        }
        Sums(sums)
    }
}

/// The speech in those hops; `None` without any.
fn mean(Sums(sums): &Sums, from: usize, to: usize) -> Option<Mean> {
    let hops = sums[to].0 - sums[from].0;
    let power = sums[to].1 - sums[from].1;
    (hops > 0).then(|| Mean { hops, lufs: 10.0 * (power / hops as f64).max(1e-10).log10() })
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

/// Turns of talkers: from where to where there is speech without a pause.
fn turns(speech: &[Option<f32>]) -> Vec<(usize, usize)> {
    let mut turns: Vec<(usize, usize)> = vec![];
    for (hop, _) in speech.iter().enumerate().filter(|(_, lufs)| lufs.is_some()) {
        match turns.last_mut() {
            Some((_, end)) if hop - *end <= PAUSE => *end = hop + 1,
            _ => turns.push((hop, hop + 1)),
        }
    }
    turns
}

/// Gives the hops at both ends of a turn its gain.
fn widen(gains: &mut [Option<f64>]) {
    let turns = gains.to_vec();
    for (hop, gain) in gains.iter_mut().enumerate().filter(|(_, gain)| gain.is_none()) {
        let near = (1..=EDGE).find_map(|by| {
            let behind = turns.get(hop + by).copied().flatten();
            behind.or_else(|| turns[hop.saturating_sub(by)])
        });
        *gain = near;
    }
}

/// The gains with those of the pauses: on the way from one turn to the next, but no raise.
fn filled(gains: &[Option<f64>]) -> Vec<f64> {
    let mut filled = Vec::with_capacity(gains.len());
    let mut last: Option<(usize, f64)> = None;
    for (hop, gain) in gains.iter().enumerate() {
        let Some(gain) = *gain else { continue };
        let (before, from) = last.map_or((0, gain), |(at, from)| (at + 1, from));
        let way = (hop - before + 1) as f64;
        for step in 1..=hop - before {
            filled.push((from + (gain - from) * step as f64 / way).min(0.0));
        }
        filled.push(gain);
        last = Some((hop, gain));
    }
    filled.resize(gains.len(), last.map_or(0.0, |(_, gain)| gain.min(0.0)));
    filled
}

/// The means over the hops around each.
fn smoothed(gains: &[f64]) -> Vec<f64> {
    let around = |hop: usize| {
        let part = &gains[hop.saturating_sub(SMOOTH)..gains.len().min(hop + SMOOTH + 1)];
        part.iter().sum::<f64>() / part.len() as f64
    };
    (0..gains.len()).map(around).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speech of these levels in LUFS, each for so many hops; a pause has none.
    fn speech(parts: &[(Option<f32>, usize)]) -> Vec<Option<f32>> {
        parts.iter().flat_map(|&(lufs, hops)| std::iter::repeat_n(lufs, hops)).collect()
    }

    fn decibels(speech: Vec<Option<f32>>) -> Vec<f32> {
        let curve = Curve::new(speech).unwrap();
        curve.gains.iter().map(|gain| 20.0 * gain.log10()).collect()
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
        // Half of each: the mean of the powers is 2.7 dB below that of the louder.
        for (hops, expected) in [(25..65, -2.74), (95..135, 9.26)] {
            assert!(gains[hops].iter().all(|gain| (gain - expected).abs() < 0.01), "{gains:?}");
        }
        assert!(gains[..18].iter().all(|gain| (gain + 2.74).abs() < 0.01), "{gains:?}");
        for pause in [74..86, 146..160] {
            assert!(gains[pause].iter().all(|gain| *gain <= 0.0), "{gains:?}");
        }
    }

    #[test]
    fn gains_are_bounded_and_change_slowly() {
        let gains = decibels(speech(&[(Some(-10.0), 100), (None, 10), (Some(-39.0), 100)]));
        assert!(gains.iter().all(|gain| gain.abs() <= 15.001), "{gains:?}");
        assert!((gains[180] - 15.0).abs() < 0.01);
        let steps = gains.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        // From no gain to the most within half a second.
        assert!(steps.fold(0f32, f32::max) <= 3.6, "{gains:?}");
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
    fn what_is_faint_is_no_speech() {
        let gains = decibels(speech(&[(Some(-20.0), 100), (None, 20), (Some(-52.0), 50)]));
        assert!(gains.iter().all(|gain| gain.abs() < 0.01), "{gains:?}");
    }

    #[test]
    fn a_blow_does_not_make_all_else_faint() {
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
