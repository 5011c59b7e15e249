//! Runs neural networks for speech enhancement: `.tflite` files or compiled networks in,
//! numbers out.
//!
//! A file is *read* into a graph. Operators that the reader does not support are rewritten
//! (`tflite`). A [`Network`] is *partitioned* into pieces: some need the result of the previous
//! step, the others run for many steps at once (`network`). Each piece is *compiled* once into a
//! flat list of kernels over a few buffers, a [`Program`] (`compile`, `program`). Running a program
//! allocates nothing and copies nothing between operators. Operations that follow a product are
//! applied while its results are still in registers. Slices and new shapes are views of the same
//! numbers (`view`). The kernels use the machine's vector instructions (`kernels`).
//!
//! The first dimension of all tensors is that of the *rows*: independent lanes or steps that are
//! computed side by side. A program runs any number of rows.

#[cfg(feature = "tflite")]
mod tflite;

mod network;

#[cfg(feature = "tflite")]
mod compile;
#[cfg(feature = "tflite")]
mod view;

mod plan;
mod program;

mod kernels;

mod error;
pub mod panics;

pub use error::{Error, Result};
pub use kernels::use_instructions;
pub use network::{Network, Run, TensorInfo};
pub use program::{Program, Run as ProgramRun};
#[cfg(all(feature = "tflite", any(test, feature = "fixture")))]
#[doc(hidden)]
pub use tflite::fixture;
#[cfg(feature = "tflite")]
pub use tflite::rewritten;
