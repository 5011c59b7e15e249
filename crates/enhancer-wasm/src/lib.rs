#![doc = include_str!("../README.md")]
#![cfg(target_arch = "wasm32")]

mod abort;
mod blob;
mod download;
mod error;
mod job;
mod listener;
mod model;
mod options;
mod pool;
mod rater;
mod render;
mod sink;
mod take;

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use enhancer_core::{AudioEnhancer, Model};
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, FileSystemSyncAccessHandle};

pub use model::model_files;
#[cfg(feature = "threads")]
pub use pool::start_workers;
pub use rater::Rater;
pub use render::Take;

use options::{EnhancerOptions, read_options};

/// The types in the declarations. They build on those that are generated from the core.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
import type {
  CompareOptions, Comparison, EnhanceOptions, Enhanced, EnhancerOptions, MeasureOptions, Measures,
  ModelFolder, Progress, RenderOptions, Rendered, TakeOptions, TakeProgress, Taken,
} from "../../js/engine/binding.js";
"#;

/// Enhances files with one model: on the page's pool of web workers, or with the module without
/// threads on the calling worker.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Enhancer {
    // It stays usable after a panic: its locks guard data that is always consistent.
    enhancer: AssertUnwindSafe<Rc<AudioEnhancer>>,
    sessions: AssertUnwindSafe<Cell<u32>>,
}

#[wasm_bindgen]
impl Enhancer {
    /// Creates an enhancer with this model: the bytes of a single waveform model, a `.tflite` file,
    /// or a model's folder, which is its `model.json` and the bytes of the files that `modelFiles`
    /// names, in that order. Only the module with the feature `tflite` reads `.tflite` files; the
    /// others refuse them with `unsupported_model`.
    ///
    /// # Errors
    /// An `Error` with a `code`: `invalid_description`, `model_file_differs`, `corrupt_model`,
    /// `unsupported_model`, `limit_exceeded`, `invalid_value`, or `workers` if `startWorkers`,
    /// which the module with threads has, was not awaited before.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | ModelFolder")] model: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "EnhancerOptions")] options: JsValue,
    ) -> Result<Enhancer, JsValue> {
        pool::check()?;
        let options = read_options(options)?;
        Enhancer::of(model::read(&model)?, &options)
    }

    /// Creates an enhancer with the model in this folder, whose address is relative to that of the
    /// worker, or with these files: an object with each file by its name, as an absolute address or
    /// as its content. Fetched files are kept in the browser's cache and not fetched again: a new
    /// version of a model needs a new address, such as the same with `?v=2`.
    ///
    /// # Errors
    /// Rejects with an `Error` that has a `code`: `read` if the model cannot be fetched, or one of
    /// the constructor's.
    #[wasm_bindgen(unchecked_return_type = "Promise<Enhancer>")]
    pub fn load(
        #[wasm_bindgen(unchecked_param_type = "string | Record<string, string | Uint8Array>")]
        address: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "EnhancerOptions")] options: JsValue,
    ) -> Promise {
        pool::promise(async move {
            pool::check()?;
            let options = read_options(options)?;
            let model = download::load(&address, model::from_folder).await?;
            Enhancer::of(model, &options).map(Into::into)
        })
    }

    /// The model's name. A single `.tflite` file has none; this is then `waveform`.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.enhancer.model().name().into()
    }

    /// The sample rate in Hz at which the model works; none if it accepts any rate. Files with
    /// other rates are converted to it and back.
    #[wasm_bindgen(getter, js_name = sampleRate)]
    pub fn sample_rate(&self) -> Option<u32> {
        self.enhancer.model().sample_rate()
    }

    /// The licence of the model's weights as an SPDX expression, if known.
    #[wasm_bindgen(getter)]
    pub fn licence(&self) -> Option<String> {
        self.enhancer.model().licence().map(Into::into)
    }

    /// The maximum number of tasks at once.
    #[wasm_bindgen(getter)]
    pub fn workers(&self) -> usize {
        self.enhancer.workers()
    }

    /// The number of tasks that each thread of the pool has done for it.
    #[wasm_bindgen(getter, js_name = tasksByWorker)]
    pub fn tasks_by_worker(&self) -> Vec<u32> {
        self.enhancer.tasks_by_worker().into_iter().map(|tasks| tasks as u32).collect()
    }

    /// Enhances a file and resolves to the result with a summary. The result has the format of the
    /// input if that can be written. `source` is read block by block, and the result is passed to
    /// the browser as it is made, so memory stays bounded however long the file is. Up to sixteen
    /// files can be processed at once. `on_progress` is called with the progress, in samples of one
    /// channel; an error that it throws ends the session. `signal` cancels it.
    ///
    /// # Errors
    /// Rejects with what `on_progress` threw, or with an `Error` that has a `code`:
    /// `unsupported_audio`, `corrupt_audio`, `unwritable_audio`, `limit_exceeded`, `invalid_value`,
    /// `session_exists`, `cancelled`, `inference`, `resampling`, `worker_panicked`, `read` if the
    /// browser cannot read the file any more, or `write` if it has no room for the result.
    #[wasm_bindgen(unchecked_return_type = "Promise<Enhanced>")]
    pub fn enhance(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] source: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "EnhanceOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "(progress: Progress) => void")]
        on_progress: Option<Function>,
        #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal")] signal: Option<AbortSignal>,
    ) -> Promise {
        let caller = job::Caller { source, number: self.number(), on_progress, signal };
        let enhancer = self.enhancer.clone();
        let job = async move { job::enhance(&enhancer, caller, read_options(options)?).await };
        pool::promise(job)
    }

    /// Runs the model once and keeps the original and the fully enhanced audio, aligned.
    /// `Take.render` makes any result from them without running the model again. They go to `sink`,
    /// if one is passed: a file of the browser's private file system, which the caller opens and
    /// closes. After a failure it is empty. They take 8 bytes per sample. Everything else is as for
    /// `enhance`.
    ///
    /// # Errors
    /// The errors of `enhance`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Taken>")]
    pub fn take(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] source: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "TakeOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "FileSystemSyncAccessHandle")] sink: Option<
            FileSystemSyncAccessHandle,
        >,
        #[wasm_bindgen(unchecked_optional_param_type = "(progress: TakeProgress) => void")]
        on_progress: Option<Function>,
        #[wasm_bindgen(unchecked_optional_param_type = "AbortSignal")] signal: Option<AbortSignal>,
    ) -> Promise {
        let caller = job::Caller { source, number: self.number(), on_progress, signal };
        let enhancer = self.enhancer.clone();
        let job = async move { take::take(&enhancer, caller, options, sink).await };
        pool::promise(job)
    }
}

impl Enhancer {
    /// A unique number for a run.
    fn number(&self) -> u32 {
        let number = self.sessions.get();
        self.sessions.set(number.wrapping_add(1));
        number
    }

    fn of(model: Model, options: &EnhancerOptions) -> Result<Enhancer, JsValue> {
        let engine = pool::engine(options.workers)?;
        let enhancer = AudioEnhancer::with_engine(Arc::new(engine), model);
        Ok(Enhancer {
            enhancer: AssertUnwindSafe(Rc::new(enhancer)),
            sessions: AssertUnwindSafe(Cell::new(0)),
        })
    }
}
