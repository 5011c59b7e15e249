//! Levelling: talkers who are near and far, or loud and quiet, are brought to one loudness.
//!
//! Two passes: the first ([`Listener`]) hears where there is speech and how loud it is, the second
//! ([`Evened`]) applies the gains that follow ([`Curve`]). Between talkers the gain is that of no
//! change, so that the noise there is not raised.

mod curve;
mod evened;
mod listener;
#[cfg(test)]
mod tests;

pub(crate) use curve::Curve;
pub(crate) use evened::Evened;
pub(crate) use listener::Listener;

/// Hops of a second. In each, the loudness is measured once, and the gain is given once.
const HOPS_PER_SECOND: u64 = 10;
