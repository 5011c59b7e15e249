//! Conversion of errors for the interface.

use enhancer_core::Error;

use super::bindings::exports::enhancer::audio::types;

/// For `map_err` on the core.
pub(crate) fn core(error: Error) -> types::Error {
    types::Error { code: error.code().to_string(), message: error.to_string() }
}
