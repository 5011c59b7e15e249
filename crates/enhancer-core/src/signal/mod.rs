//! Processing of samples before and after the model.

mod chain;
mod controls;
mod finishing;
mod gain;
pub(crate) mod leveller;
#[cfg(feature = "loudness")]
mod loss;
#[cfg(not(feature = "loudness"))]
#[path = "no_loss.rs"]
mod loss;
pub(crate) mod loudness;
mod mix;
mod passes;
pub(crate) mod speech;

pub(crate) use chain::{SignalPath, finite};
pub use controls::{Controls, InputGain, Output};
pub use finishing::{Finished, Finishing, NotLevelled};
pub(crate) use gain::Gain;
pub(crate) use loss::Loss;
pub(crate) use mix::{Blend, Mixer};
pub(crate) use passes::read_async;
