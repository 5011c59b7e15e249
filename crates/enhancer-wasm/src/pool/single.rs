//! No pool: the thread that calls does the work.

use std::cell::Cell;

use enhancer_core::{Engine, Error, ErrorKind};
use js_sys::Date;
use wasm_bindgen::JsValue;

use crate::error::to_js;
use crate::listener::turn;

/// How long the event loop may have to wait for its turn, in milliseconds. Timers that
/// follow each other wait 4 ms, in which nobody would work: less would waste more.
const MAX_WAIT: f64 = 40.0;

/// There is nothing to start.
pub(crate) fn check() -> Result<(), JsValue> {
    Ok(())
}

/// An engine that works without threads. `workers` is checked as it is where there are.
pub(crate) fn engine(workers: Option<usize>) -> Result<Engine, JsValue> {
    if workers == Some(0) {
        let name = "the number of workers";
        let wrong =
            ErrorKind::InvalidValue { name, expected: "1 or more".into(), actual: "0".into() };
        return Err(to_js(&Error::from(wrong)));
    }
    Ok(Engine::inline())
}

thread_local! {
    /// When the event loop had its last turn, in milliseconds since 1970.
    static LAST_TURN: Cell<f64> = const { Cell::new(0.0) };
}

/// Lets the worker's event loop turn, if that had to wait long enough.
pub(crate) async fn next_turn() {
    let waited = Date::now() - LAST_TURN.get();
    // The clock may have been set back.
    if (0.0..MAX_WAIT).contains(&waited) {
        return;
    }
    turn().await;
    LAST_TURN.set(Date::now());
}
