#![doc = include_str!("../README.md")]

mod audio;
mod decode;
mod encode;
mod enhancer;
mod error;
mod format;
mod limits;
mod model;
mod panics;
mod pipeline;
mod plan;
mod riff;
mod segment;

// In the order in which audio passes through.
pub use audio::{Audio, Planes};
pub use decode::{AudioReader, open, read_all};
pub use encode::{AudioWriter, create};
pub use enhancer::{AudioEnhancer, Canceller, Priority, Progress, Session, SessionOptions};
pub use error::{Error, ErrorKind, Result};
pub use format::{AudioFormat, Container, SampleFormat};
pub use limits::Limits;
pub use model::{Model, Stream};
pub use panics::panics_are_contained;
pub use pipeline::{Summary, enhance, enhance_async};
