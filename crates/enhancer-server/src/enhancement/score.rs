//! How listeners would rate a recording before and after.

use enhancer_core::{Comparison, Measures};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How listeners would rate the recording before and after, if the request asked for it
/// with `score`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Score {
    /// The recording as it was read.
    before: Measured,
    /// The result before it was encoded.
    after: Measured,
    /// Findings that the user should know. Empty if the result is better.
    findings: Vec<Finding>,
}

/// What was measured. The scores go from 1 (bad) to 5 (excellent), as ITU-T P.835 asks listeners;
/// the network DNSMOS predicts them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Measured {
    /// The speech itself; 5 is not distorted. Null for a recording without samples.
    #[schema(required, example = 3.2)]
    signal: Option<f64>,
    /// The noise behind it; 5 is not noticeable.
    #[schema(required, example = 4.1)]
    background: Option<f64>,
    /// Speech and noise together.
    #[schema(required, example = 2.9)]
    overall: Option<f64>,
    /// The number of windows of 9.01 s that were rated. The scores are means over them.
    #[schema(example = 6)]
    windows: usize,
    /// The integrated loudness in LUFS. Null for silence and for less than 0.4 s.
    #[schema(required, example = -20.3)]
    loudness: Option<f64>,
    /// The true peak in dBTP. Null for silence.
    #[schema(required, example = -1.2)]
    true_peak: Option<f64>,
    /// The share of speech in the recording, from 0 to 1.
    #[schema(minimum = 0, maximum = 1, example = 0.8)]
    speech_share: f64,
}

/// Something that the scores show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Finding {
    /// A stable name: `little_speech`, the scores mean nothing; `speech_removed`, perhaps it is
    /// music; `speech_suffered`; `very_quiet`; `not_better`. Later versions may have more.
    #[schema(example = "not_better")]
    code: String,
    /// What happened and what to try. For people.
    text: String,
}

impl From<&Comparison> for Score {
    fn from(comparison: &Comparison) -> Score {
        let findings = comparison.findings().into_iter();
        Score {
            before: Measured::from(&comparison.before),
            after: Measured::from(&comparison.after),
            findings: findings.map(Finding::from).collect(),
        }
    }
}

impl From<&Measures> for Measured {
    fn from(measures: &Measures) -> Measured {
        let scores = measures.scores;
        Measured {
            signal: scores.map(|scores| scores.signal),
            background: scores.map(|scores| scores.background),
            overall: scores.map(|scores| scores.overall),
            windows: measures.windows,
            loudness: measures.loudness,
            true_peak: measures.true_peak,
            speech_share: measures.speech_share,
        }
    }
}

impl From<enhancer_core::Finding> for Finding {
    fn from(finding: enhancer_core::Finding) -> Finding {
        Finding { code: finding.code.to_string(), text: finding.text }
    }
}
