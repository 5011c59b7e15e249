//! Turns: stretches of speech that have about one loudness, such as those of one talker.
//!
//! They are those that fit best: the squares by which the loudness, in dB, differs from the mean of
//! its turn, and for each beginning of a turn a cost, are least in sum. So a step that is small or
//! short begins no turn, and where there is a pause a smaller step does.

use std::ops::Range;

/// A turn has at least so many hops of speech.
const LEAST: usize = 6;

/// A turn has at most so many hops of speech, which bounds the work: half a minute.
const MOST: usize = 300;

/// So many hops without speech are a pause, in which another talker may begin: of a pause of 0.2 s
/// at least one hop is most.
const PAUSE: usize = 1;

/// What it costs to begin a turn after a pause, in dB² times hops. As much is saved if talkers who
/// are 12 dB apart take turns of 0.7 s, or if one sentence of 2 s is 5 dB quieter than what
/// is around.
const AFTER_PAUSE: f64 = 250.0;

/// What it costs to begin a turn where speech goes on.
const IN_SPEECH: f64 = 600.0;

/// Hops on each side over which the loudness is smoothed first: words, not syllables.
const WORD: usize = 3;

/// No hop counts as louder than the median of its turn by more than this, in dB: what is louder is
/// a knock, or belongs to another talker.
const ABOVE: f32 = 6.0;

/// Speech of about one loudness.
#[derive(Debug, PartialEq)]
pub(super) struct Turn {
    /// From its first hop with speech to its last.
    pub(super) hops: Range<usize>,
    /// How many of them have speech.
    pub(super) speech: usize,
    /// How loud that is.
    pub(super) lufs: f64,
}

/// A hop with speech, and its loudness in LUFS.
#[derive(Clone, Copy)]
struct Heard {
    hop: u32,
    lufs: f32,
}

/// The turns of a recording, in their order: all hops with speech are in one. Of hops with speech
/// `speech` is the loudness in LUFS.
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

/// Of some hops together.
fn loudness(hops: impl ExactSizeIterator<Item = f32>) -> f64 {
    let len = hops.len() as f64;
    let power: f64 = hops.map(|lufs| 10f64.powf(f64::from(lufs) / 10.0)).sum();
    10.0 * (power / len).max(1e-10).log10()
}

/// Whether there is a pause before that hop with speech.
fn is_after_pause(heard: &[Heard], at: usize) -> bool {
    (heard[at].hop - heard[at - 1].hop) as usize > PAUSE
}

/// The hops with speech in parts, one for each turn.
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
    // Of the hops before each the least cost of any turns, and where the last one begins.
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

/// Of the hops before each the sums of the loudness and of its square. It is that of the words
/// around.
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

/// The hops with speech around one, up to a pause.
fn word(heard: &[Heard], at: usize) -> Range<usize> {
    let first = (at.saturating_sub(WORD) + 1..=at).rev().find(|&at| is_after_pause(heard, at));
    let behind = (heard.len()).min(at + WORD + 1);
    let end = (at + 1..behind).find(|&at| is_after_pause(heard, at));
    first.unwrap_or(at.saturating_sub(WORD))..end.unwrap_or(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of speech of these levels in LUFS, each for so many hops, where the turns are and how loud.
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
    fn what_is_short_or_differs_little_is_in_the_turn_around() {
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
    fn what_lasts_is_in_turns_of_half_a_minute_at_most() {
        let turns = made(&[(Some(-20.0), 1000)]);
        assert!(turns.iter().all(|(hops, lufs)| hops.len() <= MOST && *lufs == -20.0), "{turns:?}");
        assert_eq!(turns.iter().map(|(hops, _)| hops.len()).sum::<usize>(), 1000);
    }
}
