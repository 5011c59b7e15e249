//! Where a recording has speech.

#[cfg(feature = "loudness")]
mod detector;
#[cfg(not(feature = "loudness"))]
#[path = "no_detector.rs"]
mod detector;
mod mono;

pub(crate) use detector::Speech;
pub(crate) use mono::Mono;

/// The rate in Hz at which networks hear.
pub(crate) const SAMPLE_RATE: u32 = 16_000;

/// Samples that the detector takes at once: 16 ms.
pub(crate) const FRAME: usize = 256;
