#![doc = include_str!("../README.md")]

mod app;
mod enhancement;
mod files;
mod problem;
mod routes;
mod serve;
mod settings;
mod webhook;

pub use serve::serve;
pub use settings::ServeSettings;
