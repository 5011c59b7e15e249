//! Finds where a recording has speech.

#[cfg(feature = "loudness")]
mod detector;
#[cfg(not(feature = "loudness"))]
#[path = "no_detector.rs"]
mod detector;
mod mono;

pub(crate) use detector::Speech;
pub(crate) use mono::Mono;

/// The sample rate in Hz of the detector and of DNSMOS.
pub(crate) const SAMPLE_RATE: u32 = 16_000;

/// Samples per frame of the detector: 16 ms.
pub(crate) const FRAME: usize = 256;
