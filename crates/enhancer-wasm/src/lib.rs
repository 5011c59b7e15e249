#![doc = include_str!("../README.md")]
#![cfg(target_arch = "wasm32")]

mod abort;
mod error;
mod job;
mod options;
mod pool;

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use enhancer_core::{AudioEnhancer, Model};
use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use error::to_js;
pub use pool::start_workers;

use options::{EnhanceOptions, EnhancerOptions, read_options};

/// Enhances files by one model on the page's pool of web workers.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Enhancer {
    // A panic leaves it usable: its locks guard data that is whole at any time.
    enhancer: AssertUnwindSafe<Rc<AudioEnhancer>>,
    sessions: AssertUnwindSafe<Cell<u32>>,
}

#[wasm_bindgen]
impl Enhancer {
    /// An enhancer that runs the model in these bytes, a `.tflite` file.
    ///
    /// # Errors
    /// An `Error` with a `code`: `corrupt_model`, `unsupported_model`,
    /// `limit_exceeded`, `invalid_value`, or `workers` if `startWorkers` was not
    /// awaited before.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: Vec<u8>,
        #[wasm_bindgen(unchecked_optional_param_type = "EnhancerOptions")] options: JsValue,
    ) -> Result<Enhancer, JsValue> {
        pool::check()?;
        let options: EnhancerOptions = read_options(options)?;
        let enhancer = Model::from_tflite(&model)
            .and_then(|model| AudioEnhancer::new(model, options.workers))
            .map_err(|error| to_js(&error))?;
        Ok(Enhancer {
            enhancer: AssertUnwindSafe(Rc::new(enhancer)),
            sessions: AssertUnwindSafe(Cell::new(0)),
        })
    }

    /// How many of the pool's threads it uses at the most.
    #[wasm_bindgen(getter)]
    pub fn workers(&self) -> usize {
        self.enhancer.workers()
    }

    /// How many tasks each thread of the pool has done for it.
    #[wasm_bindgen(getter, js_name = tasksByWorker)]
    pub fn tasks_by_worker(&self) -> Vec<u32> {
        self.enhancer.tasks_by_worker().into_iter().map(|tasks| tasks as u32).collect()
    }

    /// Enhances a file and resolves to the bytes of the result, in the format of
    /// the input. Both are held in memory as a whole, so a file may have 128 MiB
    /// at the most, all files under way 192 MiB. `on_progress` is called with how far it is, in samples of one
    /// channel; what it throws ends the session. `signal` cancels it.
    ///
    /// # Errors
    /// Rejects with what `on_progress` threw, or with an `Error` that has a
    /// `code`: `unsupported_audio`, `corrupt_audio`, `limit_exceeded`,
    /// `invalid_value`, `session_exists`, `cancelled`, `inference` or
    /// `worker_panicked`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Uint8Array>")]
    pub fn enhance(
        &self,
        source: Uint8Array,
        #[wasm_bindgen(unchecked_optional_param_type = "EnhanceOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "(progress: Progress) => void")]
        on_progress: Option<Function>,
        #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal")] signal: Option<AbortSignal>,
    ) -> Promise {
        let number = self.sessions.get();
        self.sessions.set(number.wrapping_add(1));
        let enhancer = self.enhancer.clone();
        let job = async move {
            let options: EnhanceOptions = read_options(options)?;
            let job = job::Job { source, options, number, on_progress, signal };
            job.run(&enhancer).await
        };
        wasm_bindgen_futures::future_to_promise(AssertUnwindSafe(job))
    }
}
