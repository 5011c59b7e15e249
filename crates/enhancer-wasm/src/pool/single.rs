//! No pool: the calling thread does the work.

use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use async_task::Runnable;
use enhancer_core::{Engine, Error, ErrorCode, ErrorKind};
use js_sys::{Date, Function, Promise};
use wasm_bindgen::prelude::*;

use crate::error::{js_error, to_js};
use crate::listener::turn;

/// The maximum time that the event loop waits for its turn, in milliseconds. Consecutive timers wait
/// 4 ms, in which nothing would run, so a shorter time would waste more.
const MAX_WAIT: f64 = 40.0;

/// The maximum number of consecutive skipped turns. Cloudflare stops the clock while a Worker
/// computes.
const MAX_PASSES: u32 = 4;

/// Nothing has to be started.
pub(crate) fn check() -> Result<(), JsValue> {
    Ok(())
}

/// Creates an engine without threads. `workers` is checked as in the module with threads.
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
    /// The time of the event loop's last turn, in milliseconds since 1970, and the number of
    /// skipped turns since then.
    static LAST_TURN: Cell<(f64, u32)> = const { Cell::new((0.0, 0)) };
}

/// Lets the worker's event loop run, if it has waited long enough.
pub(crate) async fn next_turn() {
    let (last, passes) = LAST_TURN.get();
    // The clock may have been set back.
    if passes < MAX_PASSES && (0.0..MAX_WAIT).contains(&(Date::now() - last)) {
        LAST_TURN.set((last, passes + 1));
        return;
    }
    turn().await;
    LAST_TURN.set((Date::now(), 0));
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(task: &JsValue);
}

/// Returns a promise for the outcome of a job. The one of wasm-bindgen-futures would wait for other
/// threads, which requires shared memory.
pub(crate) fn promise(job: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let job = AssertUnwindSafe(Cell::new(Some(job)));
    Promise::new(&mut |resolve, reject| {
        if let Some(job) = job.take() {
            spawn(settle(job, resolve, reject));
        }
    })
}

/// Runs a job and settles its promise.
async fn settle(
    job: impl Future<Output = Result<JsValue, JsValue>>,
    resolve: Function,
    reject: Function,
) {
    let mut job = pin!(job);
    let outcome = poll_fn(|context| {
        // Nothing that a panicking job leaves behind is used again.
        catch_unwind(AssertUnwindSafe(|| job.as_mut().poll(context))).unwrap_or_else(|_| {
            Poll::Ready(Err(js_error(ErrorCode::Internal, "the work panicked")))
        })
    })
    .await;
    // Settling a promise cannot fail.
    let _ = match outcome {
        Ok(value) => resolve.call1(&JsValue::UNDEFINED, &value),
        Err(error) => reject.call1(&JsValue::UNDEFINED, &error),
    };
}

/// Runs a future in turns of the event loop.
fn spawn(future: impl Future<Output = ()> + 'static) {
    let schedule = |runnable: Runnable| {
        let run = move || {
            runnable.run();
        };
        queue_microtask(&Closure::once_into_js(AssertUnwindSafe(run)));
    };
    let (runnable, task) = async_task::spawn_local(future, schedule);
    runnable.schedule();
    task.detach();
}
