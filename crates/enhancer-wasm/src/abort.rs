//! Cancellation with an `AbortSignal`.

use std::panic::AssertUnwindSafe;

use enhancer_core::CancelToken;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

/// Cancels a token when a signal is aborted, for as long as this lives.
pub(crate) struct AbortListener {
    signal: AbortSignal,
    on_abort: Closure<dyn FnMut()>,
}

impl AbortListener {
    pub(crate) fn new(signal: AbortSignal, cancel: CancelToken) -> Result<AbortListener, JsValue> {
        if signal.aborted() {
            cancel.cancel();
        }
        // Cancelling changes nothing that a panic could leave inconsistent.
        let cancel = AssertUnwindSafe(cancel);
        let on_abort = Closure::new(move || cancel.cancel());
        signal.add_event_listener_with_callback("abort", on_abort.as_ref().unchecked_ref())?;
        Ok(AbortListener { signal, on_abort })
    }
}

impl Drop for AbortListener {
    fn drop(&mut self) {
        let on_abort = self.on_abort.as_ref().unchecked_ref();
        // It does not matter if the listener is already gone.
        let _ = self.signal.remove_event_listener_with_callback("abort", on_abort);
    }
}
