//! Jobs: enhancements that outlive the request, the process and the power.

mod artefacts;
mod queue;
mod store;
