#![doc = include_str!("../README.md")]

mod admission;
mod client;
mod data_root;
mod docs;
mod enhancement;
mod files;
mod forwarded;
mod jobs;
mod listener;
mod middleware;
mod network;
mod page;
mod places;
mod problem;
mod rate;
mod readiness;
mod room;
mod router;
mod routes;
mod runtime;
mod serve;
mod settings;
mod spool;
mod state;
mod upload;
mod webhook;
mod work;

pub use router::openapi;
pub use serve::serve;
pub use settings::{ServeSettings, WorkerSettings};
pub use work::work;
