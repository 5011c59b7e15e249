//! Turns: sections of speech with about the same loudness, such as those of one talker.
//!
//! The turns minimise a sum: the squared differences, in dB, between the loudness of each hop and
//! the mean of its turn, plus a cost for each start of a turn. So a small or short step does not
//! start a turn. After a pause, a smaller step is enough.

use std::ops::Range;

/// The minimum number of hops with speech in a turn.
const LEAST: usize = 6;

/// The maximum number of hops with speech in a turn, half a minute. It bounds the work.
const MOST: usize = 300;

/// The minimum number of hops without speech that count as a pause, in which another talker may
/// begin. A pause of 0.2 s fills at least one hop for the most part.
const PAUSE: usize = 1;

/// The cost of starting a turn after a pause, in dB² times hops. Starting one saves as much if
/// talkers who are 12 dB apart take turns of 0.7 s, or if one sentence of 2 s is 5 dB quieter than
/// those around it.
const AFTER_PAUSE: f64 = 250.0;

/// The cost of starting a turn inside continuous speech.
const IN_SPEECH: f64 = 600.0;

/// Hops on each side over which the loudness is smoothed first, so that words count and not
/// syllables.
const WORD: usize = 3;

/// The maximum by which a hop counts as louder than the median of its turn, in dB. Anything louder
/// is a knock or belongs to another talker.
const ABOVE: f32 = 6.0;

/// Speech with about the same loudness.
#[derive(Debug, PartialEq)]
pub(super) struct Turn {
    /// From the first hop with speech to the last.
    pub(super) hops: Range<usize>,
    /// The number of hops with speech.
    pub(super) speech: usize,
    /// The loudness of that speech.
    pub(super) lufs: f64,
}

/// A hop with speech, and its loudness in LUFS.
#[derive(Clone, Copy)]
struct Heard {
    hop: u32,
    lufs: f32,
}

/// The turns of a recording in order. Each hop with speech belongs to one turn. `speech` holds the
/// loudness of each hop with speech in LUFS.
pub(super) fn turns(speech: &[Option<f32>]) -> Vec<Turn> {
    let with_speech = speech.iter().zip(0..).filter_map(|(lufs, hop)| lufs.map(|lufs| (hop, lufs)));
    let heard: Vec<Heard> = with_speech.map(|(hop, lufs)| Heard { hop, lufs }).collect();
    parts(&heard).into_iter().map(|part| turn(&heard[part])).collect()
}

fn turn(heard: &[Heard]) -> Turn {
    let mut all: Vec<f32> = heard.iter().map(|heard| heard.lufs).collect();
    let middle = all.len() / 2;
    let most = *all.select_nth_unstable_by(middle, f32::total_cmp).1 + ABOVE;
    let hops = heard[0].hop as usize..heard[heard.len() - 1].hop as usize + 1;
    let lufs = loudness(all.iter().map(|lufs| lufs.min(most)));
    Turn { hops, speech: heard.len(), lufs }
}

/// The loudness of some hops together.
fn loudness(hops: impl ExactSizeIterator<Item = f32>) -> f64 {
    let len = hops.len() as f64;
    let power: f64 = hops.map(|lufs| 10f64.powf(f64::from(lufs) / 10.0)).sum();
    10.0 * (power / len).max(1e-10).log10()
}

/// Whether there is a pause before this hop with speech.
fn is_after_pause(heard: &[Heard], at: usize) -> bool {
    (heard[at].hop - heard[at - 1].hop) as usize > PAUSE
}

/// Divides the hops with speech into one part per turn.
fn parts(heard: &[Heard]) -> Vec<Range<usize>> {
    let sums = sums(heard);
    let differences = |part: Range<usize>| {
        let (from, to) = (sums[part.start], sums[part.end]);
        to.1 - from.1 - (to.0 - from.0).powi(2) / part.len() as f64
    };
    let to_begin = |at: usize| match at {
        0 => 0.0,
        _ if is_after_pause(heard, at) => AFTER_PAUSE,
        _ => IN_SPEECH,
    };
    // For the hops before each index: the minimum cost of any division into turns, and the start of
    // its last turn.
    let mut best = vec![(f64::INFINITY, 0u32); heard.len() + 1];
    best[0].0 = 0.0;
    for end in LEAST..best.len() {
        for begin in end.saturating_sub(MOST)..=end - LEAST {
            let cost = best[begin].0 + to_begin(begin) + differences(begin..end);
            if cost < best[end].0 {
                best[end] = (cost, begin as u32);
            }
        }
    }
    let mut parts = vec![];
    let mut end = heard.len();
    while end > 0 {
        let begin = best[end].1 as usize;
        parts.push(begin..end);
        end = begin;
    }
    parts.reverse();
    parts
}

