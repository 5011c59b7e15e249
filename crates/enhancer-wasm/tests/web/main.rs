//! The binding in a headless browser: in a dedicated worker, with a pool of two.

#![cfg(target_arch = "wasm32")]

mod support;

// What the pool of web workers promises.
mod pool;
// Files through the passthrough model: results, progress, cancelling, limits.
mod sessions;
// Files of the browser as sources and as results.
mod files;
// Takes and what is rendered of them.
mod takes;
// Options and controls, and those that do not fit.
mod options;
// From bytes and folders to models.
mod models;
// Models that are fetched once.
mod download;
// The real models, beside what they give natively.
mod real;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
