//! Findings: whether an enhancement helped.

use serde::Serialize;

use super::{LITTLE_SPEECH, Measures};
use crate::model::Scores;
use crate::names::names;

/// If less than this share of the speech is left, the speech is damaged. Speech in loud noise keeps
/// nine tenths. Music, some of which the detector takes for speech, loses most.
const STILL_SPEECH: f64 = 0.5;

/// A fall of the signal's score that listeners notice.
const NOTICED_FALL: f64 = 0.2;

/// A rise of the overall score that is not due to chance.
const NOTICED_RISE: f64 = 0.05;

/// In LUFS. The network gives recordings below this lower scores, however clean they are.
const VERY_QUIET: f64 = -50.0;

/// A recording before and after it was enhanced.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct Comparison {
    /// As it was read.
    pub before: Measures,
    /// As it was written, before it was encoded.
    pub after: Measures,
}

/// What a [`Comparison`] shows that the user should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub code: FindingCode,
    /// What happened and what to try, as a sentence without a full stop.
    pub text: String,
}

/// What a [`Finding`] is about. As JSON and as text it is in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingCode {
    /// Less than a tenth of the rated windows is speech: too little for the other findings.
    LittleSpeech,
    /// Less than half of what sounds like speech is left.
    SpeechRemoved,
    /// The score of the speech itself fell by more than 0.2.
    SpeechSuffered,
    /// The recording is below -50 LUFS, which lowers its scores.
    VeryQuiet,
    /// The overall score did not rise by 0.05.
    NotBetter,
}

names!(FindingCode);

impl Comparison {
    /// Creates a comparison from two measurements of the same recording.
    pub fn new(before: Measures, after: Measures) -> Comparison {
        Comparison { before, after }
    }

    /// What went wrong, or cannot be known. Empty if listeners would rate the result higher and its
    /// speech not noticeably lower.
    ///
    /// ```
    /// # use enhancer_core::{Comparison, Measures};
    /// # fn of(before: Measures, after: Measures) {
    /// for finding in Comparison::new(before, after).findings() {
    ///     println!("{}", finding.text);
    /// }
    /// # }
    /// ```
    pub fn findings(&self) -> Vec<Finding> {
        let Comparison { before, after } = self;
        let (Some(was), Some(is)) = (before.scores, after.scores) else { return vec![] };
        let finding = |code, text| Finding { code, text };
        if before.rated_speech_share < LITTLE_SPEECH {
            return vec![finding(FindingCode::LittleSpeech, little_speech(before))];
        }
        let mut findings = vec![];
        if after.speech_share < STILL_SPEECH * before.speech_share {
            findings.push(finding(FindingCode::SpeechRemoved, speech_removed(before, after)));
        }
        if was.signal - is.signal > NOTICED_FALL {
            findings.push(finding(FindingCode::SpeechSuffered, speech_suffered(was, is)));
        }
        let is_very_quiet = |of: &Measures| of.loudness.is_none_or(|lufs| lufs < VERY_QUIET);
        if is_very_quiet(before) && is_very_quiet(after) {
            findings.push(finding(FindingCode::VeryQuiet, very_quiet(before)));
        }
        if is.overall - was.overall < NOTICED_RISE {
            findings.push(finding(FindingCode::NotBetter, not_better(was, is)));
        }
        findings
    }
}

fn little_speech(before: &Measures) -> String {
    format!(
        "little speech was found in what was rated ({}), so the scores mean nothing. Music is better \
         left as it is. If there is speech, it is very quiet, or rare, or the noise is very loud: \
         raise the input gain, and listen to the result",
        percent(before.rated_speech_share)
    )
}

fn speech_removed(before: &Measures, after: &Measures) -> String {
    format!(
        "what sounds like speech was {} of the recording and is {} of the result. Is this music? \
         Then leave it as it is; else try an attenuation limit of 12 dB or another model",
        percent(before.speech_share),
        percent(after.speech_share)
    )
}

