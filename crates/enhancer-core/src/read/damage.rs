//! The report on a damaged recording that can still be used.

use std::fmt;

use serde::Serialize;

/// Damage in a source that was read anyway. Missing parts became silence, or are cut off at
/// the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Damage {
    /// The position of the first damage in the audio, in seconds.
    pub at_seconds: f64,
    /// What is damaged there.
    pub reason: String,
    /// The number of damaged places, including this one.
    pub places: u64,
}

impl Damage {
    /// Creates a report with one damaged place.
    pub fn new(at_seconds: f64, reason: impl Into<String>) -> Damage {
        Damage { at_seconds, reason: reason.into(), places: 1 }
    }

    /// Notes another damaged place. Only the first one is reported in detail.
    pub(super) fn note(damage: &mut Option<Damage>, at_seconds: f64, reason: String) {
        match damage {
            Some(damage) => damage.places += 1,
            None => *damage = Some(Damage { at_seconds, reason, places: 1 }),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "damaged at {:.2} s: {}", self.at_seconds, self.reason)?;
        match self.places {
            0 | 1 => Ok(()),
            more => write!(f, " (the first of {more} places)"),
        }
    }
}
