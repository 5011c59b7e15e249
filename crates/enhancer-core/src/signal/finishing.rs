//! What is done to a result when all of it is known: levelling, then the loudness.

use super::loudness::{Loudness, Reached};

/// What is done to a result when all of it is known. That takes further passes, quick ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Finishing {
    /// See [`EnhanceOptions::level`](crate::EnhanceOptions::level).
    pub level: bool,
    /// See [`EnhanceOptions::loudness`](crate::EnhanceOptions::loudness).
    pub loudness: Option<Loudness>,
}

/// The outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Finished {
    /// The loudness that was reached, if one was requested.
    pub loudness: Option<Reached>,
    /// Why it stayed as it was, if it was to be levelled and did.
    pub not_levelled: Option<NotLevelled>,
}

/// Why a result stayed as it was that was to be levelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotLevelled {
    /// It has no samples.
    Empty,
    /// It is silent.
    Silent,
    /// It has less than a second of speech.
    TooLittleSpeech,
}

impl Finishing {
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Finishing::default()
    }
}
