#![doc = include_str!("../README.md")]

mod admission;
mod app;
mod attachment;
mod enhancement;
mod listener;
mod middleware;
mod problem;
mod routes;
mod serve;
mod settings;
mod spool;
mod upload;

pub use serve::serve;
pub use settings::ServeSettings;
