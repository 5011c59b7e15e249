#![doc = include_str!("../README.md")]

mod compile;
mod contained;
pub mod deepfilternet3;
pub mod dnsmos;
pub mod dtln;
mod error;
mod import;
mod model_folder;
mod network;
pub mod passthrough_model;
pub mod saved_model;
mod staging;
pub mod tflite;
mod weights;

pub use compile::compile;
pub use error::ExportError;
pub use import::import;
pub use model_folder::Precision;
