//! Reports progress to the caller, and lets the worker's event loop run.

use std::cell::RefCell;

use enhancer_core::{CancelToken, Progress};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::WorkerGlobalScope;

/// The caller's progress callback. An error that it throws cancels the work.
pub(crate) struct Listener {
    callback: Option<Function>,
    cancel: CancelToken,
    thrown: RefCell<Option<JsValue>>,
}

impl Listener {
    pub(crate) fn new(callback: Option<Function>, cancel: CancelToken) -> Listener {
        Listener { callback, cancel, thrown: RefCell::new(None) }
    }

    /// Reports the progress, and the peaks if there are any.
    pub(crate) fn report(&self, progress: Progress, peaks: Option<Object>) {
        let Some(callback) = &self.callback else {
            return;
        };
        let event = serde_wasm_bindgen::to_value(&progress).unwrap_or(JsValue::UNDEFINED);
        if let Some(peaks) = peaks {
            // Setting a property of a new ordinary object cannot fail.
            let _ = Reflect::set(&event, &"peaks".into(), &peaks);
        }
        if let Err(thrown) = callback.call1(&JsValue::UNDEFINED, &event) {
            self.thrown.replace(Some(thrown));
            self.cancel.cancel();
        }
    }

    /// Returns the error that the callback threw, if any.
    pub(crate) fn check(&self) -> Result<(), JsValue> {
        self.thrown.take().map_or(Ok(()), Err)
    }
}

/// Lets the worker's event loop run: other sessions, messages, signals. A resolved promise would
/// not be enough, because its turn comes first.
pub(crate) async fn turn() {
    let worker: WorkerGlobalScope = js_sys::global().unchecked_into();
    let mut set_timeout = |resolve: Function, reject: Function| {
        if let Err(error) = worker.set_timeout_with_callback(&resolve) {
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    };
    // Without timers there is no turn to wait for, and the work continues.
    let _ = JsFuture::from(Promise::new(&mut set_timeout)).await;
}
