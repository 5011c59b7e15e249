#![doc = include_str!("../README.md")]

mod app;
mod enhancement;
mod jobs;
mod problem;
mod routes;
mod serve;
mod settings;

pub use serve::serve;
pub use settings::ServeSettings;
