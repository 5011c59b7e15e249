#![doc = include_str!("../README.md")]

mod app;
mod enhancement;
mod files;
mod jobs;
mod problem;
mod routes;
mod serve;
mod settings;
mod webhook;
mod work;

pub use serve::serve;
pub use settings::{ServeSettings, WorkerSettings};
pub use work::work;