/// For the hops before each index: the sums of the loudness and of its square, smoothed over the
/// words.
fn sums(heard: &[Heard]) -> Vec<(f64, f64)> {
    let mut sums = Vec::with_capacity(heard.len() + 1);
    let (mut sum, mut squares) = (0.0, 0.0);
    sums.push((sum, squares));
    for at in 0..heard.len() {
        let lufs = loudness(heard[word(heard, at)].iter().map(|heard| heard.lufs));
        sum += lufs;
        squares += lufs * lufs;
        sums.push((sum, squares));
    }
    sums
}

/// The hops with speech around one, up to the nearest pause.
fn word(heard: &[Heard], at: usize) -> Range<usize> {
    let first = (at.saturating_sub(WORD) + 1..=at).rev().find(|&at| is_after_pause(heard, at));
    let behind = (heard.len()).min(at + WORD + 1);
    let end = (at + 1..behind).find(|&at| is_after_pause(heard, at));
    first.unwrap_or(at.saturating_sub(WORD))..end.unwrap_or(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The turns and their loudness for speech with these levels in LUFS, each for this many hops.
    fn made(parts: &[(Option<f32>, usize)]) -> Vec<(Range<usize>, f64)> {
        let hops = parts.iter().flat_map(|&(lufs, hops)| std::iter::repeat_n(lufs, hops));
        let turns = turns(&hops.collect::<Vec<_>>());
        turns.into_iter().map(|turn| (turn.hops, (turn.lufs * 10.0).round() / 10.0)).collect()
    }

    #[test]
    fn talkers_in_turn_are_told_apart() {
        for pause in [1, 2, 3, 10] {
            let near_and_far =
                [(Some(-20.0), 40), (None, pause), (Some(-32.0), 20), (None, pause)].repeat(5);
            let turns = made(&near_and_far);
            assert_eq!(turns.len(), 10, "{turns:?}");
            for (at, turn) in turns.iter().enumerate() {
                let begin = at / 2 * (60 + 2 * pause);
                let (near, far) = (begin..begin + 40, begin + 40 + pause..begin + 60 + pause);
                let expected = if at % 2 == 0 { (near, -20.0) } else { (far, -32.0) };
                assert_eq!(*turn, expected, "pauses of {pause}");
            }
        }
    }

    #[test]
    fn without_a_pause_a_turn_begins_within_a_word_of_the_step() {
        let turns = made(&[(Some(-20.0), 40), (Some(-32.0), 40)]);
        assert_eq!(turns.len(), 2, "{turns:?}");
        assert!(turns[0].0.end.abs_diff(40) <= WORD, "{turns:?}");
        assert!((turns[1].1 + 32.0).abs() < 1.0, "{turns:?}");
    }

    #[test]
    fn short_or_small_steps_do_not_start_a_turn() {
        for (apart, hops) in [(3.0, 40), (5.0, 15), (12.0, 2), (30.0, 1)] {
            for pause in [0, 3] {
                let around = (Some(-20.0), 100);
                let between = (None, pause);
                let turns = made(&[around, between, (Some(-20.0 - apart), hops), between, around]);
                assert_eq!(turns.len(), 1, "{apart} dB, {hops} hops: {turns:?}");
            }
        }
    }

    #[test]
    fn turns_last_at_most_half_a_minute() {
        let turns = made(&[(Some(-20.0), 1000)]);
        assert!(turns.iter().all(|(hops, lufs)| hops.len() <= MOST && *lufs == -20.0), "{turns:?}");
        assert_eq!(turns.iter().map(|(hops, _)| hops.len()).sum::<usize>(), 1000);
    }
}
