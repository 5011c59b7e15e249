//! Processing that needs the whole result: levelling, then the loudness.

use super::loudness::{Loudness, Reached};

/// Processing that needs the whole result. It takes further passes, which are quick.
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
    /// Why the result was not levelled, if levelling was requested and it was not.
    pub not_levelled: Option<NotLevelled>,
}

/// Why a result was not levelled although that was requested.
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
