#![doc = include_str!("../README.md")]

mod contained;
mod error;
pub mod passthrough_model;
pub mod saved_model;
mod staging;
pub mod tflite;

pub use error::ExportError;
