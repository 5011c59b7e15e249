//! The pool of web workers.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU8, Ordering};

use enhancer_core::{Engine, ErrorCode};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::error::{js_error, to_js};
pub(crate) use crate::listener::turn as next_turn;

/// More would leave no room for audio, because each has a stack in the shared memory.
const MAX_WORKERS: usize = 64;

const NONE: u8 = 0;
const STARTING: u8 = 1;
const STARTED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(NONE);

/// Starts the web workers that all enhancers share. It must be awaited once, before the first
/// enhancer is created.
///
/// # Errors
/// Rejects with an `Error` with the `code` `workers` if they were already started, or
/// `invalid_value` if `count` is 0 or above 64, or with the browser's error if it cannot start
/// them.
#[wasm_bindgen(js_name = startWorkers)]
pub async fn start_workers(count: usize) -> Result<(), JsValue> {
    if !(1..=MAX_WORKERS).contains(&count) {
        let message = format!("the number of workers is {count}, expected 1 to {MAX_WORKERS}");
        return Err(js_error(ErrorCode::InvalidValue, &message));
    }
    // A second call may come while the first is running.
    if STATE.compare_exchange(NONE, STARTING, Ordering::SeqCst, Ordering::SeqCst).is_err() {
        return Err(js_error(ErrorCode::Workers, "the web workers are already started"));
    }
    let started = JsFuture::from(wasm_bindgen_rayon::init_thread_pool(count)).await;
    STATE.store(if started.is_ok() { STARTED } else { NONE }, Ordering::SeqCst);
    started.map(|_| ())
}

/// Checks that the workers were started. Asking rayon would create a pool without threads, for
/// good.
pub(crate) fn check() -> Result<(), JsValue> {
    if STATE.load(Ordering::SeqCst) == STARTED {
        return Ok(());
    }
    Err(js_error(
        ErrorCode::Workers,
        "the web workers are not started: await startWorkers(count) first",
    ))
}

/// Returns a promise for the outcome of a job.
pub(crate) fn promise(job: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    // Nothing that a panicking job leaves behind is used again.
    future_to_promise(AssertUnwindSafe(job))
}

/// Creates an engine on the pool, with at most this many tasks at once.
pub(crate) fn engine(workers: Option<usize>) -> Result<Engine, JsValue> {
    Engine::new(workers).map_err(|error| to_js(&error))
}
