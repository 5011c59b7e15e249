//! The loudness of the result: measured over all of it, then brought to a target.

mod levelled;
mod limiter;
#[cfg(feature = "loudness")]
mod meter;
#[cfg(not(feature = "loudness"))]
#[path = "no_meter.rs"]
mod meter;
mod reach;
#[cfg(test)]
mod tests;
mod true_peak;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

pub(crate) use levelled::Levelled;
pub use meter::LoudnessMeter;
#[cfg(feature = "loudness")]
pub(crate) use meter::ebur128;
pub use reach::Reached;
pub(crate) use reach::{Reread, reach_async};
pub(crate) use true_peak::{LAG, TruePeak};

/// An integrated loudness to bring audio to, as EBU R 128 measures it: above -70, at
/// most -5 LUFS. Customary are -23 in broadcasting, -16 for podcasts, -14 for streaming.
///
/// The whole audio gets one gain, 40 dB at most. Where that would lift it above a true
/// peak of -1 dBTP, a limiter lowers it for a moment. The gain is chosen so that the limited
/// result has the target loudness, within 0.1 LU; it is at most 12 dB above the gain that
/// would be enough without a limiter, and [`Reached`] says what the loudness is if that does
/// not suffice. Audio below -70 LUFS, or shorter than 0.4 s, stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "number"))]
#[serde(try_from = "f32", into = "f32")]
pub struct Loudness(f32);

impl Loudness {
    /// Creates a target in LUFS.
    ///
    /// # Errors
    /// `InvalidValue` if it is not above -70 and at most -5.
    ///
    /// ```
    /// use enhancer_core::Loudness;
    /// assert_eq!(Loudness::new(-16.0)?.lufs(), -16.0);
    /// assert!(Loudness::new(0.0).is_err());
    /// # Ok::<(), enhancer_core::Error>(())
    /// ```
    pub fn new(lufs: f32) -> Result<Loudness, Error> {
        if lufs > -70.0 && lufs <= -5.0 {
            return Ok(Loudness(lufs));
        }
        Err(Error::invalid("the loudness", RANGE, format!("{lufs} LUFS")))
    }

    /// The target in LUFS.
    pub fn lufs(self) -> f32 {
        self.0
    }
}

const RANGE: &str = "above -70, at most -5 LUFS";

/// The error for an option that needs the feature `loudness` in a build without it.
pub(crate) fn without_loudness(name: &'static str, actual: impl ToString) -> Error {
    let expected = "none, since this program was compiled without the feature `loudness` of \
                    enhancer-core";
    Error::invalid(name, expected, actual)
}

impl TryFrom<f32> for Loudness {
    type Error = Error;

    fn try_from(lufs: f32) -> Result<Self, Error> {
        Loudness::new(lufs)
    }
}

impl From<Loudness> for f32 {
    fn from(loudness: Loudness) -> f32 {
        loudness.0
    }
}

impl fmt::Display for Loudness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Loudness {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lufs = text.parse().map_err(|_| Error::invalid("the loudness", RANGE, text))?;
        Loudness::new(lufs)
    }
}