fn speech_suffered(was: Scores, is: Scores) -> String {
    format!(
        "the speech itself would be rated lower than before ({:.2}, it was {:.2}). Try an \
         attenuation limit of 12 dB, a mix with the original, or another model",
        is.signal, was.signal
    )
}

fn very_quiet(before: &Measures) -> String {
    let level = before.loudness.map_or("below -70".into(), |lufs| format!("{lufs:.0}"));
    format!(
        "the recording is very quiet ({level} LUFS), and so its scores are low. Set a loudness for \
         the result, such as -16 LUFS"
    )
}

fn not_better(was: Scores, is: Scores) -> String {
    format!(
        "the result would not be rated higher than the original ({:.2}, it was {:.2}). If the \
         original is clean, keep it; else try an attenuation limit of 12 dB or another model",
        is.overall, was.overall
    )
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measures with a share of speech, a signal score, an overall score and a loudness.
    fn measures(speech_share: f64, signal: f64, overall: f64, loudness: f64) -> Measures {
        Measures {
            scores: Some(Scores { signal, background: 3.0, overall }),
            windows: 1,
            loudness: Some(loudness).filter(|lufs| lufs.is_finite()),
            true_peak: None,
            speech_share,
            rated_speech_share: speech_share,
            duration_seconds: 9.01,
        }
    }

    fn codes(before: Measures, after: Measures) -> Vec<FindingCode> {
        let findings = Comparison::new(before, after).findings();
        findings.into_iter().map(|finding| finding.code).collect()
    }

    /// Before: the share of speech and the loudness. After: the share of speech, the signal score
    /// and the overall score.
    type Case = ((f64, f64), (f64, f64, f64), &'static [FindingCode]);

    #[test]
    fn each_finding_has_its_bound() {
        use FindingCode::*;
        let cases: [Case; 11] = [
            ((0.5, -20.0), (0.5, 3.0, 2.56), &[]),
            ((0.5, -20.0), (0.5, 2.81, 2.56), &[]),
            ((0.5, -20.0), (0.5, 2.79, 2.56), &[SpeechSuffered]),
            ((0.5, -20.0), (0.5, 3.0, 2.54), &[NotBetter]),
            ((0.5, -20.0), (0.26, 3.0, 2.56), &[]),
            ((0.5, -20.0), (0.24, 3.0, 2.56), &[SpeechRemoved]),
            ((0.5, -49.0), (0.5, 3.0, 2.56), &[]),
            ((0.5, -51.0), (0.5, 3.0, 2.56), &[VeryQuiet]),
            (
                (0.5, f64::NAN),
                (0.1, 2.0, 2.0),
                &[SpeechRemoved, SpeechSuffered, VeryQuiet, NotBetter],
            ),
            ((0.11, -20.0), (0.11, 2.0, 2.0), &[SpeechSuffered, NotBetter]),
            ((0.09, f64::NAN), (0.0, 2.0, 2.0), &[LittleSpeech]),
        ];
        for ((share, loudness), (left, signal, overall), expected) in cases {
            let before = measures(share, 3.0, 2.5, loudness);
            let after = measures(left, signal, overall, loudness);
            assert_eq!(codes(before, after), expected, "{share} {left} {signal} {overall}");
        }
    }

    #[test]
    fn speech_that_is_rare_counts_where_it_was_rated() {
        // 40 s in 10 minutes, and half of the rated windows.
        let rare = measures(0.067, 3.0, 2.5, -20.0);
        let rated = |before: Measures| Measures { rated_speech_share: 0.5, ..before };
        let after = measures(0.067, 3.0, 2.56, -20.0);
        assert_eq!(codes(rated(rare.clone()), rated(after.clone())), []);
        assert_eq!(codes(rare, after), [FindingCode::LittleSpeech]);
    }

    #[test]
    fn without_samples_there_is_nothing_to_say() {
        let none = Measures { scores: None, ..measures(0.0, 1.0, 1.0, -20.0) };
        assert_eq!(codes(none.clone(), none), []);
    }
}
