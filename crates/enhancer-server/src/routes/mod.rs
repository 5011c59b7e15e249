//! One module for each path: its handler, request and response.

mod binary;
pub(crate) mod enhance;
pub(crate) mod enhance_file;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod metrics;
pub(crate) mod models;
