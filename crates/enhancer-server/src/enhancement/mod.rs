//! The one place where audio is enhanced: from a file to a file, on threads that may block. The
//! work is cancelled when its caller no longer waits for it.

mod engine;
mod fields;
mod names;
mod options;
mod run;
mod score;
mod warning;

pub(crate) use engine::{Engine, ModelInfo};
pub(crate) use fields::{OptionFields, typed};
pub(crate) use options::Options;
pub(crate) use run::{Done, Task, enhance};
pub(crate) use score::Score;
pub(crate) use warning::Warning;
