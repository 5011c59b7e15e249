//! Levelling: brings talkers who are near and far, or loud and quiet, to the same loudness.
//!
//! It takes two passes. The first ([`Listener`]) finds where there is speech and how loud it is.
//! From that a gain follows for each turn (`turns.rs`), and a [`Curve`] of gains for all hops. The
//! second pass ([`Evened`]) applies them. Noise is raised only within half a second of speech that
//! is raised.

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

/// Hops per second. Each hop has one loudness and one gain.
const HOPS_PER_SECOND: u64 = 10;
