//! Levelling: talkers who are near and far, or loud and quiet, are brought to one loudness.
//!
//! Two passes: the first ([`Listener`]) hears where there is speech and how loud it is, the second
//! ([`Evened`]) applies the gains that follow ([`Curve`]): one for each turn (`turns.rs`). Noise is
//! raised only within half a second of speech that is raised.

mod curve;
mod evened;
#[cfg(feature = "loudness")]
mod listener;
#[cfg(not(feature = "loudness"))]
#[path = "no_listener.rs"]
mod listener;
#[cfg(test)]
mod tests;
mod turns;

pub(crate) use curve::Curve;
pub(crate) use evened::Evened;
pub(crate) use listener::Listener;

/// Hops of a second. In each, the loudness is measured once, and the gain is given once.
const HOPS_PER_SECOND: u64 = 10;
