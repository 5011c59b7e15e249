//! One module a path: its handler, what it takes and what it answers.

mod binary;
pub(crate) mod enhance;
pub(crate) mod enhance_file;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod metrics;
pub(crate) mod models;
