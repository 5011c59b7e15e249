//! The pool of web workers.

use std::panic::catch_unwind;

use enhancer_wasm::start_workers;
use wasm_bindgen_test::*;

use crate::support::*;

#[wasm_bindgen_test]
async fn both_threads_of_the_pool_work() {
    let enhancer = enhancer().await;
    // A thread that wakes late may miss a short file: give it some to come.
    for _ in 0..50 {
        bytes(enhancer.enhance(file(SAMPLE), object(RAW), None, None)).await;
        if enhancer.tasks_by_worker().iter().all(|&tasks| tasks > 0) {
            return;
        }
    }
    panic!("tasks by worker: {:?}", enhancer.tasks_by_worker());
}

#[wasm_bindgen_test]
async fn workers_are_started_once() {
    enhancer().await;
    assert_eq!(details(&start_workers(2).await.unwrap_err()).0, "workers");
    assert_eq!(details(&start_workers(0).await.unwrap_err()).0, "invalid_value");
}

/// The build's flags let panics unwind, on which the isolation of sessions rests.
#[wasm_bindgen_test]
async fn panics_on_pool_threads_are_caught() {
    enhancer().await;
    for _ in 0..10 {
        let caught = rayon::join(|| catch_unwind(|| panic!("caught")).is_err(), || true);
        assert_eq!(caught, (true, true));
    }
}
