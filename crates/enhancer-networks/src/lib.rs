//! Runs the networks of speech enhancement.
//!
//! A graph is *compiled* once into a flat list of kernels over a few buffers. To run it
//! allocates nothing, and copies nothing from operator to operator. What a product is
//! followed by is done while its results are still in registers; slices and new shapes
//! are other views of the same numbers.
//!
//! The first dimension of all tensors is that of the *rows*: lanes or steps that are
//! computed side by side and know nothing of each other. A program runs any number of
//! them.

mod compile;
mod kernels;
mod program;
mod view;

pub use compile::{Unsupported, Use, compile};
pub use kernels::use_instructions;
pub use program::{Program, Run};
