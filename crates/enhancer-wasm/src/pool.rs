//! The pool of web workers.

use std::sync::atomic::{AtomicBool, Ordering};

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::error::js_error;

static STARTED: AtomicBool = AtomicBool::new(false);

/// Starts the web workers that all enhancers share; to be awaited once, before
/// the first enhancer is made.
///
/// # Errors
/// Rejects with an `Error` whose `code` is `workers` if they were started
/// already, `invalid_value` if `count` is 0 or above 1024, or with what the
/// browser says if it cannot start them.
#[wasm_bindgen(js_name = startWorkers)]
pub async fn start_workers(count: usize) -> Result<(), JsValue> {
    if !(1..=1024).contains(&count) {
        let message = format!("the number of workers is {count}, expected 1 to 1024");
        return Err(js_error("invalid_value", &message));
    }
    if STARTED.load(Ordering::Relaxed) {
        return Err(js_error("workers", "the web workers were started already"));
    }
    JsFuture::from(wasm_bindgen_rayon::init_thread_pool(count)).await?;
    STARTED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Checks that the workers are there. To ask rayon would set up a pool without
/// threads, for good.
pub(crate) fn check() -> Result<(), JsValue> {
    if STARTED.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(js_error("workers", "there are no web workers yet: await startWorkers(count) first"))
}
