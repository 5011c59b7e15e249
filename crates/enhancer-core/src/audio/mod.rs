//! Audio: its samples, how they are stored, and how they look.

pub(crate) mod channel_order;
mod format;
mod peaks;
mod planes;

pub use format::{AudioFormat, Container, Destination, SampleFormat};
pub use peaks::Peaks;
pub use planes::{Audio, Planes};
pub(crate) use planes::{BLOCK, append, check_planes, duration, plane_len};
