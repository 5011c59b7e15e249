//! Runs the networks of speech enhancement: `.tflite` in, numbers out.
//!
//! A file is *read* into a graph, whose operators are rewritten where the reader lacks them
//! (`tflite`). A [`Network`] is *partitioned* into pieces: those that wait for the step before, and
//! those that run for many steps at once (`network`). Each piece is *compiled* once into a flat
//! list of kernels over a few buffers, a [`Program`] (`compile`, `program`). To run it allocates
//! nothing, and copies nothing from operator to operator. What a product is followed by is done
//! while its results are still in registers; slices and new shapes are other views of the same
//! numbers (`view`). The kernels use the instructions of the machine (`kernels`).
//!
//! The first dimension of all tensors is that of the *rows*: lanes or steps that are computed side
//! by side and know nothing of each other. A program runs any number of them.

mod tflite;

mod network;

mod compile;
mod view;

mod program;

mod kernels;

mod error;
pub mod panics;

pub use error::{Error, Result};
pub use kernels::use_instructions;
pub use network::{Network, Run, TensorInfo};
pub use program::{Program, Run as ProgramRun};
#[cfg(any(test, feature = "fixture"))]
#[doc(hidden)]
pub use tflite::fixture;
pub use tflite::rewritten;
