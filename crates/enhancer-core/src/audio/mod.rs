//! Audio: its samples, its storage formats and its peaks.

#[cfg(any(feature = "aac", feature = "media"))]
pub(crate) mod atoms;
pub(crate) mod channel_order;
mod container;
mod format;
mod pcm;
mod peaks;
mod planes;
#[cfg(feature = "resampling")]
mod resample;
#[cfg(not(feature = "resampling"))]
#[path = "no_resample.rs"]
mod resample;
pub(crate) mod riff;
mod sample_format;

pub use container::Container;
pub use format::{AudioFormat, take_format};
pub(crate) use pcm::Pcm;
pub use peaks::Peaks;
pub use planes::{Audio, Planes};
pub(crate) use planes::{BLOCK, append, check_planes, duration, plane_len};
pub(crate) use resample::Resampler;
pub use sample_format::SampleFormat;
